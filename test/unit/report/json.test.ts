import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeJson } from '../../../main/report/json.ts';
import { writeNdjson } from '../../../main/report/ndjson.ts';
import type { ReportModel } from '../../../main/report/report-model.ts';
import type { Report } from '../../../shared/model/report.ts';
import { CLOSE_CAUSES, FURTHER_RULES } from '../../../shared/model/report.ts';
import schema from '../../../shared/schema/report.schema.json' with { type: 'json' };
import {
  captureReport,
  connectionReport,
  endpointReport,
  exchangeReport,
  findingReport,
  otherConnection,
  problems,
  reportModel,
  requestReport,
  responseReport,
  validateLineStrictly,
  validateReport,
  validateReportStrictly,
} from '../../kit/report-fixtures.ts';

const VERSION = { version: '0.1.0' };

async function jsonOf(model: ReportModel): Promise<string> {
  let text = '';
  await writeJson(model, (piece) => void (text += piece), VERSION);
  return text;
}

async function linesOf(model: ReportModel): Promise<string[]> {
  let text = '';
  await writeNdjson(model, (piece) => void (text += piece), VERSION);
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

const probe = { frame: '1:20', time: 15, from: 'client' as const, answeredBy: null };
const FULL = reportModel({
  captures: [
    captureReport({ anomalies: [{ code: 'capture-cut-short', count: 1, firstFrame: null, byteOffset: 12_000, message: 'the file ends inside a record' }], complete: false }),
    captureReport({ path: 'b.pcapng', format: 'pcapng', compression: 'zstd', packets: 0, startedAt: null, durationSeconds: 0 }),
  ],
  unreadable: [{ path: 'c.pcap', code: 'file-not-found', message: 'there is no such file' }],
  interrupted: true,
  connections: [
    connectionReport({
      vlans: [5, 6],
      encapsulation: 'vxlan:7',
      exchanges: [
        exchangeReport({ interim: [{ status: 100, frame: 5 }], request: requestReport({ headers: [['Host', 'api.example']] }) }),
        exchangeReport({ index: 1, response: null, waitSeconds: null, downloadSeconds: null }),
        exchangeReport({ index: 2, request: null, response: responseReport({ complete: false, endFrame: null, endTime: null, framing: 'unknown', expectedBytes: null }), idleBeforeSeconds: null }),
      ],
      keepAliveProbes: [probe],
      windowProbes: [probe],
      zeroWindows: [{ from: 'server', startFrame: 9, time: 1.5, endFrame: null, seconds: 2 }],
      gaps: [{ from: 'client', bytes: 1460, frame: 8, time: 1.25 }],
      findings: [1],
    }),
    otherConnection(2, 'tls', { tls: { version: '1.3', sni: 'api.example', alpn: null, resumed: null, decrypted: false }, handshake: null }),
    otherConnection(3, 'websocket', { innerProtocol: 'other', close: { ...connectionReport().close, by: null, kind: 'open', frame: null, time: null, idleSeconds: null } }),
  ],
  endpoints: [endpointReport({ clientStack: { id: 'go-net-http', name: 'Go net/http', confidence: 'likely' }, timeWaitSide: 'both', vlans: [5] })],
  findings: [findingReport(), findingReport({ id: 2, endpoint: null })],
});

describe('JSON', () => {
  test('a report with one of everything fits the schema and says what the model says', async () => {
    const report = JSON.parse(await jsonOf(FULL)) as Report;
    expect(validateReportStrictly(report), problems(validateReportStrictly)).toBe(true);
    expect(report.connections).toEqual([...FULL.connections()]);
    expect(report.summary.interrupted).toBe(true);
    expect(report.summary.unreadable).toEqual(FULL.unreadable);
    expect(Object.keys(report)).toEqual(['schema', 'tool', 'captures', 'summary', 'endpoints', 'connections', 'findings']);
  });

  test('a report of nothing fits the schema', async () => {
    const report: unknown = JSON.parse(await jsonOf(reportModel({ captures: [], connections: [], endpoints: [] })));
    expect(validateReportStrictly(report), problems(validateReportStrictly)).toBe(true);
  });

  test('times keep their nanoseconds', async () => {
    expect(await jsonOf(reportModel())).toContain('"endedAt":45.120000001,');
  });

  test('text from a capture cannot drive the terminal, and is the same when read again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 100 }), async (target) => {
        const hostile = `${target}\x9b2J\u202e\u2028\x7f\u{e0041}`;
        const text = await jsonOf(reportModel({ connections: [connectionReport({ exchanges: [exchangeReport({ request: requestReport({ target: hostile }) })] })] }));
        expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028\u2029\p{Cf}]/u);
        expect((JSON.parse(text) as Report).connections[0]!.exchanges[0]!.request!.target).toBe(hostile);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('a connection with very many exchanges is written in parts, to the same JSON', async () => {
    const connection = connectionReport({ exchanges: Array.from({ length: 3000 }, (_, index) => exchangeReport({ index })), findings: Array.from({ length: 300 }, (_, i) => i + 1) });
    const pieces: string[] = [];
    await writeJson(reportModel({ connections: [connection] }), (piece) => void pieces.push(piece), VERSION);
    expect((JSON.parse(pieces.join('')) as Report).connections).toEqual([connection]);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(70_000);
  });

  test('connections are made one at a time, and not while the output is not ready', async () => {
    let made = 0;
    let ready = true;
    const model: ReportModel = {
      ...reportModel(),
      *connections() {
        for (let id = 1; id <= 2000; id++) {
          expect(ready).toBe(true);
          made = id;
          yield connectionReport({ id });
        }
      },
    };
    const madeAtPiece: number[] = [];
    await writeJson(
      model,
      async () => {
        madeAtPiece.push(made);
        ready = false;
        await new Promise((resolve) => setTimeout(resolve, 1));
        ready = true;
      },
      VERSION,
    );
    expect(madeAtPiece.length).toBeGreaterThan(10);
    expect(madeAtPiece[0]).toBeLessThan(200);
    expect(made).toBe(2000);
  });

  test('an output that fails ends the writing', async () => {
    await expect(writeJson(reportModel(), () => Promise.reject(new Error('EPIPE')), VERSION)).rejects.toThrow('EPIPE');
  });
});

describe('NDJSON', () => {
  test('captures, connections, endpoints, findings, at last the summary: each line fits the schema', async () => {
    const lines = (await linesOf(FULL)).map((line) => JSON.parse(line) as object);
    expect(lines.map((line) => Object.keys(line)[0])).toEqual(['capture', 'capture', 'connection', 'connection', 'connection', 'endpoint', 'finding', 'finding', 'summary']);
    for (const line of lines) expect(validateLineStrictly(line), problems(validateLineStrictly)).toBe(true);
    expect(lines.at(-1)).toMatchObject({ summary: { interrupted: true }, schema: 'drainspotter/report/1', tool: { version: '0.1.0' } });
  });

  test('the parts are those of the JSON report', async () => {
    const report = JSON.parse(await jsonOf(FULL)) as Report;
    const lines = (await linesOf(FULL)).map((line) => JSON.parse(line) as Record<string, unknown>);
    const parts = (name: string): unknown[] => lines.filter((line) => name in line).map((line) => line[name]);
    expect(parts('capture')).toEqual(report.captures);
    expect(parts('connection')).toEqual(report.connections);
    expect(parts('endpoint')).toEqual(report.endpoints);
    expect(parts('finding')).toEqual(report.findings);
    expect(parts('summary')).toEqual([report.summary]);
  });
});

describe('the schema', () => {
  test('knows the causes and rules of the model', () => {
    expect(schema.$defs.cause.enum).toEqual([...CLOSE_CAUSES]);
    expect(schema.$defs.rule.enum).toEqual([...CLOSE_CAUSES, ...FURTHER_RULES]);
  });

  /** The full report with one thing changed. */
  async function changed(change: (report: Report) => void): Promise<Report> {
    const report = JSON.parse(await jsonOf(FULL)) as Report;
    change(report);
    return report;
  }

  test.each<[string, (report: Report) => void]>([
    ['a field that is missing', (report) => delete (report.connections[0] as Partial<Report['connections'][0]>).close],
    ['a value that is none of the names', (report) => (report.connections[0]!.protocol = 'spdy' as 'tls')],
    ['frame 0', (report) => (report.connections[0]!.firstFrame = 0)],
    ['a frame as other text', (report) => (report.connections[0]!.firstFrame = '0:0')],
    ['a negative duration', (report) => (report.connections[0]!.exchanges[0]!.waitSeconds = -1)],
    ['null for a count', (report) => (report.summary.requests = null as unknown as number)],
    ['an exchange of nothing', (report) => Object.assign(report.connections[0]!.exchanges[0]!, { request: null, response: null, interim: [] })],
    ['a FIN of nobody', (report) => (report.connections[0]!.close.by = null)],
    ['an open connection with a closing frame', (report) => (report.connections[2]!.close.frame = 7)],
    ['a complete message without an end', (report) => (report.connections[0]!.exchanges[0]!.request!.endFrame = null)],
    ['a time without nanoseconds', (report) => (report.captures[0]!.startedAt = '2026-01-02T03:04:05Z')],
    ['a cause that is not known', (report) => Object.assign(report.summary.closeCauses, { boredom: 1 })],
    ['a request that ends with the connection', (report) => Object.assign(report.connections[0]!.exchanges[0]!.request!, { framing: 'until-close' })],
  ])('refuses %s', async (_, change) => expect(validateReport(await changed(change))).toBe(false));

  test('allows fields of later minor additions, which our own reports must not have yet', async () => {
    const report = await changed((report) => Object.assign(report.connections[0]!, { later: true }));
    expect(validateReport(report)).toBe(true);
    expect(validateReportStrictly(report)).toBe(false);
  });
});
