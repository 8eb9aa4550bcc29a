import { UNCERTAIN } from './record-opener.ts';

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
   * How much plain text stands in the half-stream up to `acked`, which is marked. Between two marks it grows with the
   * bytes: what lies there may be many records that are lost, and who acknowledged more got more. Where that is longer ago
   * than is remembered, a little more: an acknowledgement never covers what its sender had not got.
   */
  upTo(acked: number): number {
    const oldest = Math.max(0, this.count - MARKS);
    for (let i = this.count - 1; i >= oldest; i--) {
      const bytes = (acked - this.sealedEnds[i % MARKS]!) | 0;
      if (bytes < 0) continue;
      const plain = this.plainEnds[i % MARKS]!;
      if (bytes === 0 || i + 1 === this.count) return plain;
      const sealed = this.sealedEnds[(i + 1) % MARKS]! - this.sealedEnds[i % MARKS]!;
      return plain + Math.floor((((this.plainEnds[(i + 1) % MARKS]! - plain) % UNCERTAIN) * bytes) / sealed);
    }
    return oldest === 0 ? 0 : this.plainEnds[oldest % MARKS]!;
  }
}
