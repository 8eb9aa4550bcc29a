import { describe, expect, it } from 'vitest';
import { KeyLog } from '../../../main/tls/key-log.ts';
import { latin1, type Packet } from '../../kit/packets.ts';
import { reportOf } from '../../kit/report-of.ts';
import { carried } from '../../kit/tls-captures.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';

/** A request through a proxy to `host`, by CONNECT; the tunnel stays open. */
function tunnel(host: string, seed: number, start: number): { packets: readonly Packet[]; keyLog: string } {
  const writer = new TlsWriter({ seed }).handshake().data('client', `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`).data('server', 'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n' + 'x'.repeat(900));
  const opening = [
    { side: 'client' as const, bytes: latin1(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`) },
    { side: 'server' as const, bytes: latin1('HTTP/1.1 200 OK\r\n\r\n') },
  ];
  return { packets: carried([...opening, ...writer.pieces], { seed, client: `10.0.0.1:${40_000 + seed}`, start, closed: false }).packets, keyLog: writer.keyLog };
}

describe.each(['with keys', 'without keys'])('tunnels through one proxy, %s', (keys) => {
  it('to different hosts were told as one that could have served the other', async () => {
    const tunnels = ['a.example', 'b.example', 'c.example'].map((host, i) => tunnel(host, i + 1, i * 2));
    const log = new KeyLog();
    if (keys === 'with keys') for (const { keyLog } of tunnels) log.add(keyLog);
    const report = await reportOf(tunnels.flatMap(({ packets }) => packets), {}, log);
    expect([...report.connections()].map(({ protocol, innerProtocol }) => [protocol, innerProtocol])).toEqual(Array(3).fill(['tunnel', keys === 'with keys' ? 'http/1' : 'tls']));
    expect(report.findings().map(({ rule }) => rule)).not.toContain('missed-reuse');
    expect(report.summary.avoidableConnections).toBe(0);
  });
});
