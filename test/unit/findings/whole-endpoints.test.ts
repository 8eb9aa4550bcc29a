import { describe, expect, it } from 'vitest';
import { RST } from '../../kit/packets.ts';
import { connection, diagnosed, request, response, rules, Talk } from './captures.ts';

/** A connection that waits until a moment and goes on. */
function until(talk: Talk, moment: number): Talk {
  return talk.wait(moment - talk.now) as Talk;
}

describe('a pool that overflows', () => {
  /** A connection opened and closed at once while another one is under way, or lies idle. */
  const beside = (n: number, start: number): Talk => connection(n, start).get(500, 'other').close('client');

  it('is none where nothing lay idle when the client closed', async () => {
    const busy = connection(0, 0);
    for (let i = 0; i < 3; i++) busy.client(request('other')).wait(0.5).server(response(500)).ack('client');
    const found = await diagnosed(busy.wait(5), beside(1, 0.1), beside(2, 0.7));
    expect(found.closes.slice(1)).toEqual(Array(2).fill('client-per-request possible or process-exit/undrained-response'));
    expect(rules(found)).not.toContain('pool-overflow');
  });

  it('is only possible where more connections lay idle in it at other times', async () => {
    const kept = [0, 1, 2].map((n) => connection(n, n * 0.01).get(500, 'other').wait(3).get(500, 'other'));
    kept[0]!.get(500, 'other').get(500, 'other');
    for (const talk of kept.slice(1)) talk.wait(0.001).client(request('other')).wait(4).server(response(500)).ack('client');
    const found = await diagnosed(...kept, beside(3, 4), beside(4, 5));
    expect(found.closes.slice(3)).toEqual(Array(2).fill('pool-overflow possible or client-per-request/undrained-response/client-abort'));
  });

  it('may be what closes after equal idle times, each time a slow answer comes', async () => {
    const capture = (away: number): Talk[] => {
      const slow = connection(9, 0).get(500, 'other').wait(0.7).get(500, 'other');
      for (let n = 1; n <= 4; n++) {
        for (const pause of [-2.9, -1.9, -0.9]) until(slow, n * 5 + pause).get(500, 'other');
        until(until(slow, n * 5 + 0.1).client(request('other')) as Talk, n * 5 + 1.7 + away).server(response(500)).ack('client');
      }
      return [slow, ...[1, 2, 3, 4].map((n) => until(until(connection(n, n * 4.9).get(500, 'other'), n * 5).get(500, 'other') as Talk, n * 5 + 1.7023 + n * 0.001).close('client') as Talk)];
    };
    expect((await diagnosed(...capture(0))).closes.slice(1)).toEqual(Array(4).fill('client-idle likely or pool-overflow'));
    expect((await diagnosed(...capture(-0.4))).closes.slice(1)).toEqual(Array(4).fill('client-idle certain'));
  });

  it('is only possible where connections came back to as many idle ones and were kept', async () => {
    // Each is busy for 5 ms of 20 ms, in which the other one lies idle.
    const cycle = (n: number, start: number): Talk => {
      const talk = connection(n, start);
      for (let i = 1; i <= 20; i++) until(until(talk, start + i * 0.02).client(request('other')) as Talk, start + i * 0.02 + 0.005).server(response(500)).ack('client');
      return talk.get(500, 'other', '/last', 'Connection: close\r\n').close('server');
    };
    const closed = [0.107, 0.147].map((start, n) => connection(n + 2, start).client(request('other')).wait(0.005).server(response(500)).ack('client').close('client'));
    const found = await diagnosed(cycle(0, 0), cycle(1, 0.01), ...closed);
    expect(found.closes.slice(2)).toEqual(Array(2).fill('pool-overflow possible or client-per-request/undrained-response/client-abort'));
  });

  it('was only possible where bursts of answers come at one moment: those that are closed next do not lie in it beside those that are kept', async () => {
    const kept = [0, 1].map((n) => connection(n, n * 0.0001));
    const closed: Talk[] = [];
    for (let burst = 0; burst < 10; burst++) {
      const answered = 0.02 + burst * 0.3;
      const talks = [...kept, ...[0, 1, 2, 3].map((n) => connection(closed.length + 2 + n, answered - 0.006))];
      // Those that are kept are answered in the middle of the burst.
      [2, 3, 0, 1, 4, 5].forEach((n, at) => until(until(talks[n]!, answered - 0.003).client(request('other')) as Talk, answered + at * 0.00005).server(response(500)).ack('client'));
      for (const talk of talks.slice(2)) closed.push(until(talk, answered + 0.002).close('client'));
    }
    const found = await diagnosed(...kept, ...closed);
    expect(found.findings.filter((finding) => finding.startsWith('pool-overflow'))).toEqual([`pool-overflow likely: ${closed.map((_, n) => n + 3).join(' ')}`]);
  });

  it('does so while its fill lies idle, however short each lies there', async () => {
    const [first, second] = [0, 1].map((n) => connection(n, n * 0.0001));
    for (let i = 0; i < 4; i++) for (const talk of [first!, second!]) until(talk.get(500, 'other'), i + 1);
    const found = await diagnosed(first!, second!, beside(2, 0.02), beside(3, 1.02));
    expect(found.closes.slice(2)).toEqual(Array(2).fill('pool-overflow likely or client-per-request'));
  });
});

describe('what was on its way to the client when it closed', () => {
  /** Seen at the server: the FIN acknowledges nothing of the response, and a RST meets it. */
  const gaveUp = (n: number, start: number, age: number): Talk => {
    const talk = connection(n, start, { rtt: 0.1 }).client(request('go')).wait(age - 0.32);
    const before = talk.next.server;
    return talk.server(response(3000)).wait(0.05).fin('client', { ack: before }).wait(0.05).rst('client', { flags: RST });
  };

  it('had not come: a request that was given up, not a response left unread or a full pool', async () => {
    const used = connection(0, 0, { rtt: 0.1 }).get(3000).get(3000).get(3000);
    const found = await diagnosed(used.wait(9), gaveUp(1, 0.5, 0.9), gaveUp(2, 3.1, 0.92));
    expect(found.closes.slice(1)).toEqual(Array(2).fill('client-abort certain or client-timeout/process-exit'));
  });

  it('had not come, on a clock of milliseconds: its first byte comes behind the FIN of the same moment', async () => {
    const talk = connection(0, 0).client(request('go')).wait(0.02).fin('client');
    talk.now -= 0.001;
    expect((await diagnosed(talk.server(response(8000)).rst('client', { flags: RST }))).closes).toEqual(['client-abort certain or client-timeout/process-exit']);
  });
});

describe('a response that the FIN of the client acknowledges', () => {
  it('had come, in a capture that has the server a millisecond late, too', async () => {
    const unread = (lateSeconds: number): Talk => {
      const body = response(3000);
      const talk = connection(0, 0, { rtt: 0.006 }).client(request('go')).wait(0.006).server(body.subarray(0, 600)).fin('client').server(body.subarray(600)).rst('client', { flags: RST });
      talk.packets = talk.packets.map((packet) => (packet.spec!.from.port === 80 ? { ...packet, time: packet.time + lateSeconds } : packet)).sort((a, b) => a.time - b.time);
      return talk;
    };
    const { closes } = await diagnosed(unread(0));
    expect(closes).toEqual([expect.stringMatching(/^undrained-response certain/)]);
    expect((await diagnosed(unread(0.001))).closes).toEqual(closes);
  });
});

describe('a restart', () => {
  const idle = [1.3, 2.1, 3.7, 4.4, 5.9, 6.8];
  /** Connections that all end at one moment, each having idled for its time. */
  const restart = (first: number, moment: number, times: readonly number[], more = ''): Talk[] =>
    times.map((time, i) => until(connection(first + i, moment - time - 0.01).get(500, 'other', '/item', more), moment).close('server') as Talk);

  it('is no idle timeout for closing two connections after the same idle time as another restart', async () => {
    const found = await diagnosed(...restart(0, 10, idle), ...restart(10, 30, [1.7, 2.11, 3.1, 4.9, 5.3]));
    expect(found.closes).toEqual(Array(11).fill('server-shutdown possible or server-idle/middlebox'));
    expect(rules(found)).not.toContain('timeout-mismatch');
  });

  it('may be the timeout of a connection that had idled for what the server advertised', async () => {
    const found = await diagnosed(...restart(0, 10, idle, 'Keep-Alive: timeout=5\r\n'));
    expect(found.closes.filter((close) => close.startsWith('server-idle'))).toEqual(['server-idle likely or server-shutdown']);
  });

  it('among many closes of a timer leaves the timer certain', async () => {
    const timed = [0, 1, 2, 3, 4, 5].map((n) => connection(n, n * 1.7).get(500, 'other').wait(5.0006).close('server') as Talk);
    const found = await diagnosed(...timed, ...restart(10, 13.7, [1.3, 2.1]));
    expect(found.closes.filter((close) => close === 'server-idle certain')).toHaveLength(6);
  });

  it('that lets workers finish and go says nothing of errors: the server keeps its connections else', async () => {
    const served = (n: number, start: number): Talk => connection(n, start).get(500, 'other').wait(0.3).get(500, 'other');
    const found = await diagnosed(...[0, 1].map((n) => connection(n, n * 3).get(500, 'other').close('server')), served(2, 0.5).wait(9));
    expect(found.closes.filter((close) => close !== 'open-at-end certain')).toEqual(Array(2).fill('server-error likely or server-shutdown'));
  });
});

describe('a server without keep-alive', () => {
  it('is not what closed two connections at once among others that it left idle', async () => {
    const idle = [2, 3, 4].map((n) => until(connection(n, n * 0.3).get(500, 'other') as Talk, 7 + n * 0.01).close('server') as Talk);
    const found = await diagnosed(...[0, 1].map((n) => connection(n, n * 3 + 0.1).get(500, 'other').close('server') as Talk), ...idle);
    expect(found.closes.filter((close) => close.startsWith('server-error'))).toEqual(Array(2).fill('server-error likely or server-shutdown'));
  });
});

describe('a reload of a server whose clients use each connection once', () => {
  it('is no server without keep-alive: it let the clients close first', async () => {
    const once = (n: number, start: number): Talk => connection(n, start).get(0, 'other').close('client') as Talk;
    const reloaded = [0, 1].map((n) => connection(n, 3 + n * 0.3).get(0, 'other').close('server') as Talk);
    const found = await diagnosed(...[2, 3, 4, 5, 6].map((n) => once(n, n)), ...reloaded);
    expect(found.closes.filter((close) => close.startsWith('server'))).toEqual(Array(2).fill('server-error likely or server-shutdown'));
  });
});

describe('a limit of requests', () => {
  const CLOSE = 'Connection: close\r\n';
  const ended = (n: number, start: number, count: number, more: string): Talk => {
    const talk = connection(n, start);
    for (let i = 1; i < count; i++) talk.get(500, 'other').wait(0.1 + n * 0.07);
    return talk.get(500, 'other', '/item', more).close('server') as Talk;
  };
  const longer = connection(9, 0.2);
  for (let i = 0; i < 12; i++) longer.get(500, 'other').wait(0.4);

  it('that another connection went beyond is none, announced', async () => {
    const found = await diagnosed(ended(0, 0, 4, CLOSE), ended(1, 2, 4, CLOSE), ended(2, 4, 4, CLOSE), longer);
    expect(found.closes.filter((close) => close !== 'open-at-end certain')).toEqual(Array(3).fill('server-close-option certain'));
  });

  it('may be one of age where all came to it at the same age', async () => {
    const paced = [0, 1, 2].map((n) => connection(n, n * 3).get(500, 'other').wait(3 + n * 0.01).get(500, 'other', '/item', CLOSE).close('server') as Talk);
    const early = connection(5, 1).get(500, 'other', '/item', CLOSE).close('server') as Talk;
    expect((await diagnosed(...paced, early)).closes.filter((close) => close.startsWith('max-'))).toEqual(Array(3).fill('max-requests likely also server-close-option or max-age'));
  });

  it('counts answers with an error like others where the server counts down, or keeps connections after such', async () => {
    const missing = (n: number, start: number, count: number): Talk => {
      const talk = connection(n, start);
      for (let i = 1; i <= count; i++) talk.client(request('other')).server(response(20, i === count ? CLOSE : `Keep-Alive: timeout=5, max=${count - i}\r\n`, '404 Not Found')).ack('client').wait(i === count ? 0 : 0.1 + n * 0.07);
      return talk.close('server') as Talk;
    };
    expect((await diagnosed(missing(0, 0, 5), missing(1, 2, 5))).closes).toEqual(Array(2).fill('max-requests certain also server-close-option'));
  });

  it('that another connection went beyond is none, unannounced', async () => {
    const found = await diagnosed(ended(0, 0, 4, ''), ended(1, 2, 4, ''), longer);
    expect(rules(found)).not.toContain('max-requests');
  });
});

describe('a limit of the client on requests', () => {
  it('shows beside what it closes for other reasons, and one that the capture has open: it was a pool that is full', async () => {
    const used = (n: number, count: number): Talk => {
      const talk = connection(n, n * 0.3);
      for (let i = 0; i < count; i++) talk.get(500, 'other').wait(0.05 + n * 0.01);
      return talk.get(500, 'other');
    };
    const limited = Array.from({ length: 8 }, (_, n) => used(n, 4).close('client') as Talk);
    const found = await diagnosed(...limited, used(8, 4), used(9, 1).close('client'), connection(10, 4).get(500, 'other').close('client'), connection(11, 4.1).get(500, 'other').close('client'));
    for (const close of found.closes.slice(0, 8)) expect(close).toMatch(/^max-requests likely or /);
    expect(found.closes[9]).not.toMatch(/^max-requests/);
  });
});

describe('a limit of age', () => {
  /** One request a second; the client closes behind the first answer after 4 s. */
  const aged = (n: number, start: number, pause: number): Talk => {
    const talk = connection(n, start).get(500, 'other');
    while (talk.now - start < 4) talk.wait(pause).get(500, 'other');
    return talk.close('client') as Talk;
  };

  it('is one although an answer to a connection that had passed it broke off', async () => {
    const cut = connection(3, 0.4).get(500, 'other').wait(1).get(500, 'other').wait(2.5).client(request('other')).wait(0.9).server(response(3000).subarray(0, 1500)).ack('client').close('server');
    const found = await diagnosed(aged(0, 0, 0.9), aged(1, 1.3, 0.7), aged(2, 2.9, 1.1), cut);
    expect(found.closes.filter((close) => close.startsWith('max-age likely'))).toHaveLength(3);
  });

  it('is what ends idle connections whose ages agree better than their idle times', async () => {
    const talks = [0.02, 0.11, 0.07].map((wait, n) => until(connection(n, n * 9).client(request('other')).wait(wait).server(response(500)).ack('client') as Talk, n * 9 + 5.0004).close('client') as Talk);
    expect((await diagnosed(...talks)).closes).toEqual(Array(3).fill('max-age likely or client-idle/process-exit'));
  });

  it.each(['client', 'server'] as const)('of the %s shows beside connections that something else ended before, and one whose FIN was lost: the idle times were certain', async (side) => {
    const closed = (n: number, wait: number, age: number): Talk => until(connection(n, n * 9).get(5, 'other').wait(wait).get(5, 'other') as Talk, n * 9 + age).close(side) as Talk;
    // Some had not been asked again: their idle times agree by themselves.
    const single = (n: number): Talk => until(connection(n, n * 9).get(5, 'other') as Talk, n * 9 + 5.3634).close(side) as Talk;
    const talks = [...[0.31, 0.93, 1.42, 0.2, 2.7, 0.66, 3.1].map((wait, n) => closed(n, wait, 5.3634)), closed(7, 0.5, 3.2), closed(8, 0.7, 4.1), closed(9, 0.45, 5.57), single(10), single(11)];
    const { closes } = await diagnosed(...talks);
    expect([...closes.slice(0, 7), ...closes.slice(10)]).toEqual(Array(9).fill(side === 'client' ? 'max-age likely or client-idle/process-exit' : 'max-age likely or max-requests/server-idle'));
    for (const close of closes.slice(7, 10)) expect(close).not.toMatch(/certain|^max-age/);
  });

  it('is none below two seconds: programs that keep what they dialled for half a second', async () => {
    const talks = [0.02, 0.11].map((wait, n) => until(connection(n, n * 9).client(request('other')).wait(wait).server(response(500)).ack('client') as Talk, n * 9 + 0.5414).close('client') as Talk);
    for (const close of (await diagnosed(...talks)).closes) expect(close).not.toContain('max-age');
  });

  it('of the server is none where another connection was answered at a greater age', async () => {
    const talks = [0.31, 0.93, 1.42].map((pause, n) => until(connection(n, n * 9).get().wait(pause).get() as Talk, n * 9 + 5.0006).close('server') as Talk);
    expect((await diagnosed(...talks)).closes).toEqual(Array(3).fill('max-age likely or max-requests/server-idle'));
    const older = connection(3, 0.3).get().wait(7).get();
    for (const close of (await diagnosed(...talks, older)).closes) expect(close).not.toContain('max-age');
  });

  it('is none where errors that announce the close agree in their ages, below two seconds or after other answers', async () => {
    const failed = (n: number, age: number, count: number): Talk => {
      const talk = connection(n, n * 9);
      for (let i = 1; i < count; i++) talk.get().wait(age / count);
      return until(talk, n * 9 + age).get(5, 'go', '/', 'Connection: close\r\n').close('server') as Talk;
    };
    const older = failed(4, 6.4, 9);
    for (const age of [0.514, 4.2]) {
      const found = await diagnosed(failed(0, age, 2), failed(1, age + 0.004, 4), failed(2, age + 0.002, 7), older);
      expect(found.closes).toEqual(Array(4).fill('server-close-option certain'));
    }
  });

  it('is none where idle times agree as well', async () => {
    const talks = [0, 1, 2].map((n) => connection(n, n * 9).get(500, 'other').wait(5 + n * 0.0004).close('client') as Talk);
    expect((await diagnosed(...talks)).closes).toEqual(Array(3).fill('client-idle certain'));
  });
});

describe('a wait of the server', () => {
  const unanswered = (n: number, waited: number): Talk => connection(n, n * 4).client(request('other')).wait(waited).close('server') as Talk;

  it('is its timeout where most waits agree, not where a few of many do by chance', async () => {
    const apart = await diagnosed(...[1.21, 1.44, 1.68, 1.93, 1.69, 2.4, 2.7].map((waited, n) => unanswered(n, waited)));
    expect(apart.closes).toEqual(Array(7).fill('server-error certain or server-timeout'));
    const alike = await diagnosed(...[1.71, 1.713, 1.21, 1.714, 1.712].map((waited, n) => unanswered(n, waited)));
    expect(alike.closes.filter((close) => close === 'server-timeout likely or server-error')).toHaveLength(4);
  });
});

describe('at the end of a capture', () => {
  it('an answer to an upload that is not there after two seconds may still come', async () => {
    const waiting = (seconds: number): Talk[] => [
      connection(0, 0).client(request('other', '/up', 'POST', 'Content-Length: 3000\r\n', 'x'.repeat(3000))).ack('server') as Talk,
      connection(1, seconds).get(500, 'other') as Talk,
    ];
    expect(rules(await diagnosed(...waiting(2)))).not.toContain('no-response');
    expect(rules(await diagnosed(...waiting(6)))).toContain('no-response');
  });
});

describe('what only one direction shows', () => {
  it('is no connection that lay idle: nobody sees when the next request was sent', async () => {
    const answers = (n: number, start: number): Talk => {
      const talk = connection(n, start);
      for (let i = 0; i < 3; i++) talk.client(request('other')).wait(1).server(response(500)).ack('client');
      talk.packets = talk.packets.filter(({ spec }) => spec!.from.port === 80);
      return talk;
    };
    expect(rules(await diagnosed(...[0, 1, 2, 3].map((n) => answers(n, n * 0.7))))).not.toContain('response-not-drained-yet');
  });
});

describe('a RST that something between sent for a connection that was over', () => {
  it('says nothing of its close', async () => {
    const talks = [0, 1, 2].map((n) => connection(n, n).get(0, 'other').fin('client').ack('server').wait(3.6).rst('client', { ttl: 249 }) as Talk);
    expect((await diagnosed(...talks)).closes).toEqual(Array(3).fill('client-per-request likely or process-exit'));
  });
});

describe('an idle timeout of the client', () => {
  it('is not certain where connections are used again after longer pauses', async () => {
    const talks = [0, 1, 2].map((n) => connection(n, n * 7).get(500, 'other').wait(1.14).get(500, 'other').wait(1.14).get(500, 'other').wait(1.1 + n * 0.003).close('client') as Talk);
    expect((await diagnosed(...talks)).closes).toEqual(Array(3).fill('client-idle likely or process-exit/max-age/pool-overflow'));
  });
});

describe('heads that a snap length cut', () => {
  it('may have asked for the close, where nothing tells what the client is', async () => {
    const talks = [0, 1, 2].map((n) => {
      const talk = connection(n, n).get(500, 'other').close('client') as Talk;
      talk.packets = talk.packets.map((packet) => ({ ...packet, bytes: packet.bytes.subarray(0, 90) }));
      return talk;
    });
    const { closes } = await diagnosed(...talks);
    for (const close of closes) expect(close).toContain('client-close-option');
  });
});

describe('connections that pile up', () => {
  it('are not those that another program closed at once, nor those of a burst beside which another program dials', async () => {
    const burst = [0, 1, 2].map((n) => connection(n, 8 + n * 0.0001).get(500, 'go', '/burst').wait(4 + n * 0.0004).close('client') as Talk);
    const closing = Array.from({ length: 12 }, (_, n) => connection(10 + n, n).get(0, 'curl', '/once').close('client') as Talk);
    expect(rules(await diagnosed(...burst, ...closing))).not.toContain('connections-accumulate');
  });
});

describe('a client that closes after each request', () => {
  it('holds none of its connections, seen a round trip away', async () => {
    const talks = [0, 1, 2, 3, 4, 5].map((n) => {
      const talk = new Talk({ client: `10.0.0.1:${40_000 + n}`, start: n * 0.012, rtt: 0.0002 }).syn().synAck().wait(0.05).ack('client') as Talk;
      // The FIN passes the server's side a round trip behind the response.
      return talk.get(0, 'other').wait(0.0503).close('client') as Talk;
    });
    const after = new Talk({ client: '10.0.0.1:41000', start: 0.11, rtt: 0.0002 }).syn().synAck().wait(0.05).ack('client') as Talk;
    expect(rules(await diagnosed(...talks, after.get(0, 'other')))).not.toContain('connections-accumulate');
  });

  it('leaves small responses unread no more than the large ones, which it had surely read', async () => {
    const talks = [9000, 300, 9000, 300, 9000].map((length, n) => connection(n, n).get(length, 'go', length === 300 ? '/small' : '/large').close('client') as Talk);
    const found = await diagnosed(...talks);
    expect(found.closes.filter((_, n) => n % 2 === 1)).toEqual(Array(2).fill('client-per-request likely or undrained-response/process-exit/client-abort'));
    expect(rules(found)).not.toContain('undrained-response');
  });

  it('because its requests say so leaves nothing piling up beside another program', async () => {
    const kept = [0, 1, 2].map((n) => connection(n, 0.5 + n * 0.2).get(500, 'other', '/kept').wait(20));
    const said = [3, 4].map((n) => connection(n, n * 0.5).client(request('other', '/said', 'GET', 'Connection: close\r\n')).server(response(500, 'Connection: close\r\n')).ack('client').close('server') as Talk);
    const found = await diagnosed(...kept, ...said);
    expect(found.findings.filter((finding) => finding.startsWith('connections-accumulate'))).toEqual(['connections-accumulate certain: 1 2 3']);
  });
});

describe('a spare connection', () => {
  it('that the server closed before its first request came is a race lost, no error of the server', async () => {
    const talk = connection(0, 0).wait(6.0005).fin('server').wait(0.0001).client(request('other')).rst('server', { flags: RST });
    expect((await diagnosed(talk)).closes).toEqual(['stale-reuse certain also server-idle']);
  });
});
