import { Uint16Column } from '../store/columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { ConnectionCase } from './case.ts';
import { closeCause, completeVerdict } from './close-cause.ts';
import type { ConnectionCounts } from './connection-counts.ts';
import { brokeOffRequest, Shape, shapeOf } from './close-shape.ts';
import { CLOSE_WAIT_FROM, type EndpointGroup } from './endpoint-group.ts';
import { idleOf } from './server-close.ts';
import { hasCutHead, isCrossed } from './unfinished-response.ts';
import { type Loss, ofLosses } from './losses.ts';
import { namesServerIdle, ofUnread, verdict, type Verdict, verdictOf } from './verdict.ts';

/** Why each connection closed: a verdict by row, and whether its last request got no complete response; two bytes each. */
export class Verdicts {
  private readonly column = new Uint16Column();

  get(row: number): Verdict {
    return verdictOf(this.column.get(row) & ~UNANSWERED) ?? UNDECIDED;
  }

  isUnanswered(row: number): boolean {
    return (this.column.get(row) & UNANSWERED) !== 0;
  }

  set(row: number, value: Verdict, unanswered: boolean): void {
    this.column.set(row, value.id | (unanswered ? UNANSWERED : 0));
  }
}

/** The bit above the ids of verdicts, of which there are some two hundred. */
const UNANSWERED = 0x8000;

const UNDECIDED = verdict('unknown', 'possible');

/** Reads the connections of the endpoint that `group` was begun for. */
export function readEndpoint(store: ResultStore, group: EndpointGroup, counts: ConnectionCounts, c: ConnectionCase): void {
  for (let place = 0; place < group.rows.length; place++) {
    gather(store, group, c, place);
    counts.add(c);
  }
  group.beginTimeline();
  if (group.mostExchanges > 1) group.kinds.countReused(group.rows);
}

/** Decides why each connection closed, by what was read of all of them and by the stacks that were recognised. */
export function judgeEndpoint(group: EndpointGroup, verdicts: Verdicts, counts: ConnectionCounts, c: ConnectionCase, losses: readonly Loss[]): void {
  const { rows, digest } = group;
  // Those that prove an undrained response first: what they prove of a kind decides the doubtful ones of it.
  const seen: (true | undefined)[] = [];
  for (const proves of [true, false]) {
    for (let place = 0; place < rows.length; place++) {
      const shape = digest.shapes[place]! as Shape;
      if ((shape === Shape.unfinishedByClient || shape === Shape.clientReset) !== proves) continue;
      c.loadNear(group.near, place, rows[place]!);
      const read = completeVerdict(c, closeCause(c, shape, group), group);
      const found = ofLosses(losses, c, c.estimated || c.headCut ? ofUnread(read) : read, shape === Shape.announced);
      if (proves && found.cause === 'undrained-response' && found.confidence === 'certain') group.kinds.countProven(c);
      verdicts.set(rows[place]!, found, c.hasRequest && !c.responseComplete);
      counts.addVerdict(found.id, rows[place]!);
      digest.verdicts[place] = found.id;
      if (seen[found.id] === undefined) {
        seen[found.id] = true;
        group.causes.add(found.cause);
        for (const also of found.also) group.causes.add(also);
      }
      if (namesServerIdle(found)) group.shortestServerIdle = Math.min(group.shortestServerIdle, idleOf(c));
    }
  }
}

/** Reads one connection into the digest, and counts what it tells of its endpoint. */
function gather(store: ResultStore, group: EndpointGroup, c: ConnectionCase, place: number): void {
  const { connections } = store;
  const row = group.rows[place]!;
  c.loadNear(group.near, place, row);
  const shape = shapeOf(c);
  group.digest.put(place, c, shape, store, group.healthChecks);
  group.mostExchanges = Math.max(group.mostExchanges, c.exchanges);
  group.signs.add(store, c);
  if (c.estimated) group.hasSealed = true;
  if (c.hasEvents) group.eventful.push(row);
  if (c.exchanges > 0) {
    const signs = c.signsId;
    const hint = connections.signs.keepAliveTimeout(signs);
    if (hint > 0) group.keepAliveHint = hint - 1;
    if (connections.signs.keepAliveCounts(signs)) group.countsDown = true;
  }
  if (c.closed) {
    const isFinOfServer = !c.byClient && !c.byReset && !c.oneSided && !c.serverFinLost && !c.isOnlyEnd && shape !== Shape.switched;
    if (isFinOfServer && (c.last < 0 || c.requestComplete) && (!c.hasSecondFin || c.secondFinAfter >= CLOSE_WAIT_FROM)) group.unansweredFins.push(row);
    if (c.saidNothing && c.synAckSeen && !c.oneSided && !c.gaps) group.unused.push(row);
    if (hasCutHead(c) && !c.beganTlsInVain) group.cutRequests.push(row);
  }
  switch (shape) {
    case Shape.serverFin:
    case Shape.opaqueServer: {
      if (c.isOnlyEnd) break;
      const idle = idleOf(c);
      group.serverCloses.add(idle, c);
      if (idle <= Math.max(100e6, c.slack)) increment(group.silentServerCounts, c.exchanges);
      break;
    }
    case Shape.serverReset:
      if (!c.isBareReset) group.serverCloses.add(idleOf(c), c);
      break;
    case Shape.clientFinLater:
    case Shape.opaqueClient:
    case Shape.clientReset:
      if (c.dialGivenUp || c.isOnlyEnd) break;
      group.clientCloses.add(c.last < 0 ? c.idle : c.closedAt - c.responseEnded, c);
      if (shape === Shape.clientReset) group.kinds.countClosed(c, false);
      break;
    case Shape.clientFinAtOnce:
      group.kinds.countClosed(c, true);
      group.atOnce++;
      increment(group.atOnceCounts, c.exchanges);
      break;
    case Shape.unfinishedByServer:
      // What it closed was idle, for all it knew.
      if (!c.hasResponse && isCrossed(c)) addCrossed(group, c);
      else if (!c.hasResponse) group.serverWaits.add(c.closedAt - (c.requestComplete ? c.requestEnded : c.requestBegan), c);
      break;
    case Shape.unfinishedByClient:
      if (!brokeOffRequest(c)) group.abortAges.add(c.closedAt - c.requestBegan, c);
      break;
    case Shape.announced:
      if (c.serverSaidClose && !c.clientSaidClose) countAnnounced(group, c);
      break;
  }
}

function addCrossed(group: EndpointGroup, c: ConnectionCase): void {
  const idle = idleOf(c);
  if (!c.gaps && idle >= 0) group.serverCloses.add(idle, c);
}

function countAnnounced(group: EndpointGroup, c: ConnectionCase): void {
  const age = c.closedAt - c.startedAt;
  group.announcedAges.add(age, c);
  group.announced++;
  group.shortestAnnounced = Math.min(group.shortestAnnounced, age);
  group.firstAnnounced = Math.min(group.firstAnnounced, c.closedAt);
  group.lastAnnounced = Math.max(group.lastAnnounced, c.closedAt);
  group.lastAnnouncedOpened = Math.max(group.lastAnnouncedOpened, c.startedAt);
  // Not known where that response's end is not in the capture, which says nothing of the others.
  const before = c.previousEnded - c.startedAt;
  if (before > group.latestUnannounced) group.latestUnannounced = before;
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

  count(endpoint: number): number {
    return this.starts[endpoint + 1]! - this.starts[endpoint]!;
  }

  rows(endpoint: number): Uint32Array {
    return this.order.subarray(this.starts[endpoint], this.starts[endpoint + 1]);
  }
}
