import { Decompress } from 'fzstd';
import type { SourceFault } from './byte-source.ts';
import type { ReadWindow } from './read-window.ts';

/** What `zstd -d` accepts without being told otherwise (--long=27). */
const MAX_WINDOW_BYTES = 128 << 20;
const MAGIC = 0xfd2fb528;
/** RFC 8878 section 3.1.1.2.4: a block decompresses to at most this much. */
const MAX_BLOCK_BYTES = 128 << 10;
const NOTHING = new Uint8Array(0);

/**
 * Zstandard frames (RFC 8878 section 3.1) taken apart into blocks, which fzstd decompresses one at a time: so no more
 * than one block of output is ever waiting, the window is checked before anything is allocated for it, and the end of
 * the data can be told from a cut. Checksums are not verified.
 */
export class ZstdFrames {
  fault: SourceFault | null = null;
  private decompressor: Decompress | null = null;
  private hasChecksum = false;
  private toSkip = 0;
  private output: Uint8Array[] = [];

  /** The data would be cut if it ended now. */
  get inFrame(): boolean {
    return this.decompressor !== null || this.toSkip > 0;
  }

  /** The output of the next block (may be empty); null where `input` must read more, or at a fault. */
  next(input: ReadWindow): Uint8Array | null {
    if (this.fault !== null) return null;
    if (this.toSkip > 0) {
      const step = Math.min(this.toSkip, input.end - input.start);
      input.start += step;
      this.toSkip -= step;
      if (this.toSkip > 0) return null;
    }
    const taken = this.decompressor === null ? this.header(input) : this.block(input);
    if (!taken) return null;
    const output = this.output;
    this.output = [];
    if (output.length === 1) return output[0]!;
    return output.length === 0 ? NOTHING : Buffer.concat(output);
  }

  private header(input: ReadWindow): boolean {
    const { block: { bytes, view }, start } = input;
    const available = input.end - start;
    if (available < 8) return available >= 4 && !isMagic(view.getUint32(start, true)) ? this.corrupt('it has no frame header') : false;
    const magic = view.getUint32(start, true);
    if ((magic & 0xfffffff0) >>> 0 === 0x184d2a50) {
      this.toSkip = view.getUint32(start + 4, true);
      input.start += 8;
      return true;
    }
    if (magic !== MAGIC) return this.corrupt('it has no frame header');

    // Section 3.1.1.1: descriptor, window descriptor unless single segment, dictionary id, content size.
    const descriptor = bytes[start + 4]!;
    const single = (descriptor & 0x20) !== 0;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
    const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
    const length = 5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes;
    if (available < length) return false;
    const sizeAt = start + length - sizeBytes;
    const windowDescriptor = bytes[start + 5]!;
    const windowBase = 2 ** (10 + (windowDescriptor >> 3));
    const windowBytes = single ? contentSize(view, sizeAt, sizeBytes) : windowBase + (windowBase / 8) * (windowDescriptor & 7);
    if (windowBytes > MAX_WINDOW_BYTES) {
      const message = `the zstd data needs a window of ${windowBytes} bytes, more than the ${MAX_WINDOW_BYTES} allowed: unpack it first with zstd -d --long=31`;
      this.fault = { code: 'compression-unsupported', message };
      return false;
    }
    this.hasChecksum = (descriptor & 4) !== 0;
    this.decompressor = new Decompress((data) => {
      if (data.length > 0) this.output.push(data);
    });
    return this.push(input, length, false);
  }

  private block(input: ReadWindow): boolean {
    const { bytes } = input.block;
    const at = input.start;
    const available = input.end - at;
    if (available < 3) return false;
    // Section 3.1.1.2: last block bit, type, size; a run-length block holds one byte whatever its size.
    const header = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    const last = (header & 1) === 1;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3 || size > MAX_BLOCK_BYTES) return this.corrupt('a block has an unknown type or size');
    const length = 3 + (type === 1 ? 1 : size) + (last && this.hasChecksum ? 4 : 0);
    if (available < length) return false;
    return this.push(input, length, last);
  }

  private push(input: ReadWindow, length: number, last: boolean): boolean {
    // fzstd keeps what it cannot use yet, and the window is overwritten: give it a copy.
    const piece = input.block.bytes.slice(input.start, input.start + length);
    input.start += length;
    try {
      this.decompressor!.push(piece, last);
    } catch (error) {
      return this.corrupt(error instanceof Error ? error.message : String(error));
    }
    if (last) this.decompressor = null;
    return true;
  }

  private corrupt(reason: string): false {
    this.fault = { code: 'compression-corrupt', message: `the zstd data is damaged: ${reason}` };
    return false;
  }
}

function isMagic(magic: number): boolean {
  return magic === MAGIC || (magic & 0xfffffff0) >>> 0 === 0x184d2a50;
}

function contentSize(view: DataView, at: number, sizeBytes: number): number {
  if (sizeBytes === 1) return view.getUint8(at);
  if (sizeBytes === 2) return view.getUint16(at, true) + 256;
  if (sizeBytes === 4) return view.getUint32(at, true);
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
