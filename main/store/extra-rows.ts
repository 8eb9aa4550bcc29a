import { PAGE_BITS, PAGE_MASK, Records } from './records.ts';

/** Bits of the int that tells of an extra row, and where they stand in the extra row, if there is one. */
export interface SharedBits {
  readonly shift: number;
  readonly bits: number;
  readonly place: number;
}

/**
 * Rows of a second table, which few rows have: what is nearly always 0, and what is too large for its few bits. They cost
 * the others nothing: one int of a row, which is negative then, tells where its extra row is, and the numbers that share
 * this int otherwise move along.
 */
export class ExtraRows {
  private readonly records: Records;
  private readonly at: number;
  private readonly extra: Records;
  private readonly shared: readonly SharedBits[];

  constructor(records: Records, at: number, stride: number, shared: readonly SharedBits[]) {
    this.records = records;
    this.at = at;
    this.extra = new Records(stride);
    this.shared = shared;
  }

  get count(): number {
    return this.extra.count;
  }

  /** The int that tells of the extra row: below 0 where there is one. */
  link(row: number): number {
    return this.records.ints[row >>> PAGE_BITS]![(row & PAGE_MASK) * this.records.stride + this.at]!;
  }

  /** A number of the extra row that `link` (below 0) tells of. */
  of(link: number, place: number): number {
    const extra = ~link;
    return this.extra.getWide(this.extra.ints[extra >>> PAGE_BITS]!, (extra & PAGE_MASK) * this.extra.stride + place);
  }

  /** 0 without an extra row. */
  get(row: number, place: number): number {
    const link = this.link(row);
    return link < 0 ? this.of(link, place) : 0;
  }

  /** Makes the extra row if need be. */
  set(row: number, place: number, value: number): void {
    let link = this.link(row);
    if (link >= 0) link = this.make(row, link);
    const extra = ~link;
    this.extra.putWide(this.extra.ints[extra >>> PAGE_BITS]!, (extra & PAGE_MASK) * this.extra.stride + place, value);
  }

  private make(row: number, held: number): number {
    const link = ~this.extra.append(0);
    this.records.ints[row >>> PAGE_BITS]![(row & PAGE_MASK) * this.records.stride + this.at] = link;
    for (const { shift, bits, place } of this.shared) this.set(row, place, (held >>> shift) & ((1 << bits) - 1));
    return link;
  }
}

/** Numbers that are 0 in nearly all rows. */
export class RareField {
  private readonly extras: ExtraRows;
  private readonly place: number;

  constructor(extras: ExtraRows, place: number) {
    this.extras = extras;
    this.place = place;
  }

  get(row: number): number {
    return this.extras.get(row, this.place);
  }

  set(row: number, value: number): void {
    if (value !== 0 || this.extras.link(row) < 0) this.extras.set(row, this.place, value);
  }
}

/** Numbers that share the int which tells of the extra row. */
export class SharedField {
  private readonly records: Records;
  private readonly extras: ExtraRows;
  private readonly at: number;
  private readonly shift: number;
  private readonly mask: number;
  private readonly place: number;

  constructor(records: Records, extras: ExtraRows, at: number, { shift, bits, place }: SharedBits) {
    this.records = records;
    this.extras = extras;
    this.at = at;
    this.shift = shift;
    this.mask = (1 << bits) - 1;
    this.place = place;
  }

  get(row: number): number {
    const held = this.extras.link(row);
    return held < 0 ? this.extras.of(held, this.place) : (held >>> this.shift) & this.mask;
  }

  set(row: number, value: number): void {
    const held = this.extras.link(row);
    if (held < 0 || value > this.mask) this.extras.set(row, this.place, value);
    else this.records.ints[row >>> PAGE_BITS]![(row & PAGE_MASK) * this.records.stride + this.at] = (held & ~(this.mask << this.shift)) | (value << this.shift);
  }
}

/** Numbers that nearly always fit some bits of an int; the largest of those says that the extra row has it. */
export class PackedField {
  private readonly records: Records;
  private readonly extras: ExtraRows;
  private readonly at: number;
  private readonly shift: number;
  private readonly mask: number;
  private readonly place: number;

  constructor(records: Records, extras: ExtraRows, at: number, { shift, bits, place }: SharedBits) {
    this.records = records;
    this.extras = extras;
    this.at = at;
    this.shift = shift;
    this.mask = (1 << bits) - 1;
    this.place = place;
  }

  get(row: number): number {
    const value = (this.records.ints[row >>> PAGE_BITS]![(row & PAGE_MASK) * this.records.stride + this.at]! >>> this.shift) & this.mask;
    return value < this.mask ? value : this.extras.get(row, this.place);
  }

  set(row: number, value: number): void {
    const ints = this.records.ints[row >>> PAGE_BITS]!;
    const at = (row & PAGE_MASK) * this.records.stride + this.at;
    const fits = value < this.mask;
    ints[at] = (ints[at]! & ~(this.mask << this.shift)) | ((fits ? value : this.mask) << this.shift);
    if (!fits) this.extras.set(row, this.place, value);
  }
}
