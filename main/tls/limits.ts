/** Every bound on the memory and the searching of TLS reading. */
export interface TlsLimits {
  /** Bytes of one handshake message that are put together; longer ones (long certificate chains) are passed over. */
  readonly handshakeBytes: number;
  /** Bytes of split records and of searches kept over all connections; beyond it a direction is given up as unread. */
  readonly waitingBytes: number;
  /** Bytes searched for the next record after a gap or damage, on one half-stream. */
  readonly searchBytes: number;
  /** Record numbers tried for the first record after a gap. */
  readonly lostRecords: number;
  /** Bytes decrypted in vain on one half-stream, in trying record numbers. */
  readonly triedBytes: number;
  /** Sealed records of a connection that do not open, before one did, until its keys are called wrong. */
  readonly wrongKeyRecords: number;
  /** Bytes held of a direction whose peer's hello is still to come: early data, and what was captured before the ClientHello. */
  readonly earlyBytes: number;
  /** Sealed bytes of one connection, and the time of the capture, in which its secrets may still come, while the key log grows. */
  readonly lateBytes: number;
  readonly lateNanoseconds: number;
  /** Bytes of plain text of one connection held until what it acknowledges was read. */
  readonly heldBytes: number;
}

export const DEFAULT_TLS_LIMITS: TlsLimits = {
  handshakeBytes: 64 << 10,
  waitingBytes: 64 << 20,
  searchBytes: 256 << 10,
  lostRecords: 512,
  triedBytes: 64 << 20,
  wrongKeyRecords: 8,
  earlyBytes: 64 << 10,
  lateBytes: 1 << 20,
  lateNanoseconds: 10e9,
  heldBytes: 256 << 10,
};

/** Most content of a record (RFC 8446 section 5.1). */
export const MOST_CONTENT_BYTES = 1 << 14;
/** Largest body of a record: 2^14 and what sealing may add (RFC 5246 section 6.2.3, RFC 8446 section 5.2). */
export const MOST_RECORD_BYTES = MOST_CONTENT_BYTES + 2048;
