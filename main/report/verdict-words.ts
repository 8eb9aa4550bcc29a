import { formatCount, formatDuration, midSentence, plural } from '../../shared/format/quantity.ts';
import type { ConnectionReport, ExchangeReport } from '../../shared/model/connection.ts';
import type { CloseCause, Confidence } from '../../shared/model/report.ts';
import { idleAtClose } from './report-words.ts';

/** Why a connection closed, for people: who did what, to what, when; then the frames that show it. */
export interface VerdictWords {
  readonly headline: string;
  readonly detail: string;
  readonly confidence: Confidence;
}

const ADVERBS: Record<Confidence, string> = { certain: '', likely: 'Likely: ', possible: 'Possibly: ' };
/** Pieces of evidence that the detail names: the close, and what came before it. What follows a close says less. */
const TOLD = 2;

/** The verdict in words. Plain text without anything from the capture but numbers. */
export function verdictWords(connection: ConnectionReport): VerdictWords {
  const { cause, confidence, evidence } = connection.close;
  const sentence = HEADLINES[cause](connection);
  const adverb = NEVER_DOUBTED.has(cause) ? '' : ADVERBS[confidence];
  const headline = adverb === '' ? sentence : adverb + midSentence(sentence);
  const close = evidence.findIndex(({ frame }) => frame === connection.close.frame);
  const until = close < 0 ? evidence.length : Math.max(TOLD, close + 1);
  const shown = evidence.slice(Math.max(0, until - TOLD), until).map(({ frame, note }) => `Frame ${frame}: ${note}.`);
  return { headline, detail: shown.join(' '), confidence };
}

/** "Possibly: it was still open" would doubt what was seen. */
const NEVER_DOUBTED: ReadonlySet<CloseCause> = new Set(['open-at-end', 'unknown', 'capture-incomplete']);

const HEADLINES: Readonly<Record<CloseCause, (connection: ConnectionReport) => string>> = {
  'undrained-response': (connection) => {
    const unread = missing(lastOf(connection)?.response);
    return unread > 0 ? `The client closed this connection with ${plural(unread, 'byte')} of the response still unread.` : `The client closed this connection before reading the ${nth(connection)}response body.`;
  },
  'undrained-request': () => 'The server closed this connection before it had read the request body to its end.',
  'client-close-option': (connection) => `The client asked for the close itself: request ${count(connection)} said Connection: close.`,
  'server-close-option': (connection) => `The server announced the close: response ${count(connection)} said Connection: close.`,
  'http10-default': () => 'HTTP/1.0 without keep-alive: the connection ended with its response.',
  'close-delimited': () => 'The response had no length: the end of the connection marked the end of its body.',
  'max-requests': (connection) => `The server closed this connection after ${plural(connection.exchanges.length, 'request')}, its limit.`,
  'max-age': (connection) => `The server closed this connection at an age of ${formatDuration(age(connection))}, its limit.`,
  'client-idle': (connection) => `The client closed this connection after ${idle(connection)} idle.`,
  'server-idle': (connection) => `The server closed this connection after ${idle(connection)} idle.`,
  'pool-overflow': () => 'The idle pool was full, so the client dropped a connection it had finished with.',
  'client-per-request': () => 'The client makes a new connection for each request and closed this one when it was done.',
  'client-timeout': (connection) => `The client gave up waiting ${waited(connection)}.`,
  'server-timeout': (connection) => `The server closed this connection at a timeout, ${waited(connection)}.`,
  'client-abort': (connection) => connection.exchanges.length === 0 && connection.protocol === 'tls' ? 'The client gave up before its ClientHello was answered.' : `The client stopped in the middle of the ${nth(connection)}response.`,
  'server-truncated': (connection) => {
    const lacking = missing(lastOf(connection)?.response);
    return lacking > 0 ? `The server closed this connection ${plural(lacking, 'byte')} before the end of the response.` : 'The server closed this connection before the end of the response.';
  },
  'server-error': (connection) => `The server closed this connection without ${connection.exchanges.some(({ response }) => response !== null) ? 'a word' : 'an answer'}.`,
  'server-shutdown': () => 'The server closed this connection together with its others, as at a restart.',
  'stale-reuse': (connection) => `Request ${count(connection)} was sent while the server was closing the connection, and got no answer.`,
  'keepalive-dead-peer': () => 'Keep-alive probes got no answer, so the connection was given up.',
  middlebox: (connection) => {
    if (connection.close.kind !== 'rst') return 'Something between client and server swallowed what was sent on this connection.';
    return `Something between client and server reset this connection${connection.close.idleSeconds === null ? '' : ` after ${idle(connection)} idle`}.`;
  },
  'connect-failed': (connection) => connection.protocol === 'tls' ? failedTls(connection) : (connection.close.kind === 'rst' ? 'The server refused the connection.' : 'The server did not answer: no connection came about.'),
  'protocol-switched': () => 'The connection went over to another protocol.',
  'protocol-error': (connection) => `The ${connection.close.by ?? 'client'} closed this connection after bytes that no request had asked for.`,
  'process-exit': (connection) => `The ${connection.close.by ?? 'client'}'s program ended, and this connection with it.`,
  'open-at-end': () => 'This connection was still open when the capture ended.',
  'capture-incomplete': () => 'The capture lacks packets of this connection: why it closed cannot be known.',
  unknown: ({ close, tls }) => {
    if (tls?.alert !== undefined) return `The ${tls.alert.from} ended this connection with a fatal TLS alert: ${tls.alert.name.replaceAll('_', ' ')}.`;
    return close.by === null ? 'Why this connection ended is unknown.' : `The ${close.by} ${close.kind === 'rst' ? 'reset' : 'closed'} this connection; why is unknown.`;
  },
};

function failedTls({ tls, close }: ConnectionReport): string {
  if (tls?.alert !== undefined) return `The ${tls.alert.from} ended the TLS handshake with a fatal alert: ${tls.alert.name.replaceAll('_', ' ')}.`;
  return `The ${close.by ?? 'server'} ${close.kind === 'rst' ? 'reset' : 'closed'} this connection in the middle of the TLS handshake.`;
}

const ORDINALS = ['first ', 'second ', 'third ', 'fourth ', 'fifth ', 'sixth ', 'seventh ', 'eighth ', 'ninth ', 'tenth '];

function lastOf({ exchanges }: ConnectionReport): ExchangeReport | undefined {
  return exchanges.at(-1);
}

/** "third "; nothing on a connection of one exchange. */
function nth({ exchanges }: ConnectionReport): string {
  return exchanges.length <= 1 ? '' : (ORDINALS[exchanges.length - 1] ?? `${formatCount(exchanges.length)}${suffix(exchanges.length)} `);
}

/** "21st", "102nd", "111th". */
function suffix(number: number): string {
  const isTeen = Math.floor(number / 10) % 10 === 1;
  return isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
}

function count({ exchanges }: ConnectionReport): string {
  return formatCount(Math.max(1, exchanges.length));
}

function missing(message: ExchangeReport['response'] | undefined): number {
  return message === null || message === undefined || message.expectedBytes === null || message.complete ? 0 : Math.max(0, message.expectedBytes - message.bodyBytes);
}

function idle(connection: ConnectionReport): string {
  const seconds = idleAtClose(connection);
  return seconds === null ? 'an unknown time' : formatDuration(seconds);
}

function age({ startedAt, close, endedAt }: ConnectionReport): number {
  return (close.time ?? endedAt) - startedAt;
}

/** "5.0 s after request 2" */
function waited(connection: ConnectionReport): string {
  const request = lastOf(connection)?.request;
  const { time } = connection.close;
  if (request === null || request === undefined || time === null) return `after ${formatDuration(age(connection))}`;
  return `${formatDuration(Math.max(0, time - (request.endTime ?? request.time)))} after request ${count(connection)}`;
}
