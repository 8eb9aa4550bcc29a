import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadAnomaly, headAnomalyCodes, httpAnomalies } from '../../../main/http/anomalies.ts';
import { frameBody } from '../../../main/http/body-framing.ts';
import { Framing, MessageFlag } from '../../../main/http/exchange-sink.ts';
import { ParsedHead } from '../../../main/http/message-parser.ts';
import { INCOMPLETE, INVALID, Method } from '../../../main/http/start-line-parser.ts';
import { latin1 } from './dialogue.ts';

const framingNames = Object.keys(Framing);
const head = new ParsedHead();

function codes(): string[] {
  return headAnomalyCodes.filter((_code, bit) => ((head.anomalies >>> bit) & 1) !== 0);
}

function text(start: number, end: number): string {
  return String.fromCharCode(...head.bytes.subarray(start, end));
}

/** Parses a whole head and frames it: "framing length codes". */
function framed(lines: string, method: Method = Method.other): string {
  const bytes = latin1(lines);
  expect(head.parse(bytes, 0, bytes.length, !/^(HTTP|ICY)/.test(lines))).toBe(bytes.length);
  frameBody(head, method);
  return [framingNames[head.framing], head.contentLength, ...codes()].join(' ');
}

const post = (fields: string): string => `POST / HTTP/1.1\r\nHost: h\r\n${fields}\r\n`;
const ok = (fields: string): string => `HTTP/1.1 200 OK\r\n${fields}\r\n`;

describe('the framing of a body, RFC 9112 section 6.3', () => {
  it.each([
    // rule 1
    ['HEAD', ok('Content-Length: 5\r\n'), Method.head, 'none -1'],
    ['HEAD, chunked', ok('Transfer-Encoding: chunked\r\n'), Method.head, 'none -1'],
    ['204', 'HTTP/1.1 204 No\r\n\r\n', Method.get, 'none -1'],
    ['204 with a length', 'HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n', Method.get, 'none -1 content-length-on-no-content'],
    ['304 with a length', 'HTTP/1.1 304 Not\r\nContent-Length: 5\r\n\r\n', Method.get, 'none -1'],
    ['100, chunked', 'HTTP/1.1 100 Go\r\nTransfer-Encoding: chunked\r\n\r\n', Method.get, 'none -1 te-on-no-content'],
    ['101', 'HTTP/1.1 101 Up\r\n\r\n', Method.get, 'upgrade -1'],
    // rule 2
    ['CONNECT 200', ok(''), Method.connect, 'tunnel -1'],
    ['CONNECT 200 with a length', ok('Content-Length: 5\r\n'), Method.connect, 'tunnel -1 content-length-on-no-content'],
    ['CONNECT 407', 'HTTP/1.1 407 Auth\r\nContent-Length: 5\r\n\r\n', Method.connect, 'contentLength 5'],
    // rule 3
    ['TE and CL', ok('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'), Method.get, 'chunked -1 te-and-cl'],
    ['TE and CL in a request', post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'), Method.other, 'chunked -1 te-and-cl'],
    ['TE and a CL that is none', post('Transfer-Encoding: chunked\r\nContent-Length: x\r\n'), Method.other, 'chunked -1 te-and-cl content-length-invalid'],
    // rule 4
    ['chunked', ok('transfer-encoding:CHUNKED\r\n'), Method.get, 'chunked -1'],
    ['gzip, chunked', ok('Transfer-Encoding: gzip, chunked\r\n'), Method.get, 'chunked -1'],
    ['gzip and chunked in two fields', ok('Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n'), Method.get, 'chunked -1'],
    ['gzip alone', ok('Transfer-Encoding: gzip\r\n'), Method.get, 'untilClose -1 te-not-chunked'],
    ['gzip alone in a request', post('Transfer-Encoding: gzip\r\n'), Method.other, 'unknown -1 te-not-chunked'],
    ['chunked, identity', post('Transfer-Encoding: chunked, identity\r\n'), Method.other, 'unknown -1 te-not-chunked te-odd-spelling'],
    ['identity alone is none', ok('Transfer-Encoding: Identity\r\nContent-Length: 5\r\n'), Method.get, 'contentLength 5 te-odd-spelling'],
    ['identity alone in a request', post('Transfer-Encoding: identity\r\n'), Method.other, 'none -1 te-odd-spelling'],
    ['identity, then chunked', post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n'), Method.other, 'chunked -1 te-odd-spelling'],
    ['chunked, chunked', post('Transfer-Encoding: chunked, chunked\r\n'), Method.other, 'chunked -1 te-odd-spelling'],
    ['empty elements around chunked', post('Transfer-Encoding: ,\tchunked,\r\n'), Method.other, 'chunked -1 te-odd-spelling'],
    ['xchunked', post('Transfer-Encoding: xchunked\r\n'), Method.other, 'unknown -1 te-not-chunked te-odd-spelling'],
    ['chunked behind a tab', post('Transfer-Encoding:\tchunked\r\n'), Method.other, 'chunked -1'],
    ['chunked folded', post('Transfer-Encoding:\r\n chunked\r\n'), Method.other, 'chunked -1 header-folding'],
    ['chunked with a blank before the colon', post('Transfer-Encoding : chunked\r\n'), Method.other, 'chunked -1 space-before-colon'],
    ['chunked in 1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', Method.get, 'chunked -1 te-http10'],
    // rule 5
    ['no number', ok('Content-Length: x\r\n'), Method.get, 'unknown -1 content-length-invalid'],
    ['a sign', post('Content-Length: +5\r\n'), Method.other, 'unknown -1 content-length-invalid'],
    ['hex', post('Content-Length: 0x5\r\n'), Method.other, 'unknown -1 content-length-invalid'],
    ['an inner blank', post('Content-Length: 1 2\r\n'), Method.other, 'unknown -1 content-length-invalid'],
    ['empty', post('Content-Length:\r\n'), Method.other, 'unknown -1 content-length-invalid'],
    ['above 2^53', post('Content-Length: 9007199254740993\r\n'), Method.other, 'unknown -1 content-length-invalid'],
    ['two values', post('Content-Length: 5\r\nContent-Length: 6\r\n'), Method.other, 'unknown -1 content-length-conflict'],
    ['two values in a list', post('Content-Length: 5, 6\r\n'), Method.other, 'unknown -1 content-length-conflict'],
    ['one value twice', post('Content-Length: 42, 42\r\n'), Method.other, 'contentLength 42'],
    ['one value in two fields', post('Content-Length: 42\r\ncontent-length: 42\r\n'), Method.other, 'contentLength 42'],
    // rules 6 to 8
    ['a length', ok('Content-Length:   9007199254740991 \r\n'), Method.get, 'contentLength 9007199254740991'],
    ['a request with neither', post(''), Method.other, 'none -1'],
    ['a response with neither', ok('Connection: keep-alive\r\n'), Method.get, 'untilClose -1'],
    ['a GET with a body', 'GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n', Method.other, 'contentLength 5 body-on-get'],
    ['a GET with a length of 0', 'GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n', Method.other, 'contentLength 0'],
    // other fields are not framing
    ['a name that only begins so', ok('Content-Lengths: 5\r\nXContent-Length: 6\r\n'), Method.get, 'untilClose -1'],
  ])('%s', (_name, lines, method, expected) => {
    expect(framed(lines, method)).toBe(expected);
  });
});

describe('what other readers may read otherwise', () => {
  it.each([
    ['a bare CR', 'X: a\rb\r\n', 'bare-cr'],
    ['a NUL', 'X: a\0b\r\n', 'nul-in-head'],
    ['a folded line', 'X: a\r\n\tb\r\n', 'header-folding'],
    ['a blank before the colon', 'X : a\r\n', 'space-before-colon'],
    ['no colon', 'nothing\r\n', 'header-name-invalid'],
    ['no name', ': a\r\n', 'header-name-invalid'],
    ['a control in the name', 'X\x01: a\r\n', 'header-name-invalid'],
    ['LF alone', 'X: a\n', 'lone-lf'],
    ['two hosts', 'Host: b\r\n', 'host-duplicate'],
  ])('%s', (_name, lines, code) => {
    framed(`GET / HTTP/1.1\r\nHost: h\r\n${lines}\r\n`);
    expect(codes()).toEqual([code]);
    expect(text(head.hostStart, head.hostEnd)).toBe('h');
  });

  it.each([
    ['no Host', 'GET / HTTP/1.1\r\nX: y\r\n\r\n', ['host-missing']],
    ['no Host in 1.0', 'GET / HTTP/1.0\r\nX: y\r\n\r\n', []],
    ['four parts', 'GET /a b HTTP/1.1\r\nHost: h\r\n\r\n', ['request-line-parts']],
    ['no version', 'GET /a\r\nHost: h\r\n\r\n', ['request-line-version']],
    ['half a version', 'GET / HTTP/1.\r\nHost: h\r\n\r\n', ['request-line-version']],
    ['a version joined to the target', 'GET /HTTP/1.1\r\nHost: h\r\n\r\n', ['request-line-version']],
    ['two blanks', 'GET  / HTTP/1.1\r\nHost: h\r\n\r\n', ['start-line-spacing']],
    ['tabs', 'GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n', ['start-line-spacing']],
    ['a blank at the end', 'GET / HTTP/1.1 \r\nHost: h\r\n\r\n', ['start-line-spacing']],
    ['a blank before the first field', 'GET / HTTP/1.1\r\n Content-Length: 5\r\nHost: h\r\n\r\n', ['leading-whitespace']],
    ['LF alone everywhere', 'GET / HTTP/1.1\nHost: h\n\n', ['lone-lf']],
    ['a status line of SHOUTcast', 'ICY 200 OK\r\nicy-name: x\r\n\r\n', ['status-line-version']],
    ['a status line of another version', 'HTTP/2.0 200 OK\r\nX: y\r\n\r\n', ['status-line-version']],
    ['two blanks in a status line', 'HTTP/1.1  200 OK\r\n\r\n', ['start-line-spacing']],
  ])('%s', (_name, lines, expected) => {
    framed(lines);
    expect(codes()).toEqual(expected);
    expect(head.declaredLength).toBe(-1);
  });

  it.each([['HTTP/1.0', true], ['HTTP/1.1', false], ['HTTP/01.0', true], ['HTTP/1', true], ['HTTP/1.10', false], ['HTTP/0.9', true], ['HTTP/2', false], ['HTTP/2.0', false], ['ICY', true]])('%s is below 1.1: %s', (version, isBelow) => {
    framed(`${version} 200 OK\r\nX: y\r\n\r\n`);
    expect((head.flags & MessageFlag.http10) !== 0).toBe(isBelow);
  });

  it('has a message and a bit of its own for every code', () => {
    expect(new Set(Object.values(HeadAnomaly)).size).toBe(headAnomalyCodes.length);
    expect(Object.values(HeadAnomaly).every((bit) => bit !== 0)).toBe(true);
    expect(Object.values(httpAnomalies).every((message) => message.length > 10)).toBe(true);
  });
});

describe('the fields', () => {
  it('reads a request', () => {
    framed('PUT /p?q HTTP/1.1\r\nUser-Agent: curl/8\r\nHOST:  example.com:8080 \r\nConnection: Keep-Alive, Upgrade, close\r\nExpect: 100-Continue\r\nContent-Range: bytes 0-4/5\r\n\r\n');
    expect(text(head.methodStart, head.methodEnd)).toBe('PUT');
    expect(text(head.targetStart, head.targetEnd)).toBe('/p?q');
    expect(text(head.hostStart, head.hostEnd)).toBe('example.com:8080');
    expect(text(head.agentStart, head.agentEnd)).toBe('curl/8');
    expect(text(head.contentRangeStart, head.contentRangeEnd)).toBe('bytes 0-4/5');
    expect(head.flags).toBe(MessageFlag.closeOption | MessageFlag.keepAliveOption | MessageFlag.expectContinue);
  });

  it('reads a response', () => {
    framed('HTTP/1.0 503\r\nServer: nginx\r\nUser-Agent: no\r\nKeep-Alive: max=100, timeout = 5\r\nConnection: closed\r\n\r\n');
    expect(head.status).toBe(503);
    expect(text(head.agentStart, head.agentEnd)).toBe('nginx');
    expect([head.keepAliveTimeout, head.keepAliveMax]).toEqual([5, 100]);
    expect(head.flags).toBe(MessageFlag.http10);
  });

  it('takes the second part of a request line for the target', () => {
    framed('GET /a b c HTTP/1.1\r\nHost: h\r\n\r\n');
    expect(text(head.targetStart, head.targetEnd)).toBe('/a');
    framed('OPTIONS HTTP/1.1\r\nHost: h\r\n\r\n');
    expect(text(head.targetStart, head.targetEnd)).toBe('HTTP/1.1');
  });

  it.each([
    ['http://user:pw@h.example:81/p', 'h.example:81', MessageFlag.absoluteForm],
    ['http://h.example?x=http://other/', 'h.example', MessageFlag.absoluteForm],
    ['/p?u=http://other/', 'field', 0],
    ['*', 'field', 0],
  ])('takes the host of %s', (target, host, flags) => {
    framed(`GET ${target} HTTP/1.1\r\nHost: field\r\n\r\n`);
    expect(text(head.hostStart, head.hostEnd)).toBe(host);
    expect(head.flags).toBe(flags);
  });

  it('forgets the message before', () => {
    framed(post('Content-Length: 5\r\nConnection: close\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nUser-Agent: a\r\n'));
    framed('GET / HTTP/1.0\r\n\r\n');
    expect([head.declaredLength, head.flags, head.keepAliveTimeout, head.upgrade, head.anomalies]).toEqual([-1, MessageFlag.http10, -1, 0, 0]);
    expect([text(head.hostStart, head.hostEnd), text(head.agentStart, head.agentEnd)]).toEqual(['', '']);
  });
});

describe('the extent of a head', () => {
  it('needs every byte of it and takes no more', () => {
    const bytes = latin1(post('Content-Length: 5\r\nX: a\r\n b\r\n') + 'GET /next');
    const end = bytes.length - 9;
    for (let length = 0; length < end; length++) expect(head.parse(bytes, 0, length, true)).toBe(INCOMPLETE);
    expect(head.parse(bytes, 0, bytes.length, true)).toBe(end);
  });

  it.each(['HTTP/1.1 20 OK\r\n\r\n', 'HTTP/1.1 2000 OK\r\n\r\n', 'HTTP/2.0.0.0.0 200 OK\r\n\r\n', 'HTTP/x 200 OK\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n'])('is not there in %j', (lines) => {
    expect(head.parse(latin1(lines), 0, lines.length, false)).toBe(INVALID);
  });

  it.each(['GET HTTP/1.1\r\n\r\n', 'GET /\r\n\r\n', 'GET / HTTP/2.0\r\n\r\n', 'OPTIONS sip:x SIP/2.0\r\nVia: x\r\n\r\n', 'FOO /\r\nHost: h\r\n\r\n', ' GET / HTTP/1.1\r\n\r\n', 'G\x01T / HTTP/1.1\r\n\r\n', 'GET /\x01 HTTP/1.1\r\n\r\n', `${'M'.repeat(33)} / HTTP/1.1\r\n\r\n`])(
    'is no request in %j',
    (lines) => {
      expect(head.parse(latin1(lines), 0, lines.length, true)).toBe(INVALID);
    },
  );

  it('reads of a cut head what is whole', () => {
    const bytes = latin1('GET /p HTTP/1.1\r\nHost: h\r\nContent-Length: 12');
    expect(head.parseCut(bytes, 0, bytes.length, true)).toBe(bytes.length);
    frameBody(head, Method.other);
    expect([text(head.hostStart, head.hostEnd), head.declaredLength, head.flags, head.framing]).toEqual(['h', -1, MessageFlag.headCut, Framing.unknown]);
    expect(codes()).toEqual([]);
  });

  it('never reads outside of the bytes, whatever they are', () => {
    const piece = fc.constantFrom('GET ', '/ ', 'HTTP/1.1', '\r\n', '\n', '\r', ' ', '\t', 'Host', ':', 'Content-Length: 5', 'Transfer-Encoding: ', 'chunked', ',', '\0', '\x80', 'HTTP/1.1 200 OK');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, isRequest) => {
        const bytes = latin1(pieces.join(''));
        const alone = head.parse(bytes, 0, bytes.length, isRequest);
        const alike = [alone, head.anomalies, head.declaredLength, head.codings, head.flags].join();
        const padded = new Uint8Array(bytes.length + 8).fill(10);
        padded.set(bytes, 2);
        const inside = head.parse(padded, 2, 2 + bytes.length, isRequest);
        expect([inside < 0 ? inside : inside - 2, head.anomalies, head.declaredLength, head.codings, head.flags].join()).toBe(alike);
        expect(alone).toBeLessThanOrEqual(bytes.length);
        expect(head.parseCut(bytes, 0, bytes.length, isRequest)).toBeLessThanOrEqual(bytes.length);
      }),
      { seed: 7, numRuns: 3000 },
    );
  });
});

/** What is read by words is read the same wherever it begins and whatever its length is. */
describe('octets in request lines and field names', () => {
  const places = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((length) => [length, 'x'.repeat(length)] as const);

  it.each(places)('a control or a blank behind %d others ends or spoils the target', (_, before) => {
    for (let octet = 0; octet < 256; octet++) {
      const c = String.fromCharCode(octet);
      const bytes = latin1(`GET /${before}${c}yz HTTP/1.1\r\nHost: h\r\n\r\n`);
      const end = head.parse(bytes, 0, bytes.length, true);
      const said = end < 0 ? 'invalid' : [text(head.targetStart, head.targetEnd), ...codes()].join(' ');
      const spoilt = octet < 32 && ![0, 9, 10, 13].includes(octet);
      if (spoilt || octet === 10) expect(said, `octet ${octet}`).toBe('invalid');
      else if (octet === 32 || octet === 9) expect(said).toBe(`/${before} request-line-parts`);
      else if (octet === 13) expect(said).toBe(`/${before} bare-cr request-line-parts`);
      else expect(said).toBe(`/${before}${c}yz${octet === 0 ? ' nul-in-head' : ''}`);
    }
  });

  it.each(places)('the blanks and the version behind a target of %d more octets count', (_, more) => {
    const line = (text_: string): string => {
      const bytes = latin1(`${text_}Host: h\r\n\r\n`);
      return head.parse(bytes, 0, bytes.length, true) < 0 ? 'invalid' : [head.method, text(head.targetStart, head.targetEnd), head.flags, ...codes()].join(' ');
    };
    const usual = `${Method.get} /${more} 0`;
    expect(line(`GET /${more} HTTP/1.1\r\n`)).toBe(usual);
    expect(line(`GET\t/${more} HTTP/1.1\r\n`)).toBe(`${usual} start-line-spacing`);
    expect(line(`GET /${more}\tHTTP/1.1\r\n`)).toBe(`${usual} start-line-spacing`);
    expect(line(`GET  /${more} HTTP/1.1\r\n`)).toBe(`${usual} start-line-spacing`);
    expect(line(`GET /${more} HTTP/1.1 \r\n`)).toBe(`${usual} start-line-spacing`);
    expect(line(`GET /${more} HTTP/1.1\n`)).toBe(`${usual} lone-lf`);
    expect(line(`GET /${more} HTTP/1.0\r\n`)).toBe(`${Method.get} /${more} ${MessageFlag.http10}`);
    expect(line(`HEAD /${more} HTTP/1.1\r\n`)).toBe(`${Method.head} /${more} 0`);
    expect(line(`get /${more} HTTP/1.1\r\n`)).toBe(`${Method.other} /${more} 0`);
    expect(line(`GETS /${more} HTTP/1.1\r\n`)).toBe(`${Method.other} /${more} 0`);
  });

  it.each(places)('an octet behind %d others of a field name belongs to it or not', (_, before) => {
    const tchar = /^[!#$%&'*+.^_`|~0-9A-Za-z-]$/;
    for (let octet = 0; octet < 256; octet++) {
      const c = String.fromCharCode(octet);
      if (c === '\r' || c === '\n' || c === ':') continue;
      const bytes = latin1(`GET / HTTP/1.1\r\nHost: h\r\nN-a${before}${c}me: 1\r\n\r\n`);
      expect(head.parse(bytes, 0, bytes.length, true)).toBe(bytes.length);
      expect(codes().includes('header-name-invalid'), `octet ${octet}`).toBe(!tchar.test(c));
    }
    for (const broken of ['\r', '\n', '\r\n']) {
      const bytes = latin1(`GET / HTTP/1.1\r\nHost: h\r\nN-a${before}${broken}me: 1\r\n\r\n`);
      head.parse(bytes, 0, bytes.length, true);
      expect(codes()).toContain('header-name-invalid');
    }
  });

  it('a request line is not whole before its last octet', () => {
    const bytes = latin1('GET /items/7?page=1 HTTP/1.1\r\nHost: h\r\n\r\n');
    for (let end = 1; end < bytes.length; end++) expect(head.parse(bytes, 0, end, true)).toBe(INCOMPLETE);
  });
});
