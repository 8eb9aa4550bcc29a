import { describe, expect, test } from 'vitest';
import { linearScale } from '../../../shared/drawing/axis-scale.ts';
import { findPassedOver, laneOf, layOutLanes, missedReuse } from '../../../shared/drawing/pool-lanes.ts';
import type { Lane } from '../../../shared/model/view.ts';
import { connectionReport, exchangeReport, requestReport, responseReport } from '../../kit/report-fixtures.ts';

const lane = (connection: number, spans: number[], different: Partial<Lane> = {}): Lane => ({
  connection,
  clientPort: 50_000 + connection,
  requests: 1,
  spans,
  probes: [],
  end: { kind: 'fin', by: 'client', time: spans.at(-1)! },
  passedOver: [],
  ...different,
});

describe('lanes on an axis', () => {
  const scale = linearScale(0, 100, 1000);

  test('short times are widened, and what follows stands behind them', () => {
    const [drawing] = layOutLanes([lane(1, [0, 10, 10.01, 1, 10.01, 10.02, 2, 10.02, 60])], scale);
    expect(drawing!.marks).toEqual([
      { kind: 'idle', x: expect.closeTo(100.2), width: expect.closeTo(499.8), widened: false },
      { kind: 'opening', x: 100, width: 5, widened: true },
      { kind: 'busy', x: 105, width: 5, widened: true },
    ]);
  });

  test('a zero window lies over the busy time it held up, and is seen however short it was', () => {
    const [drawing] = layOutLanes([lane(1, [1, 10, 60, 4, 20, 30, 4, 40, 40.01])], scale);
    expect(drawing!.marks).toEqual([
      { kind: 'busy', x: 100, width: 500, widened: false },
      { kind: 'zero-window', x: 200, width: 100, widened: false },
      { kind: 'zero-window', x: 400, width: 3, widened: true },
    ]);
  });

  test('the end never lies under what was widened', () => {
    const [drawing] = layOutLanes([lane(1, [0, 10, 10.01, 1, 10.01, 10.02])], scale);
    expect(drawing!.end).toEqual({ x: 110, kind: 'fin', by: 'client' });
  });

  test('many exchanges within a few pixels are one busy time', () => {
    const spans = Array.from({ length: 300 }, (_, i) => [1, 20 + i * 0.01, 20 + i * 0.01 + 0.001]).flat();
    const [drawing] = layOutLanes([lane(1, spans)], scale);
    expect(drawing!.marks.length).toBe(1);
    expect(drawing!.marks[0]!.width).toBeCloseTo(30, 0);
  });

  test('a lane of a hundred thousand probes and pauses has no more marks than pixels', () => {
    const spans = Array.from({ length: 100_000 }, (_, i) => [1, i / 1000, i / 1000 + 0.0001, 2, i / 1000 + 0.0001, (i + 1) / 1000]).flat();
    const [drawing] = layOutLanes([lane(1, spans, { probes: Array.from({ length: 100_000 }, (_, i) => i / 1000) })], scale);
    expect(drawing!.marks.length).toBeLessThan(1000);
    expect(drawing!.probes.length).toBeLessThan(1000);
  });

  test('what lies outside of the axis is left out, what reaches in is cut', () => {
    const part = linearScale(50, 60, 100);
    const [drawing] = layOutLanes([lane(1, [0, 1, 2, 2, 2, 55, 3, 70, 130], { probes: [10, 52], end: { kind: 'fin', by: 'server', time: 70 } })], part);
    expect(drawing!.marks).toEqual([{ kind: 'idle', x: 0, width: 50, widened: false }]);
    expect(drawing!.probes).toEqual([20]);
    expect(drawing!.end).toBeNull();
  });
});

describe('missed reuse', () => {
  const lanes = [lane(1, [0, 0, 0.1, 1, 0.1, 0.2, 2, 0.2, 75]), lane(2, [0, 10, 10.1, 1, 10.1, 10.2]), lane(3, [0, 0.202, 0.3, 1, 0.3, 0.4]), lane(4, [0, 80, 80.1])];

  test('goes from the lane that stood idle to the needless SYN, for those that a finding names', () => {
    const copy = structuredClone(lanes);
    findPassedOver(copy, new Set([2, 3, 4]));
    // 3 was dialled before 1 was idle long enough; 4 when it was gone.
    expect(copy.map(({ passedOver }) => passedOver)).toEqual([[2], [], [], []]);
    expect(missedReuse(copy, linearScale(0, 100, 1000))).toEqual([{ fromRow: 0, toRow: 1, x: 100 }]);
  });

  test('no arrow to a lane that is not drawn', () => {
    expect(missedReuse([lane(1, [2, 0, 50], { passedOver: [9] })], linearScale(0, 100, 1000))).toEqual([]);
  });
});

test('the lane of a connection: its exchanges are busy times, its end is where it closed', () => {
  const exchange = (index: number, at: number) =>
    exchangeReport({ index, request: requestReport({ time: at, endTime: at }), response: responseReport({ time: at + 0.5, endTime: at + 1 }) });
  const report = connectionReport({ startedAt: 10, endedAt: 40, handshake: { synFrame: 1, synAckFrame: 2, rttSeconds: 1, synRetransmissions: 0 }, exchanges: [exchange(0, 11), exchange(1, 20)], close: { ...connectionReport().close, time: 30 } });
  expect(laneOf(report)).toEqual({
    connection: 1,
    clientPort: 38348,
    requests: 2,
    spans: [0, 10, 11, 1, 11, 12, 2, 12, 20, 1, 20, 21, 2, 21, 30],
    probes: [],
    end: { kind: 'fin', by: 'client', time: 30 },
    passedOver: [],
  });
});
