import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toPcap } from '../kit/capture-files.ts';
import { conversation } from '../kit/conversation.ts';
import { TestServices } from '../kit/services.ts';

const LAB = join('..', 'shared', 'captures', 'lab');
const RACE = join(LAB, 's06_race_post_client.pcap');
const TIGHT = join(LAB, 's02_undrained_small_tight.pcap');
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What is told of pools over time: the same moments in every answer. */
describe('pools over time', () => {
  const services = new TestServices();
  beforeAll(() => services.start());
  afterAll(async () => {
    await services.stop();
    expect(services.faults).toEqual([]);
  });

  it('an endpoint of which no request could be read was told as one that needs no change', async () => {
    const path = join(services.folder, 'other.pcap');
    writeFileSync(path, toPcap(conversation({ client: '10.0.0.1:40001' }).handshake().client('\x00\x01hello').server('\x02\x03there').packets));
    const analysisId = await services.analysed(path);
    const { headline, inferences } = await services.request('results.endpoint', { analysisId, endpoint: 0 });
    expect(headline).toBe('No request could be read on 1 connection.');
    expect(inferences.find(({ label }) => label === 'Requests per connection')).toMatchObject({ value: 'unknown', note: 'No request could be read.' });
  });

  it('a connection that nobody closes stands idle until the capture ends, within any range of it', async () => {
    const open = conversation({ client: '10.0.0.1:40001' }).handshake().client('GET / HTTP/1.1\r\nHost: a\r\n\r\n').server(OK).packets;
    const later = conversation({ client: '10.0.0.1:40002' }).handshake().client('GET / HTTP/1.1\r\nHost: a\r\n\r\n').server(OK).close('client').packets;
    const start = open[0]!.time;
    const path = join(services.folder, 'open.pcap');
    writeFileSync(path, toPcap([...open, ...later.map((packet) => ({ ...packet, time: packet.time + 100 }))], { nanoseconds: true }));
    const analysisId = await services.analysed(path);
    const { from, to } = await services.request('results.overview', { analysisId });
    expect(to - from).toBeGreaterThan(99);
    expect(to).toBeGreaterThan(100 + later[0]!.time - start - 1);

    const { lanes } = await services.request('results.lanes', { analysisId, endpoint: 0, offset: 0, limit: 10 });
    expect(lanes[0]).toMatchObject({ connection: 1, end: { kind: 'open', by: null, time: to } });
    expect(lanes[0]!.spans.slice(-3)).toEqual([2, expect.any(Number), to]);
    expect(lanes[0]!.spans.at(-2)).toBeLessThan(1);
    expect((await services.request('results.endpoint', { analysisId, endpoint: 0 })).to).toBe(to);

    // In the middle nothing is sent at all, and it is open.
    const range = { from: 40, to: 60 };
    const rows = await services.request('results.rows', { analysisId, table: 'connections', offset: 0, limit: 10, columns: ['id'], range });
    expect(rows.ids).toEqual([1]);
    expect((await services.request('results.lanes', { analysisId, endpoint: 0, offset: 0, limit: 10, range })).lanes.map(({ connection }) => connection)).toEqual([1]);
    expect((await services.request('results.series', { analysisId, buckets: 4, range })).open).toEqual([1, 1, 1, 1]);
    expect((await services.request('results.pool', { analysisId, endpoint: 0, points: 100, range })).open).toEqual([1, 1]);
  });

  it('a packet of long before does not leave the charts without room', async () => {
    const { packets } = conversation({ client: '10.0.0.1:40001' }).handshake().client('GET / HTTP/1.1\r\nHost: a\r\n\r\n').server(OK).close('client');
    // One that is no TCP, a month before.
    const stray = { ...packets[0]!, time: packets[0]!.time - 2.6e6, bytes: Uint8Array.from(packets[0]!.bytes, (octet, at) => (at === 23 ? 17 : octet)) };
    const path = join(services.folder, 'stray.pcap');
    writeFileSync(path, toPcap([stray, ...packets], { nanoseconds: true }));
    const analysisId = await services.analysed(path);
    const { from, to } = await services.request('results.overview', { analysisId });
    expect([from, Math.round(to)]).toEqual([0, 2.6e6]);
    const series = await services.request('results.series', { analysisId, buckets: 10 });
    expect(series.from).toBeCloseTo(2.6e6, 3);
    expect(series.from + 10 * series.step).toBeCloseTo(to, 3);
    expect(series.opened).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it.skipIf(!existsSync(TIGHT))(`of connections that live shorter than a bucket all that were open at once count (needs ${TIGHT})`, async () => {
    const analysisId = await services.analysed(TIGHT);
    const { tiles, endpoints } = await services.request('results.overview', { analysisId });
    expect(endpoints[0]!.report.maxConcurrent).toBe(2);
    expect(tiles.find(({ id }) => id === 'connections')!.note).toBe('peak 2 open at once');
    for (const buckets of [1, 7, 400]) {
      const { open } = await services.request('results.series', { analysisId, buckets });
      expect(Math.max(...open)).toBe(2);
    }
    const { text } = await services.request('reports.preview', { analysisId, format: 'html' });
    expect(text).toContain('at most 2 open at once');
  });

  it.skipIf(!existsSync(RACE))(`a request that was lost in the race was under way until the close, and is no part of the idle time (needs ${RACE})`, async () => {
    const analysisId = await services.analysed(RACE);
    const { row, inferences } = await services.request('results.endpoint', { analysisId, endpoint: 0 });
    expect(row.serverIdleSeconds).toBeCloseTo(2, 1);
    expect(inferences[0]).toEqual({ label: 'Server idle limit', value: '2.0 s', note: '1 close after 2.0 s', confidence: 'certain' });
    const { open, busy } = await services.request('results.pool', { analysisId, endpoint: 0, points: 1000 });
    for (const [at, count] of busy.entries()) expect(count).toBeLessThanOrEqual(open[at]!);
    expect(Math.max(...busy)).toBe(1);
  });

  it.skipIf(!existsSync(RACE))(`an error message out of a log leads to its connections, or says that there are none (needs ${RACE})`, async () => {
    const analysisId = await services.analysed(RACE);
    const [reset] = await services.request('results.goto', { analysisId, text: 'read tcp 10.9.0.1:46674: connection reset by peer' });
    expect(reset).toMatchObject({ kind: 'query', label: 'Connections that a RST ended, or that met one (1)' });
    const rows = await services.request('results.rows', { analysisId, table: 'connections', offset: 0, limit: 1, columns: ['cause'], query: reset!.query! });
    expect(rows).toMatchObject({ total: 1, columns: { cause: ['stale-reuse'] } });
    expect((await services.request('results.goto', { analysisId, text: 'EADDRNOTAVAIL' }))[0]).toEqual({ kind: 'nothing', label: 'Connections of clients that ran out of ports: none here.' });
  });
});
