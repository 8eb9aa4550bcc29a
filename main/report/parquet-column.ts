import type { CellKind, TableCell } from './table-rows.ts';

/** Rows of a row group: more of them make a smaller footer, and more that waits. */
export const ROW_GROUP = 8192;

/** Bytes of a value; a text has a length of four bytes before it. */
const WIDTHS: Record<CellKind, number> = { text: 0, integer: 8, small: 4, double: 8, boolean: 1, time: 8 };

/**
 * A column while the rows of its row group come. Values wait as the bytes of the PLAIN encoding (booleans a byte each),
 * outside of V8's heap: there they live too long for short-lived values, and end as garbage of the old space.
 */
export class WaitingColumn {
  readonly kind: CellKind;
  /** Bytes of a value; 0 where they differ. */
  readonly width: number;
  /** 1 for each row with a value, 0 for null. */
  readonly levels = new Uint8Array(ROW_GROUP);
  rows = 0;
  /** Rows that are not null. */
  values = 0;
  /** The least and the greatest number or time; null where there is none. */
  lowest: number | bigint | null = null;
  highest: number | bigint | null = null;
  private buffer = Buffer.allocUnsafe(1 << 12);
  private view = viewOf(this.buffer);
  private used = 0;

  constructor(kind: CellKind) {
    this.kind = kind;
    this.width = WIDTHS[kind];
  }

  put(cell: TableCell): void {
    const isValue = cell !== null && !Number.isNaN(cell);
    this.levels[this.rows++] = isValue ? 1 : 0;
    if (!isValue) return;
    this.values++;
    if (typeof cell === 'string') this.putText(cell);
    else if (typeof cell === 'boolean') this.putBoolean(cell);
    else this.putNumber(cell);
  }

  /** All values, one behind the other; good until the next `put`. */
  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.used);
  }

  clear(): void {
    this.used = this.rows = this.values = 0;
    this.lowest = this.highest = null;
  }

  private putText(text: string): void {
    // No UTF-16 unit takes more than three bytes.
    const at = this.place(4 + 3 * text.length);
    const length = this.buffer.write(text, at + 4);
    this.view.setUint32(at, length, true);
    this.used = at + 4 + length;
  }

  private putBoolean(value: boolean): void {
    const at = this.place(1);
    this.buffer[at] = value ? 1 : 0;
  }

  private putNumber(value: number | bigint): void {
    const at = this.place(this.width);
    writeNumber(this.view, at, value, this.kind);
    if (this.lowest === null || value < this.lowest) this.lowest = value;
    if (this.highest === null || value > this.highest) this.highest = value;
  }

  /** Takes so many bytes, at the place that is returned; the buffer may be another one then. */
  private place(bytes: number): number {
    const at = this.used;
    this.used += bytes;
    if (this.used > this.buffer.length) {
      const before = this.buffer;
      this.buffer = Buffer.allocUnsafe(Math.max(this.used, 2 * before.length));
      before.copy(this.buffer, 0, 0, at);
      this.view = viewOf(this.buffer);
    }
    return at;
  }
}

/** A number in PLAIN, little-endian. */
export function writeNumber(view: DataView, at: number, value: number | bigint, kind: CellKind): void {
  if (typeof value === 'bigint') view.setBigInt64(at, value, true);
  else if (kind === 'double') view.setFloat64(at, value, true);
  else {
    view.setInt32(at, value, true);
    // Whole numbers up to 2^53, without a BigInt for each.
    if (kind === 'integer') view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
