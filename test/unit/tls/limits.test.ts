import fc from 'fast-check';
import { expect, it } from 'vitest';
import { analyzeTls, talked } from '../../kit/analyze-tls.ts';
import { packetsOf, type Piece, recordsOf } from '../../kit/tls-captures.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';

function exchange(writer: TlsWriter, target: string, length: number, record?: number): TlsWriter {
  return writer.data('client', `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).data('server', `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length)}`, record);
}

it('handshakeBytes: a longer certificate chain is passed over, and the connection read', () => {
  const writer = exchange(new TlsWriter().handshake(), '/1', 10);
  const { connections, anomalies } = analyzeTls(packetsOf(writer.pieces), writer.keyLog, { handshakeBytes: 500 });
  expect(anomalies).toEqual({});
  expect(talked(connections[0]!)).toHaveLength(1);
});

it('waitingBytes: a split record without room for it ends its direction, by name', () => {
  const writer = exchange(exchange(new TlsWriter().handshake(), '/1', 10), '/2', 12_000);
  const { connections, anomalies } = analyzeTls(packetsOf(writer.pieces), writer.keyLog, { waitingBytes: 8000 });
  expect(anomalies).toEqual({ 'tls-memory': 1 });
  expect(talked(connections[0]!).map(({ target }) => target)).toEqual(['/1']);
});

it('searchBytes: bytes that hold no record end a direction, by name', () => {
  const writer = exchange(exchange(exchange(new TlsWriter().handshake(), '/1', 10), '/2', 60_000), '/3', 10);
  for (const { side, bytes } of writer.pieces) if (side === 'server' && bytes.length > 5000) bytes.fill(0x55);
  const read = (searchBytes: number): ReturnType<typeof analyzeTls> => analyzeTls(packetsOf(writer.pieces), writer.keyLog, { searchBytes });
  expect(read(30_000).anomalies).toEqual({ 'tls-framing-lost': 1, 'tls-records-lost': 1 });
  expect(talked(read(30_000).connections[0]!).map(({ target }) => target)).toEqual(['/1']);
  expect(read(100_000).anomalies).toEqual({ 'tls-framing-lost': 1 });
  expect(talked(read(100_000).connections[0]!).map(({ target }) => target)).toEqual(['/1', '/3']);
});

it('lostRecords and triedBytes: behind more small records than are tried, a direction is lost by name', () => {
  const writer = exchange(new TlsWriter().handshake(), '/1', 3000, 10);
  exchange(writer, '/2', 400_000);
  const packets = packetsOf(writer.pieces, { maxSegment: 100_000, seed: 5 });
  const records = recordsOf(writer.pieces).filter(({ side }) => side === 'server');
  const lostTo = records[200]!.start;
  const lost = packets.filter(({ spec }) => spec!.from.port === 443 && spec!.seq - 5001 < lostTo && spec!.seq - 5001 + (spec!.data?.length ?? 0) > records[20]!.start);
  const rest = packets.filter((packet) => !lost.includes(packet));
  expect(lost.length).toBeGreaterThan(0);
  for (const limits of [{ lostRecords: 5 }, { triedBytes: 100 }]) {
    const { anomalies } = analyzeTls(rest, writer.keyLog, { ...limits, searchBytes: 100_000 });
    expect(anomalies).toEqual({ 'tls-records-lost': 1 });
  }
  expect(analyzeTls(rest, writer.keyLog).anomalies).toEqual({});
});

it('wrongKeyRecords: so many records that do not open, and no more, are tried', () => {
  const writer = exchange(new TlsWriter().handshake(), '/1', 3000, 10);
  const wrong = writer.keyLog.replace(/[0-9a-f]+$/gm, (digits) => '5'.repeat(digits.length));
  expect(analyzeTls(packetsOf(writer.pieces), wrong, { wrongKeyRecords: 2 }).anomalies).toEqual({ 'tls-key-wrong': 1 });
});

it('heldBytes: what waits too long for the other side goes on', () => {
  const writer = new TlsWriter().handshake().data('client', 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  const broken = writer.pieces.length - 1;
  writer.pieces[broken]!.bytes[20]! ^= 1;
  for (let i = 0; i < 5; i++) writer.data('client', `POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n${'y'.repeat(5000)}`);
  const { connections, anomalies } = analyzeTls(packetsOf(writer.pieces), writer.keyLog, { heldBytes: 6000 });
  expect(anomalies).toEqual({ 'tls-record-damaged': 1 });
  expect(connections[0]!.exchanges.map(({ request }) => request?.target)).toEqual(['/1', '/up', '/up', '/up', '/up', '/up']);
});

it('what is held stays what it was while many more records are opened', () => {
  const writer = new TlsWriter().handshake().data('client', 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  writer.pieces.at(-1)!.bytes[20]! ^= 1;
  const targets = Array.from({ length: 30 }, (_, i) => `/up${i}`);
  for (const target of targets) writer.data('client', `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n${'y'.repeat(5000)}`);
  const { connections, anomalies } = analyzeTls(packetsOf(writer.pieces), writer.keyLog);
  expect(anomalies).toEqual({ 'tls-record-damaged': 1 });
  expect(connections[0]!.exchanges.map(({ request }) => request?.target)).toEqual(['/1', ...targets]);
});

it('any bytes after a valid beginning are read to the end without a throw', () => {
  const piece = fc.record({ side: fc.constantFrom('client' as const, 'server' as const), bytes: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 60 }).map(recordLike)) });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(4), fc.constantFrom(20, 1460), (junk, keep, maxSegment) => {
      const writer = exchange(new TlsWriter(keep === 3 ? { earlyData: 'accepted' } : {}).handshake(), '/1', 10);
      const pieces: Piece[] = [...writer.pieces.slice(0, 1 + keep), ...junk.filter(({ bytes }) => bytes.length > 0)];
      expect(analyzeTls(packetsOf(pieces, { maxSegment }), writer.keyLog).connections).toHaveLength(1);
    }),
    { seed: 11, numRuns: 150 },
  );
});

/** A header with the right length in front: handshakes, alerts and records of nonsense. */
function recordLike(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([20 + ((bytes[0] ?? 0) % 4), 3, 3, 0, bytes.length, ...bytes]);
}
