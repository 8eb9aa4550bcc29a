import { Uint32Column } from './columns.ts';
import { DoubleField, LaterField, RareField, Records, Uint16Field, Uint32Field, WideField } from './records.ts';
import { Signs } from './signs.ts';

/** Bits and fields of `ConnectionColumns.state`, 16 in all. */
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

/** Places in a connection's row; STARTED_AT is a double and takes two. */
export const ConnectionInts = {
  STARTED_AT: 0,
  /** state, and the client's port above it. */
  STATE: 2,
  ENDPOINT: 3,
  FIRST_FRAME: 4,
  LAST_FRAME: 5,
  SYN_ACK_FRAME: 6,
  SYN_TO_SYN_ACK: 7,
  SYN_ACK_TO_ACK: 8,
  PACKETS_CLIENT: 9,
  PACKETS_SERVER: 10,
  PAYLOAD_CLIENT: 11,
  PAYLOAD_SERVER: 12,
  ENDED_AFTER: 13,
  CLOSED_AFTER: 14,
  CLOSE_FRAME: 15,
  CLOSE_IDLE: 16,
  SECOND_FIN_FRAME: 17,
  SECOND_FIN_AFTER: 18,
  LAST_EXCHANGE: 19,
  EXCHANGES: 20,
  /** What tells the software of both ends: Signs. */
  SIGNS: 21,
  /** timeout, and max above it. */
  KEEP_ALIVE: 22,
  /** Row in `rare` + 1. */
  RARE: 23,
  STRIDE: 24,
} as const;
const I = ConnectionInts;

/** Places in a row of what few connections have. */
const Rare = {
  SYN_FRAME: 0,
  SYN_RETRANSMISSIONS: 1,
  RETRANSMISSIONS_CLIENT: 2,
  RETRANSMISSIONS_SERVER: 3,
  WINDOW_DROP_CLIENT: 4,
  WINDOW_DROP_SERVER: 5,
  CLOSE_UNACKNOWLEDGED: 6,
  BYTES_AFTER_CLOSE: 7,
  UNANSWERED_CLIENT: 8,
  UNANSWERED_SERVER: 9,
  LAST_EVENT: 10,
  STRIDE: 12,
} as const;

/** Bits of `ConnectionColumns.tlsState`. */
export const TlsBits = { DECRYPTED: 1, RESUMED: 2, NOT_RESUMED: 4 } as const;

/** One row per connection, by its first packet. Times in nanoseconds since the origin, durations in nanoseconds. */
export class ConnectionColumns {
  readonly records = new Records(I.STRIDE);
  private readonly rare = new Records(Rare.STRIDE);
  readonly state = new Uint16Field(this.records, I.STATE, 0);
  readonly clientPort = new Uint16Field(this.records, I.STATE, 16);
  readonly endpoint = new Uint32Field(this.records, I.ENDPOINT);
  readonly firstFrame = new Uint32Field(this.records, I.FIRST_FRAME);
  readonly lastFrame = new Uint32Field(this.records, I.LAST_FRAME);
  readonly startedAt = new DoubleField(this.records, I.STARTED_AT);
  readonly endedAt = new LaterField(this.startedAt, new WideField(this.records, I.ENDED_AFTER));
  /** 0 where not seen. */
  readonly synAckFrame = new Uint32Field(this.records, I.SYN_ACK_FRAME);
  /** -1 where not seen. */
  readonly synToSynAck = new WideField(this.records, I.SYN_TO_SYN_ACK);
  readonly synAckToAck = new WideField(this.records, I.SYN_ACK_TO_ACK);
  readonly packetsClient = new Uint32Field(this.records, I.PACKETS_CLIENT);
  readonly packetsServer = new Uint32Field(this.records, I.PACKETS_SERVER);
  readonly payloadClient = new WideField(this.records, I.PAYLOAD_CLIENT);
  readonly payloadServer = new WideField(this.records, I.PAYLOAD_SERVER);
  /** Of the first FIN or RST; they hold where the connection is CLOSED. */
  readonly closeFrame = new Uint32Field(this.records, I.CLOSE_FRAME);
  readonly closedAt = new LaterField(this.startedAt, new WideField(this.records, I.CLOSED_AFTER));
  readonly closeIdle = new WideField(this.records, I.CLOSE_IDLE);
  /** FIN of the side that did not close first: 0 where none; its time after closedAt. */
  readonly secondFinFrame = new Uint32Field(this.records, I.SECOND_FIN_FRAME);
  readonly secondFinAfter = new WideField(this.records, I.SECOND_FIN_AFTER);
  /** Last exchange + 1; the rows before are linked behind it. */
  readonly lastExchange = new Uint32Field(this.records, I.LAST_EXCHANGE);
  readonly exchanges = new Uint32Field(this.records, I.EXCHANGES);
  /** By its ids: string ids of the first User-Agent and Server seen, and of the first heads' names in order. */
  readonly signs = new Signs();
  readonly signsId = new Uint32Field(this.records, I.SIGNS);
  /** Last Keep-Alive `timeout=` + 1 and `max=` + 1 of the responses, 0 where absent. */
  readonly keepAliveTimeout = new Uint16Field(this.records, I.KEEP_ALIVE, 0);
  readonly keepAliveMax = new Uint16Field(this.records, I.KEEP_ALIVE, 16);

  private readonly rareRow = new Uint32Field(this.records, I.RARE);
  /** The SYN is nearly always the first frame: 0 then; else its frame, -1 where it was not seen. */
  readonly synFrameOther = new RareField(this.rareRow, this.rare, Rare.SYN_FRAME);
  readonly synRetransmissions = new RareField(this.rareRow, this.rare, Rare.SYN_RETRANSMISSIONS);
  readonly retransmissionsClient = new RareField(this.rareRow, this.rare, Rare.RETRANSMISSIONS_CLIENT);
  readonly retransmissionsServer = new RareField(this.rareRow, this.rare, Rare.RETRANSMISSIONS_SERVER);
  readonly windowDropClient = new RareField(this.rareRow, this.rare, Rare.WINDOW_DROP_CLIENT);
  readonly windowDropServer = new RareField(this.rareRow, this.rare, Rare.WINDOW_DROP_SERVER);
  readonly closeUnacknowledged = new RareField(this.rareRow, this.rare, Rare.CLOSE_UNACKNOWLEDGED);
  readonly bytesAfterClose = new RareField(this.rareRow, this.rare, Rare.BYTES_AFTER_CLOSE);
  readonly unansweredClient = new RareField(this.rareRow, this.rare, Rare.UNANSWERED_CLIENT);
  readonly unansweredServer = new RareField(this.rareRow, this.rare, Rare.UNANSWERED_SERVER);
  /** Last event + 1; those before are linked behind it. */
  readonly lastEvent = new RareField(this.rareRow, this.rare, Rare.LAST_EVENT);

  /** TLS: string ids of version, SNI and ALPN (server's choice, else the client's offer joined by commas). */
  readonly tlsVersion = new Uint32Column();
  readonly tlsSni = new Uint32Column();
  readonly tlsAlpn = new Uint32Column();
  /** TlsBits. */
  readonly tlsState = new Uint32Column();

  get count(): number {
    return this.records.count;
  }
}
