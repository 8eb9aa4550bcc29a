import { ConnectionBits, ConnectionInts as I } from './connection-columns.ts';
import { ExchangeInts as X } from './exchange-columns.ts';
import { PAGE_BITS, PAGE_MASK } from './records.ts';
import type { ResultStore } from './result-store.ts';

/** Connections that are copied at once: their rows fit the processor's cache. */
const AT_ONCE = 1024;

/**
 * Copies of the rows of some connections and of their last exchanges, side by side. The connections of an endpoint lie far
 * apart in memory: whoever looks at them where they are waits for the memory again and again.
 */
export class NearRows {
  /** Each copy as in the tables, by its number: `ConnectionInts`, `ExchangeInts`. */
  readonly connections = new Int32Array(AT_ONCE * I.STRIDE);
  readonly exchanges = new Int32Array(AT_ONCE * X.STRIDE);
  /** Rows of the last exchanges, -1 for none. */
  private readonly lasts = new Int32Array(AT_ONCE);
  private rows: Uint32Array = new Uint32Array(0);
  /** The places that are copied: from `first` on, before `next`. */
  private first = 0;
  private next = 0;
  private readonly store: ResultStore;

  constructor(store: ResultStore) {
    this.store = store;
  }

  /** Rows of connections, to be copied when they are asked for. They do not change until the next call. */
  begin(rows: Uint32Array): void {
    this.rows = rows;
    this.first = this.next = 0;
  }

  /** The number of the copy of the connection at this place of the rows; void once another place is asked for. */
  copyOf(place: number): number {
    if (place < this.first || place >= this.next) {
      this.first = place - (place % AT_ONCE);
      this.next = Math.min(this.rows.length, this.first + AT_ONCE);
      this.bring();
      this.copyConnections();
      this.copyExchanges();
      this.bringTargets();
    }
    return place - this.first;
  }

  /**
   * Reads a little of each row, so that it is in the processor's cache when it is copied: a loop that does nothing else has
   * many of the waits for memory at once. Two loops, because a load that needs the one before it cannot be begun early.
   *
   * @returns a number that says nothing, so that the loops are not empty
   */
  private bring(): number {
    const { rows, lasts, first } = this;
    const count = this.next - first;
    const pages = this.store.connections.records.ints;
    const exchangePages = this.store.exchanges.records.ints;
    let read = 0;
    for (let copy = 0; copy < count; copy++) {
      const row = rows[first + copy]!;
      const page = pages[row >>> PAGE_BITS]!;
      const at = (row & PAGE_MASK) * I.STRIDE;
      read ^= page[at]!;
      lasts[copy] = page[at + I.LAST_EXCHANGE]! - 1;
    }
    for (let copy = 0; copy < count; copy++) {
      const last = lasts[copy]!;
      if (last < 0) continue;
      const page = exchangePages[last >>> PAGE_BITS]!;
      const at = (last & PAGE_MASK) * X.STRIDE;
      read ^= page[at]! ^ page[at + X.STRIDE - 1]!;
    }
    return read;
  }

  private copyConnections(): void {
    const { rows, connections, first } = this;
    const pages = this.store.connections.records.ints;
    const count = this.next - first;
    for (let copy = 0; copy < count; copy++) {
      const row = rows[first + copy]!;
      const page = pages[row >>> PAGE_BITS]!;
      const at = (row & PAGE_MASK) * I.STRIDE;
      for (let i = 0; i < I.STRIDE; i++) connections[copy * I.STRIDE + i] = page[at + i]!;
    }
  }

  private copyExchanges(): void {
    const { lasts, exchanges } = this;
    const pages = this.store.exchanges.records.ints;
    const count = this.next - this.first;
    for (let copy = 0; copy < count; copy++) {
      const last = lasts[copy]!;
      if (last < 0) continue;
      const page = pages[last >>> PAGE_BITS]!;
      const at = (last & PAGE_MASK) * X.STRIDE;
      for (let i = 0; i < X.STRIDE; i++) exchanges[copy * X.STRIDE + i] = page[at + i]!;
    }
  }

  /** The same as `bring` for what was asked for, which is compared where the client closed. */
  private bringTargets(): number {
    const { lasts, connections, exchanges } = this;
    const { strings } = this.store;
    const count = this.next - this.first;
    let read = 0;
    for (let copy = 0; copy < count; copy++) {
      if (lasts[copy]! < 0 || (connections[copy * I.STRIDE + I.STATE]! & ConnectionBits.CLOSED_BY_CLIENT) === 0) continue;
      const target = exchanges[copy * X.STRIDE + X.TARGET]! >>> 0;
      if (target !== 0) read ^= strings.firstOctet(target);
    }
    return read;
  }
}
