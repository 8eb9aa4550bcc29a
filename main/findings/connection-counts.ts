import type { Protocol } from '../http/exchange-sink.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { CloseReport } from '../../shared/model/connection.ts';
import type { CloseCause, Side } from '../../shared/model/report.ts';
import type { ConnectionCase } from './case.ts';
import { failedOpening, Shape } from './close-shape.ts';
import { verdictOf } from './verdict.ts';

/** What the summary counts, of the connections that were looked at: counted while each is at hand, in whatever order. */
export class ConnectionCounts {
  http = 0;
  requests = 0;
  responses = 0;
  /** Requests without a response. */
  unanswered = 0;
  /** Attempts to connect that the server refused, and those that nobody answered. */
  refused = 0;
  connectTimedOut = 0;
  /** Estimated ones of connections that could not be decrypted: counted here alone. */
  estimatedRequests = 0;
  /** Connections that carried more than one request. */
  reused = 0;
  keepAliveProbes = 0;
  /** Connections of which bytes that were sent are not in the capture. */
  withGaps = 0;
  /** Nanoseconds of all handshakes that were seen whole. */
  handshakes = 0;
  private readonly byProtocol = new Occurrences();
  private readonly byClose = new Occurrences();
  private readonly byVerdict = new Occurrences();
  private readonly store: ResultStore;

  constructor(store: ResultStore) {
    this.store = store;
  }

  add(c: ConnectionCase): void {
    if (c.handshakeWhole) this.handshakes += c.roundTrip;
    this.byProtocol.add(c.protocol, c.row);
    const failed = failedOpening(c);
    if (failed === Shape.refused) this.refused++;
    else if (failed === Shape.connectTimedOut) this.connectTimedOut++;
    else this.byClose.add((c.closed ? CLOSED : 0) | (c.byClient ? BY_CLIENT : 0) | (c.byReset ? BY_RESET : 0) | (c.replaced ? REPLACED : 0), c.row);
    this.keepAliveProbes += c.keepAliveProbes;
    if (c.gaps) this.withGaps++;
    if (c.last < 0) return;
    if (c.estimated) {
      this.addExchanges(c.last);
      return;
    }
    this.http++;
    if (c.exchanges === 1) {
      if (c.hasRequest) this.requests++;
      if (c.hasResponse) this.responses++;
      else this.unanswered++;
    } else {
      this.addExchanges(this.store.connections.lastExchange.get(c.row) - 1);
    }
  }

  addVerdict(id: number, row: number): void {
    this.byVerdict.add(id, row);
  }

  /** How many connections were counted: of a capture that is still read, more may be there by now. */
  get connections(): number {
    return this.byProtocol.entries().reduce((sum, [, connections]) => sum + connections, 0);
  }

  /** How many connections speak each protocol, those that came first in the capture first. */
  protocols(): (readonly [protocol: Protocol, connections: number])[] {
    return this.byProtocol.entries() as [Protocol, number][];
  }

  /** How many connections closed for each cause, those that came first in the capture first. */
  closeCauses(): Partial<Record<CloseCause, number>> {
    const causes: Partial<Record<CloseCause, number>> = {};
    for (const [id, connections] of this.byVerdict.entries()) {
      const { cause } = verdictOf(id)!;
      causes[cause] = (causes[cause] ?? 0) + connections;
    }
    return causes;
  }

  /** How connections that had come about ended, by whom and how often, the most first. */
  closes(): { by: Side | null; kind: CloseReport['kind']; connections: number }[] {
    const found = this.byClose.entries().map(([bits, connections]) => {
      if ((bits & CLOSED) === 0) return { by: null, kind: (bits & REPLACED) !== 0 ? ('replaced' as const) : ('open' as const), connections };
      return { by: (bits & BY_CLIENT) !== 0 ? ('client' as const) : ('server' as const), kind: (bits & BY_RESET) !== 0 ? ('rst' as const) : ('fin' as const), connections };
    });
    // A closed connection may have been replaced as well: that is one way to end.
    const merged: typeof found = [];
    for (const one of found) {
      const same = merged.find(({ by, kind }) => by === one.by && kind === one.kind);
      if (same === undefined) merged.push(one);
      else same.connections += one.connections;
    }
    return merged.sort((a, b) => b.connections - a.connections);
  }

  private addExchanges(last: number): void {
    const { exchanges } = this.store;
    let asked = 0;
    for (let exchange = last; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
      const bits = exchanges.state.get(exchange);
      if ((bits & ExchangeBits.ESTIMATED) !== 0) {
        this.estimatedRequests++;
        continue;
      }
      if ((bits & ExchangeBits.HAS_REQUEST) !== 0) asked++;
      if ((bits & ExchangeBits.HAS_RESPONSE) !== 0) this.responses++;
      else this.unanswered++;
    }
    this.requests += asked;
    if (asked > 1) this.reused++;
  }
}

const CLOSED = 1;
const BY_CLIENT = 2;
const BY_RESET = 4;
const REPLACED = 8;

/** How often small numbers came, and the first row of each. */
class Occurrences {
  private readonly counts: number[] = [];
  private readonly firstRows: number[] = [];

  add(number: number, row: number): void {
    while (this.counts.length <= number) {
      this.counts.push(0);
      this.firstRows.push(Number.MAX_SAFE_INTEGER);
    }
    this.counts[number]!++;
    if (row < this.firstRows[number]!) this.firstRows[number] = row;
  }

  /** In the order of their first rows. */
  entries(): [number: number, count: number][] {
    const found = this.counts.map((count, number): [number, number] => [number, count]).filter(([, count]) => count > 0);
    return found.sort(([a], [b]) => this.firstRows[a]! - this.firstRows[b]!);
  }
}
