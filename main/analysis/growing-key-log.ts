import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { KeyLog } from '../tls/key-log.ts';

/** Read at a time. */
const CHUNK_BYTES = 256 << 10;
/** A longer line is none of a key log. */
const MOST_LINE_BYTES = 4096;

/** An SSLKEYLOGFILE that programs still write, or will: what they append is taken again and again. */
export class GrowingKeyLog {
  readonly log = new KeyLog();
  private readonly path: string;
  private readonly chunk = new Uint8Array(CHUNK_BYTES);
  private readonly decoder = new TextDecoder('latin1');
  /** Of the file that was read last, and how far. */
  private inode = -1;
  private position = 0;
  /** The line that is not whole yet. */
  private rest = '';

  constructor(path: string) {
    this.path = path;
    this.log.more = () => this.take();
  }

  /** Takes what is new; a file that cannot be read has nothing new. Returns whether secrets came. */
  take(): boolean {
    let file: number;
    try {
      file = openSync(this.path, 'r');
    } catch {
      return false;
    }
    try {
      const { ino, size } = fstatSync(file);
      // Another file of this name, or one that was emptied, is read from its beginning.
      if (ino !== this.inode || size < this.position) {
        this.inode = ino;
        this.position = 0;
        this.rest = '';
      }
      let added = 0;
      while (this.position < size) {
        const length = readSync(file, this.chunk, 0, CHUNK_BYTES, this.position);
        if (length === 0) break;
        this.position += length;
        const text = this.rest + this.decoder.decode(this.chunk.subarray(0, length));
        const end = text.lastIndexOf('\n') + 1;
        this.rest = text.slice(end).slice(-MOST_LINE_BYTES);
        added += this.log.add(text.slice(0, end));
      }
      return added > 0;
    } catch {
      return false;
    } finally {
      closeSync(file);
    }
  }

  /** Nothing more is written: the last line may lack its end. */
  finish(): void {
    this.take();
    this.log.add(this.rest);
    this.log.more = null;
  }
}
