import { alertName } from '../../shared/format/tls-alerts.ts';
import { formatCount, formatDuration, plural } from '../../shared/format/quantity.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import { EventKind, ResetFlag } from '../tcp/connection-sink.ts';
import type { ConnectionCase } from './case.ts';
import type { Evidence } from './finding-draft.ts';
import type { Verdict } from './verdict.ts';

/** The frames that prove why a connection closed, in the order of the wire. */
export function closeEvidence(store: ResultStore, c: ConnectionCase, found: Verdict): Evidence[] {
  const { connections, exchanges } = store;
  const evidence: Evidence[] = [];
  const add = (frame: number, note: string): void => {
    if (frame !== 0) evidence.push({ frame, note });
  };
  if (found.cause === 'connect-failed' && !c.established) {
    add(connections.firstFrame.get(c.row), c.synRetransmissions > 0 ? `SYN, sent ${c.synRetransmissions + 1} times` : 'SYN');
    add(c.closeFrame, 'answered by RST: nothing accepts connections there');
    return evidence;
  }
  if (c.last >= 0) {
    if (c.hasRequest) add(exchanges.requestFrame.get(c.last), requestNote(store, c));
    if (c.hasResponse) {
      const status = c.estimated ? 'sealed' : String(c.status);
      if (c.responseCompleteAtClose) add(exchanges.responseEndFrame.get(c.last), `last byte of the response (${status}, ${formatCount(c.responseBody)} bytes${c.estimated ? '' : ' of body'})`);
      else add(exchanges.responseFrame.get(c.last), `first byte of the response (${status})`);
    }
  }
  probes(store, c, add);
  if (c.notifiedFrame !== 0) add(c.notifiedFrame, `close_notify of the ${c.byClient ? 'server' : 'client'}, which the FIN answers`);
  if (c.alertFrame !== 0) add(c.alertFrame, `fatal TLS alert of the ${c.alertByClient ? 'client' : 'server'}: ${alertName(c.alertDescription)}`);
  if (c.closed) add(c.closeFrame, closeNote(store, c));
  const sentAgain = connections.retransmissionsClient.get(c.row);
  if (found.cause === 'middlebox' && !c.closed && sentAgain > 0) add(connections.lastFrame.get(c.row), `the client's last packet: ${plural(sentAgain, 'segment')} sent again until here, and nothing came back`);
  const secondFin = connections.secondFinFrame.get(c.row);
  if (secondFin !== 0 && secondFin !== c.closeFrame && found.cause !== 'undrained-response') add(secondFin, `FIN of the ${c.byClient ? 'server' : 'client'}`);
  if (!c.responseCompleteAtClose && c.responseComplete) add(exchanges.responseEndFrame.get(c.last), 'the response ended only here, after the close');
  if (c.bareResetsClient > 0 && c.byClient && !c.byReset) add(firstReset(store, c, true), `the client refuses what still arrives (${c.bareResetsClient} RST)`);
  if (c.bareResetsServer + c.resetsServer > 0 && !c.byReset) add(firstReset(store, c, false), 'RST of the server');
  return evidence.sort((a, b) => (a.frame >>> 0) - (b.frame >>> 0));
}

function requestNote(store: ResultStore, c: ConnectionCase): string {
  const { exchanges, strings } = store;
  const what = c.estimated ? 'sealed, by its turn' : strings.text(exchanges.method.get(c.last));
  return c.requestComplete ? `request (${what})` : `request (${what}), not sent to its end`;
}

function closeNote(store: ResultStore, c: ConnectionCase): string {
  const who = c.byClient ? 'client' : 'server';
  if (c.finUnseen) return `acknowledges a FIN of the ${who} that is not in the capture`;
  const kind = c.byReset ? 'RST' : 'FIN';
  const idle = c.closedAt - (c.hasResponse && c.responseCompleteAtClose ? c.responseEnded : c.closedAt - c.idle);
  const missing = missingBytes(store, c);
  if (!c.responseCompleteAtClose && c.hasResponseAtClose && missing > 0) return `${kind} of the ${who} with ${formatCount(missing)} bytes of the body still to come`;
  const drop = c.byClient ? c.windowDropClient : c.windowDropServer;
  const unread = c.byReset && drop > 0 ? `; its window had shrunk by ${formatCount(drop)} bytes` : '';
  const injected = c.byReset && c.resetOtherTtl ? `; its TTL is not that of the ${who}'s other packets` : '';
  return `${kind} of the ${who}, ${formatDuration(Math.max(0, idle) / 1e9)} after the last byte${unread}${injected}`;
}

/** Bytes that the Content-Length of the last response promised and that did not come. */
function missingBytes(store: ResultStore, c: ConnectionCase): number {
  const promised = store.exchanges.responseExpected.get(c.last);
  return promised === 0 ? 0 : Math.max(0, promised - 1 - c.responseBody);
}

function probes(store: ResultStore, c: ConnectionCase, add: (frame: number, note: string) => void): void {
  if (c.unansweredProbes < 2) return;
  const { connections, events } = store;
  let first = 0;
  for (let event = connections.lastEvent.get(c.row) - 1; event >= 0; event = events.previous.get(event) - 1) {
    if (events.kind.get(event) >>> 1 !== EventKind.keepAliveProbe) continue;
    if (events.endFrame.get(event) !== 0) break;
    first = events.frame.get(event);
  }
  add(first, `first of ${c.unansweredProbes} keep-alive probes without an answer`);
}

function firstReset(store: ResultStore, c: ConnectionCase, ofClient: boolean): number {
  const { connections, events } = store;
  const clientSide = (connections.state.get(c.row) & ConnectionBits.CLIENT_SIDE1) !== 0 ? 1 : 0;
  let found = 0;
  for (let event = connections.lastEvent.get(c.row) - 1; event >= 0; event = events.previous.get(event) - 1) {
    if (events.kind.get(event) >>> 1 !== EventKind.reset || ((events.kind.get(event) & 1) === clientSide) !== ofClient) continue;
    if (!ofClient || (events.value.get(event) & ResetFlag.ACK) === 0) found = events.frame.get(event);
  }
  return found;
}

/** The frame of a connection's SYN, or its first. */
export function openFrame(store: ResultStore, row: number): number {
  return store.connections.firstFrame.get(row);
}

/** The frame of the last byte of the last response that a connection had before `time` (nanoseconds), else of its last one; 0 without any. */
export function responseFrameBefore(store: ResultStore, row: number, time: number): number {
  const { connections, exchanges } = store;
  let latest = 0;
  for (let exchange = connections.lastExchange.get(row) - 1; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
    if ((exchanges.state.get(exchange) & ExchangeBits.HAS_RESPONSE) === 0) continue;
    const frame = exchanges.responseEndFrame.get(exchange) || exchanges.responseFrame.get(exchange);
    if (exchanges.responseEnd.get(exchange) <= time) return frame;
    latest ||= frame;
  }
  return latest;
}

/** A connection's events, oldest first. */
export function eventsOf({ connections, events }: ResultStore, row: number): number[] {
  const list: number[] = [];
  for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) list.push(event);
  return list.reverse();
}
