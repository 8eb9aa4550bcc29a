import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnalysisReport } from '../../../main/analysis/analysis-report.ts';
import { KeyLog } from '../../../main/tls/key-log.ts';
import { analyzeTls, talked } from '../../kit/analyze-tls.ts';
import { reportOf } from '../../kit/report-of.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';
import { flipped, packetsOf, type RecordPlace, recordsOf, type Talked } from '../../kit/tls-captures.ts';
import { type TalkName, written } from '../../kit/tls-talks.ts';

const TARGETS = ['/length/20', '/length/40000', '/empty', '/length/7', '/upload/3000', '/length/1'];
const VERSIONS: readonly TalkName[] = ['TLS 1.3 AES-128-GCM', 'TLS 1.2 AES-128-GCM', 'TLS 1.2 ChaCha20-Poly1305', 'TLS 1.2 AES-128-CBC'];

describe.each(VERSIONS)('one bit turned over in a record of %s', (name) => {
  const told = written(name, TARGETS);
  const sample = { ...told, records: recordsOf(told.pieces) };

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

describe('records that do not open are a gap for the diagnosis', () => {
  const answered = (): TlsWriter => new TlsWriter().handshake().data('client', 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\n').data('server', `HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n${'x'.repeat(9000)}`, 3000);

  async function judged({ pieces, keyLog }: TlsWriter): Promise<AnalysisReport> {
    const log = new KeyLog();
    log.add(keyLog);
    return reportOf(packetsOf(pieces), {}, log);
  }

  it('the same without damage has none', async () => {
    const [connection] = [...(await judged(answered())).connections()];
    expect(connection!.gaps).toEqual([]);
    expect(connection!.close).toMatchObject({ cause: 'process-exit', alternatives: expect.not.arrayContaining(['capture-incomplete']) as string[] });
  });

  it('a damaged record of a body, and one of its head', async () => {
    for (const record of [0, 2, 3]) {
      const writer = answered();
      writer.pieces.filter(({ side }) => side === 'server').at(record - 4)!.bytes[10]! ^= 4;
      const [connection] = [...(await judged(writer)).connections()];
      expect(connection!.gaps).toMatchObject([{ from: 'server' }]);
      expect(connection!.gaps[0]!.bytes).toBeGreaterThanOrEqual(record === 3 ? 30 : 3000);
      expect(connection!.close.confidence).not.toBe('certain');
    }
  });

  it('bytes that the capture lacks are one gap, not two', () => {
    const packets = packetsOf(answered().pieces);
    const lost = packets.findLastIndex(({ spec }) => spec!.from.port === 443 && (spec!.data?.length ?? 0) > 100) - 2;
    const { connections } = analyzeTls(packets.filter((_, at) => at !== lost), answered().keyLog);
    expect(connections[0]!.gaps).toHaveLength(1);
    expect(connections[0]!.gaps[0]!.bytes).toBe(packets[lost]!.spec!.data!.length);
  });
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
