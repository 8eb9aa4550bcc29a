import { describe, expect, it } from 'vitest';
import { Digest } from '../../../main/findings/digest.ts';
import type { EndpointGroup } from '../../../main/findings/endpoint-group.ts';
import { DEFAULT_PORT_BUDGET, type PortFacts, portFacts, TIME_WAIT } from '../../../main/findings/ports.ts';
import { Scratch } from '../../../main/findings/scratch.ts';
import { Timeline } from '../../../main/findings/timeline.ts';
import { merge } from '../../kit/packets.ts';
import { reportOf } from '../../kit/report-of.ts';
import { connection } from './captures.ts';

/** When connections that are opened at a rate (a second, at each second) and closed at once have taken all ports: seconds. */
function exhaustedAt(rateAt: (second: number) => number): number {
  let taken = 0;
  let time = 0;
  for (; taken < DEFAULT_PORT_BUDGET; taken++) time += 1 / rateAt(time);
  return time;
}

/** What a capture says that ends after so many seconds. */
function told(rateAt: (second: number) => number, seconds: number): PortFacts {
  const moments: number[] = [];
  for (let time = 0; time < seconds; time += 1 / rateAt(time)) moments.push(time * 1e9);
  const digest = new Digest();
  digest.begin(moments.length);
  moments.forEach((moment, place) => {
    digest.opened[place] = moment;
    digest.closed[place] = digest.clientWaits[place] = moment + 2e6;
    digest.freed[place] = moment + 2e6 + TIME_WAIT;
    digest.ports[place] = 32_768 + (place * 2) % DEFAULT_PORT_BUDGET + Math.floor((place * 2) / DEFAULT_PORT_BUDGET);
  });
  digest.clientWaitCount = moments.length;
  const scratch = new Scratch();
  const timeline = new Timeline();
  timeline.begin(digest, scratch);
  return portFacts({ digest, timeline } as unknown as EndpointGroup, DEFAULT_PORT_BUDGET, scratch);
}

describe('when the ports of a client will be gone', () => {
  /** It starts with a share of its rate, and has all of it after 20 s. */
  const ramp = (second: number): number => 950 * (0.3 + 0.7 * Math.min(1, second / 20));

  it('at a rate that grows is told by the rate of the moment: by the mean of ten seconds it was half as late again', () => {
    const due = exhaustedAt(ramp);
    const early = told(ramp, 12);
    expect(early.secondsToExhaustion).toBeLessThan(due * 1.3);
    expect(early.soonestExhaustion).toBeLessThan(due);
    expect(early.soonestExhaustion).toBeGreaterThan(due * 0.8);
    expect(Math.abs(told(ramp, 20).secondsToExhaustion! / due - 1)).toBeLessThan(0.03);
  });

  it.each([475, 494, 600, 1200])('at a steady rate of %i is told from the start', (rate) => {
    for (const part of [0.5, 0.8]) {
      const facts = told(() => rate, exhaustedAt(() => rate) * part);
      expect(Math.abs(facts.secondsToExhaustion! / exhaustedAt(() => rate) - 1)).toBeLessThan(0.02);
      expect(facts.soonestExhaustion).toBe(facts.secondsToExhaustion);
    }
  });

  it('is never, at a rate below what a minute holds, or after a burst that is over: one of ten seconds went on for ever', () => {
    for (const seconds of [12, 30, 59]) expect(told(() => 465, seconds).secondsToExhaustion).toBeNull();
    expect(told((second) => (second < 8 ? 800 : 100), 12).secondsToExhaustion).toBeNull();
  });

  it('is told as near where the rate is just below that', async () => {
    const at = async (rate: number): Promise<readonly [string, string] | undefined> => {
      const talks = Array.from({ length: Math.floor(70 * rate) }, (_, n) => connection(n, n / rate).get(5, 'other').close('client'));
      const report = await reportOf(merge(...talks.map(({ packets }) => packets)), { portBudget: 240 });
      const finding = report.findings().find(({ rule }) => rule === 'port-exhaustion');
      return finding && [finding.severity, finding.explanation];
    };
    expect(await at(3)).toBeUndefined();
    const near = await at(3.8);
    expect(near?.[0]).toBe('warning');
    expect(near?.[1]).toMatch(/nearly all of its local ports .* 22\d of 240 ports were taken at 3\.8 new .* more than 4\.0 a second, for a minute, leave none/);
  });
});
