import type { Epoch } from './handshake.ts';
import { HandshakeMessages } from './handshake-messages.ts';
import { MOST_RECORD_BYTES } from './limits.ts';
import type { RecordOpener } from './record-opener.ts';

/** Header of a record: type, version, length of the body (RFC 8446 section 5.1). */
export const HEADER_BYTES = 5;
/** Records whose place in both streams is remembered, for what the other side had acknowledged. */
const MARKS = 32;

/** One direction of a TLS connection: where its reading stands. */
export class TlsHalf {
  readonly header = new Uint8Array(HEADER_BYTES);
  headerLength = 0;
  bodyLength = 0;
  /** Bytes of the body that are still to come. */
  remaining = 0;
  /** The body so far where it is split over segments. */
  body: Uint8Array | null = null;
  /** Bytes of this record are not in the capture. */
  damaged = false;
  /** Where the record began: position in the half-stream, frame, time. */
  recordAt = 0;
  beginFrame = 0;
  beginTime = 0;
  /** TLS 1.2: a ChangeCipherSpec went by. */
  sealed = false;
  epoch: Epoch = 'handshake';
  opener: RecordOpener | null = null;
  /** A record of this direction was opened. */
  opened = false;
  failures = 0;
  readonly messages: HandshakeMessages;
  /** After a gap over a record's end: the bytes in which the next record is searched, else null. */
  search: Uint8Array | null = null;
  searchLength = 0;
  searched = 0;
  /** Position of the first byte in `search`, and of the first record that is lost. */
  searchAt = 0;
  lostFrom = 0;
  /** Nothing more is read. */
  dead = false;
  /** Bytes of plain text given on. */
  plain = 0;
  private readonly sealedEnds = new Float64Array(MARKS);
  private readonly plainEnds = new Float64Array(MARKS);
  private marks = 0;

  constructor(handshakeBytes: number) {
    this.messages = new HandshakeMessages(handshakeBytes);
  }

  /** So much of the half-stream, up to `position`, is the plain text so far. */
  mark(position: number): void {
    const at = this.marks++ % MARKS;
    this.sealedEnds[at] = position;
    this.plainEnds[at] = this.plain;
  }

  /** How much plain text stands in the half-stream up to `acked` (modulo 2^32); 0 where that is too long ago. */
  plainUpTo(acked: number): number {
    for (let i = this.marks - 1; i >= Math.max(0, this.marks - MARKS); i--) {
      if (((acked - this.sealedEnds[i % MARKS]!) | 0) >= 0) return this.plainEnds[i % MARKS]! | 0;
    }
    return 0;
  }
}

/** Whether a record header can stand here: a known type, a version 3.x, a length that may be. */
export function isRecordHeader(bytes: Uint8Array, at: number): boolean {
  const length = (bytes[at + 3]! << 8) | bytes[at + 4]!;
  return bytes[at]! >= 20 && bytes[at]! <= 23 && bytes[at + 1] === 3 && bytes[at + 2]! <= 4 && length <= MOST_RECORD_BYTES;
}
