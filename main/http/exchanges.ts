import { headAnomalyCodes } from './anomalies.ts';
import { frameBody } from './body-framing.ts';
import type { Carries } from './carry.ts';
import { Framing, MessageFlag, Protocol, type ExchangeSink } from './exchange-sink.ts';
import { Upgrade } from './field-values.ts';
import { HalfBit, type HalfTable, Kind, Mode } from './half-table.ts';
import type { HttpConnections } from './http-connections.ts';
import { LooseInterims } from './loose-interims.ts';
import type { MessageBodies } from './message-bodies.ts';
import { ParsedHead } from './message-parser.ts';
import type { Orphan, Pairing } from './pairing.ts';
import { Method } from './start-line-parser.ts';

/** From message heads to exchanges: frames and pairs each message, and tells of it when it begins and when it ends. */
export class Exchanges {
  readonly head = new ParsedHead();
  /** Of the head in `head`: where it began, its position, and what its sender had acknowledged. */
  readonly begin = { frame: 0, time: 0, pipelined: false };
  beginAt = 0;
  beginAcked = 0;
  private readonly pairing: Pairing;
  private readonly interims: LooseInterims;
  private readonly sink: ExchangeSink;
  private readonly clock: Float64Array;
  private readonly halves: HalfTable;
  private readonly carries: Carries;
  private readonly connections: HttpConnections;
  private readonly bodies: MessageBodies;

  constructor(sink: ExchangeSink, clock: Float64Array, halves: HalfTable, carries: Carries, connections: HttpConnections, pairing: Pairing, bodies: MessageBodies) {
    this.sink = sink;
    this.clock = clock;
    this.halves = halves;
    this.carries = carries;
    this.connections = connections;
    this.pairing = pairing;
    this.bodies = bodies;
    this.interims = new LooseInterims(sink, clock);
  }

  /** What this half-stream is, and so the other, is known by its first message. */
  become(half: number, kind: number): void {
    const { kind: kinds, mode } = this.halves;
    const slot = half >> 1;
    const other = half ^ 1;
    kinds[half] = kind;
    kinds[other] = kind === Kind.request ? Kind.response : Kind.request;
    if (this.connections.protocolOf(slot) === Protocol.other && mode[other] === Mode.skip) {
      mode[other] = Mode.seek;
      this.halves.quietUntil[other] = 0;
    }
    this.connections.setProtocol(slot, Protocol.http1);
    this.connections.tellRoles(kind === Kind.request ? half : other);
  }

  /**
   * A message head stands in `head`, where it began in `begin`, `beginAt` and `beginAcked`; it ends at position
   * `bodyStart`. Returns the exchange if this is its request and its response came before, else -1.
   */
  message(half: number, bodyStart: number): number {
    const { mode, position, bits, unreadAcked } = this.halves;
    const other = half ^ 1;
    // The other side's turn has come: its message of unknown length is over, if this one was sent after all of it.
    if (mode[other] === Mode.unknown && ((this.beginAcked - position[other]!) | 0) >= 0) {
      this.bodies.endMessage(other, (bits[other]! & HalfBit.CUT) !== 0, true);
      mode[other] = Mode.idle;
    }
    if (this.head.isRequest && (bits[half]! & HalfBit.UNREAD) !== 0) this.pairing.unread(half >> 1, unreadAcked[half]!);
    bits[half]! &= HalfBit.MIDSTREAM | HalfBit.SWITCHED;
    const late = this.head.isRequest ? this.request(half, bodyStart) : this.response(half, bodyStart);
    const anomalies = this.head.anomalies;
    for (let bit = 0; anomalies >>> bit !== 0; bit++) {
      if (((anomalies >>> bit) & 1) !== 0) this.connections.anomaly(half, headAnomalyCodes[bit]!, this.begin.frame);
    }
    return late;
  }

  /** Returns the row of the response that came first, or -1. */
  private request(half: number, bodyStart: number): number {
    const { head, begin, halves, pairing } = this;
    const slot = half >> 1;
    const other = half ^ 1;
    const connection = this.connections.row(slot);
    frameBody(head, Method.other);
    const isLateTurn = pairing.mayClaim(slot) && pairing.isSameTurn(slot, this.beginAcked);
    const claimed = pairing.claim(slot, this.beginAt | 0, this.beginAcked);
    const late = claimed?.row ?? -1;
    // Where the client had acknowledged more than was captured so far, the response is not late: the capture is.
    const isCaught = ((this.beginAcked - halves.position[other]!) | 0) <= 0;
    const isAnswering = halves.row[other]! >= 0 && (halves.bits[other]! & HalfBit.PAIRED) !== 0;
    begin.pipelined = late >= 0 ? isLateTurn : (isCaught && (pairing.outstanding(slot) || isAnswering)) || pairing.isBehind(slot, this.beginAt | 0, this.beginAcked);
    let row = late;
    if (late >= 0) this.sink.requestOf(late, connection, half, head, begin);
    else {
      row = this.sink.request(connection, half, head, begin);
      if (!pairing.add(slot, row, head.method, this.beginAt | 0, this.beginAcked, begin.pipelined)) this.connections.anomaly(half, 'pending-requests', begin.frame);
    }
    halves.row[half] = row;
    if ((head.flags & MessageFlag.expectContinue) !== 0) halves.bits[half]! |= HalfBit.EXPECT;
    if (head.method === Method.connect) halves.bits[half]! |= HalfBit.CONNECT;
    this.startBody(half, bodyStart);
    if (late >= 0 && halves.row[other] === late) halves.bits[other]! |= HalfBit.PAIRED;
    if (claimed !== null && head.method === Method.connect && claimed.status >= 200 && claimed.status < 300) this.openLateTunnel(half, claimed);
    if (late >= 0 && head.method === Method.head) {
      this.sink.bodiless(late, Framing.none);
      if (halves.row[other] === late) this.responseHasNoBody(other);
    }
    if (late >= 0 && (halves.bits[half]! & HalfBit.SWITCHED) !== 0 && halves.mode[half] === Mode.idle && !pairing.awaitsRequest(slot)) this.skip(half);
    // Its answer is there: the client may have kept the body it announced.
    if (late >= 0 && halves.row[half] === row && (halves.bits[half]! & HalfBit.EXPECT) !== 0) this.bodies.doubtBody(half);
    return late;
  }

  /** Returns -1. */
  private response(half: number, bodyStart: number): number {
    const { head, begin, halves, pairing } = this;
    const slot = half >> 1;
    const other = half ^ 1;
    const connection = this.connections.row(slot);
    const pending = pairing.answer(slot, this.beginAt | 0, this.beginAcked, head.status);
    const method = pending >= 0 ? pairing.methodOf(pending) : Method.other;
    const exchange = pending >= 0 ? pairing.rowOf(pending) : -1;
    frameBody(head, method);
    begin.pipelined = false;
    if (head.status < 200 && head.status !== 101) {
      if (pending >= 0) {
        // What came before its request is of the same final response.
        this.interims.tell(slot, connection, exchange);
        this.sink.interim(connection, half, exchange, head.status, begin.frame);
      } else {
        this.interims.hold(slot, connection, half, head.status, begin.frame, this.clock[0]!);
        pairing.orphanInterim(slot, this.beginAt | 0);
      }
      halves.mode[half] = Mode.idle;
      halves.quietUntil[half] = 0;
      return -1;
    }
    const row = this.sink.response(connection, half, exchange, head, begin);
    halves.row[half] = row;
    this.interims.tell(slot, connection, row);
    if (pending >= 0) {
      pairing.removeFirst(slot);
      halves.bits[half]! |= HalfBit.PAIRED;
      // After a final response the client may keep the body it announced (RFC 9110 section 10.1.1).
      if (halves.row[other] === row && (halves.bits[other]! & HalfBit.EXPECT) !== 0 && halves.position[other] === halves.bodyStart[other]) this.bodies.doubtBody(other);
    } else {
      pairing.orphan(slot, row, this.beginAt | 0, this.beginAcked, head.status, this.bodies.frame, this.clock[0]!);
      // It may answer a HEAD.
      halves.bits[half]! |= HalfBit.DOUBT;
    }
    this.startBody(half, bodyStart);
    if (head.framing === Framing.upgrade) this.switchProtocol(half, pending >= 0);
    else if (head.framing === Framing.tunnel) this.openTunnel(half);
    else if (method === Method.connect) this.refuseTunnel(other);
    return -1;
  }

  private startBody(half: number, start: number): void {
    this.bodies.startBody(half, start, this.head);
    if (this.head.framing !== Framing.unknown) return;
    this.loseOrder(half, false);
    if (this.head.isRequest && (this.head.flags & MessageFlag.headCut) === 0) this.bodies.doubtBody(half);
  }

  /** A response told before its request turns out to answer a HEAD. */
  private responseHasNoBody(half: number): void {
    const { position, bodyStart, mode, quietUntil, resume } = this.halves;
    const isCarried = this.bodies.inDoubt(half) && mode[half] === Mode.carry;
    if (!isCarried && position[half] !== bodyStart[half]) return;
    this.bodies.tellEnd(half, bodyStart[half]!, true, true);
    if (isCarried) resume[half] = Mode.idle;
    else mode[half] = Mode.idle;
    quietUntil[half] = 0;
  }

  /** 101: both directions speak another protocol from here on (RFC 9110 section 15.2.2). */
  private switchProtocol(half: number, hasRequest: boolean): void {
    const { upgrade } = this.head;
    const protocol = upgrade === Upgrade.websocket ? Protocol.websocket : upgrade === Upgrade.h2c ? Protocol.http2 : Protocol.tunnel;
    this.connections.setProtocol(half >> 1, protocol);
    if (hasRequest) this.skipBoth(half);
    else {
      this.halves.bits[half ^ 1]! |= HalfBit.SWITCHED;
      this.skip(half);
    }
  }

  /** Whether what the client sent with this acknowledgement lies behind a 101 that came before its request. */
  isBehindSwitch(half: number, acked: number): boolean {
    const { bits, bodyStart } = this.halves;
    return (bits[half]! & HalfBit.SWITCHED) !== 0 && ((acked - bodyStart[half ^ 1]!) | 0) >= 0;
  }

  /** 2xx to CONNECT: both directions are the tunnel's from here on (RFC 9110 section 9.3.6). */
  private openTunnel(half: number): void {
    const { mode } = this.halves;
    this.connections.setProtocol(half >> 1, Protocol.tunnel);
    mode[half] = Mode.tunnel;
    const other = half ^ 1;
    // The client may have begun already: then its bytes are being read as the tunnel's.
    if (mode[other] !== Mode.idle && mode[other] !== Mode.seek) return;
    this.bodies.endMessage(other, false, true);
    mode[other] = Mode.tunnel;
  }

  /** A 2xx told before its request opened a tunnel, as the CONNECT says now: what came behind its head was the tunnel's. */
  private openLateTunnel(half: number, { row, frame, time }: Orphan): void {
    const { mode, position, bodyStart } = this.halves;
    const other = half ^ 1;
    this.connections.setProtocol(half >> 1, Protocol.tunnel);
    this.sink.bodiless(row, Framing.tunnel);
    mode[half] = Mode.tunnel;
    if (this.halves.row[other] === row && position[other] === bodyStart[other]) {
      this.bodies.endAtHead(other, frame, time);
      mode[other] = Mode.tunnel;
      return;
    }
    if (this.halves.row[other] === row) this.bodies.endAtHead(other, frame, time);
    this.leave(other);
  }

  /** Not 2xx to CONNECT: HTTP goes on. */
  private refuseTunnel(half: number): void {
    const { mode, bits, quietUntil } = this.halves;
    bits[half]! &= ~HalfBit.CONNECT;
    if (mode[half] !== Mode.tunnel && mode[half] !== Mode.tls && mode[half] !== Mode.skip && mode[half] !== Mode.carry) return;
    this.carries.drop(half);
    mode[half] = Mode.seek;
    quietUntil[half] = 0;
  }

  /** Where the half-stream's messages begin and end is lost. `hidden`: with it the beginning of one that was not told. */
  lost(half: number, hidden: boolean): void {
    const { mode, quietUntil, resume, bits, unreadAcked } = this.halves;
    const searching = mode[half] === Mode.seek || (mode[half] === Mode.carry && resume[half] === Mode.seek);
    this.bodies.endMessage(half, false, true);
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

  /** Which response answers which request is in doubt from here on. */
  loseOrder(half: number, hidden: boolean): void {
    const { kind } = this.halves;
    if (kind[half] !== Kind.response) this.pairing.lostRequests(half >> 1, hidden);
    if (kind[half] === Kind.request) return;
    this.pairing.lostResponses(half >> 1);
    this.interims.tell(half >> 1, this.connections.row(half >> 1), -1);
  }

  /** The connection is over. */
  close(slot: number): void {
    this.interims.tell(slot, this.connections.row(slot), -1);
    this.pairing.close(slot);
  }

  /** Nothing more of this half-stream is read. */
  skip(half: number): void {
    this.halves.mode[half] = Mode.skip;
    this.halves.quietUntil[half] = Infinity;
  }

  /** Nothing more of this half-stream is read, and what was kept of it neither. */
  leave(half: number): void {
    this.bodies.endMessage(half, false, true);
    this.carries.drop(half);
    this.skip(half);
  }

  skipBoth(half: number): void {
    this.skip(half);
    this.leave(half ^ 1);
  }
}
