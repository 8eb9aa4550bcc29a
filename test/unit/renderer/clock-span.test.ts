import { expect, test } from 'vitest';
import { clockSpan } from '../../../renderer/frame/clock-span.ts';

test('a capture of one day has its times, a longer one its days too', () => {
  expect(clockSpan('2026-11-21T02:14:07.2Z', 372.4)).toBe('02:14:07 to 02:20:19 UTC');
  expect(clockSpan('2026-11-21T02:14:07.2Z', 0.1)).toBe('02:14:07 UTC');
  expect(clockSpan('2009-11-03T19:41:35Z', 142_450_000)).toBe('2009-11-03 19:41:35 to 2014-05-10 13:08:15 UTC');
  expect(clockSpan('2026-11-21T23:59:59Z', 2)).toBe('2026-11-21 23:59:59 to 2026-11-22 00:00:01 UTC');
});

test('without a time of day, or with one beyond all calendars, nothing is said', () => {
  expect([clockSpan(null, 1), clockSpan('never', 1), clockSpan('2026-11-21T00:00:00Z', 1e15), clockSpan('2026-11-21T00:00:00Z', Number.NaN)]).toEqual([null, null, null, null]);
});
