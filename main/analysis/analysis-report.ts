import { frameReference, numberReference } from '../capture/frame-id.ts';
import type { CaptureFileInfo } from '../capture/capture-file.ts';
import { redactHeaders, redactHost, redactTarget } from '../report/redaction.ts';
import type { ConnectionTally, PacketExcerpt, ReportModel } from '../report/report-model.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import { ConnectionView, PROTOCOL_NAMES } from '../store/connection-view.ts';
import { rfc3339, secondsFromNanoseconds } from '../../shared/format/time.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';
import type { AnomalyReport, CaptureReport, EndpointReport, FindingReport, RuleName, Severity, Summary, UnreadableInput } from '../../shared/model/report.ts';
import type { AnalysisResult } from './analyzer.ts';
import { anomalyWords } from './anomaly-words.ts';
import { type ConnectionFilter, matchingRows } from './connection-filter.ts';
import { readPackets } from './connection-packets.ts';
import { EndpointView } from './endpoint-view.ts';
import { FindingView } from './finding-view.ts';
import { notableRows } from './notable-rows.ts';
import { ConnectionCase } from '../findings/case.ts';
import { type Diagnosis, diagnose } from '../findings/diagnose.ts';
import type { ConnectionCounts } from '../findings/connection-counts.ts';
import { lossesOf, lostPackets, oddTimes } from './capture-losses.ts';
import { closeEvidence } from '../findings/evidence.ts';
import { DEFAULT_PORT_BUDGET } from '../findings/ports.ts';

export interface ReportOptions {
  readonly redact: boolean;
  readonly filter?: ConnectionFilter;
  /** Ephemeral ports a client has for one server: Linux's 28,232 unless given. */
  readonly portBudget?: number;
  /** What to call captures, by path, where that is not the path. */
  readonly names?: ReadonlyMap<string, string>;
  /** A diagnosis that is there already, and the rows it is of, ascending; null means all. In place of `filter` and `portBudget`. */
  readonly judged?: { readonly diagnosis: Diagnosis; readonly rows: Uint32Array | null };
}

/** A finished analysis as the model of its report. Everything is made from the columns when it is asked for. */
export class AnalysisReport implements ReportModel {
  readonly interrupted: boolean;
  readonly unreadable: readonly UnreadableInput[];
  readonly redacted: boolean;
  readonly captures: readonly CaptureReport[];
  readonly summary: Summary;
  readonly tally: ConnectionTally;
  readonly leftOut: number;
  private readonly result: AnalysisResult;
  private readonly view: ConnectionView;
  private readonly endpointView: EndpointView;
  private readonly diagnosis: Diagnosis;
  private readonly findingView: FindingView;
  private readonly case: ConnectionCase;
  private readonly names: ReadonlyMap<string, string>;
  /** The rows to report, all of them where null. */
  private readonly rows: Uint32Array | null;

  constructor(result: AnalysisResult, options: ReportOptions) {
    this.result = result;
    this.interrupted = result.interrupted;
    this.redacted = options.redact;
    this.names = options.names ?? new Map();
    this.unreadable = result.failures.map(({ path, error }) => ({ path: this.named(path), code: error.code, message: error.message.replaceAll(path, this.named(path)) }));
    const { store } = result.pipeline;
    const captures = result.captures.files.length;
    const text = options.redact ? { redactTarget, redactHost, redactHeaders } : { redactTarget: same, redactHost: same, redactHeaders: sameHeaders };
    this.view = new ConnectionView(store, { captures, ...text });
    this.rows = options.judged !== undefined ? options.judged.rows : options.filter === undefined ? null : matchingRows(store, options.filter);
    this.leftOut = options.filter === undefined || this.rows === null ? 0 : store.connections.count - this.rows.length;
    this.diagnosis = options.judged?.diagnosis ?? diagnose(store, this.rows, { portBudget: options.portBudget ?? DEFAULT_PORT_BUDGET, losses: lossesOf(result.captures.files) });
    this.findingView = new FindingView(store, this.diagnosis, (id) => this.view.frame(id));
    this.case = new ConnectionCase(store);
    this.endpointView = new EndpointView(store, text.redactHost, this.diagnosis);
    this.captures = result.captures.files.map((file, index) => this.capture(file, index));
    const { counts } = this.diagnosis;
    this.summary = this.summaryOf(counts);
    this.tally = {
      protocols: Object.fromEntries(counts.protocols().map(([protocol, connections]) => [PROTOCOL_NAMES[protocol], connections])),
      withGaps: counts.withGaps,
      unanswered: counts.unanswered,
      failed: { refused: counts.refused, timedOut: counts.connectTimedOut },
      closes: counts.closes(),
    };
  }

  get connectionCount(): number {
    return this.rows?.length ?? this.result.pipeline.store.connections.count;
  }

  *connections(): Iterable<ConnectionReport> {
    for (let i = 0; i < this.connectionCount; i++) yield this.report(this.row(i));
  }

  connection(id: number): ConnectionReport | null {
    const row = id - 1;
    const there = this.rows === null ? row >= 0 && row < this.connectionCount : this.rows.includes(row);
    return there ? this.report(row) : null;
  }

  async packets(id: number, first: number, last: number): Promise<PacketExcerpt> {
    const captures = { paths: this.result.captures.files.map((file) => file.path), store: this.result.pipeline.store };
    const read = (offset: number, limit: number) => readPackets(captures, id - 1, { offset, limit, redact: this.redacted });
    const { packets, total } = await read(0, first);
    if (total <= first) return { first: packets, last: [] };
    // As many again: the total is known for certain only at the end.
    const end = await read(Math.max(first, total - last), 2 * last);
    return { first: packets, last: end.packets.slice(-last) };
  }

  lifetimes(visit: (startedAt: number, closedAt: number | null) => void): void {
    const { connections } = this.result.pipeline.store;
    for (let i = 0; i < this.connectionCount; i++) {
      const row = this.row(i);
      const closed = (connections.state.get(row) & ConnectionBits.CLOSED) !== 0;
      visit(connections.startedAt.get(row) / 1e9, closed ? connections.closedAt.get(row) / 1e9 : null);
    }
  }

  *notableConnections(limit: number, order: 'notable' | 'id'): Iterable<ConnectionReport> {
    const rows = notableRows(this.result.pipeline.store, this.diagnosis.verdicts, this.rows, limit);
    if (order === 'id') rows.sort((a, b) => a - b);
    for (const row of rows) yield this.report(row);
  }

  endpoints(): EndpointReport[] {
    return this.endpointView.reports();
  }

  get endpointCount(): number {
    return this.endpointView.count;
  }

  costliestEndpoints(limit: number): EndpointReport[] {
    return this.endpointView.costliest(limit);
  }

  findings(): FindingReport[] {
    return this.findingView.reports();
  }

  /** Ids of the findings that name a connection. */
  findingsOf(id: number): number[] {
    return this.findingView.of(id - 1);
  }

  /** The rules of the findings that name a connection, the gravest first, and how grave they are there. */
  rulesOf(id: number): ReadonlyMap<RuleName, Severity> {
    return this.findingView.rulesOf(id - 1);
  }

  /**
   * What the view made is completed in place: copies of objects with so many fields get a map of their own each, in V8's
   * old space, 2 KB a connection (measured: 35 MB of heap and a tenth of the time of an export).
   */
  private report(row: number): ConnectionReport {
    const report = this.view.connection(row) as ConnectionReport;
    const found = this.diagnosis.verdicts.get(row);
    this.case.load(row);
    const { close } = report;
    close.cause = found.cause;
    close.confidence = found.confidence;
    close.also = [...found.also];
    close.alternatives = [...found.alternatives];
    close.evidence = closeEvidence(this.result.pipeline.store, this.case, found).map(({ frame, note }) => ({ frame: this.view.frame(frame), note }));
    report.findings = this.findingView.of(row);
    return report;
  }

  private row(index: number): number {
    return this.rows === null ? index : this.rows[index]!;
  }

  private capture(file: CaptureFileInfo, index: number): CaptureReport {
    const captures = this.result.captures.files.length;
    const anomalies: AnomalyReport[] = file.anomalies.map(({ code, count, frame, byteOffset, message }) => ({
      code,
      count,
      firstFrame: frame === 0 ? null : numberReference(index, frame, captures),
      byteOffset,
      message,
    }));
    const lost = lostPackets(file);
    if (lost !== null) anomalies.push(lost);
    const times = oddTimes(file, captures, index);
    if (times !== null) anomalies.push(times);
    for (const { code, count, firstFrame, message } of this.result.pipeline.anomalies[index]!.entries()) {
      anomalies.push({ code, count, firstFrame: frameReference(firstFrame, captures), message: message === '' ? anomalyWords(code) : message });
    }
    return {
      path: this.named(file.path),
      format: file.format,
      compression: file.compression,
      linkTypes: [...file.linkTypes],
      packets: file.packets,
      bytes: file.bytes,
      startedAt: file.startedAt === null ? null : rfc3339(file.startedAt),
      durationSeconds: secondsFromNanoseconds(file.durationNanoseconds),
      complete: file.complete,
      anomalies,
    };
  }

  private named(path: string): string {
    return this.names.get(path) ?? path;
  }

  private findingCounts(): Summary['findings'] {
    const counts: Summary['findings'] = {};
    for (const { rule } of this.diagnosis.findings) counts[rule] = (counts[rule] ?? 0) + 1;
    return counts;
  }

  /** Connections that another one could have spared, and what their handshakes cost. */
  private avoidable(): Pick<Summary, 'avoidableConnections' | 'avoidableHandshakeSeconds'> {
    let avoidableConnections = 0;
    let nanoseconds = 0;
    for (const { rule, cost } of this.diagnosis.findings) {
      if (rule !== 'missed-reuse') continue;
      avoidableConnections += cost?.connections ?? 0;
      nanoseconds += cost?.nanoseconds ?? 0;
    }
    return { avoidableConnections, avoidableHandshakeSeconds: secondsFromNanoseconds(nanoseconds) };
  }

  private summaryOf(counts: ConnectionCounts): Summary {
    const { http, requests } = counts;
    return {
      connections: counts.connections,
      httpConnections: http,
      requests,
      responses: counts.responses,
      ...(counts.estimatedRequests > 0 ? { estimatedRequests: counts.estimatedRequests } : {}),
      reusedConnections: counts.reused,
      requestsPerConnection: http === 0 ? 0 : requests / http,
      reuseRatio: requests === 0 ? 0 : Math.max(0, 1 - http / requests),
      keepAliveProbes: counts.keepAliveProbes,
      findings: this.findingCounts(),
      closeCauses: counts.closeCauses(),
      handshakeSeconds: secondsFromNanoseconds(counts.handshakes),
      ...this.avoidable(),
    };
  }
}

function same(text: string): string {
  return text;
}

function sameHeaders(headers: readonly (readonly [name: string, value: string])[]): [name: string, value: string][] {
  return headers.map(([name, value]) => [name, value]);
}
