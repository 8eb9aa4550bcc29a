/*
 * Whether a segment that fills a hole was reordered on its way, or lost and sent again.
 */

/** IP identifications this near to one another are of one sender's packets, counted as they were sent (as most systems do). */
const NEAR_IDS = 256;
/** Nanoseconds: what is reordered comes within a few milliseconds or half a round trip; what is sent again needs a whole one … */
const SHORTEST = 3e6;
/** … and not more than this where the handshake was slow for another reason: a retransmission timeout is 200 ms at least on Linux. */
const LONGEST = 100e6;

/** How far an IP identification lies behind another, -2^15 to 2^15 - 1. */
export function idDistance(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}

/** Of a packet's IP identification, `idAhead` of the last one, and that: which was sent last. Packets that were reordered leave it as it was. */
export function newestId(id: number, idAhead: number): number {
  return idAhead < 0 && idAhead > -NEAR_IDS ? (id - idAhead) & 0xffff : id;
}

/**
 * @param idAhead how far its IP identification lies behind the last one of its sender; 0 where that is not known
 * @param age of the hole, and `roundTrip` of the handshake, in nanoseconds
 */
export function isSentAgain(idAhead: number, age: number, roundTrip: number): boolean {
  if (idAhead !== 0 && Math.abs(idAhead) < NEAR_IDS) return idAhead > 0;
  return age > longestReordering(roundTrip);
}

function longestReordering(roundTrip: number): number {
  return Math.max(SHORTEST, Math.min(roundTrip / 2, LONGEST));
}
