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

function isEndedAtOnce(digest: Digest, place: number): boolean {
  return digest.shapes[place] === Shape.clientFinAtOnce && (digest.bits[place]! & DigestBit.SINGLE) === 0;
}
