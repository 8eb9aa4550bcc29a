/** Sorts in place. Moments come nearly in their order: where the few that do not are put right, no full sort is needed. */
export function sortNearly(values: Float64Array): Float64Array {
  let moves = MOVES_EACH * values.length;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    // Not a number: the full sort puts those behind all others.
    if (value !== value) return values.sort();
    let place = i;
    while (place > 0 && values[place - 1]! > value) {
      values[place] = values[place - 1]!;
      place--;
    }
    values[place] = value;
    moves -= i - place;
    if (moves < 0) return values.sort();
  }
  return values;
}

/** Sorts in place moments in any order that lie spread over their span: put into parts of it first, which leaves little to sort. */
export function sortSpread(values: Float64Array): Float64Array {
  const { length } = values;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < length; i++) {
    const value = values[i]!;
    if (value !== value) return values.sort();
    if (value < least) least = value;
    if (value > most) most = value;
  }
  if (!(most - least < Number.POSITIVE_INFINITY)) return values.sort();
  const parts = Math.max(1, length >> 2);
  const scale = most === least ? 0 : (parts - 1) / (most - least);
  const next = new Uint32Array(parts + 1);
  for (let i = 0; i < length; i++) next[1 + Math.floor((values[i]! - least) * scale)]!++;
  for (let part = 1; part <= parts; part++) next[part]! += next[part - 1]!;
  const source = values.slice();
  for (let i = 0; i < length; i++) values[next[Math.floor((source[i]! - least) * scale)]!++] = source[i]!;
  return sortNearly(values);
}

/** Sorts places by their values, in place; those with equal values stay as they are. */
export function sortPlacesNearly(places: Int32Array, values: Float64Array): Int32Array {
  let moves = MOVES_EACH * places.length;
  for (let i = 1; i < places.length; i++) {
    const moved = places[i]!;
    const value = values[moved]!;
    let at = i;
    while (at > 0 && values[places[at - 1]!]! > value) {
      places[at] = places[at - 1]!;
      at--;
    }
    places[at] = moved;
    moves -= i - at;
    if (moves < 0) return places.sort((a, b) => values[a]! - values[b]! || a - b);
  }
  return places;
}

/** Moves per value from which on a full sort is the cheaper way. */
const MOVES_EACH = 8;

/** The most intervals that overlap, from their sorted begins and sorted ends. */
export function mostAtOnce(begins: Float64Array, ends: Float64Array): number {
  let most = 0;
  let ended = 0;
  for (let i = 0; i < begins.length; i++) {
    while (ended < ends.length && ends[ended]! <= begins[i]!) ended++;
    most = Math.max(most, i + 1 - ended);
  }
  return most;
}

/** The most of the sorted moments that lie within a window of this length. */
export function mostWithin(moments: Float64Array, window: number): number {
  let most = 0;
  let first = 0;
  for (let i = 0; i < moments.length; i++) {
    while (moments[i]! - moments[first]! >= window) first++;
    most = Math.max(most, i + 1 - first);
  }
  return most;
}

/** How many of the sorted values are at most `limit`. */
export function countUpTo(values: Float64Array, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
