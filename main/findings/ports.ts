import type { Digest } from './digest.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import type { Scratch } from './scratch.ts';
import { countUpTo, mostAtOnce, mostWithin, sortNearly } from './sorted-values.ts';

/** Linux: how long a closed socket keeps its port (TCP_TIMEWAIT_LEN, include/net/tcp.h), in nanoseconds. */
export const TIME_WAIT = 60e9;
/** Linux: net.ipv4.ip_local_port_range, 32768 to 60999. */
export const DEFAULT_PORT_BUDGET = 28_232;
const LINUX_HIGHEST = 60_999;
/** macOS, Windows: the dynamic ports, 49152 to 65535 (RFC 6335 section 6). */
const DYNAMIC_LOWEST = 49_152;
const DYNAMIC_PORTS = 16_384;
/** Whoever uses others as well, as address translators do: all that are not well known. */
const UNPRIVILEGED_PORTS = 64_512;
/** Ports further apart than this many times the default range are of no range of its size. */
const MOVED_RANGE = 1.05;
/** Of the ports used, how many are taken back out of TIME_WAIT by a system that does so (net.ipv4.tcp_tw_reuse). */
const TAKEN_BACK_SHARE = 0.1;

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
  readonly range: PortRange;
  /** Ports of the range were all used: new connections stopped or waited for ports. */
  readonly exhausted: boolean;
  /** New connections per second over the busiest minute (or the whole, where shorter). */
  readonly rate: number;
}

/** Fewer ports side by side may be chance. */
const SMALLEST_RANGE = 24;

export function portFacts({ digest, timeline }: EndpointGroup, given: number, scratch: Scratch): PortFacts {
  const { opened } = timeline;
  const freed = digest.freed.subarray(0, digest.count);
  const range = portRange(digest, scratch.byPort);
  const client = mostWithin(sortNearly(digest.clientWaits.subarray(0, digest.clientWaitCount)), TIME_WAIT);
  const server = mostWithin(sortNearly(digest.serverWaits.subarray(0, digest.serverWaitCount)), TIME_WAIT);
  sortNearly(freed);
  // Who takes ports back out of TIME_WAIT does not run out of them by it; a few taken back show that the others were taken.
  const takesBack = range.takenBack > TAKEN_BACK_SHARE * range.distinct;
  const takenPeak = mostAtOnce(opened, freed);
  const exhausted = !takesBack && isUsedUp(range, takenPeak, digest.count);
  const budget = budgetOf(range, given, exhausted);
  const growth = new PortGrowth(opened, timeline.closed, freed, budget);
  const first = opened[0] ?? 0;
  const last = opened[opened.length - 1] ?? 0;
  const due = takesBack ? null : (growth.exhaustedAt() ?? growth.forecast(last));
  const span = Math.min(TIME_WAIT, Math.max(1e9, last - first));
  return {
    budget,
    // One port is in TIME_WAIT once.
    timeWaitPeak: Math.min(range.distinct, Math.max(client, server)),
    timeWaitSide: client > 0 && server > 0 ? 'both' : client > 0 ? 'client' : server > 0 ? 'server' : 'none',
    takenPeak,
    secondsToExhaustion: due === null ? null : (due - first) / 1e9,
    foreseen: takesBack ? null : growth.foreseen(),
    range,
    exhausted,
    rate: (mostWithin(opened, span) / span) * 1e9,
  };
}

/** The client's ports to a server. */
interface PortRange {
  readonly lowest: number;
  readonly highest: number;
  readonly distinct: number;
  /** Connections that took the port behind the one of the connection before. */
  readonly steps: number;
  /** Connections that took a port while it was in TIME_WAIT. */
  readonly takenBack: number;
}

/**
 * Looks at the ports in the order in which they were taken. One that comes again has left TIME_WAIT: a timestamp lets
 * Linux take it back after a second (net.ipv4.tcp_tw_reuse, RFC 6191); when it was free is mended accordingly.
 */
function portRange({ ports, opened, freed, count }: Digest, lastByPort: Int32Array): PortRange {
  let lowest = 65_535;
  let highest = 0;
  let distinct = 0;
  let steps = 0;
  let takenBack = 0;
  let before = -1;
  for (let i = 0; i < count; i++) {
    const port = ports[i]!;
    const earlier = lastByPort[port]! - 1;
    if (earlier < 0) distinct++;
    else if (freed[earlier]! > opened[i]!) {
      // Without its end seen it may not have been in TIME_WAIT at all.
      if (freed[earlier] !== Number.POSITIVE_INFINITY) takenBack++;
      freed[earlier] = opened[i]!;
    }
    lastByPort[port] = i + 1;
    if (port < lowest) lowest = port;
    if (port > highest) highest = port;
    if (port === before + 1) steps++;
    before = port;
  }
  for (let i = 0; i < count; i++) lastByPort[ports[i]!] = 0;
  return { lowest, highest, distinct, steps, takenBack };
}

/**
 * The ports there are: those of the user; else of a range that was seen to be used up, or of the system whose range the
 * ports seen are of. Linux's range may have been moved.
 */
function budgetOf({ lowest, highest, distinct }: PortRange, given: number, exhausted: boolean): number {
  if (given !== DEFAULT_PORT_BUDGET) return given;
  if (exhausted) return distinct;
  if (lowest >= DYNAMIC_LOWEST && highest > LINUX_HIGHEST) return DYNAMIC_PORTS;
  return highest - lowest < MOVED_RANGE * given ? given : UNPRIVILEGED_PORTS;
}

/** Whether a whole range of ports without holes was taken at one moment: the mark of a range that was used up. */
function isUsedUp({ lowest, highest, distinct, steps }: PortRange, takenPeak: number, connections: number): boolean {
  if (takenPeak < SMALLEST_RANGE || distinct !== highest - lowest + 1 || takenPeak < distinct) return false;
  // Sequential allocators (macOS, Windows) leave no hole either, but go up one by one.
  return steps < connections / 2;
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
      const opened = countUpTo(this.opened, moment);
      if (opened > countUpTo(this.opened, moment - WATCHED)) continue;
      // Nothing grows until the next connection, which comes years later where a clock was set.
      moment += Math.max(0, Math.floor((this.opened[opened]! - moment) / 1e9) - 1) * 1e9;
    }
    return null;
  }
}

/** Growth is measured over the last so many nanoseconds. */
const WATCHED = 10e9;
