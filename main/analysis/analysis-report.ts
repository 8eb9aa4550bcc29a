import { frameReference } from '../capture/frame-id.ts';
import type { CaptureFileInfo } from '../capture/capture-file.ts';
import type { Protocol } from '../http/exchange-sink.ts';
import { notability, TopRows } from '../report/notable.ts';
import { redactHeaders, redactHost, redactTarget } from '../report/redaction.ts';
import type { ConnectionTally, ReportModel } from '../report/report-model.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import { ConnectionView, PROTOCOL_NAMES } from '../store/connection-view.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { rfc3339, secondsFromNanoseconds } from '../../shared/format/time.ts';
import type {
  AnomalyReport,
  CaptureReport,
  CloseReport,
  ConnectionReport,
  EndpointReport,
  FindingReport,
  ProtocolName,
  Side,
  Summary,
  UnreadableInput,
} from '../../shared/model/report.ts';
import type { AnalysisResult } from './analyzer.ts';
import { anomalyWords } from './anomaly-words.ts';
import { type ConnectionFilter, matchingRows } from './connection-filter.ts';
import { EndpointView } from './endpoint-view.ts';
import { FindingView } from './finding-view.ts';
import { ConnectionCase } from '../findings/case.ts';
import { type Diagnosis, diagnose } from '../findings/diagnose.ts';
import { closeEvidence } from '../findings/evidence.ts';
import { DEFAULT_PORT_BUDGET } from '../findings/ports.ts';

export interface ReportOptions {
  readonly redact: boolean;
  readonly filter?: ConnectionFilter;
  /** Ephemeral ports a client has for one server: Linux's 28,232 unless given. */
  readonly portBudget?: number;
}

/** A finished analysis as the model of its report. Everything is made from the columns when it is asked for. */
export class AnalysisReport implements ReportModel {
  readonly interrupted: boolean;
  readonly unreadable: readonly UnreadableInput[];
  readonly redacted: boolean;
  readonly captures: readonly CaptureReport[];
  readonly summary: Summary;
  readonly tally: ConnectionTally;
  private readonly result: AnalysisResult;
  private readonly view: ConnectionView;
  private readonly endpointView: EndpointView;
  private readonly diagnosis: Diagnosis;
  private readonly findingView: FindingView;
  private readonly case: ConnectionCase;
  /** The rows to report, all of them where null. */
  private readonly rows: Uint32Array | null;

  constructor(result: AnalysisResult, options: ReportOptions) {
    this.result = result;
    this.interrupted = result.interrupted;
    this.redacted = options.redact;
    this.unreadable = result.failures.map(({ path, error }) => ({ path, code: error.code, message: error.message }));
    const { store } = result.pipeline;
    const captures = result.captures.files.length;
    const text = options.redact ? { redactTarget, redactHost, redactHeaders } : { redactTarget: same, redactHost: same, redactHeaders: sameHeaders };
    this.view = new ConnectionView(store, { captures, ...text });
    this.rows = options.filter === undefined ? null : matchingRows(store, options.filter);
    this.diagnosis = diagnose(store, this.rows, { portBudget: options.portBudget ?? DEFAULT_PORT_BUDGET });
    this.findingView = new FindingView(store, this.diagnosis, (id) => this.view.frame(id));
    this.case = new ConnectionCase(store);
    this.endpointView = new EndpointView(store, text.redactHost, this.rows, this.diagnosis);
    this.captures = result.captures.files.map((file, index) => this.capture(file, index));
    const counts = this.count();
    this.summary = counts.summary;
    this.tally = counts.tally;
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

  lifetimes(visit: (startedAt: number, closedAt: number | null) => void): void {
    const { connections } = this.result.pipeline.store;
    for (let i = 0; i < this.connectionCount; i++) {
      const row = this.row(i);
      const closed = (connections.state.get(row) & ConnectionBits.CLOSED) !== 0;
      visit(connections.startedAt.get(row) / 1e9, closed ? connections.closedAt.get(row) / 1e9 : null);
    }
  }

  notableConnections(limit: number): ConnectionReport[] {
    const { connections, exchanges, events } = this.result.pipeline.store;
    const top = new TopRows(limit);
    for (let i = 0; i < this.connectionCount; i++) {
      const row = this.row(i);
      let unanswered = 0;
      const last = connections.lastExchange.get(row) - 1;
      if (last >= 0) {
        const state = exchanges.state.get(last);
        if ((state & (ExchangeBits.HAS_REQUEST | ExchangeBits.RESPONSE_COMPLETE)) === ExchangeBits.HAS_REQUEST) unanswered = 1;
      }
      let probes = 0;
      let gaps = false;
      for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) {
        const kind = events.kind.get(event) >>> 1;
        if (kind === EventKind.keepAliveProbe || kind === EventKind.windowProbe || kind === EventKind.zeroWindow) probes++;
        else if (kind === EventKind.gap) gaps = true;
      }
      const reset = (connections.state.get(row) & ConnectionBits.CLOSED_BY_RESET) !== 0;
      top.offer(row, notability({ requests: connections.exchanges.get(row), unanswered, reset, probes, gaps }));
    }
    return top.rows().map((row) => this.report(row));
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

  private report(row: number): ConnectionReport {
    const plain = this.view.connection(row);
    const found = this.diagnosis.verdicts.get(row);
    this.case.load(row);
    const close = {
      ...plain.close,
      cause: found.cause,
      confidence: found.confidence,
      also: [...found.also],
      alternatives: [...found.alternatives],
      evidence: closeEvidence(this.result.pipeline.store, this.case, found).map(({ frame, note }) => ({ frame: this.view.frame(frame), note })),
    };
    return { ...plain, close, findings: this.findingView.of(row) };
  }

  private row(index: number): number {
    return this.rows === null ? index : this.rows[index]!;
  }

  private capture(file: CaptureFileInfo, index: number): CaptureReport {
    const captures = this.result.captures.files.length;
    const anomalies: AnomalyReport[] = file.anomalies.map(({ code, count, frame, byteOffset, message }) => ({
      code,
      count,
      firstFrame: frame === 0 ? null : captures > 1 ? `${index}:${frame}` : frame,
      byteOffset,
      message,
    }));
    for (const { code, count, firstFrame, message } of this.result.pipeline.anomalies[index]!.entries()) {
      anomalies.push({ code, count, firstFrame: frameReference(firstFrame, captures), message: message === '' ? anomalyWords(code) : message });
    }
    return {
      path: file.path,
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

  private count(): { summary: Summary; tally: ConnectionTally } {
    const { connections, exchanges, events } = this.result.pipeline.store;
    let http = 0;
    let requests = 0;
    let responses = 0;
    let reused = 0;
    let probes = 0;
    let handshake = 0;
    const protocols: Partial<Record<ProtocolName, number>> = {};
    const closeCauses: Summary['closeCauses'] = {};
    const closes = new Map<string, { by: Side | null; kind: CloseReport['kind']; connections: number }>();
    for (let i = 0; i < this.connectionCount; i++) {
      const row = this.row(i);
      const state = connections.state.get(row);
      const toSynAck = connections.synToSynAck.get(row);
      const toAck = connections.synAckToAck.get(row);
      if (toSynAck >= 0 && toAck >= 0) handshake += toSynAck + toAck;
      const name = PROTOCOL_NAMES[((state >>> ConnectionBits.PROTOCOL_SHIFT) & 7) as Protocol];
      protocols[name] = (protocols[name] ?? 0) + 1;
      countClose(closes, state);
      const { cause } = this.diagnosis.verdicts.get(row);
      closeCauses[cause] = (closeCauses[cause] ?? 0) + 1;
      let asked = 0;
      for (let exchange = connections.lastExchange.get(row) - 1; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
        const bits = exchanges.state.get(exchange);
        if ((bits & ExchangeBits.HAS_REQUEST) !== 0) asked++;
        if ((bits & ExchangeBits.HAS_RESPONSE) !== 0) responses++;
      }
      if (connections.lastExchange.get(row) !== 0) http++;
      if (asked > 1) reused++;
      requests += asked;
      for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) {
        if (events.kind.get(event) >>> 1 === EventKind.keepAliveProbe) probes++;
      }
    }
    return {
      summary: {
        connections: this.connectionCount,
        httpConnections: http,
        requests,
        responses,
        reusedConnections: reused,
        requestsPerConnection: http === 0 ? 0 : requests / http,
        reuseRatio: requests === 0 ? 0 : Math.max(0, 1 - http / requests),
        keepAliveProbes: probes,
        findings: this.findingCounts(),
        closeCauses,
        handshakeSeconds: secondsFromNanoseconds(handshake),
        ...this.avoidable(),
      },
      tally: { protocols, closes: [...closes.values()].sort((a, b) => b.connections - a.connections) },
    };
  }
}

function countClose(closes: Map<string, { by: Side | null; kind: CloseReport['kind']; connections: number }>, state: number): void {
  const closed = (state & ConnectionBits.CLOSED) !== 0;
  const by = !closed ? null : (state & ConnectionBits.CLOSED_BY_CLIENT) !== 0 ? 'client' : 'server';
  const kind = closed ? ((state & ConnectionBits.CLOSED_BY_RESET) !== 0 ? 'rst' : 'fin') : (state & ConnectionBits.REPLACED) !== 0 ? 'replaced' : 'open';
  const key = `${by ?? ''} ${kind}`;
  const entry = closes.get(key);
  if (entry === undefined) closes.set(key, { by, kind, connections: 1 });
  else entry.connections++;
}

function same(text: string): string {
  return text;
}

function sameHeaders(headers: readonly (readonly [name: string, value: string])[]): [name: string, value: string][] {
  return headers.map(([name, value]) => [name, value]);
}
