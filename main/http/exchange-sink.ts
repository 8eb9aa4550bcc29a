/** How a message says where its body ends (RFC 9112 section 6.3). */
export const Framing = { none: 0, contentLength: 1, chunked: 2, untilClose: 3, upgrade: 4, tunnel: 5, unknown: 6 } as const;
export type Framing = (typeof Framing)[keyof typeof Framing];

/** What the bytes of a connection turned out to be. */
export const Protocol = { none: 0, http1: 1, tls: 2, http2: 3, websocket: 4, tunnel: 5, other: 6 } as const;
export type Protocol = (typeof Protocol)[keyof typeof Protocol];

/** Bits of MessageFacts.flags. */
export const MessageFlag = {
  http10: 1,
  /** `close` among the Connection options. */
  closeOption: 2,
  /** `keep-alive` among the Connection options. */
  keepAliveOption: 4,
  /** Expect: 100-continue (requests). */
  expectContinue: 8,
  /** Target in absolute form (requests to a proxy). */
  absoluteForm: 16,
  /** The head was cut by the snap length or a gap: fields may be missing. */
  headCut: 32,
} as const;

/**
 * What a message head said; one object, reused for every head: read it during the call only. Strings are made when
 * asked for, because most heads repeat and interning is the store's business.
 */
export interface MessageHead {
  /** MessageFlag bits. */
  readonly flags: number;
  readonly framing: Framing;
  /** The promised body length with `contentLength` framing, else -1. */
  readonly contentLength: number;
  /** Responses; 0 for requests. */
  readonly status: number;
  /** `timeout=` and `max=` of the Keep-Alive field, -1 where absent. */
  readonly keepAliveTimeout: number;
  readonly keepAliveMax: number;
  /** The bytes of the whole head, start line to the empty line. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Offset behind the start line. */
  readonly fieldsStart: number;
  /** A hash of the field names, of their order and spelling. */
  readonly namesHash: number;
  /** Ranges in `bytes` as [start, end): method and target of a request; start = end where absent. */
  readonly methodStart: number;
  readonly methodEnd: number;
  readonly targetStart: number;
  readonly targetEnd: number;
  /** The Host field's value, or the authority of an absolute or CONNECT target. */
  readonly hostStart: number;
  readonly hostEnd: number;
  /** User-Agent (requests) or Server (responses). */
  readonly agentStart: number;
  readonly agentEnd: number;
  /** Content-Range, of requests and responses. */
  readonly contentRangeStart: number;
  readonly contentRangeEnd: number;
}

/** What a TLS handshake says; absent or null: nothing new. */
export interface TlsFacts {
  /** The one chosen: "1.2", "1.3". */
  readonly version?: string | null;
  readonly sni?: string | null;
  /** Chosen by the server, else offered by the client. */
  readonly alpn?: readonly string[];
  /** Of the suite that the server chose: "TLS_AES_128_GCM_SHA256", "0xC0AC" of one that is not read. */
  readonly cipher?: string;
  readonly resumed?: boolean | null;
  /** What the handshake took, the first one: from the ClientHello's first byte to the last of the last Finished, and its bytes in both directions. */
  readonly handshake?: { readonly nanoseconds: number; readonly bytes: number };
  /** Its records are opened with keys. */
  readonly decrypted?: true;
  /** What the server made of data that the client sent before its answer (RFC 8446 section 4.2.10). */
  readonly earlyData?: 'accepted' | 'rejected';
  /** The server asked for another ClientHello (RFC 8446 section 4.1.4). */
  readonly retried?: true;
  /** A side went on with new keys (RFC 8446 section 4.6.3). */
  readonly keysUpdated?: true;
  /** Another handshake was made inside of the connection (RFC 5246 section 7.4.1.1). */
  readonly renegotiated?: true;
  /** The connection ended before its handshake did. */
  readonly unfinished?: true;
  /** It ended without data: behind the handshake the client sent none. */
  readonly silent?: true;
}

/** What HTTP reading tells. Exchanges are rows of a table; -1 is no row. Times stand in the same `clock` as StreamSink's. */
export interface ExchangeSink {
  /** A request's head is complete: a new exchange; returns its row. */
  request(connection: number, half: number, head: MessageHead, begin: MessageBegin): number;
  /** The request of an exchange whose response was told first (with exchange -1), because the capture has it earlier. */
  requestOf(exchange: number, connection: number, half: number, head: MessageHead, begin: MessageBegin): void;
  /** The response told first answers a HEAD or opened a tunnel, as its request says now: it has no body, whatever its fields say (RFC 9112 section 6.3). */
  bodiless(exchange: number, framing: Framing): void;
  /** A final response's head. `exchange` is the row it answers, or -1: unsolicited or its request was not seen; returns the row. */
  response(connection: number, half: number, exchange: number, head: MessageHead, begin: MessageBegin): number;
  /** A 1xx response (not 101) to `exchange` (-1: no final response followed it), told when that is known. `clock[0]` is its time. */
  interim(connection: number, half: number, exchange: number, status: number, frame: number): void;
  /** The end of a request (`isResponse` false) or response was seen, or (complete false) will never be. Frame of its last byte; body bytes seen. */
  messageEnd(exchange: number, isResponse: boolean, frame: number, bodyBytes: number, complete: boolean): void;
  /** So many bytes of a large request body have come. `clock[0]` is the time. */
  progress(connection: number, exchange: number, frame: number, bodyBytes: number): void;
  /** Body bytes that have come of a message in progress, for who looks on while packets come. */
  bodySoFar(exchange: number, isResponse: boolean, bodyBytes: number): void;
  /** What the connection speaks, told when it is first known and when it changes. */
  protocol(connection: number, protocol: Protocol): void;
  /** What a CONNECT tunnel or an upgraded connection carries inside, where it can be recognised (tls, http1, http2). */
  inner(connection: number, protocol: Protocol): void;
  /** Something new is known of the connection's TLS. */
  tls(connection: number, facts: TlsFacts): void;
  /** The exchange just told as a request was not read but estimated from sealed records. */
  estimated(exchange: number): void;
  /** `clientHalf` sent a request or received a response: the HTTP content's word on who is the client. Told once. */
  roles(connection: number, clientHalf: number): void;
  /** A named anomaly of the bytes (code list in http/anomalies.ts), at a frame. */
  anomaly(connection: number, code: string, frame: number): void;
}

/** Where a message's first byte was. One object, reused. */
export interface MessageBegin {
  readonly frame: number;
  /** Nanoseconds since the origin. */
  readonly time: number;
  /** Requests: sent before the response to the one before was complete. */
  readonly pipelined: boolean;
}
