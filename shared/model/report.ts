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

export interface Socket {
  /** IPv6 per RFC 5952. */
  address: string;
  port: number;
}

export type ProtocolName = 'http/1' | 'tls' | 'http/2' | 'websocket' | 'tunnel' | 'other' | 'none';

export interface ConnectionReport extends NetworkPathReport {
  /** From 1, by first packet. */
  id: number;
  client: Socket;
  server: Socket;
  /** What told client from server. */
  rolesFrom: 'handshake' | 'http' | 'ports';
  protocol: ProtocolName;
  /** What runs inside a CONNECT tunnel or after an upgrade, where it was recognised. */
  innerProtocol?: ProtocolName;
  /** Present where a TLS handshake was seen. */
  tls?: TlsReport;
  firstFrame: FrameRef;
  lastFrame: FrameRef;
  startedAt: number;
  endedAt: number;
  /** null where the capture begins later. */
  handshake: HandshakeReport | null;
  packets: PerSide;
  /** TCP payload, each byte once. */
  payloadBytes: PerSide;
  /** By first byte. */
  exchanges: ExchangeReport[];
  /** Present on TLS connections that could not be decrypted and look like requests and answers; never mixed with `exchanges`. */
  estimatedExchanges?: EstimatedExchangeReport[];
  keepAliveProbes: ProbeReport[];
  windowProbes: ProbeReport[];
  zeroWindows: ZeroWindowReport[];
  /** Segments that repeat bytes. */
  retransmissions: PerSide;
  gaps: GapReport[];
  close: CloseReport;
  /** Ids of the findings that name this connection. */
  findings: number[];
}

export interface PerSide {
  client: number;
  server: number;
}

export interface TlsReport {
  /** "1.2", "1.3". */
  version: string | null;
  /** Name of the suite that the server chose ("TLS_AES_128_GCM_SHA256"), or its number ("0xC0AC") where it is none that can be read; present where the ServerHello was seen. */
  cipher?: string;
  /** Server name of the ClientHello (RFC 6066 section 3). */
  sni: string | null;
  /** Application protocol the server chose (RFC 7301), else the client's offer joined by commas. */
  alpn: string | null;
  resumed: boolean | null;
  /** From the ClientHello to the last Finished, and the bytes of the records of both directions; present where it was seen whole and without early data. */
  handshake?: { seconds: number; bytes: number };
  decrypted: boolean;
  /** What the server made of data that the client sent with its hello (0-RTT); present where that was seen. */
  earlyData?: 'accepted' | 'rejected';
  /** The server asked for another ClientHello (HelloRetryRequest). */
  retried?: true;
  /** A side went on with new keys (KeyUpdate); seen in decrypted connections only. */
  keysUpdated?: true;
  /** Another handshake was made inside of the connection; seen in decrypted connections only. */
  renegotiated?: true;
  /** The fatal alert that ended it, where it could be read. */
  alert?: TlsAlertReport;
}

export interface TlsAlertReport {
  from: Side;
  /** As RFC 8446 section 6 names it ("bad_certificate"), or by its number. */
  name: string;
  frame: FrameRef;
  time: number;
}

export interface HandshakeReport {
  synFrame: FrameRef | null;
  synAckFrame: FrameRef | null;
  /** From the SYN to the ACK of the SYN-ACK. */
  rttSeconds: number | null;
  synRetransmissions: number;
}

/** A request and its final response; one of the two may be null, never both. */
export interface ExchangeReport {
  /** From 0, in the connection. */
  index: number;
  /** The request was sent before the response to the one before was complete. */
  pipelined: boolean;
  request: RequestReport | null;
  /** 1xx responses. */
  interim: InterimReport[];
  response: ResponseReport | null;
  /** From the end of the exchange before (of the first: from the start of the connection) to the first byte. */
  idleBeforeSeconds: number | null;
  /** From the request's first byte to its last. */
  uploadSeconds: number | null;
  /** From the request's last byte to the response's first; 0 where the response came earlier. */
  waitSeconds: number | null;
  /** From the response's first byte to its last. */
  downloadSeconds: number | null;
}

/**
 * An exchange inside of TLS without its keys, as whose turn it was to send shows it: pipelined requests look like one, a
 * 100 (Continue) makes two. Bytes are those of the records' content, heads included.
 */
export interface EstimatedExchangeReport {
  /** From 0, in the connection. */
  index: number;
  request: EstimatedMessageReport;
  /** null where the server sent nothing after the request. */
  response: EstimatedMessageReport | null;
  /** As in ExchangeReport. */
  idleBeforeSeconds: number | null;
  waitSeconds: number | null;
  downloadSeconds: number | null;
}

/** Frames and times of the first and last record. */
export interface EstimatedMessageReport {
  frame: FrameRef;
  time: number;
  endFrame: FrameRef;
  endTime: number;
  bytes: number;
}

/** How a message says where its body ends (RFC 9112 section 6.3); "unknown": its head is not wholly in the capture. */
export type MessageFraming = 'none' | 'content-length' | 'chunked' | 'until-close' | 'upgrade' | 'tunnel' | 'unknown';

export interface MessageReport {
  /** Frame that holds the first byte, and its time. */
  frame: FrameRef;
  time: number;
  /** Frame that holds the last byte seen, and its time. */
  endFrame: FrameRef | null;
  endTime: number | null;
  /** "HTTP/1.1". */
  version: string;
  framing: MessageFraming;
  /** Bytes of the body that were on the wire, chunk framing not counted. */
  bodyBytes: number;
  /** What the Content-Length promised; null with other framings. */
  expectedBytes: number | null;
  /** The end of the message was seen: for chunked, the empty line after the last chunk. */
  complete: boolean;
  /** Name and value of each field in order, with `--headers` only. */
  headers?: [name: string, value: string][];
}

export interface RequestReport extends MessageReport {
  method: string;
  /** As sent, secrets replaced by `[redacted]`. */
  target: string;
  /** The Host field, or the authority of an absolute or CONNECT target. */
  host: string | null;
  /** Of a large body: how much of it had come when; the time of its last byte is `endTime`. */
  progress?: ProgressReport[];
  framing: Exclude<MessageFraming, 'until-close'>;
}

export interface ResponseReport extends MessageReport {
  status: number;
}

/** A point of an upload. */
export interface ProgressReport {
  frame: FrameRef;
  time: number;
  bytes: number;
}

export interface InterimReport {
  status: number;
  frame: FrameRef;
}

/** A keep-alive probe or a zero-window probe. */
export interface ProbeReport {
  frame: FrameRef;
  time: number;
  from: Side;
  /** Frame of the answer. */
  answeredBy: FrameRef | null;
}

/** `from` announced a receive window of 0. */
export interface ZeroWindowReport {
  from: Side;
  startFrame: FrameRef;
  time: number;
  /** Frame that opened it again; null where none did. */
  endFrame: FrameRef | null;
  /** Until it opened, else until the connection's last packet. */
  seconds: number;
}

/** Bytes that `from` sent and the capture does not have. */
export interface GapReport {
  from: Side;
  bytes: number;
  /** Frame that showed that they are missing. */
  frame: FrameRef;
  time: number;
}

export interface CloseReport {
  /** Who sent the first FIN or RST. */
  by: Side | null;
  /** "open": not seen to close; "replaced": another connection took the same addresses and ports. */
  kind: 'fin' | 'rst' | 'open' | 'replaced';
  frame: FrameRef | null;
  time: number | null;
  /** How long before neither side had sent a new byte. */
  idleSeconds: number | null;
  /** The other side's FIN, where both were seen: the TIME_WAIT of `by` begins with it (RFC 9293 section 3.6). */
  otherFin?: { frame: FrameRef; time: number };
  cause: CloseCause;
  confidence: Confidence;
  /** What is true of it besides. */
  also: CloseCause[];
  /** What would look the same on the wire. */
  alternatives: CloseCause[];
  evidence: EvidenceReport[];
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
