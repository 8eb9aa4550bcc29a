import type { ExchangeSink } from '../http/exchange-sink.ts';
import type { StreamSink } from '../tcp/stream-sink.ts';
import { UNCERTAIN } from './record-opener.ts';
import type { TlsConnection } from './tls-connection.ts';
import type { TlsHalf } from './tls-half.ts';

/** What a record adds to its content: header, type and tag. */
const LEAST_OVERHEAD = 22;

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
    const acked = plainUpTo(connection.halves[(half & 1) ^ 1]!, side, half === connection.clientHalf, side.acked) | 0;
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

  /** So many bytes are lost. */
  lose(connection: TlsConnection, half: number, length: number, frame: number): void {
    if (length === 0) return;
    this.open(connection);
    this.streams.missing(half, length, frame, false);
    connection.halves[half & 1]!.marks.plain += length;
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
 * record is estimated: a record in progress, one captured later than its acknowledgement, or what is lost and searched
 * behind. There it is remembered, so that positions behind the loss agree with it.
 */
function plainUpTo(side: TlsHalf, peer: TlsHalf, isServer: boolean, acked: number): number {
  const { marks, opener, searching, turn } = side;
  const bytes = (acked - (searching ? side.lostFrom : marks.markedTo)) | 0;
  if (bytes <= 0) return marks.upTo(acked);
  let content: number;
  if (!isServer) content = opener?.contentOf(bytes, opener.fewest(bytes)) ?? Math.max(0, bytes - LEAST_OVERHEAD);
  else if (searching) content = contentLost(side, bytes, opener?.fewest(bytes) ?? 1);
  // What a server begins to send before it was asked is its handshake.
  else content = marks.plain === 0 && peer.marks.plain === 0 ? 0 : contentLost(side, bytes, opener?.fewest(bytes) ?? 1);
  if (searching) {
    turn.acked = acked;
    turn.plain = marks.plain + content;
  }
  return marks.plain + content;
}
