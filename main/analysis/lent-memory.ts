/** From so many bytes on it pays not to wait for the garbage collector. */
const LARGE_BYTES = 4096;
/** Freed at a time: the message that frees them costs a microsecond. */
const BATCH = 8;

type ClosedPort = InstanceType<typeof MessageChannel>['port1'];

/**
 * Outputs of node:crypto, which makes a new buffer for each, given back to the allocator as soon as they were read. Left to
 * the garbage collector they pile up to tens of MB, and memory that is new to the process, or has long left the
 * processor's cache, makes decrypting a fifth slower.
 *
 * JavaScript frees memory at once only by transferring it: a closed port takes what is transferred to it, and drops it.
 */
export class LentMemory {
  private lent: ArrayBuffer | null = null;
  /** Those from `count` on are freed already. */
  private readonly unused: ArrayBuffer[] = [];
  private count = 0;
  private drain: ClosedPort | null = null;

  /** A view of `output`, which nothing else looks at, good until `takeBack`. */
  lend(output: Uint8Array<ArrayBuffer>): Uint8Array {
    if (output.length >= LARGE_BYTES) this.lent = output.buffer;
    // A Buffer's own `slice` is no copy.
    return new Uint8Array(output.buffer, output.byteOffset, output.length);
  }

  takeBack(): void {
    if (this.lent === null) return;
    this.unused[this.count++] = this.lent;
    this.lent = null;
    if (this.count < BATCH) return;
    this.drain ??= closedPort();
    this.drain.postMessage(null, this.unused);
    this.count = 0;
  }
}

function closedPort(): ClosedPort {
  const { port1 } = new MessageChannel();
  port1.close();
  return port1;
}
