import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brokenScale, evenTicks, linearScale, placeLinear } from '../../../shared/drawing/axis-scale.ts';
import { type AxisMark, connectionAxis } from '../../../shared/drawing/connection-axis.ts';
import { formatClock, formatMoment } from '../../../shared/drawing/moments.ts';
import { connectionReport, exchangeReport, requestReport, responseReport } from '../../kit/report-fixtures.ts';

const mark = (kind: AxisMark['kind'], start: number, end: number): AxisMark => ({ kind, start, end, side: null, frames: [], label: '', exchange: null });
/** 40 ms of work, 44.8 s of nothing, 1 s of work, a minute of TIME_WAIT. */
const MARKS = [mark('handshake', 0, 0.01), mark('request', 0.01, 0.01), mark('wait', 0.01, 0.03), mark('download', 0.03, 0.04), mark('idle', 0.04, 44.84), mark('download', 44.84, 45.84), mark('fin', 45.84, 45.84), mark('time-wait', 45.84, 105.84)];
const END = 105.84;

describe('the broken axis', () => {
  const { scale, placed } = brokenScale(MARKS, END, 1000, { breakWidth: 120, minimum: 10 });

  test('idle time and TIME_WAIT take a fixed width and say how long they are', () => {
    expect(scale.breaks.map(({ width, label }) => [width, label])).toEqual([[120, '44.8 s'], [120, '1 min']]);
  });

  test('the rest fills the width in proportion, end to end', () => {
    const lasting = placed.filter(({ width }) => width > 0);
    expect(lasting.at(-1)!.x + lasting.at(-1)!.width).toBeCloseTo(1000);
    for (let i = 1; i < lasting.length; i++) expect(lasting[i]!.x).toBeCloseTo(lasting[i - 1]!.x + lasting[i - 1]!.width);
  });

  test('what is too short to be seen is widened, and says so', () => {
    expect(placed.map((one) => [one.mark.kind, one.widened])).toEqual([
      ['handshake', true],
      ['request', true],
      ['wait', false],
      ['download', true],
      ['idle', false],
      ['download', false],
      ['fin', false],
      ['time-wait', false],
    ].map(([kind, widened]) => [kind, kind === 'wait' ? expect.any(Boolean) : widened]));
    expect(placed[1]!.width).toBe(10);
  });

  test('a place is a moment and a moment is a place', () => {
    for (const seconds of [0, 0.005, 0.02, 10, 44.84, 45.5, 100, END]) expect(scale.seconds(scale.x(seconds))).toBeCloseTo(seconds, 6);
    expect(scale.x(-1)).toBe(0);
    expect(scale.x(1e9)).toBeCloseTo(1000);
  });

  test('ticks stand where something begins, with room for their words', () => {
    const { ticks } = scale;
    expect(ticks[0]).toMatchObject({ x: 0, label: '0' });
    expect(ticks.map(({ label }) => label)).toContain('44.84 s');
    expect(ticks.at(-1)!.label).toBe('1 min 45.84 s');
    for (let i = 1; i < ticks.length; i++) expect(ticks[i]!.x - ticks[i - 1]!.x).toBeGreaterThanOrEqual(76);
  });

  test('an idle time that is short beside the work is not broken', () => {
    expect(brokenScale([mark('download', 0, 10), mark('idle', 10, 11), mark('download', 11, 20)], 20, 1000).scale.breaks).toEqual([]);
  });

  test('a stall has more room than a time in which nothing was wanted', () => {
    const stalled = [mark('download', 0, 1), mark('idle', 1, 100), mark('zero-window', 1, 100), mark('idle', 100, 200), mark('download', 200, 201)];
    const { breaks } = brokenScale(stalled, 201, 1000, { breakWidth: 100 }).scale;
    expect(breaks.map(({ width }) => width)).toEqual([300, 100]);
  });

  test('hundreds of exchanges still fit, in order', () => {
    const marks = Array.from({ length: 400 }, (_, i) => [mark('request', i, i), mark('download', i, i + 0.001), mark('idle', i + 0.001, i + 1)]).flat();
    const { placed, scale } = brokenScale(marks, 400, 800);
    expect(scale.breaks.length).toBe(0);
    for (let i = 1; i < placed.length; i++) expect(placed[i]!.x).toBeGreaterThanOrEqual(placed[i - 1]!.x);
    expect(placed.at(-1)!.x + placed.at(-1)!.width).toBeCloseTo(800);
  });

  test('nothing at all, and one moment', () => {
    expect(brokenScale([], 0, 500).scale.x(3)).toBe(0);
    const one = brokenScale([mark('request', 0, 0)], 0, 500);
    expect(one.placed[0]).toMatchObject({ x: 0, width: 500, widened: true });
  });

  test('any connection: places never go back, never leave the axis, are numbers', () => {
    const time = fc.double({ min: 0, max: 1e6, noNaN: true });
    const anyExchange = fc.record({ at: time, wait: time, load: time, answered: fc.boolean() });
    fc.assert(
      fc.property(fc.array(anyExchange, { maxLength: 20 }), time, fc.integer({ min: 1, max: 3000 }), (all, end, width) => {
        const exchanges = all.map(({ at, wait, load, answered }, index) =>
          exchangeReport({ index, request: requestReport({ time: at, endTime: at }), response: answered ? responseReport({ time: at + wait, endTime: at + wait + load }) : null }),
        );
        const axis = connectionAxis(connectionReport({ endedAt: end, exchanges, close: { ...connectionReport().close, time: end } }));
        for (const { scale, placed } of [brokenScale(axis.marks, axis.end, width), { scale: linearScale(0, axis.end, width), placed: placeLinear(axis.marks, linearScale(0, axis.end, width)) }]) {
          for (const one of placed) {
            expect(one.x).toBeGreaterThanOrEqual(0);
            expect(one.x + one.width).toBeLessThanOrEqual(Math.max(2, width) + 1e-6);
          }
          for (let i = 1, before = 0; i <= 20; i++) {
            const x = scale.x((i / 20) * axis.end);
            expect(x).toBeGreaterThanOrEqual(before - 1e-9);
            before = x;
          }
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('the linear axis', () => {
  test('place and time are proportional, and short marks are widened', () => {
    const scale = linearScale(10, 20, 1000);
    expect([scale.x(10), scale.x(15), scale.x(20), scale.x(25), scale.seconds(250)]).toEqual([0, 500, 1000, 1000, 12.5]);
    const [short, long, last] = placeLinear([mark('request', 11, 11), mark('download', 12, 14), mark('request', 20, 20)], scale, 4);
    expect(short).toMatchObject({ x: 100, width: 4, widened: true });
    expect(long).toMatchObject({ x: 200, width: 200, widened: false });
    expect(last).toMatchObject({ x: 996, width: 4 });
  });

  test.each([
    [0, 372, 940, ['0:00', '1:00', '2:00', '3:00', '4:00', '5:00', '6:00']],
    [0, 0.1, 900, ['0 ms', '10 ms', '20 ms', '30 ms', '40 ms', '50 ms', '60 ms', '70 ms', '80 ms', '90 ms', '100 ms']],
    [0, 7200, 400, ['0:00', '30:00', '1:00:00', '1:30:00', '2:00:00']],
    // Of years: every 73 days, without a separator.
    [0, 3 * 365 * 86_400, 900, ['0 d', '200 d', '400 d', '600 d', '800 d', '1,000 d']],
    [0, 86_400 * 5, 600, ['0 d', '1 d', '2 d', '3 d', '4 d', '5 d']],
    [0, 2, 500, ['0 s', '0.5 s', '1 s', '1.5 s', '2 s']],
  ])('ticks of %d to %d s on %d px', (from, to, width, labels) => expect(evenTicks(from, to, width).map(({ label }) => label)).toEqual(labels));
});

describe('moments in words', () => {
  test.each([
    [0, '0'],
    [0.00034, '340 µs'],
    [0.0114, '11.4 ms'],
    [0.9999, '1 s'],
    [44.84, '44.84 s'],
    [59.999, '1 min'],
    [109.66, '1 min 49.66 s'],
    [3600, '1 h'],
  ])('%d s', (seconds, text) => expect(formatMoment(seconds)).toBe(text));

  test('clocks round before they carry', () => expect(formatClock(119.96, 0.5)).toBe('2:00.0'));
  test('long captures are counted in days', () => expect(formatClock(79 * 86_400, 7 * 86_400)).toBe('79 d'));
});
