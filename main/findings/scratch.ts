/** What an array of doubles is for: two uses at one time need two names. */
export type Use = 'opened' | 'closed' | 'idle begins' | 'idle ends' | 'freed' | 'client waits' | 'server waits';

/** Arrays that are used again for each endpoint: 30,000 endpoints would allocate some 300,000 of them. */
export class Scratch {
  /** An int for each port, all 0 between uses. */
  readonly byPort = new Int32Array(65_536);
  private readonly buffers = new Map<Use, Float64Array>();

  /** An array with `length` places, its contents undefined; void at the next `take` for the same use. */
  take(use: Use, length: number): Float64Array {
    let buffer = this.buffers.get(use);
    if (buffer === undefined || buffer.length < length) {
      buffer = new Float64Array(Math.max(64, length * 2));
      this.buffers.set(use, buffer);
    }
    return buffer.subarray(0, length);
  }

  /** The same, with these values. */
  copy(use: Use, values: readonly number[]): Float64Array {
    const taken = this.take(use, values.length);
    for (let i = 0; i < values.length; i++) taken[i] = values[i]!;
    return taken;
  }
}
