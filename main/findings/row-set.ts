/** Rows, each counted once: a list while they are few, a bit for every row of the store when the list would take as much. */
export class RowSet {
  private list: Uint32Array | null = new Uint32Array(16);
  private marks: Int32Array | null = null;
  private listed = 0;
  private readonly words: number;

  /** @param rows how many the store has */
  constructor(rows: number) {
    this.words = (rows + 31) >>> 5;
  }

  add(row: number): void {
    if (this.list === null) {
      this.marks![row >>> 5]! |= 1 << row;
      return;
    }
    if (this.listed === this.list.length && !this.makeRoom()) {
      this.add(row);
      return;
    }
    this.list[this.listed++] = row;
  }

  /** All of them, ascending. The set is void then. */
  take(): Uint32Array {
    const { list, marks } = this;
    this.list = this.marks = null;
    return list !== null ? ascending(list.subarray(0, this.listed)) : placesOf(marks!);
  }

  /** @returns whether it is still a list */
  private makeRoom(): boolean {
    const list = this.list!;
    if (2 * list.length <= this.words) {
      this.list = new Uint32Array(2 * list.length);
      this.list.set(list);
      return true;
    }
    this.marks = new Int32Array(this.words);
    this.list = null;
    for (let i = 0; i < list.length; i++) this.add(list[i]!);
    return false;
  }
}

/** Each row once, in order. */
export function ascending(rows: ArrayLike<number>): Uint32Array {
  const sorted = Uint32Array.from(rows).sort();
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (count === 0 || sorted[count - 1] !== sorted[i]) sorted[count++] = sorted[i]!;
  return count === sorted.length ? sorted : sorted.slice(0, count);
}

function placesOf(marks: Int32Array): Uint32Array {
  let count = 0;
  for (let word = 0; word < marks.length; word++) for (let left = marks[word]!; left !== 0; left &= left - 1) count++;
  const rows = new Uint32Array(count);
  let next = 0;
  for (let word = 0; word < marks.length; word++) {
    for (let left = marks[word]!; left !== 0; left &= left - 1) rows[next++] = (word << 5) + 31 - Math.clz32(left & -left);
  }
  return rows;
}
