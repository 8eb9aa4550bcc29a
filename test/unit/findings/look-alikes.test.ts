import { describe, expect, it } from 'vitest';
import { filler } from '../../kit/conversation.ts';
import { RST } from '../../kit/packets.ts';
import { connection, diagnosed, request, response, Talk } from './captures.ts';

/* Pairs that differ in one thing: what is told of the one must not be told of the other. */

type Row = readonly [what: string, talks: () => readonly Talk[], closes: string];

const closesAre = (rows: readonly Row[]): void => {
  it.each(rows)('%s', async (_, talks, closes) => {
    expect([...new Set((await diagnosed(...talks())).closes)].join(' | ')).toBe(closes);
  });
};
const times = (count: number, tell: (n: number) => Talk): Talk[] => [...Array(count).keys()].map(tell);
const HAPROXY = 'GET /item HTTP/1.1\r\nhost: api\r\nuser-agent: curl/8.5.0\r\naccept: */*\r\nx-forwarded-for: 192.0.2.1\r\n\r\n';
const haproxy = (n: number): Talk => connection(n, n * 11.3).client(HAPROXY).server(response(500)).ack('client');
const at = (talk: Talk, moment: number): Talk => talk.wait(moment - talk.now);

describe('a RST of the client on an idle connection', () => {
  const idle = (n: number, length: number, client: 'go' | 'other'): Talk => connection(n, n * 1.3).get(length, client).wait(60 + n * 0.001);
  closesAre([
    ['after equal idle times is its timer, whatever the size of the response', () => times(2, (n) => idle(n, 20_000, 'other').rst('client')), 'client-idle likely or undrained-response/process-exit'],
    ['of one segment, too', () => times(2, (n) => idle(n, 500, 'other').rst('client')), 'client-idle likely or undrained-response/process-exit'],
    ['proves unread bytes all the same with Go, which closes so for nothing else', () => times(2, (n) => idle(n, 20_000, 'go').rst('client')), 'undrained-response certain'],
    ['of one segment, alone, ends a program or an idle time; a client for each request closes at once', () => [connection(0, 0).get(500, 'other').wait(9.37).rst('client')], 'process-exit possible or client-idle/undrained-response'],
    ['is how HAProxy lets go of what it needs no more, at unequal times', () => [6.2, 8.3, 9.9].map((seconds, n) => haproxy(n).wait(seconds).rst('client')), 'client-idle likely or process-exit'],
    ['at once, where its kind is used again and another one lies idle, is no idle timeout; its pool may be full', () => [20_000, 40_000].flatMap((length, n) => [connection(2 * n, n * 9).get(length, 'other', `/${n}`).wait(1).get(length, 'other', `/${n}`), connection(2 * n + 1, n * 9 + 0.5).client(request('other', `/${n}`)).wait(1).server(response(length)).ack('client').rst('client')]), 'open-at-end certain | client-per-request possible or pool-overflow/undrained-response/process-exit'],
    ['that was not open yet is a dial that was given up, whatever they have in common', () => times(3, (n) => new Talk({ client: `10.0.0.1:${41_000 + n}`, start: n * 3 }).syn().wait(1.2 + n * 0.001).synAck().rst('client', { flags: RST })), 'process-exit possible or client-timeout/client-abort'],
    ['without ACK: something between, or a client that no longer knew the connection', () => [idle(0, 500, 'go').rst('client', { flags: RST })], 'middlebox possible or process-exit/client-idle'],
  ]);
});

describe('a response that is sent again and again', () => {
  const repeated = (): Talk => {
    const talk = connection(0, 0).client(request('go')).server(response(500));
    return talk.wait(0.3).retransmit().wait(0.6).retransmit().wait(1.2).retransmit();
  };
  closesAre([
    ['into silence is swallowed', () => [repeated()], 'middlebox likely or process-exit'],
    ['and given up by the server, too', () => [repeated().wait(5).rst('server')], 'middlebox likely or process-exit'],
    ['to a client that closes too, or refuses it, is none that is swallowed', () => [connection(0, 0).client(request('go', '/item', 'GET', 'Connection: close\r\n')).server(response(500, 'Connection: close\r\n')).fin('server').wait(0.3).retransmit(2).wait(0.6).retransmit(3).wait(0.2).fin('client', { ack: 5001 }).rst('client', { flags: RST })], 'client-close-option certain also server-close-option'],
    ['although it was acknowledged is repeated in error', () => [connection(0, 0).client(request('go')).server(response(500)).ack('client').wait(0.3).retransmit(2).ack('client').wait(0.6).retransmit(2).ack('client').wait(0.1).retransmit(2).ack('client')], 'open-at-end certain'],
    ['and acknowledged at last is a slow path', () => [repeated().ack('client').wait(1).get().wait(1).close('client')], 'process-exit possible or client-idle'],
  ]);
});

describe('a FIN of the client on a connection that was idle for seconds', () => {
  const RUBY = 'GET /item HTTP/1.1\r\nAccept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3\r\nAccept: */*\r\nUser-Agent: Ruby\r\nHost: api\r\n\r\n';
  const ruby = (n: number, start: number): Talk => connection(n, start).client(RUBY).server(response(500)).ack('client');
  const next = (talk: Talk, n: number, later: number, tell: (n: number, start: number) => Talk): Talk[] => [talk.close('client'), tell(n, talk.now + later)];
  const other = (n: number, start: number): Talk => connection(n, start).get(500, 'other').get(500, 'other');
  closesAre([
    ['and a SYN with it is the age at which a client that looks only then lets go (Ruby, 2 s)', () => next(ruby(0, 0).wait(4.27), 1, 0.0004, ruby), 'client-idle likely or process-exit | open-at-end certain'],
    ['sooner than that is none of this', () => next(ruby(0, 0).wait(1.27), 1, 0.0004, ruby), 'client-idle possible or max-age/process-exit | open-at-end certain'],
    ['and a SYN with it is no end of a program, whoever it is', () => next(other(0, 0).wait(4.27), 1, 0.0004, other), 'client-idle possible or max-age/process-exit | open-at-end certain'],
    ['is that of the timer on which others agree, though a SYN comes with it', () => [connection(5, 20).get(500, 'other').wait(4.23).close('client'), connection(6, 30).get(500, 'other').wait(0.5).get(500, 'other').wait(4.231).close('client'), ...next(other(7, 40).wait(4.77), 8, 0.0004, other)], 'client-idle certain | client-idle likely or process-exit | open-at-end certain'],
    ['and a SYN some time later may be the end of one program and the next', () => next(other(0, 0).wait(4.27), 1, 0.03, other), 'process-exit possible or client-idle | open-at-end certain'],
    ['of several at one moment with a SYN are what was too old', () => [...[0, 1].map((n) => at(ruby(n, n * 0.4), 5.2 + n * 0.0001).close('client')), ruby(2, 5.2008)], 'client-idle likely or process-exit | open-at-end certain'],
  ]);
});

describe('a FIN of the server with a request unanswered', () => {
  const asked = (n: number): Talk => connection(n, n * 9, { rtt: 0.05 }).client(request('other')).wait(0.05).server(response(500)).ack('client').wait(4.93);
  const upload = request('other', '/up', 'POST', 'Content-Length: 6000\r\n');
  /** A FIN that acknowledges only what came before the last `bytes` of the client. */
  const fin = (talk: Talk, bytes: number): Talk => talk.wait(0.02).fin('server', { ack: talk.next.client - bytes });
  const pipelined = (close: string, count: number): Talk => {
    const talk = connection(0, 0);
    for (let i = 0; i < count; i++) talk.client(request('other', `/${i}`));
    return talk.server(response(500, close)).fin('server').ack('client').fin('client');
  };
  closesAre([
    ['that acknowledges nothing of its upload crossed it', () => [fin(asked(0).client(upload + 'x'.repeat(1000)), upload.length + 1000)], 'stale-reuse certain also server-idle'],
    ['that acknowledges all of its head did not: the server had it', () => [fin(asked(0).client(upload).client('x'.repeat(1000)), 1000)], 'server-error certain'],
    ['nor where the upload was sent to its end, and a part of it was acknowledged', () => [fin(asked(0).client(upload).client('x'.repeat(6000)), 2000)], 'server-error certain'],
    ['that it sent ahead, behind an answer that announced the close, is that close', () => [pipelined('Connection: close\r\n', 4)], 'server-close-option certain'],
    ['that it sent ahead, behind an answer like others, is an error', () => [pipelined('', 4)], 'server-error certain'],
  ]);
});

describe('a SYN without an answer', () => {
  const syn = (waits: readonly number[]): Talk => {
    const talk = new Talk({ start: 0 }).syn();
    for (const wait of waits) talk.wait(wait).retransmit();
    return talk;
  };
  const later = (seconds: number): Talk => connection(1, seconds - 0.1).get();
  closesAre([
    ['that was repeated just before the capture ends may still get one', () => [syn([1]), later(1.2)], 'connect-failed likely or middlebox/open-at-end | open-at-end certain'],
    ['for three seconds has failed', () => [syn([1, 2]), later(3.2)], 'connect-failed certain or middlebox | open-at-end certain'],
  ]);
});

describe('the timeout a server advertises', () => {
  const hinted = (n: number, start: number, timeout: number, idle: number): Talk => connection(n, start).get(50, 'other', '/', `Keep-Alive: timeout=${timeout}\r\n`).wait(idle).close('server');
  closesAre([
    ['is that of the connection: behind one address there may be several servers', () => [hinted(0, 0, 7, 7.3), hinted(1, 20, 60, 60.4)], 'server-idle certain'],
    ['says nothing of a close long before it', () => [hinted(0, 0, 60, 7.37)], 'server-shutdown possible or server-idle/middlebox'],
  ]);
});

describe('the timeout a server is known for', () => {
  const named = (server: string, n: number, idle: number): Talk => connection(n, n * 50).get(50, 'other', '/', `Server: ${server}\r\n`).wait(idle);
  const jdk = (n: number, idle: number): Talk => connection(n, n * 50).client(request('other')).server('HTTP/1.1 200 OK\r\nDate: x\r\nContent-length: 2\r\n\r\nok').ack('client').wait(idle);
  closesAre([
    ['may be ended by RST, once (IIS)', () => [named('Microsoft-IIS/10.0', 0, 121.13).rst('server')], 'server-idle likely or server-error/middlebox'],
    ['and is not what ends a connection by RST long before it', () => [named('Microsoft-IIS/10.0', 0, 12.13).rst('server')], 'server-error likely or server-idle/middlebox'],
    ['may be looked at every ten seconds (jdk.httpserver)', () => [33.21, 38.42, 35.93].map((idle, n) => jdk(n, idle).close('server')), 'server-idle likely or server-shutdown/middlebox'],
    ['and not what ends a connection before it', () => [jdk(0, 23.21).close('server')], 'server-shutdown possible or server-idle/middlebox'],
  ]);
});

describe('closes within a tenth of a second, behind a burst of requests', () => {
  const ends = [0, 0.027, 0.055, 0.081];
  closesAre([
    ['that keep the order and the distances of the responses are a timer of the server', () => ends.map((end, n) => at(connection(n, n * 0.001), end + 0.1).get().wait(7.37 + n * 0.0003).close('server')), 'server-idle certain'],
    ['… or of the client', () => ends.map((end, n) => at(connection(n, n * 0.001), end + 0.1).get().wait(7.37 + n * 0.0003).close('client')), 'client-idle certain'],
    ['that come all at once are a restart', () => ends.map((end, n) => at(at(connection(n, n * 0.001), end + 0.1).get(), 7.37 + n * 0.0003).close('server')), 'server-shutdown possible or server-idle/middlebox'],
    ['right behind them are no idle time: nothing is proven by their distances', () => ends.slice(0, 2).map((end, n) => at(connection(n, n * 0.001), end + 0.1).get().close('server')), 'server-error likely or server-shutdown'],
  ]);
});

describe('announced closes', () => {
  const last = 'Connection: close\r\n';
  const second = (n: number, moment: number): Talk => at(connection(n, n * 0.7).get(50, 'other'), moment).get(50, 'other', '/', last).close('server');
  closesAre([
    ['of all connections at one moment are a server that drains, whatever they had counted to', () => times(3, (n) => second(n, 5.33 + n * 0.001)), 'server-close-option certain or max-requests/server-shutdown'],
    ['after the same count at different moments are a limit', () => times(3, (n) => second(n, 1.5 + n * 1.7)), 'max-requests certain also server-close-option'],
    ['one after the other within a moment are a limit, too', () => times(3, (n) => connection(n, n * 0.02).get(50, 'other').get(50, 'other', '/', last).close('server')), 'max-requests certain also server-close-option'],
  ]);
});

describe('RSTs of the server at one moment', () => {
  closesAre([
    ['after different idle times: a process that ended looks so', () => times(3, (n) => at(connection(n, n * 0.7).get(50, 'other'), 5.33).rst('server')), 'server-error certain or server-shutdown'],
    ['after the same seconds of idleness, at different moments, are its idle timeout (IIS, balancers)', () => times(3, (n) => connection(n, n).get(50, 'other').wait(2.37).rst('server')), 'server-idle likely or server-error/middlebox'],
    ['at different moments are its way to close', () => times(3, (n) => connection(n, n).get(50, 'other').wait(0.2).rst('server')), 'server-error certain'],
  ]);
});

describe('a body that is given up in the middle', () => {
  const abandoned = (age: number): Talk => connection(0, 0).client(request('other')).server(response(5000).subarray(0, 3000)).ack('client').wait(age).close('client');
  closesAre([
    ['after eight tenths of a second: a timeout', () => [abandoned(0.797)], 'client-timeout likely or client-abort/undrained-response/process-exit'],
    ['after 4.7 s: no setting, but any moment', () => [abandoned(4.7)], 'undrained-response possible also client-abort or client-timeout/process-exit'],
  ]);
});

describe('a body that ends with the connection', () => {
  const head = 'HTTP/1.1 200 OK\r\n\r\n';
  const begun = (n: number): Talk => connection(n, n).client(request('go')).server(head).server(filler(1000)).ack('client');
  closesAre([
    ['is read to its end by who waits for that', () => times(2, (n) => begun(n).wait(0.05).server(filler(1000)).fin('server').ack('client').fin('client').ack('server')), 'close-delimited certain'],
    ['is left by who closes and refuses the rest', () => times(2, (n) => begun(n).fin('client').wait(0.05).server(filler(1000)).rst('client', { flags: RST }).fin('server')), 'undrained-response certain'],
    [
      'is left by who refuses the rest, though its FIN is not in the capture',
      () => times(2, (n) => begun(n).fin('client').drop().wait(0.05).server(filler(1000)).rst('client', { flags: RST }).fin('server')),
      'undrained-response possible also client-abort or client-timeout/process-exit',
    ],
  ]);
});

describe('a RST with a TTL that is not that of its sender', () => {
  const asked = (): Talk => connection(0, 0).client(request('go')).ack('server');
  const begun = (): Talk => connection(0, 0).client(request('go')).server(response(5000).subarray(0, 1400)).ack('client').wait(0.3);
  closesAre([
    ['ends a request: something between sent it', () => [asked().wait(0.2).rst('server', { ttl: 63 })], 'middlebox likely or server-error'],
    ['and one with its own is the server', () => [asked().wait(0.2).rst('server')], 'server-error certain'],
    ['ends a response', () => [begun().rst('server', { ttl: 57 })], 'middlebox likely or server-truncated'],
    ['and one with its own does', () => [begun().rst('server')], 'server-truncated certain'],
    ['ends a download in the name of the client', () => [begun().rst('client', { ttl: 57 })], 'middlebox likely or client-abort'],
    ['ends an idle connection in the name of the client', () => [connection(0, 0).get(9000).wait(20).rst('client', { ttl: 57 })], 'middlebox likely or process-exit'],
    ['is not looked for behind a FIN, where kernels answer', () => [connection(0, 0).get().wait(3.37).fin('client').fin('server').rst('client', { ttl: 63, flags: RST })], 'process-exit possible or client-idle'],
  ]);
});

describe('connections opened beside idle ones, and all used again', () => {
  const told = async (opened: (n: number) => number): Promise<string[]> => {
    const talks = times(4, (n) => {
      const talk = connection(n, opened(n)).get(700, 'other');
      for (let i = 1; i < 7; i++) at(talk, opened(n) + i * 0.5).get(700, 'other');
      return talk.wait(0.5).close('client');
    });
    return (await diagnosed(...talks)).report.findings().map(({ rule, severity, confidence }) => `${severity} ${rule} ${confidence}`);
  };

  it('in one go: responses that are read only later', async () => {
    expect(await told((n) => n * 0.03)).toContain('warning response-not-drained-yet likely');
  });

  it('one after the other: workers, each with a pool of its own, for all that can be seen', async () => {
    expect(await told((n) => n * 1.3)).toContain('info response-not-drained-yet possible');
  });
});

describe('one request on one connection', () => {
  closesAre([
    ['is no client made for each request, though its body was read', () => [connection(0, 0).get(80_000, 'other').close('client')], 'process-exit possible or client-per-request'],
    ['again and again is one', () => times(3, (n) => connection(n, n).get(80_000, 'other').close('client')), 'client-per-request likely or process-exit'],
  ]);
});

describe('a pool that is full in all, over two servers', () => {
  /** Captured at the server, a round trip of 80 ms (the capture sees the client's half of it), which varies a little. */
  const far = (pause: number, evicts: boolean): Talk[] => {
    const talks: Talk[] = [];
    let now = 0;
    for (let n = 0; n < 8; n++) {
      const talk = new Talk({ client: `10.0.0.1:${40_000 + n}`, server: n % 2 === 0 ? '10.0.0.2:80' : '10.0.0.3:80', start: now, rtt: 0.0001, clientIsn: 1000 + n * 100_000, serverIsn: 5000 + n * 100_000 });
      talk.syn().synAck().wait(0.08 + 0.004 * (n % 3)).ack('client').client(request('go')).server(response(500));
      const ended = talk.now;
      talk.wait(0.08).ack('client');
      const old = talks.at(-1);
      if (!evicts) talk.wait(0.0003).close('client');
      else if (old !== undefined) at(old, ended + 0.085 + 0.001 * (n % 3)).close('client');
      talks.push(talk);
      now = ended + 0.08 + pause;
    }
    if (evicts) talks.at(-1)!.wait(1.3).close('client');
    return talks;
  };
  closesAre([
    ['is seen from the server, a round trip later', () => far(0.02, true), 'pool-overflow likely or client-per-request/undrained-response | process-exit possible or client-idle'],
    ['is not told of responses left unread', () => far(0.02, false), 'undrained-response likely or client-per-request/pool-overflow/client-abort'],
  ]);
});

describe('several workers that leave responses unread and let go of them a moment later', () => {
  it('leak nothing, however many run at once; responses that are kept do', async () => {
    const work = (n: number, letsGo: boolean): Talk => {
      const talk = connection(n, Math.floor(n / 4) * 0.07 + (n % 4) * 0.001).get(500);
      return letsGo ? talk.wait(0.05 + (n % 4) * 0.0002).close('client') : talk;
    };
    const rulesOf = async (talks: readonly Talk[]): Promise<string[]> => (await diagnosed(...talks)).report.findings().map(({ rule }) => rule);
    const left = await rulesOf(times(16, (n) => work(n, true)));
    expect(left).toContain('undrained-response');
    expect(left).not.toContain('connections-accumulate');
    expect(left).not.toContain('body-not-closed');
    expect(await rulesOf(times(16, (n) => work(n, false)))).toEqual(expect.arrayContaining(['connections-accumulate', 'body-not-closed']));
  });
});

describe('findings of single exchanges', () => {
  const told = async (...talks: readonly Talk[]): Promise<string[]> => (await diagnosed(...talks)).report.findings().map(({ rule, confidence }) => `${rule} ${confidence}`);
  const put = (expects = 'Expect: 100-continue\r\n'): Talk => connection(0, 0).client(request('go', '/u', 'PUT', `${expects}Content-Length: 10\r\n`)).ack('server');
  const done = (talk: Talk): Talk => talk.server(response(0)).ack('client').wait(1).close('client');

  it('a 100 that comes when the body was sent without it came too late', async () => {
    const late = await told(done(put().wait(1).client(filler(10)).server('HTTP/1.1 100 Continue\r\n\r\n')));
    expect(late).toContain('expect-timeout certain');
    expect(late).not.toContain('upload-sender-limited likely');
    expect(await told(done(put().wait(3).server('HTTP/1.1 100 Continue\r\n\r\n').client(filler(10))))).not.toContain('expect-timeout certain');
  });

  it('416 refuses a Content-Range; 400 may refuse anything', async () => {
    const ranged = (status: string): Talk => connection(0, 0).client(request('go', '/u', 'PATCH', 'Content-Range: 0-9\r\nContent-Length: 10\r\n', 'x'.repeat(10))).server(response(0, '', status)).ack('client').wait(1).close('client');
    expect(await told(ranged('416 Range Not Satisfiable'))).toContain('content-range-rejected certain');
    expect(await told(ranged('400 Bad Request'))).toContain('content-range-rejected possible');
    expect(await told(ranged('202 Accepted'))).not.toContainEqual(expect.stringContaining('content-range'));
  });

  it('a mismatch of timeouts is no surer than the timeout', async () => {
    expect(await told(connection(0, 0).get(5, 'other').wait(0.3).close('server'), connection(1, 1).get(5, 'other').wait(0.301).close('server'))).toContain('timeout-mismatch likely');
    expect(await told(connection(0, 0).get(5, 'other').wait(3.3).close('server'), connection(1, 1).get(5, 'other').wait(0.2).get(5, 'other').wait(3.301).close('server'))).toContain('timeout-mismatch certain');
  });

  it('the option in a message is certain, though what it announces is only likely', async () => {
    const limited = (n: number): Talk => connection(n, n * 12).get().wait(10).get().get(500, 'go', '/item', 'Connection: close\r\n').close('server');
    const found = await told(...times(3, limited));
    expect(found).toContain('max-requests likely');
    expect(found).toContain('server-close-option certain');
  });
});
