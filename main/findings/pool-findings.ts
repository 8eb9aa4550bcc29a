import { formatCount, formatDuration, plural } from '../../shared/format/quantity.ts';
import type { CloseCause, Confidence } from '../../shared/model/report.ts';
import { isEstimated } from '../store/estimated-exchanges.ts';
import type { ResultStore } from '../store/result-store.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { openFrame, responseFrameBefore } from './evidence.ts';
import { DigestBit } from './digest.ts';
import { CLOSE_WAIT_FROM } from './endpoint-group.ts';
import { type EndpointContext, type Evidence, type FindingDraft, MAX_EXAMPLES } from './finding-draft.ts';
import { mostAtOnce } from './sorted-values.ts';
import { namesServerIdle, verdictOf } from './verdict.ts';

/** Connections held at once that make a leak; two may be chance. */
const ACCUMULATED = 3;
/** How connections end that nobody looks at; more of them than so many are a habit, no oversight. */
const LEFT: ReadonlySet<CloseCause> = new Set(['open-at-end', 'server-idle', 'server-shutdown', 'process-exit', 'keepalive-dead-peer']);
const MAX_LEFT = 16;
/** Answered so late, or not for so long up to the end of the capture: proof that the program does not look at the connection. */
const CLOSE_WAIT_ANSWERED = 1.2e9;
const CLOSE_WAIT_OPEN = 500e6;
/** The FIN of a program that watches its idle connections follows the server's within this time and a round trip. */
const ANSWERED_AT_ONCE = 100e6;
/** Clients without a pool of their own per call: python's requests, urllib3 and httpx close when the call or its `with` ends. */
const CLOSES_PER_CALL: ReadonlySet<string> = new Set(['python-requests', 'python-urllib3', 'httpx']);

/** What passes requests on for others. */
const PROXIES: ReadonlySet<string> = new Set(['go-reverse-proxy', 'nginx-upstream', 'haproxy-backend', 'envoy-upstream', 'traefik-backend', 'caddy-backend', 'varnish-backend', 'squid-upstream', 'apache-proxy']);

/** Requests for each connection, from which on a few too many are chance. */
const NOW_AND_THEN = 100;
const BROWSERS: ReadonlySet<string> = new Set(['chrome', 'firefox']);

/** A new connection although an idle one could have carried the request, or would have if it had not been given up. */
export function missedReuse(context: EndpointContext): FindingDraft[] {
  const { store, pool, endpoint } = context;
  const idle = pool.missedWhileIdle.count;
  const missed = idle + pool.missedAfterClose.count;
  if (missed === 0) return [];
  const rows: number[] = [];
  const evidence: Evidence[] = [];
  let nanoseconds = 0;
  for (const { opened, served, nanoseconds: handshakes } of [pool.missedWhileIdle, pool.missedAfterClose]) {
    for (let i = 0; i < opened.length; i++) {
      rows.push(opened[i]!);
      // One that had been reused itself did its part.
      if (store.connections.exchanges.get(served[i]!) < 2) rows.push(served[i]!);
      nanoseconds += handshakes[i]!;
      if (evidence.length >= 2 * MAX_EXAMPLES) continue;
      evidence.push({ frame: responseFrameBefore(store, served[i]!, store.connections.startedAt.get(opened[i]!)), note: `connection ${served[i]! + 1} had answered here` }, { frame: openFrame(store, opened[i]!), note: `SYN of connection ${opened[i]! + 1}` });
    }
  }
  const explanation =
    idle === missed
      ? `${plural(missed, 'connection')} was opened while another one to the same server lay idle and open.`
      : idle === 0
        ? `${plural(missed, 'connection')} was opened right after another one to the same server had been given up, although its answer was there: that one could have carried the next request.`
        : `${plural(missed, 'connection')} was opened although another one could have carried the request: ${formatCount(idle)} while one lay idle, ${formatCount(missed - idle)} after one had been given up.`;
  // What was lost of a head may have said that the idle connection was to close. One that was given up was to serve either way.
  const isCut = idle === missed && pool.missedWhileIdle.served.every((row) => (context.case.load(row), context.case.headCut));
  const unread = isCut || rows.some((row) => isSealed(store, row));
  return [{ rule: 'missed-reuse', confidence: unread ? 'likely' : 'certain', endpoint, rows, explanation: grammar(explanation, missed), evidence, cost: { connections: missed, nanoseconds } }];
}

/** A second connection while the first one's response was complete on the wire, and both used later: its body was not read yet. */
export function responseNotDrainedYet(context: EndpointContext): FindingDraft[] {
  const { store, pool, endpoint, group } = context;
  const { opened: rows, served, nanoseconds } = pool.whileUndrained;
  // A browser dials ahead, and what it dialled for takes the connection that is free first.
  if (rows.length === 0 || isBrowser(context)) return [];
  const evidence = rows.slice(0, MAX_EXAMPLES).map((row, i) => ({ frame: openFrame(store, row), note: `SYN of connection ${row + 1}, while connection ${served[i]! + 1} had its whole response and was open` }));
  return [
    {
      rule: 'response-not-drained-yet',
      confidence: pool.byWorkers ? 'possible' : 'likely',
      endpoint,
      rows,
      explanation: grammar(`${plural(rows.length, 'connection')} was opened while an earlier one had its whole response on the wire and was used again later: the program had not read that response to its end when it sent the next request${pool.byWorkers ? ', or its workers have a pool each' : ''}.`, rows.length),
      ...(pool.byWorkers ? { alternatives: ['missed-reuse' as const] } : {}),
      evidence,
      cost: { connections: rows.length, nanoseconds: nanoseconds.reduce((sum, one) => sum + one, 0) },
      // Tasks side by side race for connections: now and then one is dialled that need not have been.
      ...(rows.length * NOW_AND_THEN < group.digest.exchanges ? { severity: 'info' as const } : {}),
    },
  ];
}

/** The client itself closed it below a second after its response, which it had not read. */
function isLetGo({ case: c, verdicts }: EndpointContext, row: number): boolean {
  if (verdicts.get(row).cause !== 'undrained-response') return false;
  c.load(row);
  return c.closed && c.byClient && !c.byReset && c.closedAt - c.responseEnded < 1e9;
}

function isBrowser({ store, group: { clientStack, signs } }: EndpointContext): boolean {
  return BROWSERS.has(clientStack?.id ?? '') || (clientStack === null && signs.agent !== 0 && store.strings.text(signs.agent).startsWith('Mozilla/'));
}

/** Connections that carry one exchange, stay open and are never used again; and whether bodies or clients are what is forgotten. */
export function accumulation(context: EndpointContext): FindingDraft[] {
  const { store, rows, pool, endpoint, verdicts, group: { clientStack, digest } } = context;
  const { connections } = store;
  // What the program lets go of soon after does not pile up: so many requests are under way at once.
  const held = pool.heldAtLastOpen.filter((row) => !isLetGo(context, row));
  if (held.length + 1 < ACCUMULATED) return leftIdle(context);
  let single = 0;
  let used = 0;
  let halfSeen = 0;
  for (let place = 0; place < rows.length; place++) {
    if ((digest.bits[place]! & DigestBit.NEEDED) === 0) continue;
    const row = rows[place]!;
    const exchanges = connections.exchanges.get(row);
    used++;
    if ((connections.packetsClient.get(row) === 0 || connections.packetsServer.get(row) === 0)) halfSeen++;
    if (exchanges === 1) single++;
  }
  // In a capture of one direction the other side's closes are not seen.
  if (2 * halfSeen > used) return [];
  // A pool that reuses at all is not leaking, whatever lies idle in it.
  if (single < 0.9 * used) return leftIdle(context);
  // Of those that were open before the capture nobody knows what they had carried.
  const everyOne = [...rows].filter((row, place) => connections.exchanges.get(row) === 1 && (digest.bits[place]! & DigestBit.NEEDED) !== 0);
  const evidence: Evidence[] = held.slice(-MAX_EXAMPLES).map((row) => ({ frame: responseFrameBefore(store, row, Infinity), note: `last byte on connection ${row + 1}, open and never used again` }));
  evidence.push({ frame: openFrame(store, rows[rows.length - 1]!), note: `SYN of connection ${rows[rows.length - 1]! + 1}` });
  // What the connections that idle ones could have spared took: missed reuse is what is seen of it, this is the reason.
  const nanoseconds = pool.missedWhileIdle.nanoseconds.reduce((sum, one) => sum + one, 0);
  const drafts: FindingDraft[] = [
    {
      rule: 'connections-accumulate',
      confidence: 'certain',
      endpoint,
      rows: everyOne,
      explanation: `${plural(everyOne.length, 'connection')} carried one request each and stayed open: up to ${formatCount(pool.maxConcurrent)} at once, none used a second time. Sockets and ports pile up until something closes them.`,
      evidence,
      cost: { connections: everyOne.length - 1, nanoseconds },
    },
  ];
  // Idle connections that the client's own timer closes, or that end with FINs, had gone back to a pool: their bodies were read.
  // Except where a client that is thrown away closes its connections at once: then only a kept response holds one open.
  const closesPerCall = CLOSES_PER_CALL.has(clientStack?.id ?? '');
  // A proxy has no bodies to close: it passes them on.
  const isProxy = PROXIES.has(clientStack?.id ?? '');
  const c = context.case;
  let pooled = 0;
  let unread = 0;
  let forgotten = 0;
  for (const row of everyOne) {
    c.load(row);
    if (c.zeroWindowOpenClient || c.windowDropClient >= 8192 || (c.closed && c.byClient && c.byReset)) unread++;
    else if (c.closed && c.byClient && (verdicts.get(row).cause === 'client-idle' || (verdicts.get(row).cause === 'process-exit' && !closesPerCall))) pooled++;
    // Who answers the server's FIN at once was reading: a pool watches its idle connections, a forgotten body is watched by nobody.
    else if (c.closed && !c.byClient && !c.byReset) {
      if (c.secondFinFrame !== 0 && c.secondFinAfter <= ANSWERED_AT_ONCE + c.roundTrip) pooled++;
      else forgotten++;
    }
  }
  const perRequest = isProxy || pooled > unread + forgotten;
  // The reason first: piling up is what is seen of it.
  drafts.unshift({
    rule: perRequest ? 'client-per-request' : 'body-not-closed',
    confidence: 'likely',
    endpoint,
    rows: everyOne,
    explanation: isProxy
      ? `Each of ${plural(everyOne.length, 'request')} went out on a connection of its own although idle ones were open: the proxy does not use its connections to this server again.`
      : perRequest
      ? `Each of ${plural(everyOne.length, 'request')} went out on a connection of its own although idle ones were open, and the client itself closed them later, or at once when the server did: the program makes a new HTTP client (a new pool) for every request.`
      : `${plural(everyOne.length, 'response')} arrived, and ${everyOne.length === 1 ? 'its connection was' : 'their connections were'} neither closed nor used again${unread > 0 ? ', with bytes of the body left unread' : ''}: the program does not close its response bodies.`,
    evidence,
    alternatives: isProxy ? [] : [perRequest ? 'body-not-closed' : 'client-per-request'],
    cost: { connections: everyOne.length - 1, nanoseconds },
  });
  return drafts;
}

/** A few connections that lay idle while others were opened, and were never used again: one response that was not closed would look so. */
function leftIdle({ store, pool, endpoint, verdicts, group: { clientStack } }: EndpointContext): FindingDraft[] {
  // Of software that is not known, and of proxies, nobody can say that it has one pool and closes responses.
  if (clientStack === null || clientStack.closesUndrained === null) return [];
  const rows: number[] = [];
  const evidence: Evidence[] = [];
  for (const { opened, served } of [pool.missedWhileIdle, pool.besideIdle]) {
    for (let i = 0; i < served.length; i++) {
      const row = served[i]!;
      if (rows.includes(row) || !LEFT.has(verdicts.get(row).cause)) continue;
      if (rows.length === MAX_LEFT) return [];
      rows.push(row);
      if (evidence.length < 2 * MAX_EXAMPLES) evidence.push({ frame: responseFrameBefore(store, row, Infinity), note: `last byte on connection ${row + 1}, open and never used again` }, { frame: openFrame(store, opened[i]!), note: `SYN of connection ${opened[i]! + 1}` });
    }
  }
  if (rows.length === 0) return [];
  return [
    {
      rule: 'body-not-closed',
      confidence: 'possible',
      endpoint,
      rows,
      explanation: grammar(`${plural(rows.length, 'connection')} was never used again after a whole response, although it was open and idle when others were opened: the program may not have closed that response. Another program, or another pool of the same, would look so too.`, rows.length),
      evidence,
      alternatives: ['client-per-request'],
    },
  ];
}

/** The server closed, the client acknowledged, and closed its side late or never. */
export function closeWait({ store, group, endpoint, end, case: c }: EndpointContext): FindingDraft[] {
  const { connections, events } = store;
  const found: number[] = [];
  let proven = false;
  let waiting = 0;
  for (const row of group.unansweredFins) {
    c.load(row);
    let reset = Number.POSITIVE_INFINITY;
    for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) if (events.kind.get(event) >>> 1 === EventKind.reset) reset = events.time.get(event);
    const answered = Math.min(reset, c.secondFinFrame === 0 ? Number.POSITIVE_INFINITY : c.closedAt + c.secondFinAfter);
    if (answered < c.closedAt + CLOSE_WAIT_FROM + c.roundTrip) continue;
    if (answered === Number.POSITIVE_INFINITY && end - c.closedAt >= CLOSE_WAIT_FROM + c.roundTrip) waiting++;
    proven ||= answered === Number.POSITIVE_INFINITY ? end - c.closedAt >= CLOSE_WAIT_OPEN : answered - c.closedAt >= CLOSE_WAIT_ANSWERED;
    found.push(row);
  }
  // One that is proven tells of the program: its others are no slower to close, the capture only ends sooner. So do several that waited for less.
  if (!proven && waiting < ACCUMULATED) return [];
  const until = (row: number): number => (c.load(row), c.closedAt + (c.secondFinFrame === 0 ? Number.POSITIVE_INFINITY : c.secondFinAfter));
  const lasted = (row: number): string => {
    c.load(row);
    if (c.secondFinFrame !== 0) return `the client's own FIN came ${formatDuration(c.secondFinAfter / 1e9)} later`;
    return c.resetsClient + c.bareResetsClient > 0 ? 'the client closed by a RST only later' : `no FIN of the client in the ${formatDuration((end - c.closedAt) / 1e9)} after it`;
  };
  const answered = found.filter((row) => (c.load(row), c.secondFinFrame !== 0)).length;
  return [
    {
      rule: 'close-wait',
      confidence: 'certain',
      endpoint,
      rows: found,
      // A client that looks at its idle connections only when it needs one leaves a few so: many at once are a leak.
      severity: mostAtOnce(Float64Array.from(found, (row) => connections.closedAt.get(row)).sort(), Float64Array.from(found, until).sort()) < ACCUMULATED ? 'info' : 'warning',
      explanation:
        answered === found.length
          ? `The server closed ${plural(found.length, 'connection')}, and the client closed its side only a second or more later: meanwhile its ${found.length === 1 ? 'socket was' : 'sockets were'} in CLOSE_WAIT, held by a program that did not look at ${found.length === 1 ? 'it' : 'them'}.`
          : `The server closed ${plural(found.length, 'connection')}, and the client did not close its side: its ${found.length === 1 ? 'socket stays' : 'sockets stay'} in CLOSE_WAIT until the program notices or ends.`,
      evidence: found.slice(0, MAX_EXAMPLES).map((row) => ({ frame: connections.closeFrame.get(row), note: `FIN of the server on connection ${row + 1}; ${lasted(row)}` })),
    },
  ];
}

/** Established, and nothing was ever sent. */
export function unusedConnection({ store, group, endpoint }: EndpointContext): FindingDraft[] {
  const { connections } = store;
  const found = [...group.unused];
  if (found.length === 0) return [];
  return [
    {
      rule: 'unused-connection',
      confidence: 'certain',
      endpoint,
      rows: found,
      explanation: grammar(`${plural(found.length, 'connection')} was opened and closed without a single byte: opened in advance, or dialled for a request that found another one first.`, found.length),
      evidence: found.slice(0, MAX_EXAMPLES).flatMap((row) => [
        { frame: openFrame(store, row), note: `SYN of connection ${row + 1}` },
        { frame: connections.closeFrame.get(row), note: 'closed, nothing sent' },
      ]),
      cost: { connections: found.length, nanoseconds: found.reduce((sum, row) => sum + Math.max(0, connections.synToSynAck.get(row)) + Math.max(0, connections.synAckToAck.get(row)), 0) },
    },
  ];
}

/** The client keeps idle connections longer than the server: each close of the server can meet a request. */
export function timeoutMismatch(context: EndpointContext): FindingDraft[] {
  const { store, rows, group, endpoint } = context;
  const { connections } = store;
  if (!group.causes.has('server-idle') || group.causes.has('client-idle')) return [];
  const { verdicts } = group.digest;
  const closes: number[] = [];
  const shortest = group.shortestServerIdle;
  let raced = 0;
  // No surer than the timeout that it speaks of.
  let confidence: Confidence = 'possible';
  for (let place = 0; place < rows.length; place++) {
    const found = verdictOf(verdicts[place]!)!;
    if (found.cause === 'stale-reuse') raced++;
    if (!namesServerIdle(found)) continue;
    closes.push(rows[place]!);
    if (found.confidence === 'certain' || confidence === 'possible') confidence = found.confidence;
  }
  const window = Math.max(1e6, ...closes.slice(0, 100).map((row) => connections.synToSynAck.get(row) + Math.max(0, connections.synAckToAck.get(row))));
  return [
    {
      rule: 'timeout-mismatch',
      confidence,
      endpoint,
      rows: closes,
      // Nothing was lost yet: good to know, not to be woken for.
      severity: raced > 0 ? 'warning' : 'info',
      explanation: `The server closes idle connections after ${formatDuration(shortest / 1e9)}, and the client keeps them at least as long. A request sent within about ${formatDuration(window / 1e9)} of such a close meets it and is lost${raced > 0 ? `: that happened ${raced === 1 ? 'once' : `${formatCount(raced)} times`} here` : ''}. The client's idle timeout has to be the shorter one.`,
      evidence: closes.slice(0, MAX_EXAMPLES).map((row) => ({ frame: connections.closeFrame.get(row), note: `FIN of the server on the idle connection ${row + 1}` })),
    },
  ];
}

/** "1 connection was", "2 connections were". */
function grammar(sentence: string, count: number): string {
  return count === 1 ? sentence : sentence.replace(' was ', ' were ');
}

/** Nothing of the connection could be read: whether it was free to be used again is an estimate too. */
function isSealed(store: ResultStore, row: number): boolean {
  const last = store.connections.lastExchange.get(row) - 1;
  return last >= 0 && isEstimated(store, last);
}
