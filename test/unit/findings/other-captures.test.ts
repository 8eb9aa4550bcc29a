import { describe, expect, it } from 'vitest';
import { RST } from '../../kit/packets.ts';
import { connection, diagnosed, request, response, rules, Talk } from './captures.ts';

/* Each of these was said wrongly of a capture made after the rules were written. */

describe('one direction only', () => {
  it('of the server does not make its FIN the first: the client\'s cannot be seen', async () => {
    const talks = [0, 1, 2].map((n) => new Talk({ client: `10.0.0.1:${40_000 + n}`, start: n }).synAck().server(response(500)).wait(0.01).fin('server'));
    const found = await diagnosed(...talks);
    expect(found.closes).toEqual(Array(3).fill('capture-incomplete certain'));
    expect(found.findings).toEqual([]);
  });

  it('of the server makes no connections pile up, and none unused: the client\'s FINs and requests cannot be seen', async () => {
    const closed = [0, 1, 2, 3, 4, 5].map((n) => new Talk({ client: `10.0.0.1:${40_000 + n}`, start: n }).synAck().server(response(500)).ack('server'));
    expect((await diagnosed(...closed)).findings).toEqual([]);
    expect((await diagnosed(new Talk({ start: 0 }).synAck().ack('server').wait(0.2).fin('server'))).findings).toEqual([]);
  });

  it('of the client makes no abort of responses that are not in the capture', async () => {
    const found = await diagnosed(new Talk({ start: 0 }).syn().ack('client').client(request('go')).wait(0.1).client(request('go')).wait(0.1).fin('client'));
    expect(found.closes).toEqual(['capture-incomplete certain']);
    expect(found.findings).toEqual([]);
  });
});

describe('a protocol that is not read', () => {
  it('may end with the last word that is said: one close of an idle connection is no restart, and no end of a program', async () => {
    const mail = (n: number): Talk => connection(n, n).server('220 mail\r\n').client('QUIT\r\n').server('221 bye\r\n').ack('client').wait(1.37 + n * 1.9);
    expect((await diagnosed(mail(0).close('server'))).closes).toEqual(['unknown possible or server-idle/server-shutdown/middlebox']);
    expect((await diagnosed(mail(0).close('client'))).closes).toEqual(['unknown possible or client-idle/process-exit']);
    // A timer shows all the same.
    expect((await diagnosed(...[0, 1, 2].map((n) => connection(n, n).server('220 mail\r\n').ack('client').wait(3.0004).close('server')))).closes).toEqual(Array(3).fill('server-idle likely'));
  });
});

describe('a clock of milliseconds', () => {
  /** The client's FIN leaves before the last segment comes, in the same millisecond. */
  const closed = (n: number, rest: 'before' | 'behind'): { packets: Talk['packets'] } => {
    const talk = connection(n, n * 0.3).client(request('go')).server(response(3000).subarray(0, 2000)).ack('client');
    if (rest === 'before') talk.server(response(3000).subarray(2000)).ack('client').fin('client');
    else talk.fin('client').server(response(3000).subarray(2000)).segment('client', { flags: RST });
    return { packets: talk.packets.map((packet) => ({ ...packet, time: Math.floor(packet.time * 100) / 100 })) };
  };

  it('shows by the order of the packets whether a response was whole when the client closed', async () => {
    expect((await diagnosed(...[0, 1, 2].map((n) => closed(n, 'behind')))).closes).toEqual(Array(3).fill('undrained-response certain'));
    expect((await diagnosed(...[0, 1, 2].map((n) => closed(n, 'before')))).closes[0]).toMatch(/^undrained-response likely/);
  });
});

describe('a request that never became whole', () => {
  const HALF = 'GET /item HTTP/1.1\r\nHost: api\r\n';

  it('met the server\'s timeout for requests, not its idle timeout', async () => {
    const found = await diagnosed(connection(0, 0).client(HALF).ack('server').wait(1.0004).close('server'));
    expect(found.closes).toEqual(['server-timeout likely or server-error']);
    expect(rules(found)).not.toContain('timeout-mismatch');
    expect(found.findings).toContain('upload-incomplete certain: 1');
    expect(found.report.findings()[0]!.explanation).toBe('The server gave up 1 connection 1.0 s after the handshake: no whole request had come.');
  });

  it('was answered 408: the server says itself that it timed out', async () => {
    const found = await diagnosed(connection(0, 0).client(HALF).ack('server').wait(2.2).server('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n').close('server'));
    expect(found.closes).toEqual(['server-timeout certain also server-close-option']);
    expect(found.findings).toContain('upload-incomplete certain: 1');
  });
});

describe('a body that stopped coming', () => {
  /** 1000 of 3000 bytes, then nothing until the server answers, `after` its accept. */
  const stalled = (after: number, status: string, more = 'Connection: close\r\n'): Talk => {
    const talk = connection(0, 0).client(request('go', '/up', 'POST', 'Content-Length: 3000\r\n')).client(new Uint8Array(1000).fill(120)).ack('server');
    return talk.wait(after - talk.now).server(response(20, more, status)).ack('client').close('server');
  };

  it('ran into the server\'s timeout, whatever the handler then says', async () => {
    for (const status of ['202 Accepted', '400 Bad Request', '500 Internal Server Error']) {
      expect((await diagnosed(stalled(1.5012, status))).closes).toEqual(['server-timeout likely also server-close-option or undrained-request']);
    }
  });

  it('and was answered 408: the server says itself that it timed out', async () => {
    expect((await diagnosed(stalled(1.37, '408 Request Timeout'))).closes).toEqual(['server-timeout certain also server-close-option']);
  });

  it('ran into none where the answer comes at once, at no round time, or with a RST for what still comes', async () => {
    expect((await diagnosed(stalled(0.04, '401 Unauthorized'))).closes).toEqual(['undrained-request certain also server-close-option']);
    expect((await diagnosed(stalled(1.27, '202 Accepted'))).closes).toEqual(['server-close-option certain']);
    const talk = connection(0, 0).client(request('go', '/up', 'POST', 'Content-Length: 3000\r\n')).client(new Uint8Array(1000).fill(120)).ack('server');
    talk.wait(1.5012 - talk.now).server(response(20, 'Connection: close\r\n', '413 Content Too Large')).client(new Uint8Array(500).fill(120)).rst('server');
    expect((await diagnosed(talk)).closes).toEqual(['undrained-request certain also server-close-option']);
  });

  it('because the server did not read it is no timeout of the client\'s sending', async () => {
    const talk = connection(0, 0, { windowScale: 0 }).client(request('go', '/up', 'POST', 'Content-Length: 3000\r\n')).client(new Uint8Array(1000).fill(120)).ack('server', { window: 0 });
    talk.wait(1.5012 - talk.now).server(response(20, 'Connection: close\r\n', '401 Unauthorized')).ack('client').close('server');
    expect((await diagnosed(talk)).closes).toEqual(['undrained-request certain also server-close-option']);
  });
});

describe('an upload that the server did not read to its end', () => {
  const head = request('go', '/up', 'POST', 'Content-Length: 20000\r\nConnection: close\r\n');

  it('and whose request asked for the close says both: the option was not told', async () => {
    const early = connection(0, 0).client(head).client(new Uint8Array(3000).fill(120)).server(response(20, 'Connection: close\r\n', '403 Forbidden')).client(new Uint8Array(500).fill(120)).close('server');
    expect((await diagnosed(early)).closes).toEqual(['undrained-request certain also server-close-option/client-close-option']);
  });

  it('made a RST of the close, which broke off its answer: the server was certain to have cut that off', async () => {
    const upload = (n: number, shrinks: boolean): Talk => {
      const talk = connection(n, n, { windowScale: 0 }).ack('server', { window: 60_000 });
      return talk.client(head).client(new Uint8Array(20_000).fill(120)).ack('server', { window: shrinks ? 40_000 : 60_000 }).wait(0.01).server(response(9000, '', '413 Content Too Large').subarray(0, 2000), { window: shrinks ? 40_000 : 60_000 }).ack('client').rst('server', { window: shrinks ? 40_000 : 60_000 });
    };
    const found = await diagnosed(upload(0, true), upload(1, false));
    expect(found.closes).toEqual(['undrained-request certain also client-close-option', 'undrained-request likely also client-close-option or server-truncated/server-error']);
  });
});

describe('requests that were sent ahead', () => {
  it('and the response to the first of them cut off: the server was certain to have answered none', async () => {
    const ahead = (n: number): Talk => connection(n, n).get().client(request('go', '/a') + request('go', '/b') + request('go', '/c'));
    const cut = ahead(0).server(response(500)).server(response(3000).subarray(0, 1000)).ack('client').wait(0.01).close('server');
    const given = ahead(1).server(response(3000).subarray(0, 1000)).ack('client').fin('client').server(response(3000).subarray(1000)).rst('client', { flags: RST });
    const unanswered = ahead(2).server(response(500)).ack('client').wait(0.01).close('server');
    const found = await diagnosed(cut, given, unanswered);
    expect(found.closes).toEqual(['server-truncated certain', 'undrained-response certain', 'server-error certain']);
    const [broken] = [...found.report.connections()];
    expect(broken!.close.evidence.map(({ note }) => note)).toContain('first byte of the response (200)');
  });
});

describe('closes of the server without a word', () => {
  it('of a connection that carried nothing are no error of the server', async () => {
    const found = await diagnosed(connection(0, 0).close('server'));
    expect(found.closes).toEqual(['server-shutdown possible or server-idle/middlebox']);
    expect(found.report.findings().every(({ severity }) => severity === 'info')).toBe(true);
  });

  it('after each response, at different moments, are certain; once it may be a restart', async () => {
    const closed = (n: number): Talk => connection(n, n).get().close('server');
    expect((await diagnosed(closed(0), closed(1), closed(2))).closes).toEqual(Array(3).fill('server-error certain'));
    expect((await diagnosed(closed(0))).closes).toEqual(['server-error likely or server-shutdown']);
  });

  it('at one age whatever the number of requests are a limit on the age', async () => {
    const aged = (n: number, requests: number): Talk => {
      const talk = connection(n, n * 4);
      for (let i = 0; i < requests; i++) talk.get().wait(1.8 / requests);
      return talk.wait(n * 4 + 2.0006 - talk.now).close('server');
    };
    expect((await diagnosed(aged(0, 9), aged(1, 14), aged(2, 5))).closes).toEqual(Array(3).fill('max-age likely or max-requests/server-idle'));
  });
});

describe('announced closes', () => {
  /** Requests `pause` apart, the close announced with the first response after `age` seconds. */
  const aged = (n: number, pause: number, age = 3): Talk => {
    const talk = connection(n, n * 10);
    while (talk.now + pause < n * 10 + age) talk.get().wait(pause);
    return talk.wait(Math.max(0, n * 10 + age - talk.now)).get(500, 'go', '/item', 'Connection: close\r\n').close('server');
  };

  it('at one age after different numbers of requests are a limit on the age', async () => {
    const found = await diagnosed(aged(0, 0.1), aged(1, 0.15), aged(2, 0.22), aged(3, 0.1));
    expect(found.closes).toEqual(Array(4).fill('max-age likely also server-close-option or max-requests'));
  });

  it('at one age are a limit on the age of all, though some had come to the same number by chance (nginx, keepalive_time)', async () => {
    const found = await diagnosed(aged(0, 0.13), aged(1, 0.13), aged(2, 0.137));
    expect(found.closes).toEqual(Array(3).fill('max-age likely also server-close-option or max-requests'));
  });

  it('at one age after a number that nobody sets name the age first', async () => {
    expect((await diagnosed(aged(0, 0.22), aged(1, 0.22))).closes).toEqual(Array(2).fill('max-age likely also server-close-option or max-requests'));
  });

  it('at one age after the same number name both limits', async () => {
    expect((await diagnosed(aged(0, 0.2), aged(1, 0.2))).closes).toEqual(Array(2).fill('max-requests likely also server-close-option or max-age'));
  });

  it('now and then, twice after the same number by chance, are no limit on requests', async () => {
    const ended = (n: number, requests: number): Talk => {
      const talk = connection(n, n);
      for (let i = 1; i < requests; i++) talk.get().wait(0.02);
      return talk.get(500, 'go', '/item', 'Connection: close\r\n').close('server');
    };
    const found = await diagnosed(ended(0, 3), ended(1, 7), ended(2, 3), ended(3, 5), ended(4, 9));
    expect(found.closes).toEqual(Array(5).fill('server-close-option certain'));
  });
});

describe('connections used once that the server ends by its idle timeout', () => {
  it('belong to clients thrown away when the client answers its FIN at once: a pool was watching', async () => {
    const found = await diagnosed(...[0, 1, 2, 3, 4].map((n) => connection(n, n * 0.2).get().wait(2.0005).close('server')));
    expect(rules(found)).toContain('client-per-request');
    expect(rules(found)).not.toContain('body-not-closed');
    expect(rules(found)).not.toContain('close-wait');
  });

  it('belong to bodies never closed when it does not, and the exit closes them later', async () => {
    const talks = [0, 1, 2, 3, 4].map((n) => {
      const talk = connection(n, n * 0.2).get().wait(2.0005).fin('server').ack('client');
      return n % 2 === 0 ? talk.wait(4.2 - talk.now).fin('client').ack('server') : talk.wait(4.2 - talk.now).rst('client');
    });
    const found = await diagnosed(...talks);
    // The reason comes before what is seen of it.
    expect(rules(found).indexOf('body-not-closed')).toBeLessThan(rules(found).indexOf('missed-reuse'));
    expect(rules(found)).toContain('body-not-closed');
    expect(rules(found)).not.toContain('client-per-request');
    // Those of the last second too: what is proven of one is true of all.
    expect(found.findings).toContain('close-wait certain: 1 2 3 4 5');
    expect(found.report.findings().find(({ rule }) => rule === 'close-wait')?.severity).toBe('warning');
  });

  it('one after the other, answered late, are a client that looks when it needs one: good to know', async () => {
    const found = await diagnosed(...[0, 1, 2, 3].map((n) => connection(n, n * 3).get(500, 'other').wait(1.0005).fin('server').ack('client').wait(1.7).fin('client').ack('server')));
    expect(found.report.findings().find(({ rule }) => rule === 'close-wait')?.severity).toBe('info');
  });
});

describe('timers', () => {
  it('of a client count from its dial: far away the request leaves a round trip later', async () => {
    const talk = connection(0, 0, { rtt: 0.33 }).client(request('go')).ack('server');
    const found = await diagnosed(talk.wait(2.0004 - talk.now).fin('client'));
    expect(found.closes).toEqual(['client-timeout likely or client-abort/process-exit']);
  });

  it('of a client are started some milliseconds before the packet leaves', async () => {
    const talk = connection(0, 0).client(request('go')).server(response(4000).subarray(0, 1000)).ack('client');
    const found = await diagnosed(talk.wait(1.994 - talk.now).fin('client'));
    expect(found.closes[0]).toMatch(/^client-timeout likely/);
  });

  it('of a server that cuts a response off are named beside it', async () => {
    const talk = connection(0, 0).client(request('go')).server(response(4000).subarray(0, 1000)).ack('client');
    expect((await diagnosed(talk.wait(3.0008 - talk.now).close('server'))).closes).toEqual(['server-truncated certain or server-timeout']);
  });
});

describe('a POST that met a close', () => {
  const race = (): Talk => connection(0, 0).get().wait(2.0002).client(request('go', '/order', 'POST', 'Content-Length: 2\r\n', 'ab'), { keepSequence: false });
  const met = (again: number): readonly Talk[] => {
    const talk = race();
    const before = talk.next.client - request('go', '/order', 'POST', 'Content-Length: 2\r\n', 'ab').length;
    talk.fin('server', { ack: before }).segment('server', { flags: RST, seq: talk.next.server, keepSequence: true });
    return [talk, connection(1, talk.now + again).client(request('go', '/order', 'POST', 'Content-Length: 2\r\n', 'ab')).server(response(3)).ack('client').wait(1).close('client')];
  };

  it('and is asked again by the program a while later was lost', async () => {
    const found = await diagnosed(...met(0.06));
    expect(found.closes[0]).toMatch(/^stale-reuse certain/);
    expect(rules(found)).toContain('request-lost');
    expect(rules(found)).not.toContain('client-retry');
    expect(found.report.findings().find(({ rule }) => rule === 'request-lost')?.explanation).toContain('asked anew');
  });

  it('and comes again at once was sent again by the library', async () => {
    const found = await diagnosed(...met(0.0005));
    expect(rules(found)).toContain('client-retry');
    expect(rules(found)).not.toContain('request-lost');
  });
});
