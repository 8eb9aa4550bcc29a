import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from './frames.ts';
import { bytes, codes, decode, ipv4, ipv6, long, plain, short, tcp, udp } from './frames.ts';

const RAW = 101;
const raw = (packet: Uint8Array, time = 0): Frame => ({ bytes: packet, linkType: RAW, time });
const body = 'abcdefghijklmnopqrstuvwxyz0123456789';
const segment = tcp(body);

function piece4(start: number, end: number, fields: { id?: number; protocol?: number } = {}, whole = segment): Uint8Array {
  return ipv4(whole.subarray(start, end), { ...fields, offset: start, more: end < whole.length });
}

function piece6(start: number, end: number, next = 6, whole = segment): Uint8Array {
  return ipv6(bytes(next, 0, short(start | (end < whole.length ? 1 : 0)), long(99), whole.subarray(start, end)), { next: 44 });
}

describe.each([
  ['IPv4', piece4 as (start: number, end: number) => Uint8Array, 4 as const],
  ['IPv6', piece6 as (start: number, end: number) => Uint8Array, 6 as const],
])('fragments of %s', (_, piece, ipVersion) => {
  const expected = { ...plain({ ipVersion }), payload: body, length: body.length };

  it('are put together at the frame that completes the datagram, in any order', () => {
    const pieces = [piece(0, 24), piece(24, 40), piece(40, 56)];
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]]) {
      const decoded = decode(order.map((i) => raw(pieces[i]!)));
      expect(decoded.segments).toEqual([{ ...expected, frame: 3 }]);
      expect(decoded.anomalies).toEqual([]);
    }
  });

  it('that split the TCP header are put together', () => {
    expect(decode([raw(piece(0, 8)), raw(piece(8, 16)), raw(piece(16, 56))]).segments).toEqual([{ ...expected, frame: 3 }]);
  });

  it('that come twice are no anomaly', () => {
    const decoded = decode([piece(0, 24), piece(0, 24), piece(24, 56)].map((packet) => raw(packet)));
    expect(decoded.segments).toEqual([{ ...expected, frame: 3 }]);
    expect(decoded.anomalies).toEqual([]);
  });

  it('that overlap keep the bytes that came first, and are named', () => {
    const forged = piece(24, 48).fill(0x21, -8);
    const decoded = decode([raw(piece(0, 32)), raw(forged), raw(piece(40, 56))]);
    expect(decoded.segments[0]!.payload).toBe(`${body.slice(0, 20)}!!!!!!!!${body.slice(28)}`);
    expect(codes(decoded)).toEqual({ 'fragments-overlap': 2 });
  });

  it('whose rest never comes are counted at the end, by the first one', () => {
    const decoded = decode([raw(ipv4(tcp())), raw(piece(24, 56))]);
    expect(decoded.anomalies).toEqual([{ code: 'fragments-incomplete', count: 1, firstFrame: 2, message: '' }]);
  });

  it('whose rest comes after their time are given up', () => {
    const decoded = decode([raw(piece(0, 24), 0), raw(piece(24, 56), 31)]);
    expect(decoded.segments).toEqual([]);
    expect(codes(decoded)).toEqual({ 'fragments-incomplete': 2 });
  });

  it('that were cut by the snap length give what was captured before the cut', () => {
    const cut = piece(24, 40);
    const decoded = decode([raw(piece(0, 24)), raw(cut.subarray(0, cut.length - 6)), raw(piece(40, 56))]);
    expect(decoded.segments).toEqual([{ ...expected, frame: 3, payload: body.slice(0, 14) }]);
    expect(codes(decoded)).toEqual({ 'packet-truncated': 1 });
  });
});

describe('fragments', () => {
  it('of other datagrams are kept apart', () => {
    const other = tcp(body.toUpperCase());
    const decoded = decode([
      raw(piece4(0, 24, { id: 1 })), raw(piece4(0, 24, { id: 2 }, other)), raw(piece6(0, 24)),
      raw(piece4(24, 56, { id: 2 }, other)), raw(piece4(24, 56, { id: 1 })), raw(piece6(24, 56)),
    ]);
    expect(decoded.segments.map(({ frame, payload }) => [frame, payload])).toEqual([[4, body.toUpperCase()], [5, body], [6, body]]);
  });

  it.each([
    ['a length that is no multiple of 8 before the end', [ipv4(segment.subarray(0, 20), { more: true })]],
    ['nothing in it', [ipv4(new Uint8Array(), { more: true })]],
    ['an end beyond 65,535', [ipv4(segment.subarray(0, 24), { offset: 65_528 })]],
    ['an end beyond the last fragment', [piece4(24, 56), ipv4(segment.subarray(0, 24), { offset: 40, more: true })]],
    ['another end than the last fragment', [piece4(24, 56), ipv4(segment.subarray(0, 24), { offset: 40 })]],
    ['an end before what came', [ipv4(segment.subarray(0, 24), { offset: 40, more: true }), piece4(24, 56)]],
  ])('with %s are named', (_, packets) => {
    expect(codes(decode(packets.map((packet) => raw(packet))))).toMatchObject({ 'fragment-malformed': 1 });
  });

  it('of a tunnel packet are put together before the tunnel is entered', () => {
    const outer = udp(2152, 2152, bytes('30ff', short(ipv4(tcp()).length), long(5), ipv4(tcp())));
    const decoded = decode([raw(piece4(0, 32, { protocol: 17 }, outer)), raw(piece4(32, outer.length, { protocol: 17 }, outer))]);
    expect(decoded.segments).toEqual([plain({ tunnel: 'gtp' }, 2)]);
  });

  it('inside a tunnel packet that was itself in fragments are put together', () => {
    const frames: Frame[] = [];
    for (const inner of [piece4(0, 24), piece4(24, 56)]) {
      frames.push(raw(ipv4(inner.subarray(0, 24), { protocol: 4, id: frames.length + 50, more: true })));
      frames.push(raw(ipv4(inner.subarray(24), { protocol: 4, id: frames.length + 49, offset: 24 })));
    }
    expect(decode(frames).segments).toEqual([{ ...plain({ tunnel: 'ip-in-ip' }, 4), payload: body, length: body.length }]);
  });

  it('stay within the limit on datagrams, the oldest given up first', () => {
    const limits = { bytes: 1 << 20, datagrams: 2, age: 30e9 };
    const decoded = decode([1, 2, 3].map((id) => raw(piece4(0, 24, { id }))).concat([1, 2, 3].map((id) => raw(piece4(24, 56, { id })))), { fragments: limits });
    // The third gives up the first; the end of the first is then a datagram of its own, which gives up the second, …
    expect(decoded.segments).toEqual([]);
    expect(codes(decoded)).toEqual({ 'fragments-incomplete': 6 });
    expect(decode([2, 3].flatMap((id) => [raw(piece4(0, 24, { id })), raw(piece4(24, 56, { id }))]), { fragments: limits }).segments.length).toBe(2);
  });

  it('stay within the limit on bytes', () => {
    const frames = Array.from({ length: 100 }, (_, id) => raw(ipv4(new Uint8Array(1024), { id, more: true })));
    const decoded = decode([...frames, raw(ipv4(new Uint8Array(1024), { id: 99, offset: 1024 }))], { fragments: { bytes: 10_000, datagrams: 1000, age: 30e9 } });
    expect(decoded.anomalies[0]).toMatchObject({ code: 'fragments-incomplete', firstFrame: 1 });
    expect(codes(decoded)['fragments-incomplete']).toBe(99);
  });

  it('cut anywhere, in any order, some twice, give the segment', () => {
    const whole = tcp('x'.repeat(100) + body + 'y'.repeat(400));
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: Math.floor((whole.length - 1) / 8) }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(cuts, fc.infiniteStream(fc.nat(1000)), fc.boolean(), (places, random, six) => {
        const edges = [0, ...places.map((place) => place * 8).sort((a, b) => a - b), whole.length];
        const pieces = edges.slice(1).map((end, i) => (six ? piece6(edges[i]!, end, 6, whole) : piece4(edges[i]!, end, {}, whole)));
        const numbered = pieces.map((piece) => ({ piece, rank: random.next().value as number }));
        const ordered = numbered.sort((a, b) => a.rank - b.rank).map(({ piece }) => raw(piece));
        const decoded = decode([ordered[0]!, ...ordered]);
        expect(decoded.segments.map(({ frame, payload }) => [frame, payload.length])).toEqual([[ordered.length + 1, 536]]);
        expect(decoded.anomalies).toEqual([]);
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});
