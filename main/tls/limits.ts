/** Every bound on the memory and the searching of TLS reading. */
export interface TlsLimits {
  /** Bytes of one handshake message that are put together; longer ones (long certificate chains) are passed over. */
  readonly handshakeBytes: number;
  /** Bytes of split records kept over all connections; beyond it a connection is given up as unreadable. */
  readonly waitingBytes: number;
  /** Bytes searched for the next record after a gap, on one half-stream. */
  readonly searchBytes: number;
  /** Record numbers tried for the first record after a gap. */
  readonly lostRecords: number;
  /** Records in a row that do not open before the half-stream is given up. */
  readonly failures: number;
  /** Bytes of early data held until the server's answer names the cipher. */
  readonly earlyBytes: number;
}

export const DEFAULT_TLS_LIMITS: TlsLimits = {
  handshakeBytes: 64 << 10,
  waitingBytes: 64 << 20,
  searchBytes: 256 << 10,
  lostRecords: 512,
  failures: 16,
  earlyBytes: 64 << 10,
};

/** Largest body of a record: 2^14 and what sealing may add (RFC 5246 section 6.2.3, RFC 8446 section 5.2). */
export const MOST_RECORD_BYTES = (1 << 14) + 2048;
