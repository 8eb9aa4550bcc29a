import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIELDS } from '../../shared/query/fields.ts';
import type { AnalysisState } from '../../shared/model/view.ts';
import { toPcap } from '../kit/capture-files.ts';
import { conversation } from '../kit/conversation.ts';
import { TestServices } from '../kit/services.ts';

const SAMPLES = ['undrained-go', 'nginx-idle', 'keep-alive-probes', 'stalled-patch', 'transport-per-request'];
const columnsOf = (table: 'connections' | 'exchanges') => FIELDS[table].filter(({ only }) => only !== 'filter').map(({ id }) => id);

const services = new TestServices();
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-contract-'));
  await services.start();
});
afterAll(async () => {
  await services.stop();
  rmSync(folder, { recursive: true, force: true });
  expect(services.faults).toEqual([]);
});

async function openSample(sample: string): Promise<{ analysisId: string; state: AnalysisState }> {
  const { analysisId } = await services.request('analysis.open', { source: { kind: 'sample', sample } });
  return { analysisId, state: await services.settled(analysisId) };
}

const HOSTILE = 'GET /a?token=s3cret HTTP/1.1\r\nHost: <b>\x1b[31m\u00e9\r\nAuthorization: Bearer abc\r\nX-A: 1\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: id=1\r\n\r\nok';

async function openHostile(): Promise<string> {
  const path = join(folder, 'hostile.pcap');
  const talk = conversation().handshake().client(HOSTILE).server(OK).ack('client').client(HOSTILE).server(OK).close('client');
  writeFileSync(path, toPcap(talk.packets, { nanoseconds: true }));
  return services.analysed(path);
}

describe.each(SAMPLES)('the sample %s', (sample) => {
  it('answers every question about all that is in it', async () => {
    const { analysisId, state } = await openSample(sample);
    expect(state).toMatchObject({ phase: 'done', interrupted: false });
    const overview = await services.request('results.overview', { analysisId });
    expect(overview.answer.length).toBeGreaterThan(0);
    expect(overview.summary.connections).toBe(state.connections);
    expect(overview.groups.reduce((sum, { findings }) => sum + findings, 0)).toBe(state.findings);

    for (const table of ['connections', 'exchanges'] as const) {
      const page = await services.request('results.rows', { analysisId, table, offset: 0, limit: 500, columns: columnsOf(table) });
      expect(page.ids).toEqual(Array.from({ length: Math.min(500, page.total) }, (_, place) => place + 1));
      expect(page.total).toBe(page.all);
      for (const column of Object.values(page.columns)) expect(column.length).toBe(page.ids.length);
      for (const field of columnsOf(table).filter((id) => id !== 'lane')) {
        const sorted = await services.request('results.rows', { analysisId, table, offset: 0, limit: 500, columns: [field], sort: [{ field, descending: true }] });
        expect(new Set(sorted.ids).size, field).toBe(page.ids.length);
        const last = sorted.ids.at(-1)!;
        expect(await services.request('results.locate', { analysisId, table, id: last, sort: [{ field, descending: true }] })).toEqual({ index: sorted.ids.length - 1 });
      }
      if (table === 'connections') {
        const { columns } = await services.request('results.rows', { analysisId, table, offset: 0, limit: 500, columns: ['finding', 'finding_severity'] });
        const { findings } = await services.request('results.findings', { analysisId, offset: 0, limit: 100 });
        const order = ['error', 'warning', 'info'];
        columns['finding']!.forEach((cell, place) => {
          const severities = columns['finding_severity']![place] as string[];
          expect([...severities].sort((a, b) => order.indexOf(a) - order.indexOf(b))).toEqual(severities);
          for (const [at, rule] of (cell as string[]).entries()) expect(findings.some((finding) => finding.rule === rule && finding.severity === severities[at])).toBe(true);
        });
      }
      const facets = await services.request('results.facets', { analysisId, table, fields: FIELDS[table].filter(({ facet }) => facet).map(({ id }) => id) });
      for (const { field, values } of facets) {
        for (const { value, count } of values.slice(0, 3)) {
          const rows = await services.request('results.rows', { analysisId, table, offset: 0, limit: 1, columns: ['id'], query: `${field}:"${value}"` });
          expect(rows.total, `${field}:${value}`).toBe(count);
        }
      }
    }

    for (let id = 1; id <= Math.min(state.connections, 6); id++) {
      const detail = await services.request('results.connection', { analysisId, id });
      expect(detail.report.id).toBe(id);
      expect(detail.verdict.headline).toMatch(/^[A-Z].*\.$/);
      expect(detail.sameCause.connections).toBeGreaterThan(0);
      const { total, packets } = await services.request('results.packets', { analysisId, id, offset: 0, limit: 500 });
      expect(packets.length).toBe(Math.min(total, 500));
      expect(total).toBe(detail.report.packets.client + detail.report.packets.server);
      for (const { index, request, response } of detail.report.exchanges.slice(0, 2)) {
        const heads = await services.request('results.heads', { analysisId, id, exchange: index });
        expect(heads.request === null).toBe(request === null);
        expect(heads.response === null).toBe(response === null);
      }
    }

    const { endpoints, total } = await services.request('results.endpoints', { analysisId, offset: 0, limit: 100 });
    expect(endpoints.length).toBe(total);
    expect(endpoints.reduce((sum, { report }) => sum + report.connections, 0)).toBe(state.connections);
    for (const row of endpoints) {
      expect(row.causes.reduce((sum, { connections }) => sum + connections, 0)).toBe(row.report.connections);
      const rows = await services.request('results.rows', { analysisId, table: 'connections', offset: 0, limit: 1, columns: ['id'], query: row.query });
      expect(rows.total).toBe(row.report.connections);
      const detail = await services.request('results.endpoint', { analysisId, endpoint: row.id });
      expect(detail.row).toEqual(row);
      const lanes = await services.request('results.lanes', { analysisId, endpoint: row.id, offset: 0, limit: 500 });
      expect(lanes.total).toBe(row.report.connections);
      expect(lanes.lanes.reduce((sum, lane) => sum + lane.passedOver.length, 0)).toBeLessThanOrEqual(row.avoidable);
      for (const lane of lanes.lanes) for (let i = 0; i < lane.spans.length; i += 3) expect(lane.spans[i + 2]).toBeGreaterThan(lane.spans[i + 1]!);
      const pool = await services.request('results.pool', { analysisId, endpoint: row.id, points: 4000 });
      expect(Math.max(...pool.open)).toBe(row.report.maxConcurrent);
      expect(Math.max(...pool.busy)).toBe(row.needed);
    }

    const findings = await services.request('results.findings', { analysisId, offset: 0, limit: 100 });
    expect(findings.total).toBe(state.findings);
    for (const { rule, connections } of overview.groups) {
      const rows = await services.request('results.rows', { analysisId, table: 'connections', offset: 0, limit: 1, columns: ['id'], query: `finding:${rule}` });
      expect(rows.total).toBeLessThanOrEqual(connections);
      expect(rows.total).toBeGreaterThan(0);
    }

    const series = await services.request('results.series', { analysisId, buckets: 50 });
    expect(series.opened.reduce((sum, count) => sum + count, 0)).toBe(state.connections);
    const left = state.connections - series.closed.reduce((sum, count) => sum + count, 0);
    expect(series.open.at(-1)).toBeGreaterThanOrEqual(left);
    expect(series.open.at(-1)).toBeLessThanOrEqual(left + series.closed.at(-1)!);
    expect(overview.tiles[1]!.note).toBe(`peak ${Math.max(...series.open).toLocaleString('en-US')} open at once`);
  });

  it('is written in every format', async () => {
    const { analysisId, state } = await openSample(sample);
    for (const { id, extension, preview } of await services.request('reports.formats', {})) {
      // The large sample in the formats that stay small.
      if (state.connections > 1000 && !['html', 'markdown', 'text', 'sarif'].includes(id)) continue;
      const { path } = await services.request('reports.save', { analysisId, format: id });
      expect(path?.endsWith(extension), id).toBe(true);
      const bytes = services.read(path!);
      expect(bytes.length, id).toBeGreaterThan(20);
      if (preview === 'none') await expect(services.request('reports.preview', { analysisId, format: id })).rejects.toMatchObject({ code: 'no-preview' });
      else expect(bytes.toString().slice(0, 1000)).toContain((await services.request('reports.preview', { analysisId, format: id })).text.slice(0, 20));
    }
  });
});

describe('results', () => {
  it('of a query and a time range are told of these connections alone', async () => {
    const { analysisId, state } = await openSample('transport-per-request');
    const overview = await services.request('results.overview', { analysisId, query: 'id:<=3' });
    expect(overview.summary.connections).toBe(3);
    expect(state.connections).toBeGreaterThan(3);
    expect(overview.groups.every(({ connections }) => connections >= 1)).toBe(true);
    const series = await services.request('results.series', { analysisId, query: 'id:<=3', buckets: 10 });
    expect(series.opened.reduce((sum, count) => sum + count, 0)).toBe(3);
    // What the rows of endpoints and the words of findings say is of these connections too.
    const ranged = await services.request('results.overview', { analysisId, range: { from: 0, to: 0.01 } });
    const { total } = await services.request('results.rows', { analysisId, table: 'connections', offset: 0, limit: 1, columns: ['id'], range: { from: 0, to: 0.01 } });
    expect(ranged.summary.connections).toBe(total);
    expect(total).toBeLessThan(state.connections);
    expect(ranged.endpoints.reduce((sum, { report }) => sum + report.connections, 0)).toBe(total);
    expect(ranged.endpoints.reduce((sum, { avoidable }) => sum + avoidable, 0)).toBe(ranged.summary.avoidableConnections);
    for (const { causes, report, needed } of ranged.endpoints) {
      expect(causes.reduce((sum, { connections }) => sum + connections, 0)).toBe(report.connections);
      expect(needed).toBeLessThanOrEqual(report.connections);
    }
    for (const { rule, note, connections } of ranged.groups) {
      const all = (await services.request('results.overview', { analysisId })).groups.find((group) => group.rule === rule)!.connections;
      if (connections < all) expect(note).toBe(`${connections.toLocaleString('en-US')} connections here, of ${all.toLocaleString('en-US')} in the whole capture.`);
    }
    const { text } = await services.request('reports.preview', { analysisId, format: 'ndjson', query: 'id:<=3' });
    expect(text.split('\n').filter((line) => line.startsWith('{"connection"')).length).toBe(3);
    const first = await services.request('results.connection', { analysisId, id: 1 });
    const early = await services.request('results.rows', { analysisId, table: 'connections', offset: 0, limit: 10, columns: ['start'], range: { from: 0, to: first.report.startedAt } });
    expect(early.ids).toEqual([1]);
  });

  it.each([
    ['json', 'is a report that Drainspotter saved, which is not read: it can be compared'],
    ['ndjson', 'is a report that Drainspotter saved, which is not read: it can be compared'],
    ['html', 'is an HTML page, which is not read: look at it in a browser'],
    ['har', 'is a HAR file, which is not read: look at it in'],
  ])('saved as %s and opened in place of the capture say what they are, and what to do with them', async (format, words) => {
    const { analysisId } = await openSample('undrained-go');
    const { path } = await services.request('reports.save', { analysisId, format });
    const opened = await services.request('analysis.open', { source: { kind: 'paths', paths: [path!] } });
    expect(await services.settled(opened.analysisId)).toMatchObject({ phase: 'failed', error: { code: 'unsupported-format', message: expect.stringContaining(words) } });
  });

  it('name the software that a fix is for, not its id', async () => {
    const { analysisId } = await openSample('undrained-go');
    const { findings } = await services.request('results.findings', { analysisId, rule: 'undrained-response', offset: 0, limit: 1 });
    expect(findings[0]!.fix).toMatchObject({ clientStack: 'go-net-http-client', stackName: 'Go net/http (Transport)' });
    expect((await services.request('results.connection', { analysisId, id: 1 })).fix?.stackName).toBe('Go net/http (Transport)');
    expect((await services.request('results.endpoint', { analysisId, endpoint: 0 })).fix?.stackName).toBe('Go net/http (Transport)');
  });

  it('show zero windows in the lanes of a pool and the course of a row', async () => {
    const { analysisId } = await openSample('stalled-patch');
    const { lanes } = await services.request('results.lanes', { analysisId, endpoint: 0, offset: 0, limit: 1 });
    const { report } = await services.request('results.connection', { analysisId, id: lanes[0]!.connection });
    const [window] = report.zeroWindows;
    const stalls = lanes[0]!.spans.flatMap((kind, at, spans) => (at % 3 === 0 && kind === 4 ? [[spans[at + 1], spans[at + 2]]] : []));
    expect(stalls).toEqual([[expect.closeTo(window!.time, 5), expect.closeTo(window!.time + window!.seconds, 5)]]);
    const { columns } = await services.request('results.rows', { analysisId, table: 'connections', offset: 0, limit: 1, columns: ['lane'] });
    expect((columns['lane']![0] as number[]).slice(-3)).toEqual([4, expect.closeTo(window!.time - report.startedAt, 5), expect.closeTo(window!.time + window!.seconds - report.startedAt, 5)]);
  });

  it('mask secrets and escape what is hostile, until secrets are asked for', async () => {
    const analysisId = await openHostile();
    const { columns } = await services.request('results.rows', { analysisId, table: 'exchanges', offset: 0, limit: 1, columns: ['host', 'target'] });
    expect(columns).toEqual({ host: ['<b>\\x1b[31m\\xe9'], target: ['/a?token=[redacted]'] });
    const masked = await services.request('results.heads', { analysisId, id: 1, exchange: 1 });
    expect(masked.request).toEqual([['Host', '<b>\\x1b[31m\\xe9'], ['Authorization', '[redacted]'], ['X-A', '1']]);
    expect(masked.response).toEqual([['Content-Length', '2'], ['Set-Cookie', '[redacted]']]);
    const open = await services.request('results.heads', { analysisId, id: 1, exchange: 0, secrets: true });
    expect(open.request?.[1]).toEqual(['Authorization', 'Bearer abc']);
    const { report } = await services.request('results.connection', { analysisId, id: 1 });
    expect(report.exchanges[0]!.request).toMatchObject({ target: '/a?token=[redacted]', host: '<b>\\x1b[31m\\xe9' });
    for (const format of ['html', 'csv', 'json']) expect((await services.request('reports.preview', { analysisId, format })).text).not.toContain('s3cret');
    expect((await services.request('reports.preview', { analysisId, format: 'json', redact: false })).text).toContain('s3cret');
  });

  it('fit a frame, however long hosts and targets are', async () => {
    const path = join(folder, 'long.pcap');
    const talk = conversation().handshake();
    for (let i = 0; i < 450; i++) talk.client(`GET /${'é'.repeat(4000)}${i} HTTP/1.1\r\nHost: ${'h'.repeat(8000)}${i}\r\n\r\n`).server(OK);
    writeFileSync(path, toPcap(talk.packets, { nanoseconds: true }));
    const analysisId = await services.analysed(path);
    const page = await services.request('results.rows', { analysisId, table: 'exchanges', offset: 0, limit: 500, columns: columnsOf('exchanges') });
    expect(page.total).toBe(450);
    await services.request('results.facets', { analysisId, table: 'exchanges', fields: ['host', 'method', 'target'] });
    await services.request('results.connection', { analysisId, id: 1 });
    await services.request('results.heads', { analysisId, id: 1, exchange: 449 });
    await services.request('results.overview', { analysisId });
    await services.request('results.packets', { analysisId, id: 1, offset: 0, limit: 500 });
  });

  it('find what a text may mean', async () => {
    const analysisId = await openHostile();
    expect(await services.request('results.goto', { analysisId, text: '1' })).toEqual([
      { kind: 'connection', label: 'Connection 1', connection: 1 },
      { kind: 'frame', label: 'Frame 1, connection 1', frame: 1, connection: 1 },
      { kind: 'query', label: 'Connections with 1', query: '1' },
    ]);
    const { report } = await services.request('results.connection', { analysisId, id: 1 });
    expect((await services.request('results.goto', { analysisId, text: report.server.address }))[0]).toMatchObject({ kind: 'endpoint', endpoint: 0 });
    expect(await services.request('results.goto', { analysisId, text: ' ' })).toEqual([]);
    expect(await services.request('results.goto', { analysisId, text: '198.51.100.9' })).toEqual([{ kind: 'nothing', label: 'No TCP connection here has the address 198.51.100.9.' }]);
  });

  it('find the one connection that holds a frame, and say so where none does', async () => {
    const path = join(folder, 'three-at-once.pcap');
    const [a, b] = [40_001, 40_002].map((port) => conversation({ client: `10.0.0.1:${port}` }).handshake().client('GET / HTTP/1.1\r\nHost: a\r\n\r\n').server(OK).close('client').packets);
    const stray = { ...a![0]!, bytes: Uint8Array.from(a![0]!.bytes, (octet, at) => (at === 23 ? 17 : octet)) };
    // Frame by frame in turn, with one in the middle that is no TCP.
    const mixed = a!.flatMap((packet, at) => [packet, b![at]!]);
    mixed.splice(9, 0, stray);
    writeFileSync(path, toPcap(mixed.map((packet, at) => ({ ...packet, time: 1 + at / 1000 })), { nanoseconds: true }));
    const analysisId = await services.analysed(path);
    const goTo = async (text: string) => (await services.request('results.goto', { analysisId, text })).filter(({ kind }) => kind === 'frame' || kind === 'nothing');
    const { packets } = await services.request('results.packets', { analysisId, id: 2, offset: 0, limit: 50 });
    for (const { frame } of packets) expect(await goTo(String(frame))).toEqual([{ kind: 'frame', label: `Frame ${frame}, connection 2`, frame, connection: 2 }]);
    expect(await goTo('10')).toEqual([{ kind: 'nothing', label: 'Frame 10 belongs to no TCP connection that was read.' }]);
    expect(await goTo('5000')).toEqual([{ kind: 'nothing', label: `There is no frame 5000: this capture has ${mixed.length} packets.` }]);
  });

  it('say what a query has wrong, and refuse it elsewhere', async () => {
    const analysisId = await openHostile();
    expect(await services.request('results.check', { analysisId, table: 'connections', query: 'a AND' })).toEqual({ offset: 5, message: "Not valid at character 6: expected a condition after 'AND'." });
    expect(await services.request('results.check', { analysisId, table: 'connections', query: 'a' })).toBeNull();
    await expect(services.request('results.rows', { analysisId, table: 'connections', offset: 0, limit: 1, columns: ['id'], query: 'a AND' })).rejects.toMatchObject({ code: 'query-not-valid' });
  });

  it('refuse what is not there', async () => {
    const analysisId = await openHostile();
    const refused = async (promise: Promise<unknown>, code: string) => expect(promise).rejects.toMatchObject({ code });
    await refused(services.request('results.connection', { analysisId, id: 2 }), 'no-such-connection');
    await refused(services.request('results.packets', { analysisId, id: 2, offset: 0, limit: 1 }), 'no-such-connection');
    await refused(services.request('results.heads', { analysisId, id: 1, exchange: 2 }), 'no-such-exchange');
    await refused(services.request('results.endpoint', { analysisId, endpoint: 1 }), 'no-such-endpoint');
    await refused(services.request('results.lanes', { analysisId, endpoint: 9, offset: 0, limit: 1 }), 'no-such-endpoint');
    await refused(services.request('results.rows', { analysisId, table: 'connections', offset: 0, limit: 1, columns: ['constructor'] }), 'no-such-column');
    await refused(services.request('reports.save', { analysisId, format: 'xml' }), 'unknown-format');
    await refused(services.request('packets.save', { analysisId, ids: [1, 7] }), 'no-such-connection');
    await refused(services.request('wireshark.open', { analysisId, id: 1, frame: '7:1' }), 'no-such-frame');
    await refused(services.request('results.overview', { analysisId: 'none' }), 'no-such-analysis');
  });

  it('give packets to a file and to Wireshark', async () => {
    const analysisId = await openHostile();
    const { path } = await services.request('packets.save', { analysisId, ids: [1] });
    expect(path?.endsWith('hostile-connection-1.pcapng')).toBe(true);
    const slice = await services.analysed(path!);
    expect((await services.request('results.connection', { analysisId: slice, id: 1 })).report.exchanges.length).toBe(2);
    expect(await services.request('wireshark.open', { analysisId, id: 1, frame: 4 })).toBeNull();
    expect(services.shown.at(-1)).toEqual({ path: join(folder, 'hostile.pcap'), frame: 4 });
  });

  it('keep nothing of a file that could not be written', async () => {
    const analysisId = await openHostile();
    const stopped = AbortSignal.abort();
    await expect(services.request('reports.save', { analysisId, format: 'html' }, stopped)).rejects.toMatchObject({ code: 'aborted' });
    expect(existsSync(join(services.folder, 'hostile-reuse.html'))).toBe(false);
  });
});

describe('an analysis', () => {
  it('of nothing that can be read fails in words', async () => {
    const path = join(folder, 'text.txt');
    writeFileSync(path, 'no capture');
    const { analysisId } = await services.request('analysis.open', { source: { kind: 'paths', paths: [path] } });
    const state = await services.settled(analysisId);
    expect(state).toMatchObject({ phase: 'failed', error: { code: 'not-a-capture' } });
    await expect(services.request('results.overview', { analysisId })).rejects.toMatchObject({ code: 'not-a-capture' });
  });

  it('of an upload is named as the person named the file, in what went wrong and in reports', async () => {
    const [bad, good] = [join(folder, 'tmp-1-bad'), join(folder, 'tmp-2-good')];
    writeFileSync(bad, 'no capture');
    writeFileSync(good, toPcap(conversation().handshake().client(HOSTILE).server(OK).close('client').packets, { nanoseconds: true }));
    const openUpload = async (...uploaded: { path: string; name: string }[]) => {
      services.uploaded = uploaded;
      const { analysisId } = await services.request('analysis.open', { source: { kind: 'upload', upload: 'upload-1' } });
      return { analysisId, state: await services.settled(analysisId) };
    };
    const failed = await openUpload({ path: bad, name: 'notes.txt' });
    expect(failed.state.error?.message).toMatch(/^notes\.txt\b/);
    expect(failed.state.error?.message).not.toContain(folder);
    const both = await openUpload({ path: good, name: 'web.pcap' }, { path: bad, name: 'notes.txt' });
    expect(both.state.phase).toBe('done');
    for (const format of ['json', 'text', 'html']) {
      const { text } = await services.request('reports.preview', { analysisId: both.analysisId, format });
      expect(text).toContain('web.pcap');
      expect(text).toContain('notes.txt');
      expect(text).not.toContain(folder);
    }
    expect((await services.request('results.overview', { analysisId: both.analysisId })).captures.map(({ path }) => path)).toEqual(['web.pcap']);
    rmSync(good);
    await expect(services.request('results.packets', { analysisId: both.analysisId, id: 1, offset: 0, limit: 1 })).rejects.toThrow(/^(?!.*tmp-2-good).*web\.pcap/);
  });

  it('can be browsed while it reads, and keeps what was read when it is stopped', async () => {
    const path = join(folder, 'pipe.pcap');
    execFileSync('mkfifo', [path]);
    // Held open: the reading waits for more.
    const pipe = openSync(path, 'r+');
    const talks = [40_001, 40_002, 40_003].map((port) => conversation({ client: `10.0.0.1:${port}`, start: port - 40_000 }).handshake().client('GET / HTTP/1.1\r\nHost: a\r\n\r\n').server(OK));
    talks.push(conversation({ client: '10.0.0.1:40004', start: 4 }).handshake().client('GET / HTTP/1.1\r\nHost: a\r\n\r\n').server('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'));
    writeSync(pipe, toPcap(talks.flatMap(({ packets }) => packets), { nanoseconds: true }));
    try {
      const { analysisId } = await services.request('analysis.open', { source: { kind: 'paths', paths: [path] } });
      let seen = 0;
      for await (const state of services.states(analysisId)) {
        if (state.phase === 'reading' && state.revision > 0 && seen === 0) {
          const page = await services.request('results.rows', { analysisId, table: 'connections', offset: 0, limit: 10, columns: ['client', 'cause', 'host'], query: 'host:a' });
          seen = page.ids.length;
          expect(page.columns['cause']).toContain('unknown');
          expect((await services.request('results.connection', { analysisId, id: 1 })).verdict.headline).toContain('Not judged yet');
          const { summary, answer } = await services.request('results.overview', { analysisId });
          expect(summary.connections).toBe(seen);
          // Connections that are still being read are at no end yet.
          expect(answer.join(' ')).toMatch(/\bopen so far\b/);
          expect(answer.join(' ')).not.toContain('at the end');
          const { report } = await services.request('results.connection', { analysisId, id: 4 });
          expect(report.exchanges[0]!.response).toMatchObject({ bodyBytes: 3, expectedBytes: 10, complete: false });
          expect(await services.request('results.endpoints', { analysisId, offset: 0, limit: 10 })).toMatchObject({ total: 0 });
          await services.request('analysis.cancel', { analysisId });
        }
        if (state.phase !== 'done') continue;
        expect(state).toMatchObject({ interrupted: true, connections: seen });
        break;
      }
      expect(seen).toBeGreaterThan(0);
      expect((await services.request('results.overview', { analysisId })).answer[0]).toContain('Stopped before the end');
      expect((await services.request('results.connection', { analysisId, id: 4 })).report.exchanges[0]!.response).toMatchObject({ bodyBytes: 3, expectedBytes: 10, complete: false });
      expect((await services.request('results.connection', { analysisId, id: 1 })).verdict.headline).not.toContain('Not judged yet');
      await expect(services.request('results.packets', { analysisId, id: 1, offset: 0, limit: 1 })).rejects.toMatchObject({ code: 'capture-not-kept' });
    } finally {
      closeSync(pipe);
    }
  });

  it('that is closed ends its states and answers no more', async () => {
    const analysisId = await openHostile();
    const phases: string[] = [];
    for await (const { phase } of services.states(analysisId)) {
      phases.push(phase);
      await services.request('analysis.close', { analysisId });
    }
    expect(phases).toEqual(['done']);
    await expect(services.request('results.overview', { analysisId })).rejects.toMatchObject({ code: 'no-such-analysis' });
  });
});
