import { describe, expect, test } from 'vitest';
import { EventKind, ResetFlag } from '../../../main/tcp/connection-sink.ts';
import { shaken, TcpHarness } from '../../kit/tcp-harness.ts';

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

  test('where the SYN-ACK is not in the capture the first acknowledgement says where its sender began: bytes before its first packet are missing', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', flags: 'S', seq: 100 });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'ask' });
    tcp.push({ from: 'b', seq: 505, ack: 104, data: 'tail' });
    tcp.finish();
    expect(tcp.streams).toEqual(['ask', '<4>tail']);
  });

  test('connections in progress are told as they stand when somebody looks, and again at their end', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc' });
    tcp.table.tellLive();
    expect(tcp.facts_[0]).toMatchObject({ payload0: 3, lastFrame: 4, closeSide: -1 });
    tcp.push({ from: 'a', seq: 104, ack: 501, flags: 'F' });
    tcp.finish();
    expect(tcp.facts_[0]).toMatchObject({ payload0: 3, lastFrame: 5, closeSide: 0 });
    expect(tcp.closed_).toEqual([0]);
  });

  test('bytes further off than any window reaches are of another connection on the same four-tuple', () => {
    for (const [far, connections] of [[1 << 30, 1], [(1 << 30) + 1, 2], [-(1 << 30) - 1, 2]] as const) {
      const tcp = shaken();
      tcp.push({ from: 'a', seq: 101, ack: 501, data: 'x' });
      tcp.push({ from: 'b', seq: 501, ack: 102, data: 'y' });
      tcp.push({ from: 'a', seq: (102 + far) >>> 0, ack: 502, data: 'z', at: 60 });
      tcp.finish();
      expect(tcp.facts_.map((f) => f.replaced)).toEqual([true, false].slice(2 - connections));
    }
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

  test('open before the capture: a first answer that is not in it was no gap, but what acknowledges it shows where it began', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', seq: 100, ack: 501, data: 'GET' });
    tcp.push({ from: 'a', seq: 103, ack: 700 });
    tcp.push({ from: 'a', seq: 103, ack: 701, flags: 'F', at: 5 });
    tcp.push({ from: 'b', seq: 701, ack: 104, flags: 'F', at: 5 });
    tcp.finish();
    expect(tcp.streams).toEqual(['GET|', '<200>|']);
  });

  test('open before the capture: acknowledgements of what was under way then are no gap, nor is an answer that the capture has late', () => {
    const underWay = new TcpHarness();
    underWay.push({ from: 'a', seq: 100, ack: 501 });
    underWay.push({ from: 'a', seq: 100, ack: 701 });
    underWay.push({ from: 'a', seq: 100, ack: 901, data: 'GET' });
    underWay.push({ from: 'b', seq: 901, ack: 103, data: 'HTTP' });
    underWay.finish();
    expect(underWay.streams).toEqual(['GET', 'HTTP']);
    const late = new TcpHarness();
    late.push({ from: 'a', seq: 100, ack: 501, data: 'GET' });
    late.push({ from: 'a', seq: 103, ack: 505 });
    late.push({ from: 'b', seq: 501, ack: 103, data: 'HTTP' });
    late.finish();
    expect(late.streams).toEqual(['GET', 'HTTP']);
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

  test('an acknowledgement captured twice counts once; the next one, and one that acknowledges more, count', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc' });
    const acknowledgement = { from: 'b', seq: 501, ack: 102, id: 60 } as const;
    tcp.push(acknowledgement);
    tcp.push(acknowledgement);
    tcp.push({ ...acknowledgement, id: 61 });
    tcp.push({ ...acknowledgement, ack: 104 });
    tcp.finish();
    expect(tcp.anomalies).toEqual(['duplicate-packets@6']);
    expect(tcp.facts_[0]).toMatchObject({ packets0: 3, packets1: 4 });
  });

  test('what comes a tenth of a second later is no copy', () => {
    for (const [later, anomalies] of [[0.1, ['duplicate-packets@5']], [0.1001, []]] as const) {
      const tcp = shaken();
      tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc', id: 40, at: 1 });
      tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abc', id: 40, at: 1 + later });
      tcp.finish();
      expect(tcp.anomalies).toEqual(anomalies);
    }
  });

  test('without an IP identification the header tells a copy', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', flags: 'S', seq: 100, id: 0 });
    tcp.push({ from: 'a', flags: 'S', seq: 100, id: 0 });
    expect(tcp.anomalies).toEqual(['duplicate-packets@2']);
  });

  test('without an IP identification, segments of one length whose checksum the card is to fill in passed for copies of each other', () => {
    const tcp = shaken();
    const segments = [101, 104, 107, 110].map((seq) => ({ from: 'a', seq, ack: 501, data: 'abc', id: 0, checksum: 0xfe30 }) as const);
    for (const segment of segments) tcp.push(segment);
    tcp.push(segments[0]!);
    tcp.finish();
    expect(tcp.anomalies).toEqual([]);
    expect(tcp.facts_[0]).toMatchObject({ retransmissions0: 1, payload0: 12 });
  });

  test('a timestamp tells what was sent again at once from a copy, and copies before and behind the card from what was sent again', () => {
    const data = { from: 'a', seq: 101, ack: 501, data: 'abc', id: 0, timestamp: 7, checksum: 0xfe30 } as const;
    for (const [again, copies] of [[{ timestamp: 8 }, 0], [{ checksum: 0x1234 }, 1]] as const) {
      const tcp = shaken();
      tcp.push(data);
      tcp.push({ ...data, ...again });
      tcp.finish();
      expect(tcp.anomalies).toHaveLength(copies);
      expect(tcp.facts_[0]!.retransmissions0).toBe(1 - copies);
    }
  });

  test('acknowledgements that were reordered or repeated are not told as packets captured twice', () => {
    const tcp = shaken();
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'abcdef' });
    tcp.push({ from: 'b', seq: 501, ack: 107, id: 61 });
    tcp.push({ from: 'b', seq: 501, ack: 104, id: 60 });
    tcp.push({ from: 'b', seq: 501, ack: 107, id: 0 });
    tcp.push({ from: 'b', seq: 501, ack: 107, id: 0 });
    tcp.finish();
    expect(tcp.anomalies).toEqual([]);
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
