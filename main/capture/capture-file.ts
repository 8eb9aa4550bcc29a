import { createReadStream, fstatSync, openSync, statSync } from 'node:fs';
import type { Timestamp } from '../../shared/format/time.ts';
import { AppError } from '../app-error.ts';
import type { ByteSource, Follow } from './byte-source.ts';
import { GrowingFileSource, PlainFileSource, StreamSource } from './byte-source.ts';
import type { CaptureAnomaly, DoubtfulTimes } from './capture-facts.ts';
import { CaptureFacts } from './capture-facts.ts';
import { DETECTION_BYTES, detectFormat } from './capture-format.ts';
import type { Compression } from './compressed-input.ts';
import { decompress } from './compressed-input.ts';
import { frameId, maxFrame } from './frame-id.ts';
import { linkTypeName } from './link-types.ts';
import { PcapReader } from './pcap-reader.ts';
import type { CaptureExtras, CaptureInterface } from './pcapng-blocks.ts';
import { PcapngReader } from './pcapng-reader.ts';
import { ReadWindow } from './read-window.ts';
import { RecordBatch } from './record-batch.ts';
import type { TimeOrigin } from './time-origin.ts';

/** What is known of one capture file; grows while the file is read. */
export interface CaptureFileInfo {
  /** As the user gave it or as found; "-" is standard input. */
  readonly path: string;
  readonly format: 'pcap' | 'pcapng';
  readonly compression: Compression | null;
  /** Names as in tcpdump -L, in the order of the file. */
  readonly linkTypes: readonly string[];
  readonly packets: number;
  /** Bytes of the capture format read so far: decompressed where the file is compressed. */
  readonly bytes: number;
  /** Bytes read of the file itself, and its size; null where that is not known (a stream, a growing file). */
  readonly rawBytes: number;
  readonly rawSize: number | null;
  /** The first packet's time; null without packets that have one. */
  readonly startedAt: Timestamp | null;
  /** From the earliest to the latest packet. */
  readonly durationNanoseconds: number;
  readonly doubtfulTimes: readonly DoubtfulTimes[];
  /** False: the file holds something that could not be read. */
  readonly complete: boolean;
  readonly anomalies: readonly CaptureAnomaly[];
  /** pcapng: the interfaces of all sections, with their drop counts; empty for pcap. */
  readonly interfaces: readonly CaptureInterface[];
  /** pcapng: host names and TLS key logs stored in the file; null for pcap. */
  readonly extras: CaptureExtras | null;
}

/** Near the last frame number batches hold one record, so that the number can stop rising. */
const LAST_FRAMES = 1 << 20;

/** One opened capture file: its bytes, its reader and its batch. */
export class CaptureFile implements CaptureFileInfo {
  readonly path: string;
  readonly format: 'pcap' | 'pcapng';
  readonly compression: Compression | null;
  readonly rawSize: number | null;
  /** Records of the last `next`, overwritten by the one after it. */
  readonly batch: RecordBatch;
  /** What frame ids are made of: index of this capture, and how many there are. */
  private capture = 0;
  private captures = 1;
  private readonly facts = new CaptureFacts();
  /** One for each format that was met; `reader` is the one at work. */
  private readonly readers: { pcap?: PcapReader; pcapng?: PcapngReader } = {};
  private reader: PcapReader | PcapngReader;
  private readonly origin: TimeOrigin;
  private readonly window: ReadWindow;
  private closed = false;
  private drained = false;

  private constructor(path: string, opened: OpenedBytes, origin: TimeOrigin) {
    this.path = path;
    this.compression = opened.compression;
    this.rawSize = opened.rawSize;
    this.window = opened.window;
    this.batch = new RecordBatch(opened.window.block);
    this.origin = origin;
    this.format = opened.format;
    this.reader = this.readerOf(opened.format);
  }

  /**
   * Opens a file, or standard input for "-", and recognises its format.
   *
   * @param origin shared with the other captures of the analysis
   * @param follow wait for more at the end of the file: it is still being written; regular files only
   * @param windowBytes read at a time
   * @throws AppError where it cannot be read or is no capture
   */
  static async open(path: string, origin: TimeOrigin, follow: Follow | null, windowBytes: number): Promise<CaptureFile> {
    const { source, rawSize } = await openSource(path, follow);
    try {
      return new CaptureFile(path, await recognise(path, source, rawSize, windowBytes), origin);
    } catch (error) {
      source.close();
      throw error;
    }
  }

  get linkTypes(): readonly string[] {
    return [...new Set([...this.facts.linkTypes].map(linkTypeName))];
  }

  get packets(): number {
    return this.facts.packets;
  }

  get bytes(): number {
    return this.window.received;
  }

  get rawBytes(): number {
    return this.window.source.rawBytes;
  }

  get startedAt(): Timestamp | null {
    return this.facts.startedAt;
  }

  get durationNanoseconds(): number {
    return this.facts.packets === 0 ? 0 : this.facts.latest - this.facts.earliest;
  }

  get doubtfulTimes(): readonly DoubtfulTimes[] {
    return this.facts.doubtfulTimes;
  }

  get complete(): boolean {
    return this.facts.complete;
  }

  get anomalies(): readonly CaptureAnomaly[] {
    return this.facts.anomalies;
  }

  get interfaces(): readonly CaptureInterface[] {
    return this.readers.pcapng?.interfaces ?? [];
  }

  get extras(): CaptureExtras | null {
    return this.readers.pcapng?.extras ?? null;
  }

  /** Says which capture this is, for the frame ids of what was and will be read. */
  number(capture: number, captures: number): void {
    this.capture = capture;
    this.captures = captures;
    this.setFirstFrame();
  }

  /** What is known now, without the file. */
  snapshot(): CaptureFileInfo {
    const { path, format, compression, linkTypes, packets, bytes, rawBytes, rawSize, startedAt, durationNanoseconds } = this;
    const { complete, anomalies, doubtfulTimes, interfaces, extras } = this;
    return {
      path, format, compression, linkTypes, packets, bytes, rawBytes, rawSize, startedAt, durationNanoseconds,
      complete, anomalies, doubtfulTimes, interfaces, extras,
    };
  }

  /** Fills the batch with the next records; false at the end. A promise only where bytes must be waited for. */
  next(): boolean | Promise<boolean> {
    for (;;) {
      const found = this.walk();
      if (found !== null) return found;
      const more = this.window.more();
      if (typeof more !== 'boolean') return this.nextAfter(more);
    }
  }

  /** A loop for the same reason as GrowingFileSource: blocks without records may come for days. */
  private async nextAfter(more: Promise<boolean>): Promise<boolean> {
    for (;;) {
      await more;
      const found = this.walk();
      if (found !== null) return found;
      more = Promise.resolve(this.window.more());
    }
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.window.source.close();
  }

  /** True: records; false: the end; null: bytes are needed. */
  private walk(): boolean | null {
    const { batch, facts, window } = this;
    const last = maxFrame(this.captures);
    const limit = last - facts.frames > LAST_FRAMES ? RecordBatch.CAPACITY : 1;
    this.reader.walk(window, batch, limit);
    while (this.reader.next !== null) {
      this.reader = this.readerOf(this.reader.next);
      this.reader.walk(window, batch, limit);
    }
    if (batch.count > 0) {
      this.setFirstFrame();
      if (facts.frames > last) facts.anomaly('frame-number-overflow', window.offset, `frames behind number ${last} all carry that number`);
      return true;
    }
    if (!this.reader.finished) return null;
    this.finish();
    return false;
  }

  private readerOf(format: 'pcap' | 'pcapng'): PcapReader | PcapngReader {
    if (format === 'pcap') return (this.readers.pcap ??= new PcapReader(this.facts, this.origin));
    return (this.readers.pcapng ??= new PcapngReader(this.facts, this.origin));
  }

  private setFirstFrame(): void {
    this.batch.firstFrame = frameId(this.capture, this.facts.frames - this.batch.count + 1, this.captures);
  }

  private finish(): void {
    if (this.drained) return;
    this.drained = true;
    this.facts.finish();
    const { fault } = this.window.source;
    if (fault === null) return;
    this.facts.complete = false;
    this.facts.anomaly(fault.code, this.window.received, fault.message);
  }
}

interface OpenedBytes {
  readonly window: ReadWindow;
  readonly format: 'pcap' | 'pcapng';
  readonly compression: Compression | null;
  readonly rawSize: number | null;
}

async function openSource(path: string, follow: Follow | null): Promise<{ source: ByteSource; rawSize: number | null }> {
  if (path === '-') {
    const input = fstatSync(0);
    // A file on standard input can be read like any other file.
    return input.isFile() ? { source: new PlainFileSource(0), rawSize: input.size } : { source: new StreamSource(process.stdin), rawSize: null };
  }
  try {
    const status = statSync(path);
    if (status.isDirectory()) throw new AppError('file-unreadable', `${path} is a folder: name the files in it`);
    if (!status.isFile()) return { source: new StreamSource(createReadStream(path)), rawSize: null };
    const descriptor = openSync(path, 'r');
    if (follow !== null) return { source: new GrowingFileSource(path, descriptor, follow), rawSize: null };
    return { source: new PlainFileSource(descriptor), rawSize: status.size };
  } catch (error) {
    throw error instanceof AppError ? error : openingFailed(path, error as NodeJS.ErrnoException);
  }
}

async function recognise(path: string, source: ByteSource, rawSize: number | null, windowBytes: number): Promise<OpenedBytes> {
  const raw = new ReadWindow(source, windowBytes);
  const outer = await detect(raw);
  if (outer.kind === 'pcap' || outer.kind === 'pcapng') return { window: raw, format: outer.kind, compression: null, rawSize };
  if (outer.kind !== 'gzip' && outer.kind !== 'zstd') throw notACapture(path, raw, outer, null);
  const window = new ReadWindow(decompress(outer.kind, raw), windowBytes);
  const inner = await detect(window);
  if (inner.kind === 'pcap' || inner.kind === 'pcapng') return { window, format: inner.kind, compression: outer.kind, rawSize };
  throw notACapture(path, window, inner, outer.kind);
}

async function detect(window: ReadWindow): Promise<ReturnType<typeof detectFormat>> {
  while (window.end < DETECTION_BYTES && (await window.more())) {
    // Enough to tell what it is, or the end.
  }
  return detectFormat(window.block.bytes.subarray(0, window.end));
}

function notACapture(path: string, window: ReadWindow, found: ReturnType<typeof detectFormat>, compression: Compression | null): AppError {
  const where = compression === null ? path : `${path} (unpacked with ${compression})`;
  const { fault } = window.source;
  if (fault !== null) return new AppError('file-unreadable', `${where} cannot be read: ${fault.message}`);
  if (window.end === 0) return new AppError('empty-file', `${where} is empty: nothing was captured into it`);
  if (found.kind === 'unsupported') return new AppError('unsupported-format', `${where} is ${found.name}, which is not read: ${found.how}`);
  return new AppError('not-a-capture', `${where} is not a packet capture: give a file written by tcpdump, dumpcap or Wireshark (pcap or pcapng)`);
}

function openingFailed(path: string, error: NodeJS.ErrnoException): AppError {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new AppError('file-not-found', `${path} does not exist: check the path`);
    case 'EACCES':
    case 'EPERM':
      return new AppError('permission-denied', `${path} may not be read by you: change its permissions, or run as its owner`);
    default:
      return new AppError('file-unreadable', `${path} cannot be opened: ${error.message}`);
  }
}
