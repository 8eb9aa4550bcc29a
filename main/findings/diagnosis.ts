import type { ResultStore } from '../store/result-store.ts';
import { Uint16Column } from '../store/columns.ts';
import type { ConnectionCase } from './case.ts';
import { closeCause, completeVerdict } from './close-cause.ts';
import { Shape, shapeOf } from './close-shape.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import { idleOf } from './server-close.ts';
import { verdict, type Verdict } from './verdict.ts';

/** Why each connection closed: a verdict by row, two bytes each. */
export class Verdicts {
  private readonly ids = new Map<Verdict, number>();
  private readonly list: Verdict[] = [];
  private readonly column = new Uint16Column();

  get(row: number): Verdict {
    return this.list[this.column.get(row) - 1] ?? UNDECIDED;
  }

  set(row: number, value: Verdict): void {
    let id = this.ids.get(value);
    if (id === undefined) {
      this.list.push(value);
      id = this.list.length;
      this.ids.set(value, id);
    }
    this.column.set(row, id);
  }
}

const UNDECIDED = verdict('unknown', 'possible');

/** Decides the close cause of every connection of the endpoint that `group` was begun for. */
export function judgeEndpoint(store: ResultStore, group: EndpointGroup, verdicts: Verdicts, c: ConnectionCase): void {
  const { rows } = group;
  const shapes = new Uint8Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    c.load(row);
    const shape = shapeOf(c);
    shapes[i] = shape;
    group.mostExchanges = Math.max(group.mostExchanges, c.exchanges);
    if (c.hasEvents) group.eventful.push(row);
    const hint = store.connections.keepAliveTimeout.get(row);
    if (hint > 0) group.keepAliveHint = hint - 1;
    if (store.connections.keepAliveMax.get(row) > 0) group.countsDown = true;
    switch (shape) {
      case Shape.serverFin:
      case Shape.opaqueServer:
        group.serverCloses.add(idleOf(c), c.closedAt);
        if (idleOf(c) <= Math.max(100e6, c.slack)) increment(group.silentServerCounts, c.exchanges);
        break;
      case Shape.clientFinLater:
      case Shape.opaqueClient:
      case Shape.clientReset:
        group.clientCloses.add(c.last < 0 ? c.idle : c.closedAt - c.responseEnded, c.closedAt);
        if (shape === Shape.clientReset) group.countClosed(c.last, false);
        break;
      case Shape.clientFinAtOnce:
        group.countClosed(c.last, true);
        group.atOnce++;
        increment(group.atOnceCounts, c.exchanges);
        break;
      case Shape.unfinishedByServer:
        if (!c.hasResponse) group.serverWaits.add(c.closedAt - (c.requestComplete ? c.requestEnded : c.requestBegan), c.closedAt);
        break;
      case Shape.unfinishedByClient:
        group.abortAges.add(c.closedAt - c.requestBegan, c.closedAt);
        break;
      case Shape.announced:
        if (c.serverSaidClose && !c.clientSaidClose) countAnnounced(group, c);
        break;
    }
  }
  if (group.kinds.size > 0 && group.mostExchanges > 1) group.countReused();
  // Those that prove an undrained response first: what they prove of a kind decides the doubtful ones of it.
  let before: Verdict | null = null;
  for (const proves of [true, false]) {
    for (let i = 0; i < rows.length; i++) {
      const shape = shapes[i]! as Shape;
      if ((shape === Shape.unfinishedByClient || shape === Shape.clientReset) !== proves) continue;
      c.load(rows[i]!);
      const found = completeVerdict(c, closeCause(c, shape, group), group);
      if (proves && found.cause === 'undrained-response' && found.confidence === 'certain') group.countProven(c.last);
      verdicts.set(rows[i]!, found);
      if (found === before) continue;
      before = found;
      group.causes.add(found.cause);
      for (const also of found.also) group.causes.add(also);
    }
  }
}

function countAnnounced(group: EndpointGroup, c: ConnectionCase): void {
  const age = c.closedAt - c.startedAt;
  group.announcedAges.add(age, c.closedAt);
  const count = group.announcedCounts.get(c.exchanges);
  if (count === undefined) group.announcedCounts.set(c.exchanges, { connections: 1, shortest: age, longest: age });
  else {
    count.connections++;
    count.shortest = Math.min(count.shortest, age);
    count.longest = Math.max(count.longest, age);
  }
}

function increment(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The rows of each endpoint, by first packet: `rows(e)`. */
export class RowsByEndpoint {
  private readonly order: Uint32Array;
  private readonly starts: Uint32Array;

  /** @param some the rows to look at, in order; null means all */
  constructor(store: ResultStore, some: Uint32Array | null) {
    const { connections, endpoints } = store;
    const count = some?.length ?? connections.count;
    this.starts = new Uint32Array(endpoints.count + 1);
    for (let i = 0; i < count; i++) this.starts[connections.endpoint.get(some === null ? i : some[i]!) + 1]!++;
    for (let i = 0; i < endpoints.count; i++) this.starts[i + 1]! += this.starts[i]!;
    const next = this.starts.slice();
    this.order = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const row = some === null ? i : some[i]!;
      this.order[next[connections.endpoint.get(row)]!++] = row;
    }
  }

  rows(endpoint: number): Uint32Array {
    return this.order.subarray(this.starts[endpoint], this.starts[endpoint + 1]);
  }
}
