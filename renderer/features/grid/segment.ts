/*
 * Browsers lay out no element higher than about 33.5 million pixels (Chromium) or 17.8 million (Firefox). A table with
 * more rows than that shows a segment of them: the scroll bar moves over the segment, and where the bar is dragged far
 * the segment moves as well, so that the bar's place is the row's share of the whole table.
 */

/** Rows of one segment: 28 pixels each, below Chromium's limit; a table of a million rows needs no second one. */
export const SEGMENT_ROWS = 1_100_000;

export interface Segment {
  /** Row of the table at the segment's top. */
  readonly base: number;
  /** Rows in the segment. */
  readonly count: number;
}

/** The segment at `base`, of a table with `total` rows. */
export function segmentAt(base: number, total: number, most = SEGMENT_ROWS): Segment {
  const count = Math.min(total, most);
  return { base: Math.max(0, Math.min(Math.round(base), total - count)), count };
}

/** Where the bar was dragged to: `share` of the way, 0 to 1. The row on top is that share of the table. */
export function segmentForShare(share: number, total: number, most = SEGMENT_ROWS): Segment {
  return segmentAt(share * Math.max(0, total - most), total, most);
}

/** The segment that shows row `index`: the present one where it is inside, else one with the row in its middle. */
export function segmentForRow(index: number, now: Segment, total: number, most = SEGMENT_ROWS): Segment {
  const inside = now.count === Math.min(total, most) && index >= now.base && index < now.base + now.count;
  return inside ? now : segmentAt(index - most / 2, total, most);
}

/** Rows by which the segment should move because its edge is near while more lie beyond: half a segment, or 0. */
export function shiftAtEdge(top: number, visible: number, now: Segment, total: number): number {
  const half = Math.floor(now.count / 2);
  if (top < visible && now.base > 0) return -Math.min(half, now.base);
  if (top + 2 * visible > now.count && now.base + now.count < total) return Math.min(half, total - now.base - now.count);
  return 0;
}
