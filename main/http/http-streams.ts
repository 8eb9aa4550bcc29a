import { parseTlsHello } from '../decode/tls-record.ts';
import type { StreamSink } from '../tcp/stream-sink.ts';
import { headAnomalyCodes, type HttpAnomalyCode } from './anomalies.ts';
import { frameBody } from './body-framing.ts';
import { Carries, findHeadEnd, type Carry } from './carry.ts';
import { ChunkedBodies, ChunkOutcome } from './chunked.ts';
import { Framing, MessageFlag, Protocol, type ExchangeSink } from './exchange-sink.ts';
import { Upgrade } from './field-values.ts';
import { HalfBit, HalfTable, Kind, Mode } from './half-table.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from './limits.ts';
import { INCOMPLETE, Method, ParsedHead } from './message-parser.ts';
import { CR, LF, SP } from './octets.ts';
import { Pairing } from './pairing.ts';
import { findMessageStart, headerFollows, Match, matchMethod, matchRequestLine, matchStatusLine, recognise, Start } from './start-line.ts';

const SlotBit = { OPEN: 1, UNSOLICITED_TOLD: 2, INNER_TOLD: 4 } as const;

/**
 * Reads HTTP/1.x from in-order bytes: finds messages by their content on any port, frames them by RFC 9112 section 6.3,
 * pairs them (see Pairing), and after bytes that are missing or cannot be read begins again at the next message start.
 * TLS, HTTP/2, websockets and tunnels are named and then passed over.
 *
 * Body bytes are counted, not read: `quietUntil` lets a segment inside a body pass with one compare. A message head is
 * parsed where it lies; only one that is split over segments is copied.
 */
export class HttpStreams implements StreamSink {
  private readonly sink: ExchangeSink;
  private readonly clock: Float64Array;
  private readonly limits: HttpLimits;
  private readonly halves = new HalfTable();
  private readonly carries: Carries;
  private readonly chunks = new ChunkedBodies();
  private readonly pairing: Pairing;
  private readonly head = new ParsedHead();
  private readonly begin = { frame: 0, time: 0, pipelined: false };
  /** Of the message head being told: its position, and what its sender had acknowledged. */
  private beginAt = 0;
  private beginAcked = 0;
  /** Of the call in progress. `callStart` is the offset of the byte at `position`. */
  private frame = 0;
  private acked = 0;
  private callStart = 0;
  private carried: Carry | null = null;
  private connection = new Int32Array(64);
  private slotBits = new Uint8Array(64);
  private protocol = new Uint8Array(64);

  constructor(sink: ExchangeSink, clock: Float64Array, limits: HttpLimits = DEFAULT_HTTP_LIMITS) {
    this.sink = sink;
    this.clock = clock;
    this.limits = limits;
    this.carries = new Carries(limits.carriedBytes);
    this.pairing = new Pairing(limits.pendingRequests, limits.orphanResponses);
  }

  opened(slot: number, connection: number, midstream: boolean): void {
    if (slot >= this.connection.length) this.growSlots(slot);
    if ((this.slotBits[slot]! & SlotBit.OPEN) !== 0) this.closed(slot);
    this.connection[slot] = connection;
    this.slotBits[slot] = SlotBit.OPEN;
    this.protocol[slot] = Protocol.none;
    this.halves.open(slot * 2, midstream);
    this.halves.open(slot * 2 + 1, midstream);
    this.pairing.open(slot, midstream);
  }

  data(half: number, bytes: Uint8Array, start: number, end: number, frame: number, acked: number): void {
    const halves = this.halves;
    const next = halves.position[half]! + end - start;
    if (next >= halves.quietUntil[half]!) {
      this.frame = frame;
      this.acked = acked;
      if (halves.mode[half] === Mode.carry) this.resumeCarry(half, bytes, start, end);
      else {
        this.callStart = start;
        this.run(half, bytes, start, end);
      }
    }
    halves.position[half] = next;
    halves.lastFrame[half] = frame;
    halves.lastTime[half] = this.clock[0]!;
  }

  missing(half: number, length: number, frame: number, cut: boolean): void {
    const halves = this.halves;
    const next = halves.position[half]! + length;
    this.frame = frame;
    // What a segment without any captured payload held is not known: a body is the likelier.
    if ((halves.bits[half]! & HalfBit.DOUBT) !== 0 && (cut || halves.kind[half] === Kind.response)) this.trustBody(half);
    if (next <= halves.quietUntil[half]!) {
      if (!cut) halves.gapBytes[half]! += length;
      halves.position[half] = next;
      if (next === halves.quietUntil[half]!) this.bodyPartEnds(half);
    } else {
      this.hole(half, next, cut);
      halves.position[half] = next;
    }
    halves.lastFrame[half] = frame;
    halves.lastTime[half] = this.clock[0]!;
  }

  ended(half: number, frame: number, reset: boolean): void {
    const halves = this.halves;
    this.frame = frame;
    this.settleDoubt(half);
    const carry = this.carries.get(half);
    if (carry !== undefined) {
      halves.mode[half] = halves.resume[half]!;
      if (halves.resume[half] === Mode.idle) this.anomaly(half, 'head-unfinished', carry.frame);
      this.carries.drop(half);
    }
    const mode = halves.mode[half];
    // Only the FIN says where a body that lasts until the close ends (RFC 9112 section 8).
    const complete = !reset && (mode === Mode.untilClose || (mode === Mode.unknown && (halves.bits[half]! & HalfBit.CUT) !== 0));
    this.endMessage(half, complete, true);
    this.skip(half);
  }

  closed(slot: number): void {
    if ((this.slotBits[slot]! & SlotBit.OPEN) === 0) return;
    const { position } = this.halves;
    for (let half = slot * 2; half < slot * 2 + 2; half++) {
      this.settleDoubt(half);
      this.endMessage(half, false, true);
      this.carries.drop(half);
      if (position[half]! > 0 && this.protocol[slot] === Protocol.none) this.setProtocol(slot, Protocol.other);
    }
    this.pairing.close(slot);
    this.slotBits[slot] = 0;
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
        return this.inDoubt(half) ? this.readDoubtful(half, bytes, p, end) : end;
      case Mode.unknown:
        if (p !== this.callStart || !this.startsMessage(half, bytes, p, end)) return end;
        this.endMessage(half, (this.halves.bits[half]! & HalfBit.CUT) !== 0, true);
        this.halves.mode[half] = Mode.idle;
        return p;
      case Mode.seek:
        return this.seek(half, bytes, p, end);
      case Mode.tls:
        return this.readHello(half, bytes, p, end);
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
      const headEnd = this.head.parse(bytes, p, end, isRequest);
      if (headEnd >= 0) {
        if (kind[half] === Kind.unknown) this.become(half, isRequest ? Kind.request : Kind.response);
        this.setBegin(half, p);
        this.message(half, headEnd);
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
      if (expected === Kind.unknown) this.become(half, start === Start.request ? Kind.request : Kind.response);
      mode[half] = Mode.idle;
      return p;
    }
    if (start === Start.tls) {
      if (expected === Kind.unknown && this.protocol[slot] === Protocol.none) this.setProtocol(slot, Protocol.tls);
      mode[half] = Mode.tls;
      return p;
    }
    if (expected !== Kind.unknown) return this.junk(half, p);
    if (start === Start.http2 || start === Start.http09) {
      if (start === Start.http09) this.anomaly(half, 'http-0.9', this.frame);
      this.setProtocol(slot, start === Start.http2 ? Protocol.http2 : Protocol.other);
      this.skipBoth(half);
      return end;
    }
    if (this.protocol[slot] === Protocol.none) this.setProtocol(slot, Protocol.other);
    mode[half] = Mode.seek;
    return p;
  }

  private readHead(half: number, bytes: Uint8Array, from: number, end: number): number {
    const { kind } = this.halves;
    // Empty lines in front of a message are ignored (RFC 9112 section 2.2).
    const p = skipEmptyLines(bytes, from, end);
    if (p >= end) return end;
    const isRequest = kind[half] === Kind.request;
    const headEnd = this.head.parse(bytes, p, end, isRequest);
    if (headEnd >= 0) {
      this.setBegin(half, p);
      this.message(half, headEnd);
      return headEnd;
    }
    const match = isRequest ? matchRequestLine(bytes, p, end) : matchStatusLine(bytes, p, end);
    if (headEnd === INCOMPLETE && match !== Match.no) return this.carry(half, bytes, p, end, Mode.idle);
    return this.junk(half, p);
  }

  private readBody(half: number, bytes: Uint8Array, p: number, end: number): number {
    const { quietUntil } = this.halves;
    if (this.inDoubt(half)) return this.readDoubtful(half, bytes, p, end);
    const length = Math.min(end - p, quietUntil[half]! - this.at(half, p));
    if (this.at(half, p) + length === quietUntil[half]!) this.bodyPartEnds(half, p + length);
    return p + length;
  }

  private readChunkLines(half: number, bytes: Uint8Array, from: number, end: number): number {
    const { mode, quietUntil } = this.halves;
    const chunks = this.chunks;
    if (this.inDoubt(half)) return this.readDoubtful(half, bytes, from, end);
    const p = chunks.feed(half, bytes, from, end);
    if (chunks.loneLf) {
      chunks.loneLf = false;
      this.anomaly(half, 'lone-lf', this.frame);
    }
    switch (chunks.outcome) {
      case ChunkOutcome.more:
        return p;
      case ChunkOutcome.data:
        mode[half] = Mode.chunkData;
        quietUntil[half] = this.at(half, p) + chunks.size;
        return p;
      case ChunkOutcome.end:
        this.endMessageAt(half, p);
        return p;
      case ChunkOutcome.invalid:
        this.anomaly(half, 'chunk-size-invalid', this.frame);
        break;
      case ChunkOutcome.overflow:
        this.anomaly(half, 'chunk-size-overflow', this.frame);
        break;
      case ChunkOutcome.tooLong:
        this.anomaly(half, 'chunk-lines-too-long', this.frame);
    }
    this.endMessage(half, false, false);
    this.lost(half, false);
    return p - 1;
  }

  /** A body, or the data of a chunk, ended at `quietUntil`: at offset `p`, or in bytes that are missing. */
  private bodyPartEnds(half: number, p = -1): void {
    const { mode, quietUntil, position } = this.halves;
    if (mode[half] === Mode.chunkData) {
      mode[half] = Mode.chunked;
      quietUntil[half] = 0;
    } else if (p >= 0) this.endMessageAt(half, p);
    else if (mode[half] === Mode.contentLength) this.endMessageAt(half, this.callStart, position[half]!);
  }

  /** Searches for the start of a message. What has not shown to be HTTP is searched for a while only. */
  private seek(half: number, bytes: Uint8Array, p: number, end: number): number {
    const { kind, mode, searched } = this.halves;
    const slot = half >> 1;
    const isKnown = kind[half] !== Kind.unknown;
    if (!isKnown) {
      searched[half] = searched[half]! + end - p;
      if (searched[half]! > this.limits.searchBytes) {
        if (this.protocol[slot] === Protocol.none) this.setProtocol(slot, Protocol.other);
        this.skip(half);
        return end;
      }
    }
    const start = findMessageStart(bytes, p, end, kind[half] !== Kind.response, kind[half] !== Kind.request);
    if (start !== p) this.noteUnread(half, start < 0 ? end : start);
    if (start < 0) return end;
    const isResponse = matchStatusLine(bytes, start, end) === Match.whole;
    if (!isResponse && matchRequestLine(bytes, start, end) !== Match.whole) return this.carry(half, bytes, start, end, Mode.seek);
    if (!isKnown) this.become(half, isResponse ? Kind.response : Kind.request);
    mode[half] = Mode.idle;
    return start;
  }

  /** The bytes before offset `p` were passed over. */
  private noteUnread(half: number, p: number): void {
    const { carried } = this;
    this.halves.bits[half]! |= HalfBit.UNREAD;
    this.halves.unreadAcked[half] = carried !== null && p <= carried.before ? carried.acked : this.acked;
  }

  private readHello(half: number, bytes: Uint8Array, p: number, end: number): number {
    const hello = parseTlsHello(bytes, p, end);
    if (hello === 'more' && end - p < this.limits.helloBytes) return this.carry(half, bytes, p, end, Mode.tls);
    if (hello !== 'more' && hello !== null) this.sink.tls(this.connection[half >> 1]!, half, hello);
    this.skip(half);
    return end;
  }

  private readTunnel(half: number, bytes: Uint8Array, p: number, end: number): number {
    const start = recognise(bytes, p, end);
    if (start === Start.partial) return this.carry(half, bytes, p, end, Mode.tunnel);
    if (start === Start.tls) {
      this.tellInner(half >> 1, Protocol.tls);
      this.halves.mode[half] = Mode.tls;
      return p;
    }
    if (start === Start.request || start === Start.response) this.tellInner(half >> 1, Protocol.http1);
    if (start === Start.http2) this.tellInner(half >> 1, Protocol.http2);
    this.skip(half);
    return end;
  }

  /** Keeps [p, end), the beginning of something, until more comes. */
  private carry(half: number, bytes: Uint8Array, p: number, end: number, resume: Mode): number {
    const { mode, resume: resumes } = this.halves;
    if (end - p > this.limits.headBytes) return this.giveUp(half, 'head-too-large', end);
    this.setBegin(half, p);
    const carry = this.carries.open(half, this.beginAt, this.begin.frame, this.begin.time, this.beginAcked);
    if (carry === undefined || !this.carries.append(carry, bytes, p, end)) return this.giveUp(half, 'head-memory', end);
    mode[half] = Mode.carry;
    resumes[half] = resume;
    return end;
  }

  private resumeCarry(half: number, bytes: Uint8Array, start: number, end: number): void {
    const carry = this.carries.get(half)!;
    if (!this.carries.append(carry, bytes, start, end)) {
      this.giveUp(half, 'head-memory', end);
      return;
    }
    if (!this.isReady(half, carry)) {
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

  /** Whether reading the carried bytes again leads further. A start line is looked at again when a line end came. */
  private isReady(half: number, carry: Carry): boolean {
    const { bytes, length } = carry;
    const { resume, kind } = this.halves;
    if (resume[half] === Mode.tls) return length >= this.limits.helloBytes || parseTlsHello(bytes, 0, length) !== 'more';
    const headIsWhole = kind[half] !== Kind.unknown && (resume[half] === Mode.idle || resume[half] === Mode.seek) && findHeadEnd(carry);
    if (headIsWhole) return true;
    if (length > 64 && length < carry.nextLook && !hasLineFeed(bytes, carry.before, length)) return false;
    carry.nextLook = length * 2;
    switch (resume[half]) {
      case Mode.idle:
        return (kind[half] === Kind.request ? matchRequestLine(bytes, 0, length) : matchStatusLine(bytes, 0, length)) === Match.no;
      case Mode.seek:
        return findMessageStart(bytes, 0, length, kind[half] !== Kind.response, kind[half] !== Kind.request) !== 0 || hasLineFeed(bytes, 0, length);
      case Mode.start:
      case Mode.tunnel:
        return recognise(bytes, 0, length) !== Start.partial;
      default: {
        // The first bytes of a doubtful body.
        const isRequest = kind[half] === Kind.request;
        const match = isRequest ? matchRequestLine(bytes, 0, length) : matchStatusLine(bytes, 0, length);
        return match !== Match.partial || (isRequest && matchMethod(bytes, 0, length) === Match.no);
      }
    }
  }

  private giveUp(half: number, code: HttpAnomalyCode, end: number): number {
    this.anomaly(half, code, this.frame);
    this.lost(half, true);
    return end;
  }

  /** Bytes at `p` that begin no message where one should. */
  private junk(half: number, p: number): number {
    const { bits, kind, mode } = this.halves;
    const slot = half >> 1;
    if ((bits[half]! & HalfBit.CONNECT) !== 0) {
      mode[half] = Mode.tunnel;
      return p;
    }
    if (kind[half] === Kind.request) this.anomaly(half, 'request-line-invalid', this.frame);
    else if (this.pairing.outstanding(slot)) this.anomaly(half, 'status-line-invalid', this.frame);
    else if ((this.slotBits[slot]! & SlotBit.UNSOLICITED_TOLD) === 0) {
      this.slotBits[slot]! |= SlotBit.UNSOLICITED_TOLD;
      this.anomaly(half, 'unsolicited-data', this.frame);
    }
    this.lost(half, true);
    return p + 1;
  }

  /** Bytes up to position `next` are missing, and not all of them are known to be inside a body. */
  private hole(half: number, next: number, cut: boolean): void {
    const { mode, kind, bits, quietUntil, bodyStart, position } = this.halves;
    const slot = half >> 1;
    switch (mode[half]) {
      case Mode.tls:
      case Mode.tunnel:
        this.skip(half);
        return;
      case Mode.unknown:
        if (cut) return;
        break;
      case Mode.carry:
        if (cut && this.tellCutHead(half, next)) return;
        break;
      case Mode.contentLength:
        if (cut) {
          this.endMessageAt(half, this.callStart, quietUntil[half]!);
          this.lost(half, true);
          return;
        }
        break;
      case Mode.chunked:
      case Mode.chunkData:
        if (!cut) break;
        // The sizes of the chunks are not seen, so the end is not known (RFC 9112 section 7.1); what comes counts as body.
        bodyStart[half] = position[half]! - this.bodyBytes(half, position[half]!);
        mode[half] = Mode.unknown;
        bits[half]! |= HalfBit.CUT;
        quietUntil[half] = 0;
        this.halves.bodyEnd[half] = -1;
        this.halves.gapBytes[half] = 0;
        this.loseOrder(half, false);
        return;
      case Mode.start:
        if (kind[half] !== Kind.unknown) break;
        bits[half]! |= HalfBit.MIDSTREAM;
        this.pairing.lostRequests(slot, true);
        this.pairing.lostResponses(slot);
        return;
    }
    this.lost(half, mode[half] === Mode.idle || mode[half] === Mode.carry || mode[half] === Mode.start);
  }

  /** Where the half-stream's messages begin and end is lost. `hidden`: with it the beginning of one that was not told. */
  private lost(half: number, hidden: boolean): void {
    const { mode, quietUntil, resume, bits, unreadAcked } = this.halves;
    const searching = mode[half] === Mode.seek || (mode[half] === Mode.carry && resume[half] === Mode.seek);
    this.endMessage(half, false, true);
    const carry = this.carries.get(half);
    if (carry !== undefined) {
      bits[half]! |= HalfBit.UNREAD;
      unreadAcked[half] = carry.acked;
      this.carries.drop(half);
    }
    this.loseOrder(half, hidden && !searching);
    mode[half] = Mode.seek;
    quietUntil[half] = 0;
  }

  private loseOrder(half: number, hidden: boolean): void {
    const { kind } = this.halves;
    if (kind[half] !== Kind.response) this.pairing.lostRequests(half >> 1, hidden);
    if (kind[half] !== Kind.request) this.pairing.lostResponses(half >> 1);
  }

  /** The capture has no more of the carried head than this; the segment goes on to position `next`. */
  private tellCutHead(half: number, next: number): boolean {
    const { kind, mode, resume, position, bits, bodyStart, cutAt } = this.halves;
    const carry = this.carries.get(half)!;
    if (resume[half] === Mode.tls || resume[half] === Mode.tunnel) {
      this.carries.drop(half);
      this.skip(half);
      return true;
    }
    const isRequest = kind[half] === Kind.unknown ? matchMethod(carry.bytes, 0, carry.length) === Match.whole : kind[half] === Kind.request;
    const end = this.head.parseCut(carry.bytes, 0, carry.length, isRequest);
    if (end < 0) return false;
    this.carries.take(half);
    if (kind[half] === Kind.unknown) this.become(half, isRequest ? Kind.request : Kind.response);
    this.acked = carry.acked;
    this.callStart = 0;
    this.carried = carry;
    const cutPosition = position[half]!;
    position[half] = carry.position;
    this.setBegin(half, 0);
    this.message(half, end);
    this.carried = null;
    this.carries.release(carry);
    if (mode[half] === Mode.unknown) {
      bits[half]! |= HalfBit.CUT;
      cutAt[half] = cutPosition;
      bodyStart[half] = next;
    }
    this.loseOrder(half, false);
    return true;
  }

  /** What this half-stream is, and so the other, is known by its first message. */
  private become(half: number, kind: number): void {
    const { kind: kinds, mode } = this.halves;
    const slot = half >> 1;
    const other = half ^ 1;
    kinds[half] = kind;
    kinds[other] = kind === Kind.request ? Kind.response : Kind.request;
    if (this.protocol[slot] === Protocol.other && mode[other] === Mode.skip) {
      mode[other] = Mode.seek;
      this.halves.quietUntil[other] = 0;
    }
    this.setProtocol(slot, Protocol.http1);
    this.sink.roles(this.connection[slot]!, kind === Kind.request ? half : other);
  }

  /** A message head was parsed; it ends at offset `end`. */
  private message(half: number, end: number): void {
    const { halves } = this;
    const { mode, position, bits } = halves;
    const other = half ^ 1;
    // The other side's turn has come: its message of unknown length is over, if this one was sent after all of it.
    if (mode[other] === Mode.unknown && ((this.beginAcked - position[other]!) | 0) >= 0) {
      this.endMessage(other, (bits[other]! & HalfBit.CUT) !== 0, true);
      mode[other] = Mode.idle;
    }
    if (this.head.isRequest && (bits[half]! & HalfBit.UNREAD) !== 0) this.pairing.unread(half >> 1, this.halves.unreadAcked[half]!);
    bits[half]! &= HalfBit.MIDSTREAM;
    const late = this.head.isRequest ? this.request(half, end) : this.response(half, end);
    const anomalies = this.head.anomalies;
    for (let bit = 0; anomalies >>> bit !== 0; bit++) {
      if (((anomalies >>> bit) & 1) !== 0) this.anomaly(half, headAnomalyCodes[bit]!, this.begin.frame);
    }
    if (late >= 0 && halves.row[other] === late) this.settleDoubt(other);
  }

  /** Returns the row of the response that came first, or -1. */
  private request(half: number, end: number): number {
    const { head, begin, halves, pairing } = this;
    const slot = half >> 1;
    const other = half ^ 1;
    const connection = this.connection[slot]!;
    frameBody(head, Method.other);
    const late = pairing.claim(slot, this.beginAt | 0, this.beginAcked);
    // Where the client had acknowledged more than was captured so far, the response is not late: the capture is.
    const isCaught = ((this.beginAcked - halves.position[other]!) | 0) <= 0;
    const isAnswering = halves.row[other]! >= 0 && (halves.bits[other]! & HalfBit.PAIRED) !== 0;
    begin.pipelined = late < 0 && ((isCaught && (pairing.outstanding(slot) || isAnswering)) || pairing.isBehindPending(slot, this.beginAcked));
    let row = late;
    if (late >= 0) this.sink.requestOf(late, connection, half, head, begin);
    else {
      row = this.sink.request(connection, half, head, begin);
      if (!pairing.add(slot, row, head.method, this.beginAt | 0, this.beginAcked, begin.pipelined)) this.anomaly(half, 'pending-requests', begin.frame);
    }
    halves.row[half] = row;
    if ((head.flags & MessageFlag.expectContinue) !== 0) halves.bits[half]! |= HalfBit.EXPECT;
    if (head.method === Method.connect) halves.bits[half]! |= HalfBit.CONNECT;
    this.startBody(half, end);
    if (late >= 0 && halves.row[other] === late && head.method === Method.head) this.responseHasNoBody(other);
    return late;
  }

  /** Returns -1. */
  private response(half: number, end: number): number {
    const { head, begin, halves, pairing } = this;
    const slot = half >> 1;
    const other = half ^ 1;
    const connection = this.connection[slot]!;
    const pending = pairing.answer(slot, this.beginAt | 0, this.beginAcked, head.status);
    const method = pending >= 0 ? pairing.methodOf(pending) : Method.other;
    const exchange = pending >= 0 ? pairing.rowOf(pending) : -1;
    frameBody(head, method);
    begin.pipelined = false;
    if (head.status < 200 && head.status !== 101) {
      this.sink.interim(connection, half, exchange, head.status, begin.frame);
      if (pending < 0) pairing.orphanInterim(slot, this.beginAt | 0);
      halves.mode[half] = Mode.idle;
      halves.quietUntil[half] = 0;
      return -1;
    }
    const row = this.sink.response(connection, half, exchange, head, begin);
    halves.row[half] = row;
    if (pending >= 0) {
      pairing.removeFirst(slot);
      halves.bits[half]! |= HalfBit.PAIRED;
      // After a final response the client may keep the body it announced (RFC 9110 section 10.1.1).
      if (halves.row[other] === row && (halves.bits[other]! & HalfBit.EXPECT) !== 0 && halves.position[other] === halves.bodyStart[other]) this.doubtBody(other);
    } else {
      pairing.orphan(slot, row, this.beginAt | 0, this.beginAcked);
      // It may answer a HEAD.
      halves.bits[half]! |= HalfBit.DOUBT;
    }
    this.startBody(half, end);
    if (head.framing === Framing.upgrade) this.switchProtocol(half);
    else if (head.framing === Framing.tunnel) this.openTunnel(half);
    else if (method === Method.connect) this.refuseTunnel(other);
    return -1;
  }

  /** The head of the message ended at offset `p`: its body begins. */
  private startBody(half: number, p: number): void {
    const { head, halves } = this;
    const start = this.at(half, p);
    halves.bodyStart[half] = start;
    halves.gapBytes[half] = 0;
    halves.quietUntil[half] = 0;
    switch (head.framing) {
      case Framing.contentLength:
      case Framing.chunked:
      case Framing.untilClose:
      case Framing.unknown:
        break;
      default:
        halves.mode[half] = Mode.idle;
        this.endMessageAt(half, p);
        return;
    }
    if ((head.flags & MessageFlag.headCut) !== 0 || head.framing === Framing.unknown) {
      halves.mode[half] = Mode.unknown;
      halves.bodyEnd[half] = head.contentLength;
      if (head.framing === Framing.unknown) this.loseOrder(half, false);
    } else if (head.framing === Framing.chunked) {
      halves.mode[half] = Mode.chunked;
      this.chunks.open(half);
    } else if (head.framing === Framing.untilClose) {
      halves.mode[half] = Mode.untilClose;
      halves.bodyEnd[half] = Infinity;
      if ((halves.bits[half]! & HalfBit.DOUBT) === 0) halves.quietUntil[half] = Infinity;
    } else {
      halves.mode[half] = Mode.contentLength;
      halves.bodyEnd[half] = start + head.contentLength;
      if (head.contentLength === 0) this.endMessageAt(half, p);
      else if ((halves.bits[half]! & HalfBit.DOUBT) === 0) halves.quietUntil[half] = halves.bodyEnd[half]!;
    }
  }

  /** The body of the message in progress may never come: look at its first byte. */
  private doubtBody(half: number): void {
    this.halves.bits[half]! |= HalfBit.DOUBT;
    this.halves.quietUntil[half] = 0;
  }

  private trustBody(half: number): void {
    const { bits, mode, quietUntil, bodyEnd } = this.halves;
    bits[half]! &= ~HalfBit.DOUBT;
    if (mode[half] === Mode.contentLength || mode[half] === Mode.untilClose) quietUntil[half] = bodyEnd[half]!;
  }

  /** A body that may be absent is not; what is carried of it is read. */
  private settleDoubt(half: number): void {
    if (!this.inDoubt(half)) return;
    const carry = this.carries.get(half);
    if (carry !== undefined) this.halves.mode[half] = this.halves.resume[half]!;
    this.trustBody(half);
    if (carry !== undefined) this.replay(half, carry);
  }

  private inDoubt(half: number): boolean {
    return (this.halves.bits[half]! & HalfBit.DOUBT) !== 0;
  }

  /** The first bytes where a body may be absent: either a message begins in its place, and the one in progress is over, or it is the body. */
  private readDoubtful(half: number, bytes: Uint8Array, p: number, end: number): number {
    const { kind, mode, quietUntil } = this.halves;
    const isResponse = kind[half] === Kind.response;
    const match = isResponse ? matchStatusLine(bytes, p, end) : matchRequestLine(bytes, p, end);
    if (match === Match.partial && (isResponse || matchMethod(bytes, p, end) !== Match.no)) return this.carry(half, bytes, p, end, mode[half] as Mode);
    this.trustBody(half);
    if (!this.startsMessage(half, bytes, p, end)) return p;
    // A response without its body answered a HEAD; a request without it kept it back.
    this.endMessage(half, isResponse, true);
    mode[half] = Mode.idle;
    quietUntil[half] = 0;
    return p;
  }

  /** A response told before its request turns out to answer a HEAD. */
  private responseHasNoBody(half: number): void {
    const { position, bodyStart, mode, quietUntil, resume } = this.halves;
    const isCarried = this.inDoubt(half) && mode[half] === Mode.carry;
    if (!isCarried && position[half] !== bodyStart[half]) return;
    this.tellEnd(half, bodyStart[half]!, true, true);
    if (isCarried) resume[half] = Mode.idle;
    else mode[half] = Mode.idle;
    quietUntil[half] = 0;
  }

  private startsMessage(half: number, bytes: Uint8Array, p: number, end: number): boolean {
    const isRequest = this.halves.kind[half] === Kind.request;
    const match = isRequest ? matchRequestLine(bytes, p, end) : matchStatusLine(bytes, p, end);
    return match === Match.whole && headerFollows(bytes, p, end);
  }

  /** 101: both directions speak another protocol from here on (RFC 9110 section 15.2.2). */
  private switchProtocol(half: number): void {
    const { upgrade } = this.head;
    const protocol = upgrade === Upgrade.websocket ? Protocol.websocket : upgrade === Upgrade.h2c ? Protocol.http2 : Protocol.tunnel;
    this.setProtocol(half >> 1, protocol);
    this.skipBoth(half);
  }

  /** 2xx to CONNECT: both directions are the tunnel's from here on (RFC 9110 section 9.3.6). */
  private openTunnel(half: number): void {
    const { mode } = this.halves;
    this.setProtocol(half >> 1, Protocol.tunnel);
    mode[half] = Mode.tunnel;
    const other = half ^ 1;
    // The client may have begun already: then its bytes are being read as the tunnel's.
    if (mode[other] !== Mode.idle && mode[other] !== Mode.seek) return;
    this.endMessage(other, false, true);
    mode[other] = Mode.tunnel;
  }

  private refuseTunnel(half: number): void {
    const { mode, bits, quietUntil } = this.halves;
    bits[half]! &= ~HalfBit.CONNECT;
    if (mode[half] !== Mode.tunnel && mode[half] !== Mode.tls && mode[half] !== Mode.skip && mode[half] !== Mode.carry) return;
    this.carries.drop(half);
    mode[half] = Mode.seek;
    quietUntil[half] = 0;
  }

  /** The message ended at offset `p`, which is position `position`: complete. */
  private endMessageAt(half: number, p: number, position = this.at(half, p)): void {
    const { mode, quietUntil } = this.halves;
    this.tellEnd(half, position, true, false);
    mode[half] = Mode.idle;
    quietUntil[half] = 0;
  }

  /** The message in progress, if there is one, ended with the last byte told (`before`) or with this frame. */
  private endMessage(half: number, complete: boolean, before: boolean): void {
    this.tellEnd(half, this.halves.position[half]!, complete, before);
  }

  private tellEnd(half: number, position: number, complete: boolean, before: boolean): void {
    const { row, bits, kind, lastFrame, lastTime } = this.halves;
    const exchange = row[half]!;
    if (exchange < 0) return;
    row[half] = -1;
    bits[half]! &= ~HalfBit.DOUBT;
    const isResponse = kind[half] === Kind.response;
    const bytes = this.bodyBytes(half, position);
    const now = this.clock[0]!;
    if (before) this.clock[0] = lastTime[half]!;
    this.sink.messageEnd(exchange, isResponse, before ? lastFrame[half]! : this.frame, bytes, complete);
    this.clock[0] = now;
    if (isResponse && complete && (bits[half]! & HalfBit.PAIRED) !== 0) this.pairing.answered(half >> 1, position | 0);
  }

  /** Bytes of the body in progress up to `position`, without those in gaps. */
  private bodyBytes(half: number, position: number): number {
    const { mode, bits, bodyStart, bodyEnd, cutAt, gapBytes, quietUntil } = this.halves;
    switch (mode[half]) {
      case Mode.chunked:
        return this.chunks.announced(half) - gapBytes[half]!;
      case Mode.chunkData:
        return this.chunks.announced(half) - (quietUntil[half]! - position) - gapBytes[half]!;
      case Mode.unknown:
        // Of a cut head with a Content-Length, all the rest is body up to that length.
        if ((bits[half]! & HalfBit.CUT) !== 0 && bodyEnd[half]! >= 0) return Math.min(bodyEnd[half]!, position - cutAt[half]!);
        return Math.max(0, position - bodyStart[half]! - gapBytes[half]!);
      case Mode.contentLength:
      case Mode.untilClose:
        return position - bodyStart[half]! - gapBytes[half]!;
      default:
        return 0;
    }
  }

  private skip(half: number): void {
    this.halves.mode[half] = Mode.skip;
    this.halves.quietUntil[half] = Infinity;
  }

  private skipBoth(half: number): void {
    this.endMessage(half ^ 1, false, true);
    this.carries.drop(half ^ 1);
    this.skip(half);
    this.skip(half ^ 1);
  }

  private setBegin(half: number, p: number): void {
    const { begin, carried } = this;
    const old = carried !== null && p < carried.before;
    begin.frame = old ? carried.frame : this.frame;
    begin.time = old ? carried.time : this.clock[0]!;
    this.beginAcked = old ? carried.acked : this.acked;
    this.beginAt = this.at(half, p);
  }

  /** The position of offset `p`. */
  private at(half: number, p: number): number {
    return this.halves.position[half]! + p - this.callStart;
  }

  private setProtocol(slot: number, protocol: Protocol): void {
    if (this.protocol[slot] === protocol) return;
    this.protocol[slot] = protocol;
    this.sink.protocol(this.connection[slot]!, protocol);
  }

  private tellInner(slot: number, protocol: Protocol): void {
    if ((this.slotBits[slot]! & SlotBit.INNER_TOLD) !== 0) return;
    this.slotBits[slot]! |= SlotBit.INNER_TOLD;
    this.sink.inner(this.connection[slot]!, protocol);
  }

  private anomaly(half: number, code: HttpAnomalyCode, frame: number): void {
    this.sink.anomaly(this.connection[half >> 1]!, code, frame);
  }

  private growSlots(slot: number): void {
    const capacity = Math.max(slot + 1, this.connection.length * 2);
    const { connection, slotBits, protocol } = this;
    (this.connection = new Int32Array(capacity)).set(connection);
    (this.slotBits = new Uint8Array(capacity)).set(slotBits);
    (this.protocol = new Uint8Array(capacity)).set(protocol);
  }
}

function skipEmptyLines(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && (bytes[p] === CR || bytes[p] === LF)) p++;
  return p;
}

function hasLineFeed(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (bytes[p] === LF) return true;
  return false;
}
