/** What an array is for: two uses at one time need two names. */
export type Use = 'opened' | 'closed' | 'idle begins' | 'idle ends' | 'sorted idle begins' | 'sorted idle ends' | 'idle owners' | 'wasted' | 'rows of causes';

/** Arrays that are used again for each endpoint: 30,000 endpoints would allocate some 300,000 of them. */
export class Scratch {
  /** An int for each port, all 0 between uses. */
  readonly byPort = new Int32Array(65_536);
  private readonly doubles = new Map<Use, Float64Array>();
  private readonly ints = new Map<Use, Int32Array>();

  /** An array with `length` places, its contents undefined; void at the next call for the same use. */
  take(use: Use, length: number): Float64Array {
    let buffer = this.doubles.get(use);
    if (buffer === undefined || buffer.length < length) {
      buffer = new Float64Array(roomFor(length));
      this.doubles.set(use, buffer);
    }
    return buffer.subarray(0, length);
  }

  takeInts(use: Use, length: number): Int32Array {
    let buffer = this.ints.get(use);
    if (buffer === undefined || buffer.length < length) {
      buffer = new Int32Array(roomFor(length));
      this.ints.set(use, buffer);
    }
    return buffer.subarray(0, length);
  }

  /** The same as `take`, with the first `length` of these values. */
  copy(use: Use, values: Float64Array, length: number): Float64Array {
    const taken = this.take(use, length);
    for (let i = 0; i < length; i++) taken[i] = values[i]!;
    return taken;
  }
}

/** A little more than asked for, so that endpoints of growing size do not each take new arrays; one endpoint may have a million connections. */
function roomFor(length: number): number {
  return Math.max(64, length + (length >> 2));
}
