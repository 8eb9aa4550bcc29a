import { Framing, MessageFlag } from '../http/exchange-sink.ts';
import type { ConnectionCase } from './case.ts';
import { clientClosedIdle, clientFinAtOnce, clientResetComplete } from './client-close.ts';
import { isCountLimit } from './settings.ts';
import { Shape } from './close-shape.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import { isEndedBy408, serverClosedIdle, serverIdleIsProven, serverReset } from './server-close.ts';
import { abandonedByClient, gaveUpOnBody, hasCutHead, unfinishedByServer, unfinishedRequest, WINDOW_SHRUNK } from './unfinished-response.ts';
import { failedTls } from './tls-handshake.ts';
import { type Verdict, verdict, withAlso } from './verdict.ts';

/** No server limits the age of its connections to less. */
const SHORTEST_MAX_AGE = 2e9;
/** A SYN without an answer for so long gets none: three times the first retransmission timeout (RFC 6298 section 2). */
const NO_ANSWER = 3e9;
const SYN_TIMEOUT = 0.9e9;
/** How late a clock that starts with the accept is seen to run out: the round trip, and a busy machine. */
const AGE_LATE = 100e6;

/**
 * Why a connection closed: its shape (close-shape.ts decides the order) and what its endpoint's other connections add.
 * The order and the thresholds follow docs/findings.md.
 */
export function closeCause(c: ConnectionCase, shape: Shape, group: EndpointGroup): Verdict {
  switch (shape) {
    case Shape.refused:
      return verdict('connect-failed', 'certain', ['server-shutdown', 'middlebox']);
    case Shape.connectTimedOut:
      if (group.end - c.startedAt >= NO_ANSWER) return verdict('connect-failed', 'certain', ['middlebox']);
      if (c.synRetransmissions > 0) return verdict('connect-failed', 'likely', ['middlebox', 'open-at-end']);
      // One SYN at the very end of a capture may still be answered; before its first repetition was due nothing speaks against that.
      return group.end - c.endedAt < SYN_TIMEOUT ? verdict('open-at-end', 'likely', ['connect-failed']) : verdict('connect-failed', 'possible', ['open-at-end']);
    case Shape.open:
      return verdict('open-at-end', 'certain');
    case Shape.replaced:
      return verdict('capture-incomplete', 'likely', ['middlebox']);
    case Shape.silent:
      return c.responseSwallowed ? verdict('middlebox', 'likely', ['process-exit']) : verdict('middlebox', 'likely', ['server-error']);
    case Shape.switched:
      return verdict('protocol-switched', 'certain');
    case Shape.oneSided:
      return verdict('capture-incomplete', 'certain');
    case Shape.deadPeer:
      return verdict('keepalive-dead-peer', 'certain');
    case Shape.opaqueServer:
    case Shape.opaqueClient: {
      const failed = failedTls(c, group);
      if (failed !== null) return failed;
      // The alert says why.
      if (c.alertFrame !== 0) return verdict('unknown', 'possible');
      if (c.dialGivenUp) return verdict('process-exit', 'possible', ['client-timeout', 'client-abort']);
      if (shape === Shape.opaqueClient) return clientClosedIdle(c, group);
      return hasCutHead(c) ? unfinishedRequest(c, group) : serverClosedIdle(c, group);
    }
    case Shape.earlyResponse: {
      const gaveUp = gaveUpOnBody(c, group);
      if (gaveUp !== null) return gaveUp;
      if (c.estimated) return verdict('undrained-request', 'likely', ['server-error']);
      const base = c.gaps ? verdict('undrained-request', 'likely', ['capture-incomplete']) : verdict('undrained-request', 'certain');
      return c.serverSaidClose ? withAlso(base, 'server-close-option') : base;
    }
    case Shape.unfinishedByServer:
      return unfinishedByServer(c, group);
    case Shape.unfinishedByClient:
      return abandonedByClient(c, group);
    case Shape.announced:
      return announced(c, group);
    case Shape.unsolicited:
      return verdict('protocol-error', 'certain');
    case Shape.serverFin:
      return serverClosedIdle(c, group);
    case Shape.serverReset:
      return serverReset(c, group);
    case Shape.clientReset:
      return clientResetComplete(c, group);
    case Shape.clientFinAtOnce:
      return clientFinAtOnce(c, group);
    case Shape.clientFinLater:
      return clientClosedIdle(c, group);
  }
}

/** A close that the messages themselves announced (RFC 9112 section 9.3), whoever sends the FIN. */
function announced(c: ConnectionCase, group: EndpointGroup): Verdict {
  if (c.clientSaidClose) {
    let result = verdict('client-close-option', 'certain');
    if (c.serverSaidClose) result = withAlso(result, 'server-close-option');
    if (!c.responseCompleteAtClose && c.hasResponse) result = withAlso(result, 'client-abort');
    return withFraming(c, result);
  }
  // "The server did not receive a complete request message within the time that it was prepared to wait" (RFC 9110 section 15.5.9).
  if (isEndedBy408(c)) return verdict('server-idle', 'likely', ['server-timeout'], c.serverSaidClose ? ['server-close-option'] : []);
  if (c.status === 408) return c.serverSaidClose ? verdict('server-timeout', 'certain', [], ['server-close-option']) : verdict('server-timeout', 'certain');
  if (c.serverSaidClose) {
    const gaveUp = gaveUpOnBody(c, group);
    if (gaveUp !== null) return gaveUp;
    const peers = group.announcedCounts.get(c.exchanges);
    // All at one moment, and all open then: the server drains, whatever they had counted to.
    if (c.exchanges > 1 && !group.countsDown && group.announcedTogether) return withFraming(c, verdict('server-close-option', 'certain', ['max-requests', 'server-shutdown']));
    // Many an error ends its connection, by itself; not one that others of its kind survive.
    const repeated = c.exchanges > 1 && group.announced > 1 && (c.status < 400 || group.countsDown || group.kinds.isReused(c));
    const byAge = repeated && !group.countsDown && endsAtOneAge(group);
    // A limit of requests would have let each come to the same count, and to one that people set.
    if (byAge && (group.announcedCounts.size > 1 || !isCountLimit(c.exchanges))) return verdict('max-age', 'likely', ['max-requests'], ['server-close-option']);
    // A handler that says close now and then makes equal counts by chance.
    const isLimit = group.countsDown || group.mostExchanges <= c.exchanges;
    if (repeated && isLimit && peers !== undefined && peers.connections > 1 && 2 * peers.connections > group.announced) {
      const sameAge = byAge || (peers.shortest >= SHORTEST_MAX_AGE && peers.longest - peers.shortest <= Math.max(AGE_LATE, peers.longest * 0.01));
      // The same count at different ages is a count; at the same age it may be a clock as well (RULES section 2, 5).
      if (!sameAge || group.countsDown) return verdict('max-requests', 'certain', [], ['server-close-option']);
      return verdict('max-requests', 'likely', ['max-age'], ['server-close-option']);
    }
    if (repeated && endsAtItsAge(c, group)) return verdict('max-age', 'likely', ['max-requests'], ['server-close-option']);
    // Where the request's head was cut, it may have asked for the close.
    const asked = (c.requestFlags & MessageFlag.headCut) !== 0;
    const base = withFraming(c, asked ? verdict('server-close-option', 'likely', ['client-close-option']) : verdict('server-close-option', 'certain'));
    // Bytes of the request that nobody had read made a RST of the close: it can destroy the answer.
    return !c.byClient && c.byReset && c.windowDropServer >= WINDOW_SHRUNK ? withAlso(base, 'undrained-request') : base;
  }
  if (c.responseFraming !== Framing.untilClose) return withFraming(c, verdict('http10-default', 'certain'));
  // What answers CONNECT and HEAD has no body (RFC 9112 section 6.3): of a request that was not seen, or behind a gap, nobody knows.
  return withFraming(c, c.gaps || !c.hasRequest ? verdict('close-delimited', 'likely', ['capture-incomplete']) : verdict('close-delimited', 'certain'));
}

/** What would have closed the connection without any option: a body that ends with it, HTTP/1.0. */
function withFraming(c: ConnectionCase, base: Verdict): Verdict {
  const delimited = c.responseFraming === Framing.untilClose ? withAlso(base, 'close-delimited') : base;
  return c.http10Closes ? withAlso(delimited, 'http10-default') : delimited;
}

/** Whether others were announced to close at its age, with the first response after a whole number of seconds, and no response before an announcement was that late. */
function endsAtItsAge(c: ConnectionCase, group: EndpointGroup): boolean {
  const age = c.closedAt - c.startedAt;
  const limit = Math.floor(age / 1e9) * 1e9;
  return limit >= SHORTEST_MAX_AGE && group.latestUnannounced < limit + AGE_LATE && group.announcedAges.agrees(age, c.closedAt);
}

/** Whether every announced close of the endpoint came with the first response after one whole number of seconds, and none of the responses before that was late. */
function endsAtOneAge(group: EndpointGroup): boolean {
  const limit = Math.floor(group.shortestAnnounced / 1e9) * 1e9;
  return limit >= SHORTEST_MAX_AGE && group.latestUnannounced < limit + AGE_LATE;
}

/** What of a verdict's `also` only the endpoint can tell: a request that met a close was late for the server's idle timeout. */
export function completeVerdict(c: ConnectionCase, base: Verdict, group: EndpointGroup): Verdict {
  if (base.cause === 'stale-reuse' && serverIdleIsProven(c, group)) return withAlso(base, 'server-idle');
  if ((base.cause === 'undrained-response' || base.cause === 'undrained-request') && c.clientSaidClose) return withAlso(base, 'client-close-option');
  return base;
}
