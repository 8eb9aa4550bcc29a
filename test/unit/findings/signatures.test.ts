import { describe, expect, it } from 'vitest';
import { filler } from '../../kit/conversation.ts';
import { ACK, FIN, latin1, PSH, RST } from '../../kit/packets.ts';
import { connection, diagnosed, request, response, rules, type Talk } from './captures.ts';

/* What causes look like on the wire, one by one: each is told from its look-alike. */

const three = (tell: (talk: Talk, n: number) => Talk): Talk[] => [0, 1, 2].map((n) => tell(connection(n, n), n));
const causes = async (talks: readonly Talk[]): Promise<string[]> => [...new Set((await diagnosed(...talks)).closes)];

describe('responses without a body', () => {
  it('of length 0, to HEAD, 204 and 304 leave nothing unread: a FIN behind them is no undrained body', async () => {
    const heads = ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.1 204 No Content\r\n\r\n', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n'];
    for (const head of heads) expect(await causes(three((talk) => talk.client(request('go')).server(head).ack('client').close('client')))).toEqual(['client-per-request likely or process-exit']);
    expect(await causes(three((talk) => talk.client(request('go', '/', 'HEAD')).server('HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n').ack('client').close('client')))).toEqual(['client-per-request likely or process-exit']);
  });
});

describe('unread bytes', () => {
  it('make the JVM send FIN and RST together', async () => {
    expect(await causes(three((talk) => talk.get(20_000, 'other').fin('client').rst('client')))).toEqual(['undrained-response likely or process-exit/client-per-request']);
  });

  it('are not proven by a RST behind a response of one segment, whoever sends it', async () => {
    for (const client of ['go', 'other'] as const) {
      const found = await diagnosed(...three((talk) => talk.get(900, client).rst('client')));
      expect(new Set(found.closes)).toEqual(new Set(['client-per-request possible or undrained-response/process-exit']));
      expect(rules(found)).toContain('abortive-close');
      expect(rules(found)).not.toContain('undrained-response');
    }
  });

  it('are proven by one behind more than Go reads ahead', async () => {
    expect(await causes(three((talk) => talk.get(9000).rst('client')))).toEqual(['undrained-response certain']);
  });

  it('of a chunked body are those of its last chunk, too', async () => {
    const chunk = latin1(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n258\r\n${'x'.repeat(600)}\r\n`);
    const early = three((talk) => talk.client(request('go')).server(chunk).ack('client').fin('client').wait(0.3).server('0\r\n\r\n').rst('client', { flags: RST }));
    expect(await causes(early)).toEqual(['undrained-response certain']);
    const whole = three((talk) => talk.client(request('go')).server(chunk).server('0\r\n\r\n').ack('client').close('client'));
    expect(await causes(whole)).toEqual(['undrained-response likely or client-per-request/pool-overflow/client-abort']);
  });

  it('that are closed late, after equal times below a second, are likely with Go and possible with others', async () => {
    const late = (client: 'go' | 'other'): Talk[] => three((talk, n) => talk.get(500, client).wait(0.3 + n * 0.001).close('client'));
    expect(await causes(late('go'))).toEqual(['undrained-response likely or client-per-request/client-idle/client-abort']);
    expect(await causes(late('other'))).toEqual(['undrained-response possible or client-per-request/client-idle/client-abort']);
  });
});

describe('limits on requests', () => {
  it('of a client without a word: the same number each time, and no connection that lives on', async () => {
    const limited = (n: number): Talk => connection(n, n).get(50, 'other').wait(0.1 + 0.03 * n).get(50, 'other').wait(0.1).get(50, 'other').close('client');
    expect(await causes([0, 1, 2].map(limited))).toEqual(['max-requests likely or pool-overflow/client-per-request/undrained-response']);
  });

  it('of a server without a word', async () => {
    const limited = (n: number): Talk => connection(n, n * 3).get(5, 'other').wait(0.2 + n).get(5, 'other').get(5, 'other').get(5, 'other').close('server');
    expect(await causes([0, 1].map(limited))).toEqual(['max-requests likely or server-error']);
  });

  it('may come with the FIN on the last segment of the response', async () => {
    const last = three((talk) => talk.client(request('go')).server(response(100, 'Connection: close\r\n'), { flags: FIN | PSH | ACK }).fin('client').ack('server'));
    expect(await causes(last)).toEqual(['server-close-option certain']);
  });
});

describe('other ends', () => {
  it('of a websocket and of a tunnel are those of what was switched to; a tunnel that was refused is HTTP', async () => {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    const websocket = connection(0, 0).client(request('other', '/ws', 'GET', upgrade)).server(`HTTP/1.1 101 Switching Protocols\r\n${upgrade}\r\n`).wait(3).close('client');
    const connect = 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n';
    const tunnel = connection(1, 1).client(connect).server('HTTP/1.1 200 OK\r\n\r\n').client(filler(50)).server(filler(70)).wait(3).close('server');
    const refused = connection(2, 2).client(connect).server('HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno.').ack('client').close('server');
    expect((await diagnosed(websocket, tunnel, refused)).closes).toEqual(['protocol-switched certain', 'protocol-switched certain', 'server-close-option certain']);
  });

  it('by a bare RST on an idle connection: a lost state or something between, both named', async () => {
    expect(await causes([connection(0, 0).get().wait(5).rst('server', { flags: RST })])).toEqual(['middlebox possible or server-error/server-shutdown']);
    expect(await causes([connection(0, 0).get().wait(5).rst('server')])).toEqual(['server-error likely or server-idle/middlebox']);
    expect(await causes([connection(0, 0).get().wait(0.2).rst('server')])).toEqual(['server-error certain']);
  });

  it('in the middle of a chunked body are truncations', async () => {
    const talk = connection(0, 0).client(request('go')).server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n').ack('client').wait(0.1).close('server');
    expect(await causes([talk])).toEqual(['server-truncated certain']);
  });
});
