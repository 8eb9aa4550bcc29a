import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RowSet } from '../../../main/findings/row-set.ts';

it('gives each row that was added once, ascending, few or nearly all', () => {
  const run = fc.property(fc.integer({ min: 1, max: 5000 }), fc.array(fc.nat(), { maxLength: 1500 }), (rows, added) => {
    const set = new RowSet();
    const inside = added.map((row) => row % rows);
    for (const row of inside) set.add(row);
    const marks = new Int32Array((rows + 31) >>> 5);
    expect([...set.take(marks)]).toEqual([...new Set(inside)].sort((a, b) => a - b));
    expect(marks.every((word) => word === 0)).toBe(true);
  });
  fc.assert(run, { seed: 7, numRuns: 200 });
});

it('a row that is added again and again, in whatever order, is one', () => {
  const set = new RowSet();
  for (let turn = 0; turn < 3; turn++) for (let row = 32 * 1024 - 1; row >= 0; row -= 2) set.add(row);
  const rows = set.take(new Int32Array(1024));
  expect([rows.length, rows[0], rows.at(-1)]).toEqual([16 * 1024, 1, 32 * 1024 - 1]);
});
