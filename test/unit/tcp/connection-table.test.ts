import { describe, expect, test } from 'vitest';
import { EventKind, ResetFlag } from '../../../main/tcp/connection-sink.ts';
import { type EventSeen, TcpHarness } from '../../kit/tcp-harness.ts';

/** After handshake(100, 500) A's first byte is 101, B's 501. */
function shaken(limits = {}): TcpHarness {
  const tcp = new TcpHarness(limits);
  tcp.handshake();
  return tcp;
}

test('every kind of event has a number of its own', () => {
  expect(new Set(Object.values(EventKind)).size).toBe(Object.keys(EventKind).length);
});

describe('connections', () => {
  test('a whole connection: handshake, data both ways, FIN both ways', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'hello' });
    tcp.push({ from: 'b', seq: 501, ack: 106, data: 'world!' });
    tcp.push({ from: 'a', seq: 106, ack: 507, flags: 'F', at: 2 });
    tcp.push({ from: 'b', seq: 507, ack: 107, flags: 'F' });
    tcp.push({ from: 'a', seq: 107, ack: 508 });
    tcp.finish();
    expect(tcp.streams).toEqual(['hello|', 'world!|']);
    const facts = tcp.facts_[0]!;
    expect(facts).toMatchObject({ initiator: 0, synFrame: 1, synAckFrame: 2, closeSide: 0, closeReset: false, closeFrame: 6, secondFinFrame: 7, packets0: 5, packets1: 3, payload0: 5, payload1: 6, firstFrame: 1, lastFrame: 8 });
    expect(facts.closeIdle).toBeCloseTo(2e9 - 0.005e9, -3);
    expect(facts.synToSynAck).toBe(1e6);
    expect(facts.synAckToAck).toBe(1e6);
    expect(tcp.anomalies).toEqual([]);
  });

  test('a SYN with another initial sequence number begins a new connection, the same one is a retransmission', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', flags: 'S', seq: 100, at: 1 });
    tcp.push({ from: 'a', flags: 'S', seq: 100, at: 2 });
    tcp.push({ from: 'a', flags: 'S', seq: 7000, at: 3 });
    tcp.finish();
    expect(tcp.facts_.map((f) => [f.synRetransmissions, f.replaced])).toEqual([
      [1, true],
      [0, false],
    ]);
  });

  test('the four-tuple used again after a close is a new connection and the old one is not "replaced"', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, flags: 'F' });
    tcp.push({ from: 'b', seq: 501, ack: 102, flags: 'F' });
    tcp.push({ from: 'a', seq: 102, ack: 502 });
    tcp.push({ from: 'a', flags: 'S', seq: 90_000, at: 5 });
    tcp.push({ from: 'b', flags: 'S', seq: 4000, ack: 90_001 });
    tcp.finish();
    expect(tcp.facts_).toHaveLength(2);
    expect(tcp.facts_[0]!.replaced).toBe(false);
  });

  test('a SYN that the connection before challenges, and the RST that answers, are one connection with the SYN after them (RFC 5961)', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'x' });
    tcp.push({ from: 'a', flags: 'S', seq: 70_000, at: 1 });
    tcp.push({ from: 'b', seq: 501, ack: 102 });
    tcp.push({ from: 'a', seq: 102, flags: 'R', window: 0 });
    tcp.push({ from: 'a', flags: 'S', seq: 70_000, at: 2 });
    tcp.push({ from: 'b', flags: 'S', seq: 9000, ack: 70_001 });
    tcp.push({ from: 'a', seq: 70_001, ack: 9001, data: 'y' });
    tcp.finish();
    expect(tcp.facts_.map((f) => [f.synRetransmissions, f.replaced, f.closeSide, f.packets0, f.packets1])).toEqual([
      [0, true, -1, 3, 1],
      [1, false, -1, 4, 2],
    ]);
    expect(tcp.streams.at(-2)).toBe('y');
  });

  test('data after both FINs begins a new connection, but a retransmission does not', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'x' });
    tcp.push({ from: 'a', seq: 102, ack: 501, flags: 'F' });
    tcp.push({ from: 'b', seq: 501, ack: 103, flags: 'F' });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'x', at: 1 });
    expect(tcp.streams).toHaveLength(2);
    tcp.push({ from: 'a', seq: 103, ack: 502, data: 'new', at: 2 });
    tcp.finish();
    expect(tcp.streams.slice(2)).toEqual(['new', '']);
  });

  test('starts in mid-stream: roles unknown, bytes read from the first seen', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'b', seq: 1000, ack: 50, data: 'mid' });
    tcp.push({ from: 'a', seq: 50, ack: 1003, data: 'answer' });
    tcp.finish();
    expect(tcp.streams).toEqual(['answer', 'mid']);
    expect(tcp.facts_[0]!.initiator).toBe(-1);
  });

  test('SYN answered by RST', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', flags: 'S', seq: 100 });
    tcp.push({ from: 'b', flags: 'R', seq: 0, ack: 101, window: 0 });
    tcp.finish();
    expect(tcp.facts_[0]).toMatchObject({ closeSide: 1, closeReset: true, synAckFrame: 0, initiator: 0 });
  });

  test('a FIN captured after the FIN that acknowledges it was sent first', () => {
    const tcp = shaken();
    tcp.push({ from: 'b', seq: 501, ack: 102, flags: 'F' });
    const first = tcp.push({ from: 'a', seq: 101, ack: 501, flags: 'F' });
    tcp.finish();
    expect(tcp.facts_[0]).toMatchObject({ closeSide: 0, closeFrame: first });
  });

  test('FIN on a data segment that came before its turn ends the stream once the hole is filled', () => {
    const tcp = shaken();
    tcp.push({ from: 'b', seq: 504, ack: 101, data: 'def', flags: 'F' });
    expect(tcp.streams[1]).toBe('');
    tcp.push({ from: 'b', seq: 501, ack: 101, data: 'abc' });
    expect(tcp.streams[1]).toBe('abcdef|');
  });

  test('RST: the other side may go on, what it sends is read and counted', () => {
    const tcp = shaken();
    tcp.push({ from: 'b', seq: 501, ack: 101, data: 'abc' });
    tcp.push({ from: 'a', seq: 101, ack: 504, flags: 'R' });
    tcp.push({ from: 'b', seq: 504, ack: 101, data: 'def' });
    tcp.push({ from: 'a', seq: 504, flags: 'R', window: 0 });
    tcp.finish();
    expect(tcp.streams).toEqual(['!', 'abcdef']);
    expect(tcp.facts_[0]).toMatchObject({ closeSide: 0, closeReset: true, closeFrame: 5, bytesAfterClose: 3, closeUnacknowledged: 0 });
    expect(tcp.events.map((e) => e.value)).toEqual([ResetFlag.ACK | ResetFlag.WINDOW | ResetFlag.IN_SEQUENCE | ResetFlag.ACKNOWLEDGES_ALL, 0]);
  });

  test('a RST that its alleged sender disproves by going on is no close (RFC 5961)', () => {
    const tcp = shaken();
    tcp.push({ from: 'b', seq: 501, flags: 'R', window: 0, ttl: 12 });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc' });
    tcp.push({ from: 'b', seq: 501, ack: 104, data: 'fine' });
    tcp.finish();
    expect(tcp.facts_[0]!.closeSide).toBe(-1);
    expect(tcp.anomalies).toEqual(['reset-ignored@4']);
  });
});

describe('reassembly', () => {
  test('sequence numbers wrap at 2^32', () => {
    const tcp = new TcpHarness();
    tcp.handshake(0xffff_fffd, 500);
    tcp.push({ from: 'a', seq: 0xffff_fffe, ack: 501, data: 'abcd' });
    tcp.push({ from: 'a', seq: 2, ack: 501, data: 'efg' });
    expect(tcp.streams[0]).toBe('abcdefg');
  });

  test('segments behind a hole wait; their frames and times stay their own', () => {
    const tcp = shaken();
    const later = tcp.push({ from: 'a', seq: 104, ack: 501, data: 'def', at: 1 });
    const earlier = tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc', at: 1.001 });
    expect(tcp.streams[0]).toBe('abcdef');
    expect(tcp.dataCalls.map((c) => [c.text, c.frame, c.time])).toEqual([
      ['abc', earlier, 1.001],
      ['def', later, 1],
    ]);
    tcp.finish();
    expect(tcp.facts_[0]!.retransmissions0).toBe(0);
  });

  test('acknowledgements that are captured before their bytes, again and again, became a gap by the time of the first one', () => {
    const tcp = shaken();
    let seq = 501;
    for (let at = 1; at < 2; at += 0.15) {
      tcp.push({ from: 'a', seq: 101, ack: seq + 3, at });
      tcp.push({ from: 'b', seq, ack: 101, data: 'abc', at: at + 0.00001 });
      seq += 3;
    }
    tcp.finish();
    expect(tcp.streams[1]).toBe('abc'.repeat(7));
    expect(tcp.events).toEqual([]);
  });

  test('a hole filled later than a round trip counts as a retransmission', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 104, ack: 501, data: 'def', at: 1 });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc', at: 1.2 });
    tcp.finish();
    expect(tcp.facts_[0]!.retransmissions0).toBe(1);
  });

  test('overlaps: the first bytes win, different ones are an anomaly', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 103, ack: 501, data: 'CDE' });
    tcp.push({ from: 'a', seq: 102, ack: 501, data: 'bxdef' });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'a' });
    expect(tcp.streams[0]).toBe('abCDEf');
    expect(tcp.anomalies).toEqual(['overlap-conflict@5']);
  });

  test('an in-order segment that repeats bytes that waited replaced them: the later ones won', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 104, ack: 501, data: 'DEF' });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abcdefgh' });
    expect(tcp.streams[0]).toBe('abcDEFgh');
    expect(tcp.anomalies).toEqual(['overlap-conflict@5']);
  });

  test('a partly old segment gives only what is new', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc' });
    tcp.push({ from: 'a', seq: 102, ack: 501, data: 'bcde', at: 1 });
    expect(tcp.streams[0]).toBe('abcde');
  });

  test('a hole that the receiver acknowledged becomes a gap, and no sooner than it could have come', () => {
    const tcp = shaken({ gapPackets: 3 });
    tcp.push({ from: 'a', seq: 111, ack: 501, data: 'later' });
    tcp.push({ from: 'b', seq: 501, ack: 116 });
    expect(tcp.streams[0]).toBe('');
    tcp.push({ from: 'a', seq: 116, ack: 501, data: 'x' });
    tcp.push({ from: 'b', seq: 501, ack: 117 });
    expect(tcp.streams[0]).toBe('<10>laterx');
    expect(tcp.events).toMatchObject([{ kind: EventKind.gap, side: 0, value: 10, frame: 4 }]);
  });

  test('bytes acknowledged and never seen are a gap at the end too, but one byte may be a FIN that was not captured', () => {
    const tcp = shaken();
    tcp.push({ from: 'b', seq: 501, ack: 141 });
    tcp.finish();
    expect(tcp.streams[0]).toBe('<40>');
    const fin = shaken();
    fin.push({ from: 'b', seq: 501, ack: 102 });
    fin.finish();
    expect(fin.streams[0]).toBe('');
  });

  test('a hole nobody filled is a gap when the connection ends', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 105, ack: 501, data: 'tail' });
    tcp.finish();
    expect(tcp.streams[0]).toBe('<4>tail');
  });

  test('waiting bytes are bounded per half-stream: the first hole is given up', () => {
    const tcp = shaken({ waitingBytesPerHalf: 100 });
    for (let i = 0; i < 30; i++) tcp.push({ from: 'a', seq: 201 + 10 * i, ack: 501, data: '0123456789' });
    expect(tcp.streams[0]!.startsWith('<100>0123456789')).toBe(true);
    expect(tcp.anomalies[0]).toMatch(/^reassembly-limit@/);
  });

  test('waiting bytes are bounded in total', () => {
    const tcp = new TcpHarness({ waitingBytes: 100 });
    for (let port = 2000; port < 2020; port++) {
      tcp.push({ from: 'a', port, flags: 'S', seq: 1 });
      tcp.push({ from: 'a', port, seq: 12, ack: 1, data: '0123456789' });
    }
    expect(tcp.anomalies.filter((a) => a.startsWith('reassembly-limit'))).toHaveLength(10);
  });

  test('the snap length cuts payload, not the sequence space', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abcdefgh', captured: 3 });
    tcp.push({ from: 'a', seq: 109, ack: 501, data: 'ij' });
    expect(tcp.streams[0]).toBe('abc<~5>ij');
  });

  test('acked counts positions of the other half-stream', () => {
    const tcp = shaken();
    tcp.push({ from: 'b', seq: 501, ack: 101, data: '0123456789' });
    tcp.push({ from: 'a', seq: 101, ack: 511, data: 'q' });
    expect(tcp.dataCalls.map((c) => c.acked)).toEqual([0, 10]);
  });
});

describe('copies and retransmissions', () => {
  test('a packet captured twice counts once; a retransmission has the next IP identification', () => {
    const tcp = shaken();
    const data = { from: 'a', seq: 101, ack: 501, data: 'abc', id: 40 } as const;
    tcp.push(data);
    tcp.push({ ...data });
    tcp.push({ ...data, id: 41, at: 0.3 });
    tcp.finish();
    expect(tcp.anomalies).toEqual(['duplicate-packets@5']);
    expect(tcp.facts_[0]).toMatchObject({ packets0: 4, retransmissions0: 1, payload0: 3 });
  });

  test('without an IP identification the checksum tells a copy', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', flags: 'S', seq: 100, id: 0 });
    tcp.push({ from: 'a', flags: 'S', seq: 100, id: 0 });
    expect(tcp.anomalies).toEqual(['duplicate-packets@2']);
  });
});

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

describe('limits', () => {
  test('the longest idle connections are given up when too many live', () => {
    const tcp = new TcpHarness({ liveConnections: 32, lingeringConnections: 4 });
    for (let port = 1; port <= 40; port++) tcp.push({ from: 'a', port: 2000 + port, flags: 'S', seq: 1 });
    expect(tcp.table.live).toBeLessThanOrEqual(32);
    expect(tcp.anomalies.filter((a) => a.startsWith('connections-given-up')).length).toBeGreaterThan(0);
    tcp.finish();
    expect(tcp.facts_).toHaveLength(40);
  });

  test('closed connections linger for late packets, then their slots are used again', () => {
    const tcp = new TcpHarness({ lingeringConnections: 2 });
    const close = (port: number) => {
      tcp.push({ from: 'a', port, flags: 'S', seq: 100 });
      tcp.push({ from: 'b', port, flags: 'R', seq: 0, ack: 101 });
    };
    close(3001);
    tcp.push({ from: 'b', port: 3001, flags: 'R', seq: 0, ack: 101 });
    close(3002);
    close(3003);
    close(3004);
    expect(tcp.table.live).toBe(2);
    tcp.finish();
    expect(tcp.facts_).toHaveLength(4);
    expect(tcp.facts_[0]!.packets1).toBe(2);
  });
});

describe('one-sided captures', () => {
  test('data of one side and nothing of the other is said; a lone SYN is not', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', port: 1, flags: 'S', seq: 100 });
    const first = tcp.push({ from: 'a', port: 2, flags: 'S', seq: 100 });
    tcp.push({ from: 'a', port: 2, seq: 101, ack: 501, data: 'GET' });
    tcp.finish();
    expect(tcp.anomalies).toEqual([`one-sided@${first}`]);
  });
});

describe('network paths', () => {
  test('a direction that a mirror port tagged otherwise was taken for a connection of its own', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', flags: 'S', seq: 100, path: 2 });
    tcp.push({ from: 'b', flags: 'S', seq: 500, ack: 101 });
    tcp.push({ from: 'a', seq: 101, ack: 501, path: 2 });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'q', path: 2 });
    tcp.push({ from: 'b', seq: 501, ack: 102, data: 'r' });
    tcp.finish();
    expect(tcp.streams).toEqual(['q', 'r']);
  });

  test('in mid-stream, too, where the other direction acknowledges less than was seen', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'b', seq: 9000, ack: 101, data: 'r', path: 2 });
    tcp.push({ from: 'a', seq: 101, ack: 7000 });
    tcp.push({ from: 'b', seq: 9001, ack: 101, data: 's', path: 2 });
    tcp.push({ from: 'a', seq: 101, ack: 9002 });
    tcp.finish();
    expect(tcp.facts_.map((f) => [f.packets0, f.packets1])).toEqual([[2, 2]]);
    expect(tcp.streams).toEqual(['', 'rs']);
  });

  test('the same four-tuple in two VLANs is two connections', () => {
    const tcp = new TcpHarness();
    for (const path of [2, 4]) {
      tcp.push({ from: 'a', flags: 'S', seq: 100, path });
      tcp.push({ from: 'b', flags: 'S', seq: 500, ack: 101, path });
      tcp.push({ from: 'a', seq: 101, ack: 501, data: `in ${path}`, path });
    }
    tcp.finish();
    expect(tcp.streams).toEqual(['in 2', '', 'in 4', '']);
  });
});
