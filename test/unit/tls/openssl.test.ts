import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AnalysisReport } from '../../../main/analysis/analysis-report.ts';
import { analyze } from '../../../main/analysis/analyzer.ts';
import { readKeyLogFile } from '../../../main/analysis/key-log-file.ts';

/** Captures of OpenSSL's own client and server over loopback: what Node's TLS does not do. */
async function reportOf(name: string, { withKeys }: { readonly withKeys: boolean }): Promise<AnalysisReport> {
  const path = (ending: string): string => fileURLToPath(new URL(`../../fixtures/tls/openssl-${name}.${ending}`, import.meta.url));
  return new AnalysisReport(await analyze([path('pcap')], withKeys ? { keyLog: await readKeyLogFile(path('keylog.txt')) } : {}), { redact: false });
}

describe('early data of OpenSSL', () => {
  it('is read where the server took it; what it refused, and the client sent no more, is named', async () => {
    const report = await reportOf('early-data', { withKeys: true });
    const connections = [...report.connections()];
    expect(connections.map(({ tls }) => [tls!.resumed, tls!.earlyData ?? null])).toEqual([[false, null], [true, 'accepted'], [true, 'accepted'], [false, 'rejected']]);
    expect(connections.map(({ exchanges }) => exchanges.map(({ request, response }) => [request!.target, request!.frame, response!.status, response!.bodyBytes]))).toEqual([
      [['/first', 9, 200, 2]],
      // In the frame of the ClientHello.
      [['/early', 24, 200, 2]],
      [['/early', 44, 200, 2]],
      [['/first', 70, 200, 2]],
    ]);
    expect(report.captures[0]!.anomalies).toMatchObject([{ code: 'tls-early-data', count: 1, firstFrame: 62 }]);
  });

  it('leaves estimates without keys, none of which is told as read', async () => {
    const connections = [...(await reportOf('early-data', { withKeys: false })).connections()];
    expect(connections.map(({ tls, exchanges }) => [tls!.version, tls!.decrypted, exchanges.length])).toEqual(Array(4).fill(['1.3', false, 0]));
  });
});

describe('a client certificate that the server refuses in TLS 1.3, behind the handshake', () => {
  it('is what ended the connection, for certain, where the alert can be read', async () => {
    const connections = [...(await reportOf('certificate-refused', { withKeys: true })).connections()];
    expect(connections.map(({ tls, close }) => [tls!.alert?.name, tls!.alert?.from, close.cause, close.confidence])).toEqual([
      ['unknown_ca', 'server', 'connect-failed', 'certain'],
      ['unknown_ca', 'server', 'connect-failed', 'certain'],
      ['certificate_required', 'server', 'connect-failed', 'certain'],
    ]);
  });

  it('is not certain where the alert is sealed', async () => {
    const connections = [...(await reportOf('certificate-refused', { withKeys: false })).connections()];
    expect(connections.map(({ tls, close }) => [tls!.alert ?? null, close.cause, close.confidence])).toEqual(Array(3).fill([null, 'server-error', 'likely']));
  });
});
