import type { ResultStore } from '../store/result-store.ts';

/** Connections of a host (an address of either side, or a Host name), of a server port, or of both together. */
export interface ConnectionFilter {
  readonly host?: string;
  readonly port?: number;
}

/** The rows that a filter lets through, in order. */
export function matchingRows(store: ResultStore, filter: ConnectionFilter): Uint32Array {
  const { connections, endpoints, exchanges, strings } = store;
  const wanted = filter.host?.toLowerCase();
  const byEndpoint = new Map<number, boolean>();
  const byHost = new Map<number, boolean>();
  const rows: number[] = [];
  for (let row = 0; row < connections.count; row++) {
    const endpoint = connections.endpoint.get(row);
    if (filter.port !== undefined && endpoints.port(endpoint) !== filter.port) continue;
    if (wanted !== undefined && !addressMatches(endpoint) && !hostMatches(row)) continue;
    rows.push(row);
  }
  return Uint32Array.from(rows);

  function addressMatches(endpoint: number): boolean {
    let matches = byEndpoint.get(endpoint);
    if (matches === undefined) {
      matches = store.clientAddress(endpoint) === wanted || store.serverAddress(endpoint) === wanted;
      byEndpoint.set(endpoint, matches);
    }
    return matches;
  }

  function hostMatches(row: number): boolean {
    for (let exchange = connections.lastExchange.get(row) - 1; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
      const host = exchanges.host.get(exchange);
      let matches = byHost.get(host);
      if (matches === undefined) {
        const name = strings.text(host).toLowerCase();
        matches = name === wanted || name.replace(/:\d+$/, '') === wanted;
        byHost.set(host, matches);
      }
      if (matches) return true;
    }
    return false;
  }
}
