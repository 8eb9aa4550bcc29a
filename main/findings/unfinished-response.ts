import { Framing, Protocol } from '../http/exchange-sink.ts';
import type { ConnectionCase } from './case.ts';
import { brokeOffRequest } from './close-shape.ts';
import { ENOUGH, type IdleCloses } from './close-times.ts';
import { isRound } from './settings.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import { refusedByAlert } from './tls-handshake.ts';
import { type Verdict, verdict, withAlso } from './verdict.ts';

/** A server that lets a request wait this long before it closes has a timer, not a crash. */
const SERVER_TIMEOUT_FROM = 900e6;
/** Idle this long before the request: a connection that may have been closed meanwhile. */
const RACE_IDLE_FROM = 500e6;
/** An abort after at least this long can be a timeout. */
const CLIENT_TIMEOUT_FROM = 250e6;
/** How late a timer may fire. */
const TIMER_LATE = 20e6;
/** Fewer waits show no habit. */
const FEW = 4;
/** A timer may have been started so long before the first packet of its request. */
const STARTED_BEFORE = 10e6;
/** What is called off together is closed within this time. */
const AT_ONE_MOMENT = 20e6;
/** The client's window fell by so much while data came: nobody read (Linux; RULES section 2, 4). */
export const WINDOW_SHRUNK = 8192;

/** The server closed while a request was unanswered, or its response unfinished. */
export function unfinishedByServer(c: ConnectionCase, group: EndpointGroup): Verdict {
  if (c.byReset && c.resetOtherTtl) return verdict('middlebox', 'likely', [c.hasResponse ? 'server-truncated' : 'server-error']);
  if (c.gaps && c.hasResponse) return verdict('capture-incomplete', 'certain');
  if (c.hasResponse && c.responseBegan <= c.closedAt) {
    if (c.responseFraming === Framing.unknown) return verdict('unknown', 'possible');
    // The kernel resets what is closed over bytes of the request that nobody had read (RFC 1122 section 4.2.2.13).
    if (c.byReset && c.windowDropServer >= WINDOW_SHRUNK) return verdict('undrained-request', 'certain');
    if (c.byReset && c.requestBody > 0 && c.status >= 400) return verdict('undrained-request', 'likely', ['server-truncated', 'server-error']);
    // The process may have died, not the handler: then its other connections end with it.
    if (group.serverCloses.near(c.closedAt)) return verdict('server-truncated', 'certain', ['server-shutdown']);
    const age = c.closedAt - c.requestBegan;
    return age >= SERVER_TIMEOUT_FROM && isRound(age, 50e6) ? verdict('server-truncated', 'certain', ['server-timeout']) : verdict('server-truncated', 'certain');
  }
  if (c.gaps) return verdict('capture-incomplete', 'likely');
  const refused = refusedByAlert(c);
  if (refused !== null) return refused;
  if (isCrossed(c)) return verdict('stale-reuse', 'certain');
  // Sent ahead, behind what ends the connection (RFC 9112 section 9.3.2).
  const said = c.exchanges > 1 && !c.byReset ? c.previousSaidClose : null;
  if (said !== null) return verdict(said, 'certain');
  const idle = c.requestBegan - c.previousEnded;
  if (c.byReset && (idle >= RACE_IDLE_FROM || (c.isBareReset && !c.handshakeSeen))) {
    // A RST that answers the first request after a pause: whoever lost the connection, its server or something between.
    return verdict('middlebox', 'possible', ['stale-reuse', 'server-error']);
  }
  const waited = c.closedAt - (c.requestComplete ? c.requestEnded : c.requestBegan);
  if (waited >= SERVER_TIMEOUT_FROM && isTimer(waited, c, group.serverWaits)) {
    return verdict('server-timeout', 'likely', ['server-error']);
  }
  if (!c.requestComplete && !Number.isNaN(c.requestBegan) && waited >= SERVER_TIMEOUT_FROM) return verdict('server-timeout', 'possible', ['server-error']);
  // The kernel resets what is closed over bytes that nobody had read (RFC 1122 section 4.2.2.13), and so does a handler that wants to.
  if (c.byReset && !c.requestComplete && c.requestBody > 0 && waited < SERVER_TIMEOUT_FROM) return verdict('server-error', 'certain', ['undrained-request']);
  // A deadline for the response shows only when the handler comes to write it, at whatever moment that is (Go's WriteTimeout).
  return waited >= SERVER_TIMEOUT_FROM ? verdict('server-error', 'certain', ['server-timeout']) : verdict('server-error', 'certain');
}

/** The server's FIN was there before the request, or did not acknowledge its head: the two crossed (RFC 9112 section 9.5). */
export function isCrossed(c: ConnectionCase): boolean {
  if (c.byReset || !(c.requestBegan > c.closedAt || c.headUnacknowledged)) return false;
  // A spare connection that lay idle before its first request is used too late, too.
  return c.exchanges > 1 || !c.handshakeSeen || c.requestBegan - c.startedAt - c.roundTrip >= RACE_IDLE_FROM;
}

/** Whether a server waited so long by a timer: with several waits, most agree; a few do by chance, and a single one may be round by chance. */
function isTimer(waited: number, c: ConnectionCase, waits: IdleCloses): boolean {
  if (waits.total < FEW) return isRound(waited, 50e6) || waits.agrees(waited, c.closedAt);
  return 1 + waits.alike(waited, c.closedAt) >= Math.min(ENOUGH, waits.total / 2);
}

/** The head of the only request never came to its end; the server may have answered what it got (400, 408). */
export function hasCutHead(c: ConnectionCase): boolean {
  return c.protocol === Protocol.http1 && c.handshakeSeen && c.payloadClient > 0 && c.exchanges <= 1 && !c.hasRequest && !c.gaps && !c.oneSided;
}

/**
 * The server answered, and closed, a request whose body had stopped coming: the timeout of its reads, which handlers
 * meet as an error and answer with whatever status they like. Null where it did not wait, or was itself what held the body up.
 */
export function gaveUpOnBody(c: ConnectionCase, group: EndpointGroup): Verdict | null {
  if (!c.hasRequest || c.requestComplete || c.byClient || c.gaps || c.zeroWindowServer > 0 || c.resetsServer + c.bareResetsServer > 0) return null;
  const stopped = c.responseBegan - c.requestEnded;
  if (!(stopped >= SERVER_TIMEOUT_FROM)) return null;
  const isTimer = [c.responseBegan - c.startedAt, c.responseBegan - c.requestBegan, stopped].some((waited) => isRound(waited, 50e6)) || group.serverWaits.agrees(stopped, c.closedAt);
  if (!isTimer) return null;
  const base = verdict('server-timeout', 'likely', ['undrained-request']);
  return c.serverSaidClose ? withAlso(base, 'server-close-option') : base;
}

/** The server closed while the head of a request was still coming. */
export function unfinishedRequest(c: ConnectionCase, group: EndpointGroup): Verdict {
  if (c.gaps) return verdict('unknown', 'possible', ['server-timeout']);
  // Timers of servers run from the accept, or from the last bytes.
  const age = c.closedAt - c.startedAt;
  const isTimer = c.idle >= SERVER_TIMEOUT_FROM || (age >= SERVER_TIMEOUT_FROM && (isRound(age, 50e6) || group.serverWaits.agrees(age, c.closedAt)));
  return isTimer && !c.byReset ? verdict('server-timeout', 'likely', ['server-error']) : verdict('server-error', 'likely', ['server-timeout']);
}

/** The client closed before the response was complete, or in the middle of a request that was answered early. */
export function abandonedByClient(c: ConnectionCase, group: EndpointGroup): Verdict {
  const noReset = c.resetsClient + c.bareResetsClient === 0;
  // Half-close: it said only that no more requests come, and took the rest of the response (RFC 9112 section 9.6).
  if (!c.byReset && noReset && c.responseComplete && c.bytesAfterClose > 0 && !c.hasResponseAtClose) return verdict('client-per-request', 'possible', ['process-exit']);
  if (c.byReset && c.resetOtherTtl) return verdict('middlebox', 'likely', ['client-abort']);
  if (c.gaps) return verdict('capture-incomplete', 'likely', ['client-abort', 'undrained-response']);
  if (c.responseFraming === Framing.unknown && c.hasResponse && !c.estimated) return verdict('unknown', 'possible', ['undrained-response', 'client-abort']);
  // Go keeps no connection on which the answer was there before the end of the request, read or not.
  if (brokeOffRequest(c)) return verdict('client-abort', 'certain', ['process-exit']);
  const age = c.closedAt - c.requestBegan;
  // Some clients' timers begin with the dial (Go's Client.Timeout, Java's): for the first request that is the SYN.
  const fromDial = c.exchanges === 1 && c.handshakeSeen ? c.closedAt - c.startedAt : age;
  // Requests of different ages, given up at one moment, were called off together: a timeout meets each in its own time.
  const isCalledOff = group.abortAges.together(age, c.closedAt, AT_ONE_MOMENT) > 0;
  const isTimeout = age >= CLIENT_TIMEOUT_FROM && !isCalledOff && (ranOut(age, c) || ranOut(fromDial, c) || group.abortAges.agrees(age, c.closedAt) || group.abortAges.agrees(fromDial, c.closedAt));
  if (!c.hasResponseAtClose) {
    if (isTimeout) return verdict('client-timeout', 'likely', ['client-abort', 'process-exit']);
    // Where the capture ends before the server's turn, its response may still come, and be taken.
    return verdict('client-abort', c.isOver ? 'certain' : 'likely', ['client-timeout', 'process-exit']);
  }
  const shrunk = c.windowDropClient >= WINDOW_SHRUNK || c.zeroWindowOpenClient;
  if (c.closedAt - c.responseBegan <= c.slack || shrunk) return verdict('undrained-response', 'certain');
  if (isTimeout) return verdict('client-timeout', 'likely', ['client-abort', 'undrained-response', 'process-exit']);
  return withAlso(verdict('undrained-response', 'possible', ['client-timeout', 'process-exit']), 'client-abort');
}

function ranOut(age: number, c: ConnectionCase): boolean {
  // The program's clock starts before its first packet leaves: by some milliseconds on a busy machine.
  return isRound(age + STARTED_BEFORE, STARTED_BEFORE + TIMER_LATE + c.slack) || isTenth(age, c);
}

/** Fires at a tenth of a second: settings like 800 ms. Weaker than round, so only where nobody would set whole or half seconds. */
function isTenth(age: number, c: ConnectionCase): boolean {
  const over = age - Math.round(age / 100e6) * 100e6;
  return age >= 500e6 && age < 2.5e9 && over >= -1e6 && over <= 5e6 + c.clientRoundTrip;
}
