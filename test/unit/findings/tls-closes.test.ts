import { describe, expect, it } from 'vitest';
import { KeyLog } from '../../../main/tls/key-log.ts';
import { merge, type Packet, RST } from '../../kit/packets.ts';
import { reportOf } from '../../kit/report-of.ts';
import { carried } from '../../kit/tls-captures.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';
import { connection, diagnosed, request, type Talk } from './captures.ts';

/** Closes of connections of a Go client that got a body of `length` bytes over TLS each, and closed at once. */
async function closes(count: number, length: number): Promise<string[]> {
  const log = new KeyLog();
  const talks: (readonly Packet[])[] = [];
  for (let n = 0; n < count; n++) {
    const writer = new TlsWriter().handshake().data('client', request('go')).data('server', `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
    for (let sent = 0; sent < length; sent += 10_000) writer.data('server', 'x'.repeat(Math.min(10_000, length - sent)));
    const notified = writer.closeNotify('client').pieces.length;
    writer.closeNotify('server');
    log.add(writer.keyLog);
    const spoken = carried(writer.pieces.slice(0, notified), { client: `10.0.0.1:${40_000 + n}`, start: n * 0.2, closed: false });
    // The server's own close_notify comes to a socket that is gone.
    talks.push(spoken.fin('client').segment('server', { data: writer.pieces.at(-1)!.bytes }).segment('client', { flags: RST }).packets);
  }
  const report = await reportOf(merge(...talks), {}, log);
  return [...report.connections()].map(({ close: { cause, confidence } }) => `${cause} ${confidence}`);
}

describe('a client of TLS that closes at once', () => {
  it('had read a body that no buffer holds, though it met the close_notify of the server with a RST', async () => {
    expect(await closes(3, 100_000)).toEqual(Array(3).fill('client-per-request likely'));
  });

  it('may have left a body unread that fits the records it had opened', async () => {
    expect(await closes(3, 9000)).toEqual(Array(3).fill('undrained-response likely'));
  });
});

describe('a server of TLS that closes in the middle of an upload', () => {
  /** Nobody has the keys. The answer comes within a record of the upload, or behind it. */
  const uploads = async (answeredWithin: boolean): Promise<string[]> => {
    const writer = new TlsWriter().handshake().data('client', 'POST /up HTTP/1.1\r\nContent-Length: 90000\r\n\r\n').data('client', 'x'.repeat(8000)).data('server', 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n').data('client', 'x'.repeat(8000));
    const [rest, answer, more] = [writer.pieces.at(-3)!.bytes, writer.pieces.at(-2)!.bytes, writer.pieces.at(-1)!.bytes];
    const talk = carried(writer.pieces.slice(0, -3), { closed: false });
    if (answeredWithin) talk.client(rest.subarray(0, 4000)).server(answer).client(rest.subarray(4000)).client(more);
    else talk.client(rest).server(answer).ack('client').client(more);
    const report = await reportOf(talk.ack('server').rst('server').packets);
    return [...report.connections()].map(({ close: { cause, confidence, alternatives } }) => `${cause} ${confidence} or ${alternatives.join('/')}`);
  };

  it('had answered and left it unread, as far as the turns tell (413 without keys was an error of the server)', async () => {
    expect(await uploads(true)).toEqual(['undrained-request likely or server-error']);
    // Asked anew behind an answer.
    expect(await uploads(false)).toEqual(['server-error likely or server-close-option']);
  });
});

describe('one side that speaks TLS, and one that does not', () => {
  const NOT_FOUND = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops';
  const said = async (...talks: readonly Talk[]) => {
    const { closes, report } = await diagnosed(...talks);
    return [...new Set(closes), ...report.findings().map(({ rule, explanation, fix }) => `${rule}: ${explanation} ${fix.summary}`)];
  };

  it('is told as that where the server answers a plain request with an alert, whoever closes first', async () => {
    const alert = Uint8Array.of(0x15, 3, 1, 0, 2, 2, 70);
    const asked = (n: number): Talk => connection(n, n).client(request('curl')).server(alert);
    const found = await said(asked(0).close('client'), asked(1).close('server'));
    expect(found).toEqual(['protocol-error certain', expect.stringMatching(/^protocol-error: .*it speaks TLS on that port, and the client has to ask with https\. Ask with https, or/)]);
  });

  it('… or a ClientHello with plain HTTP: no request broke off, and no connection could have been spared', async () => {
    const hello = new TlsWriter({ alpn: ['http/1.1'] }).handshake().pieces[0]!.bytes;
    const begun = (n: number): Talk => connection(n, n).client(hello).server(NOT_FOUND);
    const found = await said(begun(0).close('server'), begun(1).close('client'));
    expect(found).toEqual(['protocol-error certain', expect.stringMatching(/^protocol-error: The client began TLS on 2 connections, and the server answered in plain HTTP: .*\. Ask with http, or/)]);
  });

  it('… and not where a plain request is answered so', async () => {
    expect((await said(connection(0, 0).client(request('curl')).server(NOT_FOUND).close('server')))[0]).toBe('server-close-option certain');
  });
});

it('a request that broke off in its head spares no connection: the one behind it was needed (missed reuse)', async () => {
  const broken = (n: number): Talk => connection(n, n).client('GET /item HTTP/1.1\r\nHost: a').server('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n').close('server');
  const { findings } = await diagnosed(broken(0), broken(1), connection(2, 2).get());
  expect(findings.filter((finding) => finding.startsWith('missed-reuse'))).toEqual([]);
});

it('a request that TLS hides was told as "end of the request ()", and its response as "response 0"', async () => {
  const { pieces } = new TlsWriter().handshake().data('client', request('go')).data('server', 'x'.repeat(900)).data('server', 'x'.repeat(900));
  const talk = connection(1, 1);
  pieces.forEach(({ side, bytes }, at) => {
    // The server is slow to begin, and stops in the middle.
    if (at === pieces.length - 2) talk.wait(1.5);
    if (at === pieces.length - 1) talk.wait(4);
    talk.data(side, bytes).ack(side === 'client' ? 'server' : 'client');
  });
  const { report, findings } = await diagnosed(talk);
  expect(findings).toEqual(expect.arrayContaining([expect.stringMatching(/^slow-response/), expect.stringMatching(/^response-stalled/)]));
  const notes = report.findings().flatMap(({ evidence }) => evidence.map(({ note }) => note));
  expect(notes).toContain('end of the request (sealed, by its turn)');
  expect(notes).toContain('the response begins');
});
