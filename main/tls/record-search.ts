import { tellAnomaly } from './anomalies.ts';
import type { TlsLimits } from './limits.ts';
import type { SealedRecords } from './sealed-records.ts';
import type { TlsConnection } from './tls-connection.ts';
import type { TlsEvents } from './tls-events.ts';
import { bodyLength, HEADER_BYTES, isRecordHeader, NO_HEADER, placeRecord, type TlsHalf } from './tls-half.ts';

/** Finds the next record behind a gap, or behind one that does not open: what looks like a record, and opens. */
export class RecordSearch {
  private readonly sink: TlsEvents;
  private readonly clock: Float64Array;
  private readonly limits: TlsLimits;
  private readonly records: SealedRecords;

  constructor(sink: TlsEvents, clock: Float64Array, limits: TlsLimits, records: SealedRecords) {
    this.sink = sink;
    this.clock = clock;
    this.limits = limits;
    this.records = records;
  }

  /**
   * Searches `waiting` from offset `from` on for the next record, and takes it.
   *
   * @returns the offset behind it; 'none': none is whole yet, and what cannot begin one is let go; 'lost': the limits end
   * the search, which is told
   */
  find(connection: TlsConnection, side: TlsHalf, half: number, from: number): number | 'none' | 'lost' {
    const waiting = side.waiting!;
    const { bytes } = waiting;
    let at = Math.max(from, side.searchedTo);
    // What looks like a record and is not whole must stay; chance makes one of 3 million bytes look so, and the next record may be behind it.
    let unfinished = -1;
    for (; at + HEADER_BYTES <= waiting.length; at++) {
      if (!isRecordHeader(bytes, at)) continue;
      const end = at + HEADER_BYTES + bodyLength(bytes, at);
      if (end > waiting.length) {
        if (unfinished < 0) unfinished = at;
      } else if (end + HEADER_BYTES > side.lookedTo && this.takes(connection, side, half, at, end)) return end;
    }
    if (unfinished >= 0) at = unfinished;
    if (side.searched + at > this.limits.searchBytes || side.tried > this.limits.triedBytes) {
      tellAnomaly(this.sink, connection.row, 'tls-records-lost', waiting.frame(waiting.segmentOf(waiting.length - 1)));
      return 'lost';
    }
    side.searched += at;
    side.searchedTo = 0;
    waiting.drop(at);
    side.lookedTo = waiting.length;
    return 'none';
  }

  /** Whether what stands at [at, end) of `waiting` is the next record; it is taken then. */
  private takes(connection: TlsConnection, side: TlsHalf, half: number, at: number, end: number): boolean {
    const waiting = side.waiting!;
    const { bytes } = waiting;
    const body = at + HEADER_BYTES;
    const isInPlace = waiting.at + at === side.lostFrom + side.lostLength;
    const follows = isInPlace || (end + HEADER_BYTES <= waiting.length ? isRecordHeader(bytes, end) : end === waiting.length);
    placeRecord(side, this.clock, at, end);
    side.position = waiting.at + at;
    side.type = bytes[at]!;
    side.bodyLength = end - body;
    if (!this.records.resume(connection, side, half, bytes.subarray(at, body), bytes.subarray(body, end), waiting.at + at - side.lostFrom, follows)) {
      if (!isInPlace) return false;
      // It stands where one should: framing can be believed, the keys perhaps not.
      if (!connection.opened) side.lostLength += end - at;
      if (!this.records.unopened(connection, side, half)) return false;
      this.records.take(connection, side, half, NO_HEADER, null);
    }
    side.marks.mark(waiting.at + end);
    side.searching = false;
    side.searched = 0;
    side.searchedTo = 0;
    side.lookedTo = 0;
    return true;
  }
}
