import { ConnectionCase } from '../findings/case.ts';
import { ConnectionCounts } from '../findings/connection-counts.ts';
import { readEndpoint } from '../findings/diagnosis.ts';
import { EndpointGroup } from '../findings/endpoint-group.ts';
import { rebuildPool } from '../findings/pool.ts';
import { RequestKinds } from '../findings/request-kinds.ts';
import { Scratch } from '../findings/scratch.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import type { Lane, LanesPage, PoolCurve } from '../../shared/model/view.ts';
import { busyTimes } from './endpoint-rows.ts';
import { isOpenAtEnd, laneProbes, laneSpans, seconds, usableUntil } from './lane-spans.ts';
import type { Results } from './results.ts';
import type { TimeRange } from '../store/table-query.ts';

const LANE_SPANS = 32;
const LANE_PROBES = 32;
/** Passed-over connections that a lane names. */
const MAX_PASSED_OVER = 50;

/** A connection that stood idle, and those that were opened though it could have served them: by row. */
export type PassedOver = ReadonlyMap<number, readonly number[]>;

/** Which connections of an endpoint could have spared which others: its pool, rebuilt once more. */
export function passedOver(results: Results, endpoint: number): PassedOver {
  const { store, diagnosis } = results;
  const rows = diagnosis.rows.rows(endpoint);
  const scratch = new Scratch();
  const group = new EndpointGroup(store, new RequestKinds(store), scratch);
  group.begin(rows);
  readEndpoint(store, group, new ConnectionCounts(store), new ConnectionCase(store));
  rows.forEach((row, place) => (group.digest.verdicts[place] = diagnosis.verdicts.get(row).id));
  const { opened, served } = rebuildPool(store, group, results.moments().to * 1e9, scratch).missedWhileIdle;
  const found = new Map<number, number[]>();
  served.forEach((row, index) => {
    const list = found.get(row);
    if (list === undefined) found.set(row, [opened[index]!]);
    else if (list.length < MAX_PASSED_OVER) list.push(opened[index]!);
  });
  return found;
}

/** Lanes of an endpoint's connections that live within a range, by first packet. */
export function lanesOf(results: Results, endpoint: number, range: TimeRange | undefined, offset: number, limit: number, missed: PassedOver): LanesPage {
  const { connections } = results.store;
  const rows = results.diagnosis.rows.rows(endpoint);
  const inRange = range === undefined ? rows : rows.filter((row) => connections.startedAt.get(row) <= range.to * 1e9 && (connections.endedAt.get(row) >= range.from * 1e9 || isOpenAtEnd(results.store, row)));
  const lanes = Array.from(inRange.subarray(offset, offset + limit), (row) => laneOf(results, row, missed));
  return { revision: results.revision, total: inRange.length, offset, lanes };
}

function laneOf(results: Results, row: number, missed: PassedOver): Lane {
  const { store } = results;
  const { connections } = store;
  const state = connections.state.get(row);
  const closed = (state & ConnectionBits.CLOSED) !== 0;
  const end = usableUntil(store, row, results.moments().to * 1e9);
  return {
    connection: row + 1,
    clientPort: connections.clientPort.get(row),
    requests: connections.exchanges.get(row),
    spans: laneSpans(store, row, 0, LANE_SPANS, end),
    probes: laneProbes(store, row, 0, LANE_PROBES),
    end: {
      kind: closed ? ((state & ConnectionBits.CLOSED_BY_RESET) !== 0 ? 'rst' : 'fin') : (state & ConnectionBits.REPLACED) !== 0 ? 'replaced' : 'open',
      by: !closed ? null : (state & ConnectionBits.CLOSED_BY_CLIENT) !== 0 ? 'client' : 'server',
      time: seconds(end),
    },
    passedOver: (missed.get(row) ?? []).map((other) => other + 1),
  };
}

/** How many connections of an endpoint were open and busy when. Of more changes than `points` each point holds the most within its part of the time. */
export function poolCurve(results: Results, endpoint: number, range: TimeRange | undefined, points: number): PoolCurve {
  const { connections } = results.store;
  const rows = results.diagnosis.rows.rows(endpoint);
  const { from, to } = range ?? results.moments();
  const opened = Float64Array.from(rows, (row) => connections.startedAt.get(row));
  const closed = Float64Array.from(rows, (row) => ((connections.state.get(row) & ConnectionBits.CLOSED) !== 0 ? connections.closedAt.get(row) : Number.POSITIVE_INFINITY));
  const { begins, ends } = busyTimes(results, rows);
  const changes = new Float64Array(opened.length + closed.length + begins.length + ends.length);
  changes.set(opened);
  changes.set(closed, opened.length);
  changes.set(begins, opened.length + closed.length);
  changes.set(ends, opened.length + closed.length + begins.length);
  const inside = changes.filter((time) => time >= from * 1e9 && time <= to * 1e9).sort();
  const openLevel = new Level(opened, closed);
  const busyLevel = new Level(begins, ends);
  const curve: PoolCurve = { revision: results.revision, times: [], open: [], busy: [] };
  const add = (time: number, open: number, busy: number): void => {
    if (curve.times.length > 0 && curve.open.at(-1) === open && curve.busy.at(-1) === busy) return;
    curve.times.push(seconds(time));
    curve.open.push(open);
    curve.busy.push(busy);
  };
  add(from * 1e9, openLevel.at(from * 1e9), busyLevel.at(from * 1e9));
  if (inside.length <= points - 2) {
    for (const time of inside) add(time, openLevel.at(time), busyLevel.at(time));
  } else {
    const step = ((to - from) * 1e9) / (points - 2);
    let next = 0;
    for (let i = 0; i < points - 2; i++) {
      const end = from * 1e9 + (i + 1) * step;
      let open = openLevel.at(from * 1e9 + i * step);
      let busy = busyLevel.at(from * 1e9 + i * step);
      for (; next < inside.length && inside[next]! < end; next++) {
        open = Math.max(open, openLevel.at(inside[next]!));
        busy = Math.max(busy, busyLevel.at(inside[next]!));
      }
      add(from * 1e9 + i * step, open, busy);
    }
  }
  const last = to * 1e9;
  curve.times.push(to);
  curve.open.push(openLevel.at(last));
  curve.busy.push(busyLevel.at(last));
  return curve;
}

/** How many intervals hold a moment, asked for ascending moments. */
class Level {
  private readonly begins: Float64Array;
  private readonly ends: Float64Array;
  private begun = 0;
  private ended = 0;

  constructor(begins: Float64Array, ends: Float64Array) {
    this.begins = begins.slice().sort();
    this.ends = ends.slice().sort();
  }

  at(moment: number): number {
    while (this.begun < this.begins.length && this.begins[this.begun]! <= moment) this.begun++;
    while (this.ended < this.ends.length && this.ends[this.ended]! <= moment) this.ended++;
    return this.begun - this.ended;
  }
}
