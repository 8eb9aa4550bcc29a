import type { ExchangeSink } from '../http/exchange-sink.ts';
import type { StreamSink } from '../tcp/stream-sink.ts';
import type { TlsAnomalyCode } from './anomalies.ts';
import { Handshake } from './handshake.ts';
import type { KeyLog } from './key-log.ts';
import { DEFAULT_TLS_LIMITS, MOST_RECORD_BYTES, type TlsLimits } from './limits.ts';
import { SealedRecords, type TlsConnection } from './sealed-records.ts';
import type { TlsCrypto } from './tls-crypto.ts';
import { HEADER_BYTES, isRecordHeader, TlsHalf } from './tls-half.ts';

/** Keys, and the ciphers that use them. */
export interface TlsKeys {
  readonly log: KeyLog;
  readonly crypto: TlsCrypto;
}

const SEARCH_BYTES = 2 * (MOST_RECORD_BYTES + HEADER_BYTES);

/**
 * Reads TLS from in-order bytes: record framing, the hellos, and, with keys, the plain text, which goes to `plain` as
 * the bytes of a connection of its own with the same slot and row. Without keys the exchanges are estimated (Turns).
 *
 * A record that lies in one segment is opened where it lies; one that is split is put together first, bounded over all
 * connections. After a gap the next record is found by opening what looks like one under the numbers that may follow.
 */
export class TlsStreams {
  private readonly sink: ExchangeSink;
  private readonly clock: Float64Array;
  private readonly keys: TlsKeys | null;
  private readonly limits: TlsLimits;
  private readonly records: SealedRecords;
  private readonly connections: (TlsConnection | undefined)[] = [];
  /** Bytes in bodies and searches. */
  private waiting = 0;

  constructor(sink: ExchangeSink, clock: Float64Array, plain: StreamSink, keys: TlsKeys | null, limits: TlsLimits = DEFAULT_TLS_LIMITS) {
    this.sink = sink;
    this.clock = clock;
    this.keys = keys;
    this.limits = limits;
    this.records = new SealedRecords(sink, clock, plain, limits);
  }

  /**
   * Bytes of a half-stream that carries TLS, from its first record on; see StreamSink.data.
   *
   * @param row of the connection
   * @param position of the first byte in the half-stream
   */
  data(half: number, row: number, bytes: Uint8Array, start: number, end: number, frame: number, acked: number, position: number): void {
    const connection = (this.connections[half >> 1] ??= this.begin(half, row, position));
    const side = connection.halves[half & 1]!;
    for (let p = start; p < end; ) {
      if (side.dead) return;
      if (side.search !== null) {
        this.search(connection, side, half, bytes, p, end, frame, acked, position + p - start);
        return;
      }
      if (side.remaining > 0) {
        p += this.readBody(connection, side, half, bytes, p, end, frame, acked, position + p - start);
        continue;
      }
      if (side.headerLength === 0) {
        side.recordAt = position + p - start;
        side.beginFrame = frame;
        side.beginTime = this.clock[0]!;
      }
      side.header[side.headerLength++] = bytes[p++]!;
      if (side.headerLength === HEADER_BYTES) this.headerEnds(connection, side, half, frame, acked);
    }
  }

  /** See StreamSink.missing. */
  missing(half: number, length: number, frame: number, position: number): void {
    const connection = this.connections[half >> 1];
    const side = connection?.halves[half & 1];
    if (connection === undefined || side === undefined || side.dead) return;
    if (side.search === null && side.headerLength === HEADER_BYTES && length <= side.remaining) {
      side.damaged = true;
      side.remaining -= length;
      if (side.remaining === 0) this.recordEnds(connection, side, half, null, frame, 0, position + length);
      return;
    }
    if (side.search === null) side.lostFrom = side.headerLength > 0 ? side.recordAt : position;
    this.dropBody(side);
    if (side.search === null) {
      if (!this.reserve(connection, half, frame, SEARCH_BYTES)) return;
      side.search = new Uint8Array(SEARCH_BYTES);
    }
    side.searchLength = 0;
    side.headerLength = 0;
    side.remaining = 0;
    side.searchAt = position + length;
  }

  ended(half: number, frame: number, reset: boolean): void {
    const connection = this.connections[half >> 1];
    if (connection !== undefined) this.records.ended(connection, half, frame, reset);
  }

  closed(slot: number): void {
    const connection = this.connections[slot];
    if (connection === undefined) return;
    this.records.closed(connection, slot);
    for (const side of connection.halves) this.giveUp(side);
    this.connections[slot] = undefined;
  }

  private begin(half: number, row: number, position: number): TlsConnection {
    const { handshakeBytes } = this.limits;
    return {
      row,
      handshake: new Handshake(this.keys?.log ?? null, this.keys?.crypto ?? null),
      halves: [new TlsHalf(handshakeBytes), new TlsHalf(handshakeBytes)],
      clientHalf: -1,
      opaque: false,
      inTunnel: position > 0,
      plainOpened: false,
      clientFinished: false,
      early: null,
      turns: null,
      slot: half >> 1,
    };
  }

  private headerEnds(connection: TlsConnection, side: TlsHalf, half: number, frame: number, acked: number): void {
    const { header } = side;
    if (!isRecordHeader(header, 0)) {
      this.anomaly(connection, 'tls-framing-lost', frame);
      this.giveUp(side);
      return;
    }
    side.bodyLength = side.remaining = (header[3]! << 8) | header[4]!;
    if (side.bodyLength === 0) this.recordEnds(connection, side, half, new Uint8Array(0), frame, acked, side.recordAt + HEADER_BYTES);
  }

  /** Takes what is there of the record's body; returns how many bytes that were. */
  private readBody(connection: TlsConnection, side: TlsHalf, half: number, bytes: Uint8Array, p: number, end: number, frame: number, acked: number, position: number): number {
    const length = Math.min(side.remaining, end - p);
    const isWhole = length === side.bodyLength;
    if (!isWhole && !side.damaged && this.records.wants(connection, side, half)) {
      if (side.body === null) {
        if (!this.reserve(connection, half, frame, side.bodyLength)) return length;
        side.body = new Uint8Array(side.bodyLength);
      }
      const to = side.bodyLength - side.remaining;
      if (length < 64) for (let i = 0; i < length; i++) side.body[to + i] = bytes[p + i]!;
      else side.body.set(bytes.subarray(p, p + length), to);
    }
    side.remaining -= length;
    if (side.remaining === 0) this.recordEnds(connection, side, half, isWhole ? bytes.subarray(p, p + length) : side.body, frame, acked, position + length);
    return length;
  }

  /** @param body null where it was not kept, or is damaged */
  private recordEnds(connection: TlsConnection, side: TlsHalf, half: number, body: Uint8Array | null, frame: number, acked: number, position: number): void {
    side.headerLength = 0;
    if (side.damaged) this.records.damaged(connection, side, half, frame);
    else this.records.take(connection, side, half, side.header, body, frame, acked);
    side.mark(position);
    this.dropBody(side);
    if (side.dead) this.giveUp(side);
  }

  /** Collects bytes after a gap, until a record is found in them. */
  private search(connection: TlsConnection, side: TlsHalf, half: number, bytes: Uint8Array, start: number, end: number, frame: number, acked: number, position: number): void {
    const buffer = side.search!;
    for (let p = start; p < end && side.search !== null; ) {
      const length = Math.min(end - p, buffer.length - side.searchLength);
      buffer.set(bytes.subarray(p, p + length), side.searchLength);
      side.searchLength += length;
      side.searched += length;
      p += length;
      const found = this.findRecord(connection, side, half, buffer, frame);
      if (found < 0) {
        if (side.searched > this.limits.searchBytes) {
          this.anomaly(connection, 'tls-records-lost', frame);
          this.giveUp(side);
          return;
        }
        continue;
      }
      const rest = buffer.slice(found, side.searchLength);
      const at = side.searchAt + found;
      side.search = null;
      side.searched = 0;
      this.waiting -= SEARCH_BYTES;
      this.data(half, connection.row, rest, 0, rest.length, frame, acked, at);
      if (p < end) this.data(half, connection.row, bytes, p, end, frame, acked, position + p - start);
      return;
    }
  }

  /** Offset of the first record in `buffer`, -1 where none is whole yet. What cannot begin one any more is dropped. */
  private findRecord(connection: TlsConnection, side: TlsHalf, half: number, buffer: Uint8Array, frame: number): number {
    let at = 0;
    for (; at + HEADER_BYTES <= side.searchLength; at++) {
      if (!isRecordHeader(buffer, at)) continue;
      const end = at + HEADER_BYTES + ((buffer[at + 3]! << 8) | buffer[at + 4]!);
      if (end > side.searchLength) break;
      const follows = end + HEADER_BYTES <= side.searchLength ? isRecordHeader(buffer, end) : end === side.searchLength;
      if (this.records.resume(connection, side, half, buffer.subarray(at, at + HEADER_BYTES), buffer.subarray(at + HEADER_BYTES, end), side.searchAt + at, follows, frame)) return at;
    }
    if (at > 0) {
      buffer.copyWithin(0, at, side.searchLength);
      side.searchLength -= at;
      side.searchAt += at;
    }
    return -1;
  }

  private reserve(connection: TlsConnection, half: number, frame: number, bytes: number): boolean {
    if (this.waiting + bytes <= this.limits.waitingBytes) {
      this.waiting += bytes;
      return true;
    }
    this.anomaly(connection, 'tls-memory', frame);
    this.giveUp(connection.halves[half & 1]!);
    return false;
  }

  private dropBody(side: TlsHalf): void {
    if (side.body !== null) this.waiting -= side.body.length;
    side.body = null;
    side.damaged = false;
  }

  private giveUp(side: TlsHalf): void {
    this.dropBody(side);
    if (side.search !== null) this.waiting -= SEARCH_BYTES;
    side.search = null;
    side.dead = true;
  }

  private anomaly(connection: TlsConnection, code: TlsAnomalyCode, frame: number): void {
    this.sink.anomaly(connection.row, code, frame);
  }
}
