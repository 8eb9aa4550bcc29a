import { formatBytes, formatDuration, plural, was } from '../../shared/format/quantity.ts';
import type { Confidence, RuleName } from '../../shared/model/report.ts';
import { Framing, MessageFlag } from '../http/exchange-sink.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import { ExchangeRow } from '../store/exchange-row.ts';
import type { ResultStore } from '../store/result-store.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { DigestBit } from './digest.ts';
import { type EndpointContext, type Evidence, type FindingDraft, MAX_EVIDENCE } from './finding-draft.ts';
import { isQuiet, SLOW_RESPONSE, STALLED } from './quiet-exchange.ts';
import { RowEvents } from './row-events.ts';

/** A client that waits so long for a "100 Continue" has its timeout behind it (Go, curl: 1 s). */
const EXPECT_WAIT = 300e6;
/** On a connection that is open when the capture ends, an answer that is not there after so long is missed: who captures a hang stops soon. */
const MAY_STILL_COME = 5e9;
/** Uploads large enough for the question what limits them. */
const LARGE_UPLOAD = 64 << 10;
/** Bytes of a segment on common paths (Ethernet), and the share of segments sent again from which on TCP is slowed by it. */
const SEGMENT = 1460;
const LOST_SHARE = 0.01;
const LOST_AT_LEAST = 3;
/** Share of an upload's time that makes one side the limit. */
const LIMITING_SHARE = 0.3;
/** The least time, in nanoseconds, for which a window has to hold an upload up. */
const HELD_AT_LEAST = 100e6;

/** One exchange; one object, set upon one after the other. */
class ExchangeCase extends ExchangeRow {
  /** Of its connection. */
  readonly events: RowEvents;
  private readonly store: ResultStore;

  constructor(store: ResultStore) {
    super(store.exchanges);
    this.events = new RowEvents(store);
    this.store = store;
  }

  /** It came before its response: where the exchange began. */
  get requestBegan(): number {
    return this.began;
  }

  get name(): string {
    return this.estimated ? 'sealed, by its turn' : this.store.strings.text(this.store.exchanges.method.get(this.row));
  }
}

/** Findings of one rule while an endpoint's exchanges are looked at one after the other. */
class Collected {
  /** All of them are told, and more gravely, by something else. */
  isMinor = true;
  /** One of them at least leaves no doubt, where some do. */
  isSure = false;
  readonly rows = new Set<number>();
  readonly evidence: Evidence[] = [];
  count = 0;
  nanoseconds = 0;
  longest = 0;

  add(connection: number, nanoseconds: number, ...evidence: Evidence[]): void {
    this.rows.add(connection);
    this.count++;
    this.nanoseconds += nanoseconds;
    this.longest = Math.max(this.longest, nanoseconds);
    if (this.evidence.length + evidence.length <= MAX_EVIDENCE) this.evidence.push(...evidence);
  }
}

/** What single exchanges show: slow, lost, early and refused ones, and what limited uploads. */
export function exchangeFindings(context: EndpointContext): FindingDraft[] {
  const { store, rows, endpoint, group } = context;
  const found = new Map<RuleName, Collected>();
  const collect = (rule: RuleName): Collected => {
    let collected = found.get(rule);
    if (collected === undefined) {
      collected = new Collected();
      found.set(rule, collected);
    }
    return collected;
  };
  const x = new ExchangeCase(store);
  for (let place = 0; place < rows.length; place++) {
    if ((group.digest.bits[place]! & DigestBit.QUIET) !== 0) continue;
    for (let exchange = store.connections.lastExchange.get(rows[place]!) - 1; exchange >= 0; exchange = x.previous) {
      x.load(exchange);
      if (!x.hasRequest || isQuiet(x)) continue;
      x.events.load(rows[place]!);
      look(context, x, collect);
    }
  }
  return [...found].map(([rule, collected]) => ({
    rule,
    confidence: rule === 'content-range-rejected' && !collected.isSure ? ('possible' as const) : (CONFIDENCE[rule] ?? ('certain' as const)),
    endpoint,
    rows: [...collected.rows].sort((a, b) => a - b),
    explanation: SENTENCES[rule]!(collected),
    evidence: collected.evidence,
    cost: { connections: 0, nanoseconds: collected.nanoseconds },
    ...((rule === 'upload-incomplete' || rule === 'response-stalled') && collected.isMinor ? { severity: 'info' as const } : {}),
  }));
}

/** Stops of one response that are its way of coming. */
const STREAM_STALLS = 3;
/** Of a server's packets so many repeated: to lose the same one three times in a row, for a second of silence, takes more. */
const MOST_LOST = 0.02;
const CONFIDENCE: Partial<Record<RuleName, Confidence>> = { 'upload-sender-limited': 'likely', 'upload-receiver-limited': 'likely', 'upload-network-limited': 'likely', 'response-stalled': 'likely' };

const SENTENCES: Partial<Record<RuleName, (found: Collected) => string>> = {
  'slow-response': (f) => `${plural(f.count, 'response')} began more than a second after the end of the request; the longest wait was ${formatDuration(f.longest / 1e9)}.`,
  'no-response': (f) => `${plural(f.count, 'request')} ${was(f.count)} sent whole and never answered; the longest wait was ${formatDuration(f.longest / 1e9)}.`,
  'response-stalled': (f) => `${plural(f.count, 'response')} stopped for a while in the middle, with the client's window open: the server did not send. The longest took ${formatDuration(f.longest / 1e9)} in all.${f.isMinor ? ' That is how events, logs and the like are sent.' : ''}`,
  'early-response': (f) => `${plural(f.count, 'response')} began before the request body was sent to its end.`,
  'expect-rejected': (f) => `${plural(f.count, 'request')} announced a body with "Expect: 100-continue" and got a final error instead: the body was never sent.`,
  'expect-timeout': (f) => `${plural(f.count, 'request')} waited for a "100 Continue" that did not come and sent the body without it; ${formatDuration(f.longest / 1e9)} lost at most. The server, or a proxy before it, does not answer Expect.`,
  'upload-incomplete': (f) => `${plural(f.count, 'request body', 'request bodies')} ${was(f.count)} not sent to the end.`,
  'upload-receiver-limited': (f) => `${plural(f.count, 'upload')} ${was(f.count)} held up by the server's receive window: it reads slower than the client sends.`,
  'upload-sender-limited': (f) => `${plural(f.count, 'upload')} paused although the server's window was open and all was acknowledged, for ${formatDuration(f.longest / 1e9)} at most: the client produces the body slowly.`,
  'upload-network-limited': (f) => `${plural(f.count, 'upload')} lost packets on the way: the client had to send parts again, with the server's window open.`,
  'content-range-rejected': (f) => `${plural(f.count, 'request')} with a Content-Range ${was(f.count)} refused with ${f.isSure ? '416: the server does not take the form in which the range was written' : '400: the form in which the range was written may be why'}.`,
};

function look(context: EndpointContext, x: ExchangeCase, collect: (rule: RuleName) => Collected): void {
  const { store } = context;
  const { exchanges, connections, strings } = store;
  const requestFrame = exchanges.requestFrame.get(x.row);
  const requestEnd = exchanges.requestEndFrame.get(x.row);
  const responseFrame = exchanges.responseFrame.get(x.row);
  const expects = (x.requestFlags & MessageFlag.expectContinue) !== 0;
  const hasBody = x.requestFraming === Framing.contentLength || x.requestFraming === Framing.chunked;
  const wait = x.responseBegan - x.requestEnded;
  if (x.requestComplete && x.hasResponse && wait >= SLOW_RESPONSE) {
    collect('slow-response').add(x.connection, wait, { frame: requestEnd, note: `end of the request (${x.name})` }, { frame: responseFrame, note: `the response begins ${formatDuration(wait / 1e9)} later` });
  }
  if (x.requestComplete && !x.hasResponse && hasBody && !isLost(store, x) && x.events.isWhollySeen) {
    const isClosed = (connections.state.get(x.connection) & ConnectionBits.CLOSED) !== 0;
    const until = isClosed ? connections.closedAt.get(x.connection) : context.end;
    if (until - x.requestEnded >= (isClosed ? SLOW_RESPONSE : MAY_STILL_COME)) {
      collect('no-response').add(x.connection, until - x.requestEnded, { frame: requestEnd, note: `end of the request (${x.name}, ${formatBytes(x.requestBody)})` }, { frame: connections.lastFrame.get(x.connection), note: `no response in ${formatDuration((until - x.requestEnded) / 1e9)}` });
    }
  }
  // What comes after the client's own close answers a request that was broken off, not one that was still coming.
  if (hasBody && x.hasResponse && (x.requestBody > 0 || x.requestComplete) && !(x.requestEnded <= x.responseBegan && x.requestComplete) && !clientHadClosed(store, x) && x.events.isWhollySeen) {
    collect('early-response').add(x.connection, 0, { frame: requestFrame, note: `request (${x.name}) begins` }, { frame: responseFrame, note: `response ${x.status}, with the body not yet sent to its end` });
  }
  if (expects && x.hasResponse && x.status >= 400 && x.requestBody === 0 && hasBody) {
    collect('expect-rejected').add(x.connection, 0, { frame: requestFrame, note: 'request with Expect: 100-continue' }, { frame: responseFrame, note: `answered ${x.status}` });
  }
  if (expects && x.requestComplete && x.requestEnded - x.requestBegan >= EXPECT_WAIT && !hadInterim(x)) {
    collect('expect-timeout').add(x.connection, x.requestEnded - x.requestBegan, { frame: requestFrame, note: 'request with Expect: 100-continue' }, { frame: requestEnd, note: `the body ends ${formatDuration((x.requestEnded - x.requestBegan) / 1e9)} later; no 100 had come` });
  }
  if (hasBody && !x.requestComplete && !expects && x.requestBody > 0 && hasStopped(context, x) && x.events.isWhollySeen) {
    const incomplete = collect('upload-incomplete');
    // The server had refused it, or had closed before it came: that is what ended it.
    const { cause } = context.verdicts.get(x.connection);
    incomplete.isMinor &&= cause === 'stale-reuse' || (x.hasResponse && (x.status >= 400 || cause === 'undrained-request') && !clientHadClosed(store, x));
    incomplete.add(x.connection, 0, { frame: requestFrame, note: `request (${x.name}) begins` }, { frame: requestEnd || connections.lastFrame.get(x.connection), note: `${formatBytes(x.requestBody)} of the body were sent` });
  }
  const range = exchanges.requestContentRange.get(x.row);
  if (range !== 0 && (x.status === 416 || x.status === 400)) {
    const rejected = collect('content-range-rejected');
    // 400 says only that something of the request is wrong.
    rejected.isSure ||= x.status === 416;
    rejected.add(x.connection, 0, { frame: requestFrame, note: `Content-Range: ${strings.text(range)}` }, { frame: responseFrame, note: `answered ${x.status}` });
  }
  if (hasBody && x.requestComplete && (!expects || hadInterim(x))) limits(context, x, collect);
  if (x.hasResponse && x.responseComplete) stall(context, x, collect);
}

/** What held an upload up: the server's window, losses on the path, or the client's own pace. */
function limits(context: EndpointContext, x: ExchangeCase, collect: (rule: RuleName) => Collected): void {
  const { store } = context;
  const duration = x.requestEnded - x.requestBegan;
  if (duration < HELD_AT_LEAST) return;
  const atZero = x.events.windowClosed(false, x.requestBegan, x.requestEnded);
  // What stands at zero was filled before: the longer of the two holds both.
  const closed = Math.max(atZero, x.events.waits(EventKind.windowFull, true, x.requestBegan, x.requestEnded).nanoseconds);
  const held = closed === 0 ? '' : atZero >= closed ? `, the server's window at zero for ${formatDuration(closed / 1e9)} of it` : `; the client waited for room in the server's window for ${formatDuration(closed / 1e9)} of it`;
  const evidence: Evidence[] = [
    { frame: store.exchanges.requestFrame.get(x.row), note: `request (${x.name}) begins` },
    { frame: store.exchanges.requestEndFrame.get(x.row), note: `${formatBytes(x.requestBody)} in ${formatDuration(duration / 1e9)}${held}` },
  ];
  const sentAgain = store.connections.retransmissionsClient.get(x.connection);
  if (closed >= LIMITING_SHARE * duration && closed >= HELD_AT_LEAST && x.requestBody >= LARGE_UPLOAD) {
    collect('upload-receiver-limited').add(x.connection, closed, ...evidence);
  } else if (duration >= 1e9 && x.requestBody >= LARGE_UPLOAD && sentAgain >= Math.max(LOST_AT_LEAST, (LOST_SHARE * store.connections.payloadClient.get(x.connection)) / SEGMENT)) {
    const [begin, end] = evidence as [Evidence, Evidence];
    collect('upload-network-limited').add(x.connection, duration, begin, { ...end, note: `${end.note}; on this connection the client sent ${plural(sentAgain, 'segment')} again` });
  } else {
    const silent = x.events.waits(EventKind.pause, true, x.requestBegan, x.requestEnded).nanoseconds + x.events.waits(EventKind.stall, true, x.requestBegan, x.requestEnded).nanoseconds;
    if (duration < 1e9 || silent < LIMITING_SHARE * duration) return;
    const [begin, end] = evidence as [Evidence, Evidence];
    collect('upload-sender-limited').add(x.connection, silent, begin, { ...end, note: `${end.note}; for ${formatDuration(silent / 1e9)} of it the client sent nothing, with all acknowledged` });
  }
}

/** A complete response in which the server once was silent for a second or more, on a path that does not lose so much that it would explain it. */
function stall(context: EndpointContext, x: ExchangeCase, collect: (rule: RuleName) => Collected): void {
  const { store } = context;
  const duration = x.responseEnded - x.responseBegan;
  if (duration < STALLED || x.events.windowClosed(true, x.responseBegan, x.responseEnded) > 0) return;
  const { retransmissionsServer, packetsServer } = store.connections;
  if (retransmissionsServer.get(x.connection) > MOST_LOST * packetsServer.get(x.connection)) return;
  const silences = x.events.waits(EventKind.stall, false, x.responseBegan, x.responseEnded);
  if (silences.nanoseconds === 0) return;
  const stalled = collect('response-stalled');
  // Of unknown length, and silent again and again: events or a log, sent as they come.
  stalled.isMinor &&= x.responseFraming !== Framing.contentLength && silences.count >= STREAM_STALLS;
  stalled.add(
    x.connection,
    duration,
    { frame: store.exchanges.responseFrame.get(x.row), note: x.estimated ? 'the response begins' : `response ${x.status} begins` },
    { frame: store.exchanges.responseEndFrame.get(x.row), note: `and ends ${formatDuration(duration / 1e9)} later; the server sent nothing for ${formatDuration(silences.nanoseconds / 1e9)} of it` },
  );
}

/** A 1xx came before the request had been sent to its end. */
function hadInterim(x: ExchangeCase): boolean {
  return x.events.hadInterim(x.row, x.requestEnded);
}

/** Nothing more of the body comes: the connection was closed, or a while went by. */
function hasStopped({ store, end }: EndpointContext, x: ExchangeCase): boolean {
  return (store.connections.state.get(x.connection) & ConnectionBits.CLOSED) !== 0 || end - x.requestEnded >= STALLED;
}

/** The client's FIN or RST was the first, and before the response. */
function clientHadClosed({ connections }: ResultStore, x: ExchangeCase): boolean {
  const byClient = ConnectionBits.CLOSED | ConnectionBits.CLOSED_BY_CLIENT;
  return (connections.state.get(x.connection) & byClient) === byClient && connections.closedAt.get(x.connection) < x.responseBegan;
}

/** Never acknowledged: lost on the way rather than unanswered. */
function isLost(store: ResultStore, x: ExchangeCase): boolean {
  return store.connections.unansweredClient.get(x.connection) >= 2;
}
