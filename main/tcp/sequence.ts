/**
 * Sequence numbers as int32: the wrap at 2^32 is the wrap of `| 0`, and a comparison is the sign of a difference
 * (RFC 9293 section 3.4).
 */

/** How far `a` lies behind `b`, -2^31 to 2^31 - 1: positive when `a` comes after `b`. */
export function sequenceDistance(a: number, b: number): number {
  return (a - b) | 0;
}
