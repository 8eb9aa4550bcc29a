import { ConnectionBits } from '../store/connection-columns.ts';
import { ExchangeRow } from '../store/exchange-row.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { ConnectionCase } from './case.ts';
import { Shape } from './close-shape.ts';
import type { Digest } from './digest.ts';
import { reusableFrom } from './reusable.ts';
import type { Timeline } from './timeline.ts';

/** An eviction follows the response that caused it this closely, on a busy machine, where the client is; elsewhere a round trip later, which varies by a share. */
const WITHIN = 10e6;
const ROUND_TRIP_VARIES = 0.15;
/** … and so much closer than that response follows the one before: in a stream of responses any close is near one. */
const CLOSER_THAN_BEFORE = 4;
/** Programs that close two responses together close both within this time and a few times the first delay. */
const TOGETHER = 100e3;
const TOGETHER_TIMES = 3;
/** A response that began so long before is not looked for, nor behind so many others: among more, any close is near one. */
const LONGEST_RESPONSE = 2e9;
const MOST_LOOKED_AT = 128;
/** Closes by the client looked at for a habit; so many must be evictions, and so many may be none for each of them. */
const SOUGHT = 16;
const EVICTED = 2;
const MISSED_EACH = 0.5;
/** What lay idle for less no timer closed. */
const SHORTEST_TIMER = 0.99e9;

/**
 * Closes by a pool that holds too few idle connections in all, whatever their server (Go's MaxIdleConns): the connection that was
 * used longest ago ends when a response on a new one is complete, which then lies idle in its place.
 */
export class Evictions {
  private readonly store: ResultStore;
  private readonly exchange: ExchangeRow;

  constructor(store: ResultStore) {
    this.store = store;
    this.exchange = new ExchangeRow(store.exchanges);
  }

  /** Whether the client's FIN on a connection that was done came with the end of the first response on another one of that client, to any server, which stayed open. */
  isEvicted(c: ConnectionCase): boolean {
    const { connections } = this.store;
    const x = this.exchange;
    const cause = this.answerBefore(c);
    if (cause < 0) return false;
    x.load(cause);
    const delay = Math.max(0, c.closedAt - c.clientRoundTrip - x.responseEnded);
    if (x.previous >= 0 || reusableFrom(this.store, cause) === Number.POSITIVE_INFINITY) return false;
    // A pool that has an idle connection to that server opens none: whoever does lets go of a response when it has the next.
    if (connections.endpoint.get(x.connection) === connections.endpoint.get(c.row) && connections.startedAt.get(x.connection) > c.responseEnded) return false;
    const isClosed = (connections.state.get(x.connection) & ConnectionBits.CLOSED) !== 0;
    return !isClosed || connections.closedAt.get(x.connection) - c.closedAt > TOGETHER_TIMES * delay + TOGETHER;
  }

  /** Whether most connections of an endpoint that the client closed were closed so. */
  areHabit(digest: Digest, rows: Uint32Array, timeline: Timeline, looked: ConnectionCase): boolean {
    const last = timeline.opened[timeline.opened.length - 1] ?? 0;
    let evicted = 0;
    let missed = 0;
    for (let place = 0; place < digest.count && evicted + missed < SOUGHT; place++) {
      const shape = digest.shapes[place];
      // What is closed behind the last opening is closed because all is over.
      if ((shape !== Shape.clientFinAtOnce && shape !== Shape.clientFinLater) || digest.closed[place]! > last) continue;
      looked.load(rows[place]!);
      if (this.isEvicted(looked)) evicted++;
      else if (++missed > EVICTED) break;
    }
    return evicted >= EVICTED && missed <= MISSED_EACH * evicted;
  }

  /** Whether most connections of an endpoint that the client closed after a while it closed with the end of a response on another one: no timer waits for that. */
  followAnswers(digest: Digest, rows: Uint32Array, looked: ConnectionCase): boolean {
    let behind = 0;
    let seen = 0;
    for (let place = 0; place < digest.count && seen < SOUGHT; place++) {
      if (digest.shapes[place] !== Shape.clientFinLater || !(digest.closed[place]! - digest.answered[place]! >= SHORTEST_TIMER)) continue;
      seen++;
      looked.load(rows[place]!);
      if (this.answerBefore(looked) >= 0) behind++;
    }
    return behind >= EVICTED && 2 * behind > seen;
  }

  /** The response on another connection with whose end a FIN of the client came, far nearer than to those before; -1 without. */
  private answerBefore(c: ConnectionCase): number {
    // When the client closed, as far as it can be told from here.
    const until = c.closedAt - c.clientRoundTrip;
    const varies = ROUND_TRIP_VARIES * c.clientRoundTrip;
    const newest = this.countBefore(until + varies, c.last) - 1;
    // Looked for a nanosecond longer than needed: the limits belong to their spans.
    const cause = this.lastEnded(c, newest, Math.max(c.responseEnded, until - WITHIN - varies - 1), until + varies, -1);
    if (cause < 0) return -1;
    this.exchange.load(cause);
    const ended = this.exchange.responseEnded;
    const delay = Math.max(0, until - ended);
    if (delay > WITHIN + varies) return -1;
    const clearFrom = ended - delay * CLOSER_THAN_BEFORE;
    return c.responseEnded > clearFrom || this.lastEnded(c, newest, clearFrom, ended, cause) >= 0 ? -1 : cause;
  }

  /**
   * Of the responses to the same client on other connections that ended after one moment and up to another, the last one;
   * -1 without. `newest` is the first exchange to look at, `but` one to leave out.
   */
  private lastEnded(c: ConnectionCase, newest: number, after: number, upTo: number, but: number): number {
    const x = this.exchange;
    const own = this.store.connections.endpoint.get(c.row);
    let found = -1;
    let last = after;
    for (let exchange = newest; exchange >= 0 && newest - exchange < MOST_LOOKED_AT; exchange--) {
      x.load(exchange);
      if (x.began < c.responseEnded - LONGEST_RESPONSE) break;
      const end = x.responseEnded;
      // Whose it was is looked up last, since it lies elsewhere.
      if (!(end > last && end <= upTo) || exchange === but || x.connection === c.row || !this.isSameClient(x.connection, own)) continue;
      last = end;
      found = exchange;
    }
    return found;
  }

  private isSameClient(row: number, own: number): boolean {
    const { connections, endpoints } = this.store;
    const endpoint = connections.endpoint.get(row);
    return endpoints.client(endpoint) === endpoints.client(own) && endpoints.path(endpoint) === endpoints.path(own);
  }

  /** How many exchanges began up to a moment: they are in that order. It is looked for from one on that began not long before, whose neighbours are near in memory. */
  private countBefore(moment: number, earlier: number): number {
    const { time, count } = this.store.exchanges;
    let low = 0;
    let high = count;
    if (time.get(earlier) <= moment) {
      low = earlier + 1;
      for (let step = 1; low + step <= count; step *= 2) {
        if (time.get(low + step - 1) > moment) {
          high = low + step - 1;
          break;
        }
        low += step;
      }
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (time.get(middle) <= moment) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
