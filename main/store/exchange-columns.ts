import { float64, SparseColumn, uint16, uint32, WideColumn } from './columns.ts';

/** Bits and fields of `ExchangeColumns.state`. */
export const ExchangeBits = {
  HAS_REQUEST: 1,
  HAS_RESPONSE: 2,
  PIPELINED: 4,
  REQUEST_ENDED: 8,
  RESPONSE_ENDED: 16,
  REQUEST_COMPLETE: 32,
  RESPONSE_COMPLETE: 64,
  /** Framing (http/exchange-sink.ts): 3 bits each. */
  REQUEST_FRAMING_SHIFT: 7,
  RESPONSE_FRAMING_SHIFT: 10,
  /** MessageFlag bits: 6 bits each. */
  REQUEST_FLAGS_SHIFT: 13,
  RESPONSE_FLAGS_SHIFT: 19,
  FLAGS_MASK: 63,
} as const;

/** One row per exchange, in the order their first messages began. */
export class ExchangeColumns {
  count = 0;
  readonly connection = uint32();
  /** The exchange before on the same connection + 1. */
  readonly previous = uint32();
  readonly state = uint32();
  readonly status = uint16();
  /** String ids. */
  readonly method = uint32();
  readonly target = uint32();
  readonly host = uint32();
  /** Frames of the first and last bytes, 0 where not seen. */
  readonly requestFrame = uint32();
  readonly requestEndFrame = uint32();
  readonly responseFrame = uint32();
  readonly responseEndFrame = uint32();
  /** When the first message seen of the exchange began; the other times as nanoseconds after it. */
  readonly time = float64();
  readonly requestEndAfter = new WideColumn();
  readonly responseAfter = new WideColumn();
  readonly responseEndAfter = new WideColumn();
  /** Body bytes; until the message ended, what its Content-Length promised. */
  readonly requestBody = new WideColumn();
  readonly responseBody = new WideColumn();
  /** Promised length + 1 where it differs from the body bytes. */
  readonly requestExpected = new SparseColumn();
  readonly responseExpected = new SparseColumn();
  /** String ids. */
  readonly requestContentRange = new SparseColumn();
  readonly responseContentRange = new SparseColumn();
  readonly requestHead = new SparseColumn();
  readonly responseHead = new SparseColumn();
}

/** One row per event (tcp/connection-sink.ts). */
export class EventColumns {
  count = 0;
  readonly connection = uint32();
  /** The event before on the same connection + 1. */
  readonly previous = uint32();
  /** EventKind << 1 | side. */
  readonly kind = uint16();
  readonly frame = uint32();
  readonly time = float64();
  /** Of the end (answer, window open), 0 where none; of an interim response, its exchange + 1. */
  readonly endFrame = uint32();
  /** Nanoseconds after `time`. */
  readonly endAfter = new WideColumn();
  readonly value = new WideColumn();
}
