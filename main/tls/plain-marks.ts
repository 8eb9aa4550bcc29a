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

  /**
   * How much plain text stands in the half-stream up to `acked` (modulo 2^32), as an int32. Where that is longer ago
   * than is remembered, a little more: an acknowledgement never covers what its sender had not got.
   *
   * @param seen how far the half-stream was read: of bytes beyond, captured later than their acknowledgement, nearly all are plain text
   */
  upTo(acked: number, seen: number): number {
    const ahead = (acked - seen) | 0;
    if (ahead > 0) return (this.plain + ahead) | 0;
    const oldest = Math.max(0, this.count - MARKS);
    for (let i = this.count - 1; i >= oldest; i--) {
      if (((acked - this.sealedEnds[i % MARKS]!) | 0) >= 0) return this.plainEnds[i % MARKS]! | 0;
    }
    return oldest === 0 ? 0 : this.plainEnds[oldest % MARKS]! | 0;
  }
}
