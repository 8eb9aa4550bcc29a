import { expect, test } from 'vitest';
import { SEGMENT_ROWS, segmentAt, segmentForRow, segmentForShare, shiftAtEdge } from '../../../renderer/features/grid/segment.ts';

const ROW = 28;

test('a segment stays below the height that Chromium lays out', () => {
  expect(SEGMENT_ROWS * ROW).toBeLessThan(33_500_000);
  expect(SEGMENT_ROWS).toBeGreaterThanOrEqual(1_000_000);
});

test('a table that fits is one segment, wherever its bar stands', () => {
  for (const share of [0, 0.5, 1]) expect(segmentForShare(share, 900, 1000)).toEqual({ base: 0, count: 900 });
  expect(segmentAt(50, 0, 1000)).toEqual({ base: 0, count: 0 });
});

test('the bar at its ends shows the first and the last row', () => {
  expect(segmentForShare(0, 10_000, 1000)).toEqual({ base: 0, count: 1000 });
  expect(segmentForShare(1, 10_000, 1000)).toEqual({ base: 9000, count: 1000 });
});

test('the row on top is the share of the table that the bar stands at', () => {
  const total = 40_000_000;
  for (const share of [0.1, 0.37, 0.5, 0.93]) {
    const { base, count } = segmentForShare(share, total);
    expect((base + share * count) / total).toBeCloseTo(share, 6);
  }
});

test('a row of the segment needs no other segment, another row is put in the middle of one', () => {
  const now = segmentAt(3000, 10_000, 1000);
  expect(segmentForRow(3999, now, 10_000, 1000)).toBe(now);
  expect(segmentForRow(4000, now, 10_000, 1000)).toEqual({ base: 3500, count: 1000 });
  expect(segmentForRow(0, now, 10_000, 1000)).toEqual({ base: 0, count: 1000 });
  expect(segmentForRow(9999, now, 10_000, 1000)).toEqual({ base: 9000, count: 1000 });
});

test('rows that were added while the capture is read lengthen the segment', () => {
  expect(segmentForRow(5, segmentAt(0, 10, 1000), 500, 1000)).toEqual({ base: 0, count: 500 });
});

test('near an edge with rows beyond it the segment moves by half, at the table\'s ends it does not', () => {
  const now = segmentAt(3000, 10_000, 1000);
  expect(shiftAtEdge(10, 30, now, 10_000)).toBe(-500);
  expect(shiftAtEdge(960, 30, now, 10_000)).toBe(500);
  expect(shiftAtEdge(500, 30, now, 10_000)).toBe(0);
  expect(shiftAtEdge(0, 30, segmentAt(0, 10_000, 1000), 10_000)).toBe(0);
  expect(shiftAtEdge(990, 30, segmentAt(9000, 10_000, 1000), 10_000)).toBe(0);
  expect(shiftAtEdge(0, 30, segmentAt(20, 10_000, 1000), 10_000)).toBe(-20);
});
