import type { TextPattern } from '../../shared/query/text-pattern.ts';
import { patternTest } from '../../shared/query/text-pattern.ts';
import type { StringTable } from './string-table.ts';

const STAR = 42;
const QUESTION_MARK = 63;

const LOWER = Uint8Array.from({ length: 256 }, (_, octet) => (octet >= 65 && octet <= 90 ? octet + 32 : octet));

/**
 * Whether strings match a pattern as they are shown. Making a million targets into text takes seconds: the pattern is
 * held against the octets where they lie, and the text is made only of those that match and may be shown otherwise.
 *
 * @param untouched 1 for each octet that `shown` leaves as it is, whatever stands beside it; of others it makes escapes or
 *   puts `[redacted]` in their place
 */
export function octetPatternTest(strings: StringTable, pattern: TextPattern, shown: (text: string) => string, untouched: Uint8Array): (id: number) => boolean {
  const test = patternTest(pattern);
  const slow = (id: number): boolean => test(shown(strings.text(id)));
  if (!/^[\x20-\x7e]*$/.test(pattern.text)) return slow;
  const wanted = Uint8Array.from(pattern.text, (character) => character.charCodeAt(0));
  const [star, mark] = pattern.wildcards ? [STAR, QUESTION_MARK] : [-1, -1];
  const insertable = !pattern.wildcards || pattern.text.includes('?') || pattern.text.split('*').some(mayBeInserted);
  return (id) => {
    const page = strings.page(id);
    const start = strings.start(id);
    const end = strings.end(id);
    let isPlain = true;
    for (let at = start; at < end && isPlain; at++) isPlain = untouched[page[at]!] === 1;
    if (!isPlain && insertable) return slow(id);
    return matches(wanted, star, mark, page, start, end) && (isPlain || slow(id));
  };
}

/** Whether a piece of a pattern can match what is put in place of octets, or reach into it: `[redacted]`, `\\x1b`, `\\u{202e}`. */
function mayBeInserted(piece: string): boolean {
  return piece !== '' && (/[[\]\\{}]/.test(piece) || 'redacted'.includes(piece) || /^[xu]?[0-9a-f]*$/.test(piece));
}

/** As text-pattern.ts matches text. */
function matches(wanted: Uint8Array, star: number, mark: number, octets: Uint8Array, start: number, end: number): boolean {
  let at = start;
  let p = 0;
  let lastStar = -1;
  let taken = start;
  while (at < end) {
    const next = p < wanted.length ? wanted[p]! : -2;
    if (next === star) {
      lastStar = p++;
      taken = at;
    } else if (next === mark || next === LOWER[octets[at]!]) {
      p++;
      at++;
    } else if (lastStar >= 0) {
      p = lastStar + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  while (p < wanted.length && wanted[p] === star) p++;
  return p === wanted.length;
}
