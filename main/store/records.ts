/**
 * Rows of a fixed number of ints, for results by the million: pages of 4096 rows, so that growing never copies, and all
 * of a row side by side, so that writing it is one look-up and a few stores into one or two cache lines. Readers go by
 * field objects (`connections.firstFrame.get(row)`); the recorder, and who reads most of a row, take the page and the
 * row's place in it.
 */

export const PAGE_BITS = 12;
export const PAGE_MASK = (1 << PAGE_BITS) - 1;

/*
 * A number of any size in one int ("wide"). From 0 to 2^31 - 1 it stands there as it is. Below 0 the int's second bit
 * says which: 0 for a count of thousands, as captures with microseconds have them, up to 2^30 of them (18 minutes in
 * nanoseconds); 1 for the place, its bits turned, of a double elsewhere.
 */
const MAX_INLINE = 0x7fff_ffff;
const THOUSANDS = 0x8000_0000 | 0;
const ASIDE = 0x4000_0000;
const MAX_THOUSANDS = 0x3fff_ffff;

const ASIDE_BITS = 12;
const ASIDE_MASK = (1 << ASIDE_BITS) - 1;

export class Records {
  /** Ints per row. */
  readonly stride: number;
  readonly ints: Int32Array[] = [];
  /** By page: what its times are kept after. Doubles from the start: V8 would compile all that reads them again at the second page. */
  private bases = new Float64Array(8);
  count = 0;
  /** Numbers that do not fit an int, in pages. The first is -1, which many rows share. */
  private readonly asides: Float64Array[] = [Float64Array.of(-1, 0, 0, 0)];
  private asideCount = 1;

  constructor(stride: number) {
    this.stride = stride;
    // The lists of pages are never empty: V8 would compile `append` once for empty lists and again for others.
    this.addPage(0);
  }

  /** A new row, all 0. `now`: its times are at this one or not long behind it, nanoseconds. */
  append(now: number): number {
    const row = this.count++;
    if (row >>> PAGE_BITS === this.ints.length) this.addPage(now);
    return row;
  }

  /** Stores a whole number of any size; most cost no more than an int. */
  putWide(ints: Int32Array, at: number, value: number): void {
    if (value >= 0 && value <= MAX_INLINE) ints[at] = value;
    else this.putLarge(ints, at, value);
  }

  getWide(ints: Int32Array, at: number): number {
    const value = ints[at]!;
    return value >= 0 ? value : this.large(value);
  }

  /** Stores a time of a row of this page. */
  putTime(page: number, at: number, time: number): void {
    this.putWide(this.ints[page]!, at, time - this.bases[page]!);
  }

  getTime(page: number, at: number): number {
    return this.bases[page]! + this.getWide(this.ints[page]!, at);
  }

  /** What the times of a page are kept after. */
  base(page: number): number {
    return this.bases[page]!;
  }

  private addPage(now: number): void {
    const page = this.ints.length;
    if (page === this.bases.length) {
      const grown = new Float64Array(2 * page);
      grown.set(this.bases);
      this.bases = grown;
    }
    this.bases[page] = now;
    this.ints.push(new Int32Array(this.stride << PAGE_BITS));
  }

  private large(value: number): number {
    if ((value & ASIDE) === 0) return (value & MAX_THOUSANDS) * 1000;
    return this.asides[~value >>> ASIDE_BITS]![~value & ASIDE_MASK]!;
  }

  private putLarge(ints: Int32Array, at: number, value: number): void {
    if (value === -1) {
      ints[at] = -1;
      return;
    }
    const thousands = value / 1000;
    if (thousands >= 0 && thousands <= MAX_THOUSANDS && Math.floor(thousands) * 1000 === value) {
      ints[at] = THOUSANDS | thousands;
      return;
    }
    const old = ints[at]!;
    const place = old < -1 && (old & ASIDE) !== 0 ? ~old : this.asideCount++;
    this.asidePage(place >>> ASIDE_BITS)[place & ASIDE_MASK] = value;
    ints[at] = ~place;
  }

  /** The page, made or grown if need be: the first begins small, since most tables never need it. */
  private asidePage(page: number): Float64Array {
    const { asides } = this;
    if (page === asides.length) asides.push(new Float64Array(1 << ASIDE_BITS));
    const needed = this.asideCount - (page << ASIDE_BITS);
    if (needed > asides[page]!.length) {
      const grown = new Float64Array(asides[page]!.length * 2);
      grown.set(asides[page]!);
      asides[page] = grown;
    }
    return asides[page]!;
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

/** Some bits of an int: a number from 0 to 2^bits - 1. */
export class BitsField {
  private readonly records: Records;
  private readonly at: number;
  private readonly shift: number;
  private readonly mask: number;

  constructor(records: Records, at: number, shift: number, bits: number) {
    this.records = records;
    this.at = at;
    this.shift = shift;
    this.mask = (1 << bits) - 1;
  }

  get(row: number): number {
    return (this.records.ints[row >>> PAGE_BITS]![(row & PAGE_MASK) * this.records.stride + this.at]! >>> this.shift) & this.mask;
  }

  set(row: number, value: number): void {
    const ints = this.records.ints[row >>> PAGE_BITS]!;
    const at = (row & PAGE_MASK) * this.records.stride + this.at;
    ints[at] = (ints[at]! & ~(this.mask << this.shift)) | (value << this.shift);
  }
}

/** Whole numbers that nearly always fit an int; any other is exact as well. */
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

/** A time, in whole nanoseconds since the origin. */
export class TimeField {
  private readonly records: Records;
  private readonly at: number;

  constructor(records: Records, at: number) {
    this.records = records;
    this.at = at;
  }

  get(row: number): number {
    return this.records.getTime(row >>> PAGE_BITS, (row & PAGE_MASK) * this.records.stride + this.at);
  }

  set(row: number, value: number): void {
    this.records.putTime(row >>> PAGE_BITS, (row & PAGE_MASK) * this.records.stride + this.at, value);
  }
}

/** A time, kept as what it is after another one of the row. */
export class LaterField {
  private readonly first: TimeField;
  private readonly after: WideField;

  constructor(first: TimeField, after: WideField) {
    this.first = first;
    this.after = after;
  }

  get(row: number): number {
    return this.first.get(row) + this.after.get(row);
  }
}
