import { Uint32Column } from './columns.ts';
import { ExtraRows, PackedField, RareField, SharedField, type SharedBits } from './extra-rows.ts';
import { FrameAfter, FrameBefore } from './frame-fields.ts';
import { BitsField, LaterField, Records, TimeField, Uint32Field, WideField } from './records.ts';
import { Signs } from './signs.ts';

/** Bits and fields of `ConnectionColumns.state`, 16 in all. */
export const ConnectionBits = {
  /** The side (0 or 1, canonical order) of the client. */
  CLIENT_SIDE1: 1,
  CLOSED: 2,
  CLOSED_BY_CLIENT: 4,
  CLOSED_BY_RESET: 8,
  REPLACED: 16,
  /** Who is the client, by: 2 bits, RolesFrom. */
  ROLES_SHIFT: 6,
  /** What the HTTP content said: 2 bits, 0 nothing, 1 side 0 is the client, 2 side 1. */
  HTTP_ROLE_SHIFT: 8,
  /** Protocol (http/exchange-sink.ts): 3 bits, and that inside a tunnel: 3 bits. */
  PROTOCOL_SHIFT: 10,
  INNER_SHIFT: 13,
} as const;

export const RolesFrom = { handshake: 0, http: 1, ports: 2 } as const;

/** Places in a connection's row. */
export const ConnectionInts = {
  STARTED_AT: 0,
  /** state, and the client's port above it. */
  STATE: 1,
  /** endpoint, and signsId above it. */
  ENDPOINT: 2,
  FIRST_FRAME: 3,
  LAST_FRAME: 4,
  /** How far behind the first frame the SYN-ACK is, and above it how far before the last one the first closing packet. */
  SYN_ACK: 5,
  /** How far before the last frame the second FIN is, and above it payloadClient. */
  SECOND_FIN: 6,
  /** exchanges, and the packets of both sides above it; or, below 0, where the connection's extra row is. */
  COUNTS: 7,
  SYN_TO_SYN_ACK: 8,
  SYN_ACK_TO_ACK: 9,
  PAYLOAD_SERVER: 10,
  ENDED_AFTER: 11,
  CLOSED_AFTER: 12,
  CLOSE_IDLE: 13,
  SECOND_FIN_AFTER: 14,
  LAST_EXCHANGE: 15,
  STRIDE: 16,
} as const;
const I = ConnectionInts;

/** Places in the extra row. */
const Extra = {
  EXCHANGES: 0,
  PACKETS_CLIENT: 1,
  PACKETS_SERVER: 2,
  ENDPOINT: 3,
  SIGNS: 4,
  SYN_ACK: 5,
  CLOSE: 6,
  SECOND_FIN: 7,
  PAYLOAD_CLIENT: 8,
  SYN_FRAME: 9,
  SYN_RETRANSMISSIONS: 10,
  RETRANSMISSIONS_CLIENT: 11,
  RETRANSMISSIONS_SERVER: 12,
  WINDOW_DROP_CLIENT: 13,
  WINDOW_DROP_SERVER: 14,
  CLOSE_UNACKNOWLEDGED: 15,
  BYTES_AFTER_CLOSE: 16,
  UNANSWERED_CLIENT: 17,
  UNANSWERED_SERVER: 18,
  LAST_EVENT: 19,
  STRIDE: 20,
} as const;

/** Where numbers of a few bits stand in the row, and where those are that do not fit. */
export const ConnectionPacked = {
  EXCHANGES: { shift: 0, bits: 11, place: Extra.EXCHANGES },
  PACKETS_CLIENT: { shift: 11, bits: 10, place: Extra.PACKETS_CLIENT },
  PACKETS_SERVER: { shift: 21, bits: 10, place: Extra.PACKETS_SERVER },
  ENDPOINT: { shift: 0, bits: 20, place: Extra.ENDPOINT },
  SIGNS: { shift: 20, bits: 12, place: Extra.SIGNS },
  SYN_ACK: { shift: 0, bits: 16, place: Extra.SYN_ACK },
  CLOSE: { shift: 16, bits: 16, place: Extra.CLOSE },
  SECOND_FIN: { shift: 0, bits: 16, place: Extra.SECOND_FIN },
  PAYLOAD_CLIENT: { shift: 16, bits: 16, place: Extra.PAYLOAD_CLIENT },
} as const satisfies Record<string, SharedBits>;
const P = ConnectionPacked;
/** Of a row's counts, the number of exchanges; more than these stand in its extra row. */
export const MAX_EXCHANGES = (1 << P.EXCHANGES.bits) - 1;

/** Bits of `ConnectionColumns.tlsState`. */
export const TlsBits = { DECRYPTED: 1, RESUMED: 2, NOT_RESUMED: 4, EARLY_ACCEPTED: 8, EARLY_REJECTED: 16, RETRIED: 32, KEYS_UPDATED: 64, RENEGOTIATED: 128, UNFINISHED: 256, SILENT: 512 } as const;

/** One row per connection, by its first packet. Times in nanoseconds since the origin, durations in nanoseconds. */
export class ConnectionColumns {
  readonly records = new Records(I.STRIDE);
  readonly extras = new ExtraRows(this.records, I.COUNTS, Extra.STRIDE, [P.EXCHANGES, P.PACKETS_CLIENT, P.PACKETS_SERVER]);
  readonly state = new BitsField(this.records, I.STATE, 0, 16);
  readonly clientPort = new BitsField(this.records, I.STATE, 16, 16);
  readonly endpoint = new PackedField(this.records, this.extras, I.ENDPOINT, P.ENDPOINT);
  readonly firstFrame = new Uint32Field(this.records, I.FIRST_FRAME);
  readonly lastFrame = new Uint32Field(this.records, I.LAST_FRAME);
  readonly startedAt = new TimeField(this.records, I.STARTED_AT);
  readonly endedAt = new LaterField(this.startedAt, new WideField(this.records, I.ENDED_AFTER));
  /** 0 where not seen whole. */
  readonly synAckFrame = new FrameAfter(this.firstFrame, new PackedField(this.records, this.extras, I.SYN_ACK, P.SYN_ACK));
  /** -1 where not seen. */
  readonly synToSynAck = new WideField(this.records, I.SYN_TO_SYN_ACK);
  readonly synAckToAck = new WideField(this.records, I.SYN_ACK_TO_ACK);
  readonly packetsClient = new SharedField(this.records, this.extras, I.COUNTS, P.PACKETS_CLIENT);
  readonly packetsServer = new SharedField(this.records, this.extras, I.COUNTS, P.PACKETS_SERVER);
  readonly payloadClient = new PackedField(this.records, this.extras, I.SECOND_FIN, P.PAYLOAD_CLIENT);
  readonly payloadServer = new WideField(this.records, I.PAYLOAD_SERVER);
  /** Of the first FIN or RST, 0 where none; what is told of it holds where the connection is CLOSED. */
  readonly closeFrame = new FrameBefore(this.lastFrame, new PackedField(this.records, this.extras, I.SYN_ACK, P.CLOSE));
  readonly closedAt = new LaterField(this.startedAt, new WideField(this.records, I.CLOSED_AFTER));
  readonly closeIdle = new WideField(this.records, I.CLOSE_IDLE);
  /** FIN of the side that did not close first: 0 where none; its time after closedAt. */
  readonly secondFinFrame = new FrameBefore(this.lastFrame, new PackedField(this.records, this.extras, I.SECOND_FIN, P.SECOND_FIN));
  readonly secondFinAfter = new WideField(this.records, I.SECOND_FIN_AFTER);
  /** Last exchange + 1; the rows before are linked behind it. */
  readonly lastExchange = new Uint32Field(this.records, I.LAST_EXCHANGE);
  readonly exchanges = new SharedField(this.records, this.extras, I.COUNTS, P.EXCHANGES);
  /** By its ids: string ids of the first User-Agent and Server seen, and of the first heads' names in order, and the Keep-Alive fields. */
  readonly signs = new Signs();
  readonly signsId = new PackedField(this.records, this.extras, I.ENDPOINT, P.SIGNS);

  /** The SYN is nearly always the first frame: 0 then; else its frame, -1 where it was not seen. */
  readonly synFrameOther = new RareField(this.extras, Extra.SYN_FRAME);
  readonly synRetransmissions = new RareField(this.extras, Extra.SYN_RETRANSMISSIONS);
  readonly retransmissionsClient = new RareField(this.extras, Extra.RETRANSMISSIONS_CLIENT);
  readonly retransmissionsServer = new RareField(this.extras, Extra.RETRANSMISSIONS_SERVER);
  readonly windowDropClient = new RareField(this.extras, Extra.WINDOW_DROP_CLIENT);
  readonly windowDropServer = new RareField(this.extras, Extra.WINDOW_DROP_SERVER);
  readonly closeUnacknowledged = new RareField(this.extras, Extra.CLOSE_UNACKNOWLEDGED);
  readonly bytesAfterClose = new RareField(this.extras, Extra.BYTES_AFTER_CLOSE);
  readonly unansweredClient = new RareField(this.extras, Extra.UNANSWERED_CLIENT);
  readonly unansweredServer = new RareField(this.extras, Extra.UNANSWERED_SERVER);
  /** Last event + 1; those before are linked behind it. */
  readonly lastEvent = new RareField(this.extras, Extra.LAST_EVENT);

  /** TLS: string ids of version, SNI, ALPN (server's choice, else the client's offer joined by commas) and cipher suite. */
  readonly tlsVersion = new Uint32Column();
  readonly tlsSni = new Uint32Column();
  readonly tlsAlpn = new Uint32Column();
  readonly tlsCipher = new Uint32Column();
  /** Of the TLS handshake: microseconds + 1, and bytes; 0 where not seen whole. */
  readonly tlsHandshakeTime = new Uint32Column();
  readonly tlsHandshakeBytes = new Uint32Column();
  /** TlsBits. */
  readonly tlsState = new Uint32Column();

  get count(): number {
    return this.records.count;
  }
}
