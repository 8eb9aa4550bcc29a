import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sampleLayout } from '../../../renderer/features/start/sample-layout.ts';
import type { Sample } from '../../../shared/model/app.ts';

const samples = JSON.parse(readFileSync('resources/samples/samples.json', 'utf8')) as Sample[];

describe.each(samples.map((sample) => [sample.id, sample] as const))('the drawing of %s', (_id, sample) => {
  const layout = sampleLayout(sample, 192);
  const { probes, end } = layout;
  const marks = layout.marks.filter(({ kind }) => kind !== 'zero-window');
  const stalls = layout.marks.filter(({ kind }) => kind === 'zero-window');

  it('stays in its place, in the order of time', () => {
    expect(layout.marks).toHaveLength(sample.spans.length / 3);
    for (const [i, mark] of marks.entries()) {
      expect(mark.width).toBeGreaterThanOrEqual(3);
      expect(mark.x + mark.width).toBeLessThanOrEqual(192.001);
      if (i > 0) expect(mark.x).toBeGreaterThanOrEqual(marks[i - 1]!.x + marks[i - 1]!.width - 0.001);
    }
  });

  it('has its zero windows over what was busy meanwhile', () => {
    expect(stalls.length > 0).toBe(sample.id === 'stalled-patch');
    for (const { x, width } of stalls) expect(marks.some((mark) => mark.kind === 'busy' && x >= mark.x && x + width <= mark.x + mark.width)).toBe(true);
  });

  it('has its probes within idle times, and its close before its TIME_WAIT', () => {
    const idle = marks.filter(({ kind }) => kind === 'idle');
    for (const x of probes) expect(idle.some((mark) => x >= mark.x && x <= mark.x + mark.width)).toBe(true);
    expect(probes).toHaveLength(sample.probes.length);
    for (const mark of marks) if (mark.kind === 'time-wait') expect(end).toBeLessThan(mark.x);
  });
});
