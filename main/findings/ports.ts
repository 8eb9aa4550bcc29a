import { ConnectionBits } from '../store/connection-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { Scratch } from './scratch.ts';
import { countUpTo, mostAtOnce, mostWithin } from './sorted-values.ts';

/** Linux: how long a closed socket keeps its port (TCP_TIMEWAIT_LEN, include/net/tcp.h), in nanoseconds. */
export const TIME_WAIT = 60e9;
/** Linux: net.ipv4.ip_local_port_range, 32768 to 60999. */
export const DEFAULT_PORT_BUDGET = 28_232;

/** The client's ephemeral ports for one server address and port. */
export interface PortFacts {
  readonly budget: number;
  /** Most sockets in TIME_WAIT at one moment, on the side that holds most of them. */
  readonly timeWaitPeak: number;
  readonly timeWaitSide: 'client' | 'server' | 'both' | 'none';
  /** Most ports taken at one moment: live connections and the client's TIME_WAIT. */
  readonly takenPeak: number;
  /** From the first connection until the ports ran out, or will at the rate of the last 10 s; null: not at this rate. */
  readonly secondsToExhaustion: number | null;
  /** When the growth first foretold that the ports run out, and for when; seconds after the first connection. */
  readonly foreseen: { readonly at: number; readonly due: number } | null;
  /** Ports of the range were all used: new connections stopped or waited for ports. */
  readonly exhausted: boolean;
  /** New connections per second over the busiest minute (or the whole, where shorter). */
  readonly rate: number;
}

/** Fewer ports side by side may be chance. */
const SMALLEST_RANGE = 24;

export function portFacts(store: ResultStore, rows: Uint32Array, budget: number, scratch: Scratch): PortFacts {
  const { connections } = store;
  const opened = scratch.take(0, rows.length);
  const waits = { client: [] as number[], server: [] as number[] };
  const closedAt = scratch.take(1, rows.length);
  const freed = scratch.take(2, rows.length);
  rows.forEach((row, i) => {
    opened[i] = connections.startedAt.get(row);
    const state = connections.state.get(row);
    const closed = (state & ConnectionBits.CLOSED) !== 0;
    closedAt[i] = freed[i] = closed ? connections.closedAt.get(row) : Number.POSITIVE_INFINITY;
    const byFin = (state & (ConnectionBits.CLOSED | ConnectionBits.CLOSED_BY_RESET)) === ConnectionBits.CLOSED;
    // Only the side that closed first waits, and only where both said FIN (RFC 9293 section 3.6).
    if (!byFin || connections.secondFinFrame.get(row) === 0) return;
    const byClient = (state & ConnectionBits.CLOSED_BY_CLIENT) !== 0;
    const from = connections.closedAt.get(row) + connections.secondFinAfter.get(row);
    waits[byClient ? 'client' : 'server'].push(from);
    if (byClient) freed[i] = from + TIME_WAIT;
  });
  endWaitsAtReuse(store, rows, opened, freed);
  const client = waiting(waits.client, scratch);
  const server = waiting(waits.server, scratch);
  freed.sort();
  const growth = new PortGrowth(opened, closedAt.sort(), freed, budget);
  const first = opened[0] ?? 0;
  const due = growth.exhaustedAt() ?? growth.forecast(opened[opened.length - 1] ?? 0);
  const takenPeak = mostAtOnce(opened, freed);
  const span = Math.min(TIME_WAIT, Math.max(1e9, (opened[opened.length - 1] ?? 0) - (opened[0] ?? 0)));
  const rate = (mostWithin(opened, span) / span) * 1e9;
  return {
    budget,
    timeWaitPeak: Math.max(client, server),
    timeWaitSide: client > 0 && server > 0 ? 'both' : client > 0 ? 'client' : server > 0 ? 'server' : 'none',
    takenPeak,
    secondsToExhaustion: due === null ? null : (due - first) / 1e9,
    foreseen: growth.foreseen(),
    exhausted: usedUp(store, rows, takenPeak),
    rate,
  };
}

/** A port that comes again has left TIME_WAIT: a timestamp lets Linux take it back after a second (net.ipv4.tcp_tw_reuse, RFC 6191). */
function endWaitsAtReuse(store: ResultStore, rows: Uint32Array, opened: Float64Array, freed: Float64Array): void {
  const last = new Map<number, number>();
  rows.forEach((row, i) => {
    const port = store.connections.clientPort.get(row);
    const before = last.get(port);
    if (before !== undefined) freed[before] = Math.min(freed[before]!, opened[i]!);
    last.set(port, i);
  });
}

/** The most of these moments that lie within one TIME_WAIT. */
function waiting(moments: number[], scratch: Scratch): number {
  return mostWithin(scratch.copy(3, moments).sort(), TIME_WAIT);
}

/** How the taken ports of a client grow, and when they will be gone. All moments in nanoseconds. */
class PortGrowth {
  private readonly opened: Float64Array;
  private readonly freed: Float64Array;
  private readonly closed: Float64Array;
  private readonly budget: number;

  /** @param opened, closed, freed when ports were taken, their connections closed, and the ports free again: each sorted, Infinity for never */
  constructor(opened: Float64Array, closed: Float64Array, freed: Float64Array, budget: number) {
    this.opened = opened;
    this.closed = closed;
    this.freed = freed;
    this.budget = budget;
  }

  /** When the budget was reached, or null. */
  exhaustedAt(): number | null {
    let gone = 0;
    for (let i = 0; i < this.opened.length; i++) {
      while (gone < this.freed.length && this.freed[gone]! <= this.opened[i]!) gone++;
      if (i + 1 - gone >= this.budget) return this.opened[i]!;
    }
    return null;
  }

  /**
   * When the budget will be reached, for somebody who knows only what came before `moment`; null where it will not.
   * Short connections hold their ports for one TIME_WAIT: they exhaust the range only when a minute of them fills it.
   */
  forecast(moment: number): number | null {
    const taken = countUpTo(this.opened, moment) - countUpTo(this.freed, moment);
    const before = moment - WATCHED;
    const grown = taken - (countUpTo(this.opened, before) - countUpTo(this.freed, before));
    const rate = (countUpTo(this.opened, moment) - countUpTo(this.opened, before)) / WATCHED;
    if (grown <= 0 || taken < this.budget / 10) return null;
    const staysOpen = countUpTo(this.closed, moment) < countUpTo(this.opened, moment) / 2;
    if (!staysOpen && rate * TIME_WAIT < this.budget) return null;
    return moment + (this.budget - taken) / (grown / WATCHED);
  }

  /** The first forecast, looking once a second. */
  foreseen(): { at: number; due: number } | null {
    const first = this.opened[0]!;
    const last = this.exhaustedAt() ?? this.opened[this.opened.length - 1]!;
    if (this.opened.length < this.budget / 10) return null;
    for (let moment = first + WATCHED; moment <= last; moment += 1e9) {
      const due = this.forecast(moment);
      if (due !== null) return { at: (moment - first) / 1e9, due: (due - first) / 1e9 };
    }
    return null;
  }
}

/** Growth is measured over the last so many nanoseconds. */
const WATCHED = 10e9;

/** Whether a whole range of ports without holes was taken at one moment: the mark of a range that was used up. */
function usedUp(store: ResultStore, rows: Uint32Array, takenPeak: number): boolean {
  if (takenPeak < SMALLEST_RANGE) return false;
  const { connections } = store;
  const ports = Uint16Array.from(rows, (row) => connections.clientPort.get(row));
  const { lowest, highest, distinct } = portRange(store, rows);
  if (distinct !== highest - lowest + 1 || takenPeak < distinct) return false;
  // Sequential allocators (macOS, Windows) leave no hole either, but go up one by one.
  let steps = 0;
  for (let i = 1; i < ports.length; i++) if (ports[i]! - ports[i - 1]! === 1) steps++;
  return steps < ports.length / 2;
}

/** The client's ports to a server: the lowest, the highest, and how many. */
export function portRange(store: ResultStore, rows: Uint32Array): { lowest: number; highest: number; distinct: number } {
  const distinct = new Set<number>();
  let lowest = 65_535;
  let highest = 0;
  for (const row of rows) {
    const port = store.connections.clientPort.get(row);
    distinct.add(port);
    lowest = Math.min(lowest, port);
    highest = Math.max(highest, port);
  }
  return { lowest, highest, distinct: distinct.size };
}
