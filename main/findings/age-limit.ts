import type { ConnectionCase } from './case.ts';
import { Shape } from './close-shape.ts';
import { CLEARER, CLOCK } from './close-times.ts';
import { type Digest, DigestBit } from './digest.ts';

/** No limit is set to less. */
const SHORTEST = 2e9;
/** How late a clock that starts with the dial is seen to run out. */
const LATE = 100e6;
/** A share of the limit: where all that were closed had been idle for longer before their last request, that it passed in between is chance. */
const LONGEST_PAUSE = 0.5;
/** Closes within this time may have one cause, whatever their age. */
const ONE_MOMENT = 100e6;
/** How late timers are, on a busy machine. */
const SAME_AGE = 15e6;
/** So many of one age are no chance, whatever the others. */
const SEVERAL = 3;
/** A share: so many are seen to close late, because their FIN or an answer was lost. */
const LATE_ONES = 1 / 8;

/**
 * The whole number of seconds, in nanoseconds, after which a client closes its connections with the first response
 * (nginx's keepalive_time, pools with a lifetime); 0 where it does not: connections that carried several requests and
 * were closed at once are all older, at different moments, and no other response left a connection of that age open.
 */
export function clientAgeLimit(digest: Digest, rows: Uint32Array, looked: ConnectionCase): number {
  let youngest = Number.POSITIVE_INFINITY;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (let place = 0; place < digest.count; place++) {
    if (!isEndedAtOnce(digest, place)) continue;
    const closed = digest.closed[place]!;
    youngest = Math.min(youngest, closed - digest.opened[place]!);
    if (youngest < SHORTEST) return 0;
    first = Math.min(first, closed);
    last = Math.max(last, closed);
  }
  if (last - first <= ONE_MOMENT) return 0;
  const limit = Math.floor(youngest / 1e9) * 1e9;
  let shortestPause = Number.POSITIVE_INFINITY;
  for (let place = 0; place < digest.count; place++) {
    let answered = digest.answered[place]!;
    const isEnded = isEndedAtOnce(digest, place);
    // An answer that ended its connection, or broke off with it, left none open.
    if (isEnded || digest.reusable[place] === Number.POSITIVE_INFINITY) {
      looked.load(rows[place]!);
      answered = looked.previousEnded;
      if (isEnded) shortestPause = Math.min(shortestPause, digest.closed[place]! - answered);
    }
    if (answered - digest.opened[place]! >= limit + LATE) return 0;
  }
  return shortestPause <= limit * LONGEST_PAUSE ? limit : 0;
}

/**
 * The age at which a side closes its idle connections, whatever they do, in nanoseconds; 0 where none shows: hardly any
 * that it closed is older, and several are as old, by far less than the times differ for which they had been idle.
 * @param shapes what its closes of idle connections look like
 */
export function ageOfIdleCloses(digest: Digest, shapes: ReadonlySet<Shape>): number {
  const limit = oldestShared(agesOf(digest, shapes));
  if (limit < SHORTEST) return 0;
  let aged = 0;
  let outlived = 0;
  const ages = new Span();
  const idles = new Span();
  const moments = new Span();
  for (let place = 0; place < digest.count; place++) {
    const closed = digest.closed[place]!;
    const answered = digest.answered[place]!;
    // One that was older with a response, and stayed open.
    if (answered - digest.opened[place]! > limit && closed - answered > ONE_MOMENT) outlived++;
    const age = closed - digest.opened[place]!;
    if (!isAgedClose(digest, place, shapes) || age > limit || age < limit - SAME_AGE) continue;
    aged++;
    ages.add(age);
    idles.add(closed - answered);
    moments.add(closed);
  }
  return outlived <= aged * LATE_ONES && moments.length > ONE_MOMENT && idles.length > ages.length * CLEARER + CLOCK ? limit : 0;
}

/** The greatest of sorted ages that enough others come up to, and hardly any exceeds; 0 without. */
function oldestShared(ages: Float64Array): number {
  for (let last = ages.length - 1; last > 0; last--) {
    const older = ages.length - 1 - last;
    let first = last;
    while (first > 0 && ages[first - 1]! >= ages[last]! - SAME_AGE) first--;
    const count = last - first + 1;
    if (count >= SEVERAL || (count > 1 && 2 * count >= ages.length)) return older <= count * LATE_ONES ? ages[last]! : 0;
  }
  return 0;
}

/** The ages of the connections that a side closed so, sorted. */
function agesOf(digest: Digest, shapes: ReadonlySet<Shape>): Float64Array {
  let count = 0;
  for (let place = 0; place < digest.count; place++) if (isAgedClose(digest, place, shapes)) count++;
  const ages = new Float64Array(count);
  for (let place = 0; place < digest.count; place++) if (isAgedClose(digest, place, shapes)) ages[--count] = digest.closed[place]! - digest.opened[place]!;
  return ages.sort();
}

/** Whether a connection was closed at that age. */
export function isOfAge(c: ConnectionCase, limit: number): boolean {
  const age = c.closedAt - c.startedAt;
  return limit > 0 && c.handshakeSeen && age <= limit && age >= limit - SAME_AGE;
}

function isAgedClose({ shapes, bits, answered }: Digest, place: number, of: ReadonlySet<Shape>): boolean {
  return of.has(shapes[place]! as Shape) && (bits[place]! & DigestBit.BEGAN) !== 0 && !Number.isNaN(answered[place]!);
}

/** From the least to the greatest of some values. */
class Span {
  private least = Number.POSITIVE_INFINITY;
  private greatest = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    this.least = Math.min(this.least, value);
    this.greatest = Math.max(this.greatest, value);
  }

  get length(): number {
    return this.greatest - this.least;
  }
}

function isEndedAtOnce(digest: Digest, place: number): boolean {
  return digest.shapes[place] === Shape.clientFinAtOnce && (digest.bits[place]! & DigestBit.SINGLE) === 0;
}
