import { ConnectionBits } from '../store/connection-columns.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import { TIME_WAIT } from '../findings/ports.ts';
import { EventKind } from '../tcp/connection-sink.ts';

/** Kinds of spans, as LaneMarkKind counts them. */
export const Span = { opening: 0, busy: 1, idle: 2, timeWait: 3, zeroWindow: 4, other: 5 } as const;

/** Zero windows of a course; of more, the last ones. */
const MAX_STALLS = 8;
/** Shorter times between exchanges are not drawn as idle. */
const SHORTEST_IDLE = 1e6;

/** Whether nobody was seen to close a connection, nor another one to take its place: it is there when the capture ends. */
export function isOpenAtEnd({ connections }: ResultStore, row: number): boolean {
  return (connections.state.get(row) & (ConnectionBits.CLOSED | ConnectionBits.REPLACED)) === 0;
}

/** Until when a connection could carry requests: its first closing packet, where it stays open `captureEnd`, else its last packet; nanoseconds. */
export function usableUntil(store: ResultStore, row: number, captureEnd: number): number {
  const { connections } = store;
  if ((connections.state.get(row) & ConnectionBits.CLOSED) !== 0) return connections.closedAt.get(row);
  return isOpenAtEnd(store, row) ? Math.max(captureEnd, connections.endedAt.get(row)) : connections.endedAt.get(row);
}

/**
 * The course of a connection up to `end`, flat: kind, start, end in seconds after `origin` (both nanoseconds), and again.
 * Of more than `limit` spans the longest idle times stay, and what lies between them is busy. Zero windows come last,
 * besides.
 */
export function laneSpans(store: ResultStore, row: number, origin: number, limit: number, end: number): number[] {
  const { connections, exchanges } = store;
  const started = connections.startedAt.get(row);
  const toSynAck = Math.max(0, connections.synToSynAck.get(row));
  const toAck = Math.max(0, connections.synAckToAck.get(row));
  const opened = started + toSynAck + toAck;
  let begins: number[] = [];
  let ends: number[] = [];
  // From the last to the first: a begin ends the idle time before it.
  let until = end;
  for (let exchange = connections.lastExchange.get(row) - 1; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
    const begin = exchanges.time.get(exchange);
    const ended = (exchanges.state.get(exchange) & ExchangeBits.RESPONSE_COMPLETE) !== 0 ? begin + exchanges.responseEndAfter.get(exchange) : until;
    if (until - ended >= SHORTEST_IDLE) {
      begins.push(ended);
      ends.push(until);
    }
    until = Math.min(until, begin);
  }
  const isUnread = connections.lastExchange.get(row) === 0;
  // What was said that is not HTTP/1 is no idle time; when, nobody kept.
  const said = isUnread && connections.payloadClient.get(row) + connections.payloadServer.get(row) > 0 ? Math.min(connections.endedAt.get(row), end) : opened;
  if (isUnread ? end > said : until - opened >= SHORTEST_IDLE) {
    begins.push(said);
    ends.push(until);
  }
  const most = Math.max(1, (limit - 3) >> 1);
  if (begins.length > most) {
    const longest = begins.map((_, place) => place).sort((a, b) => ends[b]! - begins[b]! - (ends[a]! - begins[a]!));
    const kept = longest.slice(0, most).sort((a, b) => a - b);
    begins = kept.map((place) => begins[place]!);
    ends = kept.map((place) => ends[place]!);
  }
  const spans: number[] = [];
  const add = (kind: number, from: number, to: number): void => {
    if (to > from) spans.push(kind, seconds(from - origin), seconds(to - origin));
  };
  add(Span.opening, started, opened);
  let at = opened;
  for (let i = begins.length - 1; i >= 0; i--) {
    add(isUnread ? Span.other : Span.busy, at, begins[i]!);
    add(Span.idle, begins[i]!, ends[i]!);
    at = ends[i]!;
  }
  add(isUnread ? Span.other : Span.busy, at, end);
  const waits = timeWaitFrom(store, row);
  if (waits !== null) add(Span.timeWait, waits, waits + TIME_WAIT);
  for (const [from, to] of zeroWindows(store, row)) add(Span.zeroWindow, from, Math.min(to, end));
  return spans;
}

/** When a receiver had no room, nanoseconds, in their order. */
function zeroWindows({ connections, events }: ResultStore, row: number): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (let event = connections.lastEvent.get(row) - 1; event >= 0 && found.length < MAX_STALLS; event = events.previous.get(event) - 1) {
    if (events.kind.get(event) >>> 1 !== EventKind.zeroWindow) continue;
    const from = events.time.get(event);
    found.push([from, events.endFrame.get(event) === 0 ? connections.endedAt.get(row) : from + events.endAfter.get(event)]);
  }
  return found.reverse();
}

/** When the side that closed first began to hold its port, where both said FIN (RFC 9293 section 3.6); nanoseconds. */
export function timeWaitFrom({ connections }: ResultStore, row: number): number | null {
  const state = connections.state.get(row);
  if ((state & ConnectionBits.CLOSED) === 0 || (state & ConnectionBits.CLOSED_BY_RESET) !== 0 || connections.secondFinFrame.get(row) === 0) return null;
  return connections.closedAt.get(row) + connections.secondFinAfter.get(row);
}

/** Moments of keep-alive probes in seconds after `origin`, the first `limit`. */
export function laneProbes({ connections, events }: ResultStore, row: number, origin: number, limit: number): number[] {
  const moments: number[] = [];
  for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) {
    if (events.kind.get(event) >>> 1 === EventKind.keepAliveProbe) moments.push(seconds(events.time.get(event) - origin));
  }
  return moments.reverse().slice(0, limit);
}

/** To the microsecond: finer than any drawing. */
export function seconds(nanoseconds: number): number {
  return Math.round(nanoseconds / 1e3) / 1e6;
}
