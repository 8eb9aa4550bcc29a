import { expect, test } from 'vitest';
import { ClientPrograms } from '../../../main/findings/client-programs.ts';
import { Shape } from '../../../main/findings/close-shape.ts';
import { Digest } from '../../../main/findings/digest.ts';
import { Scratch } from '../../../main/findings/scratch.ts';
import { Timeline } from '../../../main/findings/timeline.ts';

const SECOND = 1e9;

/** One connection a second, each open for half of it and closed at once by its client; their programs by place, 0 nameless. */
function programsOf(agents: readonly number[]): ClientPrograms {
  const digest = new Digest();
  digest.begin(agents.length);
  agents.forEach((agent, place) => {
    digest.opened[place] = place * SECOND;
    digest.closed[place] = (place + 0.5) * SECOND;
    digest.agents[place] = agent;
    digest.shapes[place] = Shape.clientFinAtOnce;
  });
  const timeline = new Timeline();
  timeline.begin(digest, new Scratch());
  return new ClientPrograms(digest, timeline);
}

test('connections that name nobody may be of each program, and those of others are not', () => {
  const programs = programsOf([1, 2, 0, 1, 2]);
  const first = programs.of(1).timeline;
  // Its own at 0 and 3 s, and the nameless one at 2 s.
  expect(first.openedWithin(-1, 5 * SECOND)).toBe(3);
  expect(first.closedWithin(0, 3 * SECOND)).toBe(2);
  expect([0, 1, 2, 3, 4].map((second) => first.openAt((second + 0.1) * SECOND))).toEqual([1, 0, 1, 1, 0]);
  expect(programs.areOne(0, 1)).toBe(false);
  expect(programs.areOne(0, 2)).toBe(true);
});

test('a program whose connections never overlap does not outlive their closes', () => {
  expect(programsOf([1, 2, 1, 2]).of(1).outlivesCloses).toBe(false);
});

test('a proxy that passes on thousands of names beside as many connections without one took memory for each pair', () => {
  const agents = Array.from({ length: 60_000 }, (_, place) => (place % 2 === 0 ? 0 : 1 + (place % 5000)));
  const before = process.memoryUsage().arrayBuffers;
  const programs = programsOf(agents);
  let opened = 0;
  for (let agent = 1; agent <= 5000; agent++) opened += programs.of(agent).timeline.openedWithin(-1, SECOND);
  expect(opened).toBeGreaterThan(0);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
});
