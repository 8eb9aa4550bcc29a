import { namesServerIdle } from '../findings/verdict.ts';
import { mostAtOnce } from '../findings/sorted-values.ts';
import { redactHost } from '../report/redaction.ts';
import { endpointText } from '../store/connection-fields.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import { conditionText } from '../../shared/query/edit-query.ts';
import { safeBytes } from '../../shared/format/safe-text.ts';
import type { CloseCause } from '../../shared/model/report.ts';
import type { EndpointRow } from '../../shared/model/view.ts';
import { cutText } from './cut-text.ts';
import { EndpointView } from './endpoint-view.ts';
import type { Results } from './results.ts';

/** Host names of an endpoint, and their length. */
const MAX_HOSTS = 5;
const MAX_HOST = 100;

/** Endpoints as tables show them, each worked out when it is asked for. */
export class EndpointRows {
  private readonly results: Results;
  private readonly view: EndpointView;
  private readonly known = new Map<number, EndpointRow>();
  private all: number[] | null = null;

  constructor(results: Results) {
    this.results = results;
    this.view = new EndpointView(results.store, redactHost, results.diagnosis);
  }

  /** Endpoint ids by what they waste: connections that could have been spared, then connections. Of those that rows belong to, or of all (null). */
  sorted(rows: Uint32Array | null = null): number[] {
    if (rows === null) return this.ids();
    const { connections } = this.results.store;
    const inScope = new Set<number>();
    for (const row of rows) inScope.add(connections.endpoint.get(row));
    return this.ids().filter((id) => inScope.has(id));
  }

  row(endpoint: number): EndpointRow {
    const known = this.known.get(endpoint);
    if (known !== undefined) return known;
    const { store, diagnosis } = this.results;
    const summary = diagnosis.endpoints[endpoint];
    const plain = this.view.report(endpoint, summary!);
    const row: EndpointRow = {
      id: endpoint,
      report: { ...plain, hosts: plain.hosts.slice(0, MAX_HOSTS).map((host) => cutText(safeBytes(host), MAX_HOST)) },
      needed: this.busiest(endpoint),
      avoidable: summary?.missedReuse ?? 0,
      causes: this.causes(endpoint),
      ...this.idleLimits(endpoint),
      query: conditionText('endpoint', endpointText(store, endpoint)),
    };
    this.known.set(endpoint, row);
    return row;
  }

  private ids(): number[] {
    if (this.all !== null) return this.all;
    const { diagnosis } = this.results;
    const ids: number[] = [];
    diagnosis.endpoints.forEach((summary, id) => {
      if (summary !== undefined) ids.push(id);
    });
    const spared = (id: number): number => diagnosis.endpoints[id]!.missedReuse;
    return (this.all = ids.sort((a, b) => spared(b) - spared(a) || diagnosis.rows.count(b) - diagnosis.rows.count(a) || a - b));
  }

  private causes(endpoint: number): EndpointRow['causes'] {
    const { verdicts, rows } = this.results.diagnosis;
    const counts = new Map<CloseCause, number>();
    for (const row of rows.rows(endpoint)) {
      const { cause } = verdicts.get(row);
      counts.set(cause, (counts.get(cause) ?? 0) + 1);
    }
    return [...counts].map(([cause, connections]) => ({ cause, connections })).sort((a, b) => b.connections - a.connections);
  }

  /** The middle of the idle times after which each side closed, where that was its idle timeout. */
  private idleLimits(endpoint: number): Pick<EndpointRow, 'serverIdleSeconds' | 'clientIdleSeconds'> {
    const { store, diagnosis } = this.results;
    const server: number[] = [];
    const client: number[] = [];
    for (const row of diagnosis.rows.rows(endpoint)) {
      const verdict = diagnosis.verdicts.get(row);
      if (verdict.confidence === 'possible') continue;
      if (verdict.cause === 'client-idle') client.push(store.connections.closeIdle.get(row));
      else if (namesServerIdle(verdict)) server.push(store.connections.closeIdle.get(row));
    }
    return { serverIdleSeconds: middle(server), clientIdleSeconds: middle(client) };
  }

  /** Most connections that had an exchange under way at one moment; null where no exchange could be read. */
  private busiest(endpoint: number): number | null {
    const { begins, ends } = busyTimes(this.results, endpoint);
    return begins.length === 0 ? null : mostAtOnce(begins.sort(), ends.sort());
  }
}

/** When each connection of an endpoint had an exchange under way, nanoseconds; the times of one connection never overlap. */
export function busyTimes({ store: { connections, exchanges }, diagnosis }: Results, endpoint: number): { begins: Float64Array; ends: Float64Array } {
  const begins: number[] = [];
  const ends: number[] = [];
  for (const row of diagnosis.rows.rows(endpoint)) {
    // From the last exchange to the first.
    let until = connections.endedAt.get(row);
    for (let exchange = connections.lastExchange.get(row) - 1; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
      const begin = exchanges.time.get(exchange);
      const isWhole = (exchanges.state.get(exchange) & ExchangeBits.RESPONSE_COMPLETE) !== 0;
      const end = Math.min(until, isWhole ? begin + exchanges.responseEndAfter.get(exchange) : until);
      if (begin > end) continue;
      begins.push(begin);
      ends.push(end);
      until = begin;
    }
  }
  return { begins: Float64Array.from(begins), ends: Float64Array.from(ends) };
}

function middle(nanoseconds: number[]): number | null {
  if (nanoseconds.length === 0) return null;
  nanoseconds.sort((a, b) => a - b);
  return Math.round(nanoseconds[nanoseconds.length >> 1]! / 1e6) / 1e3;
}
