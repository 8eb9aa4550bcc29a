import type { ResultStore } from '../store/result-store.ts';

/** Kinds of exchanges: method, path without its digits and query, status. A client does with one what it does with the next of its kind. */
export class RequestKinds {
  private readonly store: ResultStore;

  constructor(store: ResultStore) {
    this.store = store;
  }

  /** A number that two exchanges share when they are of one kind. */
  kind(exchange: number): number {
    const { exchanges, strings } = this.store;
    return (strings.pathShape(exchanges.target.get(exchange)) * 1024 + exchanges.status.get(exchange)) * 64 + (exchanges.method.get(exchange) & 63);
  }
}
