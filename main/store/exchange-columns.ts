import { SparseColumn } from './columns.ts';
import { DoubleField, Records, Uint32Field, WideField } from './records.ts';

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
  /** Not read but estimated from sealed records. */
  ESTIMATED: 1 << 25,
} as const;

/** Places in an exchange's row; TIME is a double and takes two. */
export const ExchangeInts = {
  TIME: 0,
  CONNECTION: 2,
  PREVIOUS: 3,
  STATE: 4,
  STATUS: 5,
  METHOD: 6,
  TARGET: 7,
  HOST: 8,
  REQUEST_FRAME: 9,
  REQUEST_END_FRAME: 10,
  RESPONSE_FRAME: 11,
  RESPONSE_END_FRAME: 12,
  REQUEST_END_AFTER: 13,
  RESPONSE_AFTER: 14,
  RESPONSE_END_AFTER: 15,
  REQUEST_BODY: 16,
  RESPONSE_BODY: 17,
  STRIDE: 18,
} as const;
const X = ExchangeInts;

/** One row per exchange, in the order their first messages began. */
export class ExchangeColumns {
  readonly records = new Records(X.STRIDE);
  readonly connection = new Uint32Field(this.records, X.CONNECTION);
  /** The exchange before on the same connection + 1. */
  readonly previous = new Uint32Field(this.records, X.PREVIOUS);
  readonly state = new Uint32Field(this.records, X.STATE);
  readonly status = new Uint32Field(this.records, X.STATUS);
  /** String ids; equal targets may have different ones (StringTable.same). */
  readonly method = new Uint32Field(this.records, X.METHOD);
  readonly target = new Uint32Field(this.records, X.TARGET);
  readonly host = new Uint32Field(this.records, X.HOST);
  /** Frames of the first and last bytes, 0 where not seen. */
  readonly requestFrame = new Uint32Field(this.records, X.REQUEST_FRAME);
  readonly requestEndFrame = new Uint32Field(this.records, X.REQUEST_END_FRAME);
  readonly responseFrame = new Uint32Field(this.records, X.RESPONSE_FRAME);
  readonly responseEndFrame = new Uint32Field(this.records, X.RESPONSE_END_FRAME);
  /** When the first message seen of the exchange began; the other times as nanoseconds after it. */
  readonly time = new DoubleField(this.records, X.TIME);
  readonly requestEndAfter = new WideField(this.records, X.REQUEST_END_AFTER);
  readonly responseAfter = new WideField(this.records, X.RESPONSE_AFTER);
  readonly responseEndAfter = new WideField(this.records, X.RESPONSE_END_AFTER);
  /** Body bytes; until the message ended, what its Content-Length promised. */
  readonly requestBody = new WideField(this.records, X.REQUEST_BODY);
  readonly responseBody = new WideField(this.records, X.RESPONSE_BODY);
  /** Promised length + 1 where it differs from the body bytes. */
  readonly requestExpected = new SparseColumn();
  readonly responseExpected = new SparseColumn();
  /** Body bytes of messages in progress, as they were when somebody looked. */
  readonly requestSoFar = new SparseColumn();
  readonly responseSoFar = new SparseColumn();
  /** String ids. */
  readonly requestContentRange = new SparseColumn();
  readonly responseContentRange = new SparseColumn();
  readonly requestHead = new SparseColumn();
  readonly responseHead = new SparseColumn();

  get count(): number {
    return this.records.count;
  }
}

/** Places in an event's row; TIME is a double and takes two. */
const Event = {
  TIME: 0,
  CONNECTION: 2,
  PREVIOUS: 3,
  KIND: 4,
  FRAME: 5,
  END_FRAME: 6,
  END_AFTER: 7,
  VALUE: 8,
  STRIDE: 10,
} as const;

/** One row per event (tcp/connection-sink.ts). */
export class EventColumns {
  readonly records = new Records(Event.STRIDE);
  readonly connection = new Uint32Field(this.records, Event.CONNECTION);
  /** The event before on the same connection + 1. */
  readonly previous = new Uint32Field(this.records, Event.PREVIOUS);
  /** EventKind << 1 | side. */
  readonly kind = new Uint32Field(this.records, Event.KIND);
  readonly frame = new Uint32Field(this.records, Event.FRAME);
  readonly time = new DoubleField(this.records, Event.TIME);
  /** Of the end (answer, window open), 0 where none; of an interim response, its exchange + 1. */
  readonly endFrame = new Uint32Field(this.records, Event.END_FRAME);
  /** Nanoseconds after `time`. */
  readonly endAfter = new WideField(this.records, Event.END_AFTER);
  readonly value = new WideField(this.records, Event.VALUE);

  get count(): number {
    return this.records.count;
  }
}
