import { describe, expect, it } from 'vitest';
import { AnomalyCounter } from '../../../main/decode/anomalies.ts';

describe('AnomalyCounter', () => {
  it('counts by code, remembers the first frame, keeps the order of first appearance', () => {
    const counter = new AnomalyCounter();
    counter.count('b', 3);
    counter.count('a', 4);
    counter.count('b', 5);
    expect(counter.entries()).toEqual([
      { code: 'b', count: 2, firstFrame: 3, message: '' },
      { code: 'a', count: 1, firstFrame: 4, message: '' },
    ]);
  });

  it('does not grow without end, and does not lose count', () => {
    const counter = new AnomalyCounter();
    for (let i = 0; i < 1000; i++) counter.count('odd', i, `odd thing ${i}`);
    const entries = counter.entries();
    expect(entries.length).toBe(257);
    expect(entries.at(-1)).toEqual({ code: 'other-anomalies', count: 744, firstFrame: 256, message: '' });
  });
});
