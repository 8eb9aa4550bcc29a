/** Rows, each counted once. They are kept as steps from one to the next, most of them in two bytes, in the order in which they come. */
export class RowSet {
  /** The piece that is written to. Growing by copying would leave twice as much behind as there is. */
  private bytes = new Uint8Array(SMALLEST_PIECE);
  private used = 0;
  private readonly full: Uint8Array[] = [];
  private count = 0;
  private last = 0;

  add(row: number): void {
    if (this.used + LONGEST > this.bytes.length) this.nextPiece();
    const { bytes } = this;
    const step = row - this.last;
    let left = step < 0 ? -2 * step - 1 : 2 * step;
    while (left > 127) {
      bytes[this.used++] = left | 128;
      left >>>= 7;
    }
    bytes[this.used++] = left;
    this.last = row;
    this.count++;
  }

  /**
   * All of them, ascending. The set is void then.
   *
   * @param marks a bit for each row of the store, all 0 before and after
   */
  take(marks: Int32Array): Uint32Array {
    const rows = this.count < marks.length ? this.sorted() : this.marked(marks);
    this.bytes = new Uint8Array(0);
    this.full.length = 0;
    return rows;
  }

  private nextPiece(): void {
    this.full.push(this.bytes.subarray(0, this.used));
    this.bytes = new Uint8Array(Math.min(LARGEST_PIECE, 2 * this.bytes.length));
    this.used = 0;
  }

  private sorted(): Uint32Array {
    const rows = new Uint32Array(this.count);
    let count = 0;
    this.each((row) => (rows[count++] = row));
    return ascending(rows);
  }

  /** For many. */
  private marked(marks: Int32Array): Uint32Array {
    let count = 0;
    this.each((row) => {
      if ((marks[row >>> 5]! & (1 << row)) === 0) count++;
      marks[row >>> 5]! |= 1 << row;
    });
    const rows = new Uint32Array(count);
    for (let word = 0, at = 0; at < count; word++) {
      for (let left = marks[word]!; left !== 0; left &= left - 1) rows[at++] = (word << 5) + 31 - Math.clz32(left & -left);
      marks[word] = 0;
    }
    return rows;
  }

  /** As they were added, with repetitions. */
  private each(see: (row: number) => void): void {
    let row = 0;
    for (const bytes of [...this.full, this.bytes.subarray(0, this.used)]) {
      for (let at = 0; at < bytes.length; ) {
        let step = 0;
        let shift = 0;
        for (; bytes[at]! > 127; shift += 7) step |= (bytes[at++]! & 127) << shift;
        step |= bytes[at++]! << shift;
        row += (step & 1) === 0 ? step >>> 1 : -(step >>> 1) - 1;
        see(row);
      }
    }
  }
}

const SMALLEST_PIECE = 64;
const LARGEST_PIECE = 8192;
/** Bytes of a step. */
const LONGEST = 5;

/** Each row once, in order. */
export function ascending(rows: ArrayLike<number>): Uint32Array {
  const sorted = Uint32Array.from(rows);
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i - 1]! < sorted[i]!) continue;
    sorted.sort();
    break;
  }
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (count === 0 || sorted[count - 1] !== sorted[i]) sorted[count++] = sorted[i]!;
  return count === sorted.length ? sorted : sorted.slice(0, count);
}
