import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { CloseCause } from '../../shared/model/report.ts';
import { DigestBit } from './digest.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import { reusableFrom } from './reusable.ts';
import type { Scratch } from './scratch.ts';
import { mostAtOnce, mostWithin, sortNearly, sortPlacesNearly } from './sorted-values.ts';
import { type Verdict, verdictOf } from './verdict.ts';

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

/** Rows of connections that need not have been opened, of those that could have served instead, and what the handshakes took. */
export class Spared {
  readonly opened: number[] = [];
  readonly served: number[] = [];
  readonly nanoseconds: number[] = [];

  add(opened: number, served: number, nanoseconds: number): void {
    this.opened.push(opened);
    this.served.push(served);
    this.nanoseconds.push(nanoseconds);
  }

  addAll(others: Spared): void {
    for (let i = 0; i < others.opened.length; i++) this.add(others.opened[i]!, others.served[i]!, others.nanoseconds[i]!);
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
const WASTED: ReadonlySet<CloseCause> = new Set(['undrained-response', 'client-close-option', 'server-close-option', 'close-delimited', 'http10-default', 'client-per-request', 'pool-overflow', 'protocol-error', 'process-exit', 'server-error', 'client-abort']);

/** Rebuilds the pool of an endpoint. `end`: the capture's last moment. */
export function rebuildPool(store: ResultStore, group: EndpointGroup, end: number, scratch: Scratch): PoolFacts {
  const { rows, timeline, digest } = group;
  const { opened, closed, bits, handshakes } = digest;
  const idles = new IdleTimes(store, group, end, scratch);
  const missedWhileIdle = new Spared();
  const whileUndrained = new Spared();
  const missedAfterClose = new Spared();
  const wasted = wastedConnections(group, scratch);
  let nextWasted = 0;
  // Those given up and not yet made good for: the last ones first, the oldest forgotten.
  const available: number[] = [];
  let forgotten = 0;
  // Of connections opened together, only as many could be spared as lay idle.
  let burst = Number.NEGATIVE_INFINITY;
  let spared = 0;
  const twoPools = new Spared();
  for (let place = 0; place < rows.length; place++) {
    if ((bits[place]! & DigestBit.NEEDED) === 0) continue;
    const row = rows[place]!;
    const at = opened[place]!;
    while (nextWasted < wasted.length && closed[wasted[nextWasted]!]! <= at) available.push(wasted[nextWasted++]!);
    while (forgotten < available.length && at - closed[available[forgotten]!]! > WOULD_HAVE_WAITED) forgotten++;
    if (at - burst > TOGETHER) {
      burst = at;
      spared = 0;
    }
    if (idles.countAt(at) > spared) {
      spared++;
      const idle = idles.one(at);
      const served = rows[idle.place]!;
      if (idle.usedAgain) whileUndrained.add(row, served, handshakes[place]!);
      else if ((bits[idle.place]! & DigestBit.SINGLE) === 0 && (bits[place]! & DigestBit.SINGLE) === 0) twoPools.add(row, served, handshakes[place]!);
      else missedWhileIdle.add(row, served, handshakes[place]!);
    } else if (available.length > forgotten) {
      missedAfterClose.add(row, rows[available.pop()!]!, handshakes[place]!);
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
    heldAtLastOpen: heldWhenLastOpened(store, group, end),
  };
}

/** Places of connections that were given up right after an answer, by the time of their close. */
function wastedConnections({ digest }: EndpointGroup, scratch: Scratch): Int32Array {
  const { closed, answered, verdicts } = digest;
  const wasted = scratch.takeInts('wasted', digest.count);
  let count = 0;
  let before = 0;
  let beforeIs = false;
  for (let place = 0; place < digest.count; place++) {
    if (verdicts[place] !== before) {
      before = verdicts[place]!;
      beforeIs = isWaste(verdictOf(before)!);
    }
    // Infinity: not seen to close.
    if (!beforeIs || !(closed[place]! - answered[place]! <= GAVE_UP_WITHIN)) continue;
    wasted[count++] = place;
  }
  return sortPlacesNearly(wasted.subarray(0, count), closed);
}

/** Whether a close with this verdict ended a connection that could have served again. */
function isWaste({ cause, also }: Verdict): boolean {
  // An announced close whose response the client did not want in full: nothing was left to reuse.
  return WASTED.has(cause) && !(cause === 'client-close-option' && also.includes('client-abort'));
}

/** The times in which connections of an endpoint lay idle and could be reused. Asked for ascending moments. */
class IdleTimes {
  private readonly begins: Float64Array;
  private readonly ends: Float64Array;
  /** Places, twice, and one more where the connection was used again. */
  private readonly owners: Int32Array;
  private count = 0;
  private readonly sortedBegins: Float64Array;
  private readonly sortedEnds: Float64Array;
  /** How many had begun, and ended, at the moment asked for last; those before `first` had all ended. */
  private begun = 0;
  private ended = 0;
  private first = 0;

  constructor(store: ResultStore, group: EndpointGroup, end: number, scratch: Scratch) {
    const { digest } = group;
    this.begins = scratch.take('idle begins', digest.exchanges);
    this.ends = scratch.take('idle ends', digest.exchanges);
    this.owners = scratch.takeInts('idle owners', digest.exchanges);
    for (let place = 0; place < digest.count; place++) this.add(store, group, place, end);
    this.sortedBegins = sortNearly(scratch.copy('sorted idle begins', this.begins, this.count));
    this.sortedEnds = sortNearly(scratch.copy('sorted idle ends', this.ends, this.count));
  }

  countAt(moment: number): number {
    const { sortedBegins, sortedEnds } = this;
    while (this.begun < sortedBegins.length && sortedBegins[this.begun]! < moment) this.begun++;
    while (this.ended < sortedEnds.length && sortedEnds[this.ended]! < moment) this.ended++;
    return this.begun - this.ended;
  }

  /** One connection that is idle at a moment: rather one that is never used again. */
  one(moment: number): { place: number; usedAgain: boolean } {
    while (this.first < this.count - 1 && this.ends[this.first]! < moment) this.first++;
    let found = -1;
    for (let i = this.first; i < this.count && i < this.first + MOST_LOOKED_AT; i++) {
      if (this.begins[i]! >= moment || this.ends[i]! < moment) continue;
      if ((this.owners[i]! & 1) === 0) return { place: this.owners[i]! >> 1, usedAgain: false };
      found = i;
    }
    return found < 0 ? { place: this.owners[this.first]! >> 1, usedAgain: false } : { place: this.owners[found]! >> 1, usedAgain: true };
  }

  most(): number {
    return mostAtOnce(this.sortedBegins, this.sortedEnds);
  }

  private add(store: ResultStore, { digest, rows }: EndpointGroup, place: number, end: number): void {
    const row = rows[place]!;
    const { connections, exchanges } = store;
    const margin = IDLE_MARGIN + Math.max(0, connections.synAckToAck.get(row));
    let until = closeTime(digest.closed[place]!, end);
    this.put(digest.reusable[place]! + margin, until, place << 1);
    if ((digest.bits[place]! & DigestBit.SINGLE) !== 0) return;
    for (let exchange = connections.lastExchange.get(row) - 1; exchange >= 0; ) {
      // Requests that start together take the idle connections and dial the rest: one about to be taken is not missed.
      until = Math.min(until, exchanges.time.get(exchange) - TOGETHER);
      exchange = exchanges.previous.get(exchange) - 1;
      if (exchange >= 0) this.put(reusableFrom(store, exchange) + margin, until, (place << 1) | 1);
    }
  }

  private put(from: number, until: number, owner: number): void {
    if (!(from < until)) return;
    this.begins[this.count] = from;
    this.ends[this.count] = until;
    this.owners[this.count++] = owner;
  }
}

/** When a connection stopped to be usable: its first closing packet, else the end of the capture. */
function closeTime(closed: number, end: number): number {
  return closed === Number.POSITIVE_INFINITY ? end : closed;
}

/** An example is enough: the search for it stays short. */
const MOST_LOOKED_AT = 2000;

/** Rows of at most one exchange that lay idle or stalled when the last connection was opened. */
function heldWhenLastOpened(store: ResultStore, { rows, digest }: EndpointGroup, end: number): number[] {
  const { connections, exchanges } = store;
  const { opened, closed, bits, reusable } = digest;
  const last = rows.length - 1;
  const moment = opened[last]!;
  const held: number[] = [];
  for (let place = 0; place < last; place++) {
    if ((bits[place]! & DigestBit.SINGLE) === 0 || closeTime(closed[place]!, end) < moment) continue;
    const exchange = connections.lastExchange.get(rows[place]!) - 1;
    const state = exchanges.state.get(exchange);
    if ((state & ExchangeBits.HAS_RESPONSE) === 0) continue;
    // Complete, or begun and never finished before the next connection was opened.
    const from = (state & ExchangeBits.RESPONSE_COMPLETE) !== 0 ? reusable[place]! : exchanges.time.get(exchange) + exchanges.responseAfter.get(exchange);
    if (from + IDLE_MARGIN < moment) held.push(rows[place]!);
  }
  return held;
}
