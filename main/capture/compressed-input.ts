import type { Gunzip } from 'node:zlib';
import type { ByteSource, SourceFault } from './byte-source.ts';
import type { ReadWindow } from './read-window.ts';
import { ZstdFrames } from './zstd-frames.ts';

export type Compression = 'gzip' | 'zstd';

/** What `compression` makes of the bytes in `input`. Memory is bounded; what came before damage is kept. */
export function decompress(compression: Compression, input: ReadWindow): ByteSource {
  return compression === 'gzip' ? new GzipSource(input) : new ZstdSource(input);
}

/** Output zlib makes at a time. What it has made of the current one is lost when it meets damage. */
const GZIP_CHUNK_BYTES = 64 << 10;
/** Input is given in small pieces at first: the output of a damaged piece is lost, and for a small file that would be all. */
const GZIP_CAREFUL_BYTES = 128 << 10;
const GZIP_CAREFUL_PIECE = 512;
const GZIP_PIECE = 64 << 10;

/** gzip (RFC 1952) of any number of members. */
class GzipSource implements ByteSource {
  fault: SourceFault | null = null;
  private readonly input: ReadWindow;
  private readonly gunzip: Gunzip;
  private chunk: Uint8Array = new Uint8Array(0);
  private state: 'hungry' | 'busy' | 'ended' = 'hungry';
  private wake: () => void = () => undefined;

  constructor(input: ReadWindow) {
    this.input = input;
    // Loaded when it is needed.
    const { constants, createGunzip } = process.getBuiltinModule('node:zlib');
    this.gunzip = createGunzip({ chunkSize: GZIP_CHUNK_BYTES, finishFlush: constants.Z_FINISH });
    this.gunzip.on('readable', () => this.wake());
    this.gunzip.on('end', () => this.become('ended'));
    this.gunzip.on('error', (error: NodeJS.ErrnoException) => {
      const cut = error.code === 'Z_BUF_ERROR';
      this.fault ??= cut
        ? { code: 'compression-cut-short', message: 'the gzip data ends before its end mark' }
        : { code: 'compression-corrupt', message: `the gzip data is damaged: ${error.message}` };
      this.become('ended');
    });
  }

  get rawBytes(): number {
    return this.input.source.rawBytes;
  }

  get interrupted(): boolean {
    return this.input.source.interrupted;
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    while (this.chunk.length === 0) {
      const chunk = this.gunzip.read() as Uint8Array | null;
      if (chunk !== null) this.chunk = chunk;
      else if (this.state === 'hungry') await this.feed();
      else if (this.state === 'ended') return 0;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
    const count = Math.min(length, this.chunk.length);
    into.set(this.chunk.subarray(0, count), offset);
    this.chunk = this.chunk.subarray(count);
    return count;
  }

  close(): void {
    this.gunzip.destroy();
    this.input.source.close();
  }

  /** Gives the next piece; the window stands still until zlib has taken it. */
  private async feed(): Promise<void> {
    const { input } = this;
    if (input.start === input.end && !(await input.more())) {
      this.state = 'busy';
      this.fault = input.source.fault;
      this.gunzip.end();
      return;
    }
    const piece = input.offset < GZIP_CAREFUL_BYTES ? GZIP_CAREFUL_PIECE : GZIP_PIECE;
    const end = Math.min(input.end, input.start + piece);
    const bytes = input.block.bytes.subarray(input.start, end);
    input.start = end;
    this.state = 'busy';
    this.gunzip.write(bytes, () => this.become('hungry'));
  }

  private become(state: 'hungry' | 'ended'): void {
    if (this.state !== 'ended') this.state = state;
    this.wake();
  }
}

/** Zstandard (RFC 8878), any number of frames. */
class ZstdSource implements ByteSource {
  fault: SourceFault | null = null;
  private readonly input: ReadWindow;
  private readonly frames = new ZstdFrames();
  private chunk: Uint8Array = new Uint8Array(0);

  constructor(input: ReadWindow) {
    this.input = input;
  }

  get rawBytes(): number {
    return this.input.source.rawBytes;
  }

  get interrupted(): boolean {
    return this.input.source.interrupted;
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    const { input, frames } = this;
    while (this.chunk.length === 0) {
      if (this.fault !== null) return 0;
      const chunk = frames.next(input);
      if (chunk !== null) this.chunk = chunk;
      else if (frames.fault !== null) this.fault = frames.fault;
      else if (!(await input.more())) {
        this.fault = input.source.fault;
        if (this.fault === null && (frames.inFrame || input.end > input.start)) {
          this.fault = { code: 'compression-cut-short', message: 'the zstd data ends inside a frame' };
        }
        return 0;
      }
    }
    const count = Math.min(length, this.chunk.length);
    into.set(this.chunk.subarray(0, count), offset);
    this.chunk = this.chunk.subarray(count);
    return count;
  }

  close(): void {
    this.input.source.close();
  }
}
