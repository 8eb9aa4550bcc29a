import { ConnectionBits } from '../store/connection-columns.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { CloseCause } from '../../shared/model/report.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { ACCUMULATED } from './accumulation.ts';
import type { ClientPrograms } from './client-programs.ts';
import { Shape } from './close-shape.ts';
import { type Digest, DigestBit } from './digest.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import { IDLE_MARGIN, IdleTimes, TOGETHER } from './idle-times.ts';
import type { Scratch } from './scratch.ts';
import { mostAtOnce, mostWithin, sortPlacesNearly } from './sorted-values.ts';
import { WINDOW_SHRUNK } from './unfinished-response.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** The client's pool of one endpoint, rebuilt from the wire. */
export interface PoolFacts {
  readonly maxConcurrent: number;
  /** Most connections open with nothing under way and able to carry another request. */
  readonly maxIdle: number;
  readonly connectionsPerSecondPeak: number;
  /** Opened while an idle, reusable connection was open, that was never used again or only … */
  readonly missedWhileIdle: Spared;
  /** … opened while an idle one was open that was used again later, as the new one was: its response was not read to the end yet. */
  readonly whileUndrained: Spared;
  /** … where some were opened by themselves beside several idle ones that were used again, or beside one that had been idle for long: workers with a pool each would look so. */
  readonly byWorkers: boolean;
  /** Opened while an idle one was open that was never used again, where both carried more than one request: once it may be two programs. */
  readonly besideIdle: Spared;
  /** Opened after one that its client or server gave up right after an answer, where it could have stayed. */
  readonly missedAfterClose: Spared;
  /** Rows that carried one exchange at most and lay idle, or stalled unread, when another connection was opened: the last one, or the one beside most of them; and that one. */
  readonly held: readonly number[];
  readonly openedBesideHeld: number;
}

/** Rows of connections that need not have been opened, of those that could have served instead, and what the handshakes took. */
class Spared {
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

/** A close that soon after an answer was no idle timeout. */
const GAVE_UP_WITHIN = 1e9;
/** A program that gives up one connection and dials the next sends FIN and SYN in whatever order its threads come to it. */
const AT_THE_SAME_TIME = 1e6;
/** A new connection this long after the wasted one would have found it, with common idle timeouts. */
const WOULD_HAVE_WAITED = 60e9;

const HELD_BITS = DigestBit.NEEDED | DigestBit.SINGLE;

/** Connections that are reused, each beside an idle one that was: once, two programs behind one address; again, a pool for every task. */
const HABIT = 2;

/** Connections opened further apart were not opened in one go. */
const ONE_AFTER_THE_OTHER = 100e6;
/** A response that is read later is read so soon, as a rule. */
const LONGEST_HELD = 500e6;
/** Of several programs that take turns, the last one's own are among the last so many. */
const MOST_GIVEN_UP = 256;

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
  let byWorkers = false;
  let before = Number.NEGATIVE_INFINITY;
  let mostIdle = 0;
  let mostIdleAt = 0;
  const programs = group.clientPrograms;
  for (let place = 0; place < rows.length; place++) {
    if ((bits[place]! & DigestBit.NEEDED) === 0) continue;
    const row = rows[place]!;
    const at = opened[place]!;
    while (nextWasted < wasted.length && closed[wasted[nextWasted]!]! <= at + AT_THE_SAME_TIME) available.push(wasted[nextWasted++]!);
    while (forgotten < available.length && at - closed[available[forgotten]!]! > WOULD_HAVE_WAITED) forgotten++;
    if (at - burst > TOGETHER) {
      burst = at;
      spared = 0;
    }
    const free = idles.countAt(at) - spared;
    const idle = free > 0 ? idles.one(at, programs, place) : -1;
    if (free > mostIdle) {
      mostIdle = free;
      mostIdleAt = place;
    }
    const alone = at - before > ONE_AFTER_THE_OTHER;
    // Dialled while another was: not by who asks for one thing after the other.
    const beside = at - before < handshakes[place]!;
    before = at;
    // What is used again later is passed over by a program that still reads from it, and both are used on; else by another program.
    const usedAgain = (idle & 1) !== 0;
    if (idle >= 0 && !(usedAgain && (bits[place]! & DigestBit.SINGLE) !== 0)) {
      spared++;
      const served = rows[idle >> 1]!;
      if (usedAgain) {
        whileUndrained.add(row, served, handshakes[place]!);
        // Who holds several responses unread asked for them in one go, and nobody holds one for long.
        byWorkers ||= beside || (free > 1 && alone) || at - idles.since > LONGEST_HELD;
      } else if ((bits[idle >> 1]! & DigestBit.SINGLE) === 0 && (bits[place]! & DigestBit.SINGLE) === 0) twoPools.add(row, served, handshakes[place]!);
      else missedWhileIdle.add(row, served, handshakes[place]!);
    } else {
      const given = lastOf(available, forgotten, digest, programs, place);
      if (given >= 0) missedAfterClose.add(row, rows[taken(available, given)]!, handshakes[place]!);
    }
  }
  if (twoPools.count >= HABIT) missedWhileIdle.addAll(twoPools);
  // Where connections were held and closed before the last one was opened, most had piled up earlier.
  let besideHeld = lastNeeded(digest);
  let held = heldAt(store, group, besideHeld, end);
  if (held.length + 1 < ACCUMULATED && missedWhileIdle.count + 1 >= ACCUMULATED) {
    besideHeld = mostIdleAt;
    held = heldAt(store, group, besideHeld, end);
  }
  return {
    maxConcurrent: mostAtOnce(timeline.opened, timeline.closed),
    maxIdle: idles.most(),
    connectionsPerSecondPeak: mostWithin(timeline.opened, 1e9),
    missedWhileIdle,
    whileUndrained,
    byWorkers,
    besideIdle: twoPools,
    missedAfterClose,
    held,
    openedBesideHeld: rows[besideHeld]!,
  };
}

/** The last of those given up, from `first` on, before it or with its answer there, that the program gave up that opened the connection at `place`; -1 without. */
function lastOf(available: readonly number[], first: number, { answered, closed, opened }: Digest, programs: ClientPrograms, place: number): number {
  for (let i = available.length - 1; i >= Math.max(first, available.length - MOST_GIVEN_UP); i--) {
    const given = available[i]!;
    // By a coarse clock a connection closes in the moment in which it is opened: none spares itself, or one before it.
    if (given < place && (closed[given]! <= opened[place]! || answered[given]! <= opened[place]!) && programs.areOne(given, place)) return i;
  }
  return -1;
}

/** Takes one out; nearly always the last. */
function taken(places: number[], at: number): number {
  return at === places.length - 1 ? places.pop()! : places.splice(at, 1)[0]!;
}

/** Places of connections that were given up right after an answer, by the time of their close. */
function wastedConnections({ digest }: EndpointGroup, scratch: Scratch): Int32Array {
  const { bits, closed, answered, verdicts } = digest;
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
    if (!beforeIs || (bits[place]! & DigestBit.NEEDED) === 0 || !(closed[place]! - answered[place]! <= GAVE_UP_WITHIN)) continue;
    wasted[count++] = place;
  }
  return sortPlacesNearly(wasted.subarray(0, count), closed);
}

/** Whether a close with this verdict ended a connection that could have served again. */
function isWaste({ cause, also }: Verdict): boolean {
  // An announced close whose response the client did not want in full: nothing was left to reuse.
  return WASTED.has(cause) && !(cause === 'client-close-option' && also.includes('client-abort'));
}

/** The place of the last connection that was needed. */
function lastNeeded({ bits, count }: Digest): number {
  let last = count - 1;
  while (last > 0 && (bits[last]! & DigestBit.NEEDED) === 0) last--;
  return last;
}

/**
 * Rows of at most one exchange that lay idle or stalled when the connection at a place was opened. Those that were open
 * before the capture may have carried any number, and were opened for another reason.
 */
function heldAt(store: ResultStore, { rows, digest, clientPrograms }: EndpointGroup, last: number, end: number): number[] {
  const { connections, exchanges } = store;
  const { opened, closed, bits, reusable } = digest;
  const moment = opened[last]!;
  const held: number[] = [];
  for (let place = 0; place < last; place++) {
    if ((bits[place]! & HELD_BITS) !== HELD_BITS || closed[place]! < moment || (closed[place] === Number.POSITIVE_INFINITY && end < moment)) continue;
    const exchange = connections.lastExchange.get(rows[place]!) - 1;
    const state = exchanges.state.get(exchange);
    if ((state & ExchangeBits.HAS_RESPONSE) === 0) continue;
    const isComplete = (state & ExchangeBits.RESPONSE_COMPLETE) !== 0;
    // What was never finished with the client's window open was still being sent.
    if (!isComplete && !stoppedReading(store, rows[place]!)) continue;
    const from = isComplete ? reusable[place]! : exchanges.time.get(exchange) + exchanges.responseAfter.get(exchange);
    // What the client closes at once is not held: seen from afar, its FIN is a round trip away.
    if (from + IDLE_MARGIN + digest.clientRoundTrips[place]! < moment && digest.shapes[place] !== Shape.clientFinAtOnce && clientPrograms.areOne(place, last)) held.push(rows[place]!);
  }
  return held;
}

/** The client's window had fallen when the connection closed, or to zero before. */
function stoppedReading({ connections, events }: ResultStore, row: number): boolean {
  if (connections.windowDropClient.get(row) >= WINDOW_SHRUNK) return true;
  const clientSide = (connections.state.get(row) & ConnectionBits.CLIENT_SIDE1) !== 0 ? 1 : 0;
  for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) {
    if (events.kind.get(event) === ((EventKind.zeroWindow << 1) | clientSide)) return true;
  }
  return false;
}
