import { ConnectionBits } from '../store/connection-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { countUpTo } from './sorted-values.ts';

/** Waits of one side, or times its window stood at zero, by their moments. */
class Spans {
  private readonly froms: number[] = [];
  private readonly tos: number[] = [];
  private sortedFroms = NONE;
  private sortedTos = NONE;

  add(from: number, to: number): void {
    this.froms.push(from);
    this.tos.push(to);
  }

  /** By the moments at which they ended: those of one side do not overlap. */
  sort(): void {
    const order = Int32Array.from(this.tos.keys()).sort((a, b) => this.tos[a]! - this.tos[b]!);
    this.sortedFroms = Float64Array.from(order, (i) => this.froms[i]!);
    this.sortedTos = Float64Array.from(order, (i) => this.tos[i]!);
  }

  /** How many ended after `from` and up to `to`, and the nanoseconds of them behind `from`. */
  endedWithin(from: number, to: number): { readonly count: number; readonly nanoseconds: number } {
    const first = countUpTo(this.sortedTos, from);
    const end = countUpTo(this.sortedTos, to);
    let nanoseconds = 0;
    for (let i = first; i < end; i++) nanoseconds += this.sortedTos[i]! - Math.max(from, this.sortedFroms[i]!);
    return { count: Math.max(0, end - first), nanoseconds };
  }

  /** Nanoseconds of [from, to] that they cover. */
  coveredWithin(from: number, to: number): number {
    let sum = 0;
    for (let i = countUpTo(this.sortedTos, from); i < this.sortedTos.length && this.sortedFroms[i]! < to; i++) sum += Math.min(to, this.sortedTos[i]!) - Math.max(from, this.sortedFroms[i]!);
    return sum;
  }
}

const NONE = new Float64Array(0);

/**
 * The events of one connection, read once and looked up by time for each of its exchanges: it may have as many of the
 * one as of the other. One object, set upon one connection after the other. Times are nanoseconds since the origin.
 */
export class RowEvents {
  private readonly store: ResultStore;
  private row = -1;
  private hasGap = false;
  /** By kind and side. */
  private readonly spans = new Map<number, Spans>();
  /** When the first 1xx of an exchange came. */
  private readonly interims = new Map<number, number>();

  constructor(store: ResultStore) {
    this.store = store;
  }

  load(row: number): void {
    if (row === this.row) return;
    this.row = row;
    this.hasGap = false;
    if (this.spans.size > 0) this.spans.clear();
    if (this.interims.size > 0) this.interims.clear();
    const { connections, events } = this.store;
    const clientSide = (connections.state.get(row) & ConnectionBits.CLIENT_SIDE1) !== 0 ? 1 : 0;
    for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) {
      const kind = (events.kind.get(event) >>> 1) as EventKind;
      const ofClient = (events.kind.get(event) & 1) === clientSide;
      const time = events.time.get(event);
      if (kind === EventKind.gap) this.hasGap = true;
      else if (kind === EventKind.interim) this.interims.set(events.endFrame.get(event) - 1, time);
      else if (kind === EventKind.zeroWindow) this.of(kind, ofClient).add(time, events.endFrame.get(event) === 0 ? connections.endedAt.get(row) : time + events.endAfter.get(event));
      // Told when they end, with the microseconds they took.
      else if (WAITS.has(kind)) this.of(kind, ofClient).add(time - events.value.get(event) * 1e3, time);
    }
    for (const spans of this.spans.values()) spans.sort();
  }

  /** Both directions of it are in the capture, and without a gap that may hold what seems to be missing. */
  get isWhollySeen(): boolean {
    const { packetsClient, packetsServer } = this.store.connections;
    return packetsClient.get(this.row) > 0 && packetsServer.get(this.row) > 0 && !this.hasGap;
  }

  /** A 1xx for an exchange had come by then. */
  hadInterim(exchange: number, time: number): boolean {
    return (this.interims.get(exchange) ?? Number.POSITIVE_INFINITY) <= time;
  }

  /** Nanoseconds of [from, to] in which the client's or the server's window stood at zero. */
  windowClosed(ofClient: boolean, from: number, to: number): number {
    return this.spans.get(keyOf(EventKind.zeroWindow, ofClient))?.coveredWithin(from, to) ?? 0;
  }

  /** How often, and for how many nanoseconds in all, the client, or the server, waited between `from` and `to`: for room in a full window, or of its own accord. */
  waits(kind: EventKind, ofClient: boolean, from: number, to: number): { readonly count: number; readonly nanoseconds: number } {
    return this.spans.get(keyOf(kind, ofClient))?.endedWithin(from, to) ?? NO_WAITS;
  }

  private of(kind: EventKind, ofClient: boolean): Spans {
    const key = keyOf(kind, ofClient);
    let spans = this.spans.get(key);
    if (spans === undefined) this.spans.set(key, (spans = new Spans()));
    return spans;
  }
}

const WAITS: ReadonlySet<EventKind> = new Set([EventKind.windowFull, EventKind.pause, EventKind.stall]);
const NO_WAITS = { count: 0, nanoseconds: 0 };

function keyOf(kind: EventKind, ofClient: boolean): number {
  return kind * 2 + (ofClient ? 1 : 0);
}
