import type { StreamSink } from '../tcp/stream-sink.ts';
import { Carries } from './carry.ts';
import { Protocol, type ExchangeSink } from './exchange-sink.ts';
import { Exchanges } from './exchanges.ts';
import { HalfBit, HalfTable, Kind, Mode } from './half-table.ts';
import { HttpConnections } from './http-connections.ts';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from './limits.ts';
import { MessageBodies } from './message-bodies.ts';
import { Pairing } from './pairing.ts';
import { StreamReader } from './stream-reader.ts';
import type { TlsSink } from './tls-sink.ts';

/**
 * Reads HTTP/1.x from in-order bytes: finds messages by their content on any port, frames them by RFC 9112 section 6.3,
 * pairs them (see Pairing), and after bytes that are missing or cannot be read begins again at the next message start.
 * TLS goes to the TLS sink; HTTP/2, websockets and tunnels are named and then passed over.
 *
 * Body bytes are counted, not read: `quietUntil` lets a segment inside a body pass with one compare. A message head is
 * parsed where it lies; only one that is split over segments is copied.
 */
export class HttpStreams implements StreamSink {
  private readonly clock: Float64Array;
  private readonly halves = new HalfTable();
  private readonly carries: Carries;
  private readonly connections: HttpConnections;
  private readonly pairing: Pairing;
  private readonly bodies: MessageBodies;
  private readonly exchanges: Exchanges;
  private readonly reader: StreamReader;
  private readonly tls: TlsSink | null;

  /** @param tls null: TLS is named and passed over, as inside of TLS */
  constructor(sink: ExchangeSink, clock: Float64Array, limits: HttpLimits = DEFAULT_HTTP_LIMITS, tls: TlsSink | null = null) {
    this.tls = tls;
    this.clock = clock;
    this.carries = new Carries(limits.carriedBytes);
    this.connections = new HttpConnections(sink);
    this.pairing = new Pairing(limits.pendingRequests, limits.orphanResponses);
    this.bodies = new MessageBodies(sink, clock, this.halves, this.connections, this.pairing);
    this.exchanges = new Exchanges(sink, clock, this.halves, this.carries, this.connections, this.pairing, this.bodies);
    this.reader = new StreamReader(clock, limits, this.halves, this.carries, this.connections, this.pairing, this.bodies, this.exchanges, tls);
  }

  opened(slot: number, connection: number, midstream: boolean): void {
    this.closed(slot);
    this.connections.open(slot, connection);
    this.halves.open(slot * 2, midstream);
    this.halves.open(slot * 2 + 1, midstream);
    this.pairing.open(slot, midstream);
  }

  data(half: number, bytes: Uint8Array, start: number, end: number, frame: number, acked: number): void {
    const halves = this.halves;
    const next = halves.position[half]! + end - start;
    if (next >= halves.quietUntil[half]!) {
      this.bodies.frame = frame;
      this.reader.read(half, bytes, start, end, acked);
    }
    halves.position[half] = next;
    if (next >= halves.progressAt[half]!) this.bodies.tellProgress(half, frame);
    halves.lastFrame[half] = frame;
    halves.lastTime[half] = this.clock[0]!;
  }

  missing(half: number, length: number, frame: number, cut: boolean): void {
    const halves = this.halves;
    const next = halves.position[half]! + length;
    this.bodies.frame = frame;
    // What a segment without any captured payload held is not known: a body is the likelier.
    if ((halves.bits[half]! & HalfBit.DOUBT) !== 0 && (cut || halves.kind[half] === Kind.response)) this.reader.settleDoubt(half);
    if (next <= halves.quietUntil[half]!) {
      if (!cut) halves.gapBytes[half]! += length;
      halves.position[half] = next;
      if (next === halves.quietUntil[half]!) this.bodies.bodyPartEnds(half);
    } else {
      this.hole(half, next, cut);
      halves.position[half] = next;
    }
    halves.lastFrame[half] = frame;
    halves.lastTime[half] = this.clock[0]!;
  }

  ended(half: number, frame: number, reset: boolean): void {
    const halves = this.halves;
    this.bodies.frame = frame;
    if (halves.mode[half] === Mode.tls) this.tls?.ended(half, frame, reset);
    this.reader.settleDoubt(half);
    if (halves.mode[half] === Mode.carry) {
      const carry = this.carries.get(half)!;
      halves.mode[half] = halves.resume[half]!;
      if (halves.resume[half] === Mode.idle) this.connections.anomaly(half, 'head-unfinished', carry.frame);
      this.carries.drop(half);
    }
    const mode = halves.mode[half];
    // Only the FIN says where a body that lasts until the close ends (RFC 9112 section 8).
    const complete = !reset && (mode === Mode.untilClose || (mode === Mode.unknown && (halves.bits[half]! & HalfBit.CUT) !== 0));
    this.bodies.endMessage(half, complete, true);
    this.exchanges.skip(half);
  }

  /** Tells how far the bodies in progress have come, for who looks on while packets come. */
  tellLive(): void {
    for (let half = 0; half < this.halves.mode.length; half++) if (this.connections.isOpen(half >> 1)) this.bodies.tellBody(half);
  }

  closed(slot: number): void {
    if (!this.connections.isOpen(slot)) return;
    this.tls?.closed(slot);
    const { position, mode } = this.halves;
    for (let half = slot * 2; half < slot * 2 + 2; half++) {
      this.reader.settleDoubt(half);
      this.bodies.endMessage(half, false, true);
      if (mode[half] === Mode.carry) this.carries.drop(half);
      if (position[half]! > 0) this.connections.setFirstProtocol(slot, Protocol.other);
    }
    this.exchanges.close(slot);
    this.connections.close(slot);
  }

  /** Bytes up to position `next` are missing, and not all of them are known to be inside a body. */
  private hole(half: number, next: number, cut: boolean): void {
    const { mode, kind, bits, quietUntil, bodyStart, position } = this.halves;
    const slot = half >> 1;
    switch (mode[half]) {
      case Mode.tls:
        this.tls?.missing(half, next - position[half]!, this.bodies.frame, cut, position[half]!);
        return;
      case Mode.tunnel:
        this.exchanges.skip(half);
        return;
      case Mode.unknown:
        if (cut) return;
        break;
      case Mode.carry:
        if (cut && this.reader.tellCutHead(half, next)) return;
        break;
      case Mode.contentLength:
        if (cut) {
          this.bodies.endMessageAt(half, quietUntil[half]!);
          // What lies behind the last response that was asked for need not be read to be told.
          if (kind[half] === Kind.response && this.pairing.isSettled(slot)) this.connections.unsolicited(half, this.bodies.frame);
          this.exchanges.lost(half, true);
          return;
        }
        break;
      case Mode.chunked:
      case Mode.chunkData:
        if (!cut) break;
        // The sizes of the chunks are not seen, so the end is not known (RFC 9112 section 7.1); what comes counts as body.
        bodyStart[half] = position[half]! - this.bodies.bodyBytes(half, position[half]!);
        mode[half] = Mode.unknown;
        bits[half]! |= HalfBit.CUT;
        quietUntil[half] = 0;
        this.halves.bodyEnd[half] = -1;
        this.halves.gapBytes[half] = 0;
        this.exchanges.loseOrder(half, false);
        return;
      case Mode.start:
        if (kind[half] !== Kind.unknown) break;
        bits[half]! |= HalfBit.MIDSTREAM;
        this.pairing.lostRequests(slot, true);
        this.pairing.lostResponses(slot);
        return;
    }
    this.exchanges.lost(half, mode[half] === Mode.idle || mode[half] === Mode.carry || mode[half] === Mode.start);
  }
}
