import { describe, expect, test } from 'vitest';
import { EventKind } from '../../../main/tcp/connection-sink.ts';
import { shaken, TcpHarness } from '../../kit/tcp-harness.ts';

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
    const later = tcp.push({ from: 'a', seq: 104, ack: 501, data: 'def', at: 1, id: 12 });
    const earlier = tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc', at: 1.001, id: 11 });
    expect(tcp.streams[0]).toBe('abcdef');
    expect(tcp.dataCalls.map((c) => [c.text, c.frame, c.time])).toEqual([
      ['abc', earlier, 1.001],
      ['def', later, 1],
    ]);
    tcp.finish();
    expect(tcp.facts_[0]!.retransmissions0).toBe(0);
  });

  test('bytes before a FIN that never come are a gap at the end, though nothing acknowledged them: the stream ended as if nothing were missing', () => {
    const tcp = shaken();
    tcp.push({ from: 'b', seq: 541, ack: 101, flags: 'F' });
    expect(tcp.streams[1]).toBe('');
    tcp.finish();
    expect(tcp.streams[1]).toBe('<40>|');
    expect(tcp.events.map(({ kind, side, value }) => [kind, side, value])).toEqual([[EventKind.gap, 1, 40]]);
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

  test('where the handshake was slow, segments sent again within its time passed for reordered ones', () => {
    const told = (ids: readonly number[], age: number): number => {
      const tcp = new TcpHarness();
      tcp.push({ from: 'a', flags: 'S', seq: 100, at: 0.1, id: ids[0]! && 9 });
      tcp.push({ from: 'b', flags: 'S', seq: 500, ack: 101, at: 3, id: 1 });
      tcp.push({ from: 'a', seq: 101, ack: 501, at: 3.001, id: ids[0]! && 10 });
      tcp.push({ from: 'a', seq: 104, ack: 501, data: 'def', at: 4, id: ids[0]! });
      tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc', at: 4 + age, id: ids[1]! });
      tcp.push({ from: 'a', seq: 107, ack: 501, data: 'ghi', at: 4.5, id: ids[2]! });
      tcp.finish();
      expect(tcp.streams[0]).toBe('abcdefghi');
      return tcp.facts_[0]!.retransmissions0;
    };
    // By the IP identification, which counts packets as they were sent.
    expect(told([12, 13, 14], 0.002)).toBe(1);
    expect(told([12, 11, 13], 0.4)).toBe(0);
    expect(told([2, 65535, 3], 0.4)).toBe(0);
    // Without one by the time: nothing is reordered for longer than a tenth of a second.
    expect(told([0, 0, 0], 0.09)).toBe(0);
    expect(told([0, 0, 0], 0.11)).toBe(1);
    expect(told([5000, 30_000, 60_000], 0.11)).toBe(1);
  });

  test('of several reordered segments each is behind the one that was sent last', () => {
    const tcp = shaken();
    for (const [seq, data, id] of [[107, 'ghi', 33], [101, 'abc', 31], [104, 'def', 32]] as const) tcp.push({ from: 'a', seq, ack: 501, data, id });
    tcp.finish();
    expect(tcp.facts_[0]!.retransmissions0).toBe(0);
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
