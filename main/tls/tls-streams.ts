import type { StreamSink } from '../tcp/stream-sink.ts';
import { tellAnomaly, type TlsAnomalyCode } from './anomalies.ts';
import type { TlsKeys } from './key-log.ts';
import { DEFAULT_TLS_LIMITS, MOST_RECORD_BYTES, type TlsLimits } from './limits.ts';
import { RecordBuffers } from './record-buffers.ts';
import { RecordSearch } from './record-search.ts';
import { SealedRecords } from './sealed-records.ts';
import { type TlsConnection, tlsConnection } from './tls-connection.ts';
import type { TlsEvents } from './tls-events.ts';
import { beginPassing, bodyLength, HEADER_BYTES, isRecordHeader, NO_HEADER, placeRecord, restOfRecord, type TlsHalf } from './tls-half.ts';
import { WaitingMemory } from './waiting-memory.ts';

/** Room for a record and what may stand in front of it: a search never waits with a full buffer. */
const SEARCH_BYTES = 2 * (MOST_RECORD_BYTES + HEADER_BYTES);

/**
 * Reads TLS from in-order bytes: record framing, the hellos, and, with keys, the plain text, which goes to `plain` as
 * the bytes of a connection of its own with the same slot and row. Without keys the exchanges are estimated (Turns).
 *
 * A record that lies in one segment is opened where it lies; one that is split is put together first, bounded over all
 * connections. After a gap, or a record that does not open, the next one is searched: what looks like a record and opens
 * under one of the numbers that may follow.
 */
export class TlsStreams {
  private readonly sink: TlsEvents;
  private readonly clock: Float64Array;
  private readonly keys: TlsKeys | null;
  private readonly limits: TlsLimits;
  private readonly buffers: RecordBuffers;
  private readonly records: SealedRecords;
  private readonly search: RecordSearch;
  private readonly connections: (TlsConnection | undefined)[] = [];

  constructor(sink: TlsEvents, clock: Float64Array, plain: StreamSink, keys: TlsKeys | null, limits: TlsLimits = DEFAULT_TLS_LIMITS) {
    const memory = new WaitingMemory(limits.waitingBytes);
    this.sink = sink;
    this.clock = clock;
    this.keys = keys;
    this.limits = limits;
    this.buffers = new RecordBuffers(memory);
    this.records = new SealedRecords(sink, clock, plain, limits, memory);
    this.search = new RecordSearch(sink, clock, limits, this.records);
  }

  /**
   * Bytes of a half-stream that carries TLS, from its first record on; see StreamSink.data.
   *
   * @param row of the connection
   * @param position of the first byte in the half-stream
   */
  data(half: number, row: number, bytes: Uint8Array, start: number, end: number, frame: number, acked: number, position: number): void {
    const connection = (this.connections[half >> 1] ??= tlsConnection(half >> 1, row, this.keys, this.limits));
    const side = connection.halves[half & 1]!;
    for (let p = start; p < end && !side.dead; ) {
      if (side.passing > 0) p += this.pass(connection, side, half, end - p, frame, acked, position + p - start);
      else if (side.waiting === null) p += this.readInPlace(connection, side, half, bytes, p, end, frame, acked, position + p - start);
      else {
        if (!this.makeRoom(connection, side, half, side.waiting.length + 1)) return;
        p += side.waiting.append(bytes, p, end, frame, this.clock[0]!, acked);
        if (side.waiting.length >= side.wanted) this.readWaiting(connection, side, half);
      }
    }
    side.position = position + end - start;
    this.records.advanced(connection, half);
  }

  /** The key log has grown, or time has gone by; for who reads while both are written. */
  keysCame(): void {
    this.records.keysCame();
  }

  /** See StreamSink.missing. */
  missing(half: number, length: number, frame: number, cut: boolean, position: number): void {
    const connection = this.connections[half >> 1];
    const side = connection?.halves[half & 1];
    if (connection === undefined || side === undefined || side.dead) return;
    side.position = position + length;
    connection.shaking = null;
    // What the snap length cut is no gap that TCP told.
    if (!cut) side.lacks = true;
    const { waiting } = side;
    const rest = restOfRecord(side);
    if (length <= rest) {
      if (waiting !== null) beginPassing(side, waiting.bytes, 0, waiting.length, waiting.frame(0), waiting.time(0));
      this.drop(side);
      side.passingLost = true;
      this.pass(connection, side, half, length, frame, 0, position);
      return;
    }
    if (!side.searching) {
      const begun = waiting !== null ? waiting.at : side.passing > 0 ? position - (HEADER_BYTES + side.bodyLength - side.passing) : position;
      this.beginSearch(connection, side, half, begun, 0);
    }
    side.passing = 0;
    side.passingLost = false;
    side.searchedTo = 0;
    side.lookedTo = 0;
    if (side.waiting !== null) {
      side.waiting.drop(side.waiting.length);
      side.waiting.at = position + length;
    }
  }

  /** See StreamSink.ended. */
  ended(half: number, frame: number, reset: boolean): void {
    const connection = this.connections[half >> 1];
    if (connection === undefined) return;
    this.finish(connection, half, frame, reset);
    this.records.ended(connection, half, frame, reset);
  }

  /** See StreamSink.closed. */
  closed(slot: number): void {
    const connection = this.connections[slot];
    if (connection === undefined) return;
    for (let half = slot * 2; half < slot * 2 + 2; half++) this.finish(connection, half, connection.halves[half & 1]!.frame, true);
    this.records.closed(connection);
    this.connections[slot] = undefined;
  }

  /** Reads the record at `p` where it lies, if all of it is there; returns how far it came. */
  private readInPlace(connection: TlsConnection, side: TlsHalf, half: number, bytes: Uint8Array, p: number, end: number, frame: number, acked: number, position: number): number {
    if (end - p < HEADER_BYTES || !isRecordHeader(bytes, p)) {
      this.wait(connection, side, half, position, HEADER_BYTES);
      return 0;
    }
    const length = HEADER_BYTES + bodyLength(bytes, p);
    side.type = bytes[p]!;
    if (length <= end - p) {
      side.beginFrame = side.frame = frame;
      side.beginTime = this.clock[0]!;
      side.acked = acked;
      if (this.take(connection, side, half, bytes, p, p + length, position)) return length;
      this.beginSearch(connection, side, half, position, length);
    } else if (this.records.wants(connection, side)) this.wait(connection, side, half, position, length);
    else {
      beginPassing(side, bytes, p, end, frame, this.clock[0]!);
      return end - p;
    }
    return 0;
  }

  /** Reads all whole records in `waiting`, and searches there for the next one if it must. */
  private readWaiting(connection: TlsConnection, side: TlsHalf, half: number): void {
    const waiting = side.waiting!;
    const now = this.clock[0]!;
    let p = 0;
    while (!side.dead) {
      if (side.searching) {
        const found = this.search.find(connection, side, half, p);
        if (found === 'lost') this.giveUp(connection, side, half, side.frame);
        p = typeof found === 'number' ? found : 0;
        if (found === 'none') break;
        continue;
      }
      side.wanted = HEADER_BYTES;
      if (waiting.length - p < HEADER_BYTES) break;
      if (!isRecordHeader(waiting.bytes, p)) {
        this.anomaly(connection, 'tls-framing-lost', waiting.frame(waiting.segmentOf(p)));
        this.beginSearch(connection, side, half, waiting.at + p, 0);
        side.searchedTo = p + 1;
        continue;
      }
      const length = HEADER_BYTES + bodyLength(waiting.bytes, p);
      if (p + length > waiting.length) {
        side.type = waiting.bytes[p]!;
        side.bodyLength = length - HEADER_BYTES;
        side.wanted = length;
        if (this.records.wants(connection, side)) break;
        const segment = waiting.segmentOf(p);
        beginPassing(side, waiting.bytes, p, waiting.length, waiting.frame(segment), waiting.time(segment));
        p = waiting.length;
        break;
      }
      placeRecord(side, this.clock, p, p + length);
      if (this.take(connection, side, half, waiting.bytes, p, p + length, waiting.at + p)) p += length;
      else {
        this.beginSearch(connection, side, half, waiting.at + p, length);
        side.searchedTo = p + 1;
      }
    }
    this.clock[0] = now;
    if (side.dead) return;
    side.searchedTo = Math.max(0, side.searchedTo - p);
    side.lookedTo = Math.max(0, side.lookedTo - p);
    waiting.drop(p);
    if (waiting.length === 0 && !side.searching) this.drop(side);
  }

  /** The record in [start, end) of `bytes`; false: it should open and does not. */
  private take(connection: TlsConnection, side: TlsHalf, half: number, bytes: Uint8Array, start: number, end: number, position: number): boolean {
    if (connection.halves[(half & 1) ^ 1]!.waiting !== null) this.doubtOther(connection, half ^ 1);
    side.position = position;
    side.type = bytes[start]!;
    side.bodyLength = end - start - HEADER_BYTES;
    const body = start + HEADER_BYTES;
    if (!this.records.take(connection, side, half, bytes.subarray(start, body), bytes.subarray(body, end))) return false;
    side.marks.mark(position + end - start);
    return true;
  }

  /**
   * This side goes on while a record of the other is not whole. That one may have a wrong length: then others are inside
   * of it, and open.
   */
  private doubtOther(connection: TlsConnection, half: number): void {
    const side = connection.halves[half & 1]!;
    const waiting = side.waiting!;
    if (side.searching || waiting.length < 2 * HEADER_BYTES || waiting.length <= side.lookedTo) return;
    side.lookedTo = waiting.length;
    side.type = waiting.bytes[0]!;
    for (let at = 1; at + HEADER_BYTES < waiting.length; at++) {
      if (!isRecordHeader(waiting.bytes, at)) continue;
      const body = at + HEADER_BYTES;
      const end = body + bodyLength(waiting.bytes, at);
      const follows = end + HEADER_BYTES <= waiting.length ? isRecordHeader(waiting.bytes, end) : end === waiting.length;
      if (!follows || !this.records.opensLater(connection, side, half, waiting.bytes.subarray(at, body), waiting.bytes.subarray(body, end), at)) continue;
      this.anomaly(connection, 'tls-record-damaged', waiting.frame(0));
      this.beginSearch(connection, side, half, waiting.at, 0);
      side.searchedTo = at;
      if (!side.dead) this.readWaiting(connection, side, half);
      return;
    }
  }

  /** @param position of the first of at most `most` bytes that are passed over */
  private pass(connection: TlsConnection, side: TlsHalf, half: number, most: number, frame: number, acked: number, position: number): number {
    const length = Math.min(side.passing, most);
    side.passing -= length;
    if (side.passing > 0) return length;
    side.frame = frame;
    side.acked = acked;
    if (side.passingLost) this.records.lostInPart(connection, side, half);
    else this.records.take(connection, side, half, NO_HEADER, null);
    side.passingLost = false;
    side.marks.mark(position + length);
    return length;
  }

  /** @param length of the record at `lostFrom` by its header, 0 where that is not known */
  private beginSearch(connection: TlsConnection, side: TlsHalf, half: number, lostFrom: number, length: number): void {
    side.searching = true;
    side.wanted = 0;
    side.searched = 0;
    side.searchedTo = length === 0 ? 0 : 1;
    side.lookedTo = 0;
    side.lostFrom = lostFrom;
    side.lostLength = length;
    if (side.waiting === null) this.wait(connection, side, half, lostFrom, SEARCH_BYTES);
    else this.makeRoom(connection, side, half, SEARCH_BYTES);
  }

  private wait(connection: TlsConnection, side: TlsHalf, half: number, position: number, length: number): void {
    side.wanted = side.searching ? 0 : length;
    side.lookedTo = 0;
    side.waiting = this.buffers.take(length, position);
    if (side.waiting === null) this.outOfMemory(connection, side, half);
  }

  /** Lets `waiting` hold what is in progress; false: there is no memory for it. */
  private makeRoom(connection: TlsConnection, side: TlsHalf, half: number, least: number): boolean {
    const waiting = side.waiting!;
    if (waiting.bytes.length >= least) return true;
    const wanted = side.searching ? SEARCH_BYTES : Math.max(least, HEADER_BYTES + bodyLength(waiting.bytes, 0));
    if (this.buffers.grow(waiting, wanted)) return true;
    this.outOfMemory(connection, side, half);
    return false;
  }

  private outOfMemory(connection: TlsConnection, side: TlsHalf, half: number): void {
    this.anomaly(connection, 'tls-memory', side.frame);
    this.giveUp(connection, side, half, side.frame);
  }

  /** No more bytes come. */
  private finish(connection: TlsConnection, half: number, frame: number, reset: boolean): void {
    const side = connection.halves[half & 1]!;
    if (side.dead) return;
    const now = this.clock[0]!;
    if (!side.searching && side.opener !== null && side.waiting !== null && side.waiting.length > HEADER_BYTES) this.finishRecord(connection, side, half, reset);
    if (side.searching) this.records.lostAtEnd(connection, side, half, frame);
    this.clock[0] = now;
    side.dead = true;
    this.drop(side);
  }

  /** A record that never became whole: either it was cut off, or its length is damaged and others are inside. */
  private finishRecord(connection: TlsConnection, side: TlsHalf, half: number, reset: boolean): void {
    const waiting = side.waiting!;
    const frame = waiting.frame(0);
    this.beginSearch(connection, side, half, waiting.at, waiting.length);
    if (!side.dead) this.readWaiting(connection, side, half);
    if (side.dead) return;
    if (!side.searching) this.anomaly(connection, 'tls-record-damaged', frame);
    else if (!reset) this.anomaly(connection, 'tls-record-unfinished', frame);
    // What is cut off is not lost: its receiver could not open it either.
    side.searching = false;
  }

  private drop(side: TlsHalf): void {
    if (side.waiting !== null) this.buffers.release(side.waiting);
    side.waiting = null;
  }

  private giveUp(connection: TlsConnection, side: TlsHalf, half: number, frame: number): void {
    this.drop(side);
    side.dead = true;
    this.records.giveUp(connection, half, frame);
  }

  private anomaly(connection: TlsConnection, code: TlsAnomalyCode, frame: number): void {
    tellAnomaly(this.sink, connection.row, code, frame);
  }
}
