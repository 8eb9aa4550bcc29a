import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnalysisReport } from '../../../main/analysis/analysis-report.ts';
import { analyze } from '../../../main/analysis/analyzer.ts';
import { AppError } from '../../../main/app-error.ts';
import { type HtmlOptions, writeHtml } from '../../../main/report/html.ts';
import type { ReportModel } from '../../../main/report/report-model.ts';
import type { PacketReport } from '../../../shared/model/packet.ts';
import type { ConnectionReport } from '../../../shared/model/connection.ts';
import { captureReport, connectionReport, endpointReport, exchangeReport, findingReport, otherConnection, reportModel, requestReport, responseReport } from '../../kit/report-fixtures.ts';

async function htmlOf(model: ReportModel, options: Partial<HtmlOptions> = {}): Promise<string> {
  const pieces: string[] = [];
  await writeHtml(model, (piece) => void pieces.push(piece), { version: '1.2.3', ...options });
  return pieces.join('');
}

/** What a reader sees: without tags, style and titles. */
const words = (html: string): string =>
  html
    .replace(/<style>.*?<\/style>|<title>.*?<\/title>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');

const closed = (id: number, at: number): ConnectionReport =>
  connectionReport({
    id,
    client: { address: '10.9.0.1', port: 40_000 + (id % 20_000) },
    startedAt: at,
    endedAt: at + 0.4,
    exchanges: [exchangeReport({ request: requestReport({ time: at + 0.1, endTime: at + 0.1, target: `/v1/items/${id}?expand=prices` }), response: responseReport({ time: at + 0.2, endTime: at + 0.3 }) })],
    close: {
      ...connectionReport().close,
      time: at + 0.35,
      cause: 'undrained-response',
      confidence: 'likely',
      otherFin: { frame: 12, time: at + 0.4 },
      evidence: [{ frame: 6, note: 'request (GET)' }, { frame: 10, note: 'FIN of the client, 50 ms after the last byte' }],
    },
    findings: [1],
  });

describe('the page', () => {
  const connections = Array.from({ length: 6 }, (_, i) => closed(i + 1, i));
  const findings = [
    findingReport({ connections: [1, 2, 3, 4, 5, 6], confidence: 'likely', cost: { connections: 5, seconds: 0.25 }, fix: { summary: 'Read the body to its end.', snippet: 'if n < limit {\n\treturn\n}\n', source: 'https://go.dev/doc' } }),
    findingReport({ id: 2, rule: 'missed-reuse', title: 'A new connection was opened although another could have served', severity: 'info', connections: [2], fix: { summary: 'Read the body to its end.', snippet: null, source: null } }),
  ];
  const model = reportModel({ connections, findings, endpoints: [endpointReport({ connections: 6, requests: 6, missedReuse: 5, maxConcurrent: 2, timeWaitPeak: 6, portBudget: 28_232 })] });

  test('gives the answer, the numbers, the findings with their frames, the fix and each connection', async () => {
    const text = words(await htmlOf(model));
    expect(text).toContain('6 requests used 6 connections: none was reused.');
    expect(text).toMatch(/6 in TIME_WAIT at the peak, of 28,232 ports/);
    expect(text).toMatch(/warning Response bodies are closed before they are read undrained-response 6 likely 6 250 ms/);
    expect(text).toContain('10.9.0.1 → 10.9.0.2:8080, 6 connections, 5 connections more than needed, 250 ms lost');
    expect(text).toContain('frame 10 RST with all bytes acknowledged');
    expect(text).toContain('if n < limit {');
    expect(text).toContain('GET /v1/items/6?expand=prices 200');
    expect(text).toContain('Drainspotter 1.2.3');
  });

  test('a fix that stands twice is given once', async () => {
    const html = await htmlOf(model);
    expect(html.split('if n &lt; limit').length).toBe(2);
    expect(html).toContain('<a href="#change-1">What to change, 1</a>');
  });

  test('draws the time axis, the pool and connections over time, each with words for those who do not see it', async () => {
    const html = await htmlOf(model);
    expect(html).toMatch(/<svg class="axis"[^>]*aria-label="Connection 1: Opens 211 µs; /);
    expect(html).toMatch(/<svg class="pool"[^>]*aria-label="6 connections over /);
    expect(html).toMatch(/<svg class="series"[^>]*aria-label="Open connections, at most 1; new connections, at most 1 in /);
  });

  test('draws alike endings twice at most', async () => {
    expect((await htmlOf(model)).match(/<svg class="axis"/g)?.length).toBe(2);
  });

  test('every link leads to something that is there', async () => {
    const html = await htmlOf(model);
    const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]!));
    const links = [...html.matchAll(/(?:href="#|url\(#)([\w-]+)/g)].map((match) => match[1]!);
    expect(links.length).toBeGreaterThan(10);
    for (const link of links) expect(ids).toContain(link);
  });

  test('says whether secrets are left out', async () => {
    expect(words(await htmlOf(model))).toContain('Credentials, cookies and values that look like secrets are replaced by [redacted].');
    expect(words(await htmlOf(reportModel({ redacted: false })))).toContain('Nothing was redacted: this report may show credentials and other secrets.');
  });

  test('says what was not read, not complete, or cut short', async () => {
    const text = words(
      await htmlOf(
        reportModel({
          interrupted: true,
          unreadable: [{ path: 'c.pcap', code: 'file-not-found', message: 'there is no such file' }],
          captures: [captureReport({ complete: false, anomalies: [{ code: 'capture-cut-short', count: 1, firstFrame: 41, message: 'the file ends inside a record' }] })],
        }),
      ),
    );
    expect(text).toContain('Stopped before the end');
    expect(text).toContain('c.pcap was not read: there is no such file');
    expect(text).toContain('frame 41 the file ends inside a record (capture-cut-short)');
  });

  test('nothing found and nothing there are said plainly', async () => {
    expect(words(await htmlOf(reportModel()))).toContain('Nothing needs changing.');
    expect(words(await htmlOf(reportModel({ connections: [] })))).toContain('No TCP connection in 41 packets.');
  });

  test('connections of other protocols and without a known end are drawn as what they are', async () => {
    const open = { ...connectionReport().close, by: null, kind: 'open' as const, frame: null, time: null, cause: 'open-at-end' as const };
    const html = await htmlOf(reportModel({ connections: [otherConnection(1, 'tls', { close: open, handshake: null })] }));
    expect(html).toContain('aria-label="Connection 1: The capture begins after the handshake; 2.2 kB that are not readable HTTP/1; Still open at the end of the capture"');
    expect(words(html)).toContain('Still open at the end of the capture');
  });

  test('a change saves what all its findings cost, not the costliest of them alone', async () => {
    const fix = { summary: 'Share one client.', snippet: null, source: null };
    const cost = (connections: number) => ({ connections, seconds: 0 });
    const html = await htmlOf(
      reportModel({
        connections: [connectionReport()],
        findings: [
          findingReport({ rule: 'server-idle', severity: 'warning', fix, cost: cost(40) }),
          findingReport({ id: 2, rule: 'missed-reuse', severity: 'warning', fix, cost: cost(324) }),
          findingReport({ id: 3, rule: 'missed-reuse', severity: 'warning', fix, cost: cost(320) }),
          findingReport({ id: 4, rule: 'missed-reuse', severity: 'warning', fix: { ...fix, summary: 'Another.' }, cost: cost(7) }),
        ],
      }),
    );
    expect(html).toContain('Share one client. (up to 644 connections fewer) <a class="why" href="#finding-1">');
  });

  test('a connection that stays open is drawn and told as open to the end of the captures', async () => {
    const first = closed(1, 0);
    const stays: ConnectionReport = { ...first, close: { ...connectionReport().close, by: null, kind: 'open', frame: null, time: null, cause: 'open-at-end' } };
    const two = [stays, closed(2, 3)];
    const finding = findingReport({ rule: 'missed-reuse', connections: [1, 2] });
    const html = await htmlOf(reportModel({ captures: [captureReport({ durationSeconds: 75 })], connections: two, findings: [finding], endpoints: [endpointReport({ connections: 2 })] }));
    expect(html).toContain('2 connections over 3.91 s, 1 missed reuse');
    expect(html).toContain('1 min 15 s open');
  });

  test('the axis of many connections has room for their number', async () => {
    const many = Array.from({ length: 3 }, (_, i) => closed(i + 1, i));
    const model = reportModel({ connections: many });
    const lifetimes = (visit: (startedAt: number, closedAt: number | null) => void): void => {
      for (let i = 0; i < 28_280; i++) visit(i / 1000, null);
    };
    const html = await htmlOf({ ...model, lifetimes });
    const [, x] = /<text class="tick" x="([\d.]+)"[^>]*>28,280</.exec(html)!;
    // Its end: a number of six characters of some six units each.
    expect(Number(x)).toBeGreaterThan(38);
  });

  test('packets that were lost while it was captured are told before the rest', async () => {
    const text = words(await htmlOf(reportModel({ captures: [captureReport({ anomalies: [{ code: 'packets-dropped', count: 7, firstFrame: null, message: 'lost while it was captured: 7 packets by the network interface' }] })], connections: [closed(1, 0)] })));
    expect(text.indexOf('Lost while it was captured: 7 packets')).toBeGreaterThan(0);
    expect(text.indexOf('Lost while it was captured: 7 packets')).toBeLessThan(text.indexOf('in handshakes'));
  });

  test('what TLS hides is told as an estimate, and as no request', async () => {
    const message = (frame: number, time: number) => ({ frame, time, endFrame: frame, endTime: time + 0.01, bytes: 517 });
    const sealed = { ...closed(1, 0), protocol: 'tls', exchanges: [], estimatedExchanges: [{ request: message(6, 0.1), response: message(8, 0.2) }] } as unknown as ConnectionReport;
    const model = reportModel({ connections: [sealed] });
    const text = words(await htmlOf({ ...model, summary: { ...model.summary, requests: 0, responses: 0, estimatedRequests: 1 } }));
    expect(text).toMatch(/0 requests and about 1 that TLS hides/);
    expect(text).not.toContain('all answered');
    expect(text).toContain('about 1 exchange inside TLS');
    expect(text).toMatch(/estimated from whose turn it was to send # Sent Wait Load Received 1 517 B 90 ms 10 ms 517 B/);
  });

  test('the ladder shows the packets it is given', async () => {
    const packet = { frame: 6, time: 0.1, from: 'client' as const, flags: ['PSH', 'ACK'], seq: 1, ack: 1, window: 64_240, length: 168, captured: 168, notes: [], starts: 'GET /v1/<b>' };
    const html = await htmlOf(reportModel({ connections: [closed(1, 0)], packets: () => Promise.resolve({ first: [packet], last: [] }) }));
    expect(html).toContain('<svg class="ladder"');
    expect(html).toContain('PSH, ACK  GET /v1/&lt;b&gt;');
  });
});

describe('the ladder', () => {
  const packet = (frame: number, different: Partial<PacketReport> = {}): PacketReport => ({ frame, time: frame / 1000, from: 'client', flags: ['ACK'], seq: 1, ack: 1, window: 64_240, length: 0, captured: 0, notes: [], starts: null, ...different });

  test('of a long one the beginning, the end and the evidence are drawn, and what is not is counted', async () => {
    const connection = connectionReport({ close: { ...connectionReport().close, evidence: [{ frame: 150, note: 'FIN of the client' }] } });
    // By turns: ACKs of one side in a row would be one row.
    const first = Array.from({ length: 200 }, (_, i) => packet(i + 1, { from: i % 2 === 0 ? 'client' : 'server' }));
    const html = await htmlOf(reportModel({ connections: [connection], packets: () => Promise.resolve({ first, last: [packet(9001)] }) }));
    const ladder = /<svg class="ladder".*?<\/svg>/s.exec(html)![0];
    const frames = [...ladder.matchAll(/class="lane-port"[^>]*>(\d+)</g)].map((match) => Number(match[1]));
    expect(frames).toEqual([...first.slice(0, 24), ...first.slice(148, 151), ...first.slice(178), packet(9001)].map(({ frame }) => frame));
    expect(words(ladder)).toContain('124 more rows');
    expect(words(ladder)).toContain('further packets, not read');
  });

  test('where the packets cannot be read again the report says why, and is complete without', async () => {
    const html = await htmlOf(reportModel({ packets: () => Promise.reject(new AppError('input-not-repeatable', 'standard input can be read once only')) }));
    expect(words(html)).toContain('Packets are not drawn: standard input can be read once only.');
    expect(html).toMatch(/<\/html>\n$/);
  });

  test('very large captures are not read again', async () => {
    const html = await htmlOf(reportModel({ captures: [captureReport({ bytes: 3e9 })], packets: () => Promise.reject(new Error('was asked')) }));
    expect(words(html)).toContain('Packets are drawn for captures up to 256 MB; these have 3.0 GB.');
  });

  test('the packets of the sample are those of its connections', async () => {
    const html = await htmlOf(new AnalysisReport(await analyze(['resources/samples/undrained-go.pcap']), { redact: true }));
    expect(html.match(/<svg class="ladder"/g)?.length).toBe(2);
    expect(words(html)).toMatch(/3 0 SYN seq 0 win \d+ 0 4 /);
    expect(words(html)).toContain('PSH, ACK GET /bytes/512 103 E1');
  });
});

describe('size', () => {
  test('many connections stand in tables of 250, laid out when they are seen: one of 5,000 took a browser seconds', async () => {
    const tables = async (count: number) => {
      const html = await htmlOf(reportModel({ connections: Array.from({ length: count }, (_, i) => closed(i + 1, i * 0.01)) }));
      return html.slice(html.indexOf('<section id="table">'), html.indexOf('<section id="captures">')).match(/<div class="scroll screen[^]*?<\/table>/g)!;
    };
    expect(await tables(250)).toHaveLength(1);
    const [first, second, ...others] = await tables(251);
    expect([first, second].map((table) => (table!.match(/<tr>/g) ?? []).length)).toEqual([1 + 250, 1 + 1]);
    expect(second).toContain('<th>Last request</th>');
    // A size is reserved for a full one alone: a single row stood in a page of nothing.
    expect([first, second].map((table) => table!.includes('class="scroll screen rows"'))).toEqual([true, false]);
    expect(others).toEqual([]);
  });

  test('5,000 connections make less than 5 MB, and all are there', async () => {
    const connections = Array.from({ length: 5000 }, (_, i) => closed(i + 1, i * 0.01));
    const html = await htmlOf(reportModel({ connections, findings: [findingReport({ connections: connections.map(({ id }) => id) })] }));
    expect(Buffer.byteLength(html)).toBeLessThan(5e6);
    expect(words(html)).toContain('/v1/items/5000?expand=prices');
  });

  test('of more it says how many are left out and how to get them', async () => {
    const connections = Array.from({ length: 5001 }, (_, i) => connectionReport({ id: i + 1, exchanges: [] }));
    expect(words(await htmlOf(reportModel({ connections })))).toContain('The 5,000 most notable of 5,001. All of them: --format ndjson, csv or parquet.');
  });

  test('a connection with very many exchanges, probes and gaps stays one picture', async () => {
    const many = connectionReport({
      exchanges: Array.from({ length: 20_000 }, (_, index) => exchangeReport({ index, request: requestReport({ time: index, endTime: index }), response: responseReport({ time: index + 0.1, endTime: index + 0.2 }) })),
      keepAliveProbes: Array.from({ length: 20_000 }, (_, i) => ({ frame: i + 1, time: i + 0.5, from: 'client', answeredBy: null })),
      gaps: Array.from({ length: 20_000 }, (_, i) => ({ frame: i + 1, time: i + 0.5, from: 'client', bytes: 1 })),
      close: { ...connectionReport().close, time: 20_000 },
      endedAt: 20_000,
    });
    const html = await htmlOf(reportModel({ connections: [many], findings: [findingReport({ connections: [1] })] }));
    expect(html.length).toBeLessThan(400_000);
    expect(words(html)).toContain('19,940 exchanges before the last are drawn as one.');
  });
});

describe('hostile text', () => {
  const HOSTILE = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onload='alert(1)", '</style><style>*{display:none}', ']]>&lt;', '<!--', '\u202egnp.exe', '\x00\x1b[2J', 'javascript:alert(1)', '`${1}`', '</title></svg>'];
  const hostile = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary', maxLength: 40 }));
  /** Tags, attributes and values that the report itself is made of. */
  const MARKUP = /<(?:!doctype html|\/?[a-z0-9]+(?: [a-z:A-Z-]+(?:="[^"<>]*")?)*\/?)>/g;

  test('it stays text: no tag, attribute or control comes of it', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, async (one, two, three) => {
        const model = reportModel({
          packets: () => Promise.resolve({ first: [{ frame: one, time: 0, from: 'client', flags: ['ACK'], seq: 1, ack: 1, window: 1, length: 1, captured: 1, notes: [], starts: three }], last: [] }),
          captures: [captureReport({ path: one, linkTypes: [two], anomalies: [{ code: 'te-and-cl', count: 2, firstFrame: 3, message: three }] }), captureReport({ path: three })],
          unreadable: [{ path: two, code: 'file-not-found', message: one }],
          connections: [
            connectionReport({ exchanges: [exchangeReport({ request: requestReport({ method: three, target: one, host: two }) })], close: { ...connectionReport().close, evidence: [{ frame: one, note: two }] } }),
            otherConnection(2, 'tls', { tls: { version: two, sni: three, alpn: one, resumed: null, decrypted: false } }),
          ],
          endpoints: [endpointReport({ hosts: [one, two], clientStack: { id: 'x', name: three, confidence: 'likely' } })],
          findings: [findingReport({ connections: [1, 2], title: one, explanation: two, evidence: [{ frame: three, note: one }], fix: { summary: three, snippet: one, source: two } })],
        });
        const html = await htmlOf(model, { version: two });
        const styles = html.replace(/<style>[^<]*<\/style>/, '');
        expect(styles.replace(MARKUP, '')).not.toMatch(/[<>]/);
        // What a snippet of ours holds is shown as it is; all else has no controls.
        expect(styles.replace(/<pre[^>]*>[^<]*<\/pre>/g, '')).not.toMatch(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
        for (const [tag] of styles.matchAll(MARKUP)) expect(tag).not.toMatch(/ on[a-z]+=|javascript:|<script|<img|<iframe| style=/i);
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  test('a source of advice is a link only to the web', async () => {
    const html = await htmlOf(reportModel({ findings: [findingReport({ fix: { summary: 'x', snippet: 'y', source: 'javascript:alert(1)' } })] }));
    expect(html).not.toContain('href="javascript');
  });

  test('the policy allows nothing but the style sheet that is in the file', async () => {
    const html = await htmlOf(reportModel());
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)![1]!.replaceAll('&#39;', "'");
    const style = /<style>([^<]*)<\/style>/.exec(html)![1]!;
    expect(policy).toBe(`default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`);
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
  });
});
