import type { Carries } from './carry.ts';
import { ChunkOutcome } from './chunked.ts';
import { Protocol } from './exchange-sink.ts';
import type { Exchanges } from './exchanges.ts';
import { HalfBit, type HalfTable, Kind, Mode } from './half-table.ts';
import type { HttpConnections } from './http-connections.ts';
import type { HttpLimits } from './limits.ts';
import type { MessageBodies } from './message-bodies.ts';
import { CR, LF, SP } from './octets.ts';
import type { Pairing } from './pairing.ts';
import { findMessageStart, headerFollows, isLookAlike, Match, matchMethod, matchRequestLine, matchStatusLine, recognise, Start } from './start-line.ts';
import { SegmentReader } from './segment-reader.ts';
import { INCOMPLETE } from './start-line-parser.ts';
import type { TlsSink } from './tls-sink.ts';

/**
 * Reads the bytes of half-streams, each in its mode: finds out what they are, where messages begin, and what is to be
 * passed over. Every reading function takes [p, end) and returns how far it came.
 */
export class StreamReader extends SegmentReader {
  private readonly tls: TlsSink | null;
  private readonly pairing: Pairing;

  constructor(clock: Float64Array, limits: HttpLimits, halves: HalfTable, carries: Carries, connections: HttpConnections, pairing: Pairing, bodies: MessageBodies, exchanges: Exchanges, tls: TlsSink | null) {
    super(clock, limits, halves, carries, connections, bodies, exchanges);
    this.tls = tls;
    this.pairing = pairing;
  }

  /** Reads a segment. */
  read(half: number, bytes: Uint8Array, start: number, end: number, acked: number): void {
    this.acked = acked;
    if (this.exchanges.isBehindSwitch(half, acked)) this.exchanges.leave(half);
    else if (this.halves.mode[half] === Mode.carry) this.resumeCarry(half, bytes, start, end);
    else {
      this.callStart = start;
      this.run(half, bytes, start, end);
    }
  }

  protected run(half: number, bytes: Uint8Array, start: number, end: number): void {
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
        return this.bodies.inDoubt(half) ? this.readDoubtful(half, bytes, p, end) : end;
      case Mode.unknown:
        if (this.bodies.inDoubt(half)) return this.readDoubtful(half, bytes, p, end);
        // The rest of a request line can look like one with another method.
        if (p !== this.callStart || !this.startsMessage(half, bytes, p, end) || (this.halves.kind[half] === Kind.request && matchMethod(bytes, p, end) !== Match.whole)) return end;
        this.bodies.endMessage(half, (this.halves.bits[half]! & HalfBit.CUT) !== 0, true);
        this.halves.mode[half] = Mode.idle;
        return p;
      case Mode.seek:
        return this.seek(half, bytes, p, end);
      case Mode.tls:
        this.tls?.data(half, this.connections.row(half >> 1), bytes, p, end, this.bodies.frame, this.acked, this.at(half, p));
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
      this.connections.anomaly(half, 'http-0.9', this.bodies.frame);
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
    if (this.bodies.inDoubt(half)) return this.readDoubtful(half, bytes, p, end);
    const length = Math.min(end - p, quietUntil[half]! - this.at(half, p));
    if (this.at(half, p) + length === quietUntil[half]!) this.bodies.bodyPartEnds(half);
    return p + length;
  }

  private readChunkLines(half: number, bytes: Uint8Array, from: number, end: number): number {
    const { mode, quietUntil } = this.halves;
    const chunks = this.bodies.chunks;
    if (this.bodies.inDoubt(half)) return this.readDoubtful(half, bytes, from, end);
    const p = chunks.feed(half, bytes, from, end);
    if (chunks.loneLf) {
      chunks.loneLf = false;
      this.connections.anomaly(half, 'lone-lf', this.bodies.frame);
    }
    switch (chunks.outcome) {
      case ChunkOutcome.more:
        return p;
      case ChunkOutcome.data:
        mode[half] = Mode.chunkData;
        quietUntil[half] = this.at(half, p) + chunks.size;
        return p;
      case ChunkOutcome.end:
        this.bodies.endMessageAt(half, this.at(half, p));
        return p;
      case ChunkOutcome.invalid:
        this.connections.anomaly(half, 'chunk-size-invalid', this.bodies.frame);
        break;
      case ChunkOutcome.overflow:
        this.connections.anomaly(half, 'chunk-size-overflow', this.bodies.frame);
        break;
      case ChunkOutcome.tooLong:
        this.connections.anomaly(half, 'chunk-lines-too-long', this.bodies.frame);
    }
    // All behind it may be body: only what begins a segment is believed to begin a message.
    this.bodies.endMessage(half, false, false);
    this.exchanges.loseOrder(half, false);
    mode[half] = Mode.unknown;
    quietUntil[half] = 0;
    return end;
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

  protected message(half: number, p: number, headEnd: number): void {
    this.setBegin(half, p);
    const late = this.exchanges.message(half, this.at(half, headEnd));
    if (late >= 0 && this.halves.row[half ^ 1] === late) this.settleDoubt(half ^ 1);
  }

  /** Bytes at `p` that begin no message where one should. */
  private junk(half: number, p: number): number {
    const { bits, kind, mode } = this.halves;
    if ((bits[half]! & HalfBit.CONNECT) !== 0) {
      mode[half] = Mode.tunnel;
      return p;
    }
    // What it acknowledges of the server and the capture does not have yet may have switched protocols.
    const isAhead = ((this.acked - this.halves.position[half ^ 1]!) | 0) > 0;
    if (kind[half] === Kind.request) {
      if (!isAhead) this.connections.anomaly(half, 'request-line-invalid', this.bodies.frame);
    } else if (this.pairing.outstanding(half >> 1)) this.connections.anomaly(half, 'status-line-invalid', this.bodies.frame);
    else this.connections.unsolicited(half, this.bodies.frame);
    this.exchanges.lost(half, true);
    return p + 1;
  }

  /** The first bytes where a body may be absent: either a message begins in its place, and the one in progress is over, or it is the body. */
  private readDoubtful(half: number, bytes: Uint8Array, p: number, end: number): number {
    const { kind, mode, quietUntil } = this.halves;
    const isResponse = kind[half] === Kind.response;
    const match = isResponse ? matchStatusLine(bytes, p, end) : matchRequestLine(bytes, p, end);
    if (match === Match.partial && (isResponse || matchMethod(bytes, p, end) !== Match.no)) return this.carry(half, bytes, p, end, mode[half] as Mode);
    this.bodies.trustBody(half);
    if (!this.startsMessage(half, bytes, p, end)) return p;
    // A response without its body answered a HEAD; a request without it kept it back, or had none where its length is none.
    this.bodies.endMessage(half, isResponse || mode[half] === Mode.unknown, this.at(half, p) <= this.halves.position[half]!);
    mode[half] = Mode.idle;
    quietUntil[half] = 0;
    return p;
  }

  private startsMessage(half: number, bytes: Uint8Array, p: number, end: number): boolean {
    const isRequest = this.halves.kind[half] === Kind.request;
    const match = isRequest ? matchRequestLine(bytes, p, end) : matchStatusLine(bytes, p, end);
    return match === Match.whole && headerFollows(bytes, p, end);
  }
}

function skipEmptyLines(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && (bytes[p] === CR || bytes[p] === LF)) p++;
  return p;
}
