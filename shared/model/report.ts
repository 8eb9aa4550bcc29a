import type { ConnectionReport, Socket } from './connection.ts';

/*
 * The reuse report, version 1: what every format of a report is drawn from, and what JSON and NDJSON hold as it is.
 * Its JSON Schema is shared/schema/report.schema.json; change both together.
 *
 * - `time` and `…At`: seconds since the first packet of the first capture, with nanosecond digits; negative for a packet
 *   that is older. Durations end in `Seconds` and are 0 or more.
 * - `null`: not known. An absent field: not applicable.
 * - Text that comes from a capture (method, target, host, header, server name) holds one character per byte (Latin-1):
 *   nothing is lost or misread, and who shows it must take it through shared/format/safe-text.ts.
 */

export const REPORT_SCHEMA = 'drainspotter/report/1';

/** A frame as Wireshark numbers it, from 1: a number with one capture file, "capture:frame" (capture from 0) with several. */
export type FrameRef = number | string;

export type Side = 'client' | 'server';
export type Confidence = 'certain' | 'likely' | 'possible';
export type Severity = 'error' | 'warning' | 'info';

/** Why a connection closed. */
export const CLOSE_CAUSES = [
  'undrained-response',
  'undrained-request',
  'client-close-option',
  'server-close-option',
  'http10-default',
  'close-delimited',
  'max-requests',
  'max-age',
  'client-idle',
  'server-idle',
  'pool-overflow',
  'client-per-request',
  'client-timeout',
  'server-timeout',
  'client-abort',
  'server-truncated',
  'server-error',
  'server-shutdown',
  'stale-reuse',
  'keepalive-dead-peer',
  'middlebox',
  'connect-failed',
  'protocol-switched',
  'protocol-error',
  'process-exit',
  'open-at-end',
  'capture-incomplete',
  'unknown',
] as const;
export type CloseCause = (typeof CLOSE_CAUSES)[number];

/** Rules that are not close causes. */
export const FURTHER_RULES = [
  'missed-reuse',
  'connections-accumulate',
  'body-not-closed',
  'response-not-drained-yet',
  'close-wait',
  'unused-connection',
  'port-exhaustion',
  'timeout-mismatch',
  'keep-alive-probes',
  'reader-stalled',
  'reader-slow',
  'response-stalled',
  'slow-response',
  'no-response',
  'request-lost',
  'client-retry',
  'upload-stalled',
  'upload-incomplete',
  'upload-receiver-limited',
  'upload-sender-limited',
  'upload-network-limited',
  'content-range-rejected',
  'early-response',
  'expect-rejected',
  'expect-timeout',
  'unsolicited-data',
  'abortive-close',
  'framing-ambiguous',
] as const;
/** What a finding is about: a close cause worth acting on has a finding of the same name. */
export type RuleName = CloseCause | (typeof FURTHER_RULES)[number];

/** The whole report as one object, as `--format json` writes it. */
export interface Report {
  schema: typeof REPORT_SCHEMA;
  tool: ToolReport;
  captures: CaptureReport[];
  summary: Summary;
  endpoints: EndpointReport[];
  connections: ConnectionReport[];
  findings: FindingReport[];
}

export interface ToolReport {
  name: 'drainspotter';
  version: string;
}

export interface CaptureReport {
  /** As the user gave it, or as found in a folder; "-" is standard input. */
  path: string;
  format: 'pcap' | 'pcapng';
  compression: 'gzip' | 'zstd' | null;
  /** Names without their prefix as tcpdump lists them: "EN10MB", "LINUX_SLL2". */
  linkTypes: string[];
  packets: number;
  /** Of the capture format that were read: decompressed where the file is compressed. */
  bytes: number;
  /** The first packet's time of day, RFC 3339 with nanoseconds in UTC; null without packets or where the date is absurd. */
  startedAt: string | null;
  /** From the earliest to the latest packet. */
  durationSeconds: number;
  /** False: cut inside a record, or with an unreadable block. */
  complete: boolean;
  anomalies: AnomalyReport[];
}

/** Something odd in a capture, told once with how often and where first. */
export interface AnomalyReport {
  /** Stable, kebab-case. */
  code: string;
  count: number;
  /** null where it belongs to no frame. */
  firstFrame: FrameRef | null;
  /** Where in the file, for what is wrong with the file itself. */
  byteOffset?: number;
  /** In words. */
  message: string;
}

/** An input that could not be read while others were. */
export interface UnreadableInput {
  path: string;
  /** Stable, kebab-case. */
  code: string;
  /** What happened and what to do. */
  message: string;
}

export interface Summary {
  connections: number;
  /** Connections with at least one HTTP/1 request or response. */
  httpConnections: number;
  requests: number;
  /** Final responses; 1xx are not counted. */
  responses: number;
  /** Requests on TLS connections that could not be decrypted, estimated; counted nowhere else. Present where there are some. */
  estimatedRequests?: number;
  /** Connections with more than one request. */
  reusedConnections: number;
  /** Requests per HTTP connection, 0 where there are none. */
  requestsPerConnection: number;
  /** 1 - httpConnections / requests: the share of the requests that found their connection open; 0 where there are none. */
  reuseRatio: number;
  /** Both directions, all connections. */
  keepAliveProbes: number;
  /** Findings by rule; only those there are. */
  findings: Partial<Record<RuleName, number>>;
  /** Connections by close cause; only those there are. */
  closeCauses: Partial<Record<CloseCause, number>>;
  /** Round trips of all handshakes seen, added up. */
  handshakeSeconds: number;
  /** Connections that an open idle one could have spared, and the handshake time spent on them. */
  avoidableConnections: number | null;
  avoidableHandshakeSeconds: number | null;
  /** Whether credentials, cookies and other secrets are left out; absent where it is not known. */
  redacted?: boolean;
  /** Present where addresses and hosts are replaced by pseudonyms, the same for the same one throughout this report. */
  pseudonyms?: true;
  /** Present where the analysis was stopped before the end of the input. */
  interrupted?: true;
  /** Present where an input could not be read. */
  unreadable?: UnreadableInput[];
}

/** One client address talking to one server address and port. */
export interface EndpointReport extends NetworkPathReport {
  client: string;
  server: string;
  port: number;
  /** Host values of the requests, each once. */
  hosts: string[];
  connections: number;
  requests: number;
  /** As in Summary. Present where there are some. */
  estimatedRequests?: number;
  /** As in Summary, of this endpoint. */
  reuseRatio: number;
  /** Most connections open, and open without an exchange under way, at one moment. */
  maxConcurrent: number | null;
  maxIdle: number | null;
  /** Connections opened while an idle one was there. */
  missedReuse: number | null;
  connectionsPerSecondPeak: number | null;
  /** Most sockets in TIME_WAIT at one moment, and whose they are. */
  timeWaitPeak: number | null;
  timeWaitSide: Side | 'both' | 'none' | null;
  /** Ephemeral ports the client has for this server. */
  portBudget: number | null;
  /** At the peak rate; null also where the ports never run out. */
  secondsToExhaustion: number | null;
  clientStack: StackReport | null;
  serverStack: StackReport | null;
}

/** What carried the packets besides plain IP; present where there is some. */
export interface NetworkPathReport {
  /** From the outside in. */
  vlans?: number[];
  /** The tunnel and its number, e.g. "vxlan:4096". */
  encapsulation?: string;
}

/** The software at one end, as its traffic shows it. */
export interface StackReport {
  id: string;
  name: string;
  confidence: Confidence;
}

export interface EvidenceReport {
  frame: FrameRef;
  note: string;
}

export interface FindingReport {
  /** From 1. */
  id: number;
  rule: RuleName;
  severity: Severity;
  confidence: Confidence;
  title: string;
  explanation: string;
  /** Connection ids. */
  connections: number[];
  /** null: of several. */
  endpoint: EndpointRef | null;
  /** Of several clients told together, where all of them speak to one server. */
  server?: Socket;
  evidence: EvidenceReport[];
  alternatives: RuleName[];
  fix: FixReport;
  cost: CostReport;
}

export interface EndpointRef extends NetworkPathReport {
  client: string;
  server: string;
  port: number;
}

export interface FixReport {
  summary: string;
  snippet: string | null;
  /** Where the advice comes from. */
  source: string | null;
  /** Ids of the stacks it is for, where they were recognised: `drainspotter explain RULE --client ID --server ID` gives the same. */
  /** The rule that the advice is about, where that is not the finding's own: the reason of what was found. */
  rule?: RuleName;
  clientStack?: string;
  serverStack?: string;
}

/** What the finding costs: connections more than needed, seconds waited. */
export interface CostReport {
  connections: number;
  seconds: number;
}
