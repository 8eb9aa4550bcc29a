import type { ReadWindow } from './read-window.ts';

/** How far behind damage the next record is looked for. */
const SEARCH_BYTES = 64 << 10;
/** What must be in memory for the search: the distance, and room for the records that prove a find. */
const LOOK_AHEAD = SEARCH_BYTES + (64 << 10);
/** Records in a row that must be plausible before a find is believed. */
const PROOF = 3;

/** Where reading lost its way. */
export interface Damage {
  readonly code: 'record-length-absurd' | 'zero-block' | 'block-unreadable';
  readonly byteOffset: number;
  /** What was seen there, the start of a sentence. */
  readonly what: string;
  /** The file ends inside the record: a cut, unless records are found in what the record claims for itself. */
  readonly atEnd?: boolean;
}

/** Longer than any packet that no offload has touched: a file that ends in such a record may be damaged, not cut. */
export const SUSPICIOUS_BYTES = 66_000;

/**
 * Looks for the next record behind damage.
 *
 * @param next where a record that may start at `at` ends, or -1 where none can; may lie behind the window
 * @param step what records are aligned to
 * @returns 'found' (`window.start` is there), 'none', or 'more': read more bytes and ask again
 */
export function resynchronise(
  window: ReadWindow,
  damage: Damage,
  step: number,
  next: (at: number) => number,
): 'found' | 'none' | 'more' {
  if (damage.code === 'zero-block' && !skipZeros(window)) return window.ended ? 'none' : 'more';
  if (window.end - window.start < LOOK_AHEAD && !window.ended) return 'more';
  const last = Math.min(window.end, window.start + SEARCH_BYTES);
  for (let at = window.start; at < last; at += step) {
    // The damaged record itself is no find.
    if (window.base + at > damage.byteOffset && isProven(window, at, next)) {
      window.start = at;
      return 'found';
    }
  }
  return 'none';
}

function isProven(window: ReadWindow, start: number, next: (at: number) => number): boolean {
  let at = start;
  for (let records = 0; records < PROOF; records++) {
    if (at === window.end && window.ended && records > 0) return true;
    at = next(at);
    if (at < 0) return false;
    if (at > window.end) return false;
  }
  return true;
}

/** Moves the window's start to at most 16 bytes before the next byte that is not zero; false where there is none yet. */
function skipZeros(window: ReadWindow): boolean {
  const { bytes } = window.block;
  let at = window.start;
  while (at < window.end && bytes[at] === 0) at++;
  // A record may begin with zeros; keep as many as its header can start with, and stay on the 4-byte grid of pcapng.
  const back = Math.max(0, Math.floor((at - window.start - 16) / 4) * 4);
  window.start += back;
  return at < window.end;
}
