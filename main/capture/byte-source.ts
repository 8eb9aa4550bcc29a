import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { AnomalyCode } from './capture-facts.ts';

/** Why a source ended before its time. */
export interface SourceFault {
  readonly code: AnomalyCode;
  readonly message: string;
}

/** A stream of bytes that is pulled. Never throws: what goes wrong ends the stream and stands in `fault`. */
export interface ByteSource {
  /**
   * Reads up to `length` (> 0) bytes to `into[offset]`; the count, 0 at the end. A number where the bytes can be had at
   * once (plain files: a promise per block would cost more than the block), else a promise.
   */
  read(into: Uint8Array, offset: number, length: number): number | Promise<number>;
  /** Bytes taken from the file itself so far: compressed ones where it is compressed. */
  readonly rawBytes: number;
  readonly fault: SourceFault | null;
  /** The bytes may end anywhere without a fault of the capture: the reader was told to stop in a growing file. */
  readonly interrupted: boolean;
  close(): void;
}

/** A regular file, read synchronously from where its descriptor stands. */
export class PlainFileSource implements ByteSource {
  rawBytes = 0;
  fault: SourceFault | null = null;
  readonly interrupted = false;
  private readonly descriptor: number;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  read(into: Uint8Array, offset: number, length: number): number {
    try {
      const count = readSync(this.descriptor, into, offset, length, null);
      this.rawBytes += count;
      return count;
    } catch (error) {
      this.fault = readFailed(error);
      return 0;
    }
  }

  close(): void {
    // Standard input belongs to the process.
    if (this.descriptor !== 0) closeSync(this.descriptor);
  }
}

/** How often a growing file is looked at. */
const POLL_MILLISECONDS = 200;
/** What a read at the end of such a file gives. */
const NOTHING_YET = -1;

/** How to read on in a file that is still being written. */
export interface Follow {
  /** Fires when the writer is done: what is there is read to its end, and then no more is waited for. */
  readonly until: AbortSignal;
  /** A ring of files: where the writer goes on after this one, which is complete once the next one is there. */
  readonly next?: (path: string) => string;
}

/** A file that is still being written, or a ring of them: at its end it waits for more. */
export class GrowingFileSource implements ByteSource {
  private file: PlainFileSource;
  private path: string;
  private readonly follow: Follow;
  private before = 0;
  interrupted = false;

  constructor(path: string, descriptor: number, follow: Follow) {
    this.file = new PlainFileSource(descriptor);
    this.path = path;
    this.follow = follow;
  }

  get rawBytes(): number {
    return this.before + this.file.rawBytes;
  }

  get fault(): SourceFault | null {
    return this.file.fault;
  }

  read(into: Uint8Array, offset: number, length: number): number | Promise<number> {
    const count = this.readNow(into, offset, length);
    return count === NOTHING_YET ? this.wait(into, offset, length) : count;
  }

  close(): void {
    this.file.close();
  }

  /** A loop: a wait that returned the next one would keep all of them until something comes, which may be days. */
  private async wait(into: Uint8Array, offset: number, length: number): Promise<number> {
    let count = NOTHING_YET;
    while (count === NOTHING_YET) {
      await delay(POLL_MILLISECONDS, undefined, { signal: this.follow.until }).catch(() => undefined);
      count = this.readNow(into, offset, length);
    }
    return count;
  }

  private readNow(into: Uint8Array, offset: number, length: number): number {
    // Looked at before the file: what was written until then is read.
    const isOver = this.follow.until.aborted;
    const count = this.file.read(into, offset, length);
    if (count > 0 || this.fault !== null) return count;
    const next = this.follow.next?.(this.path);
    if (next !== undefined && existsSync(next)) return this.turn(next, into, offset, length);
    if (!isOver) return NOTHING_YET;
    this.interrupted = true;
    return 0;
  }

  /** Reads what is left of this file, and goes on in the next one. */
  private turn(next: string, into: Uint8Array, offset: number, length: number): number {
    const rest = this.file.read(into, offset, length);
    if (rest > 0 || this.fault !== null) return rest;
    let descriptor: number;
    try {
      descriptor = openSync(next, 'r');
    } catch (error) {
      this.file.fault = readFailed(error);
      return 0;
    }
    this.before += this.file.rawBytes;
    this.file.close();
    this.file = new PlainFileSource(descriptor);
    this.path = next;
    return this.readNow(into, offset, length);
  }
}

/** Standard input, a named pipe, a socket: whatever can only be read on. */
export class StreamSource implements ByteSource {
  rawBytes = 0;
  fault: SourceFault | null = null;
  readonly interrupted = false;
  private readonly stream: Readable;
  private chunk: Uint8Array = new Uint8Array(0);
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(stream: Readable) {
    this.stream = stream;
    stream.on('readable', () => this.wake());
    stream.on('end', () => this.stop(null));
    stream.on('error', (error) => this.stop(readFailed(error)));
    stream.on('close', () => this.stop(null));
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    while (this.chunk.length === 0) {
      const chunk: Uint8Array | null = this.stream.read() as Uint8Array | null;
      if (chunk !== null) this.chunk = chunk;
      else if (this.ended) return 0;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
    const count = Math.min(length, this.chunk.length);
    into.set(this.chunk.subarray(0, count), offset);
    this.chunk = this.chunk.subarray(count);
    this.rawBytes += count;
    return count;
  }

  close(): void {
    this.stream.destroy();
  }

  private stop(fault: SourceFault | null): void {
    this.ended = true;
    this.fault ??= fault;
    this.wake();
  }
}

function readFailed(error: unknown): SourceFault {
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'read-failed', message: `reading stopped: ${reason}` };
}
