/**
 * What HTTP reading finds wrong in the bytes. Codes are stable. The reading chosen is always that of RFC 9112 (6.3 for
 * framing); an anomaly says that another reader could have chosen otherwise (RFC 9112 section 11), or what was given up.
 */
export const httpAnomalies = {
  // Found in a message head; the position in this list is the bit of HeadAnomaly.
  'te-and-cl': 'Transfer-Encoding and Content-Length together: Transfer-Encoding was used',
  'content-length-conflict': 'Content-Length given with different values',
  'content-length-invalid': 'Content-Length is not a number',
  'te-not-chunked': 'Transfer-Encoding does not end in chunked',
  'te-odd-spelling': 'Transfer-Encoding is spelt unusually',
  'te-http10': 'Transfer-Encoding in an HTTP/1.0 message',
  'bare-cr': 'a carriage return inside a line of the head',
  'nul-in-head': 'a NUL in the head',
  'header-folding': 'a header line folded over several lines',
  'space-before-colon': 'a blank between a header name and its colon',
  'header-name-invalid': 'a header line without a valid name: the line was ignored',
  'leading-whitespace': 'a line that begins with a blank between the start line and the first header: it was ignored',
  'host-missing': 'an HTTP/1.1 request without Host',
  'host-duplicate': 'a request with more than one Host',
  'request-line-parts': 'a request line with more than three parts: the second was taken for the target',
  'request-line-version': 'a request line without an HTTP/1 version',
  'status-line-version': 'a status line of another version than HTTP/1.x, or of SHOUTcast (ICY), read as one of HTTP/1',
  'start-line-spacing': 'unusual blanks in a start line',
  'lone-lf': 'a line ended by LF without CR',
  'content-length-on-no-content': 'Content-Length on a 1xx or 204 response, or on a 2xx to CONNECT: it was ignored',
  'te-on-no-content': 'Transfer-Encoding on a 1xx or 204 response, or on a 2xx to CONNECT: it was ignored',
  'body-on-get': 'a GET or HEAD request with a body',
  // Found elsewhere.
  'chunk-size-invalid': 'a chunk does not begin with its size, or does not end where that says',
  'chunk-size-overflow': 'a chunk size too large to be true',
  'chunk-lines-too-long': 'the lines around a chunk, or the trailers, are too long',
  'request-line-invalid': 'bytes of the client that are not the start of a request',
  'status-line-invalid': 'bytes of the server that are not the start of the awaited response',
  'unsolicited-data': 'bytes of the server that no request asked for',
  'head-too-large': 'a message head too large to be kept',
  'head-memory': 'too many split message heads at once: one was given up',
  'head-unfinished': 'a message head that does not end',
  'pending-requests': 'too many requests waiting for a response on one connection',
  'http-0.9': 'an HTTP/0.9 request',
} as const;

export type HttpAnomalyCode = keyof typeof httpAnomalies;

const codes = Object.keys(httpAnomalies) as HttpAnomalyCode[];

/** The code of each bit of a head's anomalies. */
export const headAnomalyCodes: readonly HttpAnomalyCode[] = codes.slice(0, codes.indexOf('chunk-size-invalid'));

const bit = (code: HttpAnomalyCode): number => 1 << headAnomalyCodes.indexOf(code);

export const HeadAnomaly = {
  teAndCl: bit('te-and-cl'),
  contentLengthConflict: bit('content-length-conflict'),
  contentLengthInvalid: bit('content-length-invalid'),
  teNotChunked: bit('te-not-chunked'),
  teOddSpelling: bit('te-odd-spelling'),
  teHttp10: bit('te-http10'),
  bareCr: bit('bare-cr'),
  nul: bit('nul-in-head'),
  folding: bit('header-folding'),
  spaceBeforeColon: bit('space-before-colon'),
  nameInvalid: bit('header-name-invalid'),
  leadingWhitespace: bit('leading-whitespace'),
  hostMissing: bit('host-missing'),
  hostDuplicate: bit('host-duplicate'),
  requestLineParts: bit('request-line-parts'),
  requestLineVersion: bit('request-line-version'),
  statusLineVersion: bit('status-line-version'),
  startLineSpacing: bit('start-line-spacing'),
  loneLf: bit('lone-lf'),
  contentLengthOnNoContent: bit('content-length-on-no-content'),
  teOnNoContent: bit('te-on-no-content'),
  bodyOnGet: bit('body-on-get'),
};

/** Anomalies with which two readers can see a message end in different places (RFC 9112 sections 6.3 and 11). */
export const FRAMING_AMBIGUITIES: readonly string[] = [
  'te-and-cl',
  'content-length-conflict',
  'content-length-invalid',
  'te-not-chunked',
  'te-odd-spelling',
  'te-http10',
  'chunk-size-overflow',
];
