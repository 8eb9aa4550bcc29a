import { ChunkedBodies } from './chunked.ts';
import { Framing, MessageFlag, type ExchangeSink } from './exchange-sink.ts';
import { HalfBit, type HalfTable, Kind, Mode } from './half-table.ts';
import type { HttpConnections } from './http-connections.ts';
import type { ParsedHead } from './message-parser.ts';
import type { Pairing } from './pairing.ts';

/** Request bodies from this size on tell how they come; at most about so many times. */
const PROGRESS_STEP = 64 << 10;
const PROGRESS_POINTS = 32;

/** The message in progress of each half-stream, from the end of its head on: how its body is framed, how far it has come, when it ends. */
export class MessageBodies {
  /** The frame being told. */
  frame = 0;
  readonly chunks = new ChunkedBodies();
  private readonly sink: ExchangeSink;
  private readonly clock: Float64Array;
  private readonly halves: HalfTable;
  private readonly connections: HttpConnections;
  private readonly pairing: Pairing;

  constructor(sink: ExchangeSink, clock: Float64Array, halves: HalfTable, connections: HttpConnections, pairing: Pairing) {
    this.sink = sink;
    this.clock = clock;
    this.halves = halves;
    this.connections = connections;
    this.pairing = pairing;
  }

  /** A large request body came further: its points in time show whether it flowed or stood. */
  tellProgress(half: number, frame: number): void {
    const { halves } = this;
    const row = halves.row[half]!;
    if (row < 0 || halves.kind[half] !== Kind.request) {
      halves.progressAt[half] = Infinity;
      return;
    }
    const position = halves.position[half]!;
    // Of a body without a length nobody knows how far it goes: the steps grow with it.
    const far = halves.progressStep[half]! * PROGRESS_POINTS < position - halves.bodyStart[half]!;
    if (far) halves.progressStep[half]! *= 2;
    halves.progressAt[half] = position + halves.progressStep[half]!;
    this.sink.progress(this.connections.row(half >> 1), row, frame, this.bodyBytes(half, position));
  }

  /** The head of a message ended at position `start`: its body begins. */
  startBody(half: number, start: number, head: ParsedHead): void {
    const { halves } = this;
    halves.bodyStart[half] = start;
    halves.gapBytes[half] = 0;
    halves.quietUntil[half] = 0;
    halves.progressAt[half] = Infinity;
    if (halves.kind[half] === Kind.request && (head.framing === Framing.chunked || head.contentLength >= PROGRESS_STEP)) {
      halves.progressStep[half] = Math.max(PROGRESS_STEP, head.contentLength / PROGRESS_POINTS);
      halves.progressAt[half] = start + halves.progressStep[half]!;
    }
    switch (head.framing) {
      case Framing.contentLength:
      case Framing.chunked:
      case Framing.untilClose:
      case Framing.unknown:
        break;
      default:
        halves.mode[half] = Mode.idle;
        this.endMessageAt(half, start);
        return;
    }
    if ((head.flags & MessageFlag.headCut) !== 0 || head.framing === Framing.unknown) {
      halves.mode[half] = Mode.unknown;
      halves.bodyEnd[half] = head.contentLength;
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
      if (head.contentLength === 0) this.endMessageAt(half, start);
      else if ((halves.bits[half]! & HalfBit.DOUBT) === 0) halves.quietUntil[half] = halves.bodyEnd[half]!;
    }
  }

  /** The body of the message in progress may never come: look at its first byte. */
  doubtBody(half: number): void {
    this.halves.bits[half]! |= HalfBit.DOUBT;
    this.halves.quietUntil[half] = 0;
  }

  /** A body that was in doubt is there. */
  trustBody(half: number): void {
    const { bits, mode, quietUntil, bodyEnd } = this.halves;
    bits[half]! &= ~HalfBit.DOUBT;
    if (mode[half] === Mode.contentLength || mode[half] === Mode.untilClose) quietUntil[half] = bodyEnd[half]!;
  }

  inDoubt(half: number): boolean {
    return (this.halves.bits[half]! & HalfBit.DOUBT) !== 0;
  }

  /** The message in progress is complete; it ended at `position`, in this frame. */
  endMessageAt(half: number, position: number): void {
    const { mode, quietUntil } = this.halves;
    this.tellEnd(half, position, true, false);
    mode[half] = Mode.idle;
    quietUntil[half] = 0;
  }

  /** A body of known length, or the data of a chunk, ended at `quietUntil`, in this frame. */
  bodyPartEnds(half: number): void {
    const { mode, quietUntil } = this.halves;
    if (mode[half] === Mode.contentLength) this.endMessageAt(half, quietUntil[half]!);
    else if (mode[half] === Mode.chunkData) {
      mode[half] = Mode.chunked;
      quietUntil[half] = 0;
    }
  }

  /** The message in progress, if there is one, ended with the last byte told (`before`) or with this frame. */
  endMessage(half: number, complete: boolean, before: boolean): void {
    this.tellEnd(half, this.halves.position[half]!, complete, before);
  }

  /** The same, where it ended at `position`. */
  tellEnd(half: number, position: number, complete: boolean, before: boolean): void {
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

  /** The message in progress turns out to have ended with its head, in this frame and at this time. */
  endAtHead(half: number, frame: number, time: number): void {
    const now = this.clock[0]!;
    const told = this.frame;
    this.clock[0] = time;
    this.frame = frame;
    this.halves.mode[half] = Mode.idle;
    this.tellEnd(half, this.halves.bodyStart[half]!, true, false);
    this.frame = told;
    this.clock[0] = now;
    this.halves.quietUntil[half] = 0;
  }

  /** How much of the message in progress has come. */
  tellBody(half: number): void {
    const { row, kind, position } = this.halves;
    if (row[half]! >= 0) this.sink.bodySoFar(row[half]!, kind[half] === Kind.response, this.bodyBytes(half, position[half]!));
  }

  /** Bytes of the body in progress up to `position`, without those in gaps. */
  bodyBytes(half: number, position: number): number {
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
}
