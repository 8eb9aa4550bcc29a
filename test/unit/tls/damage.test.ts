import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { analyzeTls, talked } from '../../kit/analyze-tls.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';
import { flipped, packetsOf, type Piece, type RecordPlace, recordsOf, talk, type Talked } from '../../kit/tls-captures.ts';

interface Sample {
  readonly pieces: readonly Piece[];
  readonly keyLog: string;
  readonly exchanges: readonly Talked[];
  readonly records: readonly RecordPlace[];
}

const TARGETS = ['/length/20', '/length/40000', '/empty', '/length/7', '/upload/3000', '/length/1'];
const VERSIONS = {
  'TLS 1.3 AES-128-GCM': { maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' },
  'TLS 1.2 AES-128-GCM': { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' },
  'TLS 1.2 ChaCha20-Poly1305': { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-CHACHA20-POLY1305' },
  'TLS 1.2 AES-128-CBC': { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:@SECLEVEL=0' },
} as const;

describe.each(Object.keys(VERSIONS) as (keyof typeof VERSIONS)[])('one bit turned over in a record of %s', (name) => {
  let sample: Sample;

  beforeAll(async () => {
    const told = await talk({ client: VERSIONS[name], server: VERSIONS[name], targets: TARGETS });
    sample = { ...told, records: recordsOf(told.pieces) };
  });

  it('is a named anomaly, and all exchanges but that of the record are the same', () => {
    const change = fc.record({ record: fc.nat(), header: fc.boolean(), byte: fc.nat(), bit: fc.nat(7), seed: fc.nat(1000), maxSegment: fc.constantFrom(60, 1460, 30_000) });
    const isSealed = ({ side, type, index }: RecordPlace): boolean => {
      if (name.includes('1.3')) return type === 23;
      return index > sample.records.find((record) => record.side === side && record.type === 20)!.index;
    };
    fc.assert(
      fc.property(change, ({ record, header, byte, bit, seed, maxSegment }) => {
        const sealed = sample.records.filter(isSealed);
        const place = sealed[record % sealed.length]!;
        const offset = place.start + (header ? byte % 5 : 5 + (byte % (place.length - 5)));
        const { connections, anomalies } = analyzeTls(packetsOf(flipped(sample.pieces, place.side, offset, bit), { seed, maxSegment }), sample.keyLog);
        expect(Object.keys(anomalies)).not.toEqual([]);
        expect(differences(sample.exchanges, talked(connections[0]!))).toBeLessThanOrEqual(1);
        for (const { request, response } of connections[0]!.exchanges) {
          if (request) expect(TARGETS).toContain(request.target);
          if (response) expect([200, 204]).toContain(response.status);
        }
      }),
      { seed: 7, numRuns: 80 },
    );
  });

  it('in the clear handshake leaves the connection unread or read, never garbage', () => {
    const change = fc.record({ byte: fc.nat(), bit: fc.nat(7), record: fc.nat(), maxSegment: fc.constantFrom(60, 1460) });
    fc.assert(
      fc.property(change, ({ byte, bit, record, maxSegment }) => {
        const clear = sample.records.filter(({ type, index }) => type !== 23 && index < 6);
        const place = clear[record % clear.length]!;
        const { connections } = analyzeTls(packetsOf(flipped(sample.pieces, place.side, place.start + (byte % place.length), bit), { maxSegment }), sample.keyLog);
        for (const { request, response } of connections[0]!.exchanges) {
          if (request && request.target !== null) expect(TARGETS).toContain(request.target);
          if (response && response.status !== null) expect([0, 200, 204]).toContain(response.status);
        }
      }),
      { seed: 8, numRuns: 80 },
    );
  });
});

it('what looks like a long record inside of a damaged one does not hide the next', () => {
  const writer = new TlsWriter().handshake();
  for (const target of ['/1', '/2', '/3']) writer.data('client', `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).data('server', `HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n${'x'.repeat(5000)}`);
  const answer = writer.pieces.findLastIndex(({ side }, at) => side === 'server' && at < writer.pieces.length - 2);
  writer.pieces[answer]!.bytes.set([23, 3, 3, 64, 0], 1000);
  const { connections, anomalies } = analyzeTls(packetsOf(writer.pieces), writer.keyLog);
  expect(anomalies).toEqual({ 'tls-record-damaged': 1 });
  expect(talked(connections[0]!).map(({ target }) => target)).toEqual(['/1', '/3']);
});

/** How many exchanges are not told as they were. */
function differences(wanted: readonly Talked[], told: readonly Talked[]): number {
  const left = told.map((exchange) => JSON.stringify(exchange));
  let missing = 0;
  for (const exchange of wanted) {
    const at = left.indexOf(JSON.stringify(exchange));
    if (at < 0) missing++;
    else left.splice(0, at + 1);
  }
  return missing;
}
