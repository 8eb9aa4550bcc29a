import { formatCount, formatDuration, plural } from '../../shared/format/quantity.ts';
import type { Side } from '../../shared/model/report.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { eventsOf } from './evidence.ts';
import { type EndpointContext, type Evidence, type FindingDraft, MAX_EVIDENCE } from './finding-draft.ts';
import { probeDefault } from './stacks.ts';

/** TCP keep-alive probes: who sends them, how often, and what they kept. */
export function keepAliveProbes({ store, group, endpoint }: EndpointContext): FindingDraft[] {
  if (group.eventful.length === 0) return [];
  const { events } = store;
  const probed: number[] = [];
  const spacings: Record<Side, number[]> = { client: [], server: [] };
  const counts: Record<Side, number> = { client: 0, server: 0 };
  let unanswered = 0;
  let reused = 0;
  const evidence: Evidence[] = [];
  for (const row of group.eventful) {
    const probes = probesOf(store, row);
    if (probes.length === 0) continue;
    probed.push(row);
    if (idledAndReused(store, row, events.time.get(probes[0]!))) reused++;
    for (const event of probes) {
      const from = sideOf(store, row, event);
      counts[from]++;
      const answer = events.endFrame.get(event);
      if (answer === 0 && !isHalfSeen(store, row)) unanswered++;
      if (evidence.length >= MAX_EVIDENCE - 1) continue;
      evidence.push({ frame: events.frame.get(event), note: `keep-alive probe of the ${from}` });
      if (answer !== 0) evidence.push({ frame: answer, note: 'its answer' });
    }
    for (const side of ['client', 'server'] as const) if (counts[side] > 0) for (const spacing of probeSpacings(store, row, side)) spacings[side].push(spacing);
  }
  if (probed.length === 0) return [];
  const who = (['client', 'server'] as const)
    .filter((side) => counts[side] > 0)
    .map((side) => `the ${side} sent ${formatCount(counts[side])}${spacings[side].length > 0 ? spacing(side, median(spacings[side]) / 1e9, group) : ''}`);
  const answers = unanswered > 0 ? `${formatCount(unanswered)} had no answer.` : probed.some((row) => isHalfSeen(store, row)) ? 'Their answers are not in the capture.' : 'All were answered.';
  const told = [
    `TCP keep-alive probes on ${plural(probed.length, 'connection')}: ${who.join('; ')}.`,
    answers,
    ...(reused > 0 ? [`${plural(reused, 'connection')} idled on probes and then carried another request.`] : []),
    'Probes only check that the peer is there: they neither keep an HTTP connection from its idle timeout nor make it reusable.',
  ];
  return [
    {
      rule: 'keep-alive-probes',
      // Without the other side's packets its window is not known: zero-window probes look the same.
      confidence: probed.every((row) => isHalfSeen(store, row)) ? 'likely' : 'certain',
      endpoint,
      rows: probed,
      explanation: told.join(' '),
      evidence,
    },
  ];
}

/**
 * How long a connection was idle before each probe of a side, nanoseconds: its keep-alive idle setting (Linux TCP_KEEPIDLE).
 * Probes that repeat an unanswered one follow another setting and do not count.
 */
export function probeSpacings(store: ResultStore, row: number, side: Side): number[] {
  const { connections, events, exchanges } = store;
  const spacings: number[] = [];
  let exchange = connections.lastExchange.get(row) - 1;
  const own = probesOf(store, row).filter((event) => sideOf(store, row, event) === side);
  for (let i = own.length - 1; i >= 0; i--) {
    const at = events.time.get(own[i]!);
    const before = own[i - 1];
    while (exchange >= 0 && exchanges.time.get(exchange) > at) exchange = exchanges.previous.get(exchange) - 1;
    const active = exchange < 0 ? handshakeEnd(store, row) : lastMomentBefore(store, exchange, at);
    const probe = before === undefined ? Number.NaN : events.time.get(before);
    if (before !== undefined && events.endFrame.get(before) === 0 && !(active > probe)) continue;
    const since = Number.isNaN(probe) || active > probe ? active : probe;
    if (!Number.isNaN(since)) spacings.push(at - since);
  }
  // Where the messages cannot be read, a spacing may hold some: the shortest is nearest to the setting.
  const opaque = connections.lastExchange.get(row) === 0 && connections.payloadClient.get(row) + connections.payloadServer.get(row) > 0;
  return opaque && spacings.length > 0 ? [spacings.reduce((least, spacing) => Math.min(least, spacing))] : spacings;
}

function spacing(side: Side, seconds: number, { clientStack, serverStack }: EndpointContext['group']): string {
  const whose = probeDefault(side, seconds, (side === 'client' ? clientStack : serverStack)?.id ?? null);
  return `, every ${formatDuration(seconds)} of idleness${whose === null ? '' : ` (a default of ${whose})`}`;
}

/** Only one direction of it is in the capture. */
function isHalfSeen({ connections }: ResultStore, row: number): boolean {
  return connections.packetsClient.get(row) === 0 || connections.packetsServer.get(row) === 0;
}

function probesOf(store: ResultStore, row: number): number[] {
  if (store.connections.lastEvent.get(row) === 0) return [];
  return eventsOf(store, row).filter((event) => store.events.kind.get(event) >>> 1 === EventKind.keepAliveProbe);
}

function sideOf({ connections, events }: ResultStore, row: number, event: number): Side {
  const clientSide = (connections.state.get(row) & ConnectionBits.CLIENT_SIDE1) !== 0 ? 1 : 0;
  return (events.kind.get(event) & 1) === clientSide ? 'client' : 'server';
}

/** NaN where the handshake was not seen, or bytes went unread after it. */
function handshakeEnd({ connections }: ResultStore, row: number): number {
  const unread = connections.lastExchange.get(row) === 0 && connections.payloadClient.get(row) + connections.payloadServer.get(row) > 0;
  if (unread || connections.synAckFrame.get(row) === 0) return Number.NaN;
  return connections.startedAt.get(row) + Math.max(0, connections.synToSynAck.get(row)) + Math.max(0, connections.synAckToAck.get(row));
}

/** The last moment of an exchange that began before `at` at which something of it is known to have been sent. */
function lastMomentBefore({ exchanges }: ResultStore, exchange: number, at: number): number {
  const state = exchanges.state.get(exchange);
  const began = exchanges.time.get(exchange);
  const moments = [
    (state & ExchangeBits.RESPONSE_ENDED) !== 0 ? began + exchanges.responseEndAfter.get(exchange) : Number.NaN,
    (state & ExchangeBits.HAS_RESPONSE) !== 0 ? began + exchanges.responseAfter.get(exchange) : Number.NaN,
    (state & ExchangeBits.REQUEST_ENDED) !== 0 ? began + exchanges.requestEndAfter.get(exchange) : Number.NaN,
  ];
  return moments.find((moment) => moment <= at) ?? began;
}

/** A request was sent between the first probe and the end. */
function idledAndReused({ connections, exchanges }: ResultStore, row: number, firstProbe: number): boolean {
  const last = connections.lastExchange.get(row) - 1;
  return last >= 0 && exchanges.previous.get(last) !== 0 && exchanges.time.get(last) > firstProbe;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
