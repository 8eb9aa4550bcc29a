import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnalysisReport } from '../../../main/analysis/analysis-report.ts';
import { analyze } from '../../../main/analysis/analyzer.ts';
import { readPackets } from '../../../main/analysis/connection-packets.ts';
import { endpoint } from '../../kit/addresses.ts';
import { toPcap } from '../../kit/capture-files.ts';
import { conversation } from '../../kit/conversation.ts';
import { merge, type Packet, segmentFrame } from '../../kit/packets.ts';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-redirected-'));
  path = join(folder, 'one.pcap');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As loopback shows a connection that is redirected: the client's packets have the proxy's address, the answers the one that was dialled. */
function redirected(packets: readonly Packet[], client: string, proxy: string): Packet[] {
  const { port } = endpoint(client);
  return packets.map(({ time, bytes, spec }) => ({ time, bytes: spec!.from.port === port ? segmentFrame({ ...spec!, to: endpoint(proxy) }) : bytes }));
}

function talk(client: string, server: string, { start = 0, clientIsn = 1000, requests = 2 } = {}): Packet[] {
  const one = conversation({ client, server, start, clientIsn }).handshake();
  for (let i = 0; i < requests; i++) one.client(`GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`).server('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok').ack('client').wait(0.5);
  return one.close('client').packets;
}

async function reportOf(packets: readonly Packet[]): Promise<AnalysisReport> {
  writeFileSync(path, toPcap(packets, { nanoseconds: true }));
  return new AnalysisReport(await analyze([path]), { redact: false });
}

const told = (report: AnalysisReport): string[] =>
  [...report.connections()].map(({ server, exchanges, close }) => `${server.address}:${server.port} ${exchanges.map(({ request, response }) => `${request?.target} ${response?.status}`).join(', ')}; ${close.by} ${close.otherFin === null ? 'alone' : 'and the other'}`);

describe('connections that the client\'s machine redirects to a proxy of its own', () => {
  it.each([
    ['a service mesh', '10.244.1.5:37212', '10.96.0.10:80', '127.0.0.1:15001'],
    ['a proxy below the client in order', '10.244.1.5:37212', '10.96.0.10:80', '10.0.0.1:15001'],
    ['the pod\'s own address', '10.244.1.5:37212', '10.96.0.10:80', '10.244.1.5:15001'],
    ['a port above the client\'s', '10.244.1.5:37212', '10.96.0.10:80', '10.244.1.5:50001'],
    ['IPv6', '[fd00::5]:37212', '[fd00:96::10]:80', '[::1]:15001'],
  ])('were two connections of one direction each: %s', async (_, client, server, proxy) => {
    const packets = redirected(talk(client, server), client, proxy);
    const report = await reportOf(packets);
    const dialled = endpoint(server);
    expect(told(report)).toEqual([`${server.slice(0, server.lastIndexOf(':')).replaceAll(/[[\]]/g, '')}:${dialled.port} /0 200, /1 200; client and the other`]);
    expect(report.captures[0]!.anomalies.map(({ code }) => code)).toEqual(['redirected']);

    const { pipeline } = await analyze([path]);
    const page = await readPackets({ paths: [path], store: pipeline.store }, 0, { offset: 0, limit: 1000, redact: false });
    expect(page.packets.map(({ from }) => from)).toEqual(talk(client, server).map(({ spec }) => (spec!.from.port === endpoint(client).port ? 'client' : 'server')));
  });

  it('are told apart by what was dialled, also on a port that is used again', async () => {
    const client = '10.244.1.5:37212';
    const report = await reportOf(
      merge(
        redirected(talk(client, '10.96.0.10:80', { requests: 1 }), client, '127.0.0.1:15001'),
        redirected(talk(client, '10.96.0.20:8080', { start: 70, clientIsn: 900_000, requests: 1 }), client, '127.0.0.1:15001'),
        redirected(talk('10.244.1.5:40000', '10.96.0.20:8080', { start: 70.01, clientIsn: 7_000_000, requests: 1 }), '10.244.1.5:40000', '127.0.0.1:15001'),
      ),
    );
    expect(told(report)).toEqual(['10.96.0.10:80 /0 200; client and the other', '10.96.0.20:8080 /0 200; client and the other', '10.96.0.20:8080 /0 200; client and the other']);
  });

  it('are none where the client asked that address itself, or another port of the client is answered', async () => {
    const scan = ['10.0.1.1:80', '10.0.1.2:80'].map((server, i) => conversation({ client: '10.0.0.1:61000', server, clientIsn: 1234, serverIsn: 777 * (i + 1) }).syn().synAck().rst('client', { flags: 4 }).packets);
    const stray = conversation({ client: '10.0.0.1:61001', server: '10.0.1.3:80', clientIsn: 1234, start: 1 }).syn().synAck().packets.slice(1);
    const report = await reportOf(merge(...scan, stray));
    expect([...report.connections()].map(({ server }) => server.address)).toEqual(['10.0.1.1', '10.0.1.2', '10.0.1.3']);
    expect(report.captures[0]!.anomalies.map(({ code }) => code)).not.toContain('redirected');
  });
});
