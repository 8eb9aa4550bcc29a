import { describe, expect, it } from 'vitest';
import { losses } from '../../../main/report/report-words.ts';
import { toPcap } from '../../kit/capture-files.ts';
import { latin1, merge, RST } from '../../kit/packets.ts';
import { reportOf, reportOfFile } from '../../kit/report-of.ts';
import { connection, diagnosed, request, response, rules, Talk } from './captures.ts';

/** What real programs did, seen in captures of theirs, that was told otherwise at first. */
describe('an answer before the end of the request', () => {
  const upload = (n: number, start: number) => connection(n, start).client(request('go', '/up', 'POST', 'Content-Length: 30000\r\n', 'x'.repeat(1000)));

  it('whose body the server took to its end is no reason for what closes the connection seconds later (gunicorn, gthread)', async () => {
    const talk = upload(0, 0).server(response(20, '', '413 Content Too Large')).client(latin1('x'.repeat(29_000))).ack('server');
    const found = await diagnosed(talk.wait(1.7).close('client'));
    expect(found.closes).toEqual(['process-exit possible or client-idle']);
    const again = upload(1, 0).server(response(20, '', '413 Content Too Large')).client(latin1('x'.repeat(29_000))).ack('server').wait(2).close('server');
    expect((await diagnosed(again)).closes[0]).toMatch(/^server-idle/);
    expect(rules(found)).toContain('early-response');
    expect(rules(found)).not.toContain('undrained-request');
  });

  it('of the status 200, with the connection closed over the rest, is a request left unread all the same (uWSGI, Caddy)', async () => {
    const closing = upload(0, 0).server(response(20, 'Connection: close\r\n')).close('server');
    expect((await diagnosed(closing)).closes).toEqual(['undrained-request certain also server-close-option']);
    const delimited = upload(0, 0).server('HTTP/1.1 200 OK\r\n\r\nno length').rst('server');
    const found = await diagnosed(delimited);
    expect(found.closes).toEqual(['undrained-request certain']);
    expect(found.report.findings().find(({ rule }) => rule === 'upload-incomplete')?.severity).toBe('info');
    // Broken off in the middle of a body of known length, the response is what is cut.
    expect((await diagnosed(upload(0, 0).server('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nsome').close('server'))).closes).toEqual(['server-truncated certain']);
  });
});

describe('a client that closes right behind a response', () => {
  /** Requests `pause` apart, over with the first response after `age` seconds. */
  const aged = (n: number, pause: number, age: number): Talk => {
    const talk = connection(n, n * 3.3);
    while (talk.now + pause < n * 3.3 + age) talk.get().wait(pause);
    return talk.wait(Math.max(0, n * 3.3 + age - talk.now)).get().close('client');
  };

  it('whenever a connection is of one age limits the age; its pool does not overflow (nginx, keepalive_time of an upstream)', async () => {
    const found = await diagnosed(aged(0, 0.13, 2), aged(1, 0.11, 2), aged(2, 0.17, 2), connection(3, 9.9).get().wait(0.2).get());
    expect(found.closes.slice(0, 3)).toEqual(Array(3).fill('max-age likely or max-requests/pool-overflow/client-per-request'));
    expect(rules(found)).not.toContain('pool-overflow');
  });

  it('whenever it carried a number that people set limits that, or the age', async () => {
    const found = await diagnosed(aged(0, 0.43, 2), aged(1, 0.43, 2), connection(2, 9.9).get().wait(0.2).get());
    expect(found.closes.slice(0, 2)).toEqual(Array(2).fill('max-requests likely or max-age/pool-overflow/client-per-request/undrained-response'));
  });

  it('after two requests, some seconds apart, does the same each time, and limits nothing', async () => {
    const sessions = [0, 1, 2].map((n) => connection(n, n * 5).get().wait(2.05).get().close('client'));
    const { closes } = await diagnosed(...sessions, connection(3, 15).get().wait(2.05).get().wait(1).get());
    expect(closes.slice(0, 3)).toEqual(Array(3).fill('undrained-response possible or client-per-request/process-exit'));
  });

  it('with pauses that are long beside the age of its connections, at ages that differ, limits nothing', async () => {
    const sessions = [[1.1, 1.3], [2.6], [0.3, 1.9]].map((pauses, n) => {
      const talk = connection(n, n * 5).get();
      for (const pause of pauses) talk.wait(pause).get();
      return talk.close('client');
    });
    const { closes } = await diagnosed(...sessions, connection(3, 15).get().wait(0.5).get());
    expect(closes.some((close) => close.startsWith('max-'))).toBe(false);
  });

  it('at ages that others outlived limits none', async () => {
    const outlived = connection(3, 0);
    for (let i = 0; i < 30; i++) outlived.get().wait(0.3);
    const { closes } = await diagnosed(aged(0, 0.13, 2.4), aged(1, 0.11, 2.9), outlived);
    expect(closes.filter((close) => close !== 'open-at-end certain')).toEqual(Array(2).fill('pool-overflow possible or client-per-request/undrained-response/client-abort'));
  });
});

describe('timers that are looked at only now and then', () => {
  it('of a server close at several moments after nearly the same idle time (squid, cheroot)', async () => {
    const talks = [2.12, 2.58, 2.83].map((idle, n) => connection(n, n * 5.3).get().wait(idle).close('server'));
    const found = await diagnosed(...talks);
    expect(found.closes).toEqual(Array(3).fill('server-idle likely or server-shutdown/middlebox'));
  });

  it('of a client close some connections later than those that agree (undici)', async () => {
    const talks = [4.23, 4.231, 4.77].map((idle, n) => connection(n, n * 1.3).get(500, 'other').wait(n * 0.2).get(500, 'other').wait(idle).close('client'));
    const found = await diagnosed(...talks);
    expect(found.closes).toEqual(['client-idle certain', 'client-idle certain', 'client-idle likely or process-exit']);
  });

  it('do not explain closes at one moment, which are a restart', async () => {
    const talks = [0, 1, 2].map((n) => {
      const talk = connection(n, n * 0.31).get();
      return talk.wait(4.33 - talk.now).close('server');
    });
    expect((await diagnosed(...talks)).closes).toEqual(Array(3).fill('server-shutdown possible or server-idle/middlebox'));
  });
});

describe('an exit of the client', () => {
  it('closes all connections at once: closes 50 ms apart, with others opened between, are none (Guzzle)', async () => {
    const talks = [0, 1, 2].map((n) => connection(n, n * 0.105).get(500, 'other').wait([0.08, 0.031, 0.055][n]!).close('client'));
    for (const close of (await diagnosed(...talks)).closes) expect(close).not.toMatch(/^process-exit likely/);
  });
});

it('a timeout that runs from the dial is the one that the others ran into (aiohttp)', async () => {
  const asked = (n: number, start: number, dial: number, age: number) => connection(n, start).wait(dial).client(request('other')).wait(age).close('client');
  const found = await diagnosed(asked(0, 0, 0.041, 0.668), asked(1, 2, 0.002, 0.7175), asked(2, 4, 0.003, 0.7139));
  expect(found.closes.map((close) => close.split(' ').slice(0, 2).join(' '))).toEqual(Array(3).fill('client-timeout likely'));
});

describe('a pool that was there before the capture', () => {
  const pooled = (n: number, start: number) => new Talk({ client: `10.0.0.1:${40_000 + n}`, start, clientIsn: 1000 + n * 100_000, serverIsn: 5000 + n * 100_000 }).get(500, 'other');

  it('whose connections take turns does not accumulate them (HAProxy)', async () => {
    const found = await diagnosed(...[0, 1, 2, 3, 4, 5].map((n) => pooled(n, n * 0.1)), connection(9, 0.7).get(500, 'other'));
    expect(rules(found)).not.toContain('connections-accumulate');
    expect(rules(found)).not.toContain('body-not-closed');
  });

  it('and shows by a probe at the end was not opened then (Apache, Varnish)', async () => {
    const busy = [0, 1, 2].map((n) => connection(n, n * 0.7).client(request('other')).wait(1.5).server(response(500)).ack('client'));
    const probed = new Talk({ client: '10.0.0.1:41000', start: 5 }).probe('client').ack('server');
    expect(rules(await diagnosed(...busy, probed))).not.toContain('connections-accumulate');
  });
});

it('a proxy that uses no connection again has left no body open (HAProxy)', async () => {
  const talk = (n: number) => connection(n, n * 0.2).client('GET /item HTTP/1.1\r\nhost: api\r\nuser-agent: Go-http-client/1.1\r\naccept-encoding: gzip\r\n\r\n').server(response(500)).ack('client');
  const found = await diagnosed(...[0, 1, 2, 3, 4].map(talk));
  expect(rules(found)).toContain('client-per-request');
  expect(rules(found)).not.toContain('body-not-closed');
});

it('a pool that counts the connections in use, too, overflows with none idle in it (httpx, max_keepalive_connections)', async () => {
  const HTTPX = 'GET /item HTTP/1.1\r\nHost: api\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nUser-Agent: python-httpx/0.25.2\r\n\r\n';
  const ask = (talk: Talk, head: string, took = 0.05): Talk => talk.client(head).wait(took).server(response(500)).ack('client');
  const run = (head: string) => {
    const busy = [0, 1].map((n) => ask(ask(ask(ask(connection(n, n * 0.001), head), head), head), head));
    return diagnosed(...busy, ...[0, 1, 2].map((n) => ask(connection(2 + n, 0.01 + n * 0.055), head, 0.02).close('client')));
  };
  expect((await run(HTTPX)).closes.slice(2)).toEqual(Array(3).fill('pool-overflow likely or client-per-request'));
  for (const close of (await run(request('other'))).closes) expect(close).not.toMatch(/^pool-overflow (likely|certain)/);
});

it('a RST right behind a response of one segment, of a kind that is used again while others are open, names the pool that had no room (HAProxy)', async () => {
  const ended = (n: number, ...at: number[]): Talk => {
    const talk = connection(n, n * 0.0003);
    for (const start of at) talk.wait(Math.max(0, start - talk.now)).get(400, 'other');
    return talk.rst('client');
  };
  const found = await diagnosed(ended(0, 0, 0.3), ended(1, 0, 0.3), connection(2, 0.001).get(400, 'other').wait(0.5).get(400, 'other').wait(0.5).get(400, 'other'));
  expect(found.closes.slice(0, 2)).toEqual(Array(2).fill('client-per-request possible or pool-overflow/undrained-response/process-exit'));
  // With no other connection that is open there is no pool that could be full.
  expect((await diagnosed(ended(0, 0, 0.3))).closes).toEqual(['client-per-request possible or undrained-response/process-exit']);
});

it('idle connections that are closed as the next request dials are no exit (Apache as a proxy)', async () => {
  const talks = [0, 1].map((n) => {
    const talk = connection(n, n * 0.4).get(500, 'other');
    return talk.wait(3.1 + n * 0.001 - talk.now).close('client');
  });
  expect((await diagnosed(...talks, connection(5, 3.103).get(500, 'other').get(500, 'other'))).closes.slice(0, 2)).toEqual(Array(2).fill('client-idle possible or process-exit'));
});

describe('a client that closes after each request', () => {
  const AIOHTTP = 'GET /item HTTP/1.1\r\nHost: api\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nUser-Agent: Python/3.11 aiohttp/3.8.4\r\n\r\n';
  const perRequest = (n: number, late: number) => connection(n, n * 0.31).client(AIOHTTP).server(response(500)).ack('client').wait(late).close('client');

  it('and cannot have left a body unread has no pool: it does not exit every time (aiohttp, force_close)', async () => {
    const found = await diagnosed(...[0.002, 0.001, 0.003, 0.002, 0.087].map((late, n) => perRequest(n, late)));
    // The last one was late on a busy machine, and is no other case.
    expect(found.closes).toEqual(Array(5).fill('client-per-request likely or process-exit'));
    expect(rules(found)).toEqual(['missed-reuse']);
  });

  it('and is a tool that ends with its work does exit (curl in a loop)', async () => {
    const talk = (n: number) => connection(n, n * 0.3).get(500, 'curl').close('client');
    expect((await diagnosed(...[0, 1, 2, 3].map(talk))).closes).toEqual(Array(4).fill('process-exit possible or client-per-request'));
  });
});

it('requests that are all given up at the end of a load test need nobody to get up (wrk)', async () => {
  const busy = (n: number) => {
    const talk = connection(n, n * 0.0137).get(500, 'other').get(500, 'other').client(request('other'));
    return talk.wait(0.1531 - talk.now).close('client');
  };
  const found = await diagnosed(busy(0), busy(1), busy(2));
  expect(found.report.findings().map(({ rule, severity }) => `${rule} ${severity}`)).toEqual(['client-abort info']);
  const goesOn = await diagnosed(busy(0), busy(1), connection(7, 1.3).get(500, 'other'));
  expect(goesOn.report.findings().find(({ rule }) => rule === 'client-abort')?.severity).toBe('warning');
});

describe('a browser', () => {
  const CHROME = 'GET /a.png HTTP/1.1\r\nHost: api\r\nConnection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n';
  const image = (talk: Talk) => talk.client(CHROME).server(response(500)).ack('client');

  it('that dials ahead, and uses the free connection for what it dialled for, has left nothing unread', async () => {
    const first = image(image(connection(0, 0)).wait(0.1));
    const ahead = image(image(connection(1, 0.05).wait(0.06)).wait(0.05));
    expect(rules(await diagnosed(first, ahead))).toEqual([]);
  });

  it('that goes to another page calls all of the old one off: no timeout meets requests of different ages at one moment', async () => {
    const slow = (n: number, start: number) => {
      const talk = connection(n, start).client(CHROME).server('HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n').ack('client');
      return talk.wait(1.0008 - talk.now).close('client');
    };
    const found = await diagnosed(slow(0, 0), slow(1, 0.3), slow(2, 0.5), image(connection(5, 1.4)));
    for (const close of found.closes.slice(0, 3)) expect(close).not.toMatch(/^client-timeout/);
  });
});

it('heads of HTTP/1.0 that the snap length cut may say keep-alive: a thousand requests on one connection did (ab -k, -s 200)', async () => {
  const cut = (talk: Talk): Talk => {
    const head = `HTTP/1.0 200 OK\r\nContent-Length: 500\r\nX-Padding: ${'p'.repeat(150)}\r\nConnection: keep-alive\r\n\r\n`;
    return talk.client('GET /item HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: api\r\n\r\n').server(latin1(head + 'x'.repeat(500))).ack('client');
  };
  const { packets } = cut(cut(cut(connection(0, 0)))).wait(0.2).close('client');
  const report = await reportOfFile(toPcap(packets, { nanoseconds: true, snaplen: 200 }));
  expect([...report.connections()].map(({ close }) => close.cause)).toEqual(['process-exit']);
  expect(report.findings().map(({ rule }) => rule)).not.toContain('http10-default');
});

it('programs that wait a little before they end have no idle timeout of 0.2 s (two behind one NAT)', async () => {
  const talk = (n: number, start: number) => connection(n, start).get().get().get().wait(0.208).close('client');
  const found = await diagnosed(talk(0, 0), talk(1, 0.71));
  for (const close of found.closes) expect(close).not.toMatch(/^client-idle (likely|certain)/);
});

describe('health checks', () => {
  const closing = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
  const check = (head: string, n: number): Talk => connection(n, n * 5).client(head).server(closing).ack('client').close('server');
  const severities = async (talks: readonly Talk[]) => (await diagnosed(...talks)).report.findings().map(({ rule, severity }) => `${rule} ${severity}`).sort();
  const KUBE = 'GET /healthz HTTP/1.1\r\nHost: api\r\nUser-Agent: kube-probe/1.28\r\nConnection: close\r\n\r\n';

  it('open a connection each time on purpose: nothing is wasted, nobody is woken (kubelet)', async () => {
    expect(await severities([0, 1, 2, 3].map((n) => check(KUBE, n)))).toEqual(['client-close-option info', 'server-close-option info']);
    expect(await severities([0, 1, 2, 3].map((n) => check(KUBE.replace('kube-probe/1.28', 'own/1'), n)))).toContain('missed-reuse warning');
    // With others among them the option is a matter of those.
    expect(await severities([check(KUBE, 0), check(KUBE.replace('kube-probe/1.28', 'own/1'), 1)])).toContain('client-close-option warning');
  });

  it('of HTTP/1.0 without any field do the same, and leave nothing that the traffic beside them could have used (HAProxy)', async () => {
    const checks = [0, 1, 2, 3].map((n) => check('OPTIONS / HTTP/1.0\r\n\r\n', n));
    const traffic = connection(9, 0.5).client('GET / HTTP/1.1\r\nhost: api\r\n\r\n').server(response(50)).ack('client');
    expect(await severities([...checks, traffic])).toEqual(['http10-default info', 'server-close-option info']);
  });
});

describe('local ports', () => {
  /** Even ports first, then odd ones, as Linux takes them. */
  const order = [...Array(30).keys()].map((n) => (n < 15 ? 2 * n : 2 * (n - 15) + 1));

  it('that connections in CLOSE_WAIT hold are not free: a leak used up a range that the server had closed long before', async () => {
    const talks = order.map((port, n) => connection(port, n * 0.2).get().wait(1).fin('server').ack('client'));
    const found = await diagnosed(...talks);
    const exhausted = found.report.findings().find(({ rule }) => rule === 'port-exhaustion');
    expect(exhausted?.explanation).toMatch(/^All 30 local ports from 40000 to 40029 were taken for this server 5\.8 s after the first connection/);
    expect(found.report.endpoints()[0]).toMatchObject({ portBudget: 30, secondsToExhaustion: expect.closeTo(5.8, 1) });
  });

  it('are free again with the client\'s own FIN where the server closed first', async () => {
    const talks = order.map((port, n) => connection(port, n * 0.2).get().wait(0.1).close('server'));
    expect(rules(await diagnosed(...talks))).not.toContain('port-exhaustion');
  });
});

it('a close right behind a response whose head was cut was announced, or not: nobody knows', async () => {
  const talk = (n: number) => connection(n, n).client(request('go', '/item', 'GET', 'Connection: close\r\n')).server(response(500, 'X-Own: some text that is long\r\nConnection: close\r\n')).ack('client').close('server');
  const report = await reportOfFile(toPcap(merge(...[0, 1, 2].map((n) => talk(n).packets)), { nanoseconds: true, snaplen: 96 }));
  expect([...report.connections()].map(({ close }) => close.cause)).toEqual(Array(3).fill('unknown'));
  expect(report.findings().map(({ rule }) => rule)).not.toContain('server-error');
});

it('a capture that lost packets says so beside the answer, though its file cannot', async () => {
  const talk = connection(0, 0).get(4000).get(4000).get(4000);
  const lossy = talk.packets.filter((_, i) => i % 5 !== 4);
  expect(losses(await reportOf(talk.packets))).toEqual([]);
  expect(losses(await reportOf(lossy))).toEqual(['Bytes of 1 connection are missing from the capture: what is counted here is less than there was.']);
});

describe('a request that met the server\'s close', () => {
  const raced = (gap: number) => connection(0, 0).get(500, 'other').wait(gap).fin('server').client(request('other')).rst('server', { flags: RST });

  it('and is asked for anew when it would have been anyway was lost, and its program saw an error (requests, httpx, aiohttp, undici, Node)', async () => {
    const first = raced(0.88);
    const found = await diagnosed(first, connection(1, first.now + 0.85).get(500, 'other'));
    expect(rules(found)).toContain('request-lost');
    expect(rules(found)).not.toContain('client-retry');
  });

  it('is not sent again because its client dials at once: undici does, and asks when it is asked to', async () => {
    const first = raced(0.88);
    const found = await diagnosed(first, connection(1, first.now + 0.001).wait(0.8).get(500, 'other'));
    expect(rules(found)).toContain('request-lost');
  });

  it('and is sent again sooner than the client asks was repeated by itself, at once or after a little', async () => {
    for (const later of [0.0005, 0.2]) {
      const first = raced(0.88);
      const found = await diagnosed(first, connection(1, first.now + later).get(500, 'other'));
      expect(rules(found)).toContain('client-retry');
      expect(rules(found)).not.toContain('request-lost');
    }
  });
});

describe('several programs of one host', () => {
  const asks = (agent: string, talk: Talk, times: number): Talk => {
    for (let i = 0; i < times; i++) talk.client(`GET /item HTTP/1.1\r\nHost: api\r\nUser-Agent: ${agent}\r\n\r\n`).server(response(500)).ack('client').wait(0.005);
    return talk;
  };
  const ends = (agent: string, n: number, start: number, times: number) => {
    const talk = asks(agent, connection(n, start), times - 1);
    return talk.client(`GET /item HTTP/1.1\r\nHost: api\r\nUser-Agent: ${agent}\r\n\r\n`).server(response(500)).ack('client').close('client');
  };

  it('are no one\'s pool: one load tester ended before the next began (hey, h2load, siege)', async () => {
    const found = await diagnosed(ends('hey/0.0.1', 0, 0, 20), ends('hey/0.0.1', 1, 0.001, 20), ends('hey/0.0.1', 2, 0.002, 20), ends('h2load nghttp2/1.52.0', 3, 0.18, 12), ends('h2load nghttp2/1.52.0', 4, 0.181, 12));
    expect(found.closes).toEqual(Array(5).fill('process-exit likely or client-idle/pool-overflow'));
    // Nor could one program use the connections of another.
    expect(rules(found)).not.toContain('missed-reuse');
  });

  it('do not miss what lies idle in the pool of another (curl beside a service)', async () => {
    const service = asks('service/2', connection(0, 0), 3).wait(0.5);
    const beside = (agent: string, n: number) => ends(agent, n, 0.1 + n * 0.1, 1);
    expect(rules(await diagnosed(asks('service/2', service, 1), beside('curl/8.5.0', 1)))).not.toContain('missed-reuse');
    expect(rules(await diagnosed(asks('service/2', connection(0, 0), 1).wait(3), beside('service/2', 1)))).toContain('missed-reuse');
  });

  it('do not fill the pool of another with what lies idle in theirs: that one overflows all the same', async () => {
    // Two stay, two are closed, again and again; later three of another program lie idle beside them.
    const kept = [0, 1].map((n) => asks('app/1', connection(n, n * 0.001), 4));
    const closed = [0, 1, 2, 3].map((n) => ends('app/1', 2 + n, 0.002 + n * 0.002, 1));
    const others = [0, 1, 2].map((n) => asks('job/2', connection(6 + n, 0.5 + n * 0.1), 2).wait(2));
    const found = await diagnosed(...kept.map((talk) => asks('app/1', talk.wait(3), 1)), ...closed, ...others);
    expect(found.closes.filter((close) => close.startsWith('pool-overflow likely'))).toHaveLength(4);
  });

  it('of the same name are told together: a pool that overflows', async () => {
    const found = await diagnosed(ends('app/1', 0, 0, 3), ends('app/1', 1, 0.001, 4), ends('app/1', 3, 0.003, 2), asks('app/1', connection(2, 0.002), 30));
    expect(rules(found)).toContain('pool-overflow');
  });
});

describe('a server that is reloaded under load (nginx)', () => {
  const closing = (n: number, at: number, requests: number) => {
    const talk = connection(n, at - requests * 0.011);
    while (talk.now < at) talk.get(500, 'other').wait(0.004);
    return talk.get(500, 'other').close('server');
  };

  it('closes several connections at one moment, right behind whatever they answered last: no error, nor limit', async () => {
    const found = await diagnosed(closing(0, 1, 7), closing(1, 1.002, 12), closing(2, 1.004, 9), closing(3, 2.3, 5), closing(4, 2.303, 14), closing(5, 2.301, 8));
    for (const close of found.closes) expect(close).toMatch(/^server-shutdown possible/);
    expect(rules(found)).not.toContain('server-error');
  });

  it('has no idle timeout as short as its clients\' pauses', async () => {
    const raced = (n: number, start: number) => connection(n, start).get().wait(0.016).fin('server').client(request('go')).rst('server', { flags: RST });
    const found = await diagnosed(raced(0, 0), connection(1, 0.5).get().wait(0.016).close('server'), raced(2, 0.9));
    expect(found.closes.filter((close) => close.startsWith('stale-reuse'))).toEqual(Array(2).fill('stale-reuse certain'));
    expect(rules(found)).not.toContain('timeout-mismatch');
  });
});
