import type { ResultStore } from '../store/result-store.ts';
import type { ConnectionCase } from './case.ts';
import { probeSpacings } from './probes.ts';

/** What the connections of an endpoint tell of the software at both ends: the first of each that shows. */
export class StackSigns {
  /** String ids, 0 for none yet: the User-Agent of the request whose field names are `order`; the Server field of the response whose are `serverOrder`. */
  agent = 0;
  order = 0;
  server = 0;
  serverOrder = 0;
  /** Seconds of `Keep-Alive: timeout=` and one; 0 for none yet. */
  hint = 0;
  /** How long connections were idle before a keep-alive probe of the client, of the server, nanoseconds; null for none yet. */
  clientProbe: number | null = null;
  serverProbe: number | null = null;

  clear(): void {
    this.agent = this.order = this.server = this.serverOrder = this.hint = 0;
    this.clientProbe = this.serverProbe = null;
  }

  add(store: ResultStore, c: ConnectionCase): void {
    const { connections } = store;
    if (c.keepAliveProbes > 0) {
      this.clientProbe ??= probeSpacings(store, c.row, 'client')[0] ?? null;
      this.serverProbe ??= probeSpacings(store, c.row, 'server')[0] ?? null;
    }
    if (c.last < 0) return;
    const { signs } = connections;
    const id = c.signsId;
    if (this.order === 0) {
      this.agent = signs.clientAgent(id);
      this.order = signs.clientHeaderOrder(id);
    }
    if (this.server === 0) {
      const agent = signs.serverAgent(id);
      if (agent !== 0 || this.serverOrder === 0) {
        this.server = agent;
        this.serverOrder = signs.serverHeaderOrder(id);
      }
    }
    if (this.hint === 0) this.hint = signs.keepAliveTimeout(id);
  }
}
