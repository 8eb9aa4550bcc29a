import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExtraRows, PackedField, RareField, SharedField } from '../../../main/store/extra-rows.ts';
import { FrameAfter, FrameBefore } from '../../../main/store/frame-fields.ts';
import { BitsField, LaterField, Records, TimeField, Uint32Field, WideField } from '../../../main/store/records.ts';

/** Of all the ways in which a wide number is kept, and where one ends and the next begins. */
const size = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.integer().map((value) => value * 1000),
  fc.constantFrom(-1000, -1, 0, 0x7fff_ffff, 0x8000_0000, 2_147_484_000, 0xffff_ffff, 0x3fff_ffff * 1000, 0x4000_0000 * 1000, 2 ** 40, 1e15),
);

test('a wide field gives back the last number stored, of any size', () => {
  const run = fc.property(fc.array(fc.tuple(fc.nat(20), size), { maxLength: 100 }), (stores) => {
    const records = new Records(4);
    const fields = [new WideField(records, 1), new WideField(records, 3)];
    for (let row = 0; row <= 20; row++) records.append(0);
    const expected = new Map<string, number>();
    for (const [i, [row, value]] of stores.entries()) {
      fields[i & 1]!.set(row, value);
      expected.set(`${row}:${i & 1}`, value);
    }
    for (let row = 0; row <= 20; row++) for (const i of [0, 1]) expect(fields[i]!.get(row)).toBe(expected.get(`${row}:${i}`) ?? 0);
  });
  fc.assert(run, { seed: 5, numRuns: 300 });
});

test('more numbers that fit no int than one page of them are all kept', () => {
  const records = new Records(1);
  const field = new WideField(records, 0);
  const value = (row: number, turn: number) => 2 ** 33 + row * 1001 + turn;
  for (let row = 0; row < 10_000; row++) {
    records.append(0);
    field.set(row, value(row, 0));
  }
  for (let row = 0; row < 10_000; row += 3) field.set(row, value(row, 1));
  for (let row = 0; row < 10_000; row++) expect(field.get(row)).toBe(value(row, row % 3 === 0 ? 1 : 0));
});

test('fields of one row and rows of many pages do not touch each other', () => {
  const records = new Records(6);
  const extras = new ExtraRows(records, 5, 2, []);
  const started = new TimeField(records, 0);
  const low = new BitsField(records, 2, 0, 20);
  const high = new BitsField(records, 2, 20, 12);
  const frame = new Uint32Field(records, 3);
  const after = new WideField(records, 4);
  const ended = new LaterField(started, after);
  const seldom = new RareField(extras, 1);
  const rows = 10_000;
  for (let row = 0; row < rows; row++) {
    expect(records.append(row * 1e9)).toBe(row);
    high.set(row, 4095 - (row & 0xfff));
    low.set(row, row & 0xf_ffff);
    frame.set(row, 0xffff_ffff - row);
    started.set(row, row * 1e9 - 1);
    after.set(row, row * 1e6);
    seldom.set(row, row % 100 === 7 ? row : 0);
  }
  for (let row = 0; row < rows; row++) {
    const seen = [high.get(row), low.get(row), frame.get(row), started.get(row), ended.get(row), seldom.get(row)];
    expect(seen).toEqual([4095 - (row & 0xfff), row & 0xf_ffff, 0xffff_ffff - row, row * 1e9 - 1, row * 1e9 - 1 + row * 1e6, row % 100 === 7 ? row : 0]);
  }
  expect(extras.count).toBe(100);
});

test('a time is exact before the first of its page and days behind it', () => {
  const records = new Records(1);
  const time = new TimeField(records, 0);
  const times = [0, 1, 999, 2_147_483_647, 2_147_483_648, 12_345_678_901_234, 86_400e9 * 100 + 1, -1, -5_000_000_001];
  for (let i = 0; i < 9000; i++) {
    const row = records.append(7_000_000_003);
    time.set(row, times[i % times.length]!);
    expect(time.get(row)).toBe(times[i % times.length]);
  }
});

test('a rare number that becomes 0 again is 0', () => {
  const records = new Records(2);
  const field = new RareField(new ExtraRows(records, 0, 2, []), 0);
  records.append(0);
  field.set(0, 12);
  field.set(0, 0);
  expect(field.get(0)).toBe(0);
});

test('packed and shared numbers of any size keep their values, whatever comes to stand beside them', () => {
  const widths = { shift: 0, bits: 11, place: 0 };
  const others = { shift: 11, bits: 10, place: 1 };
  const packedLow = { shift: 0, bits: 16, place: 2 };
  const packedHigh = { shift: 16, bits: 16, place: 3 };
  const value = fc.oneof(fc.nat(3000), fc.nat(0xffff_ffff), fc.constantFrom(0, 1022, 1023, 1024, 2046, 2047, 2048, 65_534, 65_535, 65_536, 0xffff_ffff, 2 ** 40));
  const run = fc.property(fc.array(fc.tuple(fc.nat(4), fc.nat(4), value), { maxLength: 60 }), (stores) => {
    const records = new Records(3);
    const extras = new ExtraRows(records, 1, 5, [widths, others]);
    const fields = [
      new SharedField(records, extras, 1, widths),
      new SharedField(records, extras, 1, others),
      new PackedField(records, extras, 2, packedLow),
      new PackedField(records, extras, 2, packedHigh),
      new RareField(extras, 4),
    ];
    for (let row = 0; row <= 4; row++) records.append(0);
    const expected = new Map<string, number>();
    for (const [row, field, stored] of stores) {
      fields[field]!.set(row, stored);
      expected.set(`${row}:${field}`, stored);
    }
    for (let row = 0; row <= 4; row++) expect(fields.map((field) => field.get(row))).toEqual(fields.map((_, field) => expected.get(`${row}:${field}`) ?? 0));
  });
  fc.assert(run, { seed: 11, numRuns: 500 });
});

test('frames that are far from the others of their row, of another capture or none are read back', () => {
  const run = fc.property(fc.array(fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), fc.constantFrom(0, 1, 2, 65_533, 65_534, 65_535, 0xffff_fffe, 0xffff_ffff)), { maxLength: 30 }), (rows) => {
    const records = new Records(4);
    const extras = new ExtraRows(records, 0, 2, []);
    const first = new Uint32Field(records, 1);
    const last = new Uint32Field(records, 2);
    const second = new FrameAfter(first, new PackedField(records, extras, 3, { shift: 0, bits: 16, place: 0 }));
    const close = new FrameBefore(last, new PackedField(records, extras, 3, { shift: 16, bits: 16, place: 1 }));
    for (const [firstFrame, lastFrame, distance] of rows) {
      const row = records.append(0);
      first.set(row, firstFrame);
      last.set(row, lastFrame);
      for (const frame of [0, (firstFrame + distance) >>> 0]) {
        second.set(row, frame);
        expect(second.get(row)).toBe(frame);
      }
      for (const frame of [0, (lastFrame - distance) >>> 0]) {
        close.set(row, frame);
        expect(close.get(row)).toBe(frame);
      }
    }
  });
  fc.assert(run, { seed: 3, numRuns: 200 });
});
