import { describe, expect, it } from 'vitest';
import { Dialogue } from './dialogue.ts';

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;
const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const C = 0;
const S = 1;

describe('gaps inside bodies', () => {
  it('keeps the framing of a body with a known length, and counts what was seen', () => {
    const d = new Dialogue().client(get('/1')).server('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab').gap(S, 5).server('cde').client(get('/2')).server(ok('x'));
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> 200 [contentLength 5 ok]', 'GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
  });

  it('ends the body where the gap ends with it', () => {
    const d = new Dialogue().client(get('/1')).server('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab').gap(S, 8).client(get('/2')).server(ok('x'));
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> 200 [contentLength 2 ok]', 'GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
  });

  it('keeps the framing inside one chunk', () => {
    const d = new Dialogue().client(get('/1')).server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nab').gap(S, 5).server('cde\r\n0\r\n\r\n');
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> 200 [chunked 5 ok]']);
    const e = new Dialogue().client(get('/1')).server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nab').gap(S, 8).server('\r\n0\r\n\r\n');
    expect(e.close()).toEqual(['GET /1 [none 0 ok] -> 200 [chunked 2 ok]']);
  });

  it('ends a message whose end may be in the gap as incomplete', () => {
    const d = new Dialogue().client(get('/1')).server('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab').gap(S, 9).server('zz').client(get('/2')).server(ok('x'));
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> 200 [contentLength 2 incomplete]', 'GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
  });

  it('skips a gap in a tunnel and in a body that lasts until the close', () => {
    const d = new Dialogue().client(get('/1')).server('HTTP/1.1 200 OK\r\n\r\nab').gap(S, 9).server('zz').fin(S);
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> 200 [untilClose 4 ok]']);
  });
});

describe('never a wrong pair', () => {
  it('leaves the request whose response is lost without one', () => {
    const d = new Dialogue().client(get('/1')).gap(S, 60).client(get('/2')).server(ok('x'));
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> -', 'GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
  });

  it('gives the response of a lost request to no other', () => {
    const d = new Dialogue().gap(C, 30).server(ok('1')).client(get('/2')).server(ok('22'));
    expect(d.close()).toEqual(['- -> 200 [contentLength 1 ok]', 'GET /2 [none 0 ok] -> 200 [contentLength 2 ok]']);
  });

  it('pairs by position where the gap is declared after the responses', () => {
    const d = new Dialogue();
    const q = get('/2');
    d.send(S, ok('1'), 40);
    d.send(S, ok('22'), 40 + q.length);
    d.gap(C, 40);
    d.send(C, q, ok('1').length);
    d.client(get('/3')).server(ok('333'));
    expect(d.close()).toEqual(['- -> 200 [contentLength 1 ok]', 'GET /2 [none 0 ok] -> 200 [contentLength 2 ok]', 'GET /3 [none 0 ok] -> 200 [contentLength 3 ok]']);
  });

  it('gave the request whose response was lost the next response, where the requests came after both', () => {
    const [first, second] = [ok('1').length, ok('1').length + ok('22').length];
    const d = new Dialogue();
    d.send(S, ok('1'), get('/1').length);
    d.gap(S, ok('22').length);
    d.send(C, get('/1'), 0);
    d.send(C, get('/2'), first);
    d.send(C, get('/3'), second);
    d.server(ok('333'));
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> 200 [contentLength 1 ok]', 'GET /2 [none 0 ok] -> -', 'GET /3 [none 0 ok] -> 200 [contentLength 3 ok]']);
  });

  it('pairs none of a pipelined burst whose first request is lost', () => {
    const d = new Dialogue().gap(C, 30).client(get('/2') + get('/3')).server(ok('1') + ok('2') + ok('3'));
    expect(d.close()).toEqual([
      'GET /2 [none 0 ok] -> -',
      'GET /3 [none 0 ok] pipelined -> -',
      '- -> 200 [contentLength 1 ok]',
      '- -> 200 [contentLength 1 ok]',
      '- -> 200 [contentLength 1 ok]',
    ]);
  });

  it('does not pair one visible request of a burst with the response of the hidden one', () => {
    const d = new Dialogue().gap(C, 30).client(get('/2')).server(ok('1') + ok('22'));
    expect(d.close()).toEqual(['GET /2 [none 0 ok] -> -', '- -> 200 [contentLength 1 ok]', '- -> 200 [contentLength 2 ok]']);
  });

  it('pairs none of the pipelined requests behind a lost response', () => {
    const d = new Dialogue().client(get('/1') + get('/2') + get('/3')).gap(S, ok('1').length).server(ok('2') + ok('3'));
    expect(d.close().filter((line) => line.startsWith('GET') && !line.endsWith('-'))).toEqual([]);
  });

  it('answers what was asked before a gap in the requests, in order', () => {
    const d = new Dialogue().client(get('/1')).gap(C, 40).server(ok('1')).server(ok('x')).client(get('/3')).server(ok('333'));
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> 200 [contentLength 1 ok]', '- -> 200 [contentLength 1 ok]', 'GET /3 [none 0 ok] -> 200 [contentLength 3 ok]']);
  });

  it('does not read the body of a response to a lost HEAD out of the next response', () => {
    const d = new Dialogue().gap(C, 30).server('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n').client(get('/2')).server(ok('22'));
    expect(d.close()).toEqual(['- -> 200 [contentLength 0 ok]', 'GET /2 [none 0 ok] -> 200 [contentLength 2 ok]']);
  });
});

describe('resynchronising', () => {
  it('finds a start in the middle of a segment', () => {
    const d = new Dialogue().client('POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab').gap(C, 9).client('rest of it').server(ok('1')).client('more of it' + get('/2')).server(ok('2'));
    expect(d.close()).toEqual(['POST /1 [chunked 2 incomplete] -> 200 [contentLength 1 ok]', 'GET /2 [none 0 ok] -> -', '- -> 200 [contentLength 1 ok]']);
  });

  it('does not take the end of a body for a part of the method', () => {
    const d = new Dialogue().client('POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab').gap(C, 9).server(ok('1')).client('rest' + get('/2'));
    expect(d.close().at(-1)).toBe('GET /2 [none 0 ok] -> -');
  });

  it('finds a start that is split over segments', () => {
    const d = new Dialogue().client(get('/1')).gap(S, 40).client(get('/2')).server('HTT', 'P/1.1 2', '00 OK\r\nContent-Le', 'ngth: 1\r\n\r\nx');
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> -', 'GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
    const e = new Dialogue().client(get('/1')).server(ok('1')).gap(C, 40).server(ok('x')).client('G', 'ET /3 HT', 'TP/1.1\r\nHost: h\r\n\r\n').server(ok('3'));
    expect(e.close().at(-1)).toBe('GET /3 [none 0 ok] -> 200 [contentLength 1 ok]');
  });

  it('does not start in text that only mentions HTTP', () => {
    const d = new Dialogue().client(get('/1')).gap(S, 40).server('see HTTP/1.1 200 OK for\r\nmore of it, or HTTP/1.1 999\r\n').client(get('/2')).server(ok('x'));
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> -', 'GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
  });

  it('starts in mid-stream, in the middle of a body', () => {
    const d = new Dialogue({ midstream: true }).server('end of a body').client(get('/2')).server(ok('x')).client(get('/3')).server(ok('yy'));
    expect(d.close()).toEqual(['GET /2 [none 0 ok] -> 200 [contentLength 1 ok]', 'GET /3 [none 0 ok] -> 200 [contentLength 2 ok]']);
    expect(d.sink.anomalies).toEqual([]);
  });

  it('starts in mid-stream with a response, or between two exchanges', () => {
    const d = new Dialogue({ midstream: true }).server(ok('1')).client(get('/2')).server(ok('x'));
    expect(d.close()).toEqual(['- -> 200 [contentLength 1 ok]', 'GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
    const e = new Dialogue({ midstream: true }).client(get('/2')).server(ok('x'));
    expect(e.close()).toEqual(['GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
  });

  it('reads one side alone', () => {
    const d = new Dialogue().client(get('/1'), get('/2'));
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> -', 'GET /2 [none 0 ok] pipelined -> -']);
    const e = new Dialogue().server(ok('1'), ok('2'));
    expect(e.close()).toEqual(['- -> 200 [contentLength 1 ok]', '- -> 200 [contentLength 1 ok]']);
  });

  it('does not call a request pipelined because the response before it was captured late', () => {
    const d = new Dialogue();
    d.send(C, get('/1'));
    d.send(C, get('/2'), ok('1').length);
    d.server(ok('1'), ok('2'));
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> 200 [contentLength 1 ok]', 'GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
  });
});

describe('segments cut by the snap length', () => {
  it('counts the bytes of a body that were on the wire', () => {
    const d = new Dialogue().client(get('/1')).server('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab').cut(S, 8).client(get('/2')).server(ok('x'));
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> 200 [contentLength 10 ok]', 'GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
  });

  it('reads heads as far as they go, and pairs them', () => {
    const d = new Dialogue();
    for (const target of ['/bytes/1', '/bytes/2', '/bytes/3']) {
      d.client(`GET ${target} HTTP/1.1\r\nHos`).cut(C, 70);
      d.server('HTTP/1.1 200 OK\r\nServer: x\r\nDa').cut(S, 700).server('more of th').cut(S, 90);
    }
    const lines = d.fin(C).fin(S).close();
    expect(lines).toEqual([1, 2, 3].map((n) => `GET /bytes/${n} [unknown 0 ok] -> 200 [unknown 100 ok]`));
    expect(d.sink.exchanges[0]!.request!.flags & 32).toBe(32);
    expect(d.sink.anomalies).toEqual([]);
  });

  it('uses the Content-Length it saw of a cut head', () => {
    const d = new Dialogue().client(get('/1')).server('HTTP/1.1 200 OK\r\nContent-Length: 50\r\nDa').cut(S, 100).client(get('/2')).server(ok('x'));
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> 200 [contentLength 50 ok]', 'GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
  });

  it('takes the rest of a pipelined request line for no request of its own', () => {
    const d = new Dialogue().client(get('/1') + 'GET /2 HTTP/1.1\r\nHos').cut(C, 40).client(`T /3 HTTP/1.1\r\nHost: h\r\n\r\n${get('/4')}`);
    expect(d.close().filter((exchange) => exchange.startsWith('T'))).toEqual([]);
  });

  it('takes no CONNECT of NATS for one of HTTP, whose rest was cut', () => {
    const d = new Dialogue().client('CONNECT {"verbose":false,"pedantic":').cut(C, 90).client('PING\r\n');
    expect(d.close()).toEqual([]);
  });

  it('reads a target that was cut', () => {
    const d = new Dialogue().client('GET /long/pa').cut(C, 90).server('HTTP/1.1 204').cut(S, 90).client(get('/2')).server(ok('x'));
    expect(d.close()).toEqual(['GET /long/pa [unknown 0 ok] -> 204 [none 0 ok]', 'GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
  });

  it('ends a chunked body whose sizes were cut with the next turn', () => {
    const d = new Dialogue().client(get('/1')).server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\nab').cut(S, 1400).server('xyz').cut(S, 10);
    d.client(get('/2')).server(ok('x'));
    expect(d.close()).toEqual(['GET /1 [none 0 ok] -> 200 [chunked 1415 ok]', 'GET /2 [none 0 ok] -> 200 [contentLength 1 ok]']);
  });

  it('reads nothing where no payload was captured', () => {
    const d = new Dialogue().cut(C, 100).cut(S, 100).cut(C, 100).fin(C).fin(S);
    expect(d.close()).toEqual([]);
  });
});

describe('1xx before their request', () => {
  const wait = 'HTTP/1.1 100 Continue\r\n\r\n';
  const hint = 'HTTP/1.1 103 Early Hints\r\n\r\n';

  it('gives a 1xx behind a gap in the requests to the exchange of its final response, in the same segment and in others', () => {
    for (const segments of [[wait + hint + ok('22')], [wait, hint, ok('22')]]) {
      const d = new Dialogue();
      const q = get('/2');
      d.send(S, ok('1'), 40);
      for (const segment of segments) d.send(S, segment, 40 + q.length);
      d.gap(C, 40);
      d.send(C, q, ok('1').length);
      expect(d.close()).toEqual(['- -> 200 [contentLength 1 ok]', 'GET /2 [none 0 ok] <100> <103> -> 200 [contentLength 2 ok]']);
      expect(d.sink.looseInterim).toEqual([]);
    }
  });

  it('tells it at the time it came', () => {
    const d = new Dialogue();
    const times: number[] = [];
    d.sink.interim = () => times.push(d.clock[0]!);
    d.send(S, wait, 40);
    const came = d.clock[0]!;
    d.send(S, ok('1'), 40);
    expect(times).toEqual([came]);
    expect(d.clock[0]).toBeGreaterThan(came);
  });

  it('leaves it alone where a gap stands between it and the next response, where none follows, and where there are very many', () => {
    const gap = new Dialogue();
    gap.send(S, wait, 40);
    gap.gap(S, 50).send(S, ok('1'), 40);
    expect(gap.close()).toEqual(['- -> 200 [contentLength 1 ok]']);
    expect(gap.sink.looseInterim).toEqual([100]);
    const end = new Dialogue();
    end.send(S, wait, 40);
    expect(end.close()).toEqual([]);
    expect(end.sink.looseInterim).toEqual([100]);
    const many = new Dialogue();
    for (let i = 0; i < 20; i++) many.send(S, wait, 40);
    expect(many.sink.looseInterim).toHaveLength(16);
    expect(many.close()).toEqual([]);
    expect(many.sink.looseInterim).toHaveLength(20);
  });
});
