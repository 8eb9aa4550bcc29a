import { describe, expect, test } from 'vitest';
import { EventKind } from '../../../main/tcp/connection-sink.ts';
import { type Segment, shaken, TcpHarness } from '../../kit/tcp-harness.ts';

/*
 * Captures whose two directions are out of step, as several queues, interfaces or taps leave them: what one side
 * acknowledges comes later in the file.
 */

/** Requests of A and responses of B, each acknowledged, and the close by A. */
function dialogue(exchanges: number): Segment[] {
  const segments: Segment[] = [
    { from: 'a', flags: 'S', seq: 100 },
    { from: 'b', flags: 'S', seq: 500, ack: 101 },
    { from: 'a', seq: 101, ack: 501 },
  ];
  let [a, b] = [101, 501];
  for (let i = 0; i < exchanges; i++) {
    segments.push({ from: 'a', seq: a, ack: b, data: `ask${i};` });
    a += 5;
    segments.push({ from: 'b', seq: b, ack: a, data: `answer${i};` });
    b += 8;
    segments.push({ from: 'a', seq: a, ack: b });
  }
  segments.push({ from: 'a', seq: a, ack: b, flags: 'F' }, { from: 'b', seq: b, ack: a + 1, flags: 'F' }, { from: 'a', seq: a + 1, ack: b + 1 });
  return segments.map((segment, i) => ({ ...segment, at: 0.01 * i, id: i + 1 }));
}

/** Every segment of one side so many places later. */
function late(segments: readonly Segment[], side: 'a' | 'b', by: number): Segment[] {
  return segments.map((segment, i) => ({ segment, place: segment.from === side ? i + by + 0.5 : i })).sort((x, y) => x.place - y.place).map(({ segment }) => segment);
}

function told(segments: readonly Segment[]): TcpHarness {
  const tcp = new TcpHarness();
  for (const segment of segments) tcp.push(segment);
  tcp.finish();
  return tcp;
}

describe('a direction that is late in the capture', () => {
  const plain = dialogue(9);
  const lates = (['a', 'b'] as const).flatMap((side) => [1, 2, 3, 5, 8, 12, 30].map((by) => [side, by] as const));

  test.each(lates)('its acknowledged bytes were gaps, and who closed was mistaken: %s by %i packets', (side, by) => {
    const inStep = told(plain);
    const tcp = told(late(plain, side, by));
    expect(tcp.streams).toEqual(inStep.streams);
    expect(tcp.events).toEqual([]);
    expect(tcp.anomalies).toEqual([]);
    expect(tcp.facts_).toHaveLength(1);
    const { initiator, closeSide, closeReset, closedAt, secondFinAt, closeIdle, closeUnacknowledged, bytesAfterClose, retransmissions0, retransmissions1, synToSynAck, synAckToAck } = tcp.facts_[0]!;
    expect({ initiator, closeSide, closeReset, closedAt, secondFinAt, closeIdle, closeUnacknowledged, bytesAfterClose, retransmissions0, retransmissions1 }).toEqual({
      initiator: 0, closeSide: 0, closeReset: false, closedAt: 0.3e9, secondFinAt: 0.31e9, closeIdle: 0.02e9, closeUnacknowledged: 0, bytesAfterClose: 0, retransmissions0: 0, retransmissions1: 0,
    });
    expect([synToSynAck, synAckToAck]).toEqual([0.01e9, 0.01e9]);
  });

  test('by its clock, too: the close counts from the last byte that it acknowledges, and no time is below 0', () => {
    const skewed = plain.map((segment) => (segment.from === 'b' ? { ...segment, at: segment.at! + 0.2 } : segment)).sort((x, y) => x.at! - y.at!);
    const tcp = told(skewed);
    expect(tcp.events).toEqual([]);
    const facts = tcp.facts_[0]!;
    expect(facts).toMatchObject({ closeSide: 0, closeIdle: 0, closeUnacknowledged: 0, bytesAfterClose: 0 });
    expect(facts.closedAt).toBeCloseTo(0.48e9, -3);
    expect(facts.secondFinAt).toBeGreaterThanOrEqual(facts.closedAt);
    expect(facts.synToSynAck + facts.synAckToAck).toBe(0.02e9);
    expect(Math.min(facts.synToSynAck, facts.synAckToAck)).toBeGreaterThanOrEqual(0);
  });

  test('what it acknowledged counts from where the other side began, of which nothing was seen yet', () => {
    const tcp = told(late(plain, 'a', 6));
    expect(tcp.dataCalls.filter(({ half }) => half === 1).map(({ acked }) => acked)).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45]);
    expect(told(late(plain, 'b', 6)).dataCalls.filter(({ half }) => half === 0).map(({ acked }) => acked)).toEqual([0, 8, 16, 24, 32, 40, 48, 56, 64]);
  });

  test('a RST that refuses a SYN, captured before it, was a connection of its own', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'b', flags: 'R', seq: 0, ack: 101 });
    tcp.push({ from: 'a', flags: 'S', seq: 100 });
    tcp.finish();
    expect(tcp.facts_).toHaveLength(1);
    expect(tcp.facts_[0]).toMatchObject({ initiator: 0, synFrame: 2, closeSide: 1, closeReset: true });
  });

  test('a whole direction behind the other: one connection, and the FIN that was sent first', () => {
    const tcp = told([...plain.filter(({ from }) => from === 'b'), ...plain.filter(({ from }) => from === 'a')]);
    expect(tcp.facts_).toHaveLength(1);
    expect(tcp.facts_[0]).toMatchObject({ initiator: 0, closeSide: 0, packets0: 22, packets1: 11 });
    expect(tcp.events).toEqual([]);
  });

  test('the FIN that a RST acknowledges was sent before it', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 502, flags: 'R' });
    tcp.push({ from: 'b', seq: 501, ack: 101, flags: 'F' });
    tcp.finish();
    expect(tcp.facts_[0]).toMatchObject({ closeSide: 1, closeReset: false, closeFrame: 5, secondFinFrame: 0 });
  });

  test('bytes of the other side with an earlier time than the FIN were under way at the close, later ones came after it', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, flags: 'F', at: 1 });
    tcp.push({ from: 'b', seq: 501, ack: 101, data: 'abc', at: 0.9 });
    tcp.push({ from: 'b', seq: 504, ack: 102, data: 'defg', at: 1.1 });
    tcp.finish();
    expect(tcp.facts_[0]).toMatchObject({ closeUnacknowledged: 3, bytesAfterClose: 4 });
  });
});

describe('what is lost is a gap all the same', () => {
  const plain = dialogue(12);
  const lost = plain.findIndex(({ data }) => data === 'answer4;');

  test.each([0, 2, 12])('of a direction that is %i packets late, and no more than it', (by) => {
    const tcp = told(late(plain.filter((_, i) => i !== lost), 'b', by));
    expect(tcp.events).toMatchObject([{ kind: EventKind.gap, side: 1, value: 8 }]);
    expect(tcp.streams[1]).toBe(told(plain).streams[1]!.replace('answer4;', '<8>'));
  });

  test('it is told while the connection goes on, 16 packets behind the first that shows that its sender has gone on', () => {
    const tcp = new TcpHarness();
    const segments = plain.filter((_, i) => i !== lost);
    let frames = 0;
    for (const segment of segments) {
      frames = tcp.push(segment);
      if (tcp.events.length > 0) break;
    }
    const next = segments.findIndex(({ data }) => data === 'answer5;') + 1;
    expect(frames).toBeGreaterThan(next);
    expect(frames).toBeLessThanOrEqual(next + 16);
    // The frame of a gap is the one that holds the first byte behind it.
    expect(tcp.events).toMatchObject([{ kind: EventKind.gap, frame: next }]);
  });

  test('a bare ACK shows that its sender has gone on, too', () => {
    const tcp = shaken();
    tcp.push({ from: 'b', seq: 501, ack: 151 });
    for (let i = 0; i < 20; i++) tcp.push({ from: 'b', seq: 501 + i, ack: 151, data: 'x' });
    expect(tcp.events).toEqual([]);
    for (let i = 0; i < 20; i++) tcp.push({ from: 'a', seq: 151, ack: 502 + i });
    expect(tcp.events).toMatchObject([{ kind: EventKind.gap, side: 0, value: 50 }]);
  });

  test('a side of which nothing comes any more has a gap after a while', () => {
    const tcp = shaken({ latePackets: 30, lateNanoseconds: 1e9 });
    tcp.push({ from: 'a', seq: 101, ack: 511, at: 1 });
    for (let i = 0; i < 28; i++) tcp.push({ from: 'a', seq: 101, ack: 511, window: 900 - i, at: 3 + i });
    expect(tcp.events).toEqual([]);
    tcp.push({ from: 'a', seq: 101, ack: 511, window: 500, at: 40 });
    expect(tcp.events).toMatchObject([{ kind: EventKind.gap, side: 1, value: 10 }]);
  });

  test('the other direction, which is only late, put the gap off', () => {
    const tcp = shaken();
    // A's first ten bytes are lost; every answer of B is acknowledged before it is captured.
    let at = 1;
    let [a, b] = [111, 501];
    for (let i = 0; i < 20 && tcp.events.length === 0; i++) {
      tcp.push({ from: 'a', seq: a, ack: b + 3, data: 'more', at: (at += 0.001) });
      tcp.push({ from: 'b', seq: b, ack: (a += 4), data: 'abc', at: (at += 0.001) });
      b += 3;
    }
    expect(tcp.events).toMatchObject([{ kind: EventKind.gap, side: 0, value: 10 }]);
  });
});
