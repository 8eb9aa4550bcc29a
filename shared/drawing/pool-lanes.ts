import type { ConnectionReport } from '../model/connection.ts';
import type { Side } from '../model/report.ts';
import type { Lane, LaneMarkKind } from '../model/view.ts';
import type { AxisScale } from './axis-scale.ts';
import { connectionAxis } from './connection-axis.ts';
import type { ShapeName } from './tokens.ts';

/** What `Lane.spans` count. */
export const SPAN_KINDS: readonly LaneMarkKind[] = ['opening', 'busy', 'idle', 'time-wait', 'zero-window', 'other'];

/** How they are drawn. */
export const SPAN_SHAPES: Readonly<Record<LaneMarkKind, ShapeName>> = { opening: 'handshake', busy: 'busy', idle: 'idle', 'time-wait': 'time-wait', 'zero-window': 'zero-window', other: 'other' };

export interface LaneMark {
  readonly kind: LaneMarkKind;
  readonly x: number;
  readonly width: number;
  /** Drawn wider than its time is. */
  readonly widened: boolean;
}

/** A connection of the pool with its places along the axis. */
export interface LaneDrawing {
  readonly lane: Lane;
  /** Left to right: idle and TIME_WAIT first and zero windows last, so that what is drawn later lies on top. */
  readonly marks: readonly LaneMark[];
  /** Places of the probes. */
  readonly probes: readonly number[];
  /** null where it lies outside the axis. */
  readonly end: { readonly x: number; readonly kind: Lane['end']['kind']; readonly by: Side | null } | null;
}

/** From a connection that stood idle (the row above or below) down to the SYN of one that it could have spared. */
export interface MissedReuse {
  readonly fromRow: number;
  readonly toRow: number;
  readonly x: number;
}

export interface PoolOptions {
  /** Width of an opening and a busy time at least. */
  readonly minimum?: number;
}

/** The lanes on an axis. Times outside of it are left out; what reaches into it is cut. */
export function layOutLanes(lanes: readonly Lane[], scale: AxisScale, { minimum = 5 }: PoolOptions = {}): LaneDrawing[] {
  return lanes.map((lane) => {
    const inside = lane.end.time >= scale.from && lane.end.time <= scale.to;
    const marks = laneMarks(lane, scale, minimum);
    // The end stands behind what was widened before it.
    const live = marks.reduce((right, mark) => (mark.kind === 'time-wait' ? right : Math.max(right, mark.x + mark.width)), 0);
    return {
      lane,
      marks,
      probes: probePlaces(lane, scale),
      end: inside ? { x: Math.max(scale.x(lane.end.time), live), kind: lane.end.kind, by: lane.end.by } : null,
    };
  });
}

/** Missed reuse between lanes that are drawn: `passedOver` of each, where both have a row. */
export function missedReuse(lanes: readonly Lane[], scale: AxisScale): MissedReuse[] {
  const rows = new Map(lanes.map((lane, row) => [lane.connection, row]));
  return lanes.flatMap((lane, fromRow) =>
    lane.passedOver.flatMap((connection) => {
      const toRow = rows.get(connection);
      const opened = toRow === undefined ? undefined : lanes[toRow]!.spans[1];
      if (toRow === undefined || opened === undefined || opened < scale.from || opened > scale.to) return [];
      return [{ fromRow, toRow, x: scale.x(opened) }];
    }),
  );
}

/** One pin where several would cover each other. */
function probePlaces(lane: Lane, scale: AxisScale): number[] {
  const places: number[] = [];
  for (const time of lane.probes) {
    if (time < scale.from || time > scale.to) continue;
    const x = scale.x(time);
    if (x - (places.at(-1) ?? Number.NEGATIVE_INFINITY) >= PIN_ROOM) places.push(x);
  }
  return places;
}

const PIN_ROOM = 3;
/** A zero window is seen however short it was. */
const LEAST_STALL = 3;
/** An idle time narrower than this is not seen. */
const SEEN = 0.5;

function laneMarks(lane: Lane, scale: AxisScale, minimum: number): LaneMark[] {
  const quiet: LaneMark[] = [];
  const active: LaneMark[] = [];
  const stalled: LaneMark[] = [];
  for (let i = 0; i + 2 < lane.spans.length; i += 3) {
    const kind = SPAN_KINDS[lane.spans[i]!]!;
    const from = lane.spans[i + 1]!;
    const to = lane.spans[i + 2]!;
    if (to < scale.from || from > scale.to) continue;
    const x = scale.x(from);
    const width = scale.x(to) - x;
    if (kind === 'idle' || kind === 'time-wait') {
      if (width >= SEEN) quiet.push({ kind, x, width, widened: false });
      continue;
    }
    if (kind === 'zero-window') {
      stalled.push({ kind, x, width: Math.max(width, LEAST_STALL), widened: width < LEAST_STALL });
      continue;
    }
    const before = active.at(-1);
    // What was widened moves what follows; busy times that then touch are one.
    const start = before === undefined ? x : Math.max(x, before.x + before.width);
    const wide = Math.max(x + width - start, minimum);
    if (before?.kind === kind && start - (before.x + before.width) < 1) {
      active[active.length - 1] = { kind, x: before.x, width: Math.max(before.width, x + width - before.x), widened: before.widened };
    } else {
      active.push({ kind, x: start, width: wide, widened: width < wide });
    }
  }
  return [...quiet, ...active, ...stalled];
}

/** The lane of a connection whose whole report is at hand. `passedOver`: see `passedOverBy`. */
export function laneOf(connection: ConnectionReport, passedOver: number[] = []): Lane {
  const { marks } = connectionAxis(connection);
  const origin = connection.startedAt;
  const spans: number[] = [];
  const stalls: number[] = [];
  const probes: number[] = [];
  for (const { kind, start, end } of marks) {
    if (kind === 'probe') {
      probes.push(origin + start);
      continue;
    }
    if (kind === 'zero-window') stalls.push(4, origin + start, origin + end);
    const code = kind === 'handshake' ? 0 : kind === 'idle' ? 2 : kind === 'time-wait' ? 3 : kind === 'request' || kind === 'wait' || kind === 'download' || kind === 'other' ? 1 : -1;
    if (code < 0) continue;
    // The parts of an exchange are one busy time.
    if (code === 1 && spans.at(-3) === 1 && origin + start <= spans.at(-1)!) spans[spans.length - 1] = Math.max(spans.at(-1)!, origin + end);
    else spans.push(code, origin + start, origin + end);
  }
  const { kind, by, time } = connection.close;
  const requests = connection.exchanges.reduce((count, { request }) => count + (request === null ? 0 : 1), 0);
  return { connection: connection.id, clientPort: connection.client.port, requests, spans: [...spans, ...stalls], probes, end: { kind, by, time: time ?? connection.endedAt }, passedOver };
}

/** An idle time counts for a SYN when it began this long before it, in seconds: a dial that had begun could not know. */
const IDLE_MARGIN = 0.005;

/**
 * Fills `passedOver` of lanes in the order of their start: each connection of `missed` (those that a finding calls
 * needless) is held against the lane that stood idle longest when it was opened.
 */
export function findPassedOver(lanes: readonly Lane[], missed: ReadonlySet<number>): void {
  for (const lane of lanes) {
    const opened = lane.spans[1];
    if (opened === undefined || !missed.has(lane.connection)) continue;
    let best: Lane | null = null;
    let since = opened - IDLE_MARGIN;
    for (const other of lanes) {
      if (other === lane || (other.spans[1] ?? opened) >= opened) continue;
      for (let i = 0; i + 2 < other.spans.length; i += 3) {
        if (other.spans[i] !== 2 || other.spans[i + 1]! > since || other.spans[i + 2]! <= opened) continue;
        best = other;
        since = other.spans[i + 1]!;
      }
    }
    best?.passedOver.push(lane.connection);
  }
}
