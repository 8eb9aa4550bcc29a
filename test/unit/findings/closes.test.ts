import { describe, expect, it } from 'vitest';
import { ACK, RST } from '../../kit/packets.ts';
import { connection, diagnosed, request, response, rules, Talk } from './captures.ts';

const KEEP_ALIVE_5 = 'Keep-Alive: timeout=5\r\n';

describe('idle timeouts', () => {
  it('of the server: the same idle time twice at different moments is certain', async () => {
    const found = await diagnosed(connection(0, 0).get().wait(3.3).close('server'), connection(1, 1.7).get().wait(0.2).get().wait(3.301).close('server'));
    expect(found.closes).toEqual(Array(2).fill('server-idle certain'));
    expect(rules(found)).toContain('timeout-mismatch');
  });

  it('of the server: once, after the second it advertised', async () => {
    const found = await diagnosed(connection(0, 0).get(500, 'go', '/item', KEEP_ALIVE_5).wait(6.0004).close('server'));
    expect(found.closes).toEqual(['server-idle certain']);
  });

  it('of the server: once, long after the second it advertised, is not that timeout', async () => {
    expect((await diagnosed(connection(0, 0).get(5, 'go', '/', 'Keep-Alive: timeout=5\r\n').wait(7.3704).close('server'))).closes).toEqual(['server-shutdown possible or server-idle/middlebox']);
  });

  it('of the server: once, at a whole number of seconds', async () => {
    expect((await diagnosed(connection(0, 0).get().wait(8.0008).close('server'))).closes).toEqual(['server-idle certain']);
  });

  it('of the server: a whole number of seconds among closes that do not agree may be chance', async () => {
    const { closes } = await diagnosed(connection(0, 0).get().wait(8.0008).close('server'), connection(1, 20).get().wait(11.37).close('server'));
    expect(closes).toEqual(['server-idle likely or server-shutdown/middlebox', 'server-shutdown possible or server-idle/middlebox']);
    const far = connection(0, 0, { rtt: 0.4 }).client(request('go')).wait(0.4).server(response(500)).wait(8.009).fin('server');
    expect((await diagnosed(far)).closes).toEqual(['server-idle likely or server-shutdown/middlebox']);
  });

  it('of the server: a time that is nearly round, 34 ms above it, is none, whatever the round trip', async () => {
    const asked = connection(0, 0).client(request('go')).wait(0.02).server(response(500)).ack('client');
    expect((await diagnosed(asked.wait(1.534).close('server'))).closes).toEqual(['server-shutdown possible or server-idle/middlebox']);
    expect((await diagnosed(connection(0, 0).get().wait(1.5023).close('server'))).closes).toEqual(['server-idle likely or server-shutdown/middlebox']);
  });

  it('of the server: once, at a time that fits nothing, is a restart or a timeout, who knows', async () => {
    expect((await diagnosed(connection(0, 0).get().wait(3.37).close('server'))).closes).toEqual(['server-shutdown possible or server-idle/middlebox']);
  });

  it('at one moment after different idle times are a restart, not a timeout', async () => {
    const talks = [0, 1, 2].map((n) => {
      const talk = connection(n, n * 0.71).get();
      return talk.wait(5.33 - talk.now).close('server');
    });
    const found = await diagnosed(...talks);
    expect(found.closes).toEqual(Array(3).fill('server-shutdown possible or server-idle/middlebox'));
    expect(rules(found)).not.toContain('timeout-mismatch');
  });

  it('of the client: the same idle time twice', async () => {
    const found = await diagnosed(connection(0, 0).get(500, 'other').get(500, 'other').wait(4.4).close('client'), connection(1, 1).get(500, 'other').wait(0.2).get(500, 'other').wait(4.401).close('client'));
    expect(found.closes).toEqual(Array(2).fill('client-idle certain'));
  });

  it.each(['client', 'server'] as const)('of the %s: of connections that all did the same the ages agree as well, and were no alternative', async (side) => {
    const closed = async (seconds: number): Promise<readonly string[]> => (await diagnosed(...[0, 1, 2].map((n) => connection(n, n * 1.7).get(500, 'other').wait(seconds + n * 0.0001).close(side)))).closes;
    expect(await closed(3.631)).toEqual(Array(3).fill(`${side}-idle likely or max-age`));
    // Somebody set it, and the age is none that anybody would.
    expect(await closed(3.0001)).toEqual(Array(3).fill(`${side}-idle certain`));
    expect(await closed(2.994)).toEqual(Array(3).fill(`${side}-idle likely or max-age`));
  });

  it('of a connection whose beginning is not in the capture: its age, which nobody knows, was another one', async () => {
    const talks = [0, 1, 2].map((n) => connection(n, n * 1.7).get(500, 'other').wait(3.631 + n * 0.0001).close('server'));
    talks[1]!.packets.splice(0, 3);
    expect((await diagnosed(...talks)).closes).toEqual(Array(3).fill('server-idle likely or max-age'));
  });

  it('of the client: once, at the default of Go', async () => {
    const found = await diagnosed(connection(0, 0).get().get().wait(90.0004).close('client'));
    expect(found.closes).toEqual(['client-idle likely or process-exit']);
  });

  it('at one moment on all of the client are its exit', async () => {
    const talks = [0, 1].map((n) => {
      const talk = connection(n, n * 0.6).get().get();
      return talk.wait(3.3 - talk.now).close('client');
    });
    expect((await diagnosed(...talks)).closes).toEqual(Array(2).fill('process-exit likely or client-idle'));
  });
});

describe('announced closes', () => {
  it('are the cause whoever sends the FIN first', async () => {
    const byServer = connection(0, 0).client(request('other', '/', 'GET', 'Connection: close\r\n')).server(response(10)).ack('client').close('server');
    const byClient = connection(1, 1).client(request('other', '/', 'GET', 'Connection: close\r\n')).server(response(10)).ack('client').close('client');
    const answered = connection(2, 2).client(request('other')).server(response(10, 'Connection: close\r\n')).ack('client').close('client');
    const found = await diagnosed(byServer, byClient, answered);
    expect(found.closes).toEqual(['client-close-option certain', 'client-close-option certain', 'server-close-option certain']);
  });

  it('of HTTP/1.0, and of a body that ends with the connection', async () => {
    const old = connection(0, 0).client('GET / HTTP/1.0\r\n\r\n').server('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok').ack('client').close('server');
    const until = connection(1, 1).client(request('other')).server('HTTP/1.1 200 OK\r\n\r\nall of it').close('server');
    expect((await diagnosed(old, until)).closes).toEqual(['http10-default certain', 'close-delimited certain']);
  });

  it('name all that announced them: the option, HTTP/1.0, and a body without a length', async () => {
    const proxied = connection(0, 0).client('GET / HTTP/1.0\r\nHost: api\r\nConnection: close\r\n\r\n').server(response(10, 'Connection: close\r\n')).ack('client').close('server');
    const until = connection(1, 1).client(request('other')).server('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it').close('server');
    const both = connection(2, 2).client(request('other')).server('HTTP/1.0 200 OK\r\n\r\nall of it').close('server');
    const kept = connection(3, 3).client('GET / HTTP/1.0\r\nHost: api\r\nConnection: keep-alive\r\n\r\n').server(response(10, 'Connection: close\r\n')).ack('client').close('server');
    expect((await diagnosed(proxied, until, both, kept)).closes).toEqual([
      'client-close-option certain also server-close-option/http10-default',
      'server-close-option certain also close-delimited',
      'close-delimited certain also http10-default',
      'server-close-option certain',
    ]);
  });

  it('after the same number of requests at different ages are a limit on requests', async () => {
    const limited = (n: number, start: number, pause: number): Talk => connection(n, start).get().wait(pause).get().get(500, 'go', '/item', 'Connection: close\r\n').close('server');
    const found = await diagnosed(limited(0, 0, 0.2), limited(1, 1, 0.9));
    expect(found.closes).toEqual(Array(2).fill('max-requests certain also server-close-option'));
  });

  it('after the same number at the same age name both limits', async () => {
    const limited = (n: number, start: number): Talk => connection(n, start).get().wait(10).get().get(500, 'go', '/item', 'Connection: close\r\n').close('server');
    expect((await diagnosed(limited(0, 0), limited(1, 12))).closes).toEqual(Array(2).fill('max-requests likely also server-close-option or max-age'));
  });

  it('after the same number with max= counting down are certain all the same', async () => {
    const limited = (n: number, start: number): Talk => connection(n, start).get(5, 'go', '/', 'Keep-Alive: timeout=5, max=2\r\n').wait(10).get(5, 'go', '/', 'Keep-Alive: timeout=5, max=1\r\n').get(5, 'go', '/', 'Connection: close\r\n').close('server');
    expect((await diagnosed(limited(0, 0), limited(1, 12))).closes).toEqual(Array(2).fill('max-requests certain also server-close-option'));
  });

  it('at one age are a limit on it, though of one connection a response is not in the capture', async () => {
    const until = (talk: Talk, age: number): Talk => talk.wait(age - (talk.now % 10)).get(500, 'go', '/item', 'Connection: close\r\n').close('server');
    const missed = connection(2, 20).get().client(request('go')).server(response(500)).drop().ack('client');
    const found = await diagnosed(until(connection(0, 0).get().get().get(), 5.5), until(connection(1, 10).get(), 5.8), until(missed, 5.6));
    expect(found.closes.slice(0, 2)).toEqual(Array(2).fill('max-age likely also server-close-option or max-requests'));
  });

  it('after different numbers are no limit', async () => {
    const found = await diagnosed(connection(0, 0).get().get(5, 'go', '/', 'Connection: close\r\n').close('server'), connection(1, 1).get().get().get(5, 'go', '/', 'Connection: close\r\n').close('server'));
    expect(found.closes).toEqual(Array(2).fill('server-close-option certain'));
  });
});

describe('the keep-alive race', () => {
  const retry = (method: string, start: number): Talk => connection(1, start).client(request('go', '/pay', method)).server(response(20)).ack('client').wait(1).close('client');

  it('with the FIN of the server in the capture before the request', async () => {
    const talk = connection(0, 0).get().wait(2.0005).fin('server').client(request('go', '/pay')).rst('server', { flags: RST });
    const found = await diagnosed(talk, retry('GET', talk.now + 0.0005));
    expect(found.closes[0]).toBe('stale-reuse certain also server-idle');
    expect(found.findings).toContain('client-retry likely: 2');
    expect(found.report.findings().find(({ rule }) => rule === 'client-retry')!.explanation).not.toContain('idempotent');
  });

  it('that many connections run into at once: each lost request is found again on the connection that repeats it', async () => {
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    const raced = numbers.map((n) => connection(n, n / 1000).get().wait(2.0005).fin('server').client(request('go', `/pay/${n}`)).rst('server', { flags: RST }));
    // All but one are repeated, the last one first, and each new connection is used on.
    const repeated = numbers.slice(1).reverse().map((n, i) => connection(100 + i, raced[n]!.now + 0.0005).client(request('go', `/pay/${n}`)).server(response(20)).ack('client').get().get());
    const found = await diagnosed(...raced, ...repeated);
    expect(found.findings).toContain('request-lost certain: 1');
    const retry = found.report.findings().find(({ rule }) => rule === 'client-retry')!;
    expect(retry.connections).toHaveLength(19);
    const rows = [...found.report.connections()];
    const firstTarget = (id: number): string | undefined => rows[id - 1]!.exchanges[0]!.request?.target;
    const lastTarget = (id: number): string | undefined => rows[id - 1]!.exchanges.at(-1)!.request?.target;
    const pairs = retry.evidence.map(({ note }) => Number(/connection (\d+)/.exec(note)![1]));
    for (let i = 0; i < pairs.length; i += 2) expect(firstTarget(pairs[i + 1]!)).toBe(lastTarget(pairs[i]!));
  });

  it('after the idle time at which the server closed one other connection, an odd one', async () => {
    const raced = connection(0, 0).get().wait(3.3704).fin('server').client(request('go', '/pay')).rst('server', { flags: RST });
    const found = await diagnosed(raced, connection(1, 1).get().wait(0.2).get().wait(3.371).close('server'));
    expect(found.closes).toEqual(['stale-reuse certain also server-idle', 'server-idle certain']);
  });

  it('with the request before a FIN that does not acknowledge it', async () => {
    const talk = connection(0, 0).get().wait(2.0005);
    const acknowledged = talk.next.client;
    talk.client(request('go', '/pay', 'POST', 'Content-Length: 0\r\n')).fin('server', { ack: acknowledged }).rst('server', { flags: RST });
    const found = await diagnosed(talk, retry('POST', talk.now + 0.0005));
    expect(found.closes[0]).toMatch(/^stale-reuse certain/);
    expect(found.report.findings().find(({ rule }) => rule === 'client-retry')!.explanation).toContain('1 of them is not idempotent');
  });

  it('with a RST and no FIN: a server without its state, or something between, both named; the request lost', async () => {
    const talk = connection(0, 0).get().wait(30).client(request('go', '/pay')).rst('server', { flags: RST, seq: 0 });
    const found = await diagnosed(talk);
    expect(found.closes).toEqual(['middlebox possible or stale-reuse/server-error']);
    expect(found.findings).toContain('request-lost certain: 1');
  });

  it('is no race when the server acknowledged the request and then closed', async () => {
    const talk = connection(0, 0).get().wait(2.1).client(request('go', '/pay')).ack('server').wait(0.2).close('server');
    const found = await diagnosed(talk);
    expect(found.closes).toEqual(['server-error certain']);
    expect(rules(found)).not.toContain('request-lost');
  });

  it('is no race when the server closes in the middle of an upload, whose last bytes it did not acknowledge', async () => {
    const talk = connection(0, 0).get().wait(2.1).client(request('go', '/up', 'POST', 'Content-Length: 4000\r\n', 'x'.repeat(1000))).ack('server').wait(0.2);
    const acknowledged = talk.next.client;
    talk.client('x'.repeat(1000)).fin('server', { ack: acknowledged }).rst('server', { flags: RST });
    expect((await diagnosed(talk)).closes).toEqual(['server-error certain']);
  });
});

describe('failures of the network', () => {
  it('a peer that answers no probe', async () => {
    const talk = connection(0, 0).get().wait(15).probe('client').wait(15).probe('client').wait(15).probe('client').wait(15).rst('client');
    const found = await diagnosed(talk);
    expect(found.closes).toEqual(['keepalive-dead-peer certain']);
    // Its RST is the kernel's: no SO_LINGER, no unread bytes.
    expect(rules(found)).not.toContain('abortive-close');
  });

  it('a peer that answers no probe, and speaks up once it has been given up', async () => {
    const talk = connection(0, 0).get().wait(15).probe('server').wait(15).probe('server').wait(15).rst('server').wait(3).fin('client').rst('server', { flags: RST });
    const found = await diagnosed(talk);
    expect(found.closes).toEqual(['keepalive-dead-peer certain']);
    expect([...found.report.connections()][0]!.keepAliveProbes.map(({ answeredBy }) => answeredBy)).toEqual([null, null]);
  });

  it('one probe without an answer before a RST is not enough', async () => {
    const talk = connection(0, 0).get().wait(15).probe('client').ack('server').wait(15).probe('client').wait(1).rst('client');
    expect((await diagnosed(talk)).closes[0]).not.toContain('dead-peer');
  });

  it('a SYN answered by RST, and one repeated without any answer', async () => {
    const refused = new Talk({ client: '10.0.0.1:40001', start: 0 }).syn().rst('server', { seq: 0, flags: RST | ACK });
    const silent = new Talk({ client: '10.0.0.1:40002', server: '10.0.0.3:80', start: 1 }).syn();
    silent.wait(1).retransmit().wait(2).retransmit();
    expect((await diagnosed(refused, silent)).closes).toEqual(['connect-failed certain or server-shutdown/middlebox', 'connect-failed certain or middlebox']);
  });

  it('one SYN without an answer: certain where the capture goes on for seconds, else it may still be answered', async () => {
    const silent = new Talk({ client: '10.0.0.1:40002', server: '10.0.0.3:80', start: 0 }).syn();
    expect((await diagnosed(silent, connection(0, 3.5).get().wait(0.1).close('client'))).closes[0]).toBe('connect-failed certain or middlebox');
    expect((await diagnosed(silent, connection(0, 1.5).get().wait(0.1).close('client'))).closes[0]).toBe('connect-failed possible or open-at-end');
  });

  it('one SYN at the very end of a capture, where no answer could be missed yet, is no attempt that failed', async () => {
    const late = new Talk({ client: '10.0.0.1:40002', server: '10.0.0.3:80', start: 0 }).syn();
    const found = await diagnosed(late, connection(0, 0.5).get().wait(0.1).close('client'));
    expect(found.closes[0]).toBe('open-at-end likely or connect-failed');
    expect(rules(found)).not.toContain('connect-failed');
  });

  it('a request that is sent again and again into silence', async () => {
    const talk = connection(0, 0).get().wait(20).client(request('go'));
    talk.wait(0.4).retransmit().wait(0.8).retransmit().wait(1.6).retransmit();
    const found = await diagnosed(talk);
    expect(found.closes).toEqual(['middlebox likely or server-error']);
  });

  it('a bare RST on a connection that idled long', async () => {
    expect((await diagnosed(connection(0, 0).get().wait(63).rst('server', { flags: RST }))).closes[0]).toMatch(/^middlebox possible/);
  });
});

describe('the server ends it', () => {
  it('in the middle of a response', async () => {
    const found = await diagnosed(connection(0, 0).client(request('go')).server(response(60_000).subarray(0, 3000)).ack('client').fin('server').fin('client').ack('server'));
    expect(found.closes).toEqual(['server-truncated certain']);
    expect(found.report.findings().find(({ rule }) => rule === 'server-truncated')!.severity).toBe('error');
  });

  it('without an answer', async () => {
    expect((await diagnosed(connection(0, 0).client(request('go')).ack('server').wait(0.05).close('server'))).closes).toEqual(['server-error certain']);
  });

  it('with an answer to what was asked before the capture began: whether the close was announced is not known', async () => {
    const late = (n: number, start: number): Talk => new Talk({ client: `10.0.0.1:${40_000 + n}`, start }).server(response(300)).fin('server').rst('client', { flags: RST });
    const found = await diagnosed(late(0, 0), late(1, 0.7), connection(2, 1).get().get().wait(0.2).close('client'));
    expect(found.closes.slice(0, 2)).toEqual(Array(2).fill('unknown possible or server-close-option/client-close-option/server-error'));
    expect(rules(found)).not.toContain('server-error');
  });

  it('without an answer, by a RST in the middle of an upload: bytes of the request may have lain unread', async () => {
    const talk = connection(0, 0).client(request('go', '/up', 'POST', 'Content-Length: 90000\r\n')).client(new Uint8Array(20_000).fill(120)).ack('server').wait(0.05).rst('server');
    const found = await diagnosed(talk);
    expect(found.closes).toEqual(['server-error certain or undrained-request']);
    expect(found.findings).toContain('upload-incomplete certain: 1');
  });

  it('without an answer after a round wait', async () => {
    expect((await diagnosed(connection(0, 0).client(request('go')).ack('server').wait(5.0005).close('server'))).closes).toEqual(['server-timeout likely or server-error']);
  });

  it('without an answer after a wait of any length: a deadline for the response shows only when the handler comes to write it', async () => {
    expect((await diagnosed(connection(0, 0).client(request('go')).ack('server').wait(1.737).close('server'))).closes).toEqual(['server-error certain or server-timeout']);
  });

  it('with an early final response while the body is still coming', async () => {
    const talk = connection(0, 0).client(request('go', '/up', 'POST', 'Content-Length: 90000\r\n')).client(new Uint8Array(20_000).fill(120));
    talk.server(response(10, 'Connection: close\r\n', '413 Content Too Large')).client(new Uint8Array(3000).fill(120)).rst('server');
    const found = await diagnosed(talk);
    expect(found.closes).toEqual(['undrained-request certain also server-close-option']);
    expect(rules(found)).toContain('early-response');
  });

  it('and neither side can help it: a chunk without its size is no response that the client left unread', async () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    const broken = (n: number, body: string): Talk => connection(n, n).client(request('go')).server(head).ack('client').server(body).ack('client');
    const found = await diagnosed(broken(0, 'zz\r\nabc').close('client'), broken(1, '5\r\nhello!!\r\n0\r\n\r\n').wait(1).close('server'), broken(2, '5\r\nhello\r\n').close('client'), connection(3, 3.7).client(request('go')).wait(0.0234567).server(`${head}zz\r\nabc`).ack('client').close('client'));
    expect(found.closes).toEqual(['protocol-error certain', 'protocol-error certain', 'undrained-response certain', 'protocol-error certain']);
    expect(found.report.findings().find(({ rule }) => rule === 'protocol-error')!.explanation).toMatch(/chunks/);
  });

  it('and what it sent is not HTTP: no client gave up a response', async () => {
    const answered = (n: number, bytes: string): Talk => connection(n, n).client(request('go')).server(bytes).ack('client').close('client');
    const found = await diagnosed(answered(0, 'SSH-2.0-OpenSSH_9.0\r\n'), answered(1, '\u0000\u0001\u0002 220 ready\r\n'));
    expect(found.closes).toEqual(Array(2).fill('protocol-error certain'));
    expect(found.report.findings().find(({ rule }) => rule === 'protocol-error')!.explanation).toMatch(/not HTTP/);
  });

  it('with bytes nobody asked for', async () => {
    const talk = connection(0, 0).client(request('go')).server('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay then').ack('client').wait(0.01).close('client');
    const found = await diagnosed(talk);
    expect(found.closes).toEqual(['protocol-error certain']);
    expect(rules(found)).toContain('unsolicited-data');
  });
});
