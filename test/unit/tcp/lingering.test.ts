import { expect, test } from 'vitest';
import { TcpHarness } from '../../kit/tcp-harness.ts';

/** A connection from handshake to the last ACK; afterwards it is put aside. */
function whole(tcp: TcpHarness, port: number): void {
  tcp.push({ from: 'a', port, flags: 'S', seq: 100 });
  tcp.push({ from: 'b', port, flags: 'S', seq: 500, ack: 101 });
  tcp.push({ from: 'a', port, seq: 101, ack: 501 });
  tcp.push({ from: 'a', port, seq: 101, ack: 501, data: 'question' });
  tcp.push({ from: 'b', port, seq: 501, ack: 109, data: 'answer' });
  tcp.push({ from: 'b', port, flags: 'F', seq: 507, ack: 109 });
  tcp.push({ from: 'a', port, flags: 'F', seq: 109, ack: 508 });
  tcp.push({ from: 'b', port, seq: 508, ack: 110 });
}

test('a late packet finds its connection among those put aside, whatever took its slot', () => {
  const tcp = new TcpHarness({ lingeringConnections: 4 });
  whole(tcp, 3001);
  tcp.push({ from: 'a', port: 3002, flags: 'S', seq: 100 });
  const late = tcp.push({ from: 'b', port: 3001, flags: 'F', seq: 507, ack: 109, at: 5 });
  tcp.push({ from: 'b', port: 3002, flags: 'S', seq: 500, ack: 101 });
  tcp.finish();
  expect(tcp.facts_[0]).toMatchObject({ port0: 3001, packets0: 4, packets1: 5, lastFrame: late });
  expect(tcp.facts_[1]).toMatchObject({ port0: 3002, packets0: 1, packets1: 1, synFrame: 9, synAckFrame: 11 });
  expect(tcp.anomalies).toEqual([]);
});

test('bytes that come late for a connection put aside are not told: its streams had ended', () => {
  const tcp = new TcpHarness({ lingeringConnections: 4 });
  whole(tcp, 3001);
  tcp.push({ from: 'a', port: 3002, flags: 'S', seq: 100 });
  tcp.push({ from: 'b', port: 3001, seq: 507, ack: 110, data: 'more', at: 5 });
  tcp.push({ from: 'b', port: 3001, seq: 501, ack: 110, data: 'answer', at: 6 });
  tcp.finish();
  expect(tcp.streams.filter((text) => text !== '')).toEqual(['question|', 'answer|']);
  expect(tcp.facts_).toHaveLength(2);
  expect(tcp.facts_[0]).toMatchObject({ port0: 3001, packets1: 6, retransmissions1: 1 });
});

test('a SYN on the four-tuple of a connection put aside begins a new one', () => {
  const tcp = new TcpHarness({ lingeringConnections: 4 });
  whole(tcp, 3001);
  tcp.push({ from: 'a', port: 3001, flags: 'S', seq: 90_000, at: 5 });
  tcp.finish();
  expect(tcp.facts_.map((facts) => [facts.packets0, facts.replaced, facts.closeSide])).toEqual([
    [4, false, 1],
    [1, false, -1],
  ]);
});

test('those put aside count among the connections that take late packets, the oldest go first', () => {
  const tcp = new TcpHarness({ lingeringConnections: 2 });
  for (let port = 3001; port <= 3005; port++) whole(tcp, port);
  expect(tcp.table.live).toBe(2);
  // Gone: a packet of it begins another one. Still there: the packet is its own.
  tcp.push({ from: 'a', port: 3003, seq: 110, ack: 508, at: 5 });
  tcp.push({ from: 'a', port: 3004, seq: 110, ack: 508, at: 5 });
  tcp.push({ from: 'a', port: 3005, seq: 110, ack: 508, at: 5 });
  expect(tcp.table.live).toBe(3);
  tcp.finish();
  expect(tcp.facts_.map((facts) => [facts.port0, facts.packets0])).toEqual([
    [3001, 4],
    [3002, 4],
    [3003, 4],
    [3004, 5],
    [3005, 5],
    [3003, 1],
  ]);
});

test('one that was taken back is put aside again', () => {
  const tcp = new TcpHarness({ lingeringConnections: 2 });
  whole(tcp, 3001);
  for (let i = 0; i < 3; i++) {
    tcp.push({ from: 'a', port: 3001, flags: 'F', seq: 109, ack: 508, at: 5 + i });
    tcp.push({ from: 'b', port: 3001, seq: 508, ack: 110, at: 5.5 + i });
  }
  whole(tcp, 3002);
  whole(tcp, 3003);
  expect(tcp.table.live).toBe(2);
  tcp.finish();
  expect(tcp.facts_.map((facts) => [facts.port0, facts.packets0, facts.packets1])).toEqual([
    [3001, 7, 7],
    [3002, 4, 4],
    [3003, 4, 4],
  ]);
});

test('the streams of a connection that was taken back were closed a second time, in a slot that was another one\'s', () => {
  const tcp = new TcpHarness({ lingeringConnections: 2 });
  whole(tcp, 3001);
  tcp.push({ from: 'a', port: 3002, flags: 'S', seq: 100 });
  tcp.push({ from: 'a', port: 3001, flags: 'F', seq: 109, ack: 508, at: 5 });
  tcp.push({ from: 'b', port: 3001, seq: 508, ack: 110, at: 6 });
  tcp.finish();
  expect(tcp.closed_).toEqual([0, 1]);
});
