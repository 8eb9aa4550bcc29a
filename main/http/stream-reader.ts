import type { HttpAnomalyCode } from './anomalies.ts';
import { isReady } from './carried-start.ts';
import type { Carries, Carry } from './carry.ts';
import { ChunkOutcome } from './chunked.ts';
import { Protocol } from './exchange-sink.ts';
import type { Exchanges } from './exchanges.ts';
import { HalfBit, type HalfTable, Kind, Mode } from './half-table.ts';
import type { HttpConnections } from './http-connections.ts';
import type { HttpLimits } from './limits.ts';
import { INCOMPLETE } from './message-parser.ts';
import { CR, LF, SP } from './octets.ts';
import { findMessageStart, headerFollows, isLookAlike, Match, matchMethod, matchRequestLine, matchStatusLine, recognise, Start } from './start-line.ts';
import type { TlsSink } from './tls-sink.ts';

/**
 * Reads the bytes of half-streams, each in its mode: finds out what they are, where messages begin, and what is to be
 * passed over. Every reading function takes [p, end) and returns how far it came.
 */
export class StreamReader {
  private readonly tls: TlsSink | null;
  private readonly clock: Float64Array;
  private readonly limits: HttpLimits;
  private readonly halves: HalfTable;
  private readonly carries: Carries;
  private readonly connections: HttpConnections;
  private readonly exchanges: Exchanges;
  /** Of the segment in progress; `callStart` is the offset of the byte at `position`. */
  private acked = 0;
  private callStart = 0;
  /** While carried bytes are read: where they come from. */
  private carried: Carry | null = null;

  constructor(clock: Float64Array, limits: HttpLimits, halves: HalfTable, carries: Carries, connections: HttpConnections, exchanges: Exchanges, tls: TlsSink | null) {
    this.tls = tls;
    this.clock = clock;
    this.limits = limits;
    this.halves = halves;
    this.carries = carries;
    this.connections = connections;
    this.exchanges = exchanges;
  }

  /** Reads a segment. */
  read(half: number, bytes: Uint8Array, start: number, end: number, acked: number): void {
    this.acked = acked;
    if (this.halves.mode[half] === Mode.carry) this.resumeCarry(half, bytes, start, end);
    else {
      this.callStart = start;
      this.run(half, bytes, start, end);
    }
  }

  /** Reads [start, end), which begins at `position`. */
  private run(half: number, bytes: Uint8Array, start: number, end: number): void {
    for (let p = start; p < end; ) p = this.step(half, bytes, p, end);
  }

  /** Reads on from `p` in the half-stream's mode; returns where that stopped: further on, or at `p` in another mode. */
  private step(half: number, bytes: Uint8Array, p: number, end: number): number {
    switch (this.halves.mode[half] as Mode) {
      case Mode.start:
        return this.readStart(half, bytes, p, end);
      case Mode.idle:
        return this.readHead(half, bytes, p, end);
      case Mode.contentLength:
      case Mode.chunkData:
        return this.readBody(half, bytes, p, end);
      case Mode.chunked:
        return this.readChunkLines(half, bytes, p, end);
      case Mode.untilClose:
        return this.exchanges.inDoubt(half) ? this.readDoubtful(half, bytes, p, end) : end;
      case Mode.unknown:
        // The rest of a request line can look like one with another method.
        if (p !== this.callStart || !this.startsMessage(half, bytes, p, end) || (this.halves.kind[half] === Kind.request && matchMethod(bytes, p, end) !== Match.whole)) return end;
        this.exchanges.endMessage(half, (this.halves.bits[half]! & HalfBit.CUT) !== 0, true);
        this.halves.mode[half] = Mode.idle;
        return p;
      case Mode.seek:
        return this.seek(half, bytes, p, end);
      case Mode.tls:
        this.tls?.data(half, this.connections.row(half >> 1), bytes, p, end, this.exchanges.frame, this.acked, this.at(half, p));
        return end;
      case Mode.tunnel:
        return this.readTunnel(half, bytes, p, end);
      case Mode.carry:
      case Mode.skip:
        return end;
    }
  }

  private readStart(half: number, bytes: Uint8Array, from: number, end: number): number {
    const { mode, kind, bits } = this.halves;
    const slot = half >> 1;
    const isMidstream = (bits[half]! & HalfBit.MIDSTREAM) !== 0;
    const p = isMidstream ? from : skipEmptyLines(bytes, from, end);
    if (p >= end) return end;
    if (!isMidstream) {
      // Nearly always a whole head.
      const isRequest = kind[half] === Kind.unknown ? bytes[p] !== 72 || matchStatusLine(bytes, p, end) === Match.no : kind[half] === Kind.request;
      const headEnd = this.exchanges.head.parse(bytes, p, end, isRequest);
      if (headEnd >= 0) {
        if (kind[half] === Kind.unknown) this.exchanges.become(half, isRequest ? Kind.request : Kind.response);
        this.message(half, p, headEnd);
        return headEnd;
      }
    }
    const start = recognise(bytes, p, end);
    // In mid-stream these need not be the first bytes of anything but a TLS record.
    if (isMidstream && start !== Start.tls && start !== Start.http2 && !(start === Start.partial && bytes[p]! < SP)) {
      mode[half] = Mode.seek;
      return p;
    }
    if (start === Start.partial) return this.carry(half, bytes, p, end, Mode.start);
    const expected = kind[half]!;
    if ((start === Start.request && expected !== Kind.response) || (start === Start.response && expected !== Kind.request)) {
      if (expected === Kind.unknown) this.exchanges.become(half, start === Start.request ? Kind.request : Kind.response);
      mode[half] = Mode.idle;
      return p;
    }
    if (start === Start.tls) {
      if (expected === Kind.unknown) this.connections.setFirstProtocol(slot, Protocol.tls);
      mode[half] = Mode.tls;
      return p;
    }
    if (expected !== Kind.unknown) return this.junk(half, p);
    if (start === Start.http2) {
      this.connections.setProtocol(slot, Protocol.http2);
      this.exchanges.skipBoth(half);
      return end;
    }
    if (start === Start.http09) {
      this.connections.anomaly(half, 'http-0.9', this.exchanges.frame);
      this.connections.setFirstProtocol(slot, Protocol.other);
      this.exchanges.skip(half);
      return end;
    }
    // What answers HTTP/0.9 is a document, unless it begins as a response does.
    if (mode[half ^ 1] === Mode.skip) {
      this.exchanges.skip(half);
      return end;
    }
    if (isLookAlike(bytes, p, end)) {
      this.connections.setProtocol(slot, Protocol.other);
      this.exchanges.skipBoth(half);
      return end;
    }
    this.connections.setFirstProtocol(slot, Protocol.other);
    mode[half] = Mode.seek;
    return p;
  }

  private readHead(half: number, bytes: Uint8Array, from: number, end: number): number {
    const { kind } = this.halves;
    // Empty lines in front of a message are ignored (RFC 9112 section 2.2).
    const p = skipEmptyLines(bytes, from, end);
    if (p >= end) return end;
    const isRequest = kind[half] === Kind.request;
    const headEnd = this.exchanges.head.parse(bytes, p, end, isRequest);
    if (headEnd >= 0) {
      this.message(half, p, headEnd);
      return headEnd;
    }
    const match = isRequest ? matchRequestLine(bytes, p, end) : matchStatusLine(bytes, p, end);
    if (headEnd === INCOMPLETE && match !== Match.no) return this.carry(half, bytes, p, end, Mode.idle);
    return this.junk(half, p);
  }

  private readBody(half: number, bytes: Uint8Array, p: number, end: number): number {
    const { quietUntil } = this.halves;
    if (this.exchanges.inDoubt(half)) return this.readDoubtful(half, bytes, p, end);
    const length = Math.min(end - p, quietUntil[half]! - this.at(half, p));
    if (this.at(half, p) + length === quietUntil[half]!) this.exchanges.bodyPartEnds(half);
    return p + length;
  }

  private readChunkLines(half: number, bytes: Uint8Array, from: number, end: number): number {
    const { mode, quietUntil } = this.halves;
    const chunks = this.exchanges.chunks;
    if (this.exchanges.inDoubt(half)) return this.readDoubtful(half, bytes, from, end);
    const p = chunks.feed(half, bytes, from, end);
    if (chunks.loneLf) {
      chunks.loneLf = false;
      this.connections.anomaly(half, 'lone-lf', this.exchanges.frame);
    }
    switch (chunks.outcome) {
      case ChunkOutcome.more:
        return p;
      case ChunkOutcome.data:
        mode[half] = Mode.chunkData;
        quietUntil[half] = this.at(half, p) + chunks.size;
        return p;
      case ChunkOutcome.end:
        this.exchanges.endMessageAt(half, this.at(half, p));
        return p;
      case ChunkOutcome.invalid:
        this.connections.anomaly(half, 'chunk-size-invalid', this.exchanges.frame);
        break;
      case ChunkOutcome.overflow:
        this.connections.anomaly(half, 'chunk-size-overflow', this.exchanges.frame);
        break;
      case ChunkOutcome.tooLong:
        this.connections.anomaly(half, 'chunk-lines-too-long', this.exchanges.frame);
    }
    this.exchanges.endMessage(half, false, false);
    this.exchanges.lost(half, false);
    return p - 1;
  }

  /** Searches for the start of a message. What has not shown to be HTTP is searched for a while only. */
  private seek(half: number, bytes: Uint8Array, p: number, end: number): number {
    const { kind, mode, searched } = this.halves;
    const slot = half >> 1;
    const isKnown = kind[half] !== Kind.unknown;
    if (!isKnown) {
      searched[half] = searched[half]! + end - p;
      if (searched[half]! > this.limits.searchBytes) {
        this.connections.setFirstProtocol(slot, Protocol.other);
        this.exchanges.skip(half);
        return end;
      }
    }
    const start = findMessageStart(bytes, p, end, kind[half] !== Kind.response, kind[half] !== Kind.request);
    if (start !== p) this.noteUnread(half, start < 0 ? end : start);
    if (start < 0) return end;
    const isResponse = matchStatusLine(bytes, start, end) === Match.whole;
    if (!isResponse && matchRequestLine(bytes, start, end) !== Match.whole) return this.carry(half, bytes, start, end, Mode.seek);
    if (!isKnown) this.exchanges.become(half, isResponse ? Kind.response : Kind.request);
    mode[half] = Mode.idle;
    return start;
  }

  /** The bytes before offset `p` were passed over. */
  private noteUnread(half: number, p: number): void {
    const { carried } = this;
    this.halves.bits[half]! |= HalfBit.UNREAD;
    this.halves.unreadAcked[half] = carried !== null && p <= carried.before ? carried.acked : this.acked;
  }

  private readTunnel(half: number, bytes: Uint8Array, p: number, end: number): number {
    const start = recognise(bytes, p, end);
    if (start === Start.partial) return this.carry(half, bytes, p, end, Mode.tunnel);
    if (start === Start.tls) {
      this.connections.tellInner(half >> 1, Protocol.tls);
      this.halves.mode[half] = Mode.tls;
      return p;
    }
    if (start === Start.request || start === Start.response) this.connections.tellInner(half >> 1, Protocol.http1);
    if (start === Start.http2) this.connections.tellInner(half >> 1, Protocol.http2);
    this.exchanges.skip(half);
    return end;
  }

  /** Tells the message whose head was parsed from [p, headEnd). */
  private message(half: number, p: number, headEnd: number): void {
    this.setBegin(half, p);
    const late = this.exchanges.message(half, this.at(half, headEnd));
    if (late >= 0 && this.halves.row[half ^ 1] === late) this.settleDoubt(half ^ 1);
  }

  /** Keeps [p, end), the beginning of something, until more comes. */
  private carry(half: number, bytes: Uint8Array, p: number, end: number, resume: Mode): number {
    const { mode, resume: resumes } = this.halves;
    if (end - p > this.limits.headBytes) return this.giveUp(half, 'head-too-large', end);
    this.setBegin(half, p);
    const carry = this.carries.open(half, this.exchanges.beginAt, this.exchanges.begin.frame, this.exchanges.begin.time, this.exchanges.beginAcked);
    if (carry === undefined || !this.carries.append(carry, bytes, p, end)) return this.giveUp(half, 'head-memory', end);
    mode[half] = Mode.carry;
    resumes[half] = resume;
    return end;
  }

  private resumeCarry(half: number, bytes: Uint8Array, start: number, end: number): void {
    const { resume, kind } = this.halves;
    const carry = this.carries.get(half)!;
    if (!this.carries.append(carry, bytes, start, end)) {
      this.giveUp(half, 'head-memory', end);
      return;
    }
    if (!isReady(carry, resume[half] as Mode, kind[half]!)) {
      if (carry.length > this.limits.headBytes) this.giveUp(half, 'head-too-large', end);
      return;
    }
    this.replay(half, carry);
  }

  /** Reads what was carried in the mode it was kept for. */
  private replay(half: number, carry: Carry): void {
    const { mode, position, resume } = this.halves;
    const { callStart, carried } = this;
    this.carries.take(half);
    mode[half] = resume[half]!;
    position[half] = carry.position;
    this.callStart = 0;
    this.carried = carry;
    this.run(half, carry.bytes, 0, carry.length);
    this.callStart = callStart;
    this.carried = carried;
    this.carries.release(carry);
    position[half] = carry.position + carry.length;
  }

  private giveUp(half: number, code: HttpAnomalyCode, end: number): number {
    this.connections.anomaly(half, code, this.exchanges.frame);
    this.exchanges.lost(half, true);
    return end;
  }

  /** Bytes at `p` that begin no message where one should. */
  private junk(half: number, p: number): number {
    const { bits, kind, mode } = this.halves;
    if ((bits[half]! & HalfBit.CONNECT) !== 0) {
      mode[half] = Mode.tunnel;
      return p;
    }
    if (kind[half] === Kind.request) this.connections.anomaly(half, 'request-line-invalid', this.exchanges.frame);
    else if (this.exchanges.pairing.outstanding(half >> 1)) this.connections.anomaly(half, 'status-line-invalid', this.exchanges.frame);
    else this.connections.unsolicited(half, this.exchanges.frame);
    this.exchanges.lost(half, true);
    return p + 1;
  }

  /** A body that may be absent is not; what is carried of it is read. */
  settleDoubt(half: number): void {
    if (!this.exchanges.inDoubt(half)) return;
    const carry = this.carries.get(half);
    if (carry !== undefined) this.halves.mode[half] = this.halves.resume[half]!;
    this.exchanges.trustBody(half);
    if (carry !== undefined) this.replay(half, carry);
  }

  /** The first bytes where a body may be absent: either a message begins in its place, and the one in progress is over, or it is the body. */
  private readDoubtful(half: number, bytes: Uint8Array, p: number, end: number): number {
    const { kind, mode, quietUntil } = this.halves;
    const isResponse = kind[half] === Kind.response;
    const match = isResponse ? matchStatusLine(bytes, p, end) : matchRequestLine(bytes, p, end);
    if (match === Match.partial && (isResponse || matchMethod(bytes, p, end) !== Match.no)) return this.carry(half, bytes, p, end, mode[half] as Mode);
    this.exchanges.trustBody(half);
    if (!this.startsMessage(half, bytes, p, end)) return p;
    // A response without its body answered a HEAD; a request without it kept it back.
    this.exchanges.endMessage(half, isResponse, true);
    mode[half] = Mode.idle;
    quietUntil[half] = 0;
    return p;
  }

  private startsMessage(half: number, bytes: Uint8Array, p: number, end: number): boolean {
    const isRequest = this.halves.kind[half] === Kind.request;
    const match = isRequest ? matchRequestLine(bytes, p, end) : matchStatusLine(bytes, p, end);
    return match === Match.whole && headerFollows(bytes, p, end);
  }

  private setBegin(half: number, p: number): void {
    const { carried } = this;
    const { begin } = this.exchanges;
    const old = carried !== null && p < carried.before;
    begin.frame = old ? carried.frame : this.exchanges.frame;
    begin.time = old ? carried.time : this.clock[0]!;
    this.exchanges.beginAcked = old ? carried.acked : this.acked;
    this.exchanges.beginAt = this.at(half, p);
  }

  /** The position of offset `p`. */
  private at(half: number, p: number): number {
    return this.halves.position[half]! + p - this.callStart;
  }

  /** The capture has no more of the carried head than this; the segment goes on to position `next`. */
  tellCutHead(half: number, next: number): boolean {
    const { kind, mode, resume, position, bits, bodyStart, cutAt } = this.halves;
    const carry = this.carries.get(half)!;
    if (resume[half] === Mode.tunnel) {
      this.carries.drop(half);
      this.exchanges.skip(half);
      return true;
    }
    const isRequest = kind[half] === Kind.unknown ? matchMethod(carry.bytes, 0, carry.length) === Match.whole : kind[half] === Kind.request;
    const end = this.exchanges.head.parseCut(carry.bytes, 0, carry.length, isRequest);
    if (end < 0) return false;
    this.carries.take(half);
    if (kind[half] === Kind.unknown) this.exchanges.become(half, isRequest ? Kind.request : Kind.response);
    this.acked = carry.acked;
    this.callStart = 0;
    this.carried = carry;
    const cutPosition = position[half]!;
    position[half] = carry.position;
    this.message(half, 0, end);
    this.carried = null;
    this.carries.release(carry);
    if (mode[half] === Mode.unknown) {
      bits[half]! |= HalfBit.CUT;
      cutAt[half] = cutPosition;
      bodyStart[half] = next;
    }
    this.exchanges.loseOrder(half, false);
    return true;
  }
}

function skipEmptyLines(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && (bytes[p] === CR || bytes[p] === LF)) p++;
  return p;
}
