/**
 * Results as columns: typed-array pages of 16,384 rows, so that growing never copies and a row costs what its numbers
 * cost. Only pages that hold a row that was written exist.
 */

const PAGE_BITS = 14;
const PAGE_ROWS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_ROWS - 1;

/*
 * One class per element type, alike but for that: a class over all of them would make every access megamorphic, which
 * costs ten times the store itself (measured: 1.1 us a connection).
 */

/** One number from 0 to 65,535 per row; rows not written are 0. */
export class Uint16Column {
  private readonly pages: (Uint16Array | undefined)[] = [];

  get(row: number): number {
    const page = this.pages[row >>> PAGE_BITS];
    return page === undefined ? 0 : page[row & PAGE_MASK]!;
  }

  set(row: number, value: number): void {
    const page = this.pages[row >>> PAGE_BITS] ?? addPage(this.pages, row >>> PAGE_BITS, new Uint16Array(PAGE_ROWS));
    page[row & PAGE_MASK] = value;
  }
}

/** One number from 0 to 2^32 - 1 per row; rows not written are 0. */
export class Uint32Column {
  private readonly pages: (Uint32Array | undefined)[] = [];

  get(row: number): number {
    const page = this.pages[row >>> PAGE_BITS];
    return page === undefined ? 0 : page[row & PAGE_MASK]!;
  }

  set(row: number, value: number): void {
    const page = this.pages[row >>> PAGE_BITS] ?? addPage(this.pages, row >>> PAGE_BITS, new Uint32Array(PAGE_ROWS));
    page[row & PAGE_MASK] = value;
  }
}

function addPage<A>(pages: (A | undefined)[], at: number, page: A): A {
  while (pages.length <= at) pages.push(undefined);
  pages[at] = page;
  return page;
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
