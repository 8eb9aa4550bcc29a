import { formatCount, plural, was } from '../../shared/format/quantity.ts';
import type { CloseCause } from '../../shared/model/report.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import type { ConnectionCase } from './case.ts';
import { bodyWasRead } from './client-close.ts';
import { Shape } from './close-shape.ts';
import { type Digest, DigestBit } from './digest.ts';
import { openFrame, responseFrameBefore } from './evidence.ts';
import { WINDOW_SHRUNK } from './unfinished-response.ts';
import { type EndpointContext, type Evidence, type FindingDraft, MAX_EXAMPLES } from './finding-draft.ts';

/** Connections held at once that make a leak; two may be chance. */
export const ACCUMULATED = 3;
/** How connections end that nobody looks at; more of them than so many are a habit, no oversight. */
const LEFT: ReadonlySet<CloseCause> = new Set(['open-at-end', 'server-idle', 'server-shutdown', 'process-exit', 'keepalive-dead-peer']);
const MAX_LEFT = 16;
/** The FIN of a program that watches its idle connections follows the server's within this time and a round trip. */
const ANSWERED_AT_ONCE = 100e6;
/** Clients without a pool of their own per call: python's requests, urllib3 and httpx close when the call or its `with` ends. */
const CLOSES_PER_CALL: ReadonlySet<string> = new Set(['python-requests', 'python-urllib3', 'httpx']);
/** Clients of which all of a program share one pool: what is passed over there is in use. */
const ONE_POOL: ReadonlySet<string> = new Set(['java-httpurlconnection']);
/** Clients whose pools always have an idle timer: what lies there for longer is in no pool. Others' run only where the program has asked for one (Go's Transport, Node's Agent). */
const ALWAYS_TIMED: ReadonlySet<string> = new Set(['node-fetch-undici', 'agentkeepalive', 'aiohttp-client', 'okhttp', 'rust-reqwest-hyper', 'dotnet-socketshttphandler']);
/** How much later than its timer says a client may look. */
const TIMER_LATE = 2e9;
/** What passes requests on for others. */
const PROXIES: ReadonlySet<string> = new Set(['go-reverse-proxy', 'nginx-upstream', 'haproxy-backend', 'envoy-upstream', 'traefik-backend', 'caddy-backend', 'varnish-backend', 'squid-upstream', 'apache-proxy']);

/** The client itself closed it below a second after its response, which it had not read, or of which the capture holds too little to tell. */
function isLetGo({ case: c, verdicts }: EndpointContext, row: number): boolean {
  const { cause } = verdicts.get(row);
  if (cause !== 'undrained-response' && cause !== 'unknown') return false;
  c.load(row);
  if (!c.closed || !c.byClient) return false;
  return cause === 'unknown' ? c.idle < 1e9 : !c.byReset && c.closedAt - c.responseEnded < 1e9;
}

/** Connections that carry one exchange, stay open and are never used again; and whether bodies or clients are what is forgotten. */
export function accumulation(context: EndpointContext): FindingDraft[] {
  const { store, rows, pool, endpoint, verdicts, group: { clientStack, digest } } = context;
  const { connections } = store;
  // What the program lets go of soon after does not pile up: so many requests are under way at once.
  const held = pool.held.filter((row) => !isLetGo(context, row));
  if (held.length + 1 < ACCUMULATED) return leftIdle(context);
  let single = 0;
  let used = 0;
  let halfSeen = 0;
  for (let place = 0; place < rows.length; place++) {
    if (!isKept(digest, place)) continue;
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
  const everyOne = [...rows].filter((row, place) => connections.exchanges.get(row) === 1 && isKept(digest, place) && verdicts.get(row).cause !== 'client-close-option');
  const evidence: Evidence[] = held.slice(-MAX_EXAMPLES).map((row) => ({ frame: responseFrameBefore(store, row, Infinity), note: `last byte on connection ${row + 1}, open and never used again` }));
  evidence.push({ frame: openFrame(store, pool.openedBesideHeld), note: `SYN of connection ${pool.openedBesideHeld + 1}` });
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
  let known = 0;
  for (const row of everyOne) {
    c.load(row);
    if (verdicts.get(row).cause === 'client-idle' || bodyWasRead(c, context.group)) known++;
    if (c.zeroWindowOpenClient || c.windowDropClient >= 8192 || (c.closed && c.byClient && c.byReset)) unread++;
    else if (outlivedTimer(c, context)) forgotten++;
    else if (c.closed && c.byClient && (verdicts.get(row).cause === 'client-idle' || (verdicts.get(row).cause === 'process-exit' && !closesPerCall))) pooled++;
    // Who answers the server's FIN at once was reading: a pool watches its idle connections, a forgotten body is watched by nobody.
    else if (c.closed && !c.byClient && !c.byReset) {
      if (c.secondFinFrame !== 0 && c.secondFinAfter <= ANSWERED_AT_ONCE + c.roundTrip) pooled++;
      else forgotten++;
    }
  }
  const hasOnePool = ONE_POOL.has(clientStack?.id ?? '');
  const perRequest = isProxy || (!hasOnePool && pooled > unread + forgotten);
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
  // Small bodies that lie in a buffer, and no timer of anybody's that had run out: one looks like the other.
  if (!isProxy && !hasOnePool && unread + forgotten + known === 0 && everyOne.every((row) => !closedByServer(context, row))) {
    drafts.push({
      rule: perRequest ? 'body-not-closed' : 'client-per-request',
      confidence: 'possible',
      endpoint,
      rows: everyOne,
      explanation: perRequest
        ? `A program that keeps ${plural(everyOne.length, 'small response')} without closing them looks the same up to its end: the bodies fit in what its library reads ahead.`
        : `A program that makes a new HTTP client for each of ${plural(everyOne.length, 'request')} looks the same until an idle timeout shows: the bodies are small enough to have been read.`,
      evidence,
      alternatives: [perRequest ? 'client-per-request' : 'body-not-closed'],
    });
  }
  return drafts;
}

/** It lay idle for longer than the pool of such a client lets anything lie: no pool held it, so its response was never done with. */
function outlivedTimer(c: ConnectionCase, { group: { clientStack, keepAliveHint }, end }: EndpointContext): boolean {
  const timer = clientStack?.idleClose ?? null;
  if (timer === null || !ALWAYS_TIMED.has(clientStack!.id) || !c.responseComplete) return false;
  return (c.closed ? c.closedAt : end) - c.responseEnded > Math.max(timer.maxSeconds, keepAliveHint) * 1e9 + TIMER_LATE;
}

/** It carried a request, and the client did not close it at once: what it closes does not pile up, nor say what it does with others. */
function isKept(digest: Digest, place: number): boolean {
  return (digest.bits[place]! & DigestBit.NEEDED) !== 0 && digest.shapes[place] !== Shape.clientFinAtOnce;
}

function closedByServer({ store: { connections } }: EndpointContext, row: number): boolean {
  return (connections.state.get(row) & (ConnectionBits.CLOSED | ConnectionBits.CLOSED_BY_CLIENT)) === ConnectionBits.CLOSED;
}

/** A few connections that lay idle while others were opened, and were never used again: one response that was not closed would look so. */
function leftIdle({ store, rows: all, pool, endpoint, verdicts, case: c, group: { clientStack, digest, timeline } }: EndpointContext): FindingDraft[] {
  // Of software that is not known, and of proxies, nobody can say that it has one pool and closes responses.
  if (clientStack === null || clientStack.closesUndrained === null || PROXIES.has(clientStack.id)) return [];
  const passedOver = new Set([pool.missedWhileIdle, pool.besideIdle].flatMap(({ served }) => [...served].filter((row) => LEFT.has(verdicts.get(row).cause))));
  if (passedOver.size === 0) return [];
  const missed = pool.missedWhileIdle.count + pool.besideIdle.count;
  let rows: number[] = [];
  for (let place = 0; place < digest.count; place++) {
    if (!LEFT.has(verdicts.get(all[place]!).cause) || timeline.openedWithin(digest.reusable[place]!, digest.closed[place]!) <= 0) continue;
    if (rows.length === MAX_LEFT) return [];
    rows.push(all[place]!);
  }
  // Each that was left would have spared a dial: where fewer were missed, others only lay idle beside it.
  if (rows.length > missed) rows = rows.filter((row) => passedOver.has(row));
  const evidence: Evidence[] = [];
  let unread = 0;
  for (const row of rows) {
    c.load(row);
    if (c.windowDropClient >= WINDOW_SHRUNK || c.zeroWindowOpenClient) unread++;
    if (evidence.length >= 2 * MAX_EXAMPLES) continue;
    const next = all[timeline.openedWithin(-1, c.responseEnded)];
    evidence.push({ frame: responseFrameBefore(store, row, Infinity), note: `last byte on connection ${row + 1}, open and never used again` });
    if (next !== undefined) evidence.push({ frame: openFrame(store, next), note: `SYN of connection ${next + 1}` });
  }
  if (rows.length === 0) return [];
  const why = unread === rows.length ? 'the program did not read that response to its end, nor close it.' : 'the program may not have closed that response.';
  return [
    {
      rule: 'body-not-closed',
      // Bytes that nobody had read when it ended: no other pool had finished with them.
      confidence: unread === rows.length ? 'likely' : 'possible',
      endpoint,
      rows,
      explanation: `${plural(rows.length, 'connection')} ${was(rows.length)} never used again after a whole response, although ${rows.length === 1 ? 'it was' : 'they were'} open and idle when others were opened: ${why} Another program, or another pool of the same, would look so too.`,
      evidence,
      alternatives: ['client-per-request'],
    },
  ];
}
