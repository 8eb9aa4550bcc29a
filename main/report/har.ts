import { isIP } from 'node:net';
import type { ConnectionReport, ExchangeReport, RequestReport, ResponseReport } from '../../shared/model/connection.ts';
import { socketText } from '../../shared/format/socket-text.ts';
import { safeText } from '../../shared/format/safe-text.ts';
import { jsonText } from './json.ts';
import type { ReportOutput } from './piece-writer.ts';
import { PieceWriter } from './piece-writer.ts';
import type { ReportModel } from './report-model.ts';
import { redactionNote } from './report-words.ts';

export interface HarOptions {
  /** Of this program. */
  readonly version: string;
}

/** Requests that are put in the order of their start, which viewers like and take no more of; many more are not held for it. */
const MAX_SORTED = 20_000;

/**
 * The exchanges as an HTTP archive, HAR 1.2: an entry for each request, with its connection's id, timings and frames
 * (`_frame`, `_responseFrame`). What is not known of a timing is -1. Only what a capture shows is there: no bodies, and
 * header fields only where they were kept. Entries stand in the order of their start, where they are very many by
 * connection: a reader has to sort them in any case (HAR 1.2, "entries").
 */
export async function writeHar(model: ReportModel, out: ReportOutput, options: HarOptions): Promise<void> {
  const writer = new PieceWriter(out);
  const zero = millisecondsOf(model.captures[0]?.startedAt ?? null);
  const comment = `From ${model.captures.map(({ path }) => safeText(path)).join(', ')}. ${redactionNote(model)}`;
  await writer.write(`{"log":{"version":"1.2",\n"creator":${jsonText({ name: 'drainspotter', version: options.version })},\n"comment":${jsonText(comment)},\n"pages":[],\n"entries":[`);
  let separator = '\n';
  for (const { text } of model.summary.requests <= MAX_SORTED ? [...entries(model, zero)].sort((a, b) => a.start - b.start) : entries(model, zero)) {
    const waiting = writer.write(separator + text);
    separator = ',\n';
    if (waiting !== undefined) await waiting;
  }
  await writer.write('\n]}}\n');
  await writer.flush();
}

/** Each as its JSON, with its start in seconds. */
function* entries(model: ReportModel, zero: number): Iterable<{ start: number; text: string }> {
  for (const connection of model.connections()) {
    for (const exchange of connection.exchanges) {
      if (exchange.request !== null) yield { start: startOf(connection, exchange, exchange.request), text: jsonText(entryOf(connection, exchange, exchange.request, zero)) };
    }
  }
}

/** The first request of a connection begins with its handshake, as browsers have it. */
function startOf({ handshake }: ConnectionReport, { index }: ExchangeReport, { time }: RequestReport): number {
  return index === 0 ? time - (handshake?.rttSeconds ?? 0) : time;
}

function entryOf(connection: ConnectionReport, exchange: ExchangeReport, request: RequestReport, zero: number) {
  const { response } = exchange;
  const connect = exchange.index === 0 ? milliseconds(connection.handshake?.rttSeconds ?? null) : -1;
  const timings = {
    blocked: -1,
    dns: -1,
    connect,
    send: milliseconds(exchange.uploadSeconds),
    wait: milliseconds(exchange.waitSeconds),
    receive: milliseconds(exchange.downloadSeconds),
    ssl: -1,
  };
  return {
    startedDateTime: dateTime(zero, startOf(connection, exchange, request)),
    time: nanosecondDigits(Object.values(timings).reduce((sum, part) => sum + Math.max(0, part), 0)),
    request: requestOf(connection, request),
    response: response === null ? NO_RESPONSE : responseOf(response),
    cache: {},
    timings,
    // A pseudonym is no address.
    ...(isIP(connection.server.address) === 0 ? {} : { serverIPAddress: connection.server.address }),
    _server: `${connection.server.address} port ${connection.server.port}`,
    connection: String(connection.id),
    _frame: request.frame,
    ...(response === null ? { _error: 'no response was seen' } : { _responseFrame: response.frame }),
    _idleBeforeSeconds: exchange.idleBeforeSeconds,
    _closeCause: connection.close.cause,
  };
}

function requestOf({ server, protocol }: ConnectionReport, request: RequestReport) {
  const host = request.host ?? socketText(server);
  const { target } = request;
  const absolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(target);
  // CONNECT names an authority, OPTIONS may say "*".
  const url = absolute ? target : `${protocol === 'tls' ? 'https' : 'http'}://${host}${target.startsWith('/') ? target : `/${target}`}`;
  const query = /\?([^#]*)/.exec(url)?.[1];
  return {
    method: safeText(request.method),
    url: uri(url),
    httpVersion: request.version,
    cookies: [],
    headers: headersOf(request.headers),
    queryString: query === undefined ? [] : query.split('&').map(parameterOf),
    headersSize: -1,
    bodySize: request.bodyBytes,
  };
}

function responseOf(response: ResponseReport) {
  const header = (name: string) => response.headers?.find(([field]) => field.toLowerCase() === name)?.[1];
  return {
    status: response.status,
    statusText: '',
    httpVersion: response.version,
    cookies: [],
    headers: headersOf(response.headers),
    content: { size: response.bodyBytes, mimeType: header('content-type') ?? 'x-unknown' },
    redirectURL: header('location') ?? '',
    headersSize: -1,
    bodySize: response.bodyBytes,
  };
}

/** As browsers write it where none came. */
const NO_RESPONSE = {
  status: 0,
  statusText: '',
  httpVersion: 'unknown',
  cookies: [],
  headers: [],
  content: { size: 0, mimeType: 'x-unknown' },
  redirectURL: '',
  headersSize: -1,
  bodySize: -1,
};

function headersOf(headers: readonly (readonly [name: string, value: string])[] = []): { name: string; value: string }[] {
  return headers.map(([name, value]) => ({ name, value }));
}

function parameterOf(text: string): { name: string; value: string } {
  const equals = text.indexOf('=');
  return equals < 0 ? { name: text, value: '' } : { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

/** What no URI may hold (RFC 3986 section 2) is percent-encoded, an octet each; a host of an IPv6 address keeps its brackets. */
function uri(text: string): string {
  const [, scheme, user = '', host, rest] = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?([^/?#]*)(.*)$/is.exec(text) as unknown as [string, string, string | undefined, string, string];
  const isAddress = /^\[[0-9a-f:.]+\](?::\d*)?$/i.test(host);
  return scheme + encode(user) + (isAddress ? host : encode(host)) + encode(rest);
}

function encode(text: string): string {
  return text
    .replace(/%(?![0-9a-f]{2})/gi, '%25')
    .replace(/[^\w.~:/?#@!$&'()*+,;=%-]/g, (character) => `%${(character.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, '0')}`);
}

function milliseconds(seconds: number | null): number {
  return seconds === null ? -1 : nanosecondDigits(seconds * 1e3);
}

function nanosecondDigits(milliseconds: number): number {
  return Math.round(milliseconds * 1e6) / 1e6;
}

/** Of an RFC 3339 time; 0 (1970) where it is not known. */
function millisecondsOf(time: string | null): number {
  return time === null ? 0 : Date.parse(time.replace(/(\.\d{3})\d*Z$/, '$1Z'));
}

function dateTime(zero: number, seconds: number): string {
  return new Date(zero + Math.round(seconds * 1000)).toISOString();
}
