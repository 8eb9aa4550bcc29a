import { sequenceDistance } from './sequence.ts';

/** In mid-stream so many bytes may have been on their way when the capture began. */
const UNDER_WAY = 1 << 24;

/**
 * Whether an acknowledgement is of what the other side is known to have sent, [base, high) and a SYN or FIN; all modulo
 * 2^32. `isAwaited`: it comes with the very number that the other side, whose SYN was not seen, waits for; then it may
 * also be of less than was seen first.
 */
export function answers(acknowledgement: number, base: number, high: number, isAwaited: boolean): boolean {
  const acknowledged = sequenceDistance(acknowledgement, base);
  return acknowledged >= (isAwaited ? -UNDER_WAY : 0) && acknowledged <= sequenceDistance(high, base) + 1;
}
