import { expect, it } from 'vitest';
import { ago } from '../../../renderer/features/start/ago.ts';

/** Thursday, in the time zone of this computer. */
const now = new Date(2026, 10, 19, 14, 30, 0).getTime();
const at = (...parts: [number, number, number, number, number]): string => new Date(...parts).toISOString();

it.each([
  [at(2026, 10, 19, 14, 29), '1 min ago'],
  [new Date(now - 59_000).toISOString(), 'just now'],
  // A clock that was set back.
  [at(2026, 10, 19, 15, 0), 'just now'],
  [at(2026, 10, 19, 14, 16), '14 min ago'],
  [at(2026, 10, 19, 11, 20), '3 h ago'],
  [at(2026, 10, 18, 23, 41), 'Yesterday 23:41'],
  [at(2026, 10, 17, 2, 10), 'Tue 02:10'],
  [at(2026, 10, 12, 2, 10), '12 Nov'],
  [at(2025, 10, 12, 2, 10), '12 Nov 2025'],
  ['no date', ''],
])('%s is "%s"', (time, words) => {
  expect(ago(time, now)).toBe(words);
});
