import type { ByteSource } from './byte-source.ts';
import { ByteBlock } from './record-batch.ts';

/** Bytes read at a time. Measured: larger saves system calls, and up to here the data stays in the cache. */
export const WINDOW_BYTES = 1 << 20;

/**
 * The part of a stream of bytes that is in memory: [start, end) of `block` is not consumed yet. Consumers raise
 * `start`; `more` moves what is left to the front and reads behind it. It grows only when it is full of bytes that
 * really arrived, so a length written in a file never allocates anything.
 */
export class ReadWindow {
  block: ByteBlock;
  start = 0;
  end = 0;
  /** Offset in the stream of the first byte of `block`. */
  base = 0;
  /** The source has no more bytes. */
  ended = false;
  readonly source: ByteSource;

  constructor(source: ByteSource, size: number = WINDOW_BYTES) {
    this.source = source;
    this.block = new ByteBlock(newBytes(size));
  }

  /** Offset of `start` in the stream. */
  get offset(): number {
    return this.base + this.start;
  }

  /** Bytes of the stream that have arrived. */
  get received(): number {
    return this.base + this.end;
  }

  /** Reads once. False: the source has ended. Overwrites the block, so batches filled from it are void. */
  more(): boolean | Promise<boolean> {
    const rest = this.end - this.start;
    const { bytes } = this.block;
    if (rest === bytes.length) {
      const larger = newBytes(2 * bytes.length);
      larger.set(bytes);
      this.block = new ByteBlock(larger);
    } else if (this.start > 0) {
      bytes.copyWithin(0, this.start, this.end);
      this.base += this.start;
      this.start = 0;
      this.end = rest;
    }
    const count = this.source.read(this.block.bytes, this.end, this.block.bytes.length - this.end);
    return typeof count === 'number' ? this.arrived(count) : count.then((value) => this.arrived(value));
  }

  private arrived(count: number): boolean {
    this.end += count;
    this.ended = count === 0;
    return count > 0;
  }
}

/** Outside the pool of small buffers, and not cleared: only bytes that were read are looked at. */
function newBytes(size: number): Uint8Array {
  const buffer = Buffer.allocUnsafeSlow(size);
  return new Uint8Array(buffer.buffer, buffer.byteOffset, size);
}
