import { describe, expect, it } from 'vitest';
import { writeMarkdown } from '../../../main/report/markdown.ts';
import { writeText } from '../../../main/report/text.ts';
import { requestCount } from '../../../shared/format/tls-words.ts';
import { reportOf } from '../../kit/report-of.ts';
import { carried } from '../../kit/tls-captures.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';

describe('what TLS hides is told as an estimate', () => {
  it('of an endpoint: in the report, in text and in Markdown', async () => {
    const writer = new TlsWriter().handshake();
    for (let i = 0; i < 3; i++) writer.data('client', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n' + 'x'.repeat(900));
    const report = await reportOf(carried(writer.pieces).packets);
    expect(report.endpoints()).toMatchObject([{ requests: 0, estimatedRequests: 3, reuseRatio: 0 }]);
    let text = '';
    await writeText(report, (piece) => void (text += piece), { width: 200, color: false });
    await writeMarkdown(report, (piece) => void (text += piece), { version: '0.1.0' });
    expect(text.match(/~3\b/g)!.length).toBe(2);
    expect(text).not.toContain('--keylog');
  });

  it('of a server that closes at once, which it may have announced: no error of the server', async () => {
    const sealed = (answer: string) => carried(new TlsWriter().handshake().data('client', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n').data('server', answer).pieces, { closed: false }).close('server').packets;
    const close = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok';
    const report = await reportOf(sealed(close));
    expect([...report.connections()].map(({ close }) => [close.cause, close.alternatives])).toEqual([['unknown', ['server-close-option', 'client-close-option', 'server-error']]]);
    expect(report.findings().map(({ rule }) => rule)).not.toContain('server-error');
  });

  it('of a Java client, whose handshake records and alerts are padded: its requests were missed', async () => {
    const writer = new TlsWriter({ javaPadding: true, suite: 0x1302 }).handshake();
    for (let i = 0; i < 3; i++) writer.data('client', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n').data('server', 'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n' + 'x'.repeat(900));
    const report = await reportOf(carried(writer.closeNotify('client').pieces).packets);
    const [connection] = [...report.connections()];
    expect(connection!.estimatedExchanges).toHaveLength(3);
    expect(connection!.tls!.handshake).toBeDefined();
  });

  it('beside what was read', () => {
    expect(requestCount({ requests: 12 })).toBe('12');
    expect(requestCount({ requests: 0, estimatedRequests: 30 })).toBe('~30');
    expect(requestCount({ requests: 12, estimatedRequests: 30 })).toBe('12 + ~30');
  });
});
