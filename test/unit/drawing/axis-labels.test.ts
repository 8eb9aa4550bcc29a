import { describe, expect, it } from 'vitest';
import { axisLabels } from '../../../shared/drawing/axis-labels.ts';
import { brokenScale } from '../../../shared/drawing/axis-scale.ts';
import { connectionAxis } from '../../../shared/drawing/connection-axis.ts';
import type { ConnectionReport } from '../../../shared/model/connection.ts';
import { connectionReport, exchangeReport, requestReport, responseReport } from '../../kit/report-fixtures.ts';

function labelsOf(connection: ConnectionReport, width: number) {
  const axis = connectionAxis(connection);
  const { placed } = brokenScale(axis.marks, axis.end, width, { breakWidth: 96, minimum: 5 });
  return axisLabels(connection, placed, { from: 0, to: width, nameOf: ({ index }, letters) => `exchange ${index}`.slice(0, letters) });
}

describe('labels above a time axis', () => {
  const stalled = { zeroWindows: [{ from: 'client' as const, startFrame: 5, time: 0.0009, endFrame: 9, seconds: 12.2 }] };

  it.each([60, 120, 300, 900])('stay within %i px, and apart', (width) => {
    const exchanges = Array.from({ length: 12 }, (_, index) => exchangeReport({ index, request: requestReport({ time: index, endTime: index + 0.1 }), response: responseReport({ time: index + 0.2, endTime: index + 0.4 }) }));
    const boxes = labelsOf(connectionReport({ exchanges, ...stalled }), width)
      .map(({ x, text }) => [x - (text.length * 5.8) / 2, x + (text.length * 5.8) / 2] as const)
      .sort(([a], [b]) => a - b);
    for (const [place, [from, to]] of boxes.entries()) {
      expect(from).toBeGreaterThanOrEqual(-1e-9);
      expect(to).toBeLessThanOrEqual(width + 1e-9);
      if (place > 0) expect(from).toBeGreaterThanOrEqual(boxes[place - 1]![1] + 8 - 1e-9);
    }
  });

  it('a stall is named before anything else', () => {
    expect(labelsOf(connectionReport({ ...stalled }), 120).map(({ text, tone }) => `${tone} ${text}`)[0]).toBe('zero-window Window zero 12.2 s');
  });
});
