import type { CloseCause, Confidence, EvidenceReport, FrameRef, NetworkPathReport, Side } from './report.ts';

/* The part of the report (report.ts) that tells of one connection. */

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
