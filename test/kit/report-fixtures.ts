import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { ReportModel } from '../../main/report/report-model.ts';
import type { ConnectionReport, ExchangeReport, ProtocolName, RequestReport, ResponseReport } from '../../shared/model/connection.ts';
import type { CaptureReport, EndpointReport, FindingReport, Summary } from '../../shared/model/report.ts';
import lineSchema from '../../shared/schema/report-line.schema.json' with { type: 'json' };
import reportSchema from '../../shared/schema/report.schema.json' with { type: 'json' };

/* Parts of a report made by hand: one ordinary example of each, with what a test wants to be different. */

export function captureReport(different: Partial<CaptureReport> = {}): CaptureReport {
  return {
    path: 'checkout.pcap',
    format: 'pcap',
    compression: null,
    linkTypes: ['EN10MB'],
    packets: 41,
    bytes: 12_150,
    startedAt: '2026-01-02T03:04:05.123456789Z',
    durationSeconds: 75.125,
    complete: true,
    anomalies: [],
    ...different,
  };
}

export function requestReport(different: Partial<RequestReport> = {}): RequestReport {
  return {
    frame: 4,
    time: 0.000412,
    endFrame: 4,
    endTime: 0.000412,
    method: 'GET',
    target: '/bytes/2000',
    host: 'api.example',
    version: 'HTTP/1.1',
    framing: 'none',
    bodyBytes: 0,
    expectedBytes: null,
    complete: true,
    ...different,
  };
}

export function responseReport(different: Partial<ResponseReport> = {}): ResponseReport {
  return {
    frame: 6,
    time: 0.00103,
    endFrame: 7,
    endTime: 0.00111,
    status: 200,
    version: 'HTTP/1.1',
    framing: 'content-length',
    bodyBytes: 2000,
    expectedBytes: 2000,
    complete: true,
    ...different,
  };
}

export function exchangeReport(different: Partial<ExchangeReport> = {}): ExchangeReport {
  return {
    index: 0,
    pipelined: false,
    request: requestReport(),
    interim: [],
    response: responseReport(),
    idleBeforeSeconds: 0.000412,
    uploadSeconds: 0,
    waitSeconds: 0.000618,
    downloadSeconds: 0.00008,
    ...different,
  };
}

export function connectionReport(different: Partial<ConnectionReport> = {}): ConnectionReport {
  return {
    id: 1,
    client: { address: '10.9.0.1', port: 38348 },
    server: { address: '10.9.0.2', port: 8080 },
    rolesFrom: 'handshake',
    protocol: 'http/1',
    firstFrame: 1,
    lastFrame: 12,
    startedAt: 0,
    endedAt: 45.120000001,
    handshake: { synFrame: 1, synAckFrame: 2, rttSeconds: 0.000211, synRetransmissions: 0 },
    packets: { client: 6, server: 6 },
    payloadBytes: { client: 96, server: 2134 },
    exchanges: [exchangeReport()],
    keepAliveProbes: [],
    windowProbes: [],
    zeroWindows: [],
    retransmissions: { client: 0, server: 0 },
    gaps: [],
    close: { by: 'client', kind: 'fin', frame: 10, time: 45.12, idleSeconds: 45.11889, cause: 'unknown', confidence: 'possible', also: [], alternatives: [], evidence: [] },
    findings: [],
    ...different,
  };
}

/** A connection of another protocol, without exchanges. */
export function otherConnection(id: number, protocol: ProtocolName, different: Partial<ConnectionReport> = {}): ConnectionReport {
  return connectionReport({ id, protocol, exchanges: [], ...different });
}

export function endpointReport(different: Partial<EndpointReport> = {}): EndpointReport {
  return {
    client: '10.9.0.1',
    server: '10.9.0.2',
    port: 8080,
    hosts: ['api.example'],
    connections: 1,
    requests: 1,
    reuseRatio: 0,
    maxConcurrent: null,
    maxIdle: null,
    missedReuse: null,
    connectionsPerSecondPeak: null,
    timeWaitPeak: null,
    timeWaitSide: null,
    portBudget: null,
    secondsToExhaustion: null,
    clientStack: null,
    serverStack: null,
    ...different,
  };
}

export function findingReport(different: Partial<FindingReport> = {}): FindingReport {
  return {
    id: 1,
    rule: 'undrained-response',
    severity: 'warning',
    confidence: 'certain',
    title: 'Response bodies are closed before they are read',
    explanation: 'The client closed the connection with unread bytes in it.',
    connections: [1],
    endpoint: { client: '10.9.0.1', server: '10.9.0.2', port: 8080 },
    evidence: [{ frame: 10, note: 'RST with all bytes acknowledged' }],
    alternatives: ['abortive-close'],
    fix: { summary: 'Read the body to its end before closing it.', snippet: null, source: null },
    cost: { connections: 1, seconds: 0.0002 },
    ...different,
  };
}

/** A model of these parts; summary, tally and endpoints are worked out from the connections where they are not given. */
export function reportModel(parts: Partial<Omit<ReportModel, 'connections' | 'connection' | 'lifetimes' | 'endpoints' | 'endpointCount' | 'costliestEndpoints' | 'findings'>> & {
  connections?: ConnectionReport[];
  endpoints?: EndpointReport[];
  findings?: FindingReport[];
} = {}): ReportModel {
  const { connections = [connectionReport()], endpoints, findings = [], ...rest } = parts;
  const all = () => endpoints ?? [endpointReport({ connections: connections.length, requests: requestsOf(connections), reuseRatio: summaryOfConnections(connections).reuseRatio })];
  return {
    captures: [captureReport()],
    unreadable: [],
    interrupted: false,
    summary: summaryOfConnections(connections),
    tally: tallyOf(connections),
    connectionCount: connections.length,
    notableConnections: (limit) => connections.slice(0, limit),
    redacted: true,
    packets: () => Promise.resolve({ first: [], last: [] }),
    ...rest,
    connections: () => connections.values(),
    connection: (id) => connections.find((connection) => connection.id === id) ?? null,
    lifetimes: (visit) => connections.forEach(({ startedAt, close }) => visit(startedAt, close.time)),
    endpoints: all,
    endpointCount: all().length,
    costliestEndpoints: (limit) => [...all()].sort((a, b) => (b.missedReuse ?? 0) - (a.missedReuse ?? 0) || b.connections - a.connections).slice(0, limit),
    findings: () => findings,
  };
}

function requestsOf(connections: readonly ConnectionReport[]): number {
  return connections.reduce((sum, connection) => sum + connection.exchanges.filter((exchange) => exchange.request !== null).length, 0);
}

function summaryOfConnections(connections: readonly ConnectionReport[]): Summary {
  const http = connections.filter((connection) => connection.exchanges.length > 0);
  const requests = requestsOf(connections);
  return {
    connections: connections.length,
    httpConnections: http.length,
    requests,
    responses: connections.reduce((sum, connection) => sum + connection.exchanges.filter((exchange) => exchange.response !== null).length, 0),
    reusedConnections: http.filter((connection) => requestsOf([connection]) > 1).length,
    requestsPerConnection: http.length === 0 ? 0 : requests / http.length,
    reuseRatio: requests === 0 ? 0 : Math.max(0, 1 - http.length / requests),
    keepAliveProbes: connections.reduce((sum, connection) => sum + connection.keepAliveProbes.length, 0),
    findings: {},
    closeCauses: connections.length === 0 ? {} : { unknown: connections.length },
    handshakeSeconds: connections.reduce((sum, connection) => sum + (connection.handshake?.rttSeconds ?? 0), 0),
    avoidableConnections: null,
    avoidableHandshakeSeconds: null,
  };
}

function tallyOf(connections: readonly ConnectionReport[]): ReportModel['tally'] {
  const protocols: Partial<Record<ProtocolName, number>> = {};
  const closes = new Map<string, { by: ConnectionReport['close']['by']; kind: ConnectionReport['close']['kind']; connections: number }>();
  for (const { protocol, close } of connections) {
    protocols[protocol] = (protocols[protocol] ?? 0) + 1;
    const key = `${close.by} ${close.kind}`;
    const entry = closes.get(key) ?? { by: close.by, kind: close.kind, connections: 0 };
    entry.connections++;
    closes.set(key, entry);
  }
  return { protocols, withGaps: connections.filter(({ gaps }) => gaps.length > 0).length, unanswered: connections.flatMap(({ exchanges }) => exchanges).filter(({ response }) => response === null).length, failed: { refused: 0, timedOut: 0 }, closes: [...closes.values()] };
}

/** The schemas as published: fields that they do not know may be there. */
export const validateReport = compile(false, 'urn:drainspotter:report:1');
/** As the program's own reports must be: a field that the schema does not know is a mistake. */
export const validateReportStrictly = compile(true, 'urn:drainspotter:report:1');
export const validateLineStrictly = compile(true, 'urn:drainspotter:report-line:1');

/** What a validator said last, a line each. */
export function problems(validate: ValidateFunction): string {
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`).join('\n');
}

function compile(strictly: boolean, id: string): ValidateFunction {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false, strictRequired: false });
  for (const schema of [reportSchema, lineSchema]) ajv.addSchema(strictly ? (closed(schema) as object) : schema);
  return ajv.getSchema(id)!;
}

/** The schema with no further fields allowed in any object that lists its fields. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, ['if', 'then', 'else', 'not'].includes(key) ? value : closed(value)]));
  return inner['type'] === 'object' && 'properties' in inner && !('additionalProperties' in inner) ? { ...inner, additionalProperties: false } : inner;
}
