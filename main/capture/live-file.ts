import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { AppError } from '../app-error.ts';
import { BlockType } from './pcapng-blocks.ts';

/** An interface as the file describes it. */
export interface LiveInterface {
  readonly name: string;
  readonly linkType: number;
  /** Most bytes kept of a packet; 0: no limit. */
  readonly snapLength: number;
  /** Capture filter, pcap-filter(7). */
  readonly filter: string;
}

export interface LiveRing {
  /** Begin another file once one has so many bytes. */
  readonly bytes: number;
  /** Keep the last so many files; 0: all. */
  readonly files: number;
}

/** Files of a ring that stay longer because they are not read yet, above twice as many as are kept. */
const MAX_WAITING = 64;
const BUFFER_BYTES = 1 << 20;
const NANOSECONDS = 9;
const LITTLE_ENDIAN = true;
const encoder = new TextEncoder();

/**
 * The capture file that a live capture writes: pcapng (draft-ietf-opsawg-pcapng) with nanoseconds. Only whole blocks
 * are written, and what was flushed is with the operating system: if this process dies, the file opens and has it all.
 */
export class LiveFile {
  packets = 0;
  private readonly path: string;
  private readonly interfaces: readonly LiveInterface[];
  private readonly ring: LiveRing | null;
  private readonly application: string;
  private readonly bytes = new Uint8Array(BUFFER_BYTES);
  private readonly view = new DataView(this.bytes.buffer);
  /** Bytes in the buffer. */
  private used = 0;
  /** Bytes of the current file that are written; of all files before it. */
  private written = 0;
  private before = 0;
  private file = -1;
  /** Bytes of a file without packets. */
  private emptyBytes = 0;
  /** Number of the current file of a ring, from 1. */
  private number = 1;
  /** Of the files that are still there, and of those that were read. */
  private oldest = 1;
  private passed = 0;

  /** @throws AppError `output-exists`, `output-unwritable`, `disk-full` */
  constructor(path: string, interfaces: readonly LiveInterface[], ring: LiveRing | null, application: string) {
    this.path = path;
    this.interfaces = interfaces;
    this.ring = ring;
    this.application = application;
    this.open();
  }

  /** Of all files, flushed or not. */
  get totalBytes(): number {
    return this.before + this.written + this.used;
  }

  /** `high` and `low`: nanoseconds since 1970 as two 32-bit halves. */
  packet(source: number, high: number, low: number, data: Uint8Array, offset: number, captured: number, original: number): void {
    const padded = (captured + 3) & ~3;
    const length = 32 + padded;
    if (this.ring !== null && this.written + this.used + length > this.ring.bytes && this.written + this.used > this.emptyBytes) this.turn();
    this.reserve(length);
    const { view, used: at } = this;
    view.setUint32(at, BlockType.enhancedPacket, LITTLE_ENDIAN);
    view.setUint32(at + 4, length, LITTLE_ENDIAN);
    view.setUint32(at + 8, source, LITTLE_ENDIAN);
    view.setUint32(at + 12, high, LITTLE_ENDIAN);
    view.setUint32(at + 16, low, LITTLE_ENDIAN);
    view.setUint32(at + 20, captured, LITTLE_ENDIAN);
    view.setUint32(at + 24, original, LITTLE_ENDIAN);
    this.bytes.set(data.subarray(offset, offset + captured), at + 28);
    for (let i = at + 28 + captured; i < at + 28 + padded; i++) this.bytes[i] = 0;
    view.setUint32(at + length - 4, length, LITTLE_ENDIAN);
    this.used += length;
    this.packets++;
  }

  /** Drop counts of an interface since the capture began, as known at this time (nanoseconds since 1970); null: unknown. */
  statistics(source: number, time: bigint, droppedByInterface: number | null, droppedBySystem: number | null): void {
    const options: Uint8Array[] = [];
    if (droppedByInterface !== null) options.push(option(5, wide(droppedByInterface)));
    if (droppedBySystem !== null) options.push(option(7, wide(droppedBySystem)));
    if (options.length === 0) return;
    const head = new DataView(new ArrayBuffer(12));
    head.setUint32(0, source, LITTLE_ENDIAN);
    head.setUint32(4, Number(time >> 32n), LITTLE_ENDIAN);
    head.setUint32(8, Number(time & 0xffff_ffffn), LITTLE_ENDIAN);
    this.block(BlockType.interfaceStatistics, [new Uint8Array(head.buffer), ...options, END]);
  }

  /** Hands what is in the buffer to the operating system. @throws AppError `disk-full`, `output-unwritable` */
  flush(): void {
    let from = 0;
    try {
      while (from < this.used) from += writeSync(this.file, this.bytes, from, this.used - from);
    } catch (error) {
      // Half a block would make the file look damaged: what is whole stays.
      this.cut();
      throw unwritable(this.current, error);
    }
    this.written += this.used;
    this.used = 0;
  }

  /** @throws AppError as `flush` */
  close(): void {
    if (this.file < 0) return;
    try {
      this.flush();
    } finally {
      closeSync(this.file);
      this.file = -1;
    }
  }

  private get current(): string {
    return this.ring === null ? this.path : ringPath(this.path, this.number);
  }

  private open(): void {
    try {
      this.file = openSync(this.current, 'wx', 0o600);
    } catch (error) {
      throw unwritable(this.current, error);
    }
    this.written = 0;
    const section = new DataView(new ArrayBuffer(16));
    section.setUint32(0, 0x1a2b_3c4d, LITTLE_ENDIAN);
    section.setUint16(4, 1, LITTLE_ENDIAN);
    section.setBigInt64(8, -1n, LITTLE_ENDIAN);
    this.block(BlockType.sectionHeader, [new Uint8Array(section.buffer), option(4, encoder.encode(this.application)), END]);
    for (const { name, linkType, snapLength, filter } of this.interfaces) {
      const head = new DataView(new ArrayBuffer(8));
      head.setUint16(0, linkType, LITTLE_ENDIAN);
      head.setUint32(4, snapLength, LITTLE_ENDIAN);
      const options = [option(2, encoder.encode(name)), option(9, Uint8Array.of(NANOSECONDS))];
      // if_filter begins with a zero where what follows is a filter as text.
      if (filter !== '') options.push(option(11, Uint8Array.of(0, ...encoder.encode(filter))));
      this.block(BlockType.interfaceDescription, [new Uint8Array(head.buffer), ...options, END]);
    }
    this.emptyBytes = this.used;
    this.flush();
  }

  /** The file is complete before the next one is there: who follows the ring may go on once it sees that. */
  private turn(): void {
    this.close();
    this.before += this.written;
    this.number++;
    this.open();
    this.prune();
  }

  /** Who follows the ring has read the files up to this number: they may go. */
  passedBy(number: number): void {
    this.passed = Math.max(this.passed, number);
    this.prune();
  }

  private prune(): void {
    const files = this.ring?.files ?? 0;
    if (files === 0) return;
    const waits = (number: number): boolean => number > this.passed && this.number - number < 2 * files + MAX_WAITING;
    for (; this.oldest <= this.number - files && !waits(this.oldest); this.oldest++) rmSync(ringPath(this.path, this.oldest), { force: true });
  }

  private block(type: number, parts: readonly Uint8Array[]): void {
    const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
    this.reserve(length);
    const { view } = this;
    let at = this.used;
    view.setUint32(at, type, LITTLE_ENDIAN);
    view.setUint32(at + 4, length, LITTLE_ENDIAN);
    at += 8;
    for (const part of parts) {
      this.bytes.set(part, at);
      at += part.length;
    }
    view.setUint32(at, length, LITTLE_ENDIAN);
    this.used += length;
  }

  private reserve(length: number): void {
    if (this.used + length > BUFFER_BYTES) this.flush();
  }

  private cut(): void {
    this.used = 0;
    try {
      ftruncateSync(this.file, this.written);
    } catch {
      // The reader leaves a cut block out.
    }
  }
}

/** Name of the nth file of a ring, from 1: x.pcapng, 3 is x_00003.pcapng. */
export function ringPath(path: string, number: number): string {
  const [, stem, ending] = /^(.*?)((?:\.[^./\\]*)?)$/s.exec(path)!;
  return `${stem}_${String(number).padStart(5, '0')}${ending}`;
}

/** Deletes what of a ring is not to be kept, once its capture has ended with file `last` and all was read. */
export function pruneRing(path: string, { files }: LiveRing, last: number): void {
  for (let number = 1; files > 0 && number <= last - files; number++) rmSync(ringPath(path, number), { force: true });
}

/** The number of a file of a ring. */
export function ringNumber(file: string): number {
  return Number(/_(\d{5,})(?:\.[^./\\]*)?$/.exec(file)![1]);
}

function option(code: number, value: Uint8Array): Uint8Array {
  const kept = value.subarray(0, 0xffff);
  const bytes = new Uint8Array(4 + ((kept.length + 3) & ~3));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code, LITTLE_ENDIAN);
  view.setUint16(2, kept.length, LITTLE_ENDIAN);
  bytes.set(kept, 4);
  return bytes;
}

const END = option(0, new Uint8Array(0));

function wide(count: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(count), LITTLE_ENDIAN);
  return new Uint8Array(view.buffer);
}

function unwritable(path: string, error: unknown): AppError {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return new AppError('output-exists', `${path} exists; a capture is never written over: choose another path`, 2);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return new AppError('disk-full', `the disk of ${path} is full: the capture was ended, what was captured until then is in the file; make room or capture to another disk`, 4);
  const reasons: Record<string, string> = { ENOENT: 'its folder does not exist', EACCES: 'permission denied', EPERM: 'permission denied', EROFS: 'the file system is read-only' };
  return new AppError('output-unwritable', `cannot write ${path}: ${reasons[code ?? ''] ?? message}; choose another path`, 2);
}
