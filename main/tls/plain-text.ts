import { EventKind } from '../tcp/connection-sink.ts';
import type { StreamSink } from '../tcp/stream-sink.ts';
import type { TlsLimits } from './limits.ts';
import { UNCERTAIN } from './record-opener.ts';
import type { TlsConnection } from './tls-connection.ts';
import type { TlsEvents } from './tls-events.ts';
import { isRead, type TlsHalf } from './tls-half.ts';
import type { WaitingMemory } from './waiting-memory.ts';

/** What a record adds to its content: header, type and tag. */
const LEAST_OVERHEAD = 22;
/** What holding costs besides the content. */
const HELD_BYTES = 128;

/** Plain text, a loss, or the end of a direction, with the place of the record it stood in. */
export interface HeldText {
  readonly kind: 'data' | 'lost' | 'ended';
  readonly content: Uint8Array;
  /** Of a loss. */
  readonly length: number;
  /** Of an end. */
  readonly reset: boolean;
  readonly beginFrame: number;
  readonly beginTime: number;
  readonly frame: number;
  readonly time: number;
  /** Position in the other half-stream, sealed. */
  readonly acked: number;
}

const NOTHING = new Uint8Array(0);

/**
 * Gives the plain text of TLS connections on, as connections of their own with the same slots and rows.
 *
 * Requests and responses are paired by what their senders had acknowledged, in bytes of plain text. What acknowledges
 * bytes that are still to come, from behind a gap or a damaged record, is therefore held until they are there.
 */
export class PlainText {
  private readonly sink: TlsEvents;
  private readonly clock: Float64Array;
  private readonly streams: StreamSink;
  private readonly limits: TlsLimits;
  private readonly memory: WaitingMemory;

  constructor(sink: TlsEvents, clock: Float64Array, streams: StreamSink, limits: TlsLimits, memory: WaitingMemory) {
    this.sink = sink;
    this.clock = clock;
    this.streams = streams;
    this.limits = limits;
    this.memory = memory;
  }

  /** The content of the record at hand, which is good until the next one is opened. */
  give(connection: TlsConnection, half: number, content: Uint8Array): void {
    const side = connection.halves[half & 1]!;
    this.catchUp(connection, half ^ 1);
    const { beginFrame, beginTime, frame, acked } = side;
    if (this.mayPass(connection, half, acked)) this.data(connection, half, content, beginFrame, beginTime, frame, acked);
    else this.hold(connection, half, { kind: 'data', content: content.slice(), length: 0, reset: false, beginFrame, beginTime, frame, time: this.clock[0]!, acked });
    side.marks.plain += content.length;
  }

  /** So many bytes are lost: to the capture, which TCP tells, or as records that are there and do not open. */
  lose(connection: TlsConnection, half: number, length: number, frame: number): void {
    const side = connection.halves[half & 1]!;
    const { lacks } = side;
    side.lacks = false;
    if (length === 0) return;
    if (!lacks) this.sink.event(connection.row, EventKind.gap, half & 1, frame, Math.max(1, length % UNCERTAIN));
    if (this.mayPass(connection, half, null)) this.lost(connection, half, length, frame);
    else this.hold(connection, half, { kind: 'lost', content: NOTHING, length, reset: false, beginFrame: frame, beginTime: 0, frame, time: this.clock[0]!, acked: 0 });
    side.marks.plain += length;
  }

  /** The same of records, by their keys: those of the handshake hold no plain text. */
  loseSealed(connection: TlsConnection, half: number, length: number, frame: number): void {
    const side = connection.halves[half & 1]!;
    if (side.epoch === 'application') this.lose(connection, half, length, frame);
    else side.lacks = false;
  }

  ended(connection: TlsConnection, half: number, frame: number, reset: boolean): void {
    this.catchUp(connection, half ^ 1);
    if (this.mayPass(connection, half, null)) {
      if (connection.plainOpened) this.streams.ended(half, frame, reset);
    } else this.hold(connection, half, { kind: 'ended', content: NOTHING, length: 0, reset, beginFrame: frame, beginTime: 0, frame, time: this.clock[0]!, acked: 0 });
  }

  closed(connection: TlsConnection): void {
    this.release(connection);
    if (!connection.plainOpened) return;
    // A direction whose handshake was not read to its end was not read behind it either.
    for (let side = 0; side < 2; side++) {
      const { epoch, frame } = connection.halves[side]!;
      if (epoch !== 'application') this.sink.event(connection.row, EventKind.gap, side, frame, 1);
    }
    this.streams.closed(connection.slot);
  }

  /** The other half-stream was read on: what waited for it is given. */
  catchUp(connection: TlsConnection, half: number): void {
    const held = connection.held[half & 1]!;
    const other = connection.halves[(half & 1) ^ 1]!;
    while (held.length > 0 && (held[0]!.kind !== 'data' || isRead(other, held[0]!.acked))) this.pass(connection, half, held.shift()!);
  }

  private mayPass(connection: TlsConnection, half: number, acked: number | null): boolean {
    return connection.held[half & 1]!.length === 0 && (acked === null || isRead(connection.halves[(half & 1) ^ 1]!, acked));
  }

  private hold(connection: TlsConnection, half: number, text: HeldText): void {
    const bytes = text.content.length;
    connection.held[half & 1]!.push(text);
    if (connection.heldBytes + bytes > this.limits.heldBytes || !this.memory.reserve(bytes + HELD_BYTES)) {
      this.memory.reserveAnyway(bytes + HELD_BYTES);
      connection.heldBytes += bytes;
      this.release(connection);
    } else connection.heldBytes += bytes;
  }

  /** All that is held goes on, in the order of time; what it acknowledges is estimated. */
  private release(connection: TlsConnection): void {
    const [first, second] = connection.held;
    const slot = connection.slot * 2;
    while (first.length + second.length > 0) {
      const isFirst = second.length === 0 || (first.length > 0 && first[0]!.time <= second[0]!.time);
      this.pass(connection, isFirst ? slot : slot + 1, (isFirst ? first : second).shift()!);
    }
  }

  private pass(connection: TlsConnection, half: number, text: HeldText): void {
    const bytes = text.content.length;
    connection.heldBytes -= bytes;
    this.memory.release(bytes + HELD_BYTES);
    const now = this.clock[0]!;
    this.clock[0] = text.time;
    if (text.kind === 'data') this.data(connection, half, text.content, text.beginFrame, text.beginTime, text.frame, text.acked);
    else if (text.kind === 'lost') this.lost(connection, half, text.length, text.frame);
    else if (connection.plainOpened) this.streams.ended(half, text.frame, text.reset);
    this.clock[0] = now;
  }

  private data(connection: TlsConnection, half: number, content: Uint8Array, beginFrame: number, beginTime: number, frame: number, acked: number): void {
    this.open(connection);
    const [side, other] = [connection.halves[half & 1]!, connection.halves[(half & 1) ^ 1]!];
    const plainAcked = plainUpTo(other, side, half === connection.clientHalf, acked) | 0;
    if (beginFrame === frame) {
      this.streams.data(half, content, 0, content.length, frame, plainAcked);
      return;
    }
    // A message that begins in this record began where the record did.
    const now = this.clock[0]!;
    this.clock[0] = beginTime;
    this.streams.data(half, content, 0, 1, beginFrame, plainAcked);
    this.clock[0] = now;
    if (content.length > 1) this.streams.data(half, content, 1, content.length, frame, plainAcked);
  }

  private lost(connection: TlsConnection, half: number, length: number, frame: number): void {
    this.open(connection);
    this.streams.missing(half, length, frame, false);
  }

  private open(connection: TlsConnection): void {
    if (connection.plainOpened) return;
    connection.plainOpened = true;
    this.streams.opened(connection.slot, connection.row, false);
    this.sink.tls(connection.row, { decrypted: true });
  }
}

/** How much of the application's plain text so many bytes of lost records held, behind the last that was opened. */
export function contentLost({ epoch, opener, unsure }: TlsHalf, bytes: number, records: number): number {
  if (epoch !== 'application' || opener === null) return 0;
  if (unsure) return UNCERTAIN + opener.contentOf(bytes, opener.fewest(bytes));
  // The first of TLS 1.2 is the Finished.
  if (opener.version === '1.2' && opener.number === 0) return records === 1 ? 0 : UNCERTAIN + opener.contentOf(bytes, records);
  return opener.contentOf(bytes, records);
}

/**
 * How much plain text of one side its peer had got when it acknowledged `acked` (modulo 2^32). What lies beyond the last
 * record is estimated: a record in progress, or what is lost and was not found in time.
 */
function plainUpTo(side: TlsHalf, peer: TlsHalf, isServer: boolean, acked: number): number {
  const { marks, opener } = side;
  const bytes = (acked - (side.searching ? side.lostFrom : marks.markedTo)) | 0;
  if (bytes <= 0) return marks.upTo(acked);
  const records = opener?.fewest(bytes) ?? 1;
  if (!isServer) return marks.plain + (opener?.contentOf(bytes, records) ?? Math.max(0, bytes - LEAST_OVERHEAD));
  // What a server begins to send before it was asked is its handshake.
  if (!side.searching && marks.plain === 0 && peer.marks.plain === 0) return 0;
  return marks.plain + contentLost(side, bytes, records);
}
