import { describe, expect, test } from 'vitest';
import { EventKind } from '../../../main/tcp/connection-sink.ts';
import { type EventSeen, shaken, TcpHarness } from '../../kit/tcp-harness.ts';

describe('probes and windows', () => {
  test('keep-alive probes: one below the next, 0 or 1 byte, answered; the byte never reaches the stream', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc' });
    tcp.push({ from: 'b', seq: 501, ack: 104 });
    const probe = tcp.push({ from: 'a', seq: 103, ack: 501, at: 15 });
    const answer = tcp.push({ from: 'b', seq: 501, ack: 104 });
    const second = tcp.push({ from: 'a', seq: 103, ack: 501, data: 'c', at: 30 });
    tcp.finish();
    expect(tcp.events).toEqual([
      { row: 0, kind: EventKind.keepAliveProbe, side: 0, frame: probe, value: 0, end: answer },
      { row: 0, kind: EventKind.keepAliveProbe, side: 0, frame: second, value: 0 },
    ]);
    expect(tcp.streams[0]).toBe('abc');
    expect(tcp.facts_[0]!.retransmissions0).toBe(0);
  });

  test('a probe of a side that is alone in the capture', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', seq: 101, ack: 501 });
    const probe = tcp.push({ from: 'a', seq: 100, ack: 501, at: 15 });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'x', at: 16 });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'x', at: 17 });
    // It may ask as well for a window that only the other direction shows.
    tcp.push({ from: 'a', seq: 101, ack: 501, at: 18 });
    tcp.finish();
    expect(tcp.events.map(({ kind, frame }) => [kind, frame])).toEqual([[EventKind.keepAliveProbe, probe]]);
    expect(tcp.streams[0]).toBe('x');
  });

  test('unacknowledged data sent again one byte below the next is a retransmission, not a probe', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'z' });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'z', at: 1 });
    tcp.finish();
    expect(tcp.events).toEqual([]);
    expect(tcp.facts_[0]!.retransmissions0).toBe(1);
  });

  test('a probe of a side whose last bytes are not in the capture', () => {
    const tcp = shaken();
    tcp.push({ from: 'b', seq: 501, ack: 129, data: 'HTTP' });
    tcp.push({ from: 'a', seq: 129, ack: 505 });
    const probe = tcp.push({ from: 'a', seq: 128, ack: 505, at: 15 });
    const answer = tcp.push({ from: 'b', seq: 505, ack: 129 });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'x', at: 16 });
    tcp.finish();
    expect(tcp.events[0]).toEqual({ row: 0, kind: EventKind.keepAliveProbe, side: 0, frame: probe, value: 0, end: answer });
    expect(tcp.events.filter(({ kind }) => kind === EventKind.keepAliveProbe).length).toBe(1);
  });

  test('an ACK after the own FIN is no probe', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, flags: 'F' });
    tcp.push({ from: 'b', seq: 501, ack: 102 });
    tcp.push({ from: 'a', seq: 100, ack: 501, at: 3 });
    tcp.push({ from: 'a', seq: 101, ack: 501, at: 4 });
    expect(tcp.events).toEqual([]);
  });

  test('with the window of the peer at zero it is a window probe', () => {
    const tcp = shaken();
    tcp.push({ from: 'b', seq: 501, ack: 101, data: 'abc' });
    const closed = tcp.push({ from: 'a', seq: 101, ack: 504, window: 0 });
    const probe = tcp.push({ from: 'b', seq: 503, ack: 101, at: 1 });
    const answer = tcp.push({ from: 'a', seq: 101, ack: 504, window: 0 });
    const open = tcp.push({ from: 'a', seq: 101, ack: 504, window: 900, at: 2 });
    expect(tcp.events).toEqual([
      { row: 0, kind: EventKind.zeroWindow, side: 0, frame: closed, value: 0, end: open },
      { row: 0, kind: EventKind.windowProbe, side: 1, frame: probe, value: 0, end: answer },
    ]);
  });

  /** A sends what fills B's window of `window`, B makes room after 60 ms, 3 times; before it B's window was 8000. The events of that kind. */
  function fillsWindow(kind: EventKind, window: number, room: 'after a while' | 'at once', tcp = shaken()): EventSeen[] {
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'x'.repeat(100) });
    tcp.push({ from: 'b', seq: 501, ack: 201, window: 8000 });
    tcp.push({ from: 'a', seq: 201, ack: 501, data: 'x'.repeat(100), at: 1 });
    tcp.push({ from: 'b', seq: 501, ack: 301, window });
    let next = 301;
    for (let at = 1.1; at < 1.35; at += 0.1) {
      tcp.push({ from: 'a', seq: next, ack: 501, data: 'y'.repeat(window), at });
      next += window;
      tcp.push({ from: 'b', seq: 501, ack: next, window, at: at + (room === 'at once' ? 0.001 : 0.06) });
    }
    tcp.push({ from: 'a', seq: next, ack: 501, data: 'z', at: 1.4 });
    return tcp.events.filter((event) => event.kind === kind);
  }

  test('a sender that has filled a window that fell waits: told with the time until there was room', () => {
    expect(fillsWindow(EventKind.windowFull, 2000, 'after a while')).toEqual([{ row: 0, kind: EventKind.windowFull, side: 0, frame: 12, value: expect.closeTo(120e3, -1) as number }]);
  });

  test('of a connection whose SYNs are not in the capture nobody knows that a window is full: it may be 128 times as large', () => {
    expect(fillsWindow(EventKind.windowFull, 2000, 'after a while', new TcpHarness())).toEqual([]);
  });

  test('a sender that takes its own time after there was room does not wait for it', () => {
    expect(fillsWindow(EventKind.windowFull, 2000, 'at once')).toEqual([]);
    // The first by itself, then sums of two.
    expect(fillsWindow(EventKind.pause, 2000, 'at once').map(({ frame, value }) => [frame, Math.round(value / 1e3)])).toEqual([[6, 995], [10, 198], [14, 198]]);
  });

  test('a window that is full and as large as ever waits for the path, not for its reader', () => {
    expect(fillsWindow(EventKind.windowFull, 5000, 'after a while')).toEqual([]);
  });

  test('a pause is a silence between bytes of one side, with all acknowledged and nothing said by the other', () => {
    const pauses = (...segments: Parameters<TcpHarness['push']>[0][]): EventSeen[] => {
      const tcp = shaken();
      for (const segment of segments) tcp.push(segment);
      return tcp.events;
    };
    const first = { from: 'a', seq: 101, ack: 501, data: 'abc', at: 1 } as const;
    const acknowledged = { from: 'b', seq: 501, ack: 104, at: 1.1 } as const;
    const second = { from: 'a', seq: 104, ack: 501, data: 'def', at: 2 } as const;
    expect(pauses(first, acknowledged, second)).toEqual([{ row: 0, kind: EventKind.pause, side: 0, frame: 6, value: 900e3 }]);
    // A long one is told by itself, and does not count among the others.
    expect(pauses(first, acknowledged, { ...second, at: 3 }).map(({ kind, value }) => [kind, value])).toEqual([[EventKind.stall, 1900e3]]);
    // Not before the first byte, not while it is not acknowledged, not when it is the answer to something.
    expect(pauses({ ...first, at: 9 })).toEqual([]);
    expect(pauses(first, second)).toEqual([]);
    expect(pauses(first, { ...acknowledged, data: 'ok' }, { ...second, ack: 503 })).toEqual([]);
  });

  test('window scaling holds only when both SYNs offer it', () => {
    for (const [scaleB, drop] of [
      [2, 4 * 400],
      [undefined, 400],
    ] as const) {
      const tcp = new TcpHarness();
      tcp.push({ from: 'a', flags: 'S', seq: 100, scale: 2 });
      tcp.push({ from: 'b', flags: 'S', seq: 500, ack: 101, ...(scaleB === undefined ? {} : { scale: scaleB }) });
      tcp.push({ from: 'a', seq: 101, ack: 501, window: 1000 });
      tcp.push({ from: 'b', seq: 501, ack: 101, data: 'abc' });
      tcp.push({ from: 'a', seq: 101, ack: 504, window: 600 });
      tcp.push({ from: 'a', seq: 101, ack: 504, flags: 'R' });
      tcp.finish();
      expect(tcp.facts_[0]!.windowDrop0).toBe(drop);
    }
  });

  test('retransmissions that nothing answered are counted', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc' });
    for (let i = 1; i <= 3; i++) tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc', at: 2 ** i });
    tcp.finish();
    expect(tcp.facts_[0]).toMatchObject({ unanswered0: 3, unanswered1: 0 });
  });
});
