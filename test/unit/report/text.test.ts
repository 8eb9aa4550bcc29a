import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReportModel } from '../../../main/report/report-model.ts';
import type { TextOptions } from '../../../main/report/text.ts';
import { writeText } from '../../../main/report/text.ts';
import { textWidth } from '../../../shared/format/safe-text.ts';
import type { CloseReport, ConnectionReport } from '../../../shared/model/connection.ts';
import { captureReport, connectionReport, endpointReport, exchangeReport, otherConnection, reportModel, requestReport, responseReport } from '../../kit/report-fixtures.ts';

async function textOf(model: ReportModel, options: TextOptions = { color: false }): Promise<string> {
  let text = '';
  await writeText(model, (piece) => void (text += piece), options);
  return text;
}

/** The first paragraph, on one line. */
async function answerOf(connections: ConnectionReport[], different: Partial<ReportModel> = {}): Promise<string> {
  const text = await textOf({ ...reportModel({ connections }), ...different });
  return text.split('\n\n')[0]!.trim().replaceAll('\n', ' ');
}

function closed(different: Partial<CloseReport>): { close: CloseReport } {
  return { close: { ...connectionReport().close, ...different } };
}

const OPEN = closed({ by: null, kind: 'open', frame: null, time: null, idleSeconds: null });
const reused = (requests: number, different: Partial<ConnectionReport> = {}): ConnectionReport =>
  connectionReport({ exchanges: Array.from({ length: requests }, (_, index) => exchangeReport({ index })), ...different });

describe('the answer', () => {
  test.each<[string, ConnectionReport[], string]>([
    ['one request', [connectionReport()], '1 request used 1 connection: there was nothing to reuse. The client closed it (FIN).'],
    ['no reuse', [reused(1), reused(1, closed({ kind: 'rst' })), reused(1), reused(1)], '4 requests used 4 connections: none was reused. The client closed 3 (FIN) and reset 1 (RST).'],
    ['all on one', [reused(4, OPEN)], '4 requests used 1 connection: it was reused every time. It was still open at the end.'],
    ['all reused', [reused(5), reused(5)], '10 requests used 2 connections: both were reused, 80 % of the requests found one open. The client closed both (FIN).'],
    [
      'some reused',
      [reused(8), reused(1, closed({ by: 'server' })), reused(1, OPEN)],
      '10 requests used 3 connections: 1 was reused, 70 % of the requests found one open. The client closed 1 (FIN), the server closed 1 (FIN), and 1 was still open at the end.',
    ],
    ['only TLS', [otherConnection(1, 'tls'), otherConnection(2, 'tls')], '2 TCP connections, none with HTTP/1 that can be read (TLS). The client closed both (FIN).'],
    [
      'some without HTTP',
      [reused(2), otherConnection(2, 'tls', closed({ by: 'server', kind: 'rst' })), otherConnection(3, 'none', closed({ by: null, kind: 'replaced', frame: null, time: null, idleSeconds: null }))],
      '2 requests used 1 connection: it was reused every time. Of all 3 connections, the client closed 1 (FIN), the server reset 1 (RST), and the end of 1 was not seen. 2 further connections had no HTTP/1 that can be read (1 TLS, 1 without data).',
    ],
    ['one direction only', [connectionReport({ exchanges: [exchangeReport({ request: null })] })], '1 response on 1 connection: the requests are not in the capture. The client closed it (FIN).'],
    ['nothing', [], 'No TCP connection in 41 packets.'],
  ])('%s', async (_, connections, answer) => expect(await answerOf(connections)).toBe(answer));

  test('no packets, and stopped early', async () => {
    expect(await answerOf([], { captures: [captureReport({ packets: 0 })] })).toBe('There are no packets to read.');
    expect(await answerOf([], { interrupted: true })).toBe('Stopped before the end: this is what was read until then. No TCP connection in 41 packets.');
  });

  test('what one side did is told together, however the counts lie', async () => {
    const close = (by: 'client' | 'server', kind: 'fin' | 'rst', count: number): ConnectionReport[] => Array.from({ length: count }, () => reused(1, closed({ by, kind })));
    expect(await answerOf([...close('server', 'fin', 2), ...close('client', 'rst', 1), ...close('client', 'fin', 3)])).toContain('The client closed 3 (FIN) and reset 1 (RST), and the server closed 2 (FIN).');
    // As many of either side at most: what one of them did besides came between.
    expect(await answerOf([...close('server', 'fin', 2), ...close('client', 'fin', 2), ...close('server', 'rst', 1), ...close('client', 'rst', 1)])).toContain('The client closed 2 (FIN) and reset 1 (RST), and the server closed 2 (FIN) and reset 1 (RST).');
  });
});

const PROBES = [15, 30, 45].map((time, index) => ({ frame: 20 + index, time, from: 'client' as const, answeredBy: index === 2 ? null : 30 + index }));
const ORDINARY = reportModel({
  captures: [captureReport({ complete: false, anomalies: [{ code: 'capture-cut-short', count: 1, firstFrame: 41, byteOffset: 12_000, message: 'the file ends inside a record' }] })],
  connections: [
    reused(4, { keepAliveProbes: PROBES, zeroWindows: [{ from: 'client', startFrame: 5, time: 0.0009, endFrame: 9, seconds: 12.2 }], retransmissions: { client: 0, server: 3 } }),
    connectionReport({
      id: 2,
      client: { address: '10.9.0.1', port: 38350 },
      exchanges: [
        exchangeReport({
          request: requestReport({ method: 'POST', target: '/v1/reports/2026/quarterly-figures-by-region.json?format=compact' }),
          response: responseReport({ status: 206, complete: false, bodyBytes: 12_000, expectedBytes: 2_000_000 }),
        }),
      ],
      ...closed({ kind: 'rst', time: 0.0013, idleSeconds: 0.00019 }),
    }),
    otherConnection(3, 'tls', {
      client: { address: '2001:db8::1', port: 50_000 },
      server: { address: '2001:db8:0:42::2', port: 443 },
      tls: { version: '1.3', sni: 'login.example', alpn: 'h2', resumed: null, decrypted: false },
      ...OPEN,
    }),
  ],
  endpoints: [endpointReport({ connections: 2, requests: 5, reuseRatio: 0.6, hosts: ['api.example', 'b.example'] }), endpointReport({ client: '2001:db8::1', server: '2001:db8:0:42::2', port: 443, hosts: [], requests: 0, vlans: [5] })],
});

const AT_80 = `5 requests used 2 connections: 1 was reused, 60 % of the requests found one
open. Of all 3 connections, the client closed 1 (FIN) and reset 1 (RST), and 1
was still open at the end. 1 further connection had no HTTP/1 that can be read
(TLS). 3 TCP keep-alive probes were sent.

Who talked to whom
  AVOID: avoidable connections; MOST: open at once
  CLIENT       SERVER                 OVER    HOSTS           CONNS  REQS  REUSE
  10.9.0.1     10.9.0.2:8080                  api.example +1      2     5   60 %
  2001:db8::1  [2001:db8:…42::2]:443  VLAN 5                      1     0      -

Findings
  Nothing needs changing. 2.5 requests per connection.

Connections
  ID   PORT  REQS        OPEN  CLOSED BY     IDLE  WHY      LAST REQUEST
  10.9.0.1 -> 10.9.0.2:8080
   1  38348     4      45.1 s  client FIN  45.1 s  unknown  GET /bytes/2000 200
      3 keep-alive probes by the client, 1 unanswered; the client took no bytes
        for 12.2 s; 3 retransmissions by the server
   2  38350     1      1.3 ms  client RST  190 µs  unknown  POST /v1/r…mpact 206
      last response not complete: 12 kB of 2.0 MB
  2001:db8::1 -> [2001:db8:0:42::2]:443
   3  50000     -  1 min 15 s  still open       -  unknown  (TLS 1.3 l….example)

Capture checkout.pcap
  PACKETS   SIZE  STARTED (UTC)             LASTS  FORMAT
       41  12 kB  2026-01-02 03:04:05  1 min 15 s  pcap EN10MB
  ! the file ends inside a record (capture-cut-short, frame 41)
`;

const AT_120 = `5 requests used 2 connections: 1 was reused, 60 % of the requests found one open. Of all 3 connections, the client
closed 1 (FIN) and reset 1 (RST), and 1 was still open at the end. 1 further connection had no HTTP/1 that can be read
(TLS). 3 TCP keep-alive probes were sent.

Who talked to whom
  AVOID: avoidable connections; MOST: open at once
  CLIENT       SERVER                  OVER    HOSTS           CONNS  REQS  REUSE
  10.9.0.1     10.9.0.2:8080                   api.example +1      2     5   60 %
  2001:db8::1  [2001:db8:0:42::2]:443  VLAN 5                      1     0      -

Findings
  Nothing needs changing. 2.5 requests per connection.

Connections
  ID   PORT  REQS        OPEN  CLOSED BY     IDLE  WHY      LAST REQUEST
  10.9.0.1 -> 10.9.0.2:8080
   1  38348     4      45.1 s  client FIN  45.1 s  unknown  GET /bytes/2000 200
      3 keep-alive probes by the client, 1 unanswered; the client took no bytes for 12.2 s; 3 retransmissions by the
        server
   2  38350     1      1.3 ms  client RST  190 µs  unknown  POST /v1/reports/2026/quarterl…egion.json?format=compact 206
      last response not complete: 12 kB of 2.0 MB
  2001:db8::1 -> [2001:db8:0:42::2]:443
   3  50000     -  1 min 15 s  still open       -  unknown  (TLS 1.3 login.example)

Capture checkout.pcap
  PACKETS   SIZE  STARTED (UTC)             LASTS  FORMAT
       41  12 kB  2026-01-02 03:04:05  1 min 15 s  pcap EN10MB
  ! the file ends inside a record (capture-cut-short, frame 41)
`;

describe('the page', () => {
  test('at 80 columns', async () => {
    expect(await textOf(ORDINARY)).toBe(AT_80);
  });

  test('at 120 columns', async () => {
    expect(await textOf(ORDINARY, { color: false, width: 120 })).toBe(AT_120);
  });

  test('colour is only there when asked for, and changes nothing else', async () => {
    const plain = await textOf(ORDINARY);
    const coloured = await textOf(ORDINARY, { color: true });
    expect(plain).not.toContain('\x1b');
    expect(coloured).toContain('\x1b[31m');
    expect(coloured.replace(/\p{Cc}\[\d*m/gu, '')).toBe(plain);
  });

  test('where there are many, it says how many are left out and how to see them', async () => {
    const connections = Array.from({ length: 1234 }, (_, index) => connectionReport({ id: index + 1 }));
    const endpoints = Array.from({ length: 300 }, () => endpointReport());
    const captures = Array.from({ length: 50 }, (_, index) => captureReport({ path: `${index}.pcap`, complete: false }));
    const text = await textOf(reportModel({ connections, endpoints, captures }));
    expect(text).toContain('\nConnections: 20 of 1,234 (all: --format ndjson)\n');
    expect(text).toContain('\nWho talked to whom: the first 10 of 300 (all: --format json)\n');
    expect(text).toContain('\nCaptures: the first 20 of 50 (all: --format json)\n');
    expect(text).toContain('\n  ! and 38 more anomalies (all: --format json)\n');
    expect(text.split('\n').length).toBeLessThan(100);
  });

  test('of many connections only the notable ones are made', async () => {
    const connections = Array.from({ length: 100 }, (_, index) => connectionReport({ id: index + 1 }));
    const model: ReportModel = {
      ...reportModel({ connections }),
      connections: () => {
        throw new Error('all connections were asked for');
      },
      notableConnections: (limit) => connections.slice(-limit),
    };
    expect(await textOf(model)).toMatch(/^ +100 +38348/m);
  });

  test('connections whose client and server are the same over another path stand apart', async () => {
    const text = await textOf(reportModel({ connections: [connectionReport(), connectionReport({ id: 2, vlans: [5] })] }));
    expect(text).toContain('  10.9.0.1 -> 10.9.0.2:8080\n');
    expect(text).toContain('  10.9.0.1 -> 10.9.0.2:8080, VLAN 5\n');
  });

  test('several captures are named by their files, with their folders only where names repeat', async () => {
    const captures = ['/var/captures/a.pcap', 'C:\\captures\\b.pcap'].map((path) => captureReport({ path }));
    expect(await textOf(reportModel({ captures }))).toMatch(/^ {2}a\.pcap +41 .*\n {2}b\.pcap +41 /m);
    const same = ['/monday/eth0.pcap', '/tuesday/eth0.pcap'].map((path) => captureReport({ path, complete: false }));
    expect(await textOf(reportModel({ captures: same }))).toContain('  ! /tuesday/eth0.pcap: the capture is not complete\n');
  });

  test('an input that was not read is named', async () => {
    const text = await textOf(reportModel({ unreadable: [{ path: 'c.pcap', code: 'file-not-found', message: 'there is no such file' }] }));
    expect(text).toContain('  ! c.pcap was not read: there is no such file\n');
  });
});

describe('hostile text', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.constantFrom('\x1b]0;title\x07', '\x1b[2J\x1b[H', 'a\r\nb', '\u202egnp.exe', '\x9b31m', '\xc2\x9b31m', '日本語'.repeat(30), 'x'.repeat(500), '\u0301'.repeat(50), ''),
  );

  test('no line is wider than the width, and nothing drives the terminal', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, fc.integer({ min: 40, max: 200 }), fc.boolean(), async (one, two, three, width, color) => {
        const model = reportModel({
          captures: [captureReport({ path: one, linkTypes: [two], anomalies: [{ code: 'te-and-cl', count: 2, firstFrame: 3, message: three }] }), captureReport({ path: three })],
          unreadable: [{ path: two, code: 'file-not-found', message: one }],
          connections: [
            connectionReport({ exchanges: [exchangeReport({ request: requestReport({ method: three, target: one, host: two }) })] }),
            otherConnection(2, 'tls', { tls: { version: two, sni: three, alpn: one, resumed: null, decrypted: false } }),
          ],
          endpoints: [endpointReport({ hosts: [one, two] }), endpointReport({ client: '2001:db8:1111:2222:3333:4444:5555:6666', server: '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff', vlans: [1, 2], encapsulation: 'vxlan:4096' })],
        });
        const text = await textOf(model, { color, width });
        const plain = color ? text.replace(/\p{Cc}\[(0|1|2|31|33)m/gu, '') : text;
        expect(plain).not.toMatch(/[^\P{C}\n]|[\p{Zl}\p{Zp}\p{M}]|(?! )\p{Zs}/u);
        for (const line of plain.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(width);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('it is shown as what it is', async () => {
    const text = await textOf(reportModel({ connections: [connectionReport({ exchanges: [exchangeReport({ request: requestReport({ target: '/\x1b[2J/caf\xc3\xa9' }) })] })] }), { color: false, width: 120 });
    expect(text).toContain('GET /\\x1b[2J/café 200');
  });
});
