/**
 * Results as columns: typed-array pages of 16,384 rows, so that growing never copies and a row costs what its numbers
 * cost. Only pages that hold a row that was written exist.
 */

const PAGE_BITS = 14;
const PAGE_ROWS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_ROWS - 1;

type NumberArray = Uint8Array | Uint16Array | Int32Array | Uint32Array | Float64Array;

/** One number per row; rows not written are 0. */
export class Column<A extends NumberArray = NumberArray> {
  private readonly pages: (A | undefined)[] = [];
  private readonly make: (rows: number) => A;

  constructor(make: (rows: number) => A) {
    this.make = make;
  }

  get(row: number): number {
    const page = this.pages[row >>> PAGE_BITS];
    return page === undefined ? 0 : page[row & PAGE_MASK]!;
  }

  set(row: number, value: number): void {
    const at = row >>> PAGE_BITS;
    let page = this.pages[at];
    if (page === undefined) page = this.addPage(at);
    page[row & PAGE_MASK] = value;
  }

  private addPage(at: number): A {
    while (this.pages.length <= at) this.pages.push(undefined);
    const page = this.make(PAGE_ROWS);
    this.pages[at] = page;
    return page;
  }
}

export const uint8 = () => new Column((rows) => new Uint8Array(rows));
export const uint16 = () => new Column((rows) => new Uint16Array(rows));
export const uint32 = () => new Column((rows) => new Uint32Array(rows));
export const int32 = () => new Column((rows) => new Int32Array(rows));
export const float64 = () => new Column((rows) => new Float64Array(rows));

const WIDE = 0xffff_ffff;

/** Whole numbers that nearly always fit 32 bits: those that do not (4 GiB, 4.29 s in nanoseconds, -1) stand aside. */
export class WideColumn {
  private readonly narrow = uint32();
  private readonly wide = new Map<number, number>();

  get(row: number): number {
    const value = this.narrow.get(row);
    return value === WIDE ? this.wide.get(row)! : value;
  }

  set(row: number, value: number): void {
    if (value >= 0 && value < WIDE) {
      this.narrow.set(row, value);
    } else {
      this.narrow.set(row, WIDE);
      this.wide.set(row, value);
    }
  }
}

/** Numbers that are nearly always 0. */
export class SparseColumn {
  private readonly values = new Map<number, number>();

  get(row: number): number {
    return this.values.get(row) ?? 0;
  }

  set(row: number, value: number): void {
    if (value !== 0) this.values.set(row, value);
    else if (this.values.size > 0) this.values.delete(row);
  }
}
