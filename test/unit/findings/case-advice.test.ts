import { describe, expect, it } from 'vitest';
import type { RuleName } from '../../../shared/model/report.ts';
import { latin1, RST } from '../../kit/packets.ts';
import { connection, type Diagnosed, diagnosed, request, response, rules, type Talk } from './captures.ts';

/** The finding of a rule, and its advice. */
const told = ({ report }: Diagnosed, rule: RuleName): string => {
  const found = report.findings().find((finding) => finding.rule === rule)!;
  return `${found.explanation} ${found.fix.summary}`;
};

describe('a client that closes in the middle of a request that was answered already', () => {
  const answeredEarly = (n: number, status: string, more = ''): Talk =>
    connection(n, n * 0.5, { rtt: 0.02 })
      .client(request('go', '/up', 'PUT', 'Content-Length: 600000\r\n', 'x'.repeat(14_000)))
      .server(response(20, more, status))
      .client(latin1('x'.repeat(8000)))
      .close('client');

  it('was told to have left the response unread: Go keeps no such connection, read or not', async () => {
    const found = await diagnosed(answeredEarly(0, '200 OK'), answeredEarly(1, '201 Created'), answeredEarly(2, '200 OK'));
    expect(found.closes).toEqual(Array(3).fill('client-abort certain or process-exit'));
    expect(rules(found)).not.toContain('undrained-response');
    expect(rules(found)).toContain('early-response');
    expect(told(found, 'client-abort')).toMatch(/in the middle of a request.*read a request to its end before it answers/);
  });

  it('after the server had announced to close follows that', async () => {
    expect((await diagnosed(answeredEarly(0, '200 OK', 'Connection: close\r\n'))).closes).toEqual(['server-close-option certain']);
  });

  it('and was refused was told as closed by the server', async () => {
    const found = await diagnosed(answeredEarly(0, '403 Forbidden'));
    expect(found.closes).toEqual(['undrained-request certain']);
    expect(told(found, 'undrained-request')).toContain('the client closed 1 connection with the rest unsent.');
  });

  it('but long after the last byte of either was idle, whatever length it had announced', async () => {
    const talk = connection(0, 0).client(request('go', '/up', 'PUT', 'Content-Length: 90\r\n', 'x'.repeat(80))).server(response(20)).ack('client');
    expect((await diagnosed(talk.wait(30.001).close('client'))).closes[0]).not.toMatch(/^client-abort/);
  });
});

describe('a 408 that no request asked for', () => {
  it('after two answers was the timeout of a request that had not come since the handshake: it ends what lay idle', async () => {
    const talk = connection(0, 0).get().wait(0.05).get().wait(2.001).server(response(0, 'Connection: close\r\n', '408 Request Timeout')).close('server');
    const found = await diagnosed(talk);
    expect(found.closes).toEqual(['server-idle likely also server-close-option or server-timeout']);
    expect(told(found, 'server-idle')).toContain('after 2.0 s without a request');
    expect(rules(found)).not.toContain('server-timeout');
  });

  it('on a connection that asked for nothing at all is a timeout of the server as before', async () => {
    const talk = connection(0, 0).wait(2.001).server(response(0, 'Connection: close\r\n', '408 Request Timeout')).close('server');
    expect((await diagnosed(talk)).closes).toEqual(['server-timeout certain also server-close-option']);
  });
});

describe('advice', () => {
  it('on a client that gave up while it was sending blamed the server for its time', async () => {
    const talk = connection(0, 0).client(request('go', '/up', 'PUT', 'Content-Length: 50000\r\n', 'x'.repeat(40_000))).ack('server').wait(3.001).close('client');
    const found = await diagnosed(talk);
    expect(found.closes[0]).toMatch(/^client-timeout likely/);
    expect(told(found, 'client-timeout')).toMatch(/with its body not yet sent to the end.*what held the request body up/);
    const waiting = connection(0, 0).client(request('go')).ack('server').wait(3.001).close('client');
    expect(told(await diagnosed(waiting), 'client-timeout')).toMatch(/after sending: its timeout\. Find what the server spends the time on/);
  });

  it('on packets that vanish on a connection that was not idle was to keep idle connections for less time', async () => {
    const swallowed = (talk: Talk): Talk => {
      talk.client(request('go', '/up', 'PUT', 'Content-Length: 900\r\n', 'x'.repeat(900)));
      for (const pause of [0.2, 0.4, 0.8, 1.6]) talk.wait(pause).retransmit();
      return talk;
    };
    expect(told(await diagnosed(swallowed(connection(0, 0))), 'middlebox')).toMatch(/large ones do not/);
    expect(told(await diagnosed(swallowed(connection(0, 0).get().wait(300))), 'middlebox')).toMatch(/Keep idle connections for less time/);
  });

  it('on HTTP/1.0 without keep-alive was to announce lengths, and to switch keep-alive on at the server', async () => {
    const talk = connection(0, 0).client('GET /item HTTP/1.0\r\nHost: api\r\n\r\n').server(latin1('HTTP/1.0 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain; charset=utf-8\r\nDate: Mon, 02 Jan 2023 10:00:00 GMT\r\nConnection: close\r\n\r\nhello')).close('server');
    const found = await diagnosed(talk);
    for (const rule of ['http10-default', 'server-close-option'] as const) expect(told(found, rule)).toMatch(/Speak HTTP\/1\.1/);
  });

  it('for the end that is known was told under the condition that the other one is what it may be', async () => {
    const talks = [0, 1, 2].map((n) => {
      const talk = connection(n, n * 8).client(request('go')).server('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\ndate: Mon, 02 Jan 2023 10:00:00 GMT\r\n\r\nhello').ack('client');
      return talk.wait(7.001 + n * 0.0003).close('server');
    });
    const summary = told(await diagnosed(...talks), 'timeout-mismatch');
    expect(summary).toMatch(/ Set Transport\.IdleConnTimeout .* If this is hyper server \(axum, warp, tonic\): install a timer/);
  });
});

describe('a FIN of the server that met a request', () => {
  /** The request comes so long after the FIN, which came after two idle seconds. */
  const raced = (n: number, late: number): Talk => {
    const talk = connection(n, n * 7, { rtt: 0.02 }).get().wait(1.9432 + n * 0.004).fin('server').wait(late);
    return talk.client(request('go')).rst('server', { flags: RST });
  };

  it('was not an idle close for those that met none: after one idle time both are of one timeout', async () => {
    const found = await diagnosed(raced(0, 0.001), connection(1, 7, { rtt: 0.02 }).get().wait(0.2).get().wait(1.949).close('server'));
    expect(found.closes).toEqual(['stale-reuse certain also server-idle', 'server-idle certain']);
  });

  it('was told to cross it, although it had come a second before', async () => {
    expect(told(await diagnosed(raced(0, 1)), 'stale-reuse')).toMatch(/had closed 1\.0 s before: it does not look/);
    expect(told(await diagnosed(raced(0, 0.005)), 'stale-reuse')).toMatch(/the two crossed/);
  });
});

it('the idle time of the first was told of all, where two servers behind one address have one each', async () => {
  const closed = (idles: readonly number[]) => idles.map((idle, n) => connection(n, n * 20).get().wait(idle + 0.001).close('server'));
  expect(told(await diagnosed(...closed([13, 7, 13, 7])), 'server-idle')).toContain('4 idle connections after 7.0 s to 13.0 s without a request');
  expect(told(await diagnosed(...closed([13, 13.2, 13])), 'server-idle')).toContain('after 13.0 s without a request');
});
