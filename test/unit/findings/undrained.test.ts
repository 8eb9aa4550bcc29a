import { describe, expect, it } from 'vitest';
import { filler } from '../../kit/conversation.ts';
import { RST } from '../../kit/packets.ts';
import { type Client, connection, diagnosed, request, response, rules, type Talk } from './captures.ts';

/** `count` connections one after the other, 50 ms apart, each told by `tell`. */
function oneByOne(count: number, tell: (talk: Talk) => Talk): Talk[] {
  return Array.from({ length: count }, (_, n) => tell(connection(n, n * 0.05)));
}

describe('the client closes before the body has ended', () => {
  it('right after the head: undrained for certain, and the next connection a missed reuse', async () => {
    const found = await diagnosed(
      ...oneByOne(2, (talk) => {
        const whole = response(60_000);
        return talk.client(request('go')).server(whole.subarray(0, 2000)).ack('client').fin('client').server(whole.subarray(2000, 9000)).rst('client', { flags: RST });
      }),
    );
    expect(found.closes).toEqual(['undrained-response certain', 'undrained-response certain']);
    expect(found.findings).toContain('undrained-response certain: 1 2');
    expect(found.findings).toContain('missed-reuse certain: 1 2');
  });

  it('one second later: a timeout rather than an undrained body', async () => {
    const found = await diagnosed(connection(0, 0).client(request('go')).server(response(60_000).subarray(0, 2000)).ack('client').wait(0.998).rst('client'));
    expect(found.closes).toEqual(['client-timeout likely or client-abort/undrained-response/process-exit']);
  });

  it('at no round time: an abort, undrained possible', async () => {
    const found = await diagnosed(connection(0, 0).client(request('go')).server(response(60_000).subarray(0, 2000)).ack('client').wait(0.137).rst('client'));
    expect(found.closes).toEqual(['undrained-response possible also client-abort or client-timeout/process-exit']);
  });

  it('at no round time but with its window shrunk by 20 kB: nobody read, for certain', async () => {
    const talk = connection(0, 0, { windowScale: 0 }).client(request('go'), { window: 64_000 });
    talk.server(response(60_000).subarray(0, 10_000)).ack('client', { window: 54_000 }).server(filler(10_000)).ack('client', { window: 44_000 }).wait(0.137).rst('client', { window: 64_000 });
    expect((await diagnosed(talk)).closes).toEqual(['undrained-response certain']);
  });

  it('before any response: an abort, and no undrained body', async () => {
    const found = await diagnosed(connection(0, 0).client(request('go')).wait(0.137).close('client'));
    expect(found.closes).toEqual(['client-abort certain or client-timeout/process-exit']);
    expect(rules(found)).not.toContain('undrained-response');
  });

  it('by half: its FIN before the response, which it takes whole, is no abort', async () => {
    const found = await diagnosed(connection(0, 0).client(request('other')).fin('client').server(response(3000)).fin('server').ack('client'));
    expect(found.closes[0]).not.toMatch(/abort|undrained/);
    expect(rules(found)).not.toContain('undrained-response');
  });

  it('which the capture lost: nothing is blamed on the client', async () => {
    const talk = connection(0, 0).client(request('go')).server(response(30_000)).drop(8).wait(0.3).fin('client').ack('server');
    const { close } = [...(await diagnosed(talk)).report.connections()][0]!;
    expect(close.confidence).not.toBe('certain');
    expect(close.cause).toBe('capture-incomplete');
  });
});

describe('the client closes at once after a complete small response, each time', () => {
  it.each<[Client, string]>([
    ['go', 'undrained-response likely or client-per-request/pool-overflow/client-abort'],
    ['other', 'undrained-response possible or client-per-request/process-exit/client-abort'],
    ['curl', 'process-exit possible or client-per-request'],
  ])('%s', async (client, expected) => {
    const found = await diagnosed(...oneByOne(4, (talk) => talk.get(500, client).close('client')));
    expect(found.closes).toEqual(Array(4).fill(expected));
    expect(found.findings).toContain('missed-reuse certain: 1 2 3 4');
  });

  it('excludes an undrained body where Go was given more than it reads ahead', async () => {
    const found = await diagnosed(...oneByOne(4, (talk) => talk.get(6000).close('client')));
    expect(found.closes).toEqual(Array(4).fill('client-per-request likely or process-exit'));
  });

  it('excludes it for any client above 64 KiB', async () => {
    const found = await diagnosed(...oneByOne(3, (talk) => talk.get(70_000, 'other').close('client')));
    expect(found.closes).toEqual(Array(3).fill('client-per-request likely or process-exit'));
  });

  it('excludes it where there was no body', async () => {
    const found = await diagnosed(...oneByOne(3, (talk) => talk.client(request('go')).server('HTTP/1.1 204 No Content\r\n\r\n').ack('client').close('client')));
    for (const close of found.closes) expect(close).not.toContain('undrained');
  });

  it('says little of a single one', async () => {
    const found = await diagnosed(connection(0, 0).get(500).close('client'));
    expect(found.closes).toEqual(['process-exit possible or client-per-request/undrained-response']);
    expect(found.report.findings().filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  it('is possibly unread now and then, where the kind is used again and no other connection fills the pool', async () => {
    const ended = (n: number, requests: number): Talk => {
      const talk = connection(n, n);
      for (let i = 0; i < requests; i++) talk.get().wait(0.1);
      return talk.get().close('client');
    };
    const found = await diagnosed(ended(0, 2), ended(1, 4), ended(2, 1));
    expect(found.closes).toEqual(Array(3).fill('undrained-response possible or client-per-request/process-exit'));
  });

  it('of a body larger than what a library reads ahead is likely unread at its end, too, where others of the kind are proven (all but a byte was read)', async () => {
    const reset = (talk: Talk): Talk => talk.client(request('go')).server(response(30_000)).ack('client').rst('client');
    const silent = (talk: Talk): Talk => talk.client(request('go')).server(response(30_000)).ack('client').fin('client');
    const found = await diagnosed(reset(connection(0, 0)), silent(connection(1, 0.05)), reset(connection(2, 0.1)));
    expect(found.closes[1]).toBe('undrained-response likely or client-per-request/process-exit');
    // Alone, such bodies were read.
    expect((await diagnosed(silent(connection(0, 0)), silent(connection(1, 0.05)))).closes[0]).toMatch(/^client-per-request/);
  });

  it('is certain where as many of the same request are proven, likely where few are', async () => {
    const proven = (talk: Talk): Talk => talk.get(1800).rst('client');
    const silent = (talk: Talk): Talk => talk.get(1800).close('client');
    const half = await diagnosed(proven(connection(0, 0)), silent(connection(1, 0.05)), proven(connection(2, 0.1)), silent(connection(3, 0.15)));
    expect(half.closes).toEqual(Array(4).fill('undrained-response certain'));
    const few = await diagnosed(proven(connection(0, 0)), ...oneByOne(5, silent).map((_, n) => silent(connection(n + 1, 0.05 * (n + 1)))));
    expect(few.closes[0]).toBe('undrained-response certain');
    expect(few.closes.slice(1)).toEqual(Array(5).fill('undrained-response likely or client-per-request/pool-overflow/client-abort'));
  });

  it('is not spread to, or hidden by, another program on the same host that reads what it gets', async () => {
    const curl = connection(0, 0).get(500, 'curl').wait(0.06).get(500, 'curl').wait(0.06).get(500, 'curl').wait(0.06).get(500, 'curl').wait(2).close('client');
    const found = await diagnosed(curl, ...[1, 2, 3].map((n) => connection(n, n * 0.05).get(500).close('client')));
    expect(found.closes.slice(1)).toEqual(Array(3).fill(expect.stringMatching(/^undrained-response/)));
    expect(rules(found)).not.toContain('pool-overflow');
  });

  it('with a request of another kind alone does not spread to requests that are reused', async () => {
    const found = await diagnosed(connection(0, 0).get(500, 'go', '/a').get(500, 'go', '/a').get(500, 'go', '/a').wait(2).close('client'), connection(1, 0.5).get(500, 'go', '/b').close('client'), connection(2, 0.6).get(500, 'go', '/b').close('client'));
    expect(found.closes.slice(1)).toEqual(Array(2).fill('undrained-response likely or client-per-request/pool-overflow/client-abort'));
  });
});

describe('a close with RST after a complete response', () => {
  it('proves unread bytes where the window had shrunk', async () => {
    const talk = connection(0, 0, { windowScale: 0 }).client(request('other'), { window: 64_000 });
    talk.server(response(20_000)).ack('client', { window: 43_000 }).rst('client', { window: 64_000 });
    expect((await diagnosed(talk)).closes).toEqual(['undrained-response certain']);
  });

  it('of 40 kB with a window that never shrank is a way to close, undrained only possible', async () => {
    const talk = connection(0, 0).client(request('other')).server(response(40_000)).ack('client').rst('client');
    expect((await diagnosed(talk)).closes).toEqual(['undrained-response possible or client-per-request/process-exit']);
  });

  it('by SO_LINGER 0 on a kind of request that is reused elsewhere is not undrained', async () => {
    const found = await diagnosed(connection(0, 0).get(1200, 'other').get(1200, 'other').get(1200, 'other').wait(1.2).rst('client'), connection(1, 0.0001).get(1200, 'other').get(1200, 'other').wait(3).rst('client'));
    for (const close of found.closes) expect(close).not.toMatch(/^undrained/);
    expect(rules(found)).not.toContain('undrained-response');
    expect(found.findings).toContain('abortive-close certain: 1 2');
  });
});

describe('pool overflow', () => {
  it('is told from undrained bodies by connections of the same kind that survive', async () => {
    // Four at once, twice; the pool keeps two.
    const talks = [0, 1, 2, 3].map((n) => connection(n, n * 0.00002).get(1500));
    for (const talk of talks.slice(2)) talk.close('client');
    const kept = talks.slice(0, 2);
    for (const talk of kept) {
      talk.wait(0.2);
      talk.get(1500);
    }
    const more = [4, 5].map((n) => connection(n, kept[0]!.now - 0.001).get(1500).close('client'));
    for (const talk of kept) talk.wait(0.5).close('client');
    const found = await diagnosed(...talks, ...more);
    const overflow = found.closes.filter((close) => close === 'pool-overflow likely or client-per-request');
    expect(overflow).toHaveLength(4);
    expect(rules(found)).not.toContain('undrained-response');
  });

  it('is certain where the bodies were too large to be left unread', async () => {
    const talks = [0, 1, 2, 3].map((n) => connection(n, n * 0.00002).get(60_000));
    for (const talk of talks.slice(2)) talk.close('client');
    for (const talk of talks.slice(0, 2)) talk.wait(0.2).get(60_000).wait(0.4).close('client');
    const found = await diagnosed(...talks);
    expect(found.closes.slice(2)).toEqual(Array(2).fill('pool-overflow certain or client-per-request'));
  });

  it('is not certain of a connection that closes with all others, and nothing after it: the program may have ended', async () => {
    const slow = (talk: Talk): Talk => talk.client(request('go')).wait(0.3).server(response(60_000)).ack('client');
    const kept = [0, 1].map((n) => slow(connection(n, n * 0.00002).get(60_000).wait(0.2)));
    const over = [2, 3].map((n) => connection(n, n * 0.00002).get(60_000).close('client'));
    const last = slow(connection(4, 0.35)).close('client');
    for (const talk of kept) talk.wait(last.now - talk.now + 0.001).close('client');
    const { closes } = await diagnosed(...kept, ...over, last);
    expect(closes.slice(2)).toEqual([...Array<string>(2).fill('pool-overflow certain or client-per-request'), 'pool-overflow likely or client-per-request/process-exit']);
  });
});
