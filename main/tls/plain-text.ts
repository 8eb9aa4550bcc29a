import type { ExchangeSink } from '../http/exchange-sink.ts';
import type { StreamSink } from '../tcp/stream-sink.ts';
import type { TlsConnection } from './tls-connection.ts';

/**
 * Stands for the length of a loss that is not known: longer than any body, so that reading goes on at the next message
 * start, and nothing modulo 2^32, as positions are compared.
 */
const UNKNOWN_LENGTH = 2 ** 40;

/** Gives the plain text of TLS connections on, as connections of their own with the same slots and rows. */
export class PlainText {
  private readonly sink: ExchangeSink;
  private readonly clock: Float64Array;
  private readonly streams: StreamSink;

  constructor(sink: ExchangeSink, clock: Float64Array, streams: StreamSink) {
    this.sink = sink;
    this.clock = clock;
    this.streams = streams;
  }

  /** The content of the record at hand. */
  give(connection: TlsConnection, half: number, content: Uint8Array): void {
    this.open(connection);
    const side = connection.halves[half & 1]!;
    const other = connection.halves[(half & 1) ^ 1]!;
    const acked = other.marks.upTo(side.acked, other.position);
    if (side.beginFrame === side.frame) this.streams.data(half, content, 0, content.length, side.frame, acked);
    else {
      // A message that begins in this record began where the record did.
      const now = this.clock[0]!;
      this.clock[0] = side.beginTime;
      this.streams.data(half, content, 0, 1, side.beginFrame, acked);
      this.clock[0] = now;
      if (content.length > 1) this.streams.data(half, content, 1, content.length, side.frame, acked);
    }
    side.marks.plain += content.length;
  }

  /** So many bytes are lost; null: not known how many. */
  lose(connection: TlsConnection, half: number, length: number | null, frame: number): void {
    if (length === 0) return;
    this.open(connection);
    const bytes = length ?? UNKNOWN_LENGTH;
    this.streams.missing(half, bytes, frame, false);
    connection.halves[half & 1]!.marks.plain += bytes;
  }

  ended(connection: TlsConnection, half: number, frame: number, reset: boolean): void {
    if (connection.plainOpened) this.streams.ended(half, frame, reset);
  }

  closed(connection: TlsConnection): void {
    if (connection.plainOpened) this.streams.closed(connection.slot);
  }

  private open(connection: TlsConnection): void {
    if (connection.plainOpened) return;
    connection.plainOpened = true;
    this.streams.opened(connection.slot, connection.row, false);
    this.sink.tls(connection.row, { decrypted: true });
  }
}
