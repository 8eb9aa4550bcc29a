import type { CaptureFacts } from './capture-facts.ts';
import type { ReadWindow } from './read-window.ts';
import type { RecordBatch } from './record-batch.ts';

/** A record longer than this is taken for damage. Packets end at 64 KiB, offload makes them 256 KiB, USB and files more. */
export const MAX_RECORD_BYTES = 16 << 20;

/** Reads the records of one capture format. Does no I/O: it walks what is in the window. */
export interface RecordReader {
  readonly format: 'pcap' | 'pcapng';
  readonly facts: CaptureFacts;
  /** Nothing more will come, whatever the window gets. */
  readonly finished: boolean;
  /** A file of the other format begins at `window.start`, for a reader of its own: files were joined end to end, as `cat` and `zcat` do. */
  readonly next: 'pcap' | 'pcapng' | null;

  /**
   * Fills the batch with up to `limit` whole records and moves `window.start` behind them. None means: finished, or
   * call again after `window.more()`. Where the window has ended, what is left in it is named as an anomaly. Sets all
   * of the batch but `firstFrame`.
   */
  walk(window: ReadWindow, batch: RecordBatch, limit: number): void;
}

/** The header of another file stands at `at`, in the place of a record. */
export function tellJoined(facts: CaptureFacts, window: ReadWindow, at: number, frame: number): void {
  facts.anomaly('joined-files', window.base + at, 'another capture file begins where a packet should: files were joined end to end, and were read on', frame);
}

/** The source has ended: what is left in the window is cut off, unless the reader itself was told to stop. */
export function reportCut(window: ReadWindow, facts: CaptureFacts, where: string): void {
  const rest = window.end - window.start;
  if (rest === 0 || window.source.interrupted) return;
  facts.complete = false;
  // A fault of the source explains the cut and is told by itself.
  if (window.source.fault === null) facts.anomaly('capture-cut-short', window.offset, `${where}; its last ${rest} bytes are left out`);
}

/** Captured bytes of a record without the frame check sequence, of which the snap length may have cut some or all. */
export function withoutFcs(captured: number, original: number, fcsLength: number): number {
  return Math.max(0, Math.min(captured, original - fcsLength));
}
