import { Float64Column, SparseColumn, Uint16Column, Uint32Column, WideColumn } from './columns.ts';

/** Bits and fields of `ConnectionColumns.state`. */
export const ConnectionBits = {
  /** The side (0 or 1, canonical order) of the client. */
  CLIENT_SIDE1: 1,
  CLOSED: 2,
  CLOSED_BY_CLIENT: 4,
  CLOSED_BY_RESET: 8,
  REPLACED: 16,
  /** Facts were told at least once: the row can be read. */
  TOLD: 32,
  /** Who is the client, by: 2 bits, RolesFrom. */
  ROLES_SHIFT: 6,
  /** What the HTTP content said: 2 bits, 0 nothing, 1 side 0 is the client, 2 side 1. */
  HTTP_ROLE_SHIFT: 8,
  /** Protocol (http/exchange-sink.ts): 3 bits, and that inside a tunnel: 3 bits. */
  PROTOCOL_SHIFT: 10,
  INNER_SHIFT: 13,
} as const;

export const RolesFrom = { handshake: 0, http: 1, ports: 2 } as const;

/** One row per connection, by its first packet. Times in nanoseconds since the origin, durations in nanoseconds. */
export class ConnectionColumns {
  count = 0;
  readonly state = new Uint32Column();
  readonly endpoint = new Uint32Column();
  readonly clientPort = new Uint16Column();
  readonly firstFrame = new Uint32Column();
  readonly lastFrame = new Uint32Column();
  readonly startedAt = new Float64Column();
  readonly endedAt = new Float64Column();
  /** 0 where not seen. The SYN is nearly always the first frame: only another one is stored. */
  readonly synAckFrame = new Uint32Column();
  readonly synFrameOther = new SparseColumn();
  /** -1 where not seen. */
  readonly synToSynAck = new WideColumn();
  readonly synAckToAck = new WideColumn();
  readonly synRetransmissions = new SparseColumn();
  readonly packetsClient = new Uint32Column();
  readonly packetsServer = new Uint32Column();
  readonly payloadClient = new WideColumn();
  readonly payloadServer = new WideColumn();
  readonly retransmissionsClient = new SparseColumn();
  readonly retransmissionsServer = new SparseColumn();
  readonly closeFrame = new Uint32Column();
  readonly closedAt = new Float64Column();
  readonly closeIdle = new WideColumn();
  /** FIN of the side that did not close first: 0 where none; its time after closedAt. */
  readonly secondFinFrame = new Uint32Column();
  readonly secondFinAfter = new WideColumn();
  readonly windowDropClient = new SparseColumn();
  readonly windowDropServer = new SparseColumn();
  readonly closeUnacknowledged = new SparseColumn();
  readonly bytesAfterClose = new SparseColumn();
  readonly unansweredClient = new SparseColumn();
  readonly unansweredServer = new SparseColumn();
  /** Last exchange and last event + 1; the rows before are linked behind them. */
  readonly lastExchange = new Uint32Column();
  readonly exchanges = new Uint32Column();
  readonly lastEvent = new Uint32Column();
  /** String ids of the first User-Agent and Server seen, and of the first request's header names in order. */
  readonly clientAgent = new Uint32Column();
  readonly serverAgent = new Uint32Column();
  readonly headerOrder = new Uint32Column();
  /** Last Keep-Alive `timeout=` + 1 and `max=` + 1 of the responses, 0 where absent. */
  readonly keepAliveTimeout = new Uint16Column();
  readonly keepAliveMax = new Uint16Column();
  /** TLS: string ids of version, SNI and ALPN (server's choice, else the client's offer joined by commas). */
  readonly tlsVersion = new Uint32Column();
  readonly tlsSni = new Uint32Column();
  readonly tlsAlpn = new Uint32Column();
}
