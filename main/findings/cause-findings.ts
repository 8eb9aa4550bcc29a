import { formatDuration, plural, was } from '../../shared/format/quantity.ts';
import type { CloseCause, Confidence, Side } from '../../shared/model/report.ts';
import type { ConnectionCase } from './case.ts';
import { caseAdvice } from './case-advice.ts';
import { AT_ONE_MOMENT } from './client-programs.ts';
import { brokeOffRequest } from './close-shape.ts';
import { closeEvidence, openFrame } from './evidence.ts';
import { type EndpointContext, type Evidence, type FindingDraft, MAX_EVIDENCE, MAX_EXAMPLES } from './finding-draft.ts';
import { idleOf } from './server-close.ts';
import { failedTlsSentence, waitedForTls } from './tls-handshake.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** Causes nobody acts on. */
const NO_FINDING: ReadonlySet<CloseCause> = new Set(['open-at-end', 'capture-incomplete', 'unknown', 'protocol-switched', 'client-per-request']);

/** How much longer than the handshake's round trip a packet may take. */
const ON_THE_WAY = 50e6;

/** Of more connections some are asked how long they were idle. */
const MOST_IDLE_TIMES = 1000;

/** Causes that stand in a message. */
const SAID: ReadonlySet<CloseCause> = new Set(['client-close-option', 'server-close-option', 'http10-default', 'close-delimited']);

/** What one close of that cause means, as the sentence of a finding over `n` connections; `x` is a typical one. */
const SENTENCES: Partial<Record<CloseCause, (n: number, x: ConnectionCase, context: EndpointContext, group: Group) => string>> = {
  'undrained-response': (n, _x, _context, { confidence, connections }) =>
    `The client closed ${plural(n, 'connection')}${MAYBE[confidence]} without reading the response body to its end. A connection with unread bytes cannot carry another request${connections > 0 ? ', so the next request had to open a new one' : ''}.`,
  'undrained-request': (n, x) => undrainedRequest(n, x),
  'client-close-option': (n) => `The client asked for the close of ${plural(n, 'connection')} with "Connection: close" in the request.`,
  'server-close-option': (n, x) => `The server announced the close of ${plural(n, 'connection')} with "Connection: close" in its response${x.clientSaidClose ? ', as it must when the request says so' : ''}.`,
  'http10-default': (n) => `${plural(n, 'connection')} spoke HTTP/1.0 without "keep-alive", so each ended after its response.`,
  'close-delimited': (n) => `The end of the response body was marked by the end of ${plural(n, 'connection')}: neither Content-Length nor chunked framing was used, so no reuse was possible.`,
  'max-requests': (n, x) => `${plural(n, 'connection')} ended after ${plural(x.exchanges, 'request')}${n === 1 ? '' : ' each'}: a limit of the ${closer(x)} on requests per connection.`,
  'max-age': (n, x) => `${plural(n, 'connection')} ended at the age of ${formatDuration((x.closedAt - x.startedAt) / 1e9)}: a limit on the age of connections.`,
  'client-idle': (n, x, _context, { rows }) => `The client closed ${plural(n, 'idle connection')} after ${idleTimes(x, rows, () => (x.last < 0 ? x.idle : x.closedAt - x.responseEnded))} without a request: its idle timeout.`,
  'server-idle': (n, x, _context, { rows }) => `The server closed ${plural(n, 'idle connection')} after ${idleTimes(x, rows, () => idleOf(x))} without a request: its idle timeout.`,
  'pool-overflow': (n, _x, { pool, group }) =>
    group.evicts
      ? `The client closed ${plural(n, 'idle connection')}, each when a response on another one was complete, to make room for that one: its pool keeps fewer idle connections in all than it uses in turn, those to other servers counted.`
      : `The client closed ${plural(n, 'connection')} right after complete responses, while others to the same server stayed open and were reused. Its pool keeps fewer idle connections than it has requests at once: up to ${pool.maxConcurrent} were open, at most ${pool.maxIdle} of them idle.`,
  'client-timeout': (n, x) => x.tlsUnfinished ? waitedForTls(n, x) : `The client gave up ${plural(n, 'request')} ${formatDuration((x.closedAt - x.requestBegan) / 1e9)} after ${x.hasRequest && !x.requestComplete ? 'it began, with its body not yet sent to the end' : 'sending'}: its timeout.`,
  'server-timeout': (n, x) =>
    Number.isNaN(x.requestBegan)
      ? `The server gave up ${plural(n, 'connection')} ${formatDuration((x.closedAt - x.startedAt) / 1e9)} after the handshake: no whole request had come.`
      : `The server closed ${plural(n, 'connection')} with a request unanswered for ${formatDuration((x.closedAt - x.requestBegan) / 1e9)}: a timeout of its own.`,
  'client-abort': (n, x) =>
    brokeOffRequest(x)
      ? `The client closed ${plural(n, 'connection')} in the middle of a request, when the answer to it was there.`
      : `The client closed ${plural(n, 'connection')} before ${x.tlsUnfinished ? 'its ClientHello was answered' : 'the response was complete'}.`,
  'server-truncated': (n) => `The server closed ${plural(n, 'connection')} in the middle of a response: the client got less than was promised.`,
  'server-error': (n, x) => (x.hasResponse ? `The server closed ${plural(n, 'connection')} without having announced it.` : `The server closed ${plural(n, 'connection')} with a request unanswered.`),
  'server-shutdown': (n) => `The server closed ${plural(n, 'idle connection')} at a moment that fits no idle timeout: a restart, a reload or a shutdown would look so.`,
  'stale-reuse': (n, x) => {
    const late = x.requestBegan - x.closedAt;
    // Longer than any packet was under way: the FIN had come.
    return late > x.roundTrip + ON_THE_WAY
      ? `The client sent a request on ${plural(n, 'connection')} that the server had closed ${formatDuration(late / 1e9)} before: it does not look whether a connection is still open, and the request was never processed.`
      : `The client sent a request on ${plural(n, 'connection')} that the server was just closing: the two crossed, and the request was never processed (the keep-alive race).`;
  },
  'keepalive-dead-peer': (n, x) => `${plural(n, 'connection')} ${was(n)} given up after ${x.unansweredProbes} TCP keep-alive probes without an answer: the peer or the path was gone.`,
  middlebox: (n, x) => middlebox(n, x),
  'connect-failed': (n, x) => x.established ? failedTlsSentence(n, x) : (x.closed ? `${plural(n, 'connection attempt')} ${was(n)} refused: the SYN was answered by a RST.` : `${plural(n, 'connection attempt')} got no answer.`),
  'protocol-error': (n, x) =>
    x.beganTlsInVain
      ? `The client began TLS on ${plural(n, 'connection')}, and the server answered in plain HTTP: it does not speak TLS on that port.`
      : x.responseMalformed && x.alertFrame !== 0
      ? `The server answered a plain request with a TLS alert, on ${plural(n, 'connection')}: it speaks TLS on that port, and the client has to ask with https.`
      : x.responseMalformed && !x.hasResponse
      ? `What came in place of a response is not HTTP, on ${plural(n, 'connection')}: another kind of server is behind that port, or a broken one.`
      : x.responseMalformed
      ? `The chunks of a response were not framed as they must be, on ${plural(n, 'connection')}: nobody can tell where that response ends, so the connection was closed.`
      : `The server sent bytes that no request asked for (its Content-Length is too small), and the client closed ${plural(n, 'connection')}.`,
  'process-exit': (n) => `The client closed ${plural(n, 'idle connection')} as a program does that ends or discards its HTTP client.`,
};

const MAYBE: Record<Confidence, string> = { certain: '', likely: ', most likely', possible: ', possibly' };

/** Connections that share a cause and the confidence in it, and what they cost: those that had to be opened in their place. */
interface Group {
  readonly cause: CloseCause;
  readonly confidence: Confidence;
  rows: Int32Array;
  count: number;
  readonly alternatives: Set<CloseCause>;
  connections: number;
  nanoseconds: number;
  /** The first connection opened in their place, -1 without. */
  instead: number;
}

/** A finding for each cause, and each confidence in it, among the connections of an endpoint. */
export function causeFindings(context: EndpointContext): FindingDraft[] {
  const { rows, group: { digest }, verdicts, pool } = context;
  const groups: Group[] = [];
  const byVerdict: (Group[] | undefined)[] = [];
  for (let place = 0; place < rows.length; place++) {
    const id = digest.verdicts[place]!;
    const own = (byVerdict[id] ??= groupsOf(verdictOf(id)!, groups));
    for (let i = 0; i < own.length; i++) own[i]!.count++;
  }
  const places = context.scratch.takeInts('rows of causes', groups.reduce((sum, { count }) => sum + count, 0));
  let from = 0;
  for (const group of groups) {
    group.rows = places.subarray(from, (from += group.count));
    group.count = 0;
  }
  for (let place = 0; place < rows.length; place++) {
    const own = byVerdict[digest.verdicts[place]!]!;
    for (let i = 0; i < own.length; i++) own[i]!.rows[own[i]!.count++] = rows[place]!;
  }
  for (const { opened, served, nanoseconds } of [pool.missedAfterClose, pool.missedWhileIdle]) {
    for (let i = 0; i < opened.length; i++) {
      for (const group of byVerdict[verdicts.get(served[i]!).id]!) {
        group.connections++;
        group.nanoseconds += nanoseconds[i]!;
        if (group.instead < 0) group.instead = opened[i]!;
      }
    }
  }
  return groups.map((group) => draft(context, group));
}

/** The groups that a connection with this verdict belongs to: one for its cause, one for each thing that is true besides. */
function groupsOf(found: Verdict, groups: Group[]): Group[] {
  return [found.cause, ...found.also]
    .filter((cause) => !NO_FINDING.has(cause))
    .map((cause) => {
      // What a message says is certain, whatever explains it.
      const confidence = cause !== found.cause && SAID.has(cause) ? 'certain' : found.confidence;
      let group = groups.find((one) => one.cause === cause && one.confidence === confidence);
      if (group === undefined) {
        group = { cause, confidence, rows: NO_ROWS, count: 0, alternatives: new Set(), connections: 0, nanoseconds: 0, instead: -1 };
        groups.push(group);
      }
      if (cause === found.cause) for (const alternative of found.alternatives) group.alternatives.add(alternative);
      return group;
    });
}

const NO_ROWS = new Int32Array(0);

/** How long connections had been idle, in words: from the least to the greatest where these differ (several servers behind one address, a timer that is looked at now and then). */
function idleTimes(x: ConnectionCase, rows: Int32Array, idle: () => number): string {
  let least = idle();
  let greatest = least;
  const step = Math.ceil(rows.length / MOST_IDLE_TIMES);
  for (let i = 0; i < rows.length; i += step) {
    x.load(rows[i]!);
    least = Math.min(least, idle());
    greatest = Math.max(greatest, idle());
  }
  x.load(rows[0]!);
  return greatest <= least * 1.1 + 100e6 ? formatDuration(idle() / 1e9) : `${formatDuration(least / 1e9)} to ${formatDuration(greatest / 1e9)}`;
}

function undrainedRequest(n: number, x: ConnectionCase): string {
  const answered = `The server answered${x.status >= 400 ? ' with an error' : ''} before it had read the whole request body, and`;
  const connections = plural(n, 'connection');
  if (x.resetsServer + x.bareResetsServer > 0) return `${answered} closed ${connections}. Bytes that were still arriving made its kernel send a RST, which can destroy the answer before the client reads it.`;
  if (x.byClient && !x.requestComplete) return `${answered} the client closed ${connections} with the rest unsent.`;
  return `${answered} closed ${connections}. Bytes that still arrive then make its kernel send a RST: none was seen here, but it can destroy the answer before the client reads it.`;
}

function middlebox(n: number, x: ConnectionCase): string {
  const connections = plural(n, 'connection');
  const side = x.byClient ? 'client' : 'server';
  if (x.responseSwallowed) return `Responses on ${connections} were sent again and again, and the client acknowledged nothing more: the path swallows them, or the client's machine is gone.`;
  if (!x.closed) return `Requests on ${connections} were sent again and again and nothing came back: the path swallows them.`;
  if (x.byReset && x.resetOtherTtl) return `A RST ended ${connections} whose TTL is not that of the ${side}'s other packets: something between the two sent it in its name.`;
  if (x.hasRequest && !x.hasResponse) return `A RST ended ${connections} on the first request after a pause, without any FIN of the server: something between, or a server that lost its state, had forgotten it.`;
  return `A RST from the side of the ${side} ended ${plural(n, 'idle connection')}, with no FIN before it: something between sent it, or a ${side} that no longer knew the connection.`;
}

/** Who ended the connection: with an option of the server, it, whoever sends the FIN. */
function closer(c: ConnectionCase): Side {
  return c.serverSaidClose || !c.byClient ? 'server' : 'client';
}

function draft(context: EndpointContext, group: Group): FindingDraft {
  const { cause, confidence, rows, alternatives, connections, nanoseconds, instead } = group;
  const { store, endpoint, verdicts } = context;
  const c = context.case;
  const evidence: Evidence[] = [];
  let explanation = '';
  c.load(rows[0]!);
  const side = closer(c);
  if (context.isTold(cause, confidence)) {
    for (const row of rows.subarray(0, MAX_EXAMPLES)) {
      c.load(row);
      evidence.push(...closeEvidence(store, c, verdicts.get(row)));
    }
    if (instead >= 0) evidence.push({ frame: openFrame(store, instead), note: 'SYN of the connection that was needed instead' });
    c.load(rows[0]!);
    explanation = SENTENCES[cause]?.(rows.length, c, context, group) ?? `${plural(rows.length, 'connection')}.`;
  }
  const advice = caseAdvice(cause, c);
  const ended = cause === 'client-abort' && context.isTold(cause, confidence) && endedTogether(context, rows);
  if (ended) explanation += ' All of them at one moment, and nothing came after it: the program ended, or its load test did.';
  const ofChecks = !ended && SAID.has(cause) && areHealthChecks(context, rows);
  if (ofChecks) explanation += ' All of them are health checks, which open a connection each time on purpose.';
  return {
    rule: cause,
    confidence,
    ...(ended || ofChecks ? { severity: 'info' as const } : {}),
    ...(cause === 'max-requests' ? { side } : {}),
    endpoint,
    rows,
    explanation,
    ...(advice === null ? {} : { advice }),
    evidence: evidence.slice(0, MAX_EVIDENCE),
    alternatives: [...alternatives],
    cost: { connections, nanoseconds },
  };
}

function areHealthChecks({ case: c, group }: EndpointContext, rows: Int32Array): boolean {
  for (const row of rows) {
    c.load(row);
    if (!group.healthChecks.isCheck(c)) return false;
  }
  return true;
}

/** Whether several connections were given up at one moment, after which the client opened none: it ended in the middle of its work. */
function endedTogether({ store, group }: EndpointContext, rows: Int32Array): boolean {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const row of rows) {
    const closed = store.connections.closedAt.get(row);
    first = Math.min(first, closed);
    last = Math.max(last, closed);
  }
  return rows.length > 1 && last - first <= AT_ONE_MOMENT && group.timeline.openedWithin(last, Number.POSITIVE_INFINITY) === 0;
}
