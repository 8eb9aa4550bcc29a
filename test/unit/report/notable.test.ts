import fc from 'fast-check';
import { expect, test } from 'vitest';
import { notability, TopRows } from '../../../main/report/notable.ts';

test('trouble is more notable than probes, probes more than much reuse', () => {
  const plain = { requests: 1, unanswered: 0, reset: false, probes: 0, gaps: false };
  const ordered = [
    notability({ ...plain, requests: 0 }),
    notability(plain),
    notability({ ...plain, requests: 1_000_000 }),
    notability({ ...plain, probes: 1 }),
    notability({ ...plain, reset: true }),
    notability({ ...plain, unanswered: 1 }),
  ];
  expect(ordered).toEqual([...ordered].sort((a, b) => a - b));
  expect(new Set(ordered).size).toBe(ordered.length);
  expect(ordered[0]).toBe(0);
});

test('the rows kept are those of a stable sort', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 200 }), fc.integer({ min: 0, max: 30 }), (scores, limit) => {
      const top = new TopRows(limit);
      scores.forEach((score, row) => top.offer(row, score));
      const expected = scores.map((score, row) => ({ score, row })).sort((a, b) => b.score - a.score || a.row - b.row);
      expect(top.rows()).toEqual(expected.slice(0, limit).map((entry) => entry.row));
    }),
    { seed: 1, numRuns: 300 },
  );
});
