import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { AnomalyCounter } from '../../../main/decode/anomalies.ts';
import { NetworkPaths } from '../../../main/decode/network-paths.ts';
import { RowEvents } from '../../../main/findings/row-events.ts';
import { Recorder } from '../../../main/store/recorder.ts';
import { ResultStore } from '../../../main/store/result-store.ts';
import { AddressTable } from '../../../main/tcp/address-table.ts';
import { ConnectionFacts, EventKind } from '../../../main/tcp/connection-sink.ts';

const MILLISECOND = 1e6;

/** Begin and end of spans that do not overlap, milliseconds. */
type Spans = readonly (readonly [number, number])[];

/** A connection whose client stalled in some spans, and whose server's window stood at zero in the same. */
function eventsOf(spans: Spans): { events: RowEvents; store: ResultStore } {
  const store = new ResultStore(new AddressTable(), new NetworkPaths());
  const clock = Float64Array.of(0);
  const recorder = new Recorder(store, clock, [new AnomalyCounter()], false);
  const row = recorder.connection();
  spans.forEach(([from, to], i) => {
    clock[0] = from * MILLISECOND;
    const closed = recorder.event(row, EventKind.zeroWindow, 1, 10 * i + 2, 0);
    clock[0] = to * MILLISECOND;
    recorder.eventEnd(closed, 10 * i + 3);
    recorder.event(row, EventKind.stall, 0, 10 * i + 3, (to - from) * 1e3);
  });
  const facts = Object.assign(new ConnectionFacts(), { initiator: 0, firstFrame: 1, lastFrame: 10 * spans.length + 9, startedAt: 0, endedAt: 1e6 * MILLISECOND, packets0: 1, packets1: 1 });
  recorder.facts(row, facts);
  const events = new RowEvents(store);
  events.load(row);
  return { events, store };
}

test('what a side waited, and its window stood at zero, in any part of the connection is the sum of what lies in it', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 })), { maxLength: 12 });
  const run = fc.property(steps, fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 600 }), (lengths, from, length) => {
    let now = 0;
    const spans: Spans = lengths.map(([pause, taken]) => [(now += pause), (now += taken)] as const);
    const to = from + length;
    const { events } = eventsOf(spans);
    const covered = spans.reduce((sum, [begin, end]) => sum + Math.max(0, Math.min(to, end) - Math.max(from, begin)), 0);
    const ended = spans.filter(([, end]) => end > from && end <= to);
    expect(events.windowClosed(false, from * MILLISECOND, to * MILLISECOND)).toBe(covered * MILLISECOND);
    expect(events.windowClosed(true, from * MILLISECOND, to * MILLISECOND)).toBe(0);
    expect(events.waits(EventKind.stall, true, from * MILLISECOND, to * MILLISECOND)).toEqual({ count: ended.length, nanoseconds: ended.reduce((sum, [begin, end]) => sum + end - Math.max(from, begin), 0) * MILLISECOND });
  });
  fc.assert(run, { seed: 14, numRuns: 200 });
});

test('each of thousands of exchanges on one connection read all of its events again', () => {
  const spans: Spans = Array.from({ length: 2000 }, (_, i) => [i * 10, i * 10 + 5]);
  const { events, store } = eventsOf(spans);
  const read = vi.spyOn(store.events.previous, 'get');
  for (const [from] of spans) {
    events.load(0);
    expect(events.windowClosed(false, from * MILLISECOND, (from + 10) * MILLISECOND)).toBe(5 * MILLISECOND);
  }
  expect(read.mock.calls.length).toBeLessThanOrEqual(2 * spans.length);
});
