/**
 * Rows of a fixed number of ints, for results by the million: pages of 4096 rows, so that growing never copies, and all
 * of a row side by side, so that writing it is one look-up and a few stores into one or two cache lines. Readers go by
 * field objects (`connections.firstFrame.get(row)`); writers on the packet path take the page and store at `at(row)`.
 */

export const PAGE_BITS = 12;
export const PAGE_MASK = (1 << PAGE_BITS) - 1;

/** The largest number that stands in an int of its own; a negative int tells where else the number is. */
const MAX_INLINE = 0x7fff_ffff;

export class Records {
  /** Ints per row; even, because doubles lie in the same pages. */
  readonly stride: number;
  /** Pages as ints, and the same bytes as doubles. */
  readonly ints: Int32Array[] = [];
  readonly doubles: Float64Array[] = [];
  count = 0;
  /** Numbers that do not fit an int. The first is -1, which many rows share. */
  private aside = Float64Array.of(-1, 0, 0, 0);
  private asideCount = 1;

  constructor(stride: number) {
    this.stride = stride;
    // The lists of pages are never empty: V8 would compile `append` once for empty lists and again for others.
    this.addPage();
  }

  /** A new row, all 0. */
  append(): number {
    const row = this.count++;
    if (row >>> PAGE_BITS === this.ints.length) this.addPage();
    return row;
  }

  /** Stores a whole number of any size; at most 2^31 - 1 it costs no more than an int. */
  putWide(ints: Int32Array, at: number, value: number): void {
    if (value >= 0 && value <= MAX_INLINE) ints[at] = value;
    else this.putAside(ints, at, value);
  }

  getWide(ints: Int32Array, at: number): number {
    const value = ints[at]!;
    return value >= 0 ? value : this.aside[~value]!;
  }

  private addPage(): void {
    const page = new ArrayBuffer(this.stride * 4 << PAGE_BITS);
    this.ints.push(new Int32Array(page));
    this.doubles.push(new Float64Array(page));
  }

  private putAside(ints: Int32Array, at: number, value: number): void {
    if (value === -1) {
      ints[at] = -1;
      return;
    }
    const old = ~ints[at]!;
    const place = old > 0 ? old : this.asideCount++;
    if (place === this.aside.length) {
      const aside = new Float64Array(place * 2);
      aside.set(this.aside);
      this.aside = aside;
    }
    this.aside[place] = value;
    ints[at] = ~place;
  }
}

/*
 * One class per kind of field, each with its own code for the page: a class over all of them would make every access
 * megamorphic, which costs ten times the store itself.
 */

/** From 0 to 2^32 - 1. */
export class Uint32Field {
  private readonly records: Records;
  private readonly at: number;

  constructor(records: Records, at: number) {
    this.records = records;
    this.at = at;
  }

  get(row: number): number {
    return this.records.ints[row >>> PAGE_BITS]![(row & PAGE_MASK) * this.records.stride + this.at]! >>> 0;
  }

  set(row: number, value: number): void {
    this.records.ints[row >>> PAGE_BITS]![(row & PAGE_MASK) * this.records.stride + this.at] = value;
  }
}

/** From 0 to 65,535: half of an int, the lower (shift 0) or the upper one (shift 16). */
export class Uint16Field {
  private readonly records: Records;
  private readonly at: number;
  private readonly shift: 0 | 16;

  constructor(records: Records, at: number, shift: 0 | 16) {
    this.records = records;
    this.at = at;
    this.shift = shift;
  }

  get(row: number): number {
    return (this.records.ints[row >>> PAGE_BITS]![(row & PAGE_MASK) * this.records.stride + this.at]! >>> this.shift) & 0xffff;
  }

  set(row: number, value: number): void {
    const ints = this.records.ints[row >>> PAGE_BITS]!;
    const at = (row & PAGE_MASK) * this.records.stride + this.at;
    ints[at] = (ints[at]! & (0xffff_0000 >>> this.shift)) | (value << this.shift);
  }
}

/** Whole numbers that nearly always fit 31 bits; any other is exact as well. */
export class WideField {
  private readonly records: Records;
  private readonly at: number;

  constructor(records: Records, at: number) {
    this.records = records;
    this.at = at;
  }

  get(row: number): number {
    return this.records.getWide(this.records.ints[row >>> PAGE_BITS]!, (row & PAGE_MASK) * this.records.stride + this.at);
  }

  set(row: number, value: number): void {
    this.records.putWide(this.records.ints[row >>> PAGE_BITS]!, (row & PAGE_MASK) * this.records.stride + this.at, value);
  }
}

/** A double; `at` is its place among the row's ints, even. */
export class DoubleField {
  private readonly records: Records;
  private readonly at: number;

  constructor(records: Records, at: number) {
    this.records = records;
    this.at = at;
  }

  get(row: number): number {
    return this.records.doubles[row >>> PAGE_BITS]![((row & PAGE_MASK) * this.records.stride + this.at) >> 1]!;
  }

  set(row: number, value: number): void {
    this.records.doubles[row >>> PAGE_BITS]![((row & PAGE_MASK) * this.records.stride + this.at) >> 1] = value;
  }
}

/** A time, kept as what it is after another one of the row. */
export class LaterField {
  private readonly first: DoubleField;
  private readonly after: WideField;

  constructor(first: DoubleField, after: WideField) {
    this.first = first;
    this.after = after;
  }

  get(row: number): number {
    return this.first.get(row) + this.after.get(row);
  }
}

/** Numbers that are 0 in nearly all rows: an int of the row is 0, or names a row of another table that has them. */
export class RareField {
  private readonly link: Uint32Field;
  private readonly rare: Records;
  private readonly at: number;

  /** @param link row in `rare` + 1, 0 for none */
  constructor(link: Uint32Field, rare: Records, at: number) {
    this.link = link;
    this.rare = rare;
    this.at = at;
  }

  get(row: number): number {
    const link = this.link.get(row) - 1;
    return link < 0 ? 0 : this.rare.ints[link >>> PAGE_BITS]![(link & PAGE_MASK) * this.rare.stride + this.at]!;
  }

  set(row: number, value: number): void {
    let link = this.link.get(row) - 1;
    if (link < 0) {
      if (value === 0) return;
      link = this.rare.append();
      this.link.set(row, link + 1);
    }
    this.rare.ints[link >>> PAGE_BITS]![(link & PAGE_MASK) * this.rare.stride + this.at] = value;
  }
}
