import { Framing, MessageFlag } from '../http/exchange-sink.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { Scratch } from './scratch.ts';
import { countBelow, mostAtOnce, mostWithin } from './sorted-values.ts';
import type { Verdicts } from './diagnosis.ts';

/** The client's pool of one endpoint, rebuilt from the wire. */
export interface PoolFacts {
  readonly maxConcurrent: number;
  /** Most connections open with nothing under way and able to carry another request. */
  readonly maxIdle: number;
  readonly connectionsPerSecondPeak: number;
  /** Rows opened while an idle, reusable connection was open, that was never used again or only … */
  readonly missedWhileIdle: readonly number[];
  /** … rows opened while an idle one was open that was used again later: its response was not read to the end yet. */
  readonly whileUndrained: readonly number[];
  /** Rows opened after one that its client or server gave up right after an answer, where it could have stayed. */
  readonly missedAfterClose: readonly number[];
  /** For each row of the three lists in turn, the connection that could have served. */
  readonly couldHaveServed: ReadonlyMap<number, number>;
  /** Rows that carried one exchange at most and lay idle, or stalled unread, when the last connection was opened. */
  readonly heldAtLastOpen: readonly number[];
}

/** An idle connection counts for a SYN when it was idle this long before (and a round trip): a dial that had begun could not know. */
const IDLE_MARGIN = 5e6;
/** Requests within this time belong to one burst. */
const TOGETHER = 20e6;
/** A close that soon after an answer was no idle timeout. */
const GAVE_UP_WITHIN = 1e9;
/** A new connection this long after the wasted one would have found it, with common idle timeouts. */
const WOULD_HAVE_WAITED = 60e9;

/** Connections that are reused, each beside an idle one that was: once, two programs behind one address; again, a pool for every task. */
const HABIT = 2;

/** Causes that end a connection which could have served again. */
const WASTED = new Set(['undrained-response', 'client-close-option', 'server-close-option', 'close-delimited', 'http10-default', 'client-per-request', 'pool-overflow', 'protocol-error', 'process-exit', 'server-error', 'client-abort']);

/** Rebuilds the pool of an endpoint from its connections, given by first packet. `end`: the capture's last moment. */
export function rebuildPool(store: ResultStore, rows: Uint32Array, verdicts: Verdicts, end: number, scratch: Scratch): PoolFacts {
  const { connections } = store;
  const opened = scratch.take(0, rows.length);
  const closed = scratch.take(1, rows.length);
  for (let i = 0; i < rows.length; i++) {
    opened[i] = connections.startedAt.get(rows[i]!);
    closed[i] = closeTime(store, rows[i]!, end);
  }
  closed.sort();
  const idles = new IdleTimes(store, scratch);
  for (const row of rows) idles.add(row, end);
  idles.sort();

  const missedWhileIdle: number[] = [];
  const whileUndrained: number[] = [];
  const missedAfterClose: number[] = [];
  const couldHaveServed = new Map<number, number>();
  const wasted = wastedConnections(store, rows, verdicts);
  let nextWasted = 0;
  const available: number[] = [];
  // Of connections opened together, only as many could be spared as lay idle.
  let burst = Number.NEGATIVE_INFINITY;
  let spared = 0;
  const twoPools: number[] = [];
  for (const row of rows) {
    if (!wasNeeded(store, row)) continue;
    const at = connections.startedAt.get(row);
    while (nextWasted < wasted.length && connections.closedAt.get(wasted[nextWasted]!) <= at) available.push(wasted[nextWasted++]!);
    while (available.length > 0 && at - connections.closedAt.get(available[0]!) > WOULD_HAVE_WAITED) available.shift();
    if (at - burst > TOGETHER) {
      burst = at;
      spared = 0;
    }
    if (idles.countAt(at) > spared) {
      spared++;
      const idle = idles.one(at);
      if (idle.usedAgain) whileUndrained.push(row);
      else if (connections.exchanges.get(idle.row) > 1 && connections.exchanges.get(row) > 1) twoPools.push(row);
      else missedWhileIdle.push(row);
      couldHaveServed.set(row, idle.row);
    } else if (available.length > 0) {
      missedAfterClose.push(row);
      couldHaveServed.set(row, available.pop()!);
    }
  }
  if (twoPools.length >= HABIT) missedWhileIdle.push(...twoPools);
  missedWhileIdle.sort((a, b) => a - b);
  return {
    maxConcurrent: mostAtOnce(opened, closed),
    maxIdle: idles.most(),
    connectionsPerSecondPeak: mostWithin(opened, 1e9),
    missedWhileIdle,
    whileUndrained,
    missedAfterClose,
    couldHaveServed,
    heldAtLastOpen: heldWhenLastOpened(store, rows, end),
  };
}

/** When a connection stopped to be usable: its first closing packet, else the end of the capture. */
export function closeTime(store: ResultStore, row: number, end: number): number {
  return (store.connections.state.get(row) & ConnectionBits.CLOSED) === 0 ? end : store.connections.closedAt.get(row);
}

/** A connection on which a request was sent (or whose bytes cannot be read): not a probe, a refusal or a spare. */
function wasNeeded(store: ResultStore, row: number): boolean {
  const { connections } = store;
  return connections.synAckFrame.get(row) !== 0 && connections.lastExchange.get(row) !== 0;
}

/** Rows that were given up right after an answer, by the time of their close. */
function wastedConnections(store: ResultStore, rows: Uint32Array, verdicts: Verdicts): number[] {
  const { connections, exchanges } = store;
  const wasted: number[] = [];
  for (const row of rows) {
    if ((connections.state.get(row) & ConnectionBits.CLOSED) === 0) continue;
    const last = connections.lastExchange.get(row) - 1;
    if (last < 0) continue;
    const { cause, also } = verdicts.get(row);
    if (!WASTED.has(cause)) continue;
    // An announced close whose response the client did not want in full: nothing was left to reuse.
    if (cause === 'client-close-option' && also.includes('client-abort')) continue;
    const state = exchanges.state.get(last);
    if ((state & ExchangeBits.HAS_RESPONSE) === 0) continue;
    const ended = exchanges.time.get(last) + ((state & ExchangeBits.RESPONSE_ENDED) !== 0 ? exchanges.responseEndAfter.get(last) : exchanges.responseAfter.get(last));
    if (connections.closedAt.get(row) - ended <= GAVE_UP_WITHIN) wasted.push(row);
  }
  return wasted.sort((a, b) => connections.closedAt.get(a) - connections.closedAt.get(b));
}

/** The times in which connections of an endpoint lay idle and could be reused. */
class IdleTimes {
  private readonly store: ResultStore;
  private readonly begins: number[] = [];
  private readonly ends: number[] = [];
  private readonly rows: number[] = [];
  private readonly again: boolean[] = [];
  private readonly scratch: Scratch;
  private sortedBegins!: Float64Array;
  private sortedEnds!: Float64Array;

  constructor(store: ResultStore, scratch: Scratch) {
    this.store = store;
    this.scratch = scratch;
  }

  add(row: number, end: number): void {
    const { connections, exchanges } = this.store;
    let until = closeTime(this.store, row, end);
    let usedAgain = false;
    const toAck = connections.synAckToAck.get(row);
    const margin = IDLE_MARGIN + (toAck > 0 ? toAck : 0);
    for (let exchange = connections.lastExchange.get(row) - 1; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
      const from = reusableFrom(this.store, exchange);
      if (from + margin < until) {
        this.begins.push(from + margin);
        this.ends.push(until);
        this.rows.push(row);
        this.again.push(usedAgain);
      }
      // Requests that start together take the idle connections and dial the rest: one about to be taken is not missed.
      until = Math.min(until, exchanges.time.get(exchange) - TOGETHER);
      usedAgain = true;
    }
  }

  sort(): void {
    this.sortedBegins = this.scratch.copy(2, this.begins).sort();
    this.sortedEnds = this.scratch.copy(3, this.ends).sort();
  }

  countAt(moment: number): number {
    return countBelow(this.sortedBegins, moment) - countBelow(this.sortedEnds, moment);
  }

  /** One connection that is idle at a moment: rather one that is never used again. */
  one(moment: number): { row: number; usedAgain: boolean } {
    let found = -1;
    for (let i = 0; i < this.rows.length && i < MOST_LOOKED_AT; i++) {
      if (this.begins[i]! >= moment || this.ends[i]! < moment) continue;
      if (!this.again[i]) return { row: this.rows[i]!, usedAgain: false };
      found = i;
    }
    return found < 0 ? { row: this.rows[0]!, usedAgain: false } : { row: this.rows[found]!, usedAgain: true };
  }

  most(): number {
    return mostAtOnce(this.sortedBegins, this.sortedEnds);
  }
}

/** An example is enough: the search for it stays short. */
const MOST_LOOKED_AT = 2000;

/** When an exchange left its connection reusable (RFC 9112 section 9.3); Infinity where it did not. */
function reusableFrom(store: ResultStore, exchange: number): number {
  const { exchanges } = store;
  const state = exchanges.state.get(exchange);
  if ((state & ExchangeBits.RESPONSE_COMPLETE) === 0) return Number.POSITIVE_INFINITY;
  if ((state & ExchangeBits.HAS_REQUEST) !== 0 && (state & ExchangeBits.REQUEST_COMPLETE) === 0) return Number.POSITIVE_INFINITY;
  const request = (state >>> ExchangeBits.REQUEST_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
  const response = (state >>> ExchangeBits.RESPONSE_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
  if (((request | response) & MessageFlag.closeOption) !== 0) return Number.POSITIVE_INFINITY;
  for (const flags of [request, response]) {
    if ((flags & (MessageFlag.http10 | MessageFlag.keepAliveOption)) === MessageFlag.http10) return Number.POSITIVE_INFINITY;
  }
  const framing = (state >>> ExchangeBits.RESPONSE_FRAMING_SHIFT) & 7;
  if (framing === Framing.untilClose || framing === Framing.upgrade || framing === Framing.tunnel) return Number.POSITIVE_INFINITY;
  return exchanges.time.get(exchange) + exchanges.responseEndAfter.get(exchange);
}

/** Rows of at most one exchange that lay idle or stalled when the last connection was opened. */
function heldWhenLastOpened(store: ResultStore, rows: Uint32Array, end: number): number[] {
  const { connections, exchanges } = store;
  const last = rows[rows.length - 1]!;
  const moment = connections.startedAt.get(last);
  const held: number[] = [];
  for (const row of rows) {
    if (row === last || connections.exchanges.get(row) !== 1 || closeTime(store, row, end) < moment) continue;
    const exchange = connections.lastExchange.get(row) - 1;
    const state = exchanges.state.get(exchange);
    if ((state & ExchangeBits.HAS_RESPONSE) === 0) continue;
    // Complete, or begun and never finished before the next connection was opened.
    const from = (state & ExchangeBits.RESPONSE_COMPLETE) !== 0 ? reusableFrom(store, exchange) : exchanges.time.get(exchange) + exchanges.responseAfter.get(exchange);
    if (from + IDLE_MARGIN < moment) held.push(row);
  }
  return held;
}
