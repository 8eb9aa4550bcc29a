import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sampleLayout } from '../../../renderer/features/start/sample-layout.ts';
import type { Sample } from '../../../shared/model/view.ts';

const samples = JSON.parse(readFileSync('resources/samples/samples.json', 'utf8')) as Sample[];

describe.each(samples.map((sample) => [sample.id, sample] as const))('the drawing of %s', (_id, sample) => {
  const { marks, probes, end } = sampleLayout(sample, 192);

  it('stays in its place, in the order of time', () => {
    expect(marks).toHaveLength(sample.spans.length / 3);
    for (const [i, mark] of marks.entries()) {
      expect(mark.width).toBeGreaterThanOrEqual(3);
      expect(mark.x + mark.width).toBeLessThanOrEqual(192.001);
      if (i > 0) expect(mark.x).toBeGreaterThanOrEqual(marks[i - 1]!.x + marks[i - 1]!.width - 0.001);
    }
  });

  it('has its probes within idle times, and its close before its TIME_WAIT', () => {
    const idle = marks.filter(({ kind }) => kind === 'idle');
    for (const x of probes) expect(idle.some((mark) => x >= mark.x && x <= mark.x + mark.width)).toBe(true);
    expect(probes).toHaveLength(sample.probes.length);
    for (const mark of marks) if (mark.kind === 'time-wait') expect(end).toBeLessThan(mark.x);
  });
});
