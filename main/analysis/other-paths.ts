import type { NetworkPath } from '../decode/network-paths.ts';
import type { ResultStore } from '../store/result-store.ts';

/** Which connections share addresses and ports with one that travels otherwise. Nearly all captures have none. */
export class OtherPaths {
  private readonly store: ResultStore;
  /** Endpoints between two addresses, by both. */
  private readonly endpoints = new Map<string, number[]>();
  /** Endpoints with their clients' ports. */
  private readonly sockets = new Set<number>();

  constructor(store: ResultStore) {
    this.store = store;
    const { connections, endpoints } = store;
    let differ = false;
    for (let endpoint = 1; endpoint < endpoints.count; endpoint++) differ ||= endpoints.path(endpoint) >>> 1 !== endpoints.path(0) >>> 1;
    if (!differ) return;
    for (let endpoint = 0; endpoint < endpoints.count; endpoint++) {
      const key = this.addresses(endpoint);
      const known = this.endpoints.get(key);
      if (known === undefined) this.endpoints.set(key, [endpoint]);
      else known.push(endpoint);
    }
    for (let row = 0; row < connections.count; row++) this.sockets.add(connections.endpoint.get(row) * 65_536 + connections.clientPort.get(row));
  }

  /** Paths of the other connections with the same addresses and ports. */
  ofOthers(endpoint: number, clientPort: number): Set<string> {
    const { endpoints } = this.store;
    const paths = new Set<string>();
    for (const other of this.endpoints.get(this.addresses(endpoint)) ?? []) {
      if (endpoints.path(other) === endpoints.path(endpoint)) continue;
      const same = endpoints.client(other) === endpoints.client(endpoint);
      const [serverPort, port] = same ? [endpoints.port(endpoint), clientPort] : [clientPort, endpoints.port(endpoint)];
      if (endpoints.port(other) === serverPort && this.sockets.has(other * 65_536 + port)) paths.add(pathKey(this.store.path(other)));
    }
    return paths;
  }

  private addresses(endpoint: number): string {
    const { endpoints } = this.store;
    const [client, server] = [endpoints.client(endpoint), endpoints.server(endpoint)];
    return `${Math.min(client, server)} ${Math.max(client, server)} ${endpoints.path(endpoint) & 1}`;
  }
}

/** A network path as text: the same for the same one, whatever reading it comes from. */
export function pathKey({ ipVersion, vlans, tunnel }: NetworkPath): string {
  return `${ipVersion} ${vlans.join(',')} ${tunnel ?? ''}`;
}
