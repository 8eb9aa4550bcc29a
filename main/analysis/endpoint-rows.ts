import type { Diagnosis } from '../findings/diagnose.ts';
import type { KeptFinding } from '../findings/finding-collector.ts';
import { mostAtOnce } from '../findings/sorted-values.ts';
import { redactHost } from '../report/redaction.ts';
import { endpointText } from '../store/connection-fields.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import { conditionText } from '../../shared/query/edit-query.ts';
import { safeBytes } from '../../shared/format/safe-text.ts';
import type { CloseCause } from '../../shared/model/report.ts';
import type { EndpointRow } from '../../shared/model/view.ts';
import type { EndpointSort } from '../../shared/query/endpoint-order.ts';
import { cutText } from './cut-text.ts';
import { EndpointOrder } from './endpoint-order.ts';
import { EndpointView } from './endpoint-view.ts';
import { idleCloses, idleLimit } from './idle-closes.ts';
import { usableUntil } from './lane-spans.ts';
import type { Results } from './results.ts';

/** Host names of an endpoint, and their length. */
const MAX_HOSTS = 5;
const MAX_HOST = 100;
/** Rows that are kept: each has up to a kilobyte. */
const MAX_KNOWN = 5000;

/**
 * Endpoints as tables show them, each worked out when it is asked for: of all connections, or of those that a diagnosis
 * was narrowed to. What the report of an endpoint says of its pool and ports is of all of them.
 */
export class EndpointRows {
  private readonly results: Results;
  private readonly diagnosis: Diagnosis;
  private readonly view: EndpointView;
  private readonly known = new Map<number, EndpointRow>();
  private all: number[] | null = null;
  private order: EndpointOrder | null = null;

  constructor(results: Results, diagnosis = results.diagnosis) {
    this.results = results;
    this.diagnosis = diagnosis;
    this.view = new EndpointView(results.store, redactHost, diagnosis);
  }

  /** Endpoint ids by what they waste: connections that could have been spared, then connections. */
  sorted(): number[] {
    if (this.all !== null) return this.all;
    const ids: number[] = [];
    this.diagnosis.endpoints.forEach((summary, id) => {
      if (summary !== undefined) ids.push(id);
    });
    const spared = new Map(ids.map((id) => [id, this.spared(id)]));
    return (this.all = ids.sort((a, b) => spared.get(b)! - spared.get(a)! || this.diagnosis.rows.count(b) - this.diagnosis.rows.count(a) || a - b));
  }

  /** As `sorted`, of those whose texts hold a text, in any order. */
  ordered(sort: EndpointSort | null, text: string): readonly number[] {
    return (this.order ??= new EndpointOrder(this.sorted(), (endpoint) => this.make(endpoint))).sorted(sort, text);
  }

  row(endpoint: number): EndpointRow {
    let row = this.known.get(endpoint);
    if (row === undefined) {
      row = this.make(endpoint);
      if (this.known.size < MAX_KNOWN) this.known.set(endpoint, row);
    }
    return row;
  }

  private make(endpoint: number): EndpointRow {
    const { store } = this.results;
    const summary = this.diagnosis.endpoints[endpoint];
    const plain = this.view.report(endpoint, summary!);
    return {
      id: endpoint,
      report: { ...plain, hosts: plain.hosts.slice(0, MAX_HOSTS).map((host) => cutText(safeBytes(host), MAX_HOST)) },
      needed: this.busiest(endpoint),
      avoidable: this.spared(endpoint),
      causes: this.causes(endpoint),
      ...this.idleLimits(endpoint),
      query: conditionText('endpoint', endpointText(store, endpoint)),
    };
  }

  /** Connections that could have been spared. Of a part of an endpoint's connections: as its finding costs, or their share where many endpoints have one finding. */
  private spared(endpoint: number): number {
    const { results, diagnosis } = this;
    const missed = diagnosis.endpoints[endpoint]?.missedReuse ?? 0;
    if (diagnosis === results.diagnosis || missed === 0) return missed;
    const told = (finding: KeptFinding): boolean => finding.rule === 'missed-reuse' && finding.endpoint === endpoint;
    if (results.diagnosis.findings.some(told)) return diagnosis.findings.find(told)?.cost?.connections ?? 0;
    return Math.round((missed * diagnosis.rows.count(endpoint)) / results.diagnosis.rows.count(endpoint));
  }

  private causes(endpoint: number): EndpointRow['causes'] {
    const { verdicts, rows } = this.diagnosis;
    const counts = new Map<CloseCause, number>();
    for (const row of rows.rows(endpoint)) {
      const { cause } = verdicts.get(row);
      counts.set(cause, (counts.get(cause) ?? 0) + 1);
    }
    return [...counts].map(([cause, connections]) => ({ cause, connections })).sort((a, b) => b.connections - a.connections);
  }

  /** The middle of the idle times after which each side closed, where that was its idle timeout. */
  private idleLimits(endpoint: number): Pick<EndpointRow, 'serverIdleSeconds' | 'clientIdleSeconds'> {
    const { client, server } = idleCloses(this.results.store, this.diagnosis, endpoint);
    return { serverIdleSeconds: idleLimit(server), clientIdleSeconds: idleLimit(client) };
  }

  /** Most connections that had an exchange under way at one moment; null where no exchange could be read. */
  private busiest(endpoint: number): number | null {
    const { begins, ends } = busyTimes(this.results, this.diagnosis.rows.rows(endpoint));
    return begins.length === 0 ? null : mostAtOnce(begins.sort(), ends.sort());
  }
}

/** When each of these connections had an exchange under way, nanoseconds; the times of one connection never overlap, and end with it. */
export function busyTimes(results: Results, rows: Uint32Array): { begins: Float64Array; ends: Float64Array } {
  const { connections, exchanges } = results.store;
  const captureEnd = results.moments().to * 1e9;
  const begins: number[] = [];
  const ends: number[] = [];
  for (const row of rows) {
    // From the last exchange to the first.
    let until = usableUntil(results.store, row, captureEnd);
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
