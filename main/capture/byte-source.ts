import { closeSync, readSync } from 'node:fs';
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

/** A file that is still being written: at its end it waits for more until `until` fires. */
export class GrowingFileSource implements ByteSource {
  private readonly file: PlainFileSource;
  private readonly until: AbortSignal;
  interrupted = false;

  constructor(descriptor: number, until: AbortSignal) {
    this.file = new PlainFileSource(descriptor);
    this.until = until;
  }

  get rawBytes(): number {
    return this.file.rawBytes;
  }

  get fault(): SourceFault | null {
    return this.file.fault;
  }

  read(into: Uint8Array, offset: number, length: number): number | Promise<number> {
    if (this.until.aborted) {
      this.interrupted = true;
      return 0;
    }
    const count = this.file.read(into, offset, length);
    return count > 0 || this.fault !== null ? count : this.wait(into, offset, length);
  }

  close(): void {
    this.file.close();
  }

  private async wait(into: Uint8Array, offset: number, length: number): Promise<number> {
    await delay(POLL_MILLISECONDS, undefined, { signal: this.until }).catch(() => undefined);
    return this.read(into, offset, length);
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

export function readFailed(error: unknown): SourceFault {
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'read-failed', message: `reading stopped: ${reason}` };
}
