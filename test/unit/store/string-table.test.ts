import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StringTable } from '../../../main/store/string-table.ts';

function take(table: StringTable, how: 'intern' | 'keep', text: string): number {
  const bytes = Uint8Array.from(`<${text}>`, (c) => c.charCodeAt(0));
  return table[how](bytes, 1, bytes.length - 1);
}

test('interned strings have one id each, in the order they came', () => {
  const table = new StringTable();
  const texts = ['GET', 'POST', 'GET', 'api1.example', 'api2.example', 'api1.example', ''];
  expect(texts.map((text) => take(table, 'intern', text))).toEqual([1, 2, 1, 3, 4, 3, 0]);
});

test('every id gives its text back, also behind many others and pages', () => {
  const table = new StringTable();
  const long = 'x'.repeat(16_000);
  const ids = Array.from({ length: 400 }, (_, i) => [take(table, 'keep', `/${i}${long}`), take(table, 'intern', `host${i}`)] as const);
  for (const [i, [kept, interned]] of ids.entries()) {
    expect(table.text(kept) === `/${i}${long}`).toBe(true);
    expect(table.text(interned)).toBe(`host${i}`);
  }
});

test('kept strings are the same when their bytes are, whatever their ids', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '1'), maxLength: 6 });
  const run = fc.property(fc.array(text, { maxLength: 40 }), (texts) => {
    const table = new StringTable();
    const ids = texts.map((each) => take(table, 'keep', each));
    for (const [i, a] of ids.entries()) for (const [j, b] of ids.entries()) expect(table.same(a, b)).toBe(texts[i] === texts[j]);
    for (const [i, id] of ids.entries()) expect(table.hash(id)).toBe(table.hash(take(table, 'intern', texts[i]!)));
  });
  fc.assert(run, { seed: 3, numRuns: 100 });
});

test('the same bytes are the same after thousands of other targets', () => {
  const table = new StringTable();
  const first = take(table, 'keep', '/items/1?page=2');
  for (let i = 0; i < 20_000; i++) take(table, 'keep', `/items/${i}?page=1`);
  expect(table.same(first, take(table, 'keep', '/items/1?page=2'))).toBe(true);
  expect(table.same(first, take(table, 'keep', '/items/1?page=1'))).toBe(false);
});

test('longer strings are cut at 16 KiB', () => {
  const table = new StringTable();
  for (const how of ['intern', 'keep'] as const) expect(table.text(take(table, how, 'y'.repeat(100_000)))).toHaveLength(16_384);
});
