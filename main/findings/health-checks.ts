import { MessageFlag } from '../http/exchange-sink.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { ConnectionCase } from './case.ts';

/** What orchestrators, balancers and monitors call themselves when they ask whether a server is there. */
const NAMES = /^(kube-probe\/|ELB-HealthChecker\/|GoogleHC\/|Amazon-Route53-Health-Check-Service|Consul Health Check|Envoy\/HC|Edge Health Probe|Load Balancer Agent|check_http\/)/;

/**
 * Health checks open a connection each time on purpose: whether one can be opened is part of what they ask. They waste
 * nothing, and could use no connection of the traffic beside them.
 */
export class HealthChecks {
  private readonly store: ResultStore;
  private readonly names = new Map<number, boolean>();
  private lastName = 0;
  private lastIsCheck = false;

  constructor(store: ResultStore) {
    this.store = store;
  }

  isCheck(c: ConnectionCase): boolean {
    const { strings, connections: { signs } } = this.store;
    const id = c.signsId;
    const name = signs.clientAgent(id);
    if (name !== 0) return this.isName(name);
    // HAProxy's, by default: no field at all.
    return c.hasRequest && (c.requestFlags & MessageFlag.http10) !== 0 && signs.clientHeaderOrder(id) === 0 && strings.text(c.method) === 'OPTIONS';
  }

  /** `name`: the string id of a User-Agent. */
  private isName(name: number): boolean {
    if (name === this.lastName) return this.lastIsCheck;
    let found = this.names.get(name);
    if (found === undefined) {
      found = NAMES.test(this.store.strings.text(name));
      this.names.set(name, found);
    }
    this.lastName = name;
    return (this.lastIsCheck = found);
  }
}
