import { describe, expect, it } from 'vitest';
import { connection, diagnosed, rules, type Talk } from './captures.ts';

describe('workers that begin one after the other, each with a pool of its own', () => {
  /** Opens its connection so many seconds after the first, asks now and then, and ends with all others. */
  const worker = (n: number, start: number): Talk => {
    const talk = connection(n, start, { rtt: 0.004 });
    for (let i = 0; i < 12; i++) talk.get(300, 'other').wait(0.15 + ((n * 7 + i * 5) % 11) * 0.02);
    return talk.wait(9 - talk.now).close('client');
  };

  it('were told to hold a response unread while they asked again: two handshakes at a time are not one after the other', async () => {
    const found = await diagnosed(...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => worker(n, n * 0.003)));
    const { severity, confidence, explanation } = found.report.findings().find(({ rule }) => rule === 'response-not-drained-yet')!;
    expect([severity, confidence]).toEqual(['info', 'possible']);
    expect(explanation).toContain('or its workers have a pool each');
  });

  it('are not those of a program that asks again before it has read: its second handshake waits for the first answer', async () => {
    const first = connection(0, 0, { rtt: 0.004 }).get(2000).wait(0.06).get(2000);
    const second = connection(1, 0.022, { rtt: 0.004 }).get(2000).wait(0.06).get(2000);
    const found = await diagnosed(first, second);
    expect(found.findings).toContain('response-not-drained-yet likely: 2');
    expect(rules(found)).not.toContain('missed-reuse');
  });
});
