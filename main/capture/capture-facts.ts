import type { Timestamp } from '../../shared/format/time.ts';

/** Something wrong with a capture file as a file; told once per code, with how often and where first. */
export interface CaptureAnomaly {
  /** Stable, kebab-case: the codes are listed at AnomalyCode. */
  readonly code: AnomalyCode;
  readonly count: number;
  /** Where first, counted in bytes of the capture format (behind the decompression). */
  readonly byteOffset: number;
  /** Number of the last frame read before it, 0 where there is none. */
  readonly frame: number;
  /** For people, one sentence. */
  readonly message: string;
}

export type AnomalyCode =
  /** The file ends inside a record, a block or its header. */
  | 'capture-cut-short'
  /** A record or packet says it is longer than packets are, or than the block around it. */
  | 'record-length-absurd'
  /** Zeros where a record should be: a crash or a full disk while the file was written. */
  | 'zero-block'
  /** pcap: the header of another file where a record should be. */
  | 'joined-files'
  /** pcapng: a block whose two lengths are absurd or differ. */
  | 'block-unreadable'
  /** pcapng: a section in a version of the format that nobody has defined yet. */
  | 'section-version-unsupported'
  /** pcapng: a packet of an interface that was not described. */
  | 'interface-unknown'
  /** pcapng: more interfaces than are kept. */
  | 'interfaces-too-many'
  /** More frames than a frame id can number. */
  | 'frame-number-overflow'
  | 'compression-cut-short'
  | 'compression-corrupt'
  /** zstd with a window above the limit. */
  | 'compression-unsupported'
  /** The operating system failed to give the bytes. */
  | 'read-failed';

/** Nanoseconds: queues and interfaces that are read in turn hand on packets out of order by less. */
export const CLOCK_STEP = 500e6;
/** Steps of the clock kept of a file; the last one takes what comes after. */
const MAX_STEPS = 256;
/** So many packets of one moment are not there by chance. */
const MANY_PACKETS = 8;

/** Times that say nothing certain of what happened then; nanoseconds relative to the origin. */
export interface DoubtfulTimes {
  readonly from: number;
  readonly to: number;
  /** Number of the packet that is older than the one before it; 0: all packets have one time, which the file has not or invented. */
  readonly frame: number;
}

/** What is known of one capture file, filled while it is read. */
export class CaptureFacts {
  /** Packets given out. */
  packets = 0;
  /** Number of the last frame. Above `packets` where Wireshark numbers blocks that are no packets. */
  frames = 0;
  /** Time of the first packet that has one. */
  startedAt: Timestamp | null = null;
  /** Earliest and latest packet, nanoseconds relative to the origin (see RecordBatch.time); meaningless without packets. */
  earliest = Infinity;
  latest = -Infinity;
  /** False: what the file holds was not all read. */
  complete = true;
  readonly linkTypes = new Set<number>();
  readonly doubtfulTimes: DoubtfulTimes[] = [];
  private readonly byCode = new Map<AnomalyCode, { -readonly [K in keyof CaptureAnomaly]: CaptureAnomaly[K] }>();

  /** @param frame the last one before it */
  anomaly(code: AnomalyCode, byteOffset: number, message: string, frame = this.frames): void {
    const known = this.byCode.get(code);
    if (known !== undefined) known.count++;
    else this.byCode.set(code, { code, count: 1, byteOffset, frame, message });
  }

  /** Packet number `frame` is older than the one before it by CLOCK_STEP or more: the clock was set back, or captures were joined out of order. */
  setBack(frame: number, before: number, now: number): void {
    const last = this.doubtfulTimes.at(-1);
    if (last === undefined || this.doubtfulTimes.length < MAX_STEPS) this.doubtfulTimes.push({ from: now, to: before, frame });
    else this.doubtfulTimes[MAX_STEPS - 1] = { from: Math.min(last.from, now), to: Math.max(last.to, before), frame: last.frame };
  }

  /** The file was read to its end. */
  finish(): void {
    if (this.packets >= MANY_PACKETS && this.latest === this.earliest) this.doubtfulTimes.push({ from: -Infinity, to: Infinity, frame: 0 });
  }

  /** In the order in which they first happened. */
  get anomalies(): readonly CaptureAnomaly[] {
    return [...this.byCode.values()];
  }
}
