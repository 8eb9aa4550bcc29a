const DIGIT_BITS = 16;
const DIGITS = 1 << DIGIT_BITS;
const DIGIT_MASK = DIGITS - 1;

/** What to sort by: a key for each row. */
export interface RowKeys {
  readonly keys: Float64Array;
  readonly descending: boolean;
}

/**
 * The places of rows in order of their first keys, those that are equal in them by the next; in the end as they came.
 * NaN comes last in both directions. A radix sort by 16 bits at a time, from the last digit of the last keys to the first
 * of the first, that passes over digits which all keys share: a million rows take some 50 ms, comparing takes 20 times that.
 */
export function sortedPlaces(count: number, levels: readonly RowKeys[]): Uint32Array {
  let from = new Uint32Array(count);
  let to = new Uint32Array(count);
  for (let place = 0; place < count; place++) from[place] = place;
  const counts = new Uint32Array(DIGITS);
  let isAsItCame = true;
  for (const { keys, descending } of [...levels].reverse()) {
    const words = keyWords(keys, descending);
    if (isAsItCame && isSorted(words)) continue;
    isAsItCame = false;
    for (let digit = 0; digit < 4; digit++) {
      // The low word is the first of a pair.
      const word = digit >> 1;
      const shift = (digit & 1) * DIGIT_BITS;
      counts.fill(0);
      for (let i = word; i < words.length; i += 2) counts[(words[i]! >>> shift) & DIGIT_MASK]!++;
      if (counts[(words[word]! >>> shift) & DIGIT_MASK] === count) continue;
      let sum = 0;
      for (let i = 0; i < DIGITS; i++) {
        const here = counts[i]!;
        counts[i] = sum;
        sum += here;
      }
      for (let i = 0; i < count; i++) {
        const place = from[i]!;
        to[counts[(words[2 * place + word]! >>> shift) & DIGIT_MASK]!++] = place;
      }
      [from, to] = [to, from];
    }
  }
  return from;
}

/** The keys as pairs of unsigned ints (low, high) that sort as the keys do. */
function keyWords(keys: Float64Array, descending: boolean): Uint32Array {
  const words = new Uint32Array(2 * keys.length);
  const values = new Float64Array(words.buffer);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (key !== key) {
      words[2 * i] = words[2 * i + 1] = 0xffff_ffff;
      continue;
    }
    // -0 becomes 0.
    values[i] = key + 0;
    const high = words[2 * i + 1]!;
    // Of negative doubles all bits are turned, of others the sign alone.
    const turned = (high & 0x8000_0000) !== 0;
    const low = turned ? ~words[2 * i]! : words[2 * i]!;
    const ordered = turned ? ~high : high ^ 0x8000_0000;
    words[2 * i] = descending ? ~low : low;
    words[2 * i + 1] = descending ? ~ordered : ordered;
  }
  return words;
}

function isSorted(words: Uint32Array): boolean {
  for (let i = 2; i < words.length; i += 2) {
    const before = words[i - 1]!;
    const here = words[i + 1]!;
    if (before > here || (before === here && words[i - 2]! > words[i]!)) return false;
  }
  return true;
}
