import type { ResultStore } from '../store/result-store.ts';
import { Shape } from './close-shape.ts';
import { type Digest, DigestBit } from './digest.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import { reusableFrom } from './reusable.ts';
import type { Scratch } from './scratch.ts';
import { countUpTo, mostAtOnce, sortNearly } from './sorted-values.ts';

/** Who lies idle for so long, and two round trips to the client, has come to the client's pool, however late its answer was there. */
const SETTLED = 50e6;
/** Connections that wait so long for their first request were dialled for another one. So many are counted: many more are no pool's. */
const SHORTEST_SPARE = 1e6;
const MOST_SPARE = 4096;
/** A request that waits for a connection gets one that comes free within this time, and the round trip to the client: it never lies in the pool. */
const HANDED_ON = 5e6;
/** Connections that went back to lie idle, of which so many are looked at. */
const MOST_RETURNED = 4096;
/** Fewer tell nothing: what is closed in one go with them lies idle beside them until it is. */
const ENOUGH_RETURNED = 16;
/** Of those that found a place in the pool, how many found fewer there than those that found none: any close has some beside it. */
const HAD_ROOM = 0.6;
const NEARLY_ALL = 0.9;

/**
 * Whether a client's pool had room when it closed connections at once after their answers: a pool lets go of what it has no
 * room for only while as many lie idle in it as it holds. Counted are all that may have lain idle at the client: rather too many.
 */
export class PoolRoom {
  /** When connections began and ceased to lie idle, each sorted. */
  private readonly begins: Float64Array;
  private readonly ends: Float64Array;
  /** The most that lay idle for a while. */
  private readonly held: number;
  /** Most of the closes at once, and all of them, came while as many others lay idle as ever did for a while, and connections that were kept had come back to fewer. */
  readonly isMostlyFull: boolean;
  readonly isAlwaysFull: boolean;

  /** Uses the arrays of `IdleTimes`. */
  constructor(store: ResultStore, { digest, rows }: EndpointGroup, scratch: Scratch) {
    const { connections, exchanges } = store;
    const begins = scratch.take('idle begins', digest.exchanges + MOST_SPARE);
    const ends = scratch.take('idle ends', digest.exchanges + MOST_SPARE);
    let count = 0;
    let settled = 0;
    let spare = 0;
    const returned: number[] = [];
    const refused = { begins: [] as number[], ends: [] as number[] };
    const agents = agentsOfCloses(digest);
    for (let place = 0; place < digest.count; place++) {
      // What lies idle in the pool of another program makes nobody's full.
      if ((digest.bits[place]! & DigestBit.TUNNEL) !== 0 || (agents !== null && !agents.has(digest.agents[place]!))) continue;
      const settles = SETTLED + 2 * digest.clientRoundTrips[place]!;
      const handed = HANDED_ON + 1.3 * digest.clientRoundTrips[place]!;
      let from = digest.reusable[place]!;
      let until = digest.closed[place]!;
      if (digest.shapes[place] === Shape.clientFinAtOnce && refused.ends.length < MOST_RETURNED) {
        refused.begins.push(from);
        refused.ends.push(until);
      }
      for (let exchange = connections.lastExchange.get(rows[place]!) - 1; exchange >= 0; ) {
        if (from < until) {
          if (until !== digest.closed[place]! && until - from > handed && returned.length < MOST_RETURNED) returned.push(from);
          begins[count] = from;
          ends[count] = until;
          // Those that settle stand first.
          if (from + settles < until) swap(begins, ends, settled++, count);
          count++;
        }
        until = exchanges.time.get(exchange);
        exchange = exchanges.previous.get(exchange) - 1;
        if (exchange >= 0) from = reusableFrom(store, exchange);
      }
      // Before its first request; where the handshake was not seen, for as long as nobody knows.
      from = digest.handshakes[place]! > 0 ? digest.opened[place]! + digest.handshakes[place]! : Number.NEGATIVE_INFINITY;
      if (until - from < SHORTEST_SPARE || spare++ >= MOST_SPARE) continue;
      begins[count] = from;
      ends[count++] = until;
    }
    this.held = Math.max(1, mostAtOnce(sortNearly(begins.subarray(0, settled)), sortNearly(ends.subarray(0, settled))));
    this.begins = sortNearly(begins.subarray(0, count));
    this.ends = sortNearly(ends.subarray(0, count));
    const beside: number[] = [];
    for (let place = 0; place < digest.count; place++) {
      if (digest.shapes[place] === Shape.clientFinAtOnce) beside.push(this.idleAt(digest.closed[place]!));
    }
    beside.sort((a, b) => a - b);
    const median = beside[beside.length >>> 1] ?? 0;
    const kept = this.besideKept(returned, refused);
    this.isMostlyFull = median >= this.held && shareUpTo(kept, median) >= HAD_ROOM;
    this.isAlwaysFull = (beside[0] ?? 0) >= this.held && shareUpTo(kept, this.held) >= NEARLY_ALL;
  }

  /** Whether as many lay idle at a moment as ever did for a while, or one less, which may only have come a little late. */
  isFullAt(moment: number): boolean {
    return this.idleAt(moment) >= this.held - 1;
  }

  /** How many lay idle when connections came back that were kept, themselves counted. What came with them in one burst and was closed next never lay in the pool. */
  private besideKept(returned: readonly number[], refused: { readonly begins: readonly number[]; readonly ends: readonly number[] }): number[] {
    const begins = Float64Array.from(refused.begins).sort();
    const ends = Float64Array.from(refused.ends).sort();
    // Behind the last one that was counted nobody knows.
    const until = ends.length < MOST_RETURNED ? Number.POSITIVE_INFINITY : ends[ends.length - 1]!;
    return returned.filter((moment) => moment <= until).map((moment) => this.idleAt(moment) - countUpTo(begins, moment) + countUpTo(ends, moment));
  }

  /** How many lay idle at a moment; one that closed at it does not count. */
  idleAt(moment: number): number {
    return countUpTo(this.begins, moment) - countUpTo(this.ends, moment);
  }
}

/** Which share of some counts is not above `most`; 1 of too few to tell. */
function shareUpTo(counts: readonly number[], most: number): number {
  if (counts.length < ENOUGH_RETURNED) return 1;
  let found = 0;
  for (const count of counts) if (count <= most) found++;
  return found / counts.length;
}

/** The names of the programs that closed connections at once, none as 0; null where one of them has none and may be any. */
function agentsOfCloses({ agents, shapes, count }: Digest): ReadonlySet<number> | null {
  const found = new Set<number>();
  let last = -1;
  for (let place = 0; place < count; place++) {
    const agent = agents[place]!;
    if (shapes[place] !== Shape.clientFinAtOnce || agent === last) continue;
    if (agent === 0) return null;
    found.add(agent);
    last = agent;
  }
  return found.add(0);
}

function swap(begins: Float64Array, ends: Float64Array, one: number, other: number): void {
  const begin = begins[one]!;
  const end = ends[one]!;
  begins[one] = begins[other]!;
  ends[one] = ends[other]!;
  begins[other] = begin;
  ends[other] = end;
}
