/** Rows, each counted once. They are kept as steps from one to the next, most of them in two bytes, in the order in which they come. */
export class RowSet {
  private bytes = new Uint8Array(64);
  private used = 0;
  private count = 0;
  private last = 0;
  private readonly words: number;

  /** @param rows how many the store has */
  constructor(rows: number) {
    this.words = (rows + 31) >>> 5;
  }

  add(row: number): void {
    if (this.used + LONGEST > this.bytes.length) this.grow();
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

  /** All of them, ascending. The set is void then. */
  take(): Uint32Array {
    const rows = this.read();
    this.bytes = new Uint8Array(0);
    return this.count < this.words ? ascending(rows) : marked(rows, this.words);
  }

  private grow(): void {
    const bytes = new Uint8Array(2 * this.bytes.length);
    bytes.set(this.bytes);
    this.bytes = bytes;
  }

  private read(): Uint32Array {
    const rows = new Uint32Array(this.count);
    let at = 0;
    let row = 0;
    for (let i = 0; i < rows.length; i++) {
      let step = 0;
      let shift = 0;
      for (; this.bytes[at]! > 127; shift += 7) step |= (this.bytes[at++]! & 127) << shift;
      step |= this.bytes[at++]! << shift;
      row += (step & 1) === 0 ? step >>> 1 : -(step >>> 1) - 1;
      rows[i] = row;
    }
    return rows;
  }
}

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

/** The same by a bit for every row there is: for many rows. */
function marked(rows: Uint32Array, words: number): Uint32Array {
  const marks = new Int32Array(words);
  for (let i = 0; i < rows.length; i++) marks[rows[i]! >>> 5]! |= 1 << rows[i]!;
  let count = 0;
  for (let word = 0; word < words; word++) for (let left = marks[word]!; left !== 0; left &= left - 1) rows[count++] = (word << 5) + 31 - Math.clz32(left & -left);
  return rows.slice(0, count);
}
