import type { ResultStore } from '../store/result-store.ts';
import { countUpTo } from './sorted-values.ts';

const PLACES = 2 ** 32;
/** What a number holds exactly beside a place. */
const HASH_SHIFT = 32 - 21;

/** The first request of each of an endpoint's connections, in an index of methods and targets: which was sent before on another connection? */
export class FirstRequests {
  private readonly store: ResultStore;
  /** By first packet. */
  private readonly rows: Uint32Array;
  /** The first exchange by place, -1 without one. */
  private readonly exchanges: Int32Array;
  /** Hash of method and target, and place; sorted. */
  private readonly keys: Float64Array;

  constructor(store: ResultStore, rows: Uint32Array) {
    this.store = store;
    this.rows = rows;
    this.exchanges = new Int32Array(rows.length);
    this.keys = new Float64Array(rows.length);
    let asked = 0;
    for (let place = 0; place < rows.length; place++) {
      let first = store.connections.lastExchange.get(rows[place]!) - 1;
      for (let before = first; before >= 0; before = store.exchanges.previous.get(before) - 1) first = before;
      this.exchanges[place] = first;
      if (first >= 0) this.keys[asked++] = this.key(first, place);
    }
    this.keys = this.keys.subarray(0, asked).sort();
  }

  /** The first of the connections that were opened from one moment to another with the same request as `exchange`, but for one row: its place, -1 without one. */
  sameOpenedBetween(exchange: number, from: number, to: number, but: number): number {
    const { connections, exchanges, strings } = this.store;
    const method = exchanges.method.get(exchange);
    const target = exchanges.target.get(exchange);
    const earliest = this.firstOpened(from);
    const end = this.key(exchange, PLACES - 1);
    for (let i = countUpTo(this.keys, this.key(exchange, earliest) - 1); i < this.keys.length && this.keys[i]! <= end; i++) {
      const place = this.keys[i]! % PLACES;
      if (connections.startedAt.get(this.rows[place]!) > to) break;
      const first = this.exchanges[place]!;
      if (this.rows[place] !== but && exchanges.method.get(first) === method && strings.same(exchanges.target.get(first), target)) return place;
    }
    return -1;
  }

  /** When it was sent, had its handshake taken no time: some clients dial long before they ask (undici). */
  askedAt(place: number): number {
    const { connections, exchanges } = this.store;
    const row = this.rows[place]!;
    return exchanges.time.get(this.exchanges[place]!) - Math.max(0, connections.synToSynAck.get(row)) - Math.max(0, connections.synAckToAck.get(row));
  }

  private key(exchange: number, place: number): number {
    const { exchanges, strings } = this.store;
    const hash = Math.imul(strings.hash(exchanges.target.get(exchange)) ^ exchanges.method.get(exchange), 0x9e3779b1) >>> HASH_SHIFT;
    return hash * PLACES + place;
  }

  /** The place of the first connection that began at `moment` or later. */
  private firstOpened(moment: number): number {
    const { startedAt } = this.store.connections;
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (startedAt.get(this.rows[middle]!) < moment) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
