import { Framing, MessageFlag } from '../http/exchange-sink.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { Verdicts } from './diagnosis.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import type { Scratch } from './scratch.ts';
import { mostAtOnce, mostWithin } from './sorted-values.ts';

/** The client's pool of one endpoint, rebuilt from the wire. */
export interface PoolFacts {
  readonly maxConcurrent: number;
  /** Most connections open with nothing under way and able to carry another request. */
  readonly maxIdle: number;
  readonly connectionsPerSecondPeak: number;
  /** Opened while an idle, reusable connection was open, that was never used again or only … */
  readonly missedWhileIdle: Spared;
  /** … opened while an idle one was open that was used again later: its response was not read to the end yet. */
  readonly whileUndrained: Spared;
  /** Opened after one that its client or server gave up right after an answer, where it could have stayed. */
  readonly missedAfterClose: Spared;
  /** Rows that carried one exchange at most and lay idle, or stalled unread, when the last connection was opened. */
  readonly heldAtLastOpen: readonly number[];
}

/** Rows of connections that need not have been opened, and of those that could have served instead. */
export class Spared {
  readonly opened: number[] = [];
  readonly served: number[] = [];

  add(opened: number, served: number): void {
    this.opened.push(opened);
    this.served.push(served);
  }

  addAll(others: Spared): void {
    for (let i = 0; i < others.opened.length; i++) this.add(others.opened[i]!, others.served[i]!);
  }

  get count(): number {
    return this.opened.length;
  }
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
export function rebuildPool(store: ResultStore, group: EndpointGroup, verdicts: Verdicts, end: number, scratch: Scratch): PoolFacts {
  const { connections } = store;
  const { rows, timeline } = group;
  const idles = new IdleTimes(store, rows, end, scratch);
  const missedWhileIdle = new Spared();
  const whileUndrained = new Spared();
  const missedAfterClose = new Spared();
  const wasted = wastedConnections(store, rows, verdicts);
  let nextWasted = 0;
  // Those given up and not yet made good for: the last ones first, the oldest forgotten.
  const available: number[] = [];
  let forgotten = 0;
  // Of connections opened together, only as many could be spared as lay idle.
  let burst = Number.NEGATIVE_INFINITY;
  let spared = 0;
  const twoPools = new Spared();
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (!wasNeeded(store, row)) continue;
    const at = connections.startedAt.get(row);
    while (nextWasted < wasted.length && connections.closedAt.get(wasted[nextWasted]!) <= at) available.push(wasted[nextWasted++]!);
    while (forgotten < available.length && at - connections.closedAt.get(available[forgotten]!) > WOULD_HAVE_WAITED) forgotten++;
    if (at - burst > TOGETHER) {
      burst = at;
      spared = 0;
    }
    if (idles.countAt(at) > spared) {
      spared++;
      const idle = idles.one(at);
      if (idle.usedAgain) whileUndrained.add(row, idle.row);
      else if (connections.exchanges.get(idle.row) > 1 && connections.exchanges.get(row) > 1) twoPools.add(row, idle.row);
      else missedWhileIdle.add(row, idle.row);
    } else if (available.length > forgotten) {
      missedAfterClose.add(row, available.pop()!);
    }
  }
  if (twoPools.count >= HABIT) missedWhileIdle.addAll(twoPools);
  return {
    maxConcurrent: mostAtOnce(timeline.opened, timeline.closed),
    maxIdle: idles.most(),
    connectionsPerSecondPeak: mostWithin(timeline.opened, 1e9),
    missedWhileIdle,
    whileUndrained,
    missedAfterClose,
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

/** The times in which connections of an endpoint lay idle and could be reused. Asked for ascending moments. */
class IdleTimes {
  private readonly store: ResultStore;
  private readonly begins: number[] = [];
  private readonly ends: number[] = [];
  private readonly rows: number[] = [];
  private readonly again: boolean[] = [];
  private readonly sortedBegins: Float64Array;
  private readonly sortedEnds: Float64Array;
  /** How many had begun, and ended, at the moment asked for last; those before `first` had all ended. */
  private begun = 0;
  private ended = 0;
  private first = 0;

  constructor(store: ResultStore, rows: Uint32Array, end: number, scratch: Scratch) {
    this.store = store;
    for (let i = 0; i < rows.length; i++) this.add(rows[i]!, end);
    this.sortedBegins = scratch.copy('idle begins', this.begins).sort();
    this.sortedEnds = scratch.copy('idle ends', this.ends).sort();
  }

  countAt(moment: number): number {
    while (this.begun < this.sortedBegins.length && this.sortedBegins[this.begun]! < moment) this.begun++;
    while (this.ended < this.sortedEnds.length && this.sortedEnds[this.ended]! < moment) this.ended++;
    return this.begun - this.ended;
  }

  /** One connection that is idle at a moment: rather one that is never used again. */
  one(moment: number): { row: number; usedAgain: boolean } {
    while (this.first < this.rows.length - 1 && this.ends[this.first]! < moment) this.first++;
    let found = -1;
    for (let i = this.first; i < this.rows.length && i < this.first + MOST_LOOKED_AT; i++) {
      if (this.begins[i]! >= moment || this.ends[i]! < moment) continue;
      if (!this.again[i]) return { row: this.rows[i]!, usedAgain: false };
      found = i;
    }
    return found < 0 ? { row: this.rows[this.first]!, usedAgain: false } : { row: this.rows[found]!, usedAgain: true };
  }

  most(): number {
    return mostAtOnce(this.sortedBegins, this.sortedEnds);
  }

  private add(row: number, end: number): void {
    const { connections, exchanges } = this.store;
    let exchange = connections.lastExchange.get(row) - 1;
    if (exchange < 0) return;
    let until = closeTime(this.store, row, end);
    let usedAgain = false;
    const margin = IDLE_MARGIN + Math.max(0, connections.synAckToAck.get(row));
    for (; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
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
  if (isHttp10Close(request) || isHttp10Close(response)) return Number.POSITIVE_INFINITY;
  const framing = (state >>> ExchangeBits.RESPONSE_FRAMING_SHIFT) & 7;
  if (framing === Framing.untilClose || framing === Framing.upgrade || framing === Framing.tunnel) return Number.POSITIVE_INFINITY;
  return exchanges.time.get(exchange) + exchanges.responseEndAfter.get(exchange);
}

function isHttp10Close(flags: number): boolean {
  return (flags & (MessageFlag.http10 | MessageFlag.keepAliveOption)) === MessageFlag.http10;
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
