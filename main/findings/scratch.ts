/** Arrays of doubles that are used again for each endpoint: 30,000 endpoints would allocate some 300,000 of them. */
export class Scratch {
  private readonly buffers: Float64Array[] = [];

  /** The array of that number with `length` places, its contents undefined; void at the next `take` of the number. */
  take(number: number, length: number): Float64Array {
    let buffer = this.buffers[number];
    if (buffer === undefined || buffer.length < length) {
      buffer = new Float64Array(Math.max(64, length * 2));
      this.buffers[number] = buffer;
    }
    return buffer.subarray(0, length);
  }

  /** The same, with these values. */
  copy(number: number, values: readonly number[]): Float64Array {
    const taken = this.take(number, values.length);
    for (let i = 0; i < values.length; i++) taken[i] = values[i]!;
    return taken;
  }
}
