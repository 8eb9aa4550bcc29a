import type { Framing } from '../http/exchange-sink.ts';
import { ExchangeBits, type ExchangeColumns, ExchangeInts as X } from './exchange-columns.ts';
import { PAGE_BITS, PAGE_MASK } from './records.ts';

const REQUEST_END_SEEN = ExchangeBits.HAS_REQUEST | ExchangeBits.REQUEST_ENDED;
const RESPONSE_END_SEEN = ExchangeBits.HAS_RESPONSE | ExchangeBits.RESPONSE_ENDED;

/** Read in place of an exchange's row where there is none. */
const NONE = new Int32Array(X.STRIDE);

/** One exchange's row, for who asks much of it: set upon one row after the other, and read where it is. Times in nanoseconds since the origin, NaN where not known. */
export class ExchangeRow {
  row = -1;
  /** ExchangeBits. */
  state = 0;
  /** When the first message seen of it began. */
  began = Number.NaN;
  private ints: Int32Array = NONE;
  private at = 0;
  private readonly columns: ExchangeColumns;

  constructor(columns: ExchangeColumns) {
    this.columns = columns;
  }

  /** @param row below 0 for none, of which nothing is known */
  load(row: number): void {
    this.row = row;
    if (row < 0) {
      this.ints = NONE;
      this.at = this.state = 0;
      this.began = Number.NaN;
      return;
    }
    this.set(row, this.columns.records.ints[row >>> PAGE_BITS]!, (row & PAGE_MASK) * X.STRIDE);
  }

  /** Sets it upon a row, not below 0, that stands at a place of `ints`. */
  set(row: number, ints: Int32Array, at: number): void {
    this.row = row;
    this.ints = ints;
    this.at = at;
    this.state = ints[at + X.STATE]!;
    this.began = this.columns.records.base(row >>> PAGE_BITS) + this.wide(X.TIME);
  }

  get connection(): number {
    return this.ints[this.at + X.CONNECTION]!;
  }

  /** The one before on the same connection, -1 for none. */
  get previous(): number {
    return this.ints[this.at + X.PREVIOUS]! - 1;
  }

  get hasRequest(): boolean {
    return (this.state & ExchangeBits.HAS_REQUEST) !== 0;
  }

  get hasResponse(): boolean {
    return (this.state & ExchangeBits.HAS_RESPONSE) !== 0;
  }

  get requestComplete(): boolean {
    return (this.state & ExchangeBits.REQUEST_COMPLETE) !== 0;
  }

  get responseComplete(): boolean {
    return (this.state & ExchangeBits.RESPONSE_COMPLETE) !== 0;
  }

  /** It was not read but estimated from sealed records. */
  get estimated(): boolean {
    return (this.state & ExchangeBits.ESTIMATED) !== 0;
  }

  get requestFlags(): number {
    return (this.state >>> ExchangeBits.REQUEST_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
  }

  get responseFlags(): number {
    return (this.state >>> ExchangeBits.RESPONSE_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
  }

  get requestFraming(): Framing {
    return ((this.state >>> ExchangeBits.REQUEST_FRAMING_SHIFT) & 7) as Framing;
  }

  get responseFraming(): Framing {
    return ((this.state >>> ExchangeBits.RESPONSE_FRAMING_SHIFT) & 7) as Framing;
  }

  get status(): number {
    return this.ints[this.at + X.STATUS]! & STATUS_MASK;
  }

  /** String ids, 0 without. */
  get target(): number {
    return this.ints[this.at + X.TARGET]! >>> 0;
  }

  get method(): number {
    return this.row < 0 ? 0 : this.columns.method.get(this.row);
  }

  get requestEnded(): number {
    return (this.state & REQUEST_END_SEEN) === REQUEST_END_SEEN ? this.began + (this.isRare ? this.columns.requestEndAfter.get(this.row) : 0) : Number.NaN;
  }

  /** From the request's end, seen, to the response's first byte, and from there to its end: whole numbers, which need no boxes. */
  get wait(): number {
    return this.wide(X.RESPONSE_AFTER) - (this.isRare ? this.columns.requestEndAfter.get(this.row) : 0);
  }

  get transfer(): number {
    return this.wide(X.RESPONSE_END_AFTER) - this.wide(X.RESPONSE_AFTER);
  }

  get responseBegan(): number {
    return this.hasResponse ? this.began + this.wide(X.RESPONSE_AFTER) : Number.NaN;
  }

  get isResponseEndSeen(): boolean {
    return (this.state & RESPONSE_END_SEEN) === RESPONSE_END_SEEN;
  }

  /** From where the exchange began to the response's end, where it was seen. */
  get responseEndAfter(): number {
    return this.wide(X.RESPONSE_END_AFTER);
  }

  get responseEnded(): number {
    return this.isResponseEndSeen ? this.began + this.responseEndAfter : Number.NaN;
  }

  get requestBody(): number {
    return this.isRare ? this.columns.requestBody.get(this.row) : 0;
  }

  get responseBody(): number {
    return this.wide(X.RESPONSE_BODY);
  }

  /** It has an extra row. */
  private get isRare(): boolean {
    return this.ints[this.at + X.FRAMES]! < 0;
  }

  private wide(place: number): number {
    return this.columns.records.getWide(this.ints, this.at + place);
  }
}

const STATUS_MASK = (1 << 10) - 1;
