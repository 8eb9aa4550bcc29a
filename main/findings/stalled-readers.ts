import { formatCount, formatDuration, plural } from '../../shared/format/quantity.ts';
import type { RuleName, Side } from '../../shared/model/report.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { eventsOf } from './evidence.ts';
import { type EndpointContext, type Evidence, type FindingDraft, MAX_EVIDENCE } from './finding-draft.ts';

/** A window at zero for longer, and for some round trips, is a reader that stands still; shorter, one that is slow. */
const STALLED = 1e9;
const STALLED_ROUND_TRIPS = 4;
/** … unless it is one of several that are alike: then standing still so long, and reading on, is the way it reads. */
const RHYTHM = 3;
/** Zero windows that make a slow reader; or the share of the time in which responses came, and the least time, that the server waited for room. */
const SLOW_WINDOWS = 2;
const WAITED_SHARE = 0.3;
const WAITED_AT_LEAST = 200e6;

/** Windows at zero: a client that does not read its response, a server that does not read an upload. */
export function stalledReaders(context: EndpointContext): FindingDraft[] {
  const { store, group, endpoint } = context;
  if (group.eventful.length === 0) return [];
  const { events } = store;
  const found = new Map<RuleName, { rows: Set<number>; evidence: Evidence[]; longest: number; open: boolean; reopened: boolean; count: number }>();
  const add = (rule: RuleName, row: number, nanoseconds: number, open: boolean, evidence: Evidence[]): void => {
    let entry = found.get(rule);
    if (entry === undefined) {
      entry = { rows: new Set(), evidence: [], longest: 0, open: true, reopened: true, count: 0 };
      found.set(rule, entry);
    }
    entry.rows.add(row);
    entry.count++;
    entry.longest = Math.max(entry.longest, nanoseconds);
    entry.open &&= open;
    entry.reopened &&= !open;
    if (entry.evidence.length < MAX_EVIDENCE) entry.evidence.push(...evidence);
  };
  for (const row of group.eventful) {
    let short = 0;
    let slow = 0;
    const shortEvidence: Evidence[] = [];
    let stalled = false;
    for (const side of ['client', 'server'] as const) {
      const windows = zeroWindows(context, row, side);
      if (windows.length === 0) continue;
      const longest = stallsFrom(context, row, windows);
      for (const { event, length, open } of windows) {
        if (side === 'server' && events.time.get(event) >= lastAnswered(context, row)) continue;
        const evidence = [{ frame: events.frame.get(event), note: `window of the ${side} at zero` }];
        if (!open) evidence.push({ frame: events.endFrame.get(event), note: `open again after ${formatDuration(length / 1e9)}` });
        if (length >= longest || (open && (length >= longest / 2 || (longest === STALLED && probedWindow(context, row))))) {
          stalled = true;
          add(side === 'client' ? 'reader-stalled' : 'upload-stalled', row, length, open, evidence);
        } else if (side === 'client') {
          short++;
          slow += length;
          if (shortEvidence.length < 4) shortEvidence.push(...evidence);
        }
      }
    }
    if (stalled) continue;
    if (short >= SLOW_WINDOWS) {
      add('reader-slow', row, slow, false, shortEvidence);
      continue;
    }
    const { waited, frame } = serverWaited(context, row);
    if (waited > 0) add('reader-slow', row, waited, false, [{ frame, note: `the server goes on: until then it had waited ${formatDuration(waited / 1e9)} in all for room in the client's window` }]);
  }
  return [...found].map(([rule, { rows: where, evidence, longest, open, reopened, count }]) => ({
    rule,
    // Never opened again: nobody read. Opened again: stopped, swapped out or busy, whatever it was.
    confidence: rule === 'upload-stalled' || (rule === 'reader-stalled' && open && longest >= STALLED && neverFinished(context, where)) ? ('certain' as const) : ('likely' as const),
    endpoint,
    rows: [...where].sort((a, b) => a - b),
    explanation:
      rule === 'reader-slow'
        ? `The client's receive window was full again and again on ${plural(where.size, 'connection')}, ${formatDuration(longest / 1e9)} in all on one: it reads slower than the server sends.`
        : rule === 'reader-stalled'
          ? `The client stopped reading: its receive window stood at zero ${count === 1 ? 'for' : `${formatCount(count)} times, up to`} ${formatDuration(longest / 1e9)}. ${reopened ? 'Then it read on; until then the server could not send.' : 'The server cannot send, and the connection can do nothing else.'}`
          : `The server stopped reading the request body: its receive window stood at zero ${count === 1 ? 'for' : `${formatCount(count)} times, up to`} ${formatDuration(longest / 1e9)}. ${reopened ? 'Then it read on; until then the client could not send.' : 'The client cannot send on.'}`,
    evidence: evidence.slice(0, MAX_EVIDENCE),
    cost: { connections: 0, nanoseconds: longest },
    // It cost time, and nothing hangs: the response was read, the request answered.
    ...(rule === 'reader-stalled' && reopened ? { severity: 'warning' as const, fixedAs: 'reader-slow' as const } : {}),
    ...(rule === 'upload-stalled' && reopened && [...where].every((row) => lastAnswered(context, row) < Number.POSITIVE_INFINITY) ? { severity: 'warning' as const } : {}),
  }));
}

/** When the last response on a connection began, nanoseconds; Infinity where it did not, or did not come to its end. */
function lastAnswered({ store: { connections, exchanges } }: EndpointContext, row: number): number {
  const last = connections.lastExchange.get(row) - 1;
  if (last < 0 || (exchanges.state.get(last) & ExchangeBits.RESPONSE_COMPLETE) === 0) return Number.POSITIVE_INFINITY;
  return exchanges.time.get(last) + exchanges.responseAfter.get(last);
}

/** A time in which a side's window stood at zero, by its event; nanoseconds, up to the connection's end where it is still open. */
interface ZeroWindow {
  readonly event: number;
  readonly length: number;
  readonly open: boolean;
}

function zeroWindows({ store }: EndpointContext, row: number, side: Side): ZeroWindow[] {
  const { connections, events } = store;
  const clientSide = (connections.state.get(row) & ConnectionBits.CLIENT_SIDE1) !== 0 ? 1 : 0;
  const found: ZeroWindow[] = [];
  for (const event of eventsOf(store, row)) {
    if (events.kind.get(event) >>> 1 !== EventKind.zeroWindow || ((events.kind.get(event) & 1) === clientSide) !== (side === 'client')) continue;
    const open = events.endFrame.get(event) === 0;
    found.push({ event, length: open ? connections.endedAt.get(row) - events.time.get(event) : events.endAfter.get(event), open });
  }
  return found;
}

/** From which length on a window at zero is a standstill: longer than the path explains, and out of the rhythm in which the side reads. */
function stallsFrom({ case: c }: EndpointContext, row: number, windows: readonly ZeroWindow[]): number {
  c.load(row);
  const least = Math.max(STALLED, STALLED_ROUND_TRIPS * c.roundTrip);
  const reopened = windows.filter(({ open }) => !open).map(({ length }) => length).sort((a, b) => a - b);
  return reopened.length < SLOW_WINDOWS ? least : Math.max(least, RHYTHM * reopened[(reopened.length - 1) >> 1]!);
}

/** How long the server waited for room in a client's window that had fallen, nanoseconds; 0 where that is no notable part of the time in which responses came. */
function serverWaited({ store }: EndpointContext, row: number): { waited: number; frame: number } {
  const { connections, events, exchanges } = store;
  const clientSide = (connections.state.get(row) & ConnectionBits.CLIENT_SIDE1) !== 0 ? 1 : 0;
  let waited = 0;
  let frame = 0;
  for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) {
    if (events.kind.get(event) >>> 1 !== EventKind.windowFull || (events.kind.get(event) & 1) === clientSide) continue;
    waited += events.value.get(event) * 1e3;
    frame ||= events.frame.get(event);
  }
  if (waited < WAITED_AT_LEAST) return { waited: 0, frame };
  let receiving = 0;
  for (let exchange = connections.lastExchange.get(row) - 1; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
    if ((exchanges.state.get(exchange) & ExchangeBits.HAS_RESPONSE) === 0) continue;
    const began = exchanges.time.get(exchange) + exchanges.responseAfter.get(exchange);
    receiving += ((exchanges.state.get(exchange) & ExchangeBits.RESPONSE_ENDED) !== 0 ? exchanges.time.get(exchange) + exchanges.responseEndAfter.get(exchange) : connections.endedAt.get(row)) - began;
  }
  return { waited: waited >= WAITED_SHARE * receiving ? waited : 0, frame };
}

function probedWindow(context: EndpointContext, row: number): boolean {
  const { events } = context.store;
  let probes = 0;
  for (const event of eventsOf(context.store, row)) if (events.kind.get(event) >>> 1 === EventKind.windowProbe) probes++;
  return probes >= 2;
}

/** No response on these connections was ever taken to its end. */
function neverFinished(context: EndpointContext, rows: ReadonlySet<number>): boolean {
  const { connections, exchanges } = context.store;
  const c = context.case;
  for (const row of rows) {
    const last = connections.lastExchange.get(row) - 1;
    if (last >= 0 && (exchanges.state.get(last) & ExchangeBits.RESPONSE_COMPLETE) !== 0) return false;
    c.load(row);
    if (c.zeroWindowServer > 0) return false;
  }
  return true;
}
