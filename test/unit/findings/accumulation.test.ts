import { describe, expect, it } from 'vitest';
import { connection, diagnosed, request, response, rules, type Talk } from './captures.ts';

describe('connections that accumulate', () => {
  const held = (n: number, length: number, client: 'go' | 'other' = 'go'): Talk => connection(n, n * 0.1).get(length, client);

  it('and are never closed: bodies that are not closed', async () => {
    const found = await diagnosed(...[0, 1, 2, 3, 4].map((n) => held(n, 3000)));
    expect(found.findings).toContain('connections-accumulate certain: 1 2 3 4 5');
    expect(found.findings).toContain('body-not-closed likely: 1 2 3 4 5');
    expect(found.closes).toEqual(Array(5).fill('open-at-end certain'));
  });

  it('and end by the idle timeout of the client: a client per request', async () => {
    const found = await diagnosed(...[0, 1, 2, 3, 4].map((n) => held(n, 300).wait(5.0005 + n * 0.0003).close('client')));
    expect(found.closes).toEqual(Array(5).fill('client-idle certain'));
    expect(found.findings).toContain('client-per-request likely: 1 2 3 4 5');
    expect(rules(found)).not.toContain('body-not-closed');
  });

  it('name the other reason, too, where small bodies and no timer leave both open, and only there', async () => {
    const exit = [0, 1, 2, 3].map((n) => {
      const talk = held(n, 300);
      return talk.wait(2.37 - talk.now).close('client');
    });
    const found = await diagnosed(...exit);
    expect(found.findings).toEqual(expect.arrayContaining(['client-per-request likely: 1 2 3 4', 'body-not-closed possible: 1 2 3 4']));
    expect(found.report.findings().find(({ rule }) => rule === 'body-not-closed')!.severity).toBe('info');
    expect((await diagnosed(...[0, 1, 2, 3].map((n) => held(n, 300)))).findings).toEqual(expect.arrayContaining(['body-not-closed likely: 1 2 3 4', 'client-per-request possible: 1 2 3 4']));
    // Read, for they fit no buffer; or held past the server's timeout, by a program that does not look.
    expect(rules(await diagnosed(...[0, 1, 2, 3].map((n) => held(n, 9000).wait(3 - n * 0.1).close('client'))))).not.toContain('body-not-closed');
    expect(rules(await diagnosed(...[0, 1, 2, 3].map((n) => held(n, 300).wait(1.2005).fin('server').ack('client').wait(3).fin('client'))))).not.toContain('client-per-request');
  });

  it('and lie idle for longer than the pool of their client lets any: bodies that nobody reads, and no client per request (fetch of Node, 90 KB)', async () => {
    const fetched = (n: number, seconds: number): Talk => {
      const head = 'GET /item HTTP/1.1\r\nhost: api\r\nconnection: keep-alive\r\naccept: */*\r\naccept-language: *\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\naccept-encoding: gzip, deflate\r\n\r\n';
      const talk = connection(n, n * 0.15).client(head).server(response(300)).ack('client');
      return talk.wait(seconds - talk.now).close('client');
    };
    // Closed when the garbage collector comes by.
    const found = await diagnosed(...[0, 1, 2, 3, 4].map((n) => fetched(n, 16.4 + n * 0.0001)));
    expect(found.findings).toContain('body-not-closed likely: 1 2 3 4 5');
    expect(found.report.findings().find(({ rule }) => rule === 'connections-accumulate')!.fix!.summary).toMatch(/^Read every body/);
    // Within its timer both look alike.
    expect((await diagnosed(...[0, 1, 2, 3, 4].map((n) => fetched(n, 4.4 + n * 0.0001)))).findings).toContain('client-per-request likely: 1 2 3 4 5');
  });

  it('and are of a client that has one pool for all: error answers that nobody reads, and no client to make once (HttpURLConnection)', async () => {
    const head = 'GET /item HTTP/1.1\r\nUser-Agent: Java/17.0.15\r\nHost: api\r\nAccept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2\r\nConnection: keep-alive\r\n\r\n';
    const asked = (n: number): Talk => connection(n, n * 0.06).client(head).server(response(10, '', '500 Internal Server Error')).ack('client');
    const found = await diagnosed(...[0, 1, 2, 3, 4].map((n) => asked(n).wait(1 - n * 0.06).close('client')));
    expect(found.findings).toContain('body-not-closed likely: 1 2 3 4 5');
    expect(rules(found)).not.toContain('client-per-request');
    expect(found.report.findings().filter(({ rule }) => rule === 'missed-reuse' || rule === 'connections-accumulate').map(({ fix }) => fix!.summary)).toEqual(Array(2).fill(expect.stringContaining('getErrorStream()')));
  });

  it('are not a pool that is used again', async () => {
    const found = await diagnosed(...[0, 1, 2, 3, 4].map((n) => held(n, 300).wait(1).get().wait(9).close('client')));
    expect(rules(found)).not.toContain('connections-accumulate');
  });

  it('one that lies idle beside those that are used is possibly a body that was not closed, and said quietly', async () => {
    const left = connection(0, 0).get().wait(0.1).get().wait(2).close('client');
    const used = connection(1, 0.4).get().wait(0.5).get().wait(0.5).get().wait(0.7).close('client');
    const found = await diagnosed(left, used);
    expect(found.findings).toContain('body-not-closed possible: 1');
    expect(found.report.findings().map(({ severity }) => severity)).not.toContain('warning');
    // One that is used again later was not left.
    expect(rules(await diagnosed(connection(0, 0).get().wait(2).get().wait(1).close('client'), used))).not.toContain('body-not-closed');
  });

  it('one that had no response, and closed before others were opened, was named as left idle, with frame 0', async () => {
    const left = connection(0, 0).get().wait(0.1).get();
    const used = (n: number, start: number): Talk => connection(n, start).get().wait(0.5).get().wait(2).close('client');
    const silent = connection(3, 0.05).wait(1.7).close('server');
    const found = await diagnosed(left, used(1, 2), used(2, 2.2), silent);
    expect(found.closes[1]).toMatch(/^server-shutdown/);
    expect(found.findings).toContain('body-not-closed possible: 1');
  });

  it('are all named that were left, not the first of them only, and likely so where their bytes were never read', async () => {
    const left = (n: number, close: (talk: Talk) => Talk, unread = 300): Talk => {
      const talk = connection(n, n * 0.3, { windowScale: 0 }).client(request('go'), { window: 64_000 }).server(response(300)).ack('client', { window: 64_000 }).wait(0.1);
      talk.client(request('go'), { window: 64_000 }).server(response(unread)).ack('client', { window: 64_000 - unread });
      return close(talk.wait(3 - talk.now));
    };
    const fins = await diagnosed(...[0, 1, 2, 3].map((n) => left(n, (talk) => talk.close('client'))));
    // The last one lay idle beside none that was opened.
    expect(fins.findings).toContain('body-not-closed possible: 1 2 3');
    const resets = await diagnosed(...[0, 1, 2, 3].map((n) => left(n, (talk) => talk.rst('client'), 30_000)));
    expect(resets.findings).toContain('body-not-closed likely: 1 2 3');
  });

  it('and end with RSTs hold bytes that were never read: no client per request, and nothing that the program let go of', async () => {
    const reset = (until: number) => [0, 1, 2, 3].map((n) => {
      const talk = held(n, 3000, 'other');
      return talk.wait(until + n * 0.13 - talk.now).rst('client');
    });
    for (const until of [0.6, 2.37]) {
      const found = await diagnosed(...reset(until));
      expect(found.findings).toContain('body-not-closed likely: 1 2 3 4');
      expect(rules(found)).not.toContain('client-per-request');
      expect(found.report.findings().find(({ rule }) => rule === 'body-not-closed')!.explanation).toContain('with bytes of the body left unread');
    }
  });

  it('are no bodies left open by a proxy, which passes them on (health checks of HAProxy beside its traffic)', async () => {
    const proxied = (talk: Talk): Talk => talk.client('GET /item HTTP/1.1\r\nhost: api\r\nuser-agent: curl/8.5.0\r\nx-forwarded-for: 192.0.2.1\r\n\r\n').server(response(500)).ack('client').wait(0.2);
    const left = proxied(proxied(connection(0, 0)));
    const checks = [0, 1, 2].map((n) => proxied(proxied(connection(n + 1, 0.6 + n * 0.5))).close('client'));
    const found = await diagnosed(left, ...checks);
    expect(rules(found)).toContain('missed-reuse');
    expect(rules(found)).not.toContain('body-not-closed');
  });

  it('are not responses that are still being sent, though they never end (a server that dies, a client that gives up)', async () => {
    const sending = (n: number): Talk => connection(n, n * 0.1).client(request('other')).server(response(50_000).subarray(0, 10_000)).ack('client');
    for (const side of ['server', 'client'] as const) {
      const found = await diagnosed(...[0, 1, 2, 3].map((n) => sending(n).wait(1.53).rst(side)));
      expect(rules(found)).not.toContain('connections-accumulate');
      expect(rules(found)).not.toContain('body-not-closed');
    }
    // Where the client's window is full, nobody reads them.
    const full = [0, 1, 2, 3].map((n) => sending(n).ack('client', { window: 0 }));
    expect(rules(await diagnosed(...full))).toContain('connections-accumulate');
  });

  it('had piled up before the server closed them, though another one is opened long after', async () => {
    const leaked = [0, 1, 2, 3].map((n) => held(n, 300).wait(5.0012).fin('server').ack('client'));
    const found = await diagnosed(...leaked, connection(9, 30).get());
    expect(found.findings).toContain('connections-accumulate certain: 1 2 3 4 5');
    expect(found.findings).toContain('body-not-closed likely: 1 2 3 4 5');
    // One after the other, each closed before the next: nothing piles up.
    expect(rules(await diagnosed(...[0, 1, 2, 3].map((n) => connection(n, n * 7).get().wait(5.0012).fin('server').ack('client'))))).not.toContain('connections-accumulate');
  });

  it('are not two', async () => {
    expect(rules(await diagnosed(held(0, 300), held(1, 300)))).not.toContain('connections-accumulate');
  });
});
