import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Packet } from '../kit/packets.ts';
import { ACK, merge } from '../kit/packets.ts';
import { toPcap } from '../kit/capture-files.ts';
import { conversation, filler } from '../kit/conversation.ts';
import { TestServices } from '../kit/services.ts';
import { connection, request, response } from '../unit/findings/captures.ts';

/** What the page says at first sight must not be told otherwise by what stands beside it. */
describe('at first sight', () => {
  const services = new TestServices();
  let captures = 0;
  beforeAll(() => services.start());
  afterAll(async () => {
    await services.stop();
    expect(services.faults).toEqual([]);
  });

  function opened(...talks: readonly { readonly packets: readonly Packet[] }[]): Promise<string> {
    const path = join(services.folder, `${captures++}.pcap`);
    writeFileSync(path, toPcap(merge(...talks.map(({ packets }) => packets)), { nanoseconds: true }));
    return services.analysed(path);
  }
  const overview = (analysisId: string) => services.request('results.overview', { analysisId });
  const endpoint = (analysisId: string) => services.request('results.endpoint', { analysisId, endpoint: 0 });

  it('a response whose request is not in the capture answers no other request', async () => {
    const unseen = conversation({ client: '10.0.0.1:40001' }).handshake().server(response(2)).ack('client');
    const { tiles } = await overview(await opened(unseen, connection(2, 1).client(request('go'))));
    expect(tiles[0]).toMatchObject({ id: 'requests', value: '1', note: '1 without an answer' });
  });

  it('ports that open connections hold are told, where TIME_WAIT holds none', async () => {
    const held = Array.from({ length: 3000 }, (_, n) => connection(n, n / 100).get(10));
    const { tiles } = await overview(await opened(...held));
    expect(tiles.find(({ id }) => id === 'time-wait')).toEqual({ id: 'time-wait', label: 'Ports held open', value: '3,000', note: 'of 28,232 at the peak (11 %)', query: '' });
    const closed = Array.from({ length: 4 }, (_, n) => connection(n, n).get(10).close('client'));
    expect((await overview(await opened(...closed))).tiles.find(({ id }) => id === 'time-wait')).toMatchObject({ label: 'Ports held in TIME_WAIT', value: '4' });
  });

  it('a socket waits on one side: ports in TIME_WAIT at either end are not added up', async () => {
    const analysisId = await opened(...Array.from({ length: 10 }, (_, n) => connection(n, n).get(10).close(n < 6 ? 'client' : 'server')));
    const { tiles } = await overview(analysisId);
    const { row } = await endpoint(analysisId);
    expect(row.report.timeWaitPeak).toBe(6);
    expect(tiles.find(({ id }) => id === 'time-wait')).toMatchObject({ value: '6' });
  });

  it('the beginning of a finding is no half of "Connection: close", and TCP is no "tCP"', async () => {
    const said = (n: number, server: string) => connection(n, n, { server }).client(request('go')).server(response(10, 'Connection: close\r\n')).ack('client').close('server');
    const probed = (n: number, server: string) => connection(n, n, { server }).get().wait(15).probe('client').ack('server').get().close('client');
    const { groups } = await overview(await opened(said(0, '10.0.0.2:80'), said(1, '10.0.0.2:80'), said(2, '10.0.0.3:80'), probed(3, '10.0.0.4:80'), probed(4, '10.0.0.5:80')));
    expect(groups.find(({ rule }) => rule === 'server-close-option')!.note).toMatch(/^2 findings on 3 connections\. One of them: the server announced the close of \d connections? with "Connection: close" in its response\.$/);
    expect(groups.find(({ rule }) => rule === 'keep-alive-probes')!.note).toMatch(/One of them: TCP keep-alive probes/);
  });

  it('an error that is not here is not offered as a filter for its name', async () => {
    const analysisId = await opened(connection(0, 0).get().close('client'));
    const goTo = (text: string) => services.request('results.goto', { analysisId, text });
    expect(await goTo('ECONNRESET')).toEqual([{ kind: 'nothing', label: 'Connections that a RST ended, or that met one: none here.' }]);
    expect((await goTo('item')).map(({ kind }) => kind)).toEqual(['query']);
  });

  it('an endpoint is told by the reason of its missed reuse, which its fix mends', async () => {
    const { headline, confidence, fix } = await endpoint(await opened(...[0, 1, 2].map((n) => connection(n, n).get(900).close('client'))));
    expect(headline).toBe('Likely: the client closed the connection with the response body unread; 2 connections could have been spared.');
    expect(confidence).toBe('likely');
    expect(fix!.summary).toMatch(/^Read the body to its end/);
  });

  it('what to change about a connection is what mends its gravest finding, not what its close looks like', async () => {
    const stalled = connection(0, 0).client(request('go', '/up', 'PATCH', 'Content-Length: 90000\r\n')).client(filler(9000)).ack('server', { window: 0 });
    stalled.wait(8).rst('server', { flags: 4 | ACK });
    const analysisId = await opened(stalled);
    const { report, findings, fix } = await services.request('results.connection', { analysisId, id: 1 });
    expect(report.close.cause).toBe('server-timeout');
    expect(findings[0]).toMatchObject({ rule: 'upload-stalled', severity: 'error' });
    expect(fix!.summary).toBe(findings[0]!.fix.summary);
  });
});
