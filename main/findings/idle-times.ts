import type { ResultStore } from '../store/result-store.ts';
import type { ClientPrograms } from './client-programs.ts';
import { DigestBit } from './digest.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import { reusableFrom } from './reusable.ts';
import type { Scratch } from './scratch.ts';
import { mostAtOnce, sortNearly } from './sorted-values.ts';

/** An idle connection counts for a SYN when it was idle this long before (and a round trip): a dial that had begun could not know. */
export const IDLE_MARGIN = 5e6;
/** Requests within this time belong to one burst. */
export const TOGETHER = 20e6;

/** The times in which connections of an endpoint lay idle and could be reused. Asked for ascending moments. */
export class IdleTimes {
  private readonly begins: Float64Array;
  private readonly ends: Float64Array;
  /** Places, twice, and one more where the connection was used again. */
  private readonly owners: Int32Array;
  private count = 0;
  private readonly sortedBegins: Float64Array;
  private readonly sortedEnds: Float64Array;
  /** How many had begun, and ended, at the moment asked for last; those before `first` had all ended. */
  private begun = 0;
  private ended = 0;
  private first = 0;
  /** From when on the one found last lay idle. */
  since = Number.NaN;

  constructor(store: ResultStore, group: EndpointGroup, end: number, scratch: Scratch) {
    const { digest } = group;
    this.begins = scratch.take('idle begins', digest.exchanges);
    this.ends = scratch.take('idle ends', digest.exchanges);
    this.owners = scratch.takeInts('idle owners', digest.exchanges);
    for (let place = 0; place < digest.count; place++) this.add(store, group, place, end);
    this.sortedBegins = sortNearly(scratch.copy('sorted idle begins', this.begins, this.count));
    this.sortedEnds = sortNearly(scratch.copy('sorted idle ends', this.ends, this.count));
  }

  countAt(moment: number): number {
    const { sortedBegins, sortedEnds } = this;
    while (this.begun < sortedBegins.length && sortedBegins[this.begun]! < moment) this.begun++;
    while (this.ended < sortedEnds.length && sortedEnds[this.ended]! < moment) this.ended++;
    return this.begun - this.ended;
  }

  /**
   * One connection that is idle at a moment, of the program that opened another one: rather one that is never used again.
   * Its place, twice, and one more where it is used again; -1 where there is none.
   */
  one(moment: number, programs: ClientPrograms, opened: number): number {
    while (this.first < this.count - 1 && this.ends[this.first]! < moment) this.first++;
    let found = -1;
    for (let i = this.first; i < this.count && i < this.first + MOST_LOOKED_AT; i++) {
      if (this.begins[i]! >= moment || this.ends[i]! < moment || !programs.areOne(this.owners[i]! >> 1, opened)) continue;
      found = this.owners[i]!;
      this.since = this.begins[i]!;
      if ((found & 1) === 0) break;
    }
    if (found >= 0 || programs.areSeveral) return found;
    return this.owners[this.first]! & ~1;
  }

  most(): number {
    return mostAtOnce(this.sortedBegins, this.sortedEnds);
  }

  private add(store: ResultStore, { digest, rows }: EndpointGroup, place: number, end: number): void {
    const margin = IDLE_MARGIN + digest.clientRoundTrips[place]!;
    // It stopped to be usable with its first closing packet, else at the end of the capture.
    if (digest.closed[place] === Number.POSITIVE_INFINITY) this.put(digest.reusable[place]! + margin, end, place << 1);
    else this.put(digest.reusable[place]! + margin, digest.closed[place]!, place << 1);
    if ((digest.bits[place]! & (DigestBit.SINGLE | DigestBit.TUNNEL)) !== 0) return;
    let until = Math.min(end, digest.closed[place]!);
    const { connections, exchanges } = store;
    // Without the requests nobody knows when the next one was sent.
    if (connections.packetsClient.get(rows[place]!) === 0) return;
    for (let exchange = connections.lastExchange.get(rows[place]!) - 1; exchange >= 0; ) {
      // Requests that start together take the idle connections and dial the rest: one about to be taken is not missed.
      until = Math.min(until, exchanges.time.get(exchange) - TOGETHER);
      exchange = exchanges.previous.get(exchange) - 1;
      if (exchange >= 0) this.put(reusableFrom(store, exchange) + margin, until, (place << 1) | 1);
    }
  }

  private put(from: number, until: number, owner: number): void {
    if (!(from < until)) return;
    this.begins[this.count] = from;
    this.ends[this.count] = until;
    this.owners[this.count++] = owner;
  }
}

/** An example is enough: the search for it stays short. */
const MOST_LOOKED_AT = 2000;
