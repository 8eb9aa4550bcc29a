import type { ConnectionReport, ExchangeReport, MessageReport } from '../../shared/model/connection.ts';
import type { CaptureReport, EndpointReport, EvidenceReport, FindingReport, FrameRef, NetworkPathReport, StackReport } from '../../shared/model/report.ts';
import { safeBytes, safeText } from '../../shared/format/safe-text.ts';
import type { ReportModel } from './report-model.ts';

/*
 * The report as tables, for CSV and Parquet. Lists stand as text with a space between (ids and names have none). Text
 * of a capture has gone through safe-text.ts: what is not plainly visible is an escape.
 */

/** `time`: nanoseconds since 1970 (UTC). `integer`: whole, exact. `small`: below 2^31. `double`: seconds and ratios. */
export type CellKind = 'text' | 'integer' | 'small' | 'double' | 'boolean' | 'time';
export type TableCell = string | number | bigint | boolean | null;

export interface Table {
  readonly name: 'captures' | 'connections' | 'exchanges' | 'findings' | 'endpoints';
  readonly columns: readonly { readonly name: string; readonly kind: CellKind }[];
}

/** A row of a table: its cells in the order of the columns. */
export type TableRow = readonly TableCell[];

interface ColumnOf<T> {
  readonly name: string;
  readonly kind: CellKind;
  readonly cell: (item: T, zero: bigint | null) => TableCell;
}

interface ExchangeOf {
  readonly connection: ConnectionReport;
  readonly exchange: ExchangeReport;
}

const captureColumns: readonly ColumnOf<[CaptureReport, number]>[] = [
  { name: 'capture', kind: 'small', cell: ([, index]) => index },
  text('path', ([capture]) => safeText(capture.path)),
  text('format', ([capture]) => capture.format),
  text('compression', ([capture]) => capture.compression),
  text('link_types', ([capture]) => capture.linkTypes.join(' ')),
  integer('packets', ([capture]) => capture.packets),
  integer('bytes', ([capture]) => capture.bytes),
  { name: 'started_at', kind: 'time', cell: ([capture]) => nanosecondsOf(capture.startedAt) },
  double('duration_seconds', ([capture]) => capture.durationSeconds),
  { name: 'complete', kind: 'boolean', cell: ([capture]) => capture.complete },
  text('anomalies', ([capture]) => capture.anomalies.map(({ code, count }) => `${code}:${count}`).join(' ')),
];

const connectionColumns: readonly ColumnOf<ConnectionReport>[] = [
  small('id', (connection) => connection.id),
  text('client_address', ({ client }) => client.address),
  small('client_port', ({ client }) => client.port),
  text('server_address', ({ server }) => server.address),
  small('server_port', ({ server }) => server.port),
  ...path<ConnectionReport>((connection) => connection),
  text('roles_from', ({ rolesFrom }) => rolesFrom),
  text('protocol', ({ protocol }) => protocol),
  text('inner_protocol', ({ innerProtocol }) => innerProtocol ?? null),
  text('tls_version', ({ tls }) => tls?.version ?? null),
  text('tls_server_name', ({ tls }) => (tls?.sni == null ? null : safeBytes(tls.sni))),
  text('tls_alpn', ({ tls }) => (tls?.alpn == null ? null : safeBytes(tls.alpn))),
  ...frame<ConnectionReport>('first_', ({ firstFrame }) => firstFrame),
  ...frame<ConnectionReport>('last_', ({ lastFrame }) => lastFrame),
  ...moment<ConnectionReport>('started', ({ startedAt }) => startedAt),
  ...moment<ConnectionReport>('ended', ({ endedAt }) => endedAt),
  double('handshake_seconds', ({ handshake }) => handshake?.rttSeconds ?? null),
  small('syn_retransmissions', ({ handshake }) => handshake?.synRetransmissions ?? null),
  integer('packets_client', ({ packets }) => packets.client),
  integer('packets_server', ({ packets }) => packets.server),
  integer('payload_bytes_client', ({ payloadBytes }) => payloadBytes.client),
  integer('payload_bytes_server', ({ payloadBytes }) => payloadBytes.server),
  small('retransmissions_client', ({ retransmissions }) => retransmissions.client),
  small('retransmissions_server', ({ retransmissions }) => retransmissions.server),
  small('requests', ({ exchanges }) => exchanges.filter(({ request }) => request !== null).length),
  small('estimated_requests', ({ estimatedExchanges }) => estimatedExchanges?.length ?? 0),
  small('responses', ({ exchanges }) => exchanges.filter(({ response }) => response !== null).length),
  small('keep_alive_probes', ({ keepAliveProbes }) => keepAliveProbes.length),
  small('window_probes', ({ windowProbes }) => windowProbes.length),
  small('zero_windows', ({ zeroWindows }) => zeroWindows.length),
  double('zero_window_seconds', ({ zeroWindows }) => zeroWindows.reduce((sum, { seconds }) => sum + seconds, 0)),
  integer('gap_bytes', ({ gaps }) => gaps.reduce((sum, { bytes }) => sum + bytes, 0)),
  text('closed_by', ({ close }) => close.by),
  text('closed_with', ({ close }) => close.kind),
  ...frame<ConnectionReport>('close_', ({ close }) => close.frame),
  ...moment<ConnectionReport>('closed', ({ close }) => close.time),
  double('close_idle_seconds', ({ close }) => close.idleSeconds),
  text('cause', ({ close }) => close.cause),
  text('confidence', ({ close }) => close.confidence),
  text('also', ({ close }) => close.also.join(' ')),
  text('alternatives', ({ close }) => close.alternatives.join(' ')),
  text('evidence', ({ close }) => evidence(close.evidence)),
  text('findings', ({ findings }) => findings.join(' ')),
  text('tls_cipher', ({ tls }) => tls?.cipher ?? null),
  { name: 'tls_resumed', kind: 'boolean', cell: ({ tls }) => tls?.resumed ?? null },
  { name: 'tls_decrypted', kind: 'boolean', cell: ({ tls }) => tls?.decrypted ?? null },
  double('tls_handshake_seconds', ({ tls }) => tls?.handshake?.seconds ?? null),
  integer('tls_handshake_bytes', ({ tls }) => tls?.handshake?.bytes ?? null),
  text('tls_alert', ({ tls }) => tls?.alert?.name ?? null),
  text('tls_alert_from', ({ tls }) => tls?.alert?.from ?? null),
  ...frame<ConnectionReport>('tls_alert_', ({ tls }) => tls?.alert?.frame),
];

const exchangeColumns: readonly ColumnOf<ExchangeOf>[] = [
  small('connection', ({ connection }) => connection.id),
  small('index', ({ exchange }) => exchange.index),
  { name: 'pipelined', kind: 'boolean', cell: ({ exchange }) => exchange.pipelined },
  text('method', ({ exchange }) => bytes(exchange.request?.method)),
  text('target', ({ exchange }) => bytes(exchange.request?.target)),
  text('host', ({ exchange }) => bytes(exchange.request?.host)),
  small('status', ({ exchange }) => exchange.response?.status ?? null),
  text('interim', ({ exchange }) => exchange.interim.map(({ status }) => status).join(' ')),
  ...message('request_', ({ exchange }) => exchange.request),
  ...message('response_', ({ exchange }) => exchange.response),
  double('idle_before_seconds', ({ exchange }) => exchange.idleBeforeSeconds),
  double('upload_seconds', ({ exchange }) => exchange.uploadSeconds),
  double('wait_seconds', ({ exchange }) => exchange.waitSeconds),
  double('download_seconds', ({ exchange }) => exchange.downloadSeconds),
];

const findingColumns: readonly ColumnOf<FindingReport>[] = [
  small('id', ({ id }) => id),
  text('rule', ({ rule }) => rule),
  text('severity', ({ severity }) => severity),
  text('confidence', ({ confidence }) => confidence),
  text('title', ({ title }) => safeText(title)),
  text('explanation', ({ explanation }) => safeText(explanation)),
  small('connections', ({ connections }) => connections.length),
  text('client', ({ endpoint }) => endpoint?.client ?? null),
  text('server', ({ endpoint, server }) => endpoint?.server ?? server?.address ?? null),
  small('port', ({ endpoint, server }) => endpoint?.port ?? server?.port ?? null),
  ...path<FindingReport>(({ endpoint }) => endpoint ?? {}),
  text('evidence', (finding) => evidence(finding.evidence)),
  text('alternatives', ({ alternatives }) => alternatives.join(' ')),
  text('fix', ({ fix }) => fix.summary),
  text('fix_source', ({ fix }) => fix.source),
  small('cost_connections', ({ cost }) => cost.connections),
  double('cost_seconds', ({ cost }) => cost.seconds),
];

const endpointColumns: readonly ColumnOf<EndpointReport>[] = [
  text('client', ({ client }) => client),
  text('server', ({ server }) => server),
  small('port', ({ port }) => port),
  ...path<EndpointReport>((endpoint) => endpoint),
  text('hosts', ({ hosts }) => hosts.map(safeBytes).join(' ')),
  small('connections', ({ connections }) => connections),
  small('requests', ({ requests }) => requests),
  small('estimated_requests', ({ estimatedRequests }) => estimatedRequests ?? 0),
  double('reuse_ratio', ({ reuseRatio }) => reuseRatio),
  small('max_concurrent', ({ maxConcurrent }) => maxConcurrent),
  small('max_idle', ({ maxIdle }) => maxIdle),
  small('missed_reuse', ({ missedReuse }) => missedReuse),
  double('connections_per_second_peak', ({ connectionsPerSecondPeak }) => connectionsPerSecondPeak),
  small('time_wait_peak', ({ timeWaitPeak }) => timeWaitPeak),
  text('time_wait_side', ({ timeWaitSide }) => timeWaitSide),
  small('port_budget', ({ portBudget }) => portBudget),
  double('seconds_to_exhaustion', ({ secondsToExhaustion }) => secondsToExhaustion),
  ...stack<EndpointReport>('client_stack', ({ clientStack }) => clientStack),
  ...stack<EndpointReport>('server_stack', ({ serverStack }) => serverStack),
];

export const TABLES: readonly Table[] = [
  { name: 'captures', columns: captureColumns },
  { name: 'connections', columns: connectionColumns },
  { name: 'exchanges', columns: exchangeColumns },
  { name: 'findings', columns: findingColumns },
  { name: 'endpoints', columns: endpointColumns },
];

/** Gives out all rows of all tables, each as it is made; connections are gone through once. A promise is waited for. */
export async function eachRow(model: ReportModel, take: (table: Table['name'], row: TableRow) => void | Promise<void>): Promise<void> {
  const zero = nanosecondsOf(model.captures[0]?.startedAt ?? null);
  const give = <T>(table: Table['name'], columns: readonly ColumnOf<T>[], item: T): void | Promise<void> => take(table, columns.map(({ cell }) => cell(item, zero)));
  for (const [index, capture] of model.captures.entries()) await give('captures', captureColumns, [capture, index]);
  for (const connection of model.connections()) {
    const waiting = give('connections', connectionColumns, connection);
    if (waiting !== undefined) await waiting;
    for (const exchange of connection.exchanges) {
      const waiting = give('exchanges', exchangeColumns, { connection, exchange });
      if (waiting !== undefined) await waiting;
    }
  }
  for (const finding of model.findings()) await give('findings', findingColumns, finding);
  for (const endpoint of model.endpoints()) await give('endpoints', endpointColumns, endpoint);
}

function text<T>(name: string, cell: (item: T) => string | null): ColumnOf<T> {
  return { name, kind: 'text', cell };
}

function integer<T>(name: string, cell: (item: T) => number | null): ColumnOf<T> {
  return { name, kind: 'integer', cell };
}

function small<T>(name: string, cell: (item: T) => number | null): ColumnOf<T> {
  return { name, kind: 'small', cell };
}

function double<T>(name: string, cell: (item: T) => number | null): ColumnOf<T> {
  return { name, kind: 'double', cell };
}

function path<T>(of: (item: T) => NetworkPathReport): ColumnOf<T>[] {
  return [text('vlans', (item) => of(item).vlans?.join(' ') ?? null), text('encapsulation', (item) => of(item).encapsulation ?? null)];
}

/** A frame as the capture's index and the number in it. */
function frame<T>(prefix: string, of: (item: T) => FrameRef | null | undefined): ColumnOf<T>[] {
  const part = (item: T, at: 0 | 1) => {
    const reference = of(item);
    if (reference === null || reference === undefined) return null;
    return typeof reference === 'number' ? [0, reference][at]! : Number(reference.split(':')[at]);
  };
  return [small(`${prefix}capture`, (item) => part(item, 0)), integer(`${prefix}frame`, (item) => part(item, 1))];
}

/** A time as time of day, and in seconds since the first packet. */
function moment<T>(name: string, of: (item: T) => number | null | undefined): ColumnOf<T>[] {
  const time = (item: T, zero: bigint | null) => {
    const seconds = of(item);
    return seconds === null || seconds === undefined || zero === null ? null : zero + BigInt(Math.round(seconds * 1e9));
  };
  return [{ name: `${name}_at`, kind: 'time', cell: time }, double(`${name}_seconds`, (item) => of(item) ?? null)];
}

function message(prefix: string, of: (item: ExchangeOf) => MessageReport | null): ColumnOf<ExchangeOf>[] {
  return [
    ...moment<ExchangeOf>(`${prefix}started`, (item) => of(item)?.time),
    ...moment<ExchangeOf>(`${prefix}ended`, (item) => of(item)?.endTime),
    ...frame<ExchangeOf>(prefix, (item) => of(item)?.frame),
    ...frame<ExchangeOf>(`${prefix}end_`, (item) => of(item)?.endFrame),
    text(`${prefix}version`, (item) => of(item)?.version ?? null),
    text(`${prefix}framing`, (item) => of(item)?.framing ?? null),
    integer(`${prefix}body_bytes`, (item) => of(item)?.bodyBytes ?? null),
    integer(`${prefix}expected_bytes`, (item) => of(item)?.expectedBytes ?? null),
    { name: `${prefix}complete`, kind: 'boolean', cell: (item) => of(item)?.complete ?? null },
  ];
}

function stack<T>(name: string, of: (item: T) => StackReport | null): ColumnOf<T>[] {
  return [text(name, (item) => of(item)?.id ?? null), text(`${name}_confidence`, (item) => of(item)?.confidence ?? null)];
}

function evidence(entries: readonly EvidenceReport[]): string {
  return entries.map((entry) => `${entry.frame}: ${safeText(entry.note)}`).join('; ');
}

function bytes(value: string | null | undefined): string | null {
  return value === null || value === undefined ? null : safeBytes(value);
}

/** Of an RFC 3339 time with nanoseconds. */
function nanosecondsOf(time: string | null): bigint | null {
  const match = time === null ? null : /^(.*)\.(\d{9})Z$/.exec(time);
  return match === null ? null : BigInt(Date.parse(`${match[1]}Z`)) * 1_000_000n + BigInt(match[2]!);
}
