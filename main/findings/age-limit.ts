import type { ConnectionCase } from './case.ts';
import { Shape } from './close-shape.ts';
import { type Digest, DigestBit } from './digest.ts';

/** No limit is set to less. */
const SHORTEST = 2e9;
/** How late a clock that starts with the dial is seen to run out. */
const LATE = 100e6;
/** A share of the limit: where all that were closed had been idle for longer before their last request, that it passed in between is chance. */
const LONGEST_PAUSE = 0.5;
/** Closes within this time may have one cause, whatever their age. */
const ONE_MOMENT = 100e6;
/** How late timers are, on a busy machine; and how many times better ages have to agree than idle times. */
const SAME_AGE = 15e6;
const CLEARER = 3;

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
 * Whether the client's closes of idle connections came at one age rather than after one idle time: ages that differ by far
 * less than the idle times do, at different moments.
 */
export function closesAtOneAge(digest: Digest): boolean {
  let count = 0;
  const ages = new Span();
  const idles = new Span();
  const moments = new Span();
  for (let place = 0; place < digest.count; place++) {
    if (digest.shapes[place] !== Shape.clientFinLater) continue;
    count++;
    const closed = digest.closed[place]!;
    ages.add(closed - digest.opened[place]!);
    idles.add(closed - digest.answered[place]!);
    moments.add(closed);
    if (ages.length > SAME_AGE) return false;
  }
  return count > 1 && ages.smallest >= SHORTEST && moments.length > ONE_MOMENT && idles.length > ages.length * CLEARER + 1e6;
}

/** From the least to the greatest of some values. */
class Span {
  private least = Number.POSITIVE_INFINITY;
  private greatest = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    this.least = Math.min(this.least, value);
    this.greatest = Math.max(this.greatest, value);
  }

  get smallest(): number {
    return this.least;
  }

  get length(): number {
    return this.greatest - this.least;
  }
}

function isEndedAtOnce(digest: Digest, place: number): boolean {
  return digest.shapes[place] === Shape.clientFinAtOnce && (digest.bits[place]! & DigestBit.SINGLE) === 0;
}
