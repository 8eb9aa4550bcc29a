import type { ResultStore } from '../store/result-store.ts';

/** Kinds of exchanges: method, path without its digits and query, status. A client does with one what it does with the next of its kind. */
export class RequestKinds {
  private readonly store: ResultStore;
  /** By string id of the target. */
  private readonly paths = new Map<number, number>();
  private readonly ids = new Map<string, number>();

  constructor(store: ResultStore) {
    this.store = store;
  }

  /** A number that two exchanges share when they are of one kind. */
  kind(exchange: number): number {
    const { exchanges } = this.store;
    const target = exchanges.target.get(exchange);
    let path = this.paths.get(target);
    if (path === undefined) {
      const text = this.store.strings.text(target).split('?', 1)[0]!.replace(/[0-9]+/g, '#');
      path = this.ids.get(text) ?? this.ids.size;
      this.ids.set(text, path);
      this.paths.set(target, path);
    }
    return (path * 1024 + exchanges.status.get(exchange)) * 64 + (exchanges.method.get(exchange) & 63);
  }
}
