import { describe, expect, it } from 'vitest';
import { filler } from '../../kit/conversation.ts';
import { connection, diagnosed, request, response, rules, Talk } from './captures.ts';

describe('missed reuse', () => {
  it('is a SYN while an idle, open connection to the same server lay there', async () => {
    const found = await diagnosed(connection(0, 0).get().wait(4).close('client'), connection(1, 1).get().wait(3).close('client'));
    expect(found.findings).toContain('missed-reuse certain: 1 2');
    expect(found.report.summary.avoidableConnections).toBe(1);
  });

  it('is none of a connection that by a coarse clock closes in the moment in which it is opened: it spared itself', async () => {
    const one = (n: number): Talk => {
      const talk = connection(n, n).client(request('other', '/', 'GET', 'Connection: close\r\n')).server(response(10)).ack('client').close('client');
      talk.packets = talk.packets.map((packet) => ({ ...packet, time: n }));
      return talk;
    };
    expect(rules(await diagnosed(one(0)))).not.toContain('missed-reuse');
    expect((await diagnosed(one(0), one(1), one(2))).report.endpoints()[0]).toMatchObject({ missedReuse: 2 });
  });

  it('is none while all connections are busy', async () => {
    const busy = (n: number, start: number): Talk => connection(n, start).client(request('go')).ack('server').wait(2).server(response(10)).ack('client').wait(1).close('client');
    const found = await diagnosed(busy(0, 0), busy(1, 0.5), busy(2, 1));
    expect(rules(found)).not.toContain('missed-reuse');
    expect(found.report.endpoints()[0]).toMatchObject({ maxConcurrent: 3, missedReuse: 0 });
  });

  it('is none for another server', async () => {
    const found = await diagnosed(connection(0, 0).get().wait(4).close('client'), connection(1, 1, { server: '10.0.0.2:8080' }).get().wait(3).close('client'));
    expect(rules(found)).not.toContain('missed-reuse');
  });

  it('is none after a response that ended the connection by its idle timeout', async () => {
    const found = await diagnosed(connection(0, 0).get().wait(5.0005).close('server'), connection(1, 7).get().get().wait(5.0005).close('server'));
    expect(rules(found)).not.toContain('missed-reuse');
  });

  it('is none where the dial had begun when the connection became idle', async () => {
    const first = connection(0, 0).get().get();
    const found = await diagnosed(first.wait(1).close('client'), connection(1, first.now - 1.0005).get().get().wait(1).close('client'));
    expect(rules(found)).not.toContain('missed-reuse');
  });

  it('is none for a burst that takes the idle connection and dials the rest', async () => {
    const kept = connection(0, 0).get().wait(1);
    const dialled = connection(1, kept.now - 0.003).get();
    const found = await diagnosed(kept.get().wait(1).close('client'), dialled.wait(1).close('client'));
    expect(rules(found)).not.toContain('missed-reuse');
    expect(rules(found)).not.toContain('response-not-drained-yet');
  });

  it('is none once between two connections that are both reused, two programs behind one address; again it is one', async () => {
    const reused = (n: number, start: number): Talk => connection(n, start).get().get().wait(9 - start).close('client');
    expect(rules(await diagnosed(reused(0, 0), reused(1, 3)))).not.toContain('missed-reuse');
    expect((await diagnosed(reused(0, 0), reused(1, 3), reused(2, 6))).findings).toContain('missed-reuse certain: 2 3');
  });

  it('counts a connection whose SYN left some microseconds before the FIN of the one that its program gave up, and none beside one that was not answered yet', async () => {
    const given = (n: number, start: number): Talk => connection(n, start).get().wait(0.0002).close('client');
    const first = given(0, 0);
    const found = await diagnosed(first, given(1, first.packets.at(-3)!.time - 0.00001));
    expect(found.findings).toContain('missed-reuse certain: 1 2');
    const second = given(1, first.packets.find(({ spec }) => spec!.from.port === 80 && (spec!.data?.length ?? 0) > 0)!.time - 0.00001);
    expect(rules(await diagnosed(first, second))).not.toContain('missed-reuse');
  });

  it('counts the requests that followed a connection given up, not the last one', async () => {
    const found = await diagnosed(...[0, 1, 2].map((n) => connection(n, n).client(request('other', '/', 'GET', 'Connection: close\r\n')).server(response(10)).ack('client').close('client')));
    expect(found.report.endpoints()[0]!.missedReuse).toBe(2);
  });
});

describe('a response not drained yet', () => {
  it('is a second connection while the first lay complete and was used again', async () => {
    const first = connection(0, 0).get();
    const second = connection(1, first.now + 0.05).get();
    const found = await diagnosed(first.wait(0.3).get().get().wait(1).close('client'), second.wait(0.5).get().wait(1).close('client'));
    expect(found.findings).toContain('response-not-drained-yet likely: 2');
  });

  it('is only possible where the first had been idle for long: two programs of one host with a connection each', async () => {
    const program = (n: number, start: number): Talk => {
      const talk = connection(n, start);
      for (let i = 0; i < 8; i++) talk.get().wait(0.9 + 0.1 * n);
      return talk.close('client');
    };
    const found = await diagnosed(program(0, 0), program(1, 0.7));
    expect(found.findings).toContain('response-not-drained-yet possible: 2');
    expect(found.report.findings().filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  it('is none while the first is still receiving', async () => {
    const whole = response(20_000);
    const first = connection(0, 0).client(request('go')).server(whole.subarray(0, 10_000)).ack('client').wait(0.5).server(whole.subarray(10_000)).ack('client').wait(0.1).get();
    const found = await diagnosed(first.wait(1).close('client'), connection(1, 0.3).get().wait(1).get().wait(1).close('client'));
    expect(rules(found)).not.toContain('response-not-drained-yet');
  });
});

describe('two programs behind one address', () => {
  /** One that reuses its connection, thinking 70 ms between requests. */
  const reuses = (): Talk => {
    const talk = connection(0, 0);
    for (let n = 0; n < 14; n++) talk.get(700).wait(0.07);
    return talk.close('client');
  };
  /** One that leaves the same responses unread. */
  const drops = (length: number): Talk[] => [...Array(8).keys()].map((n) => connection(n + 1, 0.033 + n * 0.11).get(length).close('client'));

  it('of which one leaves responses unread: no pool overflows', async () => {
    const found = await diagnosed(reuses(), ...drops(700));
    expect(found.closes.slice(1)).toEqual(Array(8).fill('undrained-response likely or client-per-request/pool-overflow/client-abort'));
    expect(rules(found)).not.toContain('pool-overflow');
    // The idle connection was used again, but what was opened beside it was not: nobody is reading late.
    expect(rules(found)).not.toContain('response-not-drained-yet');
    expect(found.findings).toContain('missed-reuse certain: 2 3 4 5 6 7 8 9');
  });

  it('are not seen in a pool that overflows, which dials when none is idle', async () => {
    // Bursts of four; one connection stays, three are closed.
    const kept = connection(0, 0);
    const bursts = [0, 1, 2].map((burst) => {
      const start = kept.now;
      kept.get(700).wait(0.4);
      return [1, 2, 3].map((n) => connection(burst * 3 + n, start + n * 0.0001).get(700).close('client'));
    });
    const found = await diagnosed(kept.get(700).wait(1).close('client'), ...bursts.flat());
    expect(found.closes.filter((close) => close.startsWith('pool-overflow likely'))).toHaveLength(9);
  });
});

describe('connections closed at once when the load is over', () => {
  it('are no overflow of a pool and no limit of requests: nothing goes on after them', async () => {
    const used = (n: number, requests: number): Talk => {
      const talk = connection(n, n * 0.0005);
      for (let i = 0; i < requests; i++) talk.get(700);
      return talk.close('client');
    };
    for (const requests of [[30, 31, 32, 31], [30, 30, 30, 30]]) {
      const found = await diagnosed(...requests.map((count, n) => used(n, count)));
      expect(found.closes).toEqual(Array(4).fill('process-exit likely or client-idle/pool-overflow'));
      expect(found.report.findings().map(({ severity }) => severity)).toEqual(['info']);
    }
  });
});

describe('close-wait', () => {
  it('is a FIN of the server that the client acknowledges and never answers', async () => {
    const found = await diagnosed(connection(0, 0).get().wait(5.0005).fin('server').ack('client'), connection(1, 12).get().get().wait(1).close('client'));
    expect(found.findings).toContain('close-wait certain: 1');
  });

  it('is three FINs that none was answered, though the capture ends before half a second', async () => {
    const leaked = (n: number): Talk => connection(n, n * 0.05).get(900).wait(1.2005).fin('server').ack('client');
    expect((await diagnosed(...[0, 1, 2, 3, 4, 5, 6, 7].map(leaked))).findings).toContain('close-wait certain: 1 2 3 4 5 6 7 8');
    expect(rules(await diagnosed(...[0, 1, 2, 3].map(leaked)))).not.toContain('close-wait');
  });

  it('is none where nothing tells that the FIN came to the client: it is repeated, or the client knows nothing of it when it closes itself', async () => {
    const swallowed = (n: number): Talk => connection(n, n * 0.05).get(900).wait(5.0005).fin('server');
    const repeated = [0, 1, 2].map((n) => swallowed(n).wait(0.2).retransmit().wait(0.4).retransmit().wait(5));
    expect(rules(await diagnosed(...repeated))).not.toContain('close-wait');
    const closed = [0, 1, 2].map((n) => {
      const talk = swallowed(n);
      return talk.wait(5).fin('client', { ack: talk.next.server - 1 });
    });
    const found = await diagnosed(...closed);
    expect(found.closes).toEqual(Array(3).fill('server-idle certain'));
    expect(rules(found)).not.toContain('close-wait');
  });

  it('is none where the response before the FIN was not acknowledged either', async () => {
    const swallowed = [0, 1, 2].map((n) => connection(n, n * 0.05).client(request('go')).server(response(450)).wait(0.2).retransmit().wait(0.4).retransmit().wait(3).fin('server').wait(5));
    expect(rules(await diagnosed(...swallowed))).not.toContain('close-wait');
  });

  it('is none where the capture has only the end of the connection: the FIN may answer one of the client before it', async () => {
    const ended = [0, 1, 2].map((n) => {
      const talk = connection(n, n * 0.05).get().fin('client');
      talk.packets = [];
      return talk.fin('server').ack('client');
    });
    const found = await diagnosed(...ended, connection(9, 9).get());
    expect(found.closes.slice(0, 3)).toEqual(Array(3).fill('unknown possible or server-idle/server-shutdown/middlebox'));
    expect(rules(found)).not.toContain('close-wait');
  });

  it('is none where the capture ends soon after, or the client answers, or resets', async () => {
    const closed = (n: number, start: number): Talk => connection(n, start).get().wait(5.0005).fin('server').ack('client');
    const found = await diagnosed(closed(0, 0).wait(1).fin('client').ack('server'), closed(1, 0.1).wait(1).rst('client'), closed(2, 5));
    expect(rules(found)).not.toContain('close-wait');
  });
});

describe('an unused connection', () => {
  it('was opened and closed without a byte', async () => {
    const found = await diagnosed(connection(0, 0).wait(0.4).close('client'), connection(1, 1).get().wait(1).close('client'));
    expect(found.findings).toContain('unused-connection certain: 1');
    expect(found.report.findings().find(({ rule }) => rule === 'unused-connection')!.severity).toBe('info');
  });
});

describe('ports', () => {
  it('of a small range that was all taken at once', async () => {
    // 24 ports, evens first, one connection each, none closed.
    const order = [...Array(24).keys()].map((n) => (n < 12 ? n * 2 : (n - 12) * 2 + 1));
    const found = await diagnosed(...order.map((port, n) => connection(port, n * 0.1).get(3000)));
    const finding = found.report.findings().find(({ rule }) => rule === 'port-exhaustion')!;
    expect(finding).toMatchObject({ severity: 'error', confidence: 'possible' });
    expect(finding.explanation).toContain('All 24 local ports from 40000 to 40023');
  });

  it('that are taken back out of TIME_WAIT do not run out', async () => {
    const order = [...Array(24).keys()].map((n) => (n < 12 ? n * 2 : (n - 12) * 2 + 1));
    const used = (port: number, n: number): Talk => new Talk({ client: `10.0.0.1:${40_000 + port}`, start: n * 0.1, clientIsn: 1000 + n * 7_000_000, serverIsn: 99_000 + n * 5_000_000 }).handshake().get(10, 'other').close('client');
    expect(rules(await diagnosed(...order.map(used)))).toContain('port-exhaustion');
    const found = await diagnosed(...[...order, ...order].map(used));
    expect(found.report.summary.connections).toBe(48);
    expect(rules(found)).not.toContain('port-exhaustion');
    expect(found.report.endpoints()[0]).toMatchObject({ timeWaitPeak: 24, secondsToExhaustion: null });
  });

  it('of which a few are taken back at the end had run out before', async () => {
    const order = [...Array(30).keys()].map((n) => (n < 15 ? n * 2 : (n - 15) * 2 + 1));
    const used = (port: number, n: number): Talk => new Talk({ client: `10.0.0.1:${40_000 + port}`, start: n * 0.1, clientIsn: 1000 + n * 7_000_000, serverIsn: 99_000 + n * 5_000_000 }).handshake().get(10, 'other').close('client');
    expect(rules(await diagnosed(...[...order, 0, 2].map(used)))).toContain('port-exhaustion');
  });

  it('are as many as the system has whose range they are of', async () => {
    const budget = async (...ports: number[]): Promise<number | null> => (await diagnosed(...ports.map((port, n) => connection(port - 40_000, n).get().wait(1).close('client')))).report.endpoints()[0]!.portBudget;
    expect(await budget(32_768, 60_999)).toBe(28_232);
    expect(await budget(50_000, 65_000)).toBe(16_384);
    expect(await budget(1025, 61_000)).toBe(64_512);
    // 28,280 ports up to Linux's highest: its range, moved a little.
    expect(await budget(32_720, 60_999)).toBe(28_232);
  });

  it('are foretold of a client whose clock was set by decades: every second of them was looked at', async () => {
    // As many as make a forecast worth while, after one that a clock without a battery dates.
    const found = await diagnosed(connection(0, 0).close('client'), ...[...Array(2900).keys()].map((n) => connection(n + 1, 1e9 + n * 0.05).close('client')));
    expect(found.report.endpoints()[0]).toMatchObject({ connections: 2901, secondsToExhaustion: null });
  });

  it('that go round are not exhausted, however many connections there were', async () => {
    const order = [...Array(48).keys()].map((n) => (n * 7) % 24);
    const found = await diagnosed(...order.map((port, n) => new Talk({ client: `10.0.0.1:${40_000 + port}`, start: n, clientIsn: 1000 + n * 7_000_000, serverIsn: 99_000 + n * 5_000_000 }).handshake().get(10, 'other').close('server')));
    expect(found.report.summary.connections).toBe(48);
    expect(rules(found)).not.toContain('port-exhaustion');
  });
});

describe('a reader that stands still', () => {
  it('is a window at zero for seconds; certain when it never opens again', async () => {
    const talk = connection(0, 0, { windowScale: 0 }).client(request('go'), { window: 20_000 }).server(response(50_000).subarray(0, 20_000)).ack('client', { window: 0 });
    for (let n = 0; n < 4; n++) talk.wait(0.5 * 2 ** n).probe('server').ack('client', { window: 0 });
    const found = await diagnosed(talk);
    expect(found.findings).toContain('reader-stalled certain: 1');
    expect(found.report.findings().map(({ rule }) => rule)).not.toContain('keep-alive-probes');
  });

  it('is slow where the window closes and opens', async () => {
    const talk = connection(0, 0, { windowScale: 0 }).client(request('go'), { window: 10_000 });
    const whole = response(40_000);
    for (let at = 0; at < whole.length; at += 10_000) {
      talk.server(whole.subarray(at, at + 10_000)).ack('client', { window: 0 }).wait(0.2).ack('client', { window: 10_000 });
    }
    const found = await diagnosed(talk.wait(1).close('client'));
    expect(found.findings).toContain('reader-slow likely: 1');
    expect(rules(found)).not.toContain('reader-stalled');
  });

  it('is slow where the window falls and the server waits for room in it, though it never closes', async () => {
    const slow = (pause: number): Talk => {
      const talk = connection(0, 0, { windowScale: 0 }).client(request('go'), { window: 60_000 });
      const whole = response(200_000);
      talk.server(whole.subarray(0, 52_000)).ack('client', { window: 8_000 });
      for (let at = 52_000; at < whole.length; at += 8_000) talk.server(whole.subarray(at, at + 8_000)).wait(pause).ack('client', { window: 8_000 });
      return talk.wait(1).close('client');
    };
    expect((await diagnosed(slow(0.05))).findings).toContain('reader-slow likely: 1');
    expect(rules(await diagnosed(slow(0.0005)))).not.toContain('reader-slow');
  });

  it('of an upload is the server', async () => {
    const talk = connection(0, 0, { windowScale: 0 }).client(request('go', '/up', 'POST', 'Content-Length: 200000\r\n'));
    talk.client(filler(60_000)).ack('server', { window: 0 });
    for (let n = 0; n < 4; n++) talk.wait(0.5 * 2 ** n).probe('client').ack('server', { window: 0 });
    const found = await diagnosed(talk);
    expect(found.findings).toContain('upload-stalled certain: 1');
    expect(rules(found)).not.toContain('reader-stalled');
  });
});

describe('a pool that is full in all', () => {
  /** One program asks two servers in turn, `pause` seconds between; `end` closes the connection before the last, when the next response is complete. */
  const inTurn = (pause: number, end: (old: Talk, at: number) => void, length = 500): Talk[] => {
    const talks: Talk[] = [];
    let now = 0;
    for (let n = 0; n < 8; n++) {
      const talk = connection(n, now, { server: n % 2 === 0 ? '10.0.0.2:80' : '10.0.0.3:80' }).get(length);
      const old = talks.at(-1);
      if (old !== undefined) end(old, talk.now);
      talks.push(talk);
      now = talk.now + pause;
    }
    talks.at(-1)!.wait(1.3).close('client');
    return talks;
  };
  const evict = (old: Talk, at: number): void => void old.wait(at + 0.0002 - old.now).close('client');

  it.each([0.0005, 0.012, 0.3])('closes the connection used longest ago when a response on a new one is complete (%f s between)', async (pause) => {
    const found = await diagnosed(...inTurn(pause, evict));
    expect(found.closes.slice(0, -1)).toEqual(Array(7).fill('pool-overflow likely or client-per-request/undrained-response'));
    expect(rules(found)).not.toContain('undrained-response');
  });

  it('is no timer, where the pauses are those of a timer', async () => {
    const found = await diagnosed(...inTurn(2, evict));
    expect(found.closes.slice(0, -1)).toEqual(Array(7).fill('client-idle likely or pool-overflow'));
  });

  it('is not told of responses left unread, closed at once or when the program comes back from the next call', async () => {
    const atOnce = await diagnosed(...inTurn(0.012, () => undefined).map((talk, n) => (n < 7 ? talk.close('client') : talk)));
    expect(atOnce.closes.slice(0, 6)).toEqual(Array(6).fill('undrained-response likely or client-per-request/pool-overflow/client-abort'));
    // Both are closed when the function ends.
    const talks: Talk[] = [];
    for (let n = 0; n < 8; n += 2) {
      const first = connection(n, n * 0.05).get(500);
      const second = connection(n + 1, first.now + 0.001, { server: '10.0.0.3:80' }).get(500);
      talks.push(first.wait(second.now + 0.0002 - first.now).close('client'), second.wait(0.0002).close('client'));
    }
    expect(rules(await diagnosed(...talks))).not.toContain('pool-overflow');
    // The other call is read, and its connection used again each time.
    const read = connection(9, 0.0003, { server: '10.0.0.3:80' });
    const unread = [0, 1, 2, 3, 4].map((n) => {
      const talk = connection(n, n * 0.1).get(500);
      read.wait(talk.now + 0.001 - read.now).get(500);
      return talk.wait(read.now + 0.0002 - talk.now).close('client');
    });
    const found = await diagnosed(...unread, read.wait(1).close('client'));
    expect(rules(found)).toContain('undrained-response');
    expect(rules(found)).not.toContain('pool-overflow');
  });

  it('is not told of a program that asks one server and lets go of each response unread when it has the next: a pool would have used the idle connection', async () => {
    const talks: Talk[] = [];
    let now = 0;
    for (let n = 0; n < 6; n++) {
      const talk = connection(n, now).get(500);
      talks.at(-1)?.wait(talk.now + 0.0002 - talks.at(-1)!.now).close('client');
      talks.push(talk);
      now = talk.now + 0.012;
    }
    const found = await diagnosed(...talks);
    expect(rules(found)).not.toContain('pool-overflow');
    expect(found.closes[0]).toMatch(/undrained-response/);
  });
});
