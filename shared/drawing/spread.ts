/**
 * Middles for marks of one size, as near to the wanted ones as they go beside each other from 0 to `width`.
 *
 * @param wanted ascending
 * @param size of a mark, with the space to the next one
 */
export function spread(wanted: readonly number[], size: number, width: number): number[] {
  let least = size / 2;
  const placed = wanted.map((x) => {
    const at = Math.max(x, least);
    least = at + size;
    return at;
  });
  // What would end behind the edge pushes what is before it back.
  let most = width - size / 2;
  for (let i = placed.length - 1; i >= 0; i--) {
    placed[i] = Math.min(placed[i]!, most);
    most = placed[i]! - size;
  }
  return placed;
}
