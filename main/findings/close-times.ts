import { type Digest, DigestBit } from './digest.ts';
import { lowerBound, numberOf, NUMBERS, Order } from './value-order.ts';

/** One close: a connection by its place in the digest, and when it came. */
interface Close {
  readonly place: number;
  readonly closedAt: number;
}

/** Closes on idle connections of one endpoint by one side: how long each had idled and when it came. Nanoseconds. */
export class IdleCloses {
  private count = 0;
  private idles = new Float64Array(0);
  /** Their places in the digest, which knows when they came and how old they were. */
  private places = new Int32Array(0);
  /** Their numbers by idle time and by moment, as keys; nothing until asked for. */
  private readonly byIdle = new Order();
  private readonly byMoment = new Order();
  private readonly digest: Digest;

  constructor(digest: Digest) {
    this.digest = digest;
  }

  /** Forgets all: one object serves an endpoint after the other. */
  clear(): void {
    this.count = 0;
    this.byIdle.clear();
    this.byMoment.clear();
  }

  get total(): number {
    return this.count;
  }

  add(idle: number, { place }: Close): void {
    if (this.count === NUMBERS) return;
    if (this.count === this.idles.length) this.grow();
    this.idles[this.count] = idle;
    this.places[this.count++] = place;
  }

  /**
   * Whether another close came after the same idle time, at another moment: what a timer does. Moments that lie near each
   * other count, too, where the idle times differ by far less: one cause that closes all at once would make it the other way.
   * Of many that come after any time some agree by chance.
   */
  agrees(idle: number, moment: number): boolean {
    if (this.count === 0) return false;
    const order = this.byIdle.of(this.count, this.idleOf);
    const tolerance = sameIdle(idle);
    const first = lowerBound(order, idle - tolerance);
    for (let i = first; i < order.length && i < first + MOST_COMPARED; i++) {
      const at = numberOf(order[i]!);
      if (this.idles[at]! < idle - tolerance) continue;
      if (this.idles[at]! > idle + tolerance) return false;
      if (this.isApart(at, idle, moment)) return this.areMoreThanChance(order, idle, tolerance);
    }
    return false;
  }

  /** Whether a close came at another moment, which its idle time explains better than one cause of both does. */
  private isApart(at: number, idle: number, moment: number): boolean {
    const apart = Math.abs(this.momentOf(at) - moment);
    return apart > SAME_MOMENT || (apart >= ONE_EVENT && idle >= SHORTEST_SPREAD && CLOSER * Math.abs(this.idles[at]! - idle) <= apart);
  }

  /**
   * Whether one that agrees ended a connection of another age, by clearly more than the idle times differ: no limit of the
   * age does that. What was open before the capture began has an age that nobody knows.
   */
  outlastsAges(idle: number, { place, closedAt }: Close): boolean {
    if (this.count === 0) return false;
    const { bits, closed, opened } = this.digest;
    const order = this.byIdle.of(this.count, this.idleOf);
    const tolerance = sameIdle(idle);
    const nearest = lowerBound(order, idle);
    for (let i = Math.max(0, nearest - ENOUGH); i < order.length && i < nearest + ENOUGH; i++) {
      const at = numberOf(order[i]!);
      const apart = Math.abs(this.idles[at]! - idle);
      if (apart > tolerance || !this.isApart(at, idle, closedAt)) continue;
      const other = this.places[at]!;
      if ((bits[other]! & bits[place]! & DigestBit.BEGAN) !== 0 && Math.abs(closed[other]! - opened[other]! - (closed[place]! - opened[place]!)) > CLEARER * apart + CLOCK) return true;
    }
    return false;
  }

  /** Whether more closes agree on an idle time than would by chance, if those after half to one and a half of it came after any. */
  private areMoreThanChance(order: Float64Array, idle: number, tolerance: number): boolean {
    const half = idle / 2;
    if (half < 4 * tolerance) return true;
    const from = lowerBound(order, idle - half);
    const first = lowerBound(order, idle - tolerance);
    const end = lowerBound(order, idle + tolerance);
    const to = lowerBound(order, idle + half);
    const others = Math.max(1, end - first - 1);
    const around = first - from + to - end;
    if (around < FEW_AROUND) return true;
    // Nothing lies beyond the longest: there the closes on one side tell how densely they lie.
    const density = Math.max(around, 2 * Math.max(first - from, to - end) - 1);
    // Nor do they lie evenly: a timer closes a good part of them.
    const expected = Math.max((density * tolerance) / (half - tolerance), around * LEAST_SHARE);
    if (isMore(others, expected)) return true;
    // What a restart closes with others says nothing of a timer. A few of them tell.
    let alone = 0;
    for (let i = 0; i < MOST_SAMPLED; i++) {
      const at = from + Math.floor((i * around) / MOST_SAMPLED);
      const sampled = at < first ? at : at + end - first;
      if (this.countAt(this.momentOf(numberOf(order[sampled]!))) < 2) alone++;
    }
    return isMore(others, (expected * alone) / MOST_SAMPLED);
  }

  /** How many came after the same idle time at other moments, up to 16. */
  alike(idle: number, moment: number): number {
    if (this.count === 0) return 0;
    const order = this.byIdle.of(this.count, this.idleOf);
    const tolerance = sameIdle(idle);
    let found = 0;
    const first = lowerBound(order, idle - tolerance);
    for (let i = first; i < order.length && i < first + MOST_COMPARED && found < ENOUGH; i++) {
      const at = numberOf(order[i]!);
      if (this.idles[at]! > idle + tolerance) break;
      if (this.idles[at]! >= idle - tolerance && Math.abs(this.momentOf(at) - moment) > SAME_MOMENT) found++;
    }
    return found;
  }

  /**
   * At how many other moments, up to two, a close came after an idle time that a timer looked at only now and then would
   * leave: within a second of this one. Idle times of a second or more.
   */
  swept(idle: number, moment: number): number {
    if (this.count === 0 || !(idle >= SHORTEST_TIMER)) return 0;
    const order = this.byIdle.of(this.count, this.idleOf);
    const tolerance = sweepOf(idle);
    let found = Number.NaN;
    const first = lowerBound(order, idle - tolerance);
    for (let i = first; i < order.length && i < first + MOST_COMPARED; i++) {
      const at = numberOf(order[i]!);
      if (this.idles[at]! > idle + tolerance) break;
      const other = this.momentOf(at);
      if (this.idles[at]! < idle - tolerance || Math.abs(other - moment) <= SAME_MOMENT || Math.abs(other - found) <= SAME_MOMENT) continue;
      if (!Number.isNaN(found)) return 2;
      found = other;
    }
    return Number.isNaN(found) ? 0 : 1;
  }

  /** The idle time of a second or more that the first closes to agree on it have in common; null where none do. Looks at the first closes only. */
  timer(): number | null {
    for (let i = 0; i < this.count && i < MOST_ASKED; i++) {
      const idle = this.idles[i]!;
      if (idle >= SHORTEST_TIMER && this.agrees(idle, this.momentOf(i))) return idle;
    }
    return null;
  }

  /** Whether another close came at this moment. */
  near(moment: number): boolean {
    if (this.count === 0) return false;
    const order = this.byMoment.of(this.count, this.momentOf);
    const next = order[lowerBound(order, moment - SAME_MOMENT)];
    return next !== undefined && this.momentOf(numberOf(next)) <= moment + SAME_MOMENT;
  }

  /** How many came at this moment, up to two. */
  countAt(moment: number): number {
    if (this.count === 0) return 0;
    const order = this.byMoment.of(this.count, this.momentOf);
    let found = 0;
    for (let i = lowerBound(order, moment - ONE_EVENT); i < order.length && found < 2; i++) {
      const other = this.momentOf(numberOf(order[i]!));
      if (other > moment + ONE_EVENT) break;
      if (other >= moment - ONE_EVENT) found++;
    }
    return found;
  }

  /** Whether several came at this moment after idle times that one sweep would not leave. */
  areOfRestart(idle: number, moment: number): boolean {
    return this.together(idle, moment, SAME_MOMENT, sweepOf(idle)) > 1;
  }

  /** Whether others came at the same moment, within so many nanoseconds, after other idle times: what an exit or a restart does. Counts them. */
  together(idle: number, moment: number, within = SAME_MOMENT, tolerance = sameIdle(idle)): number {
    if (this.count === 0) return 0;
    const order = this.byMoment.of(this.count, this.momentOf);
    let others = 0;
    const first = lowerBound(order, moment - within);
    for (let i = first; i < order.length && i < first + MOST_COMPARED; i++) {
      const at = numberOf(order[i]!);
      if (this.momentOf(at) > moment + within || others === ENOUGH) break;
      if (this.momentOf(at) < moment - within) continue;
      if (Math.abs(this.idles[at]! - idle) > tolerance) others++;
    }
    return others;
  }

  private readonly idleOf = (number: number): number => this.idles[number]!;

  private readonly momentOf = (number: number): number => this.digest.closed[this.places[number]!]!;

  private grow(): void {
    const idles = new Float64Array(Math.max(64, this.count * 2));
    const places = new Int32Array(idles.length);
    idles.set(this.idles);
    places.set(this.places);
    this.idles = idles;
    this.places = places;
  }
}

/** Closes within this time belong to one event. */
const SAME_MOMENT = 100e6;
/** … and so close together one cause closed them, whatever they had been doing. */
const ONE_EVENT = 20e6;
/** Idle times of the same burst of requests, from which on a timer shows by agreeing so many times better than the moments do. */
const SHORTEST_SPREAD = 250e6;
const CLOSER = 10;
/** How many times better one kind of times has to agree than another, to be what a timer counts; and what coarse clocks make of any difference. */
export const CLEARER = 3;
export const CLOCK = 2e6;
/** Servers and clients that sweep their idle connections do it once a second, or more often (squid, cheroot, undici). */
const LONGEST_SWEEP = 1e9;
/** So many closes that are alike are one event; one that is not would have shown by then. */
const MOST_COMPARED = 1000;
/** Closes asked whether others agree: a timer closes most of them. */
const MOST_ASKED = 16;
/** Below, programs are late rather than timers early. */
const SHORTEST_TIMER = 0.99e9;
/** Fewer that do not agree are exceptions, and show no chance at work. */
const FEW_AROUND = 3;
const LEAST_SHARE = 1 / 16;
/** Of closes that do not agree, asked whether they came alone. */
const MOST_SAMPLED = 8;
/** Counting further changes nothing. */
export const ENOUGH = 16;
const SAME_IDLE_NANOSECONDS = 15e6;
const SAME_IDLE_SHARE = 0.005;

/** Whether so many are more than chance brings once in some fifty times where so many are expected (Poisson). */
function isMore(found: number, expected: number): boolean {
  return found > expected + 3 * Math.sqrt(expected) + 0.2;
}

/** How far they may differ where the timer is looked at only now and then. */
function sweepOf(idle: number): number {
  return Math.min(LONGEST_SWEEP, idle / 2);
}

/** How far two idle times may differ and still be one timer's. */
function sameIdle(idle: number): number {
  return Math.max(SAME_IDLE_NANOSECONDS, idle * SAME_IDLE_SHARE);
}
