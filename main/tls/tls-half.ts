import type { Epoch } from './handshake.ts';
import { HandshakeMessages } from './handshake-messages.ts';
import { MOST_RECORD_BYTES } from './limits.ts';
import { PlainMarks } from './plain-marks.ts';
import type { RecordOpener } from './record-opener.ts';
import type { SegmentBytes } from './segment-bytes.ts';

/** Header of a record: type, version, length of the body (RFC 8446 section 5.1). */
export const HEADER_BYTES = 5;
/** Of a record that is not opened. */
export const NO_HEADER = new Uint8Array(HEADER_BYTES);

/** One direction of a TLS connection: where its reading stands. */
export class TlsHalf {
  /** How far it was read: to a record's beginning while that is read, else to the last byte that came. */
  position = 0;
  /** A record in progress that is split over segments, or what is searched for the next record. */
  waiting: SegmentBytes | null = null;
  /** How much `waiting` must hold until there is something to read in it. */
  wanted = 0;
  /** Bytes still to come of a record whose body is not needed, or is lost in part (`passingLost`). */
  passing = 0;
  passingLost = false;
  /** The next record is searched. Of what is lost, or was not readable, the first byte's position … */
  searching = false;
  lostFrom = 0;
  /** … and the length of what stands there by its header, 0 where there is none. */
  lostLength = 0;
  /** Offset in `waiting` up to which there is no record. */
  searchedTo = 0;
  /** How much of `waiting` was looked through for records inside of an unfinished one: what was whole there is none. */
  lookedTo = 0;
  /** Bytes let go in this search. */
  searched = 0;
  /** The capture lacks bytes of what is lost. */
  lacks = false;
  /** Nothing more is read. */
  dead = false;

  /** Of the record at hand: length of its body, its first byte's frame and time, its last byte's frame and acknowledgement. */
  bodyLength = 0;
  type = 0;
  beginFrame = 0;
  beginTime = 0;
  frame = 0;
  acked = 0;

  /** TLS 1.2: records are sealed from here on; the Finished, which is the first of them, went by. */
  sealed = false;
  finished = false;
  /** A change_cipher_spec was captured before the ServerHello, which tells what it means. */
  changedEarly = false;
  epoch: Epoch = 'handshake';
  opener: RecordOpener | null = null;
  /** Bytes were lost before the first sealed record: its number is not known. */
  unsure = false;
  /** Bytes decrypted in vain. */
  tried = 0;
  readonly messages: HandshakeMessages;
  readonly marks = new PlainMarks();

  constructor(handshakeBytes: number) {
    this.messages = new HandshakeMessages(handshakeBytes);
  }
}

/** Whether a half-stream was read up to `acked`. */
export function isRead(side: TlsHalf, acked: number): boolean {
  return side.dead || (!side.searching && ((acked - side.position) | 0) <= 0);
}

/** Whether a record header can stand here: a known type, a version 3.x, a length that may be. */
export function isRecordHeader(bytes: Uint8Array, at: number): boolean {
  return bytes[at]! >= 20 && bytes[at]! <= 23 && bytes[at + 1] === 3 && bytes[at + 2]! <= 4 && bodyLength(bytes, at) <= MOST_RECORD_BYTES;
}

/** Length of the body that the record header at `at` gives. */
export function bodyLength(bytes: Uint8Array, at: number): number {
  return (bytes[at + 3]! << 8) | bytes[at + 4]!;
}

/** Where the record at [start, end) of `waiting` came from; `clock[0]` tells its last byte's time. */
export function placeRecord(side: TlsHalf, clock: Float64Array, start: number, end: number): void {
  const waiting = side.waiting!;
  const first = waiting.segmentOf(start);
  const last = waiting.segmentOf(end - 1);
  side.beginFrame = waiting.frame(first);
  side.beginTime = waiting.time(first);
  side.frame = waiting.frame(last);
  side.acked = waiting.acked(last);
  clock[0] = waiting.time(last);
}

/** Bytes still to come of the record in progress; 0 between records, in a header, and in a search. */
export function restOfRecord({ waiting, passing, searching }: TlsHalf): number {
  if (passing > 0) return passing;
  if (searching || waiting === null || waiting.length < HEADER_BYTES) return 0;
  return HEADER_BYTES + bodyLength(waiting.bytes, 0) - waiting.length;
}

/** The body of the record that begins with [start, end) of `bytes` is counted only. */
export function beginPassing(side: TlsHalf, bytes: Uint8Array, start: number, end: number, frame: number, time: number): void {
  side.type = bytes[start]!;
  side.bodyLength = bodyLength(bytes, start);
  side.passing = HEADER_BYTES + side.bodyLength - (end - start);
  side.beginFrame = frame;
  side.beginTime = time;
}
