import { describe, expect, it } from 'vitest';
import { DEFAULT_HTTP_LIMITS } from '../../../main/http/limits.ts';
import { Dialogue } from './dialogue.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: h\r\n\r\n';
const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`;
const OK5 = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const ok = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('messages and their frames', () => {
  it('reads two exchanges on one connection', () => {
    const d = new Dialogue().client(GET).server(OK5).client(get('/b')).server('HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n');
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [contentLength 5 ok]', 'GET /b [none 0 ok] -> 404 [contentLength 0 ok]']);
    expect(d.sink.protocols).toEqual(['http1']);
    expect(d.sink.clientHalf).toBe(0);
    expect(d.sink.anomalies).toEqual([]);
  });

  it('names the frames of the first and the last byte', () => {
    const d = new Dialogue().client('GE', 'T /a HTTP/1.1\r\nHost: h\r', '\n\r\n').server('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n', '\r\nabc', 'de', 'fgh');
    d.close();
    const { request, response } = d.sink.exchanges[0]!;
    expect([request!.beginFrame, request!.endFrame, response!.beginFrame, response!.endFrame]).toEqual([1, 3, 4, 7]);
  });

  it('reads a request sent a byte at a time', () => {
    const d = new Dialogue().client(...(GET + get('/b'))).server(...(OK5 + OK5));
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [contentLength 5 ok]', 'GET /b [none 0 ok] pipelined -> 200 [contentLength 5 ok]']);
    expect(d.sink.anomalies).toEqual([]);
  });

  it('answers pipelined requests in order and marks them', () => {
    const d = new Dialogue().client(get('/1') + get('/2'), get('/3')).server(ok('a') + ok('bb'), ok('ccc'));
    expect(d.close()).toEqual([
      'GET /1 [none 0 ok] -> 200 [contentLength 1 ok]',
      'GET /2 [none 0 ok] pipelined -> 200 [contentLength 2 ok]',
      'GET /3 [none 0 ok] pipelined -> 200 [contentLength 3 ok]',
    ]);
  });

  it('gives 1xx to the exchange they precede', () => {
    const d = new Dialogue()
      .client('POST /u HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n')
      .server('HTTP/1.1 100 Continue\r\n\r\n')
      .client('abc')
      .server('HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n' + ok('x'));
    expect(d.close()).toEqual(['POST /u [contentLength 3 ok] <100> <103> -> 200 [contentLength 1 ok]']);
  });

  it('does not swallow the next request as the body of a refused Expect', () => {
    const d = new Dialogue()
      .client('PUT /u HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n')
      .server('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n')
      .client(GET)
      .server(OK5);
    expect(d.close()).toEqual(['PUT /u [contentLength 0 incomplete] -> 417 [contentLength 0 ok]', 'GET /a [none 0 ok] -> 200 [contentLength 5 ok]']);
  });

  it('takes the body that comes after an error all the same', () => {
    const d = new Dialogue()
      .client('PUT /u HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n')
      .server('HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n')
      .client('01234', '56789', GET)
      .server(OK5);
    expect(d.close()).toEqual(['PUT /u [contentLength 10 ok] -> 413 [contentLength 0 ok]', 'GET /a [none 0 ok] -> 200 [contentLength 5 ok]']);
  });

  it('ignores empty lines before a message', () => {
    const d = new Dialogue().client('\r\n' + GET, '\r', '\n', get('/b')).server(OK5 + '\r\n', OK5);
    expect(d.close()).toHaveLength(2);
    expect(d.sink.anomalies).toEqual([]);
  });

  it('knows the client by its request, on either side', () => {
    const d = new Dialogue();
    d.send(1, GET);
    d.send(0, OK5);
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [contentLength 5 ok]']);
    expect(d.sink.clientHalf).toBe(1);
  });

  it('uses the slot again', () => {
    const d = new Dialogue().client('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc');
    d.close();
    d.streams.opened(0, 1, false);
    d.client(GET).server(OK5);
    expect(d.close()).toEqual(['POST / [contentLength 3 incomplete] -> -', 'GET /a [none 0 ok] -> 200 [contentLength 5 ok]']);
  });
});

describe('ends', () => {
  it('completes a close-delimited body at the FIN, with the frame of its last byte', () => {
    const d = new Dialogue().client(GET).server('HTTP/1.0 200 OK\r\n\r\nab', 'cd').fin(1);
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [untilClose 4 ok]']);
    expect(d.sink.exchanges[0]!.response!.endFrame).toBe(3);
  });

  it('does not complete it at a reset, nor at the end of the capture', () => {
    expect(new Dialogue().client(GET).server('HTTP/1.1 200 OK\r\n\r\nabcd').reset().close()).toEqual(['GET /a [none 0 ok] -> 200 [untilClose 4 incomplete]']);
    expect(new Dialogue().client(GET).server('HTTP/1.1 200 OK\r\n\r\nabcd').close()).toEqual(['GET /a [none 0 ok] -> 200 [untilClose 4 incomplete]']);
  });

  it('says incomplete of a body cut short by a FIN', () => {
    expect(new Dialogue().client(GET).server('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabcd').fin(1).close()).toEqual(['GET /a [none 0 ok] -> 200 [contentLength 4 incomplete]']);
  });

  it('counts a chunked body complete only with its last empty line', () => {
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(new Dialogue().client(GET).server(head + '5\r\nhello\r\n0\r\n').fin(1).close()).toEqual(['GET /a [none 0 ok] -> 200 [chunked 5 incomplete]']);
    expect(new Dialogue().client(GET).server(head + '5;x=y\r\nhello\r\n0\r\nT: v\r\n\r\n').fin(1).close()).toEqual(['GET /a [none 0 ok] -> 200 [chunked 5 ok]']);
    expect(new Dialogue().client(GET).server(head + '8\r\nhel').fin(1).close()).toEqual(['GET /a [none 0 ok] -> 200 [chunked 3 incomplete]']);
  });

  it('tells of a head that does not end', () => {
    const d = new Dialogue().client(GET).server('HTTP/1.1 200 OK\r\nServer: x').fin(1);
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> -']);
    expect(d.sink.anomalies).toEqual(['head-unfinished']);
  });
});

describe('other protocols', () => {
  it('does not take the HTTP that ICAP carries for requests and responses of the connection', () => {
    const d = new Dialogue().client(`REQMOD icap://h/ ICAP/1.0\r\nHost: h\r\nEncapsulated: req-hdr=0, null-body=30\r\n\r\n${GET}`);
    d.server(`ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0\r\n\r\n${OK5}`);
    expect(d.close()).toEqual([]);
    expect(d.sink.protocols).toEqual(['other']);
  });

  it('reads the response of a SHOUTcast server, which lasts until the close', () => {
    const d = new Dialogue().client('GET /live HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n').server('IC', 'Y 200 OK\r\nicy-name: x\r\n\r\n', 'sound', 'more').fin(1);
    expect(d.close()).toEqual(['GET /live [none 0 ok] -> 200 [untilClose 9 ok]']);
  });

  it.each([
    ['HTTP/2 prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', ['http2']],
    ['SSH', 'SSH-2.0-OpenSSH\r\n', ['other']],
    ['RTSP', 'OPTIONS rtsp://h/ RTSP/1.0\r\nCSeq: 1\r\n\r\n', ['other']],
    ['binary', '\x00\x01\x02GET / HTTP/1.1', ['other']],
    ['a version that is not ours', 'GET / HTTP/2.0\r\n\r\n', ['other']],
  ])('names %s', (_name, bytes, protocols) => {
    for (const segments of [[bytes], [...bytes]]) {
      const d = new Dialogue().client(...segments);
      expect(d.close()).toEqual([]);
      expect(d.sink.protocols).toEqual(protocols);
    }
  });

  it('hands TLS on from its first record, in pieces and with bytes missing', () => {
    const hello = '\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03' + 'r'.repeat(32) + '\x00\x00\x02\x13\x01\x01\x00\x00\x00';
    const alert = '\x15\x03\x03\x00\x02\x02\x28';
    const d = new Dialogue().client(hello.slice(0, 3), hello.slice(3, 30), hello.slice(30)).gap(0, 7).client(GET).server(alert).fin(1);
    expect(d.close()).toEqual([]);
    expect(d.sink.protocols).toEqual(['tls']);
    expect(d.sealed.told).toEqual([`${hello}<7>${GET}`, alert]);
    expect(d.sealed.events).toEqual(['0 from 0', '1 from 0', '1 ended', 'closed']);
  });

  it('names HTTP/0.9 and leaves it', () => {
    const d = new Dialogue().client('GET /x\r\n').server('<html>').fin(1);
    expect(d.close()).toEqual([]);
    expect(d.sink.anomalies).toEqual(['http-0.9']);
    expect(d.sink.protocols).toEqual(['other']);
  });

  it('reads the response of a server that answers HTTP/0.9 as HTTP/1, in a document only at its very start', () => {
    const refused = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad';
    const d = new Dialogue().client('GET /x\r\n').server(refused).fin(1);
    expect(d.close()).toEqual(['- -> 400 [contentLength 3 ok]']);
    expect(d.sink.protocols).toEqual(['other', 'http1']);
    const document = new Dialogue().client('GET /x\r\n').server(`an answer:\r\n${refused}`, refused).fin(1);
    expect(document.close()).toEqual([]);
  });

  it('reads status lines of other versions, where one stands where it should', () => {
    for (const version of ['HTTP/2.0', 'HTTP/2', 'HTTP/01.1', 'HTTP/1.10', 'HTTP/0.9']) {
      const d = new Dialogue().client(GET).server(...`${version} 200 OK\r\nContent-Length: 3\r\n\r\nabc`).client(GET).server(OK5);
      expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [contentLength 3 ok]', 'GET /a [none 0 ok] -> 200 [contentLength 5 ok]']);
      expect(d.sink.anomalies).toEqual(['status-line-version']);
    }
    for (const version of ['HTTP/', 'HTTP/.1', 'HTTP/x', 'HTTP/1,1', 'HTTP/1.1000000', 'HTTPS/1.1']) {
      const d = new Dialogue().client(GET).server(...`${version} 200 OK\r\nContent-Length: 3\r\n\r\nabc`);
      expect(d.close()).toEqual(['GET /a [none 0 ok] -> -']);
    }
  });

  it('switches to websocket, h2c and others at a 101', () => {
    for (const [upgrade, protocol] of [['websocket', 'websocket'], ['h2c', 'http2'], ['TLS/1.0', 'tunnel']]) {
      const d = new Dialogue().client(`GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`);
      d.server(`HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n\x81\x05hello`).client('\x81\x85GET / HTTP/1.1\r\n\r\n');
      expect(d.close()).toEqual(['GET /ws [none 0 ok] -> 101 [upgrade 0 ok]']);
      expect(d.sink.protocols).toEqual(['http1', protocol]);
      expect(d.sink.anomalies).toEqual([]);
    }
  });

  it('recognises what is inside a CONNECT tunnel', () => {
    for (const [inside, inner] of [['\x16\x03\x01\x00\x04\x01\x00\x00\x00', 'tls'], [GET, 'http1'], ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http2']]) {
      const d = new Dialogue().client('CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n').server('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n').client(inside!);
      expect(d.close()).toEqual(['CONNECT h:443 [none 0 ok] -> 200 [tunnel 0 ok]']);
      expect(d.sink.protocols).toEqual(['http1', 'tunnel']);
      expect(d.sink.inners).toEqual([inner]);
      expect(d.sink.hosts).toEqual(['h:443']);
    }
  });

  it('goes on with HTTP where a CONNECT is refused', () => {
    const d = new Dialogue().client('CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n').server('HTTP/1.1 407 Auth\r\nContent-Length: 2\r\n\r\nno');
    d.client('CONNECT h:443 HTTP/1.1\r\nHost: h\r\nProxy-Authorization: x\r\n\r\n').server('HTTP/1.1 200 OK\r\n\r\n').client('\x16\x03\x01\x00\x04\x01\x00\x00\x00');
    expect(d.close()).toEqual(['CONNECT h:443 [none 0 ok] -> 407 [contentLength 2 ok]', 'CONNECT h:443 [none 0 ok] -> 200 [tunnel 0 ok]']);
    expect(d.sink.inners).toEqual(['tls']);
  });

  it('finds HTTP behind the greeting of a SOCKS proxy', () => {
    const d = new Dialogue().client('\x05\x01\x00').server('\x05\x00').client('\x05\x01\x00\x01\x0a\x00\x00\x01\x00\x50').server('\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00');
    d.client(GET).server(OK5);
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [contentLength 5 ok]']);
    expect(d.sink.protocols).toEqual(['other', 'http1']);
  });

  it('stops searching what is not HTTP after a while', () => {
    const d = new Dialogue({ limits: { ...DEFAULT_HTTP_LIMITS, searchBytes: 100 } }).client('\x00'.repeat(60), '\x00'.repeat(60), GET);
    expect(d.close()).toEqual([]);
    expect(d.sink.protocols).toEqual(['other']);
  });
});

describe('bytes that nobody asked for', () => {
  it('gives a 408 on an idle connection no request', () => {
    const d = new Dialogue().client(GET).server(OK5).server('HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n').fin(1);
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [contentLength 5 ok]', '- -> 408 [contentLength 0 ok]']);
  });

  it('does not take a 408 that crossed a request for its response', () => {
    const d = new Dialogue().client(GET).server(OK5).client(get('/b'));
    d.send(1, 'HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n', GET.length);
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [contentLength 5 ok]', 'GET /b [none 0 ok] -> -', '- -> 408 [contentLength 0 ok]']);
  });

  it('names surplus bytes behind a response once and finds the next one', () => {
    const d = new Dialogue().client(GET).server('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello').client(get('/b')).server(OK5 + '...').server('....');
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [contentLength 2 ok]', 'GET /b [none 0 ok] -> 200 [contentLength 5 ok]']);
    expect(d.sink.anomalies).toEqual(['unsolicited-data']);
  });

  it('names bytes that are no request and finds the next one', () => {
    const d = new Dialogue().client(GET).server(OK5).client('what is this\r\n').server('HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n').client(get('/b')).server(OK5);
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [contentLength 5 ok]', '- -> 400 [contentLength 0 ok]', 'GET /b [none 0 ok] -> 200 [contentLength 5 ok]']);
    expect(d.sink.anomalies).toEqual(['request-line-invalid']);
  });

  it('goes on behind a chunk that is none', () => {
    const d = new Dialogue().client(GET).server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX\r\n').client(get('/b')).server(OK5);
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [chunked 5 incomplete]', 'GET /b [none 0 ok] -> 200 [contentLength 5 ok]']);
    expect(d.sink.anomalies).toEqual(['chunk-size-invalid']);
  });

  it('what a chunk of impossible size may hold was told as a request, but only what begins a segment can be believed to be one', () => {
    const d = new Dialogue().client(`POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n${get('/smuggled')}`);
    d.server('HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n').client(get('/b')).server(OK5);
    expect(d.close()).toEqual(['POST / [chunked 0 incomplete] -> 400 [contentLength 0 ok]', 'GET /b [none 0 ok] -> 200 [contentLength 5 ok]']);
    expect(d.sink.anomalies).toEqual(['chunk-size-overflow']);
  });

  it.each(['-1', '0x10', '18446744073709551615'])('a request right behind the head of one whose length is %s was not told', (length) => {
    const d = new Dialogue().client(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\n${get('/b')}`);
    expect(d.close()).toEqual(['POST / [unknown 0 ok] -> -', 'GET /b [none 0 ok] pipelined -> -']);
    const body = new Dialogue().client(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\n{}\r\n${get('/b')}`);
    expect(body.close()).toEqual([`POST / [unknown ${4 + get('/b').length} incomplete] -> -`]);
  });
});

describe('a capture with the response before its request', () => {
  it('gives the late request to its response', () => {
    const d = new Dialogue();
    d.send(1, OK5, GET.length);
    d.send(0, GET, 0);
    d.send(0, get('/b'), OK5.length);
    d.server(ok('x'));
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [contentLength 5 ok]', 'GET /b [none 0 ok] -> 200 [contentLength 1 ok]']);
  });

  it('reads no body where the late request is a HEAD', () => {
    const d = new Dialogue();
    d.send(1, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 100);
    d.send(0, 'HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n', 0);
    d.client(GET).server(OK5);
    expect(d.close()).toEqual(['HEAD /a [none 0 ok] -> 200 [none 0 ok]', 'GET /a [none 0 ok] -> 200 [contentLength 5 ok]']);
  });

  const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n';
  const ASK = 'GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n';

  it('gives the late request to the 101 that answers it, and reads nothing of what either side said then', () => {
    const d = new Dialogue();
    d.send(1, OK5 + SWITCH, GET.length + ASK.length);
    d.send(1, '\x81\x05hello', GET.length + ASK.length);
    d.send(0, GET, 0);
    d.send(0, ASK, OK5.length);
    d.send(0, GET, OK5.length + SWITCH.length);
    expect(d.close()).toEqual(['GET /a [none 0 ok] -> 200 [contentLength 5 ok]', 'GET /ws [none 0 ok] -> 101 [upgrade 0 ok]']);
    expect(d.sink.protocols.at(-1)).toBe('websocket');
    expect(d.sink.anomalies).toEqual([]);
  });

  it('what a client said that had acknowledged a 101 still to come in the capture was told as an invalid request line', () => {
    const d = new Dialogue();
    d.send(0, ASK, 0);
    d.send(0, '\x81\x85abcd hello\r\n', SWITCH.length);
    d.send(1, SWITCH, ASK.length);
    expect(d.close()).toEqual(['GET /ws [none 0 ok] -> 101 [upgrade 0 ok]']);
    expect(d.sink.anomalies).toEqual([]);
    expect(d.sink.protocols.at(-1)).toBe('websocket');
  });

  it('reads nothing of what a client said that had acknowledged a 101, where the request for it is not in the capture', () => {
    const d = new Dialogue({ midstream: true });
    d.send(1, SWITCH, 100);
    d.send(0, GET, SWITCH.length);
    expect(d.close()).toEqual(['- -> 101 [upgrade 0 ok]']);
  });

  it.each(['', 'hello'])('opens the tunnel that the late request asked for: %j had come from it', (came) => {
    const d = new Dialogue();
    const connect = 'CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n';
    const established = 'HTTP/1.1 200 Connection established\r\n\r\n';
    d.send(1, established, connect.length);
    if (came !== '') d.send(1, came, connect.length);
    d.send(0, connect, 0);
    d.send(0, GET, established.length);
    expect(d.close()).toEqual(['CONNECT h:443 [none 0 ok] -> 200 [tunnel 0 ok]']);
    expect(d.sink.protocols.at(-1)).toBe('tunnel');
    expect(d.sink.exchanges[0]!.response!.endFrame).toBe(1);
  });

  it('does not give a request to a response that was sent before it arrived', () => {
    const d = new Dialogue();
    d.send(1, 'HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n', 0);
    d.send(0, GET, 0);
    expect(d.close()).toEqual(['- -> 408 [contentLength 0 ok]', 'GET /a [none 0 ok] -> -']);
  });
});

describe('limits', () => {
  it('gives up a head that is too large and finds the next message', () => {
    const d = new Dialogue({ limits: { ...DEFAULT_HTTP_LIMITS, headBytes: 5000 } });
    d.client('GET /a HTTP/1.1\r\nX: ' + 'x'.repeat(4000), 'x'.repeat(4000), 'x\r\n\r\n').server(OK5).client(get('/b')).server(OK5);
    expect(d.close()).toEqual(['- -> 200 [contentLength 5 ok]', 'GET /b [none 0 ok] -> 200 [contentLength 5 ok]']);
    expect(d.sink.anomalies).toEqual(['head-too-large']);
  });

  it('keeps split heads within its memory', () => {
    const d = new Dialogue({ limits: { ...DEFAULT_HTTP_LIMITS, carriedBytes: 4096 } });
    d.client('GET /a HTTP/1.1\r\nX: ' + 'x'.repeat(5000)).server(OK5);
    expect(d.close()).toEqual(['- -> 200 [contentLength 5 ok]']);
    expect(d.sink.anomalies).toEqual(['head-memory']);
  });

  it('bounds the requests that wait, and then pairs only what is proven', () => {
    const d = new Dialogue({ limits: { ...DEFAULT_HTTP_LIMITS, pendingRequests: 3 } });
    d.client(get('/1') + get('/2') + get('/3') + get('/4')).server(ok('a'));
    expect(d.close().at(-1)).toBe('- -> 200 [contentLength 1 ok]');
    expect(d.sink.anomalies).toEqual(['pending-requests']);
  });

  it('does not give a request to the second of two responses whose first was forgotten', () => {
    const d = new Dialogue({ limits: { ...DEFAULT_HTTP_LIMITS, orphanResponses: 1 } });
    for (const body of ['a', 'b']) d.send(1, ok(body), 1000);
    d.send(0, GET, 0);
    expect(d.close()).toEqual(['- -> 200 [contentLength 1 ok]', '- -> 200 [contentLength 1 ok]', 'GET /a [none 0 ok] -> -']);
  });
});
