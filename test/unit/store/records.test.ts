import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DoubleField, LaterField, RareField, Records, Uint16Field, Uint32Field, WideField } from '../../../main/store/records.ts';

test('a wide field gives back the last number stored, of any size', () => {
  const size = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(-1, 0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 2 ** 40));
  const run = fc.property(fc.array(fc.tuple(fc.nat(20), size), { maxLength: 100 }), (stores) => {
    const records = new Records(4);
    const fields = [new WideField(records, 1), new WideField(records, 3)];
    for (let row = 0; row <= 20; row++) records.append();
    const expected = new Map<string, number>();
    for (const [i, [row, value]] of stores.entries()) {
      fields[i & 1]!.set(row, value);
      expected.set(`${row}:${i & 1}`, value);
    }
    for (let row = 0; row <= 20; row++) for (const i of [0, 1]) expect(fields[i]!.get(row)).toBe(expected.get(`${row}:${i}`) ?? 0);
  });
  fc.assert(run, { seed: 5, numRuns: 200 });
});

test('fields of one row and rows of many pages do not touch each other', () => {
  const records = new Records(6);
  const rare = new Records(2);
  const started = new DoubleField(records, 0);
  const low = new Uint16Field(records, 2, 0);
  const high = new Uint16Field(records, 2, 16);
  const frame = new Uint32Field(records, 3);
  const after = new WideField(records, 4);
  const ended = new LaterField(started, after);
  const seldom = new RareField(new Uint32Field(records, 5), rare, 1);
  const rows = 10_000;
  for (let row = 0; row < rows; row++) {
    expect(records.append()).toBe(row);
    high.set(row, 65_535 - (row & 0xff));
    low.set(row, row & 0xffff);
    frame.set(row, 0xffff_ffff - row);
    started.set(row, -row * 1e9 - 1);
    after.set(row, row * 1e6);
    seldom.set(row, row % 100 === 7 ? row : 0);
  }
  for (let row = 0; row < rows; row++) {
    const seen = [high.get(row), low.get(row), frame.get(row), started.get(row), ended.get(row), seldom.get(row)];
    expect(seen).toEqual([65_535 - (row & 0xff), row & 0xffff, 0xffff_ffff - row, -row * 1e9 - 1, -row * 1e9 - 1 + row * 1e6, row % 100 === 7 ? row : 0]);
  }
  expect(rare.count).toBe(100);
});

test('a rare number that becomes 0 again is 0', () => {
  const records = new Records(2);
  const field = new RareField(new Uint32Field(records, 0), new Records(2), 0);
  records.append();
  field.set(0, 12);
  field.set(0, 0);
  expect(field.get(0)).toBe(0);
});
