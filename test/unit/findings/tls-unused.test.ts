import { describe, expect, it } from 'vitest';
import type { Confidence } from '../../../shared/model/report.ts';
import { KeyLog } from '../../../main/tls/key-log.ts';
import { merge, type Packet, RST } from '../../kit/packets.ts';
import { reportOf } from '../../kit/report-of.ts';
import { carried } from '../../kit/tls-captures.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';
import { request } from './captures.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n' + 'x'.repeat(500);

/** What is said of connections of TLS, of which each has so many requests, and the client closes them. */
async function said(requests: readonly number[], keys: boolean) {
  const log = new KeyLog();
  const talks: (readonly Packet[])[] = requests.map((count, n) => {
    const writer = new TlsWriter({ seed: n + 1 }).handshake();
    for (let i = 0; i < count; i++) writer.data('client', request('go')).data('server', ANSWER);
    if (keys) log.add(writer.keyLog);
    return carried(writer.closeNotify('client').pieces, { client: `10.0.0.1:${40_000 + n}`, start: n * 0.3, closed: false }).close('client').packets;
  });
  const report = await reportOf(merge(...talks), {}, log);
  return {
    closes: [...report.connections()].map(({ close: { cause, confidence } }): `${string} ${Confidence}` => `${cause} ${confidence}`),
    unused: report.findings().filter(({ rule }) => rule === 'unused-connection').flatMap(({ connections }) => connections),
  };
}

describe('a connection of TLS that is closed behind its handshake', () => {
  it.each([true, false])('beside others that are used was closed for an unknown reason (keys: %s)', async (keys) => {
    const found = await said([3, 0, 2], keys);
    expect(found.closes[1]).toBe('process-exit possible');
    expect(found.unused).toEqual([2]);
  });

  it('may be a client that does not accept the certificate, where none is used', async () => {
    const found = await said([0, 0], false);
    expect(found.closes).toEqual(Array(2).fill('unknown possible'));
    expect(found.unused).toEqual([]);
  });

  it('may have spoken HTTP/2, where its client offered that', async () => {
    const log = new KeyLog();
    const used = new TlsWriter({ seed: 1 }).handshake().data('client', request('go')).data('server', ANSWER);
    const other = new TlsWriter({ seed: 2, alpn: ['h2'] }).handshake().data('client', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n').data('server', 'frames');
    const talks = [used, other].map(({ pieces }, n) => carried(pieces, { client: `10.0.0.1:${40_000 + n}`, start: n, closed: false }).close('client').packets);
    const report = await reportOf(merge(...talks), {}, log);
    expect(report.findings().map(({ rule }) => rule)).not.toContain('unused-connection');
  });
});

it('a RST behind a close_notify on an idle connection was an error of the server: it is its way to close', async () => {
  const talks = [2, 4.5].map((idle, n) => {
    const writer = new TlsWriter({ seed: n + 1 }).handshake().data('client', request('go')).data('server', ANSWER);
    const { bytes } = new TlsWriter({ seed: n + 1 }).handshake().data('client', request('go')).data('server', ANSWER).closeNotify('server').pieces.at(-1)!;
    return carried(writer.pieces, { client: `10.0.0.1:${40_000 + n}`, start: n * 9, closed: false }).wait(idle + 0.001).server(bytes).rst('server').segment('client', { flags: RST }).packets;
  });
  const report = await reportOf(merge(...talks), {});
  expect([...report.connections()].map(({ close: { cause } }) => cause)).toEqual(['server-idle', 'server-idle']);
  expect(report.findings().map(({ rule }) => rule)).not.toContain('server-error');
});
