import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { analyzeTls, talked, type TlsRead } from '../../kit/analyze-tls.ts';
import type { Packet } from '../../kit/packets.ts';
import { seeded } from '../../kit/random.ts';
import { packetsOf, type Piece, talk, type TlsTalk } from '../../kit/tls-captures.ts';
import { type TalkName, written } from '../../kit/tls-talks.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';

const VERSIONS: readonly TalkName[] = ['TLS 1.3 AES-256-GCM', 'TLS 1.2 AES-256-GCM', 'TLS 1.2 AES-128-CBC'];
const TARGETS = ['/length/20', '/length/40000', '/empty', '/length/7', '/upload/3000', '/length/50000', '/chunked/9000', '/length/1'];

describe.each(VERSIONS)('troubles of the network in %s', (name) => {
  const told = written(name, TARGETS);

  it('cut, merged, repeated, doubled and reordered segments give the same exchanges', () => {
    fc.assert(
      fc.property(fc.record({ seed: fc.nat(10_000), maxSegment: fc.constantFrom(20, 200, 1460, 60_000) }), ({ seed, maxSegment }) => {
        const { connections, anomalies } = analyzeTls(troubled(told.pieces, seed, maxSegment), told.keyLog);
        expect(Object.keys(anomalies).filter((code) => code.startsWith('tls-'))).toEqual([]);
        expect(talked(connections[0]!)).toEqual(told.exchanges);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  it('after any run of lost segments what is told is true, and what lies outside of it is told', () => {
    const change = fc.record({ seed: fc.nat(10_000), from: fc.nat(), count: fc.integer({ min: 1, max: 60 }), maxSegment: fc.constantFrom(300, 1460, 5000) });
    fc.assert(
      fc.property(change, ({ seed, from, count, maxSegment }) => {
        const all = packetsOf(told.pieces, { seed, maxSegment });
        // The hellos stay: without them there are no keys.
        const first = all.findIndex(({ spec }) => (spec!.data?.length ?? 0) > 0 && spec!.seq > 5000 + 1500);
        const start = Math.max(first, 12) + (from % (all.length - Math.max(first, 12) - 4));
        const side = all[start]!.spec!.from;
        const lost = all.filter((packet, at) => at >= start && at < start + count && packet.spec!.from === side && (packet.spec!.data?.length ?? 0) > 0);
        if (lost.length === 0) return;
        const read = analyzeTls(all.filter((packet) => !lost.includes(packet)), told.keyLog);
        expectTrue(read);
        const frames = lost.map((packet) => all.indexOf(packet) + 1);
        const whole = analyzeTls(all, told.keyLog).connections[0]!.exchanges;
        const touched = whole.filter(({ request, response }) => frames.some((frame) => frame >= Number(request!.frame) && frame <= Number(response!.endFrame))).length;
        // The one behind the loss may be told as two halves.
        expect(talked(read.connections[0]!).length).toBeGreaterThanOrEqual(told.exchanges.length - touched - 1);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it('where one direction was captured late, its SYN too, what is told is true', () => {
    const change = fc.record({ seed: fc.nat(10_000), skew: fc.integer({ min: 1, max: 12 }), late: fc.constantFrom(443, 40_000), maxSegment: fc.constantFrom(300, 1460, 60_000) });
    fc.assert(
      fc.property(change, ({ seed, skew, late, maxSegment }) => {
        const all = packetsOf(told.pieces, { seed, maxSegment });
        const order = all.map((packet, at) => ({ packet, place: at + (packet.spec!.from.port === late ? skew : 0) })).sort((one, two) => one.place - two.place);
        expectTrue(analyzeTls(order.map(({ packet }, at) => ({ ...packet, time: at / 1000 })), told.keyLog));
      }),
      { seed: 5, numRuns: 60, examples: [[{ seed: 38, skew: 9, late: 40_000, maxSegment: 60_000 }]] },
    );
  });

  it('where the server\'s packets were captured late, what the client sent before its hello was in the capture was never read', () => {
    const change = fc.record({ seed: fc.nat(10_000), skew: fc.integer({ min: 1, max: 12 }), maxSegment: fc.constantFrom(300, 1460, 60_000) });
    fc.assert(
      fc.property(change, ({ seed, skew, maxSegment }) => {
        const all = packetsOf(told.pieces, { seed, maxSegment });
        const order = all.map((packet, at) => ({ packet, place: at + (packet.spec!.from.port === 443 ? skew + 0.5 : 0) })).sort((one, two) => one.place - two.place);
        const { connections, anomalies } = analyzeTls(order.map(({ packet }, at) => ({ ...packet, time: at / 1000 })), told.keyLog);
        expect(Object.keys(anomalies).filter((code) => code.startsWith('tls-'))).toEqual([]);
        expect(talked(connections[0]!)).toEqual(told.exchanges);
      }),
      { seed: 6, numRuns: 40 },
    );
  });

  it('a wrong key log leaves the connection unread and says so, with estimates', () => {
    const wrong = told.keyLog.replace(/[0-9a-f]+$/gm, (digits) => '5'.repeat(digits.length));
    const { connections, anomalies } = analyzeTls(packetsOf(told.pieces), wrong);
    expect(anomalies).toEqual({ 'tls-key-wrong': 1 });
    expect(connections[0]!.tls).toMatchObject({ decrypted: false });
    expectSameEstimates(connections[0]!, analyzeTls(packetsOf(told.pieces), '').connections[0]!);
  });

  it('a key log of another connection leaves it unread and says so', () => {
    const other = told.keyLog.replace(/^(\w+) [0-9a-f]{64}/gm, `$1 ${'6'.repeat(64)}`);
    const { connections, anomalies } = analyzeTls(packetsOf(told.pieces), other);
    expect(anomalies).toEqual({ 'tls-key-missing': 1 });
    expectSameEstimates(connections[0]!, analyzeTls(packetsOf(told.pieces), '').connections[0]!);
  });

  it('a capture that begins in mid-stream is unread, without estimates', () => {
    const all = packetsOf(told.pieces);
    const { connections } = analyzeTls(all.slice(40), told.keyLog);
    expect(connections[0]).toMatchObject({ protocol: 'tls', exchanges: [] });
  });

  it('without the hello of the server it is unread, and that is said', () => {
    const all = packetsOf(told.pieces, { maxSegment: 100 });
    const first = all.findIndex(({ spec }) => spec!.from.port === 443 && (spec!.data?.length ?? 0) > 0);
    const { connections, anomalies } = analyzeTls(all.filter((_, at) => at !== first), told.keyLog);
    expect(anomalies).toMatchObject({ 'tls-hello-missing': 1 });
    expect(connections[0]!.tls).toMatchObject({ decrypted: false });
  });

  /** Nothing that was not said: targets and statuses of the talk, in pairs of the talk. */
  function expectTrue({ connections }: TlsRead): void {
    for (const { request, response } of connections[0]!.exchanges) {
      const same = told.exchanges.filter(({ target, status }) => (request === null || request.target === target) && (response === null || response.status === status));
      expect(same).not.toEqual([]);
      if (request !== null && response?.complete && response.framing === 'content-length') expect(response.expectedBytes).toBe(same[0]!.bodyBytes);
    }
  }
});

function expectSameEstimates(told: TlsRead['connections'][number], wanted: TlsRead['connections'][number]): void {
  expect({ ...told, tls: null }).toEqual({ ...wanted, tls: null });
}

it('the secrets of one side are not enough', () => {
  const writer = exchanges(new TlsWriter().handshake());
  for (const side of ['CLIENT', 'SERVER']) {
    const half = writer.keyLog.split('\n').filter((line) => line.startsWith(side)).join('\n');
    const { connections, anomalies } = analyzeTls(packetsOf(writer.pieces), half);
    expect(anomalies).toEqual({ 'tls-key-missing': 1 });
    expect(connections[0]!.tls).toMatchObject({ decrypted: false });
  }
});

describe('after a gap the counts are right', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n';

  it.each([1, 4, 17])('%i lost segments of a body: inside of a record, over the end of one, over several', (count) => {
    const writer = new TlsWriter().handshake().data('client', 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n').data('server', head + 'x'.repeat(60_000), 4000);
    writer.data('client', 'GET /b HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 204 No Content\r\n\r\n');
    const packets = packetsOf(writer.pieces);
    const body = packets.findIndex(({ spec }) => spec!.seq > 5000 + 1400 + 8000 && spec!.from.port === 443);
    const { connections, anomalies } = analyzeTls(packets.filter((_, at) => at < body || at >= body + count), writer.keyLog);
    expect(anomalies).toEqual({});
    expect(connections[0]!.exchanges).toMatchObject([
      { request: { target: '/a' }, response: { status: 200, complete: true, expectedBytes: 60_000 } },
      { request: { target: '/b' }, response: { status: 204, complete: true } },
    ]);
    const lost = packets.slice(body, body + count).reduce((sum, { spec }) => sum + spec!.data!.length, 0);
    expect(connections[0]!.exchanges[0]!.response!.bodyBytes).toBeGreaterThan(60_000 - lost - 8100);
    expect(connections[0]!.exchanges[0]!.response!.bodyBytes).toBeLessThan(60_000);
  });

  it('a whole response of several records is lost: its request has none, the next pair is right', () => {
    const writer = exchanges(new TlsWriter().handshake());
    const packets = packetsOf(writer.pieces, { maxSegment: 100_000, seed: 4 });
    const asked = packets.findIndex(({ spec }, at) => spec!.from.port !== 443 && at > 8 && (spec!.data?.length ?? 0) > 0 && packets.slice(0, at).filter((earlier) => earlier.spec!.from.port !== 443 && (earlier.spec!.data?.length ?? 0) > 0).length >= 3);
    expect(asked).toBeGreaterThan(0);
    const answer = [...packets.keys()].filter((at) => at > asked && packets[at]!.spec!.from.port === 443 && packets.slice(asked + 1, at).every(({ spec }) => spec!.from.port === 443));
    const { connections } = analyzeTls(packets.filter((_, at) => !answer.includes(at)), writer.keyLog);
    const pairs = connections[0]!.exchanges.map(({ request, response }) => [request?.target ?? null, response?.status ?? null]);
    expect(pairs).toHaveLength(4);
    for (const [target, status] of pairs) if (status !== null) expect(status).toBe(200 + Number(String(target).slice(1)));
    expect(pairs.filter(([, status]) => status === null)).toHaveLength(1);
  });
});

/** Four requests, /1 to /4, answered with statuses 201 to 204, heads and bodies in records of their own. */
function exchanges(writer: TlsWriter): TlsWriter {
  for (let i = 1; i <= 4; i++) {
    writer.data('client', `GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`);
    writer.data('server', `HTTP/1.1 ${200 + i} Fine\r\nContent-Length: ${i === 4 ? 0 : 3000}\r\n\r\n`);
    if (i < 4) writer.data('server', 'x'.repeat(3000), 1000);
  }
  return writer;
}

/** The order of two directions is that of the capture, which need not be that of the wire. */
it.each(['TLS 1.2 AES-256-GCM', 'TLS 1.2 AES-128-CBC'] as const)('a client that was captured before the hello which it answers was told as damaged (%s)', (name) => {
  const told = written(name, TARGETS);
  const packets = [...packetsOf(told.pieces, { seed: 1, maxSegment: 60_000 })];
  const data = packets.map((packet, at) => ({ at, spec: packet.spec! })).filter(({ spec }) => (spec.data?.length ?? 0) > 0);
  const isServer = (index: number): boolean => data[index]!.spec.from !== data[0]!.spec.from;
  const first = data.findIndex((_, index) => isServer(index));
  const answer = data.findIndex((_, index) => index > first && !isServer(index));
  // The client's answer goes before the server's hello; times stay in order.
  const places = data.slice(first, answer + 1).map(({ at }) => at);
  const moved = [packets[places.at(-1)!]!, ...places.slice(0, -1).map((at) => packets[at]!)];
  const times = places.map((at) => packets[at]!.time);
  places.forEach((at, index) => (packets[at] = { ...moved[index]!, time: times[index]! }));
  const { connections, anomalies } = analyzeTls(packets, told.keyLog);
  expect(Object.keys(anomalies).filter((code) => code.startsWith('tls-'))).toEqual([]);
  expect(connections[0]!.gaps).toEqual([]);
  expect(talked(connections[0]!)).toEqual(told.exchanges);
});

/** Segments that come twice, are sent again, or overtake those of their side. */
function troubled(pieces: readonly Piece[], seed: number, maxSegment: number): readonly Packet[] {
  const random = seeded(seed);
  const packets = [...packetsOf(pieces, { seed, maxSegment })];
  for (let at = 4; at + 4 < packets.length; at++) {
    const [one, two] = [packets[at]!, packets[at + 1]!];
    const kind = random(12);
    if (kind === 0 && one.spec!.from === two.spec!.from) {
      packets[at] = { ...two, time: one.time };
      packets[at + 1] = { ...one, time: two.time };
    } else if (kind === 1) packets.splice(at, 0, one);
    else if (kind === 2 && at > 8) packets.splice(at + 1, 0, { ...packets[at - 3]!, time: one.time });
  }
  return packets;
}

/** Both directions of a tap, joined by clocks that differ. */
describe.each(['TLSv1.3', 'TLSv1.2'] as const)('a ClientHello that was captured behind the flight that answers it (%s)', (version) => {
  let told: TlsTalk;
  let packets: readonly Packet[];
  let inOrder: readonly Packet[];

  beforeAll(async () => {
    told = await talk({ client: { maxVersion: version, ALPNProtocols: ['http/1.0', 'http/1.1'] }, server: { ALPNProtocols: ['http/1.1'] }, targets: TARGETS });
    inOrder = packetsOf(told.pieces, { seed: 2, maxSegment: 60_000 });
    const hello = inOrder.findIndex(({ spec }) => (spec!.data?.length ?? 0) > 0);
    const answer = inOrder.findIndex((packet, at) => at > hello && packet.spec!.from.port !== 443);
    const early = inOrder.slice(hello + 1, answer).filter(({ spec }) => spec!.from.port === 443);
    expect(early.length).toBeGreaterThan(0);
    packets = [...inOrder.slice(0, hello), ...early, { ...inOrder[hello]!, time: early.at(-1)!.time }, ...inOrder.slice(hello + 1).filter((packet) => !early.includes(packet))];
  });

  it('left the connection unread, with its keys, and that was not said', () => {
    const { connections, anomalies } = analyzeTls(packets, told.keyLog);
    expect(anomalies).toEqual({});
    expect(talked(connections[0]!)).toEqual(told.exchanges);
    expect(connections[0]!.tls).toMatchObject({ sni: 'tls.example', alpn: 'http/1.1', decrypted: true, resumed: false });
  });

  it('left it without estimates', () => {
    expectSameEstimates(analyzeTls(packets, '').connections[0]!, analyzeTls(inOrder, '').connections[0]!);
  });

  it('that never comes is named where there are keys', () => {
    const server = packets.filter(({ spec }) => spec!.from.port === 443 || (spec!.data?.length ?? 0) === 0);
    const { connections, anomalies } = analyzeTls(server, told.keyLog);
    expect(anomalies).toEqual({ 'tls-hello-missing': 1 });
    expect(connections[0]!).toMatchObject({ protocol: 'tls', tls: { decrypted: false } });
    expect(analyzeTls(server, '').anomalies).toEqual({});
  });
});
