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
  /** From the first connection until the ports ran out, or will at the rate of the end; null: not at this rate. */
  readonly secondsToExhaustion: number | null;
  /** … or will if that rate goes on growing as it did. */
  readonly soonestExhaustion: number | null;
  /** Ports come back out of TIME_WAIT when they are needed. */
  readonly takesBack: boolean;
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
  const gone = growth.exhaustedAt();
  const forecast = takesBack || gone !== null ? null : growth.forecast(last);
  const due = takesBack ? null : (gone ?? forecast?.due ?? null);
  const span = Math.min(TIME_WAIT, Math.max(1e9, last - first));
  return {
    budget,
    // One port is in TIME_WAIT once.
    timeWaitPeak: Math.min(range.distinct, Math.max(client, server)),
    timeWaitSide: client > 0 && server > 0 ? 'both' : client > 0 ? 'client' : server > 0 ? 'server' : 'none',
    takenPeak,
    secondsToExhaustion: due === null ? null : (due - first) / 1e9,
    soonestExhaustion: forecast === null ? null : (forecast.soonest - first) / 1e9,
    takesBack,
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
   * When the budget will be reached if connections are opened at the rate of this moment, for somebody who knows only what
   * came before; null where it will not. Ports in TIME_WAIT come back as they were taken: what holds them longer does not let go.
   */
  forecast(moment: number): Forecast | null {
    const opened = countUpTo(this.opened, moment);
    const freed = countUpTo(this.freed, moment);
    const closed = countUpTo(this.closed, moment);
    const taken = opened - freed;
    if (taken < this.budget / 10) return null;
    const { rate, growth } = this.rateAt(moment, opened);
    if (!(rate > 0)) return null;
    const staysOpen = closed < opened / 2;
    const reached = (faster: number): number | null => {
      let before = taken;
      for (let after = 1e9; after <= TIME_WAIT; after += 1e9) {
        // Of those that close only later nobody knows yet.
        const back = Math.min(countUpTo(this.freed, moment + after), closed) - freed;
        const then = taken + rate * after + (faster * after * after) / 2 - back;
        if (then >= this.budget) return moment + after - (1e9 * (then - this.budget)) / Math.max(1, then - before);
        before = then;
      }
      return staysOpen ? moment + TIME_WAIT + (this.budget - before) / rate : null;
    };
    const due = reached(0);
    return due === null ? null : { due, soonest: growth > 0 ? reached(growth)! : due };
  }

  /** Openings a nanosecond, and by how much that grows each nanosecond where it does by more than chance: then the rate is that of the moment, else of a minute. */
  private rateAt(moment: number, opened: number): { rate: number; growth: number } {
    const half = WATCHED / 2;
    const middle = countUpTo(this.opened, moment - half);
    const earlier = middle - countUpTo(this.opened, moment - WATCHED);
    const later = opened - middle;
    const noise = BY_CHANCE * Math.sqrt(earlier + later);
    if (Math.abs(later - earlier) > noise) return { rate: (later + (later - earlier) / 2) / half, growth: (later - earlier) / half ** 2 };
    const rate = (earlier + later) / WATCHED;
    const span = Math.min(TIME_WAIT, Math.max(WATCHED, moment - this.opened[0]!));
    const longer = (opened - countUpTo(this.opened, moment - span)) / span;
    return { rate: Math.abs(longer - rate) * WATCHED <= noise ? longer : rate, growth: 0 };
  }

  /** The first forecast, looking once a second. */
  foreseen(): { at: number; due: number } | null {
    const first = this.opened[0]!;
    const last = this.exhaustedAt() ?? this.opened[this.opened.length - 1]!;
    if (this.opened.length < this.budget / 10) return null;
    for (let moment = first + WATCHED; moment <= last; moment += 1e9) {
      const found = this.forecast(moment);
      if (found !== null) return { at: (moment - first) / 1e9, due: (found.due - first) / 1e9 };
      const opened = countUpTo(this.opened, moment);
      if (opened > countUpTo(this.opened, moment - WATCHED)) continue;
      // Nothing grows until the next connection, which comes years later where a clock was set.
      moment += Math.max(0, Math.floor((this.opened[opened]! - moment) / 1e9) - 1) * 1e9;
    }
    return null;
  }
}

/** Moments. */
interface Forecast {
  readonly due: number;
  /** Where the rate grows, if it goes on to. */
  readonly soonest: number;
}

/** Growth is measured over the last so many nanoseconds. */
const WATCHED = 10e9;
/** Counts that differ by so many times their root do not by chance. */
const BY_CHANCE = 3;
