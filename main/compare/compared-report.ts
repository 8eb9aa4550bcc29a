import type { EndpointReport, FindingReport, RuleName, Severity, Summary } from '../../shared/model/report.ts';
import type { ReportModel } from '../report/report-model.ts';

/** What a comparison needs of a report. */
export interface ComparedReport {
  /** For people. */
  readonly name: string;
  readonly summary: Summary;
  readonly servers: ReadonlyMap<string, ComparedServer>;
  readonly findings: ReadonlyMap<RuleName, ComparedFinding>;
  /** Most sockets in TIME_WAIT of one client towards one server; null where no endpoint says. */
  readonly timeWaitPeak: number | null;
  /** The least of all endpoints; null where the ports never run out. */
  readonly secondsToExhaustion: number | null;
}

export interface ComparedServer {
  readonly server: string;
  readonly port: number;
  readonly hosts: Set<string>;
  clients: number;
  connections: number;
  /** Connections that carried its requests. */
  httpConnections: number;
  requests: number;
  missedReuse: number | null;
  timeWaitPeak: number | null;
}

export interface ComparedFinding {
  readonly title: string;
  /** Of the worst of them. */
  severity: Severity;
  /** Connections concerned. */
  connections: number;
}

/** Hosts kept of a server, to know it again under another address. */
const MAX_HOSTS = 100;
const SEVERITIES: readonly Severity[] = ['info', 'warning', 'error'];

/** Gathers a report for comparison from its parts, as they come. */
export class ComparedReportBuilder {
  private readonly servers = new Map<string, ComparedServer>();
  private readonly findings = new Map<RuleName, ComparedFinding>();
  private timeWaitPeak: number | null = null;
  private secondsToExhaustion: number | null = null;

  endpoint(endpoint: EndpointReport): void {
    const key = `${endpoint.server} ${endpoint.port}`;
    let server = this.servers.get(key);
    if (server === undefined) {
      server = { server: endpoint.server, port: endpoint.port, hosts: new Set(), clients: 0, connections: 0, httpConnections: 0, requests: 0, missedReuse: null, timeWaitPeak: null };
      this.servers.set(key, server);
    }
    for (const host of endpoint.hosts) if (server.hosts.size < MAX_HOSTS) server.hosts.add(host);
    server.clients++;
    server.connections += endpoint.connections;
    server.httpConnections += Math.round(endpoint.requests * (1 - endpoint.reuseRatio));
    server.requests += endpoint.requests;
    if (endpoint.missedReuse !== null) server.missedReuse = (server.missedReuse ?? 0) + endpoint.missedReuse;
    server.timeWaitPeak = most(server.timeWaitPeak, endpoint.timeWaitPeak);
    this.timeWaitPeak = most(this.timeWaitPeak, endpoint.timeWaitPeak);
    const seconds = endpoint.secondsToExhaustion;
    if (seconds !== null) this.secondsToExhaustion = Math.min(this.secondsToExhaustion ?? Infinity, seconds);
  }

  finding({ rule, title, severity, connections, cost }: Pick<FindingReport, 'rule' | 'title' | 'severity' | 'connections' | 'cost'>): void {
    const count = rule === 'missed-reuse' ? cost.connections : connections.length;
    const known = this.findings.get(rule);
    if (known === undefined) {
      this.findings.set(rule, { title, severity, connections: count });
      return;
    }
    known.connections += count;
    if (SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(known.severity)) known.severity = severity;
  }

  build(name: string, summary: Summary): ComparedReport {
    const { servers, findings, timeWaitPeak, secondsToExhaustion } = this;
    return { name, summary, servers, findings, timeWaitPeak, secondsToExhaustion };
  }
}

export function comparedReport(name: string, model: ReportModel, summary: Summary): ComparedReport {
  const builder = new ComparedReportBuilder();
  for (const endpoint of model.endpoints()) builder.endpoint(endpoint);
  for (const finding of model.findings()) builder.finding(finding);
  return builder.build(name, summary);
}

function most(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
