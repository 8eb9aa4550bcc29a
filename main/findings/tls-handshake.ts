import { alertName, SEALED_ALERT } from '../../shared/format/tls-alerts.ts';
import { formatDuration, plural } from '../../shared/format/quantity.ts';
import type { CloseCause } from '../../shared/model/report.ts';
import type { ConnectionCase } from './case.ts';
import { isRound } from './settings.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import { type Verdict, verdict } from './verdict.ts';

/** A server that waits so long before it closes has a timer. */
const SERVER_TIMEOUT_FROM = 900e6;
/** A client that gives up after at least this long may have one. */
const CLIENT_TIMEOUT_FROM = 250e6;
const TIMER_LATE = 50e6;

/** What the close of a connection says on which TLS never came to its first byte of data; null for others. */
export function failedTls(c: ConnectionCase, group: EndpointGroup): Verdict | null {
  if (!c.tlsUnfinished || c.gaps || !c.handshakeSeen) return null;
  if (c.alertFrame !== 0) return verdict('connect-failed', c.alertDescription === SEALED_ALERT ? 'likely' : 'certain');
  if (c.byReset && c.resetOtherTtl) return verdict('middlebox', 'likely', ['connect-failed']);
  if (!c.byClient) return verdict('connect-failed', 'likely', c.idle >= SERVER_TIMEOUT_FROM ? ['server-timeout', 'server-error', 'middlebox'] : ['server-error', 'middlebox']);
  // Who cancels leaves as well, but now and then.
  if (c.payloadServer > 0) return group.tlsNeverCameAbout ? verdict('connect-failed', 'possible', ['client-abort']) : verdict('unknown', 'possible', ['connect-failed', 'client-abort']);
  const isTimeout = c.idle >= CLIENT_TIMEOUT_FROM && (isRound(c.idle, TIMER_LATE) || isRound(c.closedAt - c.startedAt, TIMER_LATE) || group.clientCloses.agrees(c.idle, c.closedAt));
  return isTimeout ? verdict('client-timeout', 'likely', ['client-abort', 'process-exit']) : verdict('client-abort', 'likely', ['client-timeout', 'process-exit']);
}

/** The same of one that the server ended where its first response should have been, with an alert: so it refuses, in TLS 1.3, the client's certificate. */
export function refusedByAlert(c: ConnectionCase): Verdict | null {
  if (c.exchanges !== 1 || c.hasResponse || c.gaps) return null;
  if (c.alertFrame !== 0 && !c.alertByClient) return verdict('connect-failed', 'certain');
  return c.estimated && c.notifiedByServer ? verdict('connect-failed', 'likely', ['server-error', 'server-close-option']) : null;
}

/** How the handshake of TLS failed on `n` connections like this one, as a sentence. */
export function failedTlsSentence(n: number, x: ConnectionCase): string {
  const connections = plural(n, 'connection');
  const who = x.alertByClient ? 'client' : 'server';
  if (x.alertFrame === 0 && x.hasRequest) return `The server ended ${connections} with an alert in place of its first response: so it does that does not accept the certificate of the client, or got none. Without keys the alert cannot be read.`;
  if (x.alertFrame === 0) return `The ${x.byClient ? 'client' : 'server'} ${x.byReset ? 'reset' : 'closed'} ${connections} in the middle of the TLS handshake, without an alert${x.payloadServer === 0 ? ': the ClientHello got no answer' : x.byClient ? ': Node and Java do so that do not accept the server\'s certificate, and programs that cancel' : ''}.`;
  if (x.alertDescription === SEALED_ALERT) return `The TLS handshake failed on ${connections}: the ${who} ended it with an alert that cannot be read without keys; most clients do so that do not accept the server's certificate.`;
  const meaning = MEANINGS[x.alertDescription]?.[who];
  return `The TLS handshake failed on ${connections}: the ${who} ended it with the alert "${alertName(x.alertDescription)}"${meaning === undefined ? '' : `, ${meaning}`}.`;
}

/** How long a client waited for an answer to its ClientHello. */
export function waitedForTls(n: number, x: ConnectionCase): string {
  return `The client gave up ${plural(n, 'TLS handshake')} ${formatDuration(x.idle / 1e9)} after its ClientHello, which the server never answered: its timeout.`;
}

/** What to change where TLS is what went wrong on connections like this one; null where it is something else. */
export function tlsAdvice(cause: CloseCause, x: ConnectionCase): string | null {
  if (cause === 'protocol-error' && x.beganTlsInVain) return 'Ask with http, or on the port where the server speaks TLS.';
  if (cause === 'protocol-error' && x.responseMalformed && x.alertFrame !== 0) return 'Ask with https, or on the port where the server speaks plain HTTP.';
  if (cause === 'client-timeout' && x.tlsUnfinished) return 'Find out why the server takes the connection and does not answer: its workers are busy, or something other than TLS is spoken on that port.';
  if (cause !== 'connect-failed' || !x.established) return null;
  if (x.alertFrame === 0 && x.byClient && !x.hasRequest) return OF_CERTIFICATES.client;
  if (x.alertFrame === 0 && !x.hasRequest) return 'Look at the server\'s log: whether it speaks TLS on that port, and knows the name that was asked for (SNI). A firewall that does not want the name ends connections so, too.';
  const mends = x.alertFrame === 0 || x.alertDescription === SEALED_ALERT ? OF_CERTIFICATES : (MENDS[x.alertDescription] ?? null);
  return mends?.[x.alertFrame === 0 || !x.alertByClient ? 'server' : 'client'] ?? 'Look at the logs of both ends for what the alert is about.';
}

/** What to do about an alert, by who sent it. */
interface BySide {
  readonly client: string;
  readonly server: string;
}

const OF_CERTIFICATES: BySide = {
  client: 'Give the server a certificate that holds for its name and day, with the intermediate ones, or have the client trust who issued it.',
  server: 'Give the client a certificate that the server accepts, or have the server ask for none.',
};
const OF_PARAMETERS: BySide = { client: 'Allow a cipher suite and a group in common at both ends.', server: 'Allow a cipher suite and a group in common at both ends; a server may also lack a certificate for them, or want one of the client.' };
const OF_VERSIONS: BySide = { client: 'Allow a version of TLS in common at both ends.', server: 'Allow a version of TLS in common at both ends.' };
const MENDS: Readonly<Record<number, BySide>> = {
  40: OF_PARAMETERS,
  42: OF_CERTIFICATES,
  43: OF_CERTIFICATES,
  44: OF_CERTIFICATES,
  45: OF_CERTIFICATES,
  46: OF_CERTIFICATES,
  48: OF_CERTIFICATES,
  70: OF_VERSIONS,
  71: OF_PARAMETERS,
  112: { client: 'Ask for a name that the server has.', server: 'Ask for a name that the server has, or give it a certificate for this one: what the client sent as SNI is shown with the connection.' },
  116: OF_CERTIFICATES,
  120: { client: 'Offer a protocol in common (ALPN): http/1.1.', server: 'Have the server speak http/1.1, or the client offer what it speaks (ALPN).' },
};

const CERTIFICATE: BySide = { client: 'for it does not accept the server\'s certificate', server: 'for it does not accept the certificate of the client, or got none' };
const PARAMETERS: BySide = { client: 'for it finds nothing acceptable in what the server chose', server: 'for it finds nothing acceptable in what the client offers (cipher suites, groups, signatures), or wants a certificate of it' };

/** What alerts that end handshakes mean, by who sent them (RFC 8446 section 6.2). */
const MEANINGS: Readonly<Record<number, BySide>> = {
  40: PARAMETERS,
  42: CERTIFICATE,
  43: CERTIFICATE,
  44: { client: 'for the server\'s certificate was revoked', server: 'for the certificate of the client was revoked' },
  45: { client: 'for the server\'s certificate has expired, or is not valid yet', server: 'for the certificate of the client has expired, or is not valid yet' },
  46: CERTIFICATE,
  48: { client: 'for it does not know who issued the server\'s certificate', server: 'for it does not know who issued the certificate of the client' },
  70: { client: 'for it does not speak the version of TLS that the server chose', server: 'for it speaks none of the versions of TLS that the client offers' },
  71: PARAMETERS,
  112: { client: 'for it is not the name that was asked for', server: 'for it has no such name (SNI)' },
  116: { client: 'for it wants a certificate', server: 'for it wants a certificate of the client' },
  120: { client: 'for it speaks none of the protocols on offer (ALPN)', server: 'for it speaks none of the protocols that the client offers (ALPN)' },
};
