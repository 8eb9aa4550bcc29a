import { SparseColumn } from './columns.ts';
import { ExtraRows, PackedField, RareField, SharedField, type SharedBits } from './extra-rows.ts';
import { PairTable } from './pair-table.ts';
import { BitsField, LaterField, Records, TimeField, Uint32Field, WideField } from './records.ts';

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

/** Places in an exchange's row. */
export const ExchangeInts = {
  TIME: 0,
  CONNECTION: 1,
  PREVIOUS: 2,
  STATE: 3,
  /** status, and the id of method and host above it. */
  STATUS: 4,
  TARGET: 5,
  REQUEST_FRAME: 6,
  /** How far behind the request's first frame the response's is, and above it how far behind that its last one; or, below 0, where the exchange's extra row is. */
  FRAMES: 7,
  RESPONSE_AFTER: 8,
  RESPONSE_END_AFTER: 9,
  RESPONSE_BODY: 10,
  STRIDE: 11,
} as const;
const X = ExchangeInts;

/** Places in the extra row: of requests of more than one segment, and of what does not fit. */
const Extra = {
  RESPONSE: 0,
  RESPONSE_END: 1,
  NAMES: 2,
  REQUEST_END: 3,
  REQUEST_END_AFTER: 4,
  REQUEST_BODY: 5,
  STRIDE: 6,
} as const;

/** Where numbers of a few bits stand in the row, and where those are that do not fit. */
const P = {
  RESPONSE: { shift: 0, bits: 16, place: Extra.RESPONSE },
  RESPONSE_END: { shift: 16, bits: 15, place: Extra.RESPONSE_END },
  NAMES: { shift: 10, bits: 22, place: Extra.NAMES },
} as const satisfies Record<string, SharedBits>;

/** One row per exchange, in the order their first messages began. */
export class ExchangeColumns {
  readonly records = new Records(X.STRIDE);
  readonly extras = new ExtraRows(this.records, X.FRAMES, Extra.STRIDE, [P.RESPONSE, P.RESPONSE_END]);
  readonly connection = new Uint32Field(this.records, X.CONNECTION);
  /** The exchange before on the same connection + 1. */
  readonly previous = new Uint32Field(this.records, X.PREVIOUS);
  readonly state = new Uint32Field(this.records, X.STATE);
  /** Three digits. */
  readonly status = new BitsField(this.records, X.STATUS, 0, 10);
  /** Pairs of method and host, by ids that few exchanges do not share. */
  readonly names = new PairTable();
  readonly namesId = new PackedField(this.records, this.extras, X.STATUS, P.NAMES);
  /** String ids; equal targets may have different ones (StringTable.same). */
  readonly method = { get: (exchange: number): number => this.names.first(this.namesId.get(exchange)) };
  readonly host = { get: (exchange: number): number => this.names.second(this.namesId.get(exchange)) };
  readonly target = new Uint32Field(this.records, X.TARGET);
  /** Frames of the first and last bytes, 0 where not seen: what the state says of the message, and the frame kept before it, come first. */
  readonly requestFrame = new Uint32Field(this.records, X.REQUEST_FRAME);
  readonly requestEndFrame = new FrameOf(this.state, ExchangeBits.REQUEST_ENDED, this.requestFrame, new RareField(this.extras, Extra.REQUEST_END));
  readonly responseFrame = new FrameOf(this.state, ExchangeBits.HAS_RESPONSE, this.requestFrame, new SharedField(this.records, this.extras, X.FRAMES, P.RESPONSE));
  readonly responseEndFrame = new FrameOf(this.state, ExchangeBits.RESPONSE_ENDED, this.responseFrame, new SharedField(this.records, this.extras, X.FRAMES, P.RESPONSE_END));
  /** When the first message seen of the exchange began; the other times as nanoseconds after it. */
  readonly time = new TimeField(this.records, X.TIME);
  readonly requestEndAfter = new RareField(this.extras, Extra.REQUEST_END_AFTER);
  readonly responseAfter = new WideField(this.records, X.RESPONSE_AFTER);
  readonly responseEndAfter = new WideField(this.records, X.RESPONSE_END_AFTER);
  readonly responseEnd = new LaterField(this.time, this.responseEndAfter);
  /** Body bytes; until the message ended, what its Content-Length promised. */
  readonly requestBody = new RareField(this.extras, Extra.REQUEST_BODY);
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

/** A frame of a message that the exchange's state says is there, kept as how far behind another one it is. */
class FrameOf {
  private readonly state: Uint32Field;
  private readonly bit: number;
  private readonly before: { get(exchange: number): number };
  private readonly distance: { get(exchange: number): number; set(exchange: number, value: number): void };

  constructor(state: Uint32Field, bit: number, before: FrameOf['before'], distance: FrameOf['distance']) {
    this.state = state;
    this.bit = bit;
    this.before = before;
    this.distance = distance;
  }

  get(exchange: number): number {
    return (this.state.get(exchange) & this.bit) === 0 ? 0 : (this.before.get(exchange) + this.distance.get(exchange)) >>> 0;
  }

  set(exchange: number, frame: number): void {
    this.distance.set(exchange, (frame - this.before.get(exchange)) >>> 0);
  }
}

/** Places in an event's row. */
const Event = {
  TIME: 0,
  CONNECTION: 1,
  PREVIOUS: 2,
  KIND: 3,
  FRAME: 4,
  END_FRAME: 5,
  END_AFTER: 6,
  VALUE: 7,
  STRIDE: 8,
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
  readonly time = new TimeField(this.records, Event.TIME);
  /** Of the end (answer, window open), 0 where none; of an interim response, its exchange + 1. */
  readonly endFrame = new Uint32Field(this.records, Event.END_FRAME);
  /** Nanoseconds after `time`. */
  readonly endAfter = new WideField(this.records, Event.END_AFTER);
  readonly value = new WideField(this.records, Event.VALUE);

  get count(): number {
    return this.records.count;
  }
}
