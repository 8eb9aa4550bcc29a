import type { Method } from './start-line-parser.ts';

/** Bits of a pending request, above its Method (2 bits). */
export const Pending = {
  METHOD: 3,
  /** No message boundary between it and the pairs before it is in doubt: responses come to it by their order. */
  ORDERED: 4,
  /** A gap before it may hide other requests … */
  GAP: 8,
  /** … and hides at least the beginning of one. */
  HIDDEN: 16,
} as const;

/**
 * The requests of each slot that wait for a response, oldest first: lists in columns that all slots share. The arrays are
 * replaced when they grow.
 */
export class PendingRequests {
  /** By request: its exchange's row, the next one of its slot or -1, where it began, what its sender had acknowledged, Pending bits. */
  row = new Int32Array(8);
  next = new Int32Array(8);
  begin = new Int32Array(8);
  acked = new Int32Array(8);
  bits = new Uint8Array(8);
  /** By slot: the oldest, or -1; how many. */
  head = new Int32Array(8);
  count = new Int32Array(8);
  private tail = new Int32Array(8);
  private free = -1;
  private used = 0;

  /** A slot begins without any. */
  open(slot: number): void {
    if (slot >= this.head.length) this.growSlots(slot);
    this.head[slot] = this.tail[slot] = -1;
    this.count[slot] = 0;
  }

  add(slot: number, row: number, method: Method, begin: number, acked: number, bits: number): void {
    const id = this.allocate();
    this.row[id] = row;
    this.next[id] = -1;
    this.begin[id] = begin;
    this.acked[id] = acked;
    this.bits[id] = method | bits;
    if (this.head[slot]! < 0) this.head[slot] = id;
    else this.next[this.tail[slot]!] = id;
    this.tail[slot] = id;
    this.count[slot]!++;
  }

  removeFirst(slot: number): void {
    const id = this.head[slot]!;
    this.head[slot] = this.next[id]!;
    if (this.head[slot]! < 0) this.tail[slot] = -1;
    this.next[id] = this.free;
    this.free = id;
    this.count[slot]!--;
  }

  clear(slot: number): void {
    while (this.head[slot]! >= 0) this.removeFirst(slot);
  }

  private allocate(): number {
    const id = this.free;
    if (id >= 0) {
      this.free = this.next[id]!;
      return id;
    }
    if (this.used === this.row.length) this.growRequests();
    return this.used++;
  }

  private growRequests(): void {
    const capacity = this.row.length * 2;
    const { row, next, begin, acked, bits } = this;
    (this.row = new Int32Array(capacity)).set(row);
    (this.next = new Int32Array(capacity)).set(next);
    (this.begin = new Int32Array(capacity)).set(begin);
    (this.acked = new Int32Array(capacity)).set(acked);
    (this.bits = new Uint8Array(capacity)).set(bits);
  }

  private growSlots(slot: number): void {
    const capacity = Math.max(slot + 1, this.head.length * 2);
    const { head, tail, count } = this;
    (this.head = new Int32Array(capacity)).set(head);
    (this.tail = new Int32Array(capacity)).set(tail);
    (this.count = new Int32Array(capacity)).set(count);
  }
}
