import { ascii, CR, DOT, HT, isBlank, isDigit, LF, matchPrefix, SP, TCHAR, COLON } from './octets.ts';

/** How far bytes are the start of something: no; as far as they go; yes. */
export const Match = { no: 0, partial: 1, whole: 2 } as const;
export type Match = (typeof Match)[keyof typeof Match];

/** What the first bytes of a half-stream are. */
export const Start = { other: 0, partial: 1, request: 2, response: 3, http2: 4, tls: 5, http09: 6 } as const;
export type Start = (typeof Start)[keyof typeof Start];

export const METHOD_LIMIT = 32;
/** A request line is waited for so long; one whose method is not known, much less. */
const LINE_LIMIT = 128 << 10;
const UNKNOWN_METHOD_LINE_LIMIT = 4 << 10;

const HTTP1 = ascii('HTTP/1.');
const HTTP = ascii('HTTP/');
/** A version of more digits and dots is none. */
const VERSION_LIMIT = 8;
/** How SHOUTcast servers begin a response that is else HTTP/1.0. */
const ICY = ascii('ICY ');
/** Protocols whose start lines look like those of HTTP. Messages of HTTP that they carry are no exchanges of the connection. */
const LOOK_ALIKES = ['ICAP/', 'RTSP/', 'SIP/'].map(ascii);
const HTTP2_PREFACE = ascii('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** Registered methods that are seen in captures, and those of old Microsoft protocols. */
const METHODS = (
  'GET POST HEAD PUT DELETE OPTIONS CONNECT PATCH TRACE PROPFIND PROPPATCH MKCOL MKACTIVITY MKCALENDAR COPY MOVE LOCK ' +
  'UNLOCK SEARCH REPORT MERGE CHECKOUT CHECKIN BIND REBIND UNBIND ACL LINK UNLINK PURGE SOURCE NOTIFY SUBSCRIBE ' +
  'UNSUBSCRIBE M-SEARCH QUERY RPC_IN_DATA RPC_OUT_DATA CCM_POST BITS_POST SSTP_DUPLEX_POST'
)
  .split(' ')
  .map((method) => ascii(`${method} `));
/** 1 for the first letter of a known method. */
const METHOD_INITIAL = new Uint8Array(256);
for (const method of METHODS) METHOD_INITIAL[method[0]!] = 1;

/** What the bytes at the very start of a half-stream begin. `partial`: too few to say. Empty lines are to be skipped before. */
export function recognise(bytes: Uint8Array, start: number, end: number): Start {
  const first = bytes[start]!;
  if (first >= 0x14 && first <= 0x17) return recogniseTls(bytes, start, end);
  const status = matchStatusLine(bytes, start, end);
  if (status === Match.whole) return Start.response;
  const preface = matchPrefix(bytes, start, end, HTTP2_PREFACE);
  if (preface === 2) return Start.http2;
  const request = matchRequestLine(bytes, start, end);
  if (request === Match.whole) return Start.request;
  if (status === Match.partial || preface === 1 || request === Match.partial) return Start.partial;
  return isSimpleRequest(bytes, start, end) ? Start.http09 : Start.other;
}

/**
 * Whether the bytes begin a status line, `HTTP/1.x NNN` (RFC 9112 section 4) or `ICY NNN`; digits and dots that name
 * another version are taken as well, since clients take them. The reason need not be there.
 */
export function matchStatusLine(bytes: Uint8Array, start: number, end: number): Match {
  const isIcy = bytes[start] === ICY[0];
  const name = matchPrefix(bytes, start, end, isIcy ? ICY : HTTP);
  if (name !== 2) return name;
  let p = statusVersionEnd(bytes, start, end);
  if (p >= end) return Match.partial;
  if (p < 0 || (bytes[p] !== SP && bytes[p] !== HT)) return Match.no;
  while (p < end && (bytes[p] === SP || bytes[p] === HT)) p++;
  for (let i = 0; i < 3; i++, p++) {
    if (p >= end) return Match.partial;
    if (!isDigit(bytes[p]!) || (i === 0 && bytes[p] === 48)) return Match.no;
  }
  if (p >= end) return Match.partial;
  return isBlank(bytes[p]!) ? Match.whole : Match.no;
}

/** Where the version of a status line ends; -1 where `HTTP/` is followed by none. */
export function statusVersionEnd(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] === ICY[0]) return start + 3;
  const from = start + HTTP.length;
  if (from < end && !isDigit(bytes[from]!)) return -1;
  let p = from;
  while (p < end && (isDigit(bytes[p]!) || bytes[p] === DOT)) p++;
  return p - from > VERSION_LIMIT ? -1 : p;
}

/**
 * Whether the bytes begin a request line, `method SP target SP HTTP/1.x` (RFC 9112 section 3), whole only with its line
 * end. One with a known method may lack the version, where a header line follows (see isOddRequestLine).
 */
export function matchRequestLine(bytes: Uint8Array, start: number, end: number): Match {
  let p = start;
  const tokenEnd = Math.min(end, start + METHOD_LIMIT + 1);
  while (p < tokenEnd && TCHAR[bytes[p]!] === 1) p++;
  if (p - start > METHOD_LIMIT) return Match.no;
  if (p >= end) return Match.partial;
  if (p === start || (bytes[p] !== SP && bytes[p] !== HT)) return Match.no;
  const targetStart = p;
  const limit = start + (matchMethod(bytes, start, end) === Match.whole ? LINE_LIMIT : UNKNOWN_METHOD_LINE_LIMIT);
  const lineLimit = Math.min(end, limit);
  while (p < lineLimit && bytes[p] !== LF) {
    const c = bytes[p++]!;
    if (c < SP && c !== HT && c !== CR && c !== 0) return Match.no;
  }
  if (p >= lineLimit) return p >= limit ? Match.no : Match.partial;
  const lineEnd = p;
  while (p > targetStart && isBlank(bytes[p - 1]!)) p--;
  return versionBefore(bytes, targetStart, p) || isOddRequestLine(bytes, start, lineEnd, end) ? Match.whole : Match.no;
}

/**
 * A line that servers answer as a bad HTTP/1 request: a known method, no version or a broken one, a header line behind it.
 * `lineFeed` is where its LF is. Requests of the protocols that look alike (RTSP, SIP, ICAP) name theirs.
 */
export function isOddRequestLine(bytes: Uint8Array, start: number, lineFeed: number, end: number): boolean {
  if (matchMethod(bytes, start, end) !== Match.whole) return false;
  let lastEnd = lineFeed;
  while (lastEnd > start && isBlank(bytes[lastEnd - 1]!)) lastEnd--;
  let last = lastEnd;
  while (!isBlank(bytes[last - 1]!) && last > start) last--;
  if (last === start) return false;
  let slash = last;
  while (slash < lastEnd && bytes[slash]! >= 65 && bytes[slash]! <= 90) slash++;
  const isOtherProtocol = slash > last && bytes[slash] === 47 && matchPrefix(bytes, last, lastEnd, HTTP) !== 2;
  if (isOtherProtocol) return false;
  let p = lineFeed + 1;
  while (p < end && TCHAR[bytes[p]!] === 1) p++;
  return p > lineFeed + 1 && p < end && bytes[p] === COLON;
}

/** Whether the bytes are a known method and the blank behind it. */
export function matchMethod(bytes: Uint8Array, start: number, end: number): Match {
  let best: Match = Match.no;
  for (const method of METHODS) {
    if (method[0] !== bytes[start]) continue;
    const match = matchPrefix(bytes, start, end, method);
    if (match > best) best = match;
  }
  return best;
}

/** Whether ` HTTP/1.x` stands right before `end`, with a target between it and `start`. */
export function versionBefore(bytes: Uint8Array, start: number, end: number): boolean {
  const version = end - 8;
  if (version - 1 <= start || !isDigit(bytes[end - 1]!) || matchPrefix(bytes, version, end, HTTP1) !== 2) return false;
  if (bytes[version - 1] !== SP && bytes[version - 1] !== HT) return false;
  let p = start;
  while (isBlank(bytes[p]!)) p++;
  return p < version;
}

/**
 * The first place at or behind `from` where a message may begin, for a half-stream whose message boundaries were lost;
 * -1 where there is none. The start line must be valid and its method a known one (what is left of a request can look
 * like one with another method); what follows it, where it is there, a header line or the empty line. A start line that
 * the end cuts off counts: its match is `partial` then.
 */
export function findMessageStart(bytes: Uint8Array, from: number, end: number, requests: boolean, responses: boolean): number {
  for (let p = from; p < end; p++) {
    const c = bytes[p]!;
    if (responses && c === HTTP1[0] && matchPrefix(bytes, p, end, HTTP1) !== 0) {
      const match = matchStatusLine(bytes, p, end);
      if (match === Match.partial || (match === Match.whole && bytes[p + 9]! <= 53 && headerFollows(bytes, p, end))) return p;
    }
    if (!requests || METHOD_INITIAL[c] !== 1 || matchMethod(bytes, p, end) === Match.no) continue;
    const match = matchRequestLine(bytes, p, end);
    if (match === Match.partial || (match === Match.whole && isExact(bytes, p, end) && headerFollows(bytes, p, end))) return p;
  }
  return -1;
}

/** Whether the line behind the one at `start` looks like a header line or is empty; true where it is not there. */
export function headerFollows(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start;
  while (p < end && bytes[p] !== LF) p++;
  p++;
  if (p >= end || bytes[p] === CR || bytes[p] === LF) return true;
  const name = p;
  while (p < end && TCHAR[bytes[p]!] === 1) p++;
  return p >= end || (p > name && bytes[p] === COLON);
}

/** Whether the request line at `start` is exactly as it should be. */
function isExact(bytes: Uint8Array, start: number, end: number): boolean {
  let blanks = 0;
  let p = start;
  for (; p < end && bytes[p] !== LF; p++) if (bytes[p] === SP) blanks++;
  return blanks === 2 && versionBefore(bytes, start, bytes[p - 1] === CR ? p - 1 : p);
}

/** Whether the line at `start`, if it is whole, is the first of a protocol that looks like HTTP: it names that at its start or at its end. */
export function isLookAlike(bytes: Uint8Array, start: number, end: number): boolean {
  const limit = Math.min(end, start + UNKNOWN_METHOD_LINE_LIMIT);
  let lineEnd = start;
  while (lineEnd < limit && bytes[lineEnd] !== LF) lineEnd++;
  if (lineEnd === limit) return false;
  while (lineEnd > start && isBlank(bytes[lineEnd - 1]!)) lineEnd--;
  let last = lineEnd;
  while (last > start && !isBlank(bytes[last - 1]!)) last--;
  return LOOK_ALIKES.some((name) => matchPrefix(bytes, start, end, name) === 2 || matchPrefix(bytes, last, lineEnd, name) === 2);
}

/** `GET` and a path on a line without a version: HTTP/0.9. */
function isSimpleRequest(bytes: Uint8Array, start: number, end: number): boolean {
  return matchPrefix(bytes, start, end, METHODS[0]!) === 2 && bytes[start + 4] === 47 && !hasVersion(bytes, start, end);
}

function hasVersion(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end && bytes[p] !== LF; p++) {
    if (bytes[p] === SP && matchPrefix(bytes, p + 1, end, HTTP) === 2) return true;
  }
  return false;
}

/** A TLS record header: type 20 to 23, version 3.x, a length that may be (RFC 8446 section 5.1). */
function recogniseTls(bytes: Uint8Array, start: number, end: number): Start {
  if (start + 1 < end && bytes[start + 1] !== 3) return Start.other;
  if (start + 2 < end && bytes[start + 2]! > 4) return Start.other;
  if (start + 5 > end) return Start.partial;
  const length = (bytes[start + 3]! << 8) | bytes[start + 4]!;
  return length > 0 && length <= (1 << 14) + 2048 ? Start.tls : Start.other;
}
