import { expect, test } from 'vitest';
import { Pace } from '../../../renderer/stores/pace.ts';

/** Share of the time that goes into answers that take so long, when they are asked for whenever they are due. */
function shareOf(took: number): number {
  const pace = new Pace();
  let now = 0;
  let answering = 0;
  while (now < 600_000) {
    now += pace.dueIn(now);
    pace.asked(now);
    pace.answered(now, now + took);
    now += took;
    answering += took;
  }
  return answering / now;
}

test('quick answers come each second', () => {
  const pace = new Pace();
  pace.asked(5000);
  pace.answered(5000, 5020);
  expect([pace.dueIn(5020), pace.dueIn(5999), pace.dueIn(6000), pace.dueIn(9000)]).toEqual([980, 1, 0, 0]);
  pace.reset();
  expect(pace.dueIn(0)).toBe(0);
});

test('slow answers do not keep a large capture from being read: half a million connections took four times as long', () => {
  for (const took of [100, 500, 1000]) expect(shareOf(took)).toBeLessThanOrEqual(0.2);
});

test('one answer of three seconds left a live view standing for fifteen', () => {
  const pace = new Pace();
  pace.asked(1000);
  pace.answered(1000, 4000);
  expect(pace.dueIn(4000)).toBe(5000);
  // Where answers are slow for good, most of the time is still left for reading.
  expect(shareOf(2500)).toBeLessThanOrEqual(0.34);
});
