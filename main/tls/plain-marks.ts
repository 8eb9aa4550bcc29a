/** Records remembered of one direction. */
const MARKS = 32;

/** Where the last records of a half-stream ended, sealed and as plain text: what an acknowledgement means inside. */
export class PlainMarks {
  /** Bytes of plain text so far, given on or lost. */
  plain = 0;
  private readonly sealedEnds = new Float64Array(MARKS);
  private readonly plainEnds = new Float64Array(MARKS);
  private count = 0;

  /** All of the half-stream up to `position` is the plain text so far. */
  mark(position: number): void {
    const at = this.count++ % MARKS;
    this.sealedEnds[at] = position;
    this.plainEnds[at] = this.plain;
  }

  /** The last position marked. */
  get markedTo(): number {
    return this.count === 0 ? 0 : this.sealedEnds[(this.count - 1) % MARKS]!;
  }

  /**
   * How much plain text stands in the half-stream up to `acked`, which is marked. Where that is longer ago than is
   * remembered, a little more: an acknowledgement never covers what its sender had not got.
   */
  upTo(acked: number): number {
    const oldest = Math.max(0, this.count - MARKS);
    for (let i = this.count - 1; i >= oldest; i--) {
      if (((acked - this.sealedEnds[i % MARKS]!) | 0) >= 0) return this.plainEnds[i % MARKS]!;
    }
    return oldest === 0 ? 0 : this.plainEnds[oldest % MARKS]!;
  }
}
