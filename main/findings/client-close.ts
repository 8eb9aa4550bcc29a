import type { CloseCause } from '../../shared/model/report.ts';
import { Framing, Protocol } from '../http/exchange-sink.ts';
import { isOfAge } from './age-limit.ts';
import type { ConnectionCase } from './case.ts';
import { answeredEarly } from './close-shape.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import { isCountLimit, isRound, isSetting, MOST_JITTER } from './settings.ts';
import { WINDOW_SHRUNK } from './unfinished-response.ts';
import { isUnused } from './unused.ts';
import { type Verdict, verdict } from './verdict.ts';

/** A FIN after a complete body larger than this: it was read, for unread bytes in the kernel make a RST (RFC 1122 section 4.2.2.13). */
const LARGEST_USER_BUFFER = 65_536;
/** TLS reads whole records, and some of the next, before the program gets a byte. */
const OPENED_AHEAD = 32_768;
/** A client that had so much arrive with its window never shrinking read it as it came. */
const READ_AS_IT_CAME = 24_576;
/** A body that comes in one segment with its head, on paths of Ethernet's size. */
const ONE_SEGMENT = 1200;
/** The system closes all sockets of a program that ends at once. */
const AT_EXIT = 20e6;
/** What a program does within one call comes within this time; to start the next program takes longer. */
const SAME_CALL = 5e6;
/** What follows within this time belongs to the response. */
const AT_ONCE = 100e6;
/** From here on an idle time is a timer's; below, a program that was late to close. */
const IDLE_FROM = 1e9;
const SHORTEST_TIMER = 250e6;
/** … or a machine that was busy. */
const LATE_AT_MOST = 300e6;
/** A connection that is used again so much later than others are closed outlived what would be their timer. */
const REUSED_LATER = 2e6;
/** Programs that end with their work: each run of them has connections of its own. */
const TOOLS: ReadonlySet<string> = new Set(['curl', 'wget', 'httpie', 'apachebench', 'siege']);
/** Clients whose limit of idle connections is held against all that are open (httpcore, `max_keepalive_connections`). */
const COUNTS_ALL: ReadonlySet<string> = new Set(['httpx']);
/** A share of the connections with a limit's number of requests: the capture has so many before their close. */
const SEEN_OPEN = 1 / 8;
/** So many alike are a habit. */
const HABIT = 3;

/** The client's FIN as soon as the response was complete. */
export function clientFinAtOnce(c: ConnectionCase, group: EndpointGroup): Verdict {
  // Clients give up a connection whose answer came before they had sent all (Go's Transport): nothing was left unread.
  if (answeredEarly(c)) return verdict('client-per-request', 'possible', ['process-exit']);
  // What was asked, and whether with the wish to close, went by before the capture began or is missing from it.
  if (!c.hasRequest) return verdict('unknown', 'possible', ['client-close-option', 'undrained-response', 'client-per-request', 'pool-overflow']);
  const { reused, closed, fins, proven } = group.kinds.of(c);
  const wasRead = bodyWasRead(c, group);
  if (proven === 0 && group.isEvicted(c)) return evicted(wasRead);
  if (reused > 0 && !(closed >= 2 && c.exchanges === 1 && group.closesAreOfAnotherPool)) return finBesideReused(c, group, closed, wasRead);
  // Other requests of the kind left bytes unread: the same code here may have left no more than what the library had read ahead.
  if (wasRead && proven > 0 && c.responseBody > 0) return verdict('undrained-response', 'likely', ['client-per-request', 'process-exit']);
  // Once is no habit.
  const pooled: CloseCause[] = group.mostExchanges > 1 && group.othersOpen(c) > 0 ? ['pool-overflow'] : [];
  if (wasRead) return closed < 2 ? verdict('process-exit', 'possible', ['client-per-request', ...pooled]) : verdict('client-per-request', 'likely', ['process-exit', ...pooled]);
  const closesUndrained = group.clientStackOf(c)?.closesUndrained ?? null;
  if (closesUndrained === false) {
    const isHabit = closed >= HABIT && !TOOLS.has(group.clientStackOf(c)?.id ?? '');
    return isHabit ? verdict('client-per-request', 'likely', ['process-exit', ...pooled]) : verdict('process-exit', 'possible', ['client-per-request', ...pooled]);
  }
  // Other requests of the kind are proven: the same code by chance left nothing unread here. A few proofs among many only make it likely.
  if (proven > 0) return proven >= fins && reused === 0 ? verdict('undrained-response', 'certain') : verdict('undrained-response', 'likely', ['client-per-request', 'pool-overflow', 'client-abort']);
  if (closed < 2) return verdict('process-exit', 'possible', ['client-per-request', 'undrained-response', ...pooled]);
  // What it had surely read it closed as well, and kept nothing: it closes after each of its requests.
  if (group.closesWhatItRead) return verdict('client-per-request', 'likely', ['undrained-response', 'process-exit', 'client-abort']);
  if (closesUndrained === true) return verdict('undrained-response', 'likely', ['client-per-request', 'pool-overflow', 'client-abort']);
  // What was cut off the heads may have said close.
  if (c.headCut) return verdict('undrained-response', 'likely', ['client-per-request', 'client-close-option', 'pool-overflow', 'client-abort']);
  return verdict('undrained-response', 'possible', ['client-per-request', 'process-exit', 'client-abort', ...pooled]);
}

/** The same where other connections went on after requests of the kind: the client keeps its connections, but not this one. */
function finBesideReused(c: ConnectionCase, group: EndpointGroup, closed: number, wasRead: boolean): Verdict {
  const unread: readonly CloseCause[] = wasRead ? [] : ['undrained-response'];
  if (closed < 2 && group.atOnce < 2) return verdict('process-exit', 'possible', ['client-idle', 'pool-overflow', ...unread]);
  // All at the end, and nothing after it: the load was over.
  if (!group.programOf(c).outlivesCloses && group.closedWith(c) > 0) return verdict('process-exit', 'likely', ['client-idle', 'pool-overflow']);
  const limited = limitOfClient(c, group, unread);
  if (limited !== null) return limited;
  // A pool is full only with others idle in it, where it does not count those in use.
  const countsAll = COUNTS_ALL.has(group.clientStackOf(c)?.id ?? '');
  if (group.othersOpen(c) > 0 && (countsAll || group.poolRoom.idleAt(c.closedAt) > 0)) {
    if (!countsAll && !(group.poolRoom.isMostlyFull && group.poolRoom.isFullAt(c.closedAt))) return verdict('pool-overflow', 'possible', ['client-per-request', ...unread, 'client-abort']);
    if (group.isLastOfProgram(c)) return verdict('pool-overflow', 'likely', ['client-per-request', 'process-exit']);
    return verdict('pool-overflow', wasRead && group.dialledBesideIdle.passedOver === 0 && group.poolRoom.isAlwaysFull ? 'certain' : 'likely', ['client-per-request']);
  }
  // No pool to overflow: now and then a response of the kind is left unread.
  if (!wasRead && group.clientStackOf(c)?.closesUndrained === true) return verdict('undrained-response', 'possible', ['client-per-request', 'process-exit']);
  return verdict('client-per-request', 'possible', ['process-exit', ...unread]);
}

/** The client's limit of a connection's age or requests, where its closes at once show one. */
function limitOfClient(c: ConnectionCase, group: EndpointGroup, unread: readonly CloseCause[]): Verdict | null {
  const sameCount = group.atOnceCounts.get(c.exchanges) ?? 0;
  const isAged = c.exchanges > 1 && group.clientAgeLimit > 0;
  // Programs that do the same again and again come to one age by themselves, and to one count.
  if (isAged && (sameCount < group.atOnce || !isCountLimit(c.exchanges))) return verdict('max-age', 'likely', ['max-requests', 'pool-overflow', 'client-per-request']);
  // None carried more, and hardly any as many without being closed: the capture may end before.
  const isMost = c.exchanges > 2 && c.exchanges === group.mostExchanges && sameCount >= (sameCount === group.atOnce ? 2 : HABIT);
  if (!isMost || group.haveMostExchanges > sameCount * (1 + SEEN_OPEN)) return null;
  return verdict('max-requests', 'likely', [...(isAged ? ['max-age' as const] : []), 'pool-overflow', 'client-per-request', ...unread]);
}

/** The client's RST although the response was complete. */
export function clientResetComplete(c: ConnectionCase, group: EndpointGroup): Verdict {
  const together = group.clientCloses.together(c.closedAt - c.responseEnded, c.closedAt, AT_EXIT) > 0;
  if (together && c.closedAt - c.responseEnded > c.slack) return verdict('process-exit', 'likely', ['undrained-response']);
  if (c.resetOtherTtl) return verdict('middlebox', 'likely', ['process-exit']);
  if (c.windowDropClient >= WINDOW_SHRUNK) return verdict('undrained-response', 'certain');
  const idle = c.closedAt - c.responseEnded;
  // A RST without ACK answers a segment for a socket that is gone, or comes from something between (RFC 9293 section 3.5.2).
  if (c.isBareReset && idle > Math.max(AT_ONCE, c.slack)) return verdict('middlebox', 'possible', ['process-exit', 'client-idle']);
  const stack = group.clientStackOf(c);
  // Go closes so for unread bytes alone.
  const provesUnread = stack?.closesUndrained === true && stack.readBufferBytes !== null && !group.kinds.isReused(c) && !isOneSegment(c);
  // What lies idle in a pool until a timer ends it was read; the RST is a way to close then.
  if (!provesUnread && idle >= IDLE_FROM * 0.99 && group.clientCloses.agrees(idle, c.closedAt)) return verdict('client-idle', 'likely', ['undrained-response', 'process-exit']);
  // HAProxy lets go so of what it needs no more, half of it every few seconds.
  if (stack?.closesWithReset === true && matchesDefault(idle, c, group)) return verdict('client-idle', 'likely', ['process-exit']);
  // HAProxy lets go of what its pool has no room for so.
  const isOverflow = idle <= c.slack && group.kinds.isReused(c) && group.othersOpen(c) > 0;
  const abortive = verdict('client-per-request', 'possible', isOverflow ? ['pool-overflow', 'undrained-response', 'process-exit'] : ['undrained-response', 'process-exit']);
  // One segment is read at once as a rule, and such a RST then only a way to close (SO_LINGER 0). Chunks come in several.
  if (isOneSegment(c)) return idle >= IDLE_FROM * 0.99 ? verdict('process-exit', 'possible', ['client-idle', 'undrained-response']) : abortive;
  if (provesUnread) return verdict('undrained-response', 'certain');
  if (c.responseBody > READ_AS_IT_CAME && c.windowDropClient < 1024) return isOverflow ? abortive : verdict('undrained-response', 'possible', ['client-per-request', 'process-exit']);
  if (group.kinds.isReused(c)) return idle <= c.slack ? abortive : verdict('client-idle', 'possible', ['undrained-response', 'process-exit']);
  return verdict('undrained-response', 'likely', ['process-exit', 'client-per-request']);
}

function isOneSegment(c: ConnectionCase): boolean {
  return c.responseFraming === Framing.contentLength && c.responseBody <= ONE_SEGMENT;
}

/** The client closed a connection on which nothing was under way for a while (or nothing can be read). */
export function clientClosedIdle(c: ConnectionCase, group: EndpointGroup): Verdict {
  const idle = c.last < 0 ? c.idle : c.closedAt - c.responseEnded;
  if (c.gaps) return verdict('unknown', 'possible', ['client-idle', 'process-exit']);
  if (c.isOnlyEnd) return verdict('unknown', 'possible', ['client-idle', 'process-exit']);
  if (c.last < 0 && !isUnused(c, group) && idle < IDLE_FROM) return verdict('unknown', 'possible');
  if (c.last >= 0 && isOfAge(c, group.clientAge)) return verdict('max-age', 'likely', ['client-idle', 'process-exit']);
  if (group.clientCloses.together(idle, c.closedAt, AT_EXIT) > 0) {
    // Who dials at this very moment goes on: it looked at its idle connections only now (Apache's proxy, urllib3).
    const goesOn = group.timeline.openedWithin(c.closedAt - AT_EXIT, c.closedAt + AT_EXIT) > 0;
    if (!goesOn) return verdict('process-exit', 'likely', group.othersOpen(c) > 0 ? ['client-idle', 'pool-overflow'] : ['client-idle']);
    if (hasExpired(idle, c, group)) return verdict('client-idle', 'likely', ['process-exit']);
    return idle >= IDLE_FROM ? verdict('client-idle', 'possible', ['process-exit']) : verdict('process-exit', 'possible', ['client-idle', 'pool-overflow']);
  }
  const agrees = group.clientCloses.agrees(idle, c.closedAt);
  if (idle < IDLE_FROM * 0.99 && c.last >= 0 && group.evicts && group.kinds.of(c).proven === 0) return group.isEvicted(c) ? evicted(bodyWasRead(c, group)) : verdict('process-exit', 'possible', ['client-idle', 'pool-overflow']);
  if (!agrees && c.last >= 0 && group.isEvicted(c)) return evicted(bodyWasRead(c, group));
  if (idle >= IDLE_FROM * 0.99) {
    // Programs that do the same again and again make room in a full pool after equal idle times, too.
    if (agrees && (group.isEvicted(c) || (c.last >= 0 && group.closesBehindAnswers))) return verdict('client-idle', 'likely', ['pool-overflow']);
    // Where nothing can be read, a request may have waited for its answer so long.
    if (agrees && c.last >= 0 && group.longestReused > idle + REUSED_LATER + 1.3 * c.clientRoundTrip) return verdict('client-idle', 'likely', ['process-exit', 'max-age', 'pool-overflow']);
    if (agrees && c.last < 0 && !isUnused(c, group)) return verdict('client-idle', 'likely', ['client-timeout']);
    // Of connections that all did the same, the age agrees as well: it is less round.
    const isIdle = agrees && (group.clientCloses.outlastsAges(idle, c) || matchesDefault(idle, c, group) || isSetting(idle - c.clientRoundTrip, MOST_JITTER));
    if (agrees) return isIdle ? verdict('client-idle', 'certain') : verdict('client-idle', 'likely', ['max-age']);
    if (matchesDefault(idle, c, group) || hasExpired(idle, c, group)) return verdict('client-idle', 'likely', ['process-exit']);
    // Others agree on a timer; this one was looked at later (undici's timers run by the second).
    const swept = group.clientCloses.swept(idle, c.closedAt) > 0;
    const timer = swept ? group.clientCloses.timer() : null;
    if (timer !== null && Math.abs(idle - timer) <= 1e9) return verdict('client-idle', 'likely', ['process-exit']);
    // No program ends and dials in one moment: it found the connection too old for the request it was about to send, or idle for too long.
    if (c.last >= 0 && dialsAtClose(c, group)) return verdict('client-idle', 'possible', ['max-age', 'process-exit']);
    if ((swept || isRound(idle, 5e6 + c.slack)) && group.rows.length > 1) return verdict('client-idle', 'possible', ['process-exit']);
    // What is spoken there is not known: the last word of it may be to close.
    if (c.last < 0 && !isUnused(c, group)) return verdict('unknown', 'possible', ['client-idle', 'process-exit']);
    return verdict('process-exit', 'possible', ['client-idle']);
  }
  if (c.last < 0) return verdict('process-exit', 'possible', ['pool-overflow', 'client-idle']);
  // A busy machine is late: what the same client does at once with others of the kind, it did here.
  if (idle <= LATE_AT_MOST && c.exchanges === 1 && group.kinds.of(c).closed >= 2 && !group.kinds.isReused(c)) return clientFinAtOnce(c, group);
  if (agrees && c.exchanges === 1 && !group.kinds.isReused(c)) {
    if (bodyWasRead(c, group)) return verdict('client-per-request', 'likely', group.mostExchanges > 1 ? ['client-idle', 'pool-overflow'] : ['client-idle']);
    if (group.clientStackOf(c)?.closesUndrained === false) return verdict('client-per-request', 'possible', ['client-idle', 'process-exit']);
    const likely = group.clientStackOf(c)?.closesUndrained === true;
    return verdict('undrained-response', likely ? 'likely' : 'possible', ['client-per-request', 'client-idle', ...pooledWith(c, group), 'client-abort']);
  }
  // Hardly any timer is so short: programs that end when they have waited a little would agree, too.
  if (agrees && idle >= SHORTEST_TIMER) return verdict('client-idle', 'possible', ['process-exit', 'pool-overflow']);
  return verdict('process-exit', 'possible', group.mostExchanges > 1 && group.othersOpen(c) > 0 ? ['client-idle', 'client-per-request', 'pool-overflow'] : ['client-idle', 'client-per-request']);
}

/** With others open beside it a full pool looks the same. */
function pooledWith(c: ConnectionCase, group: EndpointGroup): readonly CloseCause[] {
  return group.othersOpen(c) > 0 ? ['pool-overflow'] : [];
}

/** The pool is full in all, not for this server. A program that closes a response unread when the next call returns looks the same. */
function evicted(wasRead: boolean): Verdict {
  return verdict('pool-overflow', 'likely', wasRead ? ['client-per-request'] : ['client-per-request', 'undrained-response']);
}

/** Whether the program must have read the whole body: it does not fit what a client reads ahead, and no RST came of it. */
export function bodyWasRead(c: ConnectionCase, group: EndpointGroup): boolean {
  // Behind its own close_notify, a client of TLS meets that of the server with a bare RST, whatever it had read.
  if (c.byReset || (c.resetsClient > 0 && !c.resetOtherTtl) || (c.bareResetsClient > 0 && c.protocol !== Protocol.tls)) return false;
  if (c.responseFraming === Framing.none || c.responseFraming === Framing.unknown) return c.responseFraming === Framing.none;
  // Nothing is left to read of a Content-Length of 0, closed or not.
  if (c.responseFraming === Framing.contentLength && c.responseBody === 0) return true;
  const readBuffer = group.clientStackOf(c)?.readBufferBytes ?? null;
  return c.responseBody > (readBuffer ?? LARGEST_USER_BUFFER) + (c.protocol === Protocol.tls ? OPENED_AHEAD : 0);
}

/** The client is known to look at its idle connections when it needs one, and this one was too old when it dialled another. */
function hasExpired(idle: number, c: ConnectionCase, group: EndpointGroup): boolean {
  const seconds = group.clientStackOf(c)?.expiresSeconds ?? null;
  return seconds !== null && idle >= seconds * 1e9 && dialsAtClose(c, group);
}

/** Its program opened another connection as it closed this one. */
function dialsAtClose(c: ConnectionCase, group: EndpointGroup): boolean {
  return group.programOf(c).timeline.openedWithin(c.closedAt - SAME_CALL, c.closedAt + SAME_CALL) > 0;
}

function matchesDefault(idle: number, c: ConnectionCase, group: EndpointGroup): boolean {
  const range = group.clientStackOf(c)?.idleClose ?? null;
  return range !== null && idle >= range.minSeconds * 1e9 && idle <= range.maxSeconds * 1e9;
}
