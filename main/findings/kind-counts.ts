import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { ConnectionCase } from './case.ts';
import type { Digest } from './digest.ts';
import type { RequestKinds } from './request-kinds.ts';

/** What followed requests of one kind. */
export interface KindCount {
  /** Another request on their connection. */
  reused: number;
  /** The client's close, by FIN at once or by RST. */
  closed: number;
  fins: number;
  /** Closes that prove an undrained response: FIN and RST alternate by chance for the same code. */
  proven: number;
}

const UNKNOWN: Readonly<KindCount> = { reused: 0, closed: 0, fins: 0, proven: 0 };

/** What followed requests of each kind, at one endpoint: the same code handles the responses to them. Begun anew for each endpoint. */
export class KindCounts {
  private readonly counts: KindCount[] = [];
  /** Number of a kind, from 1 on: `counts[number - 1]`. */
  private readonly numbers = new Map<number, number>();
  private hasReused = false;
  private readonly store: ResultStore;
  private readonly requestKinds: RequestKinds;
  /** Keeps the numbers of its places, 0 where none is known yet. */
  private readonly digest: Digest;

  constructor(store: ResultStore, requestKinds: RequestKinds, digest: Digest) {
    this.store = store;
    this.requestKinds = requestKinds;
    this.digest = digest;
  }

  clear(): void {
    if (this.counts.length === 0) return;
    this.counts.length = 0;
    this.numbers.clear();
    this.hasReused = false;
  }

  /** What followed requests of the kind of a connection's last exchange. */
  of(c: ConnectionCase): Readonly<KindCount> {
    if (this.counts.length === 0) return UNKNOWN;
    const counted = this.digest.kinds[c.place]!;
    if (counted !== 0) return this.counts[counted - 1]!;
    // Only the kinds of closes at once are numbered by place from the start: of others few are asked for, some of them again.
    const number = this.numbers.get(this.lastKind(c));
    if (number === undefined) return UNKNOWN;
    this.digest.kinds[c.place] = number;
    return this.counts[number - 1]!;
  }

  /** Whether other requests of that kind were followed by one on their connection. */
  isReused(c: ConnectionCase): boolean {
    return this.hasReused && this.of(c).reused > 0;
  }

  countClosed(c: ConnectionCase, byFin: boolean): void {
    const number = this.numberOf(this.lastKind(c));
    this.digest.kinds[c.place] = number;
    const count = this.counts[number - 1]!;
    count.closed++;
    if (byFin) count.fins++;
  }

  countProven(c: ConnectionCase): void {
    this.counts[this.numberOf(this.lastKind(c)) - 1]!.proven++;
  }

  /** Counts every exchange of the rows that another one followed on its connection; only where closes were counted. */
  countReused(rows: Uint32Array): void {
    if (this.counts.length === 0) return;
    const { connections, exchanges } = this.store;
    for (const row of rows) {
      const last = connections.lastExchange.get(row) - 1;
      if (last < 0) continue;
      for (let exchange = exchanges.previous.get(last) - 1; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
        if ((exchanges.state.get(exchange) & ExchangeBits.HAS_RESPONSE) === 0) continue;
        this.counts[this.numberOf(this.requestKinds.kind(exchange)) - 1]!.reused++;
        this.hasReused = true;
      }
    }
  }

  private lastKind(c: ConnectionCase): number {
    return this.requestKinds.kindOf(c.signsId, c.target, c.status, c.method);
  }

  private numberOf(kind: number): number {
    let number = this.numbers.get(kind);
    if (number === undefined) {
      this.counts.push({ reused: 0, closed: 0, fins: 0, proven: 0 });
      number = this.counts.length;
      this.numbers.set(kind, number);
    }
    return number;
  }
}
