/** Things that happen on a connection besides its exchanges; kept as rows of one table. */
export const EventKind = {
  /** until frame/time: of the answer, 0 where none. */
  keepAliveProbe: 1,
  windowProbe: 2,
  /** until: of the packet that opened it again. */
  zeroWindow: 3,
  /** value: bytes. */
  gap: 4,
  /** value: ResetFlag bits. */
  reset: 5,
  /** An interim response (1xx). value: status. */
  interim: 6,
  /** Bytes that no message accounts for; the framing of a message that can be read in two ways. */
  unsolicited: 7,
  ambiguous: 8,
  /** So many bytes of a large request body had come. value: bytes. */
  progress: 9,
  /** The side waited for room in the other's window, which had fallen below half its largest. value: microseconds since the last such event. */
  windowFull: 10,
  /** The side sent on after a silence in which all it had sent was acknowledged and the other side sent no data. value: microseconds since the last such event. */
  pause: 11,
  /** One such silence that is long by itself; it is not counted among the others. value: microseconds. */
  stall: 12,
  /** The first close_notify of a TLS connection: who sent it says there that it sends no more (RFC 8446 section 6.1). */
  closeNotify: 13,
  /** The first fatal alert of a TLS connection, where it can be read. value: its description (RFC 8446 section 6). */
  fatalAlert: 14,
  /** Where the awaited response, or a chunk of a body, should begin, none does. */
  malformed: 15,
} as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

/** What a RST looked like. */
export const ResetFlag = {
  ACK: 1,
  /** Its window is not 0. */
  WINDOW: 2,
  /** Its sequence number is the next its sender would use. */
  IN_SEQUENCE: 4,
  /** It acknowledges all that its sender had received. */
  ACKNOWLEDGES_ALL: 8,
  /** Its TTL or hop limit differs from that of its sender's first packet. */
  OTHER_TTL: 16,
} as const;

/** A connection as it stands, told when it ends (or on the way, for a live view). One object, reused. Side 0 and 1 are by canonical order. NaN stands only until the first is told: a field that began as a small integer would change its kind then. */
export class ConnectionFacts {
  address0 = 0;
  address1 = 0;
  port0 = 0;
  port1 = 0;
  path = 0;
  firstFrame = 0;
  lastFrame = 0;
  startedAt = Number.NaN;
  endedAt = Number.NaN;
  /** Side that sent the SYN (or received a SYN-ACK); -1 not seen. */
  initiator = -1;
  /** Frames, 0 where not seen. */
  synFrame = 0;
  synAckFrame = 0;
  /** Nanoseconds, -1 where not seen: SYN (the last one) to SYN-ACK, SYN-ACK to the first ACK behind it. */
  synToSynAck = Number.NaN;
  synAckToAck = Number.NaN;
  synRetransmissions = 0;
  /** Side of the first FIN or RST, -1 while open. */
  closeSide = -1;
  closeReset = false;
  closeFrame = 0;
  closedAt = Number.NaN;
  /** Nanoseconds since the last new payload byte of either side (else since the start). */
  closeIdle = Number.NaN;
  /** A new connection took the four-tuple before this one was seen to close. */
  replaced = false;
  /** FIN of the other side, 0 where none. */
  secondFinFrame = 0;
  secondFinAt = Number.NaN;
  packets0 = 0;
  packets1 = 0;
  payload0 = Number.NaN;
  payload1 = Number.NaN;
  retransmissions0 = 0;
  retransmissions1 = 0;
  /** How far the window of each side lay below its largest at the close, in bytes. */
  windowDrop0 = 0;
  windowDrop1 = 0;
  /** Bytes of the other side that the first closing packet did not acknowledge, and new ones it sent behind it. */
  closeUnacknowledged = 0;
  bytesAfterClose = 0;
  /** Retransmissions that nothing acknowledged any more; FIN_UNACKNOWLEDGED (unseen-fin.ts). */
  unanswered0 = 0;
  unanswered1 = 0;
}

/** What TCP tells of connections, besides the bytes that go to a StreamSink. */
export interface ConnectionSink {
  /** A connection begins; returns its row. */
  connection(): number;
  /** Something happened; returns the event's number. `clock[0]` is its time. */
  event(row: number, kind: EventKind, side: number, frame: number, value: number): number;
  /** An event got its end: an answer, a window that opened. `clock[0]` is the time. */
  eventEnd(event: number, frame: number): void;
  /** The state of a connection: when it is over, and before for a live view. */
  facts(row: number, facts: ConnectionFacts): void;
  anomaly(code: string, frame: number): void;
}
