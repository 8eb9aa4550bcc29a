import { describe, expect, it } from 'vitest';
import { KeyLog } from '../../../main/tls/key-log.ts';
import type { Conversation } from '../../kit/conversation.ts';
import { merge } from '../../kit/packets.ts';
import { reportOf } from '../../kit/report-of.ts';
import { carried } from '../../kit/tls-captures.ts';
import { TlsWriter, type WriterOptions } from '../../kit/tls-writer.ts';
import { request } from './captures.ts';

/* Handshakes of TLS that failed were told as closed for an unknown reason, without a finding. */

const GET = request('go');

/** What is said of connections, each of which `tell` goes on with behind what `write` wrote. */
async function said(write: (writer: TlsWriter) => TlsWriter, tell: (talk: Conversation) => Conversation, { keys = false, connections = 2, options = {} as WriterOptions } = {}) {
  const log = new KeyLog();
  const talks = Array.from({ length: connections }, (_, n) => {
    const writer = write(new TlsWriter({ seed: n + 1, ...options }));
    if (keys) log.add(writer.keyLog);
    return tell(carried(writer.pieces, { client: `10.0.0.1:${40_000 + n}`, start: n * 3.17, closed: false }));
  });
  const report = await reportOf(merge(...talks.map(({ packets }) => packets)), {}, log);
  const closes = [...report.connections()].map(({ close: { cause, confidence, alternatives } }) => `${cause} ${confidence}${alternatives.length > 0 ? ` or ${alternatives.join('/')}` : ''}`);
  return { close: [...new Set(closes)].join('; '), findings: report.findings().map(({ rule, severity, explanation }) => `${severity} ${rule}: ${explanation}`), report };
}

const alert = (description: number) => Uint8Array.of(0x15, 3, 3, 0, 2, 2, description);

describe('a handshake of TLS that fails is a connection that could not be made', () => {
  it('and the alert is named, with what it means', async () => {
    const found = await said((writer) => writer.clientHello().raw('server', alert(70)), (talk) => talk.close('server'));
    expect(found.close).toBe('connect-failed certain');
    expect(found.findings).toEqual(['error connect-failed: The TLS handshake failed on 2 connections: the server ended it with the alert "protocol_version", for it speaks none of the versions of TLS that the client offers.']);
    expect(found.report.findings()[0]!.fix.summary).toBe('Allow a version of TLS in common at both ends.');
    expect(found.report.findings()[0]!.evidence.map(({ note }) => note)).toContain('fatal TLS alert of the server: protocol_version');
  });

  it('also where the client refuses what it got, with an alert that nobody can read', async () => {
    for (const javaPadding of [false, true]) {
      const write = (writer: TlsWriter): TlsWriter => writer.clientHello().serverFlight().clientRefuses(45);
      const sealed = await said(write, (talk) => talk.close('client'), { options: { javaPadding } });
      expect(sealed.close).toBe('connect-failed likely');
      expect(sealed.findings[0]).toMatch(/^error connect-failed: .*the client ended it with an alert that cannot be read without keys; most clients do so that do not accept the server's certificate\.$/);
      const opened = await said(write, (talk) => talk.close('client'), { keys: true, options: { javaPadding } });
      expect(opened.close).toBe('connect-failed certain');
      expect(opened.findings[0]).toContain('the alert "certificate_expired", for the server\'s certificate has expired, or is not valid yet');
    }
  });

  it('or where the server closes behind the ClientHello', async () => {
    for (const [end, word] of [['close', 'closed'], ['rst', 'reset']] as const) {
      const found = await said((writer) => writer.clientHello(), (talk) => talk[end]('server'));
      expect(found.close).toBe('connect-failed likely or server-error/middlebox');
      expect(found.findings).toEqual([`error connect-failed: The server ${word} 2 connections in the middle of the TLS handshake, without an alert: the ClientHello got no answer.`]);
    }
  });

  it('or, in TLS 1.3, where it has an alert in place of the first response, which told of a crash', async () => {
    const write = (writer: TlsWriter): TlsWriter => writer.handshake().data('client', GET).sealed('server', 21, Uint8Array.of(2, 116));
    expect((await said(write, (talk) => talk.close('server'))).close).toBe('connect-failed likely or server-error/server-close-option');
    const opened = await said(write, (talk) => talk.close('server'), { keys: true });
    expect(opened.close).toBe('connect-failed certain');
    expect(opened.findings[0]).toContain('the alert "certificate_required", for it wants a certificate of the client');
    // One that had answered before only closes.
    const answered = await said((writer) => writer.handshake().data('client', GET).data('server', 'x'.repeat(700)).data('client', GET).closeNotify('server'), (talk) => talk.close('server'));
    expect(answered.close).not.toContain('connect-failed');
  });

  it('a ClientHello that is never answered ran into the client\'s timeout, and was told as its idle timeout', async () => {
    const found = await said((writer) => writer.clientHello(), (talk) => talk.ack('server').wait(1.5003).close('client'));
    expect(found.close).toBe('client-timeout likely or client-abort/process-exit');
    expect(found.findings).toEqual(['warning client-timeout: The client gave up 2 TLS handshakes 1.5 s after its ClientHello, which the server never answered: its timeout.']);
    const once = await said((writer) => writer.clientHello(), (talk) => talk.ack('server').wait(0.183).close('client'), { connections: 1 });
    expect(once.close).toBe('client-abort likely or client-timeout/process-exit');
    expect(once.findings).toEqual(['info client-abort: The client closed 1 connection before its ClientHello was answered.']);
  });
});

it('a RST from elsewhere in the middle of a handshake is what something between sent', async () => {
  const found = await said((writer) => writer.clientHello(), (talk) => talk.ack('server').rst('server', { ttl: 41 }));
  expect(found.close).toBe('middlebox likely or connect-failed');
});

describe('no failed handshake is', () => {
  it.each([[false], [true]])('one that was complete, and after which nothing was asked (keys: %s)', async (keys) => {
    for (const side of ['client', 'server'] as const) {
      const found = await said((writer) => writer.handshake(), (talk) => talk.close(side), { keys });
      expect(found.close).toMatch(/^unknown possible|^server-shutdown possible|^process-exit possible/);
      expect(found.findings.filter((finding) => !finding.startsWith('info'))).toEqual([]);
    }
  });

  it('one that the client left without a word, but possibly several: who cancels does so now and then, who does not accept the certificate each time (Node, Java)', async () => {
    const each = await said((writer) => writer.clientHello().serverFlight(), (talk) => talk.close('client'));
    expect(each.close).toBe('connect-failed possible or client-abort');
    expect(each.findings).toEqual(['warning connect-failed: The client closed 2 connections in the middle of the TLS handshake, without an alert: Node and Java do so that do not accept the server\'s certificate, and programs that cancel.']);
    const found = await said((writer) => writer.clientHello().serverFlight(), (talk) => talk.rst('client'), { connections: 1 });
    expect(found.close).toBe('unknown possible or connect-failed/client-abort');
    expect(found.findings).toEqual([]);
  });

  it('one with early data, nor one whose beginning the capture lacks', async () => {
    for (const earlyData of ['accepted', 'rejected', 'unknown'] as const) {
      const found = await said((writer) => writer.clientHello().data('client', 'GET').serverFlight().clientFinished().data('server', 'x'.repeat(600)), (talk) => talk.wait(2).close('server'), { options: { earlyData } });
      expect(found.close).not.toContain('connect-failed');
    }
    const writer = new TlsWriter().clientHello().serverFlight();
    const talk = carried(writer.pieces, { closed: false }).close('server');
    const [close] = [...(await reportOf(talk.packets.slice(3))).connections()].map((told) => told.close.cause);
    expect(close).not.toBe('connect-failed');
  });
});
