import { describe, expect, test } from 'vitest';
import { EventKind } from '../../../main/tcp/connection-sink.ts';
import { TcpHarness } from '../../kit/tcp-harness.ts';

/** Frames of the keep-alive probes. */
function probes(tcp: TcpHarness): number[] {
  tcp.finish();
  return tcp.events.filter(({ kind }) => kind === EventKind.keepAliveProbe).map(({ frame }) => frame);
}

describe('captures that begin while a connection is idle', () => {
  test('what came first was a probe, and no byte is missing', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', seq: 100, ack: 501 });
    tcp.push({ from: 'b', seq: 501, ack: 101 });
    const probe = tcp.push({ from: 'a', seq: 100, ack: 501, at: 15 });
    const answer = tcp.push({ from: 'b', seq: 501, ack: 101 });
    const next = tcp.push({ from: 'a', seq: 100, ack: 501, at: 30 });
    tcp.push({ from: 'b', seq: 501, ack: 101 });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'GET', at: 35 });
    tcp.push({ from: 'b', seq: 501, ack: 104, data: 'HTTP' });
    expect(probes(tcp)).toEqual([probe, next]);
    expect(tcp.events[0]).toMatchObject({ side: 0, end: answer });
    expect(tcp.streams).toEqual(['GET', 'HTTP']);
  });

  test('the answer to a probe came first', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'b', seq: 501, ack: 101 });
    const probe = tcp.push({ from: 'a', seq: 100, ack: 501, at: 15 });
    tcp.push({ from: 'b', seq: 501, ack: 101 });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'GET', at: 20 });
    expect(probes(tcp)).toEqual([probe]);
    expect(tcp.streams).toEqual(['GET', '']);
  });

  test('nothing is a probe that the other side has not acknowledged one further', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', seq: 100, ack: 501 });
    tcp.push({ from: 'b', seq: 501, ack: 100 });
    tcp.push({ from: 'a', seq: 100, ack: 501, at: 15 });
    tcp.push({ from: 'b', seq: 501, ack: 100 });
    expect(probes(tcp)).toEqual([]);
  });

  test('acknowledgements that the capture has late, before a first byte of its own, are no probes', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', seq: 100, ack: 501 });
    tcp.push({ from: 'b', seq: 501, ack: 101 });
    tcp.push({ from: 'a', seq: 100, ack: 501, at: 0.002 });
    tcp.push({ from: 'a', seq: 100, ack: 501, data: 'G' });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'ET' });
    expect(probes(tcp)).toEqual([]);
    expect(tcp.streams[0]).toBe('GET');
  });

  test('a first packet of one byte that was acknowledged before repeats it: neither a probe nor a byte of the stream', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'b', seq: 501, ack: 101 });
    tcp.push({ from: 'a', seq: 100, ack: 501, data: '\0', at: 15 });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'GET', at: 16 });
    expect(probes(tcp)).toEqual([]);
    expect(tcp.streams[0]).toBe('GET');
  });

  test('a probe with a byte before the other side was seen', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', seq: 101, ack: 501 });
    const probe = tcp.push({ from: 'a', seq: 100, ack: 501, data: '\0', at: 15 });
    tcp.push({ from: 'b', seq: 501, ack: 101 });
    tcp.push({ from: 'a', seq: 101, ack: 501, data: 'GET', at: 20 });
    expect(probes(tcp)).toEqual([probe]);
    expect(tcp.streams[0]).toBe('GET');
  });

  test('a FIN that was acknowledged before it was captured closes the connection', () => {
    const tcp = new TcpHarness();
    tcp.push({ from: 'a', seq: 100, ack: 501 });
    tcp.push({ from: 'b', seq: 501, ack: 101 });
    const fin = tcp.push({ from: 'a', seq: 100, ack: 501, flags: 'F' });
    tcp.push({ from: 'b', seq: 501, ack: 101, flags: 'F' });
    tcp.push({ from: 'a', seq: 101, ack: 502 });
    expect(probes(tcp)).toEqual([]);
    expect(tcp.facts_[0]).toMatchObject({ closeSide: 0, closeFrame: fin });
  });
});
