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
