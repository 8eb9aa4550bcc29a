import { isOfAge } from './age-limit.ts';
import type { ConnectionCase } from './case.ts';
import { ENOUGH } from './close-times.ts';
import { isRound, isSetting, isWholeSeconds, MOST_JITTER } from './settings.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import { isUnused } from './unused.ts';
import { WINDOW_SHRUNK } from './unfinished-response.ts';
import { type Verdict, verdict } from './verdict.ts';

/** Servers close up to this much after the `timeout` they advertise (Node: the hint and one second). */
const HINT_LATE = 1.15e9;
/** … or, on a capture's clock, so much too early. */
const EARLY = 30e6;
/** The longest idle time by the shortest, where both come of one setting (jdk.httpserver: 30 to 41 s). */
const SWEEP = 1.6;
/** Below this a timeout is unusual: it may as well be a server that never waits. */
const IDLE_FROM = 1e9;
const AT_ONCE = 100e6;
const SHORTEST_TIMEOUT = 250e6;
/** How late an idle timer's FIN is seen, besides the round trip where it began with the handshake. */
const TIMER_LATE = 25e6;
/** … where it began with a response, which came the same way as the FIN. */
const LATE_AFTER_RESPONSE = 15e6;

/** Its last response is a 408 that no request had asked for: servers send it when they close what lay idle (RFC 9110 section 15.5.9). */
export function isEndedBy408(c: ConnectionCase): boolean {
  return c.status === 408 && c.hasResponse && !c.hasRequest && c.exchanges > 1;
}

/** How long the connection was idle when its last exchange had ended, or since it began. */
export function idleOf(c: ConnectionCase): number {
  if (c.last < 0) return c.idle;
  if (isEndedBy408(c)) return c.closedAt - c.previousEnded;
  if (!(c.requestBegan > c.closedAt) && c.responseCompleteAtClose) return c.closedAt - c.responseEnded;
  // Before its first request it had idled since the handshake.
  return c.closedAt - (c.exchanges === 1 && c.handshakeSeen ? c.startedAt + c.roundTrip : c.previousEnded);
}

/** A FIN of the server on a connection where nothing is under way (or nothing can be read). */
export function serverClosedIdle(c: ConnectionCase, group: EndpointGroup): Verdict {
  const idle = idleOf(c);
  if (c.gaps) return verdict('unknown', 'possible', ['server-idle', 'server-shutdown']);
  if (c.isOnlyEnd) return verdict('unknown', 'possible', ['server-idle', 'server-shutdown', 'middlebox']);
  if (c.last < 0 && !isUnused(c, group) && idle < IDLE_FROM) return verdict('unknown', 'possible');
  const isHinted = withinHint(idle, c, group);
  const isAlike = group.serverCloses.agrees(idle, c.closedAt);
  const isByChance = idle > AT_ONCE && (isHinted || isAlike) && isOneOfARestart(idle, c, group);
  if (isHinted) return isByChance ? verdict('server-idle', 'likely', ['server-shutdown']) : verdict('server-idle', 'certain');
  const agrees = isAlike && !isByChance;
  // One age at different moments, whatever the idle time: a clock that does not look at requests.
  if (c.last >= 0 && isOfAge(c, group.serverAge)) return verdict('max-age', 'likely', ['max-requests', 'server-idle']);
  if (agrees && idle >= IDLE_FROM * 0.99) {
    if (c.last < 0) return verdict('server-idle', 'likely');
    // Of connections that all did the same, the age agrees as well: it is less round.
    const isIdle = group.serverCloses.outlastsAges(idle, c) || matchesDefault(idle, group) || isSetting(idle, Math.min(c.roundTrip, MOST_JITTER));
    return isIdle ? verdict('server-idle', 'certain') : verdict('server-idle', 'likely', ['max-age']);
  }
  // Closed at several moments after nearly the same idle time: no restart, but a timer that is looked at only now and then.
  // Some look less often than once a second, and are known to (jdk.httpserver, waitress).
  const isRestart = group.serverCloses.areOfRestart(idle, c.closedAt) && !matchesDefault(idle, group);
  const swept = agrees || isRestart ? 0 : group.serverCloses.swept(idle, c.closedAt);
  if (swept > 1) return verdict('server-idle', 'likely', ['server-shutdown', 'middlebox']);
  if (group.serverCloses.together(idle, c.closedAt) > 0) return verdict('server-shutdown', 'possible', ['server-idle', 'middlebox']);
  if (agrees && idle > AT_ONCE) return verdict('server-idle', 'likely', ['server-error']);
  // Of several that do not agree, one is a whole number by chance.
  if (c.last >= 0 && group.serverCloses.total === 1 && isWholeSeconds(idle, Math.min(c.roundTrip, MOST_JITTER))) return verdict('server-idle', 'certain');
  if (idle <= Math.max(AT_ONCE, c.slack)) return atOnce(c, group);
  if (matchesDefault(idle, group) || isRound(idle, c.last < 0 ? TIMER_LATE + c.roundTrip : LATE_AFTER_RESPONSE)) return verdict('server-idle', 'likely', ['server-shutdown', 'middlebox']);
  // What is spoken there is not known: the last word of it may be to close.
  if (c.last < 0 && !isUnused(c, group)) return verdict('unknown', 'possible', ['server-idle', 'server-shutdown', 'middlebox']);
  return swept > 0 ? verdict('server-idle', 'possible', ['server-shutdown', 'middlebox']) : verdict('server-shutdown', 'possible', ['server-idle', 'middlebox']);
}

/** Whether more connections closed at its moment after other idle times than closed at others after its own: what a restart closes agrees with another one by chance. */
function isOneOfARestart(idle: number, c: ConnectionCase, group: EndpointGroup): boolean {
  const alike = group.serverCloses.alike(idle, c.closedAt);
  return alike < ENOUGH && group.serverCloses.together(idle, c.closedAt) > alike;
}

/** Whether the server's idle timeout is behind a close that met a request. */
export function serverIdleIsProven(c: ConnectionCase, group: EndpointGroup): boolean {
  const idle = idleOf(c);
  // Shorter ones are the pauses of the client, which agree with each other as well.
  // On the way to a far client, any idle time would be round within the round trip.
  return idle > SHORTEST_TIMEOUT && (withinHint(idle, c, group) || group.serverCloses.agrees(idle, c.closedAt) || isSetting(idle, c.exchanges > 1 ? Math.min(c.roundTrip, MOST_JITTER) : TIMER_LATE));
}

/** A RST of the server after a complete response. */
export function serverReset(c: ConnectionCase, group: EndpointGroup): Verdict {
  const idle = idleOf(c);
  if (c.isBareReset && idle > AT_ONCE) return verdict('middlebox', 'possible', ['server-error', 'server-shutdown']);
  if (c.resetOtherTtl) return verdict('middlebox', 'likely', ['server-error']);
  if (c.windowDropServer >= WINDOW_SHRUNK) return verdict('undrained-request', 'certain');
  // It had said, in TLS, that it has nothing more to say: the RST is its way to close.
  if (c.notifiedByServer) return serverClosedIdle(c, group);
  // IIS and balancers end idle connections so.
  if (idle >= IDLE_FROM * 0.99 && (group.serverCloses.agrees(idle, c.closedAt) || matchesDefault(idle, group))) return verdict('server-idle', 'likely', ['server-error', 'middlebox']);
  // With others at one moment: a process or a machine that ended, rather than a handler.
  if (group.closedWith(c) > 0) return verdict('server-error', 'certain', ['server-shutdown']);
  return idle >= IDLE_FROM * 0.99 ? verdict('server-error', 'likely', ['server-idle', 'middlebox']) : verdict('server-error', 'certain');
}

function atOnce(c: ConnectionCase, group: EndpointGroup): Verdict {
  const peers = group.silentServerCounts.get(c.exchanges) ?? 0;
  if (c.exchanges > 1 && peers > 1 && group.mostExchanges <= c.exchanges) return verdict('max-requests', 'likely', ['server-error']);
  // With others, after any number of requests: the workers of a server that is reloaded finish what they have and go.
  if (c.exchanges > 1 && group.serverCloses.countAt(c.closedAt) > 1) return verdict('server-shutdown', 'possible', ['server-error', 'middlebox']);
  // Most such closes are announced, in fields that the snap length cut, that TLS hides or that came before the capture began.
  if (c.headCut || c.estimated || (c.last >= 0 && !c.hasRequest)) return verdict('unknown', 'possible', ['server-close-option', 'client-close-option', 'server-error']);
  // Nothing was asked, so nothing went wrong: servers that stop close their unused connections too.
  if (c.last < 0) return verdict('server-shutdown', 'possible', ['server-idle', 'middlebox']);
  // After every response, at different moments: no restart does that.
  if (group.mostExchanges === 1 && 2 * peers > group.rows.length && group.serverCloses.agrees(idleOf(c), c.closedAt)) return verdict('server-error', 'certain');
  return verdict('server-error', 'likely', ['server-shutdown']);
}

function withinHint(idle: number, c: ConnectionCase, group: EndpointGroup): boolean {
  const hint = group.hintOf(c);
  return hint > 0 && idle >= hint * 1e9 - EARLY && idle <= hint * 1e9 + HINT_LATE;
}

function matchesDefault(idle: number, group: EndpointGroup): boolean {
  const timeout = group.serverStack?.idleTimeout ?? null;
  if (timeout === null) return false;
  const min = timeout.minSeconds * 1e9;
  const max = timeout.maxSeconds * 1e9;
  // A timer that is looked at now and then, or a setting that there is one or the other of.
  if (max <= min * SWEEP) return idle >= min - EARLY && idle <= Math.max(max + EARLY, min + HINT_LATE);
  return (idle >= min - EARLY && idle <= min + HINT_LATE) || (idle >= max - HINT_LATE && idle <= max + EARLY);
}
