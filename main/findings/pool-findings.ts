import { formatCount, formatDuration, plural } from '../../shared/format/quantity.ts';
import type { Confidence } from '../../shared/model/report.ts';
import { isEstimated } from '../store/estimated-exchanges.ts';
import type { ResultStore } from '../store/result-store.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { ACCUMULATED } from './accumulation.ts';
import { openFrame, responseFrameBefore } from './evidence.ts';
import { CLOSE_WAIT_FROM } from './endpoint-group.ts';
import { type EndpointContext, type Evidence, type FindingDraft, MAX_EXAMPLES } from './finding-draft.ts';
import { mostAtOnce } from './sorted-values.ts';
import { isUnused } from './unused.ts';
import { namesServerIdle, verdictOf } from './verdict.ts';

/** Answered so late, or not for so long up to the end of the capture: proof that the program does not look at the connection. */
const CLOSE_WAIT_ANSWERED = 1.2e9;
const CLOSE_WAIT_OPEN = 500e6;
/** Requests for each connection, from which on a few too many are chance. */
const NOW_AND_THEN = 100;
const BROWSERS: ReadonlySet<string> = new Set(['chrome', 'firefox']);

/** A new connection although an idle one could have carried the request, or would have if it had not been given up. */
export function missedReuse(context: EndpointContext): FindingDraft[] {
  const { store, pool, endpoint, group } = context;
  const idle = pool.missedWhileIdle.count;
  const missed = idle + pool.missedAfterClose.count;
  if (missed === 0) return [];
  const found = new Uint32Array(2 * missed);
  let count = 0;
  let nanoseconds = 0;
  for (const { opened, served, nanoseconds: handshakes } of [pool.missedWhileIdle, pool.missedAfterClose]) {
    for (let i = 0; i < opened.length; i++) {
      found[count++] = opened[i]!;
      // One that had been reused itself did its part.
      if (group.mostExchanges < 2 || store.connections.exchanges.get(served[i]!) < 2) found[count++] = served[i]!;
      nanoseconds += handshakes[i]!;
    }
  }
  const rows = found.subarray(0, count);
  // What was lost of a head may have said that the idle connection was to close. One that was given up was to serve either way.
  const isCut = idle === missed && pool.missedWhileIdle.served.every((row) => (context.case.load(row), context.case.headCut));
  const confidence: Confidence = isCut || (group.hasSealed && rows.some((row) => isSealed(store, row))) ? 'likely' : 'certain';
  const told = context.isTold('missed-reuse', confidence);
  return [{ rule: 'missed-reuse', confidence, endpoint, rows, explanation: told ? missedSentence(missed, idle) : '', evidence: told ? missedEvidence(context) : [], cost: { connections: missed, nanoseconds } }];
}

function missedSentence(missed: number, idle: number): string {
  const explanation =
    idle === missed
      ? `${plural(missed, 'connection')} was opened while another one to the same server lay idle and open.`
      : idle === 0
        ? `${plural(missed, 'connection')} was opened right after another one to the same server had been given up, although its answer was there: that one could have carried the next request.`
        : `${plural(missed, 'connection')} was opened although another one could have carried the request: ${formatCount(idle)} while one lay idle, ${formatCount(missed - idle)} after one had been given up.`;
  return grammar(explanation, missed);
}

function missedEvidence({ store, pool }: EndpointContext): Evidence[] {
  const evidence: Evidence[] = [];
  for (const { opened, served } of [pool.missedWhileIdle, pool.missedAfterClose]) {
    for (let i = 0; i < opened.length && evidence.length < 2 * MAX_EXAMPLES; i++) {
      evidence.push({ frame: responseFrameBefore(store, served[i]!, store.connections.startedAt.get(opened[i]!)), note: `connection ${served[i]! + 1} had answered here` }, { frame: openFrame(store, opened[i]!), note: `SYN of connection ${opened[i]! + 1}` });
    }
  }
  return evidence;
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

function isBrowser({ store, group: { clientStack, signs } }: EndpointContext): boolean {
  return BROWSERS.has(clientStack?.id ?? '') || (clientStack === null && signs.agent !== 0 && store.strings.text(signs.agent).startsWith('Mozilla/'));
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

/** Established, and nothing was ever asked. */
export function unusedConnection({ store, group, endpoint, case: c }: EndpointContext): FindingDraft[] {
  const { connections } = store;
  const found = group.unused.filter((row) => {
    c.load(row);
    return isUnused(c, group);
  });
  if (found.length === 0) return [];
  return [
    {
      rule: 'unused-connection',
      confidence: 'certain',
      endpoint,
      rows: found,
      explanation: grammar(`${plural(found.length, 'connection')} was opened and closed without a request: opened in advance, or dialled for a request that found another one first.`, found.length),
      evidence: found.slice(0, MAX_EXAMPLES).flatMap((row) => [
        { frame: openFrame(store, row), note: `SYN of connection ${row + 1}` },
        { frame: connections.closeFrame.get(row), note: 'closed, nothing asked' },
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
  const told = context.isTold('timeout-mismatch', confidence);
  return [
    {
      rule: 'timeout-mismatch',
      confidence,
      endpoint,
      rows: closes,
      // Nothing was lost yet: good to know, not to be woken for.
      severity: raced > 0 ? 'warning' : 'info',
      explanation: told ? mismatchSentence(context, closes, raced) : '',
      evidence: told ? closes.slice(0, MAX_EXAMPLES).map((row) => ({ frame: connections.closeFrame.get(row), note: `FIN of the server on the idle connection ${row + 1}` })) : [],
    },
  ];
}

function mismatchSentence({ store: { connections }, group }: EndpointContext, closes: readonly number[], raced: number): string {
  const window = Math.max(1e6, ...closes.slice(0, 100).map((row) => connections.synToSynAck.get(row) + Math.max(0, connections.synAckToAck.get(row))));
  const happened = raced === 0 ? '' : `: that happened ${raced === 1 ? 'once' : `${formatCount(raced)} times`} here`;
  return `The server closes idle connections after ${formatDuration(group.shortestServerIdle / 1e9)}, and the client keeps them at least as long. A request sent within about ${formatDuration(window / 1e9)} of such a close meets it and is lost${happened}. The client's idle timeout has to be the shorter one.`;
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
