import { describe, expect, it } from 'vitest';
import { KeyLog } from '../../../main/tls/key-log.ts';
import { merge, type Packet, RST } from '../../kit/packets.ts';
import { reportOf } from '../../kit/report-of.ts';
import { carried } from '../../kit/tls-captures.ts';
import { TlsWriter } from '../../kit/tls-writer.ts';
import { request } from './captures.ts';

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
