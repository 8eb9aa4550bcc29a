import type { ByteSource, SourceFault } from '../../../main/capture/byte-source.ts';
import type { CaptureAnomaly } from '../../../main/capture/capture-facts.ts';
import { CaptureFacts } from '../../../main/capture/capture-facts.ts';
import type { CaptureSet } from '../../../main/capture/capture-set.ts';
import { detectFormat } from '../../../main/capture/capture-format.ts';
import { frameReference } from '../../../main/capture/frame-id.ts';
import { PcapReader } from '../../../main/capture/pcap-reader.ts';
import { PcapngReader } from '../../../main/capture/pcapng-reader.ts';
import { ReadWindow, WINDOW_BYTES } from '../../../main/capture/read-window.ts';
import { ByteBlock, RecordBatch } from '../../../main/capture/record-batch.ts';
import { TimeOrigin } from '../../../main/capture/time-origin.ts';

/** A record as a test compares it; `data` in hex. */
export interface ReadRecord {
  readonly frame: number | string;
  readonly time: number;
  readonly linkType: number;
  readonly data: string;
}

export interface ReadResult {
  readonly records: ReadRecord[];
  readonly anomalies: readonly CaptureAnomaly[];
  readonly codes: string[];
  readonly complete: boolean;
  readonly facts: CaptureFacts;
  readonly reader: PcapReader | PcapngReader;
  readonly window: ReadWindow;
}

/** Bytes in memory as a source that gives as many at a time as `sizes` says, over and over. */
export class MemorySource implements ByteSource {
  rawBytes = 0;
  fault: SourceFault | null = null;
  readonly interrupted = false;
  private readonly bytes: Uint8Array;
  private readonly sizes: readonly number[];
  private reads = 0;

  constructor(bytes: Uint8Array, sizes: readonly number[] = [Infinity]) {
    this.bytes = bytes;
    this.sizes = sizes;
  }

  read(into: Uint8Array, offset: number, length: number): number {
    const wanted = this.sizes[this.reads++ % this.sizes.length]!;
    const count = Math.min(length, wanted, this.bytes.length - this.rawBytes);
    into.set(this.bytes.subarray(this.rawBytes, this.rawBytes + count), offset);
    this.rawBytes += count;
    return count;
  }

  close(): void {
    // Nothing is open.
  }
}

/** Reads a pcap or pcapng file that is in memory. */
export function readRecords(bytes: Uint8Array, options: { sizes?: readonly number[]; windowBytes?: number; limit?: number } = {}): ReadResult {
  const source = new MemorySource(bytes, options.sizes);
  const window = new ReadWindow(source, options.windowBytes ?? WINDOW_BYTES);
  const facts = new CaptureFacts();
  const Reader = detectFormat(bytes).kind === 'pcapng' ? PcapngReader : PcapReader;
  const reader = new Reader(facts, new TimeOrigin());
  const batch = new RecordBatch(new ByteBlock(new Uint8Array(0)));
  const records: ReadRecord[] = [];
  while (!reader.finished) {
    reader.walk(window, batch, options.limit ?? RecordBatch.CAPACITY);
    batch.firstFrame = facts.frames - batch.count + 1;
    take(batch, 0, batch.count, 1, records);
    if (batch.count === 0 && !reader.finished) void window.more();
  }
  return { records, anomalies: facts.anomalies, codes: facts.anomalies.map(({ code }) => code), complete: facts.complete, facts, reader, window };
}

/** Reads all of a set. */
export async function readSet(set: CaptureSet): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  while (await set.next()) take(set.batch, set.from, set.to, set.files.length, records);
  set.close();
  return records;
}

function take(batch: RecordBatch, from: number, to: number, captures: number, records: ReadRecord[]): void {
  for (let i = from; i < to; i++) {
    const data = batch.block.bytes.subarray(batch.offset[i]!, batch.offset[i]! + batch.captured[i]!);
    if (data.length !== batch.captured[i]) throw new Error('a record reaches out of its block');
    const frame = frameReference(batch.firstFrame + i, captures);
    records.push({ frame, time: batch.time[i]!, linkType: batch.linkType[i]!, data: Buffer.from(data).toString('hex') });
  }
}
