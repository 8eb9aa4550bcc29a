import { expect, test } from 'vitest';
import { Pace } from '../../../renderer/stores/pace.ts';

/** Share of the time that goes into answers that take so long, when they are asked for whenever they are due. */
function shareOf(took: number): number {
  const pace = new Pace();
  let now = 0;
  let answering = 0;
  while (now < 600_000) {
    if (!pace.isDue(now)) {
      now += 10;
      continue;
    }
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
  expect([pace.isDue(5999), pace.isDue(6000)]).toEqual([false, true]);
  pace.reset();
  expect(pace.isDue(0)).toBe(true);
});

test('slow answers do not keep a large capture from being read: half a million connections took four times as long', () => {
  for (const took of [100, 1000, 5000]) expect(shareOf(took)).toBeLessThanOrEqual(0.2);
});
