import type { ConnectionReport, ExchangeReport, RequestReport, ResponseReport } from '../../shared/model/connection.ts';
import type { CaptureReport, EndpointReport, EvidenceReport, FindingReport, Summary, UnreadableInput } from '../../shared/model/report.ts';
import { AppError } from '../app-error.ts';
import type { PacketReport } from '../../shared/model/packet.ts';
import type { ConnectionTally, PacketExcerpt, ReportModel } from './report-model.ts';

/**
 * A report with pseudonyms for addresses, host names and file names: the same for the same one throughout the report,
 * and told nowhere. Header fields are left out, because anything may stand in them. In doubt too much is replaced.
 */
export class PseudonymModel implements ReportModel {
  readonly pseudonyms = true;
  readonly captures: readonly CaptureReport[];
  readonly unreadable: readonly UnreadableInput[];
  private readonly model: ReportModel;
  private readonly names = new Pseudonyms();

  constructor(model: ReportModel) {
    this.model = model;
    // First, so that all that can stand in the words of a finding is known.
    for (const { client, server, hosts } of model.endpoints()) {
      this.names.address(client);
      this.names.address(server);
      for (const host of hosts) this.names.host(host);
    }
    this.captures = model.captures.map((capture, index) => ({
      ...capture,
      path: `capture-${index + 1}`,
      anomalies: capture.anomalies.map((anomaly) => ({ ...anomaly, message: this.names.words(anomaly.message.replaceAll(capture.path, `capture-${index + 1}`)) })),
    }));
    this.unreadable = model.unreadable.map(({ code }, index) => ({ path: `input-${index + 1}`, code, message: `input-${index + 1} could not be read (${code})` }));
  }

  get interrupted(): boolean {
    return this.model.interrupted;
  }

  get summary(): Summary {
    return this.model.summary;
  }

  get tally(): ConnectionTally {
    return this.model.tally;
  }

  get connectionCount(): number {
    return this.model.connectionCount;
  }

  get leftOut(): number {
    return this.model.leftOut ?? 0;
  }

  get redacted(): boolean | null {
    return this.model.redacted;
  }

  get endpointCount(): number {
    return this.model.endpointCount;
  }

  *connections(): Iterable<ConnectionReport> {
    for (const connection of this.model.connections()) yield this.connectionOf(connection);
  }

  connection(id: number): ConnectionReport | null {
    const found = this.model.connection(id);
    return found === null ? null : this.connectionOf(found);
  }

  async packets(id: number, first: number, last: number): Promise<PacketExcerpt> {
    const named = (packet: PacketReport) => ({ ...packet, starts: packet.starts === null ? null : this.names.target(packet.starts) });
    const excerpt = await this.model.packets(id, first, last).catch((error: unknown) => {
      // Its words name the file.
      throw error instanceof AppError ? new AppError(error.code, 'the packets could not be read once more', error.exitCode) : error;
    });
    return { first: excerpt.first.map(named), last: excerpt.last.map(named) };
  }

  lifetimes(visit: (startedAt: number, closedAt: number | null) => void): void {
    this.model.lifetimes(visit);
  }

  *notableConnections(limit: number, order: 'notable' | 'id'): Iterable<ConnectionReport> {
    for (const connection of this.model.notableConnections(limit, order)) yield this.connectionOf(connection);
  }

  endpoints(): EndpointReport[] {
    return this.model.endpoints().map((endpoint) => this.endpointOf(endpoint));
  }

  costliestEndpoints(limit: number): EndpointReport[] {
    return this.model.costliestEndpoints(limit).map((endpoint) => this.endpointOf(endpoint));
  }

  findings(): FindingReport[] {
    const { names } = this;
    return this.model.findings().map((finding) => {
      const { endpoint, server } = finding;
      // The connections are made when they are asked for: not read here.
      const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(finding)) as FindingReport;
      return Object.assign(copy, {
        title: names.words(finding.title),
        explanation: names.words(finding.explanation),
        endpoint: endpoint === null ? null : { ...endpoint, client: names.address(endpoint.client), server: names.address(endpoint.server) },
        ...(server && { server: { ...server, address: names.address(server.address) } }),
        evidence: this.evidence(finding.evidence),
      });
    });
  }

  private connectionOf(connection: ConnectionReport): ConnectionReport {
    const { names } = this;
    const { client, server, tls, close } = connection;
    return {
      ...connection,
      client: { ...client, address: names.address(client.address) },
      server: { ...server, address: names.address(server.address) },
      ...(tls === undefined ? {} : { tls: { ...tls, sni: tls.sni === null ? null : names.host(tls.sni) } }),
      exchanges: connection.exchanges.map((exchange) => this.exchange(exchange)),
      close: { ...close, evidence: this.evidence(close.evidence) },
    };
  }

  private exchange(exchange: ExchangeReport): ExchangeReport {
    return { ...exchange, request: exchange.request && this.request(exchange.request), response: exchange.response && withoutHeaders(exchange.response) };
  }

  private request(request: RequestReport): RequestReport {
    const { method, target, host } = request;
    return { ...withoutHeaders(request), host: host === null ? null : this.names.host(host), target: method === 'CONNECT' ? this.names.host(target) : this.names.target(target) };
  }

  private endpointOf(endpoint: EndpointReport): EndpointReport {
    const { names } = this;
    return { ...endpoint, client: names.address(endpoint.client), server: names.address(endpoint.server), hosts: endpoint.hosts.map((host) => names.host(host)) };
  }

  private evidence(evidence: readonly EvidenceReport[]): EvidenceReport[] {
    return evidence.map(({ frame, note }) => ({ frame, note: this.names.words(note) }));
  }
}

function withoutHeaders<T extends RequestReport | ResponseReport>(message: T): T {
  const rest = { ...message };
  delete rest.headers;
  return rest;
}

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const IPV6 = /^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*(?:%\w+)?$/i;
const AUTHORITY = /(:\/\/|%3a%2f%2f)((?:[^/?#\s&%]|%(?!2f|3f|23|26))+)/gi;
/** What may be an address or a name, with a port behind it. */
const TOKEN = /[\w][\w.:-]*[\w]|\w/g;
const NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z]{2,}$/i;

/** Names for names: `address-1`, `host-1.example`, counted as they come. */
class Pseudonyms {
  private readonly addresses = new Map<string, string>();
  private readonly hosts = new Map<string, string>();
  /** Hosts that are no tokens of a text, looked for as they are. */
  private readonly odd: string[] = [];

  address(address: string): string {
    return named(this.addresses, address.toLowerCase(), (count) => `address-${count}`);
  }

  /** A Host value, a server name, or an authority; the port stays. */
  host(text: string): string {
    const [, user = '', host = '', port = ''] = /^([^]*@)?(\[[^\]]*\]|[^]*?)(:\d+)?$/.exec(text) ?? [];
    const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
    if (bare === '') return text === '' ? '' : user + port;
    const isAddress = IPV4.test(bare) || IPV6.test(bare);
    if (isAddress) return (user === '' ? '' : 'user@') + this.address(bare) + port;
    if (!this.hosts.has(bare) && !/^[\w.:-]+$/.test(bare)) this.odd.push(host);
    return (user === '' ? '' : 'user@') + named(this.hosts, bare, (count) => `host-${count}.example`) + port;
  }

  /** A request target: authorities in it, and in its query whatever looks like a name or address. */
  target(target: string): string {
    const open = target.replace(/^\/\/[^/?#]+/, (authority) => `//${this.host(authority.slice(2))}`).replace(AUTHORITY, (_, mark: string, authority: string) => mark + this.host(authority));
    const query = open.indexOf('?');
    if (query < 0) return this.words(open);
    return this.words(open.slice(0, query)) + open.slice(query).replace(TOKEN, (token) => (isOurs(token) ? token : NAME.test(token) ? this.host(token) : this.token(token)));
  }

  /** Text for people, in which known names and any IPv4 address are replaced. */
  words(text: string): string {
    let plain = text;
    for (const host of this.odd) plain = plain.replaceAll(host, this.host(host));
    return plain.replace(TOKEN, (token) => this.token(token));
  }

  private token(token: string): string {
    const [, bare, port = ''] = /^(.*?)(:\d+)?$/.exec(token)! as unknown as [string, string, string | undefined];
    const known = this.addresses.get(token.toLowerCase()) ?? this.hosts.get(token.toLowerCase());
    if (known !== undefined) return known;
    const name = this.addresses.get(bare.toLowerCase()) ?? this.hosts.get(bare.toLowerCase());
    if (name !== undefined) return name + port;
    return IPV4.test(bare) ? this.address(bare) + port : token;
  }
}

function isOurs(token: string): boolean {
  return /^(?:host-\d+\.example|address-\d+)(?::\d+)?$/.test(token);
}

function named(names: Map<string, string>, key: string, make: (count: number) => string): string {
  let name = names.get(key);
  if (name === undefined) {
    name = make(names.size + 1);
    names.set(key, name);
  }
  return name;
}
