import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rfc3339, secondsFromNanoseconds } from '../../../shared/format/time.ts';

test('nanoseconds as seconds are written with at most 9 fractional digits, exactly', () => {
  expect(String(secondsFromNanoseconds(12345678901))).toBe('12.345678901');
  expect(String(secondsFromNanoseconds(100000000))).toBe('0.1');
  expect(secondsFromNanoseconds(-1500000000)).toBe(-1.5);
  expect(JSON.stringify(secondsFromNanoseconds(1))).toBe('1e-9');
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 2 ** 23 * 1e9 }), (nanoseconds) => {
      const digits = String(nanoseconds).padStart(10, '0');
      const decimal = `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, '');
      expect(String(secondsFromNanoseconds(nanoseconds))).toBe(decimal);
    }),
    { seed: 1, numRuns: 2000 },
  );
});

test.each([
  [0, 0, '1970-01-01T00:00:00.000000000Z'],
  [1767323045, 123456789, '2026-01-02T03:04:05.123456789Z'],
  [1767323045, 9, '2026-01-02T03:04:05.000000009Z'],
  [0xffffffff, 999999999, '2106-02-07T06:28:15.999999999Z'],
  [253402300799, 0, '9999-12-31T23:59:59.000000000Z'],
])('the time of day of %d s and %d ns', (seconds, nanoseconds, text) => expect(rfc3339({ seconds, nanoseconds })).toBe(text));

test('a date that RFC 3339 cannot say is null', () => {
  expect(rfc3339({ seconds: 253402300800, nanoseconds: 0 })).toBeNull();
  expect(rfc3339({ seconds: 2 ** 53, nanoseconds: 0 })).toBeNull();
  expect(rfc3339({ seconds: -(2 ** 53), nanoseconds: 0 })).toBeNull();
});
