import { describe, expect, it } from 'vitest';
import { analyzeTls, talked } from '../../kit/analyze-tls.ts';
import { filler } from '../../kit/conversation.ts';
import { packetsOf } from '../../kit/tls-captures.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';

const SEGMENTS = [{ seed: 1, maxSegment: 1460 }, { seed: 2, maxSegment: 30 }] as const;

function request(target: string): string {
  return `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
}

function response(length: number): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`;
}

function read(writer: TlsWriter, carriage: (typeof SEGMENTS)[number]): { targets: (string | null)[]; anomalies: Readonly<Record<string, number>>; bodies: (number | null)[] } {
  const { connections, anomalies } = analyzeTls(packetsOf(writer.pieces, carriage), writer.keyLog);
  expect(connections).toHaveLength(1);
  const exchanges = talked(connections[0]!);
  expect(connections[0]!.exchanges).toHaveLength(exchanges.length);
  return { targets: exchanges.map(({ target }) => target), bodies: exchanges.map(({ bodyBytes }) => bodyBytes), anomalies };
}

describe.each(SEGMENTS)('what Node does not send is read, in segments of at most $maxSegment bytes', (carriage) => {
  it.each([0x1301, 0x1302, 0x1303] as const)('KeyUpdate of either side, several times (suite %i)', (suite) => {
    const writer = new TlsWriter({ suite }).handshake();
    writer.data('client', request('/1')).data('server', response(10)).keyUpdate('client').data('client', request('/2')).keyUpdate('server');
    writer.data('server', response(40_000).slice(0, 20_000)).keyUpdate('server').keyUpdate('server').data('server', response(40_000).slice(20_000));
    writer.keyUpdate('client').keyUpdate('client').data('client', request('/3')).data('server', response(1)).closeNotify('client').closeNotify('server');
    expect(read(writer, carriage)).toEqual({ targets: ['/1', '/2', '/3'], bodies: [10, 40_000, 1], anomalies: {} });
    expect(analyzeTls(packetsOf(writer.pieces, carriage), writer.keyLog).connections[0]!.tls).toMatchObject({ keysUpdated: true });
  });

  it('padded records', () => {
    const writer = new TlsWriter().handshake().sealed('client', 23, new TextEncoder().encode(request('/1')), 300);
    writer.sealed('server', 23, new TextEncoder().encode(response(5)), 9000).sealed('server', 23, new Uint8Array(0), 50);
    expect(read(writer, carriage)).toEqual({ targets: ['/1'], bodies: [5], anomalies: {} });
  });

  it('early data, before and after the answer of the server', () => {
    const writer = new TlsWriter({ earlyData: 'accepted' }).clientHello().data('client', request('/early')).serverFlight();
    writer.data('client', request('/early-2')).data('server', response(1)).data('server', response(2)).clientFinished();
    writer.data('client', request('/late')).data('server', response(3));
    expect(read(writer, carriage)).toEqual({ targets: ['/early', '/early-2', '/late'], bodies: [1, 2, 3], anomalies: {} });
    expect(analyzeTls(packetsOf(writer.pieces, carriage), writer.keyLog).connections[0]!.tls).toMatchObject({ earlyData: 'accepted' });
  });

  it('early data that the server refuses is named, and what follows is read', () => {
    const refused = new TlsWriter({ seed: 2, earlyData: 'rejected' }).clientHello().data('client', request('/early')).data('client', request('/early-2'));
    // Sealed with a secret that the key log does not have, as a session that nobody knows any more.
    const writer = new TlsWriter({ earlyData: 'unknown' }).clientHello();
    for (const { side, bytes } of refused.pieces.slice(1)) writer.raw(side, bytes);
    const rest = writer.serverFlight();
    for (const { side, bytes } of refused.pieces.slice(1)) rest.raw(side, bytes);
    rest.clientFinished().data('client', request('/late')).data('server', response(3));
    const { targets, anomalies } = read(rest, carriage);
    expect(targets).toEqual(['/late']);
    expect(anomalies['tls-early-data']).toBeGreaterThan(1);
    expect(Object.keys(anomalies)).toEqual(['tls-early-data']);
  });

  it.each(['rejected', 'unknown'] as const)('early data that the key log could open and the server refuses (%s) is sent again, and told once', (earlyData) => {
    const writer = new TlsWriter({ earlyData }).clientHello().data('client', request('/1')).serverFlight().clientFinished();
    writer.data('client', request('/1')).data('server', response(3));
    const { connections, anomalies } = analyzeTls(packetsOf(writer.pieces, carriage), writer.keyLog);
    expect(talked(connections[0]!).map(({ target }) => target)).toEqual(['/1']);
    expect(connections[0]!.exchanges).toHaveLength(1);
    expect(anomalies).toEqual({ 'tls-early-data': 1 });
    expect(connections[0]!.tls).toMatchObject({ earlyData: 'rejected' });
  });

  it('more early data than is held is named, and the later requests are read', () => {
    const writer = new TlsWriter({ earlyData: 'accepted' }).clientHello().data('client', filler(70_000)).serverFlight().clientFinished();
    writer.data('client', request('/late')).data('server', response(3));
    const { connections, anomalies } = analyzeTls(packetsOf(writer.pieces, carriage), writer.keyLog);
    expect(Object.keys(anomalies)).toContain('tls-early-data');
    expect(connections[0]!.exchanges.map(({ request: asked }) => asked?.target)).toContain('/late');
  });
});
