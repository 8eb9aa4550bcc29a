const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const WINDOW_SCALE = 3;

/** RFC 7323 section 2.3: a larger shift is to be read as this one. */
const MAX_WINDOW_SHIFT = 14;

/**
 * The window scale of a SYN's options (RFC 7323 section 2.2): 0 to 14, or -1 where the option is absent or malformed.
 *
 * @param tcp offset of the TCP header
 * @param end offset just behind the options that are there to be read
 */
export function windowScale(bytes: Uint8Array, tcp: number, end: number): number {
  const at = findOption(bytes, tcp, end, WINDOW_SCALE);
  if (at < 0 || bytes[at + 1] !== 3) return -1;
  return Math.min(bytes[at + 2]!, MAX_WINDOW_SHIFT);
}

/** Offset of the first option of a kind that is there as a whole, -1 where there is none (RFC 9293 section 3.1). */
function findOption(bytes: Uint8Array, tcp: number, end: number, kind: number): number {
  let at = tcp + 20;
  while (at < end) {
    const found = bytes[at]!;
    if (found === END_OF_OPTIONS) return -1;
    if (found === NO_OPERATION) {
      at++;
      continue;
    }
    if (at + 2 > end) return -1;
    const length = bytes[at + 1]!;
    if (length < 2 || at + length > end) return -1;
    if (found === kind) return at;
    at += length;
  }
  return -1;
}
