import { Float64Column, SparseColumn, Uint16Column, Uint32Column, WideColumn } from './columns.ts';

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
  readonly connection = new Uint32Column();
  /** The exchange before on the same connection + 1. */
  readonly previous = new Uint32Column();
  readonly state = new Uint32Column();
  readonly status = new Uint16Column();
  /** String ids. */
  readonly method = new Uint32Column();
  readonly target = new Uint32Column();
  readonly host = new Uint32Column();
  /** Frames of the first and last bytes, 0 where not seen. */
  readonly requestFrame = new Uint32Column();
  readonly requestEndFrame = new Uint32Column();
  readonly responseFrame = new Uint32Column();
  readonly responseEndFrame = new Uint32Column();
  /** When the first message seen of the exchange began; the other times as nanoseconds after it. */
  readonly time = new Float64Column();
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
  readonly connection = new Uint32Column();
  /** The event before on the same connection + 1. */
  readonly previous = new Uint32Column();
  /** EventKind << 1 | side. */
  readonly kind = new Uint16Column();
  readonly frame = new Uint32Column();
  readonly time = new Float64Column();
  /** Of the end (answer, window open), 0 where none; of an interim response, its exchange + 1. */
  readonly endFrame = new Uint32Column();
  /** Nanoseconds after `time`. */
  readonly endAfter = new WideColumn();
  readonly value = new WideColumn();
}
