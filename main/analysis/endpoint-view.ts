import type { Diagnosis, EndpointSummary } from '../findings/diagnose.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import { TopRows } from '../report/notable.ts';
import { isEstimated } from '../store/estimated-exchanges.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { EndpointReport } from '../../shared/model/report.ts';

/** Host values shown of one endpoint. */
const MAX_HOSTS = 20;

/** Endpoints as the report shows them. */
export class EndpointView {
  private readonly store: ResultStore;
  private readonly redactHost: (host: string) => string;
  private readonly diagnosis: Diagnosis;

  constructor(store: ResultStore, redactHost: (host: string) => string, diagnosis: Diagnosis) {
    this.store = store;
    this.redactHost = redactHost;
    this.diagnosis = diagnosis;
  }

  /** Those with most connections first. */
  reports(): EndpointReport[] {
    const reports: EndpointReport[] = [];
    this.diagnosis.endpoints.forEach((summary, endpoint) => {
      if (summary !== undefined) reports.push(this.report(endpoint, summary));
    });
    return reports.sort((a, b) => b.connections - a.connections);
  }

  /** How many there are. */
  get count(): number {
    return this.diagnosis.endpoints.reduce((count) => count + 1, 0);
  }

  /** The `limit` that cost most: by connections that could have been spared, then by connections. Only these are made. */
  costliest(limit: number): EndpointReport[] {
    const top = new TopRows(limit);
    this.diagnosis.endpoints.forEach((summary, endpoint) => {
      // Fewer connections never weigh as much as one that could have been spared.
      if (summary !== undefined) top.offer(endpoint, summary.missedReuse + this.diagnosis.rows.count(endpoint) / 2 ** 33);
    });
    return top.rows().map((endpoint) => this.report(endpoint, this.diagnosis.endpoints[endpoint]!));
  }

  report(endpoint: number, summary: EndpointSummary): EndpointReport {
    const { store } = this;
    const rows = this.diagnosis.rows.rows(endpoint);
    const { connections, exchanges } = store;
    const hosts = new Set<number>();
    let requests = 0;
    let estimated = 0;
    let http = 0;
    for (const row of rows) {
      let exchange = connections.lastExchange.get(row) - 1;
      if (exchange >= 0 && !isEstimated(store, exchange)) http++;
      for (; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
        if ((exchanges.state.get(exchange) & ExchangeBits.HAS_REQUEST) === 0) continue;
        if (isEstimated(store, exchange)) {
          estimated++;
          continue;
        }
        requests++;
        const host = exchanges.host.get(exchange);
        if (host !== 0 && hosts.size < MAX_HOSTS) hosts.add(host);
      }
    }
    const path = store.path(endpoint);
    return {
      client: store.clientAddress(endpoint),
      server: store.serverAddress(endpoint),
      port: store.endpoints.port(endpoint),
      ...(path.vlans.length > 0 ? { vlans: [...path.vlans] } : {}),
      ...(path.tunnel !== null ? { encapsulation: path.tunnel } : {}),
      hosts: [...new Set([...hosts].map((host) => this.redactHost(store.strings.text(host))))],
      connections: rows.length,
      requests,
      ...(estimated > 0 ? { estimatedRequests: estimated } : {}),
      reuseRatio: requests === 0 ? 0 : Math.max(0, 1 - http / requests),
      ...summary,
    };
  }
}
