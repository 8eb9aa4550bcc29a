import type { ByteBlock } from '../capture/record-batch.ts';
import type { ConnectionSink } from './connection-sink.ts';
import { ConnectionFacts, EventKind, ResetFlag } from './connection-sink.ts';
import type { FlowTable } from './flow-table.ts';
import type { HalfStreams } from './half-stream.ts';
import { ACK } from './header-word.ts';
import type { Limits } from './limits.ts';
import type { Lingering } from './lingering.ts';
import type { Redirects } from './redirects.ts';
import { sequenceDistance } from './sequence.ts';
import { C, ConnectionState, F, FLOATS, H, HALF, HALVES, HalfState, type Slots, STRIDE } from './slots.ts';
import type { StreamSink } from './stream-sink.ts';
import { addUnseenFins, FIN_UNACKNOWLEDGED, FIN_UNSEEN, hasUnseenFin, isFinUnacknowledged } from './unseen-fin.ts';

/** Share of the live connections that go when the limit is reached, so that the search is paid seldom. */
const GIVEN_UP_SHARE = 1 / 16;

/**
 * How connections end: the first FIN or RST closes one, late packets still belong to it while it lingers, and at last it
 * is told as facts.
 */
export class Closing {
  private readonly slots: Slots;
  private readonly flows: FlowTable;
  private readonly halves: HalfStreams;
  private readonly streams: StreamSink;
  private readonly connections: ConnectionSink;
  private readonly clock: Float64Array;
  private readonly limits: Limits;
  private readonly facts = new ConnectionFacts();
  private readonly lingering: Lingering;
  private readonly redirects: Redirects;

  constructor(slots: Slots, flows: FlowTable, lingering: Lingering, redirects: Redirects, halves: HalfStreams, streams: StreamSink, connections: ConnectionSink, clock: Float64Array, limits: Limits) {
    this.slots = slots;
    this.flows = flows;
    this.lingering = lingering;
    this.redirects = redirects;
    this.halves = halves;
    this.streams = streams;
    this.connections = connections;
    this.clock = clock;
    this.limits = limits;
  }

  /** A FIN whose own sequence number is `sequence`. */
  fin(slot: number, side: number, sequence: number, acknowledgement: number, frame: number): void {
    const ints = this.slots.ints;
    const floats = this.slots.floats;
    const base = slot * STRIDE;
    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    const at = slot * FLOATS;
    if ((ints[half + H.STATE]! & HalfState.FIN) !== 0 || sequenceDistance(sequence, ints[half + H.NEXT]!) < 0) return;
    ints[half + H.STATE]! |= HalfState.FIN;
    ints[half + H.FIN_SEQUENCE] = sequence;
    ints[half + H.FIN_FRAME] = frame;
    const state = ints[base + C.STATE]!;
    if ((state & ConnectionState.CLOSED) === 0) {
      this.close(slot, side, false, acknowledgement, frame);
    } else if (side === ((state & ConnectionState.CLOSE_SIDE1) === 0 ? 0 : 1) || ints[base + C.SECOND_FIN_FRAME] !== 0) {
      return;
    } else if (ints[base + C.CLOSE_ACKNOWLEDGEMENT] !== 0 && sequenceDistance(ints[base + C.CLOSE_ACKNOWLEDGEMENT]!, sequence) > 0) {
      // The packet that seemed to be the first acknowledges this FIN: it was sent before that one, and is late in the capture.
      if ((state & ConnectionState.CLOSE_RESET) === 0) {
        ints[base + C.SECOND_FIN_FRAME] = ints[base + C.CLOSE_FRAME]!;
        floats[at + F.SECOND_FIN] = floats[at + F.CLOSE]!;
      }
      ints[base + C.STATE] = state & ~(ConnectionState.CLOSE_RESET | ConnectionState.CLOSE_SIDE1);
      this.close(slot, side, false, acknowledgement, frame);
      ints[base + C.AFTER_CLOSE] = 0;
    } else {
      ints[base + C.SECOND_FIN_FRAME] = frame;
      floats[at + F.SECOND_FIN] = this.clock[0]!;
    }
    if ((ints[half + H.STATE]! & ints[other + H.STATE]! & HalfState.FIN) !== 0) this.linger(slot);
  }

  /** Tells the stream sink of a half-stream's end once everything before its FIN was delivered. */
  endInOrder(slot: number, side: number, frame: number): void {
    const ints = this.slots.ints;
    const half = slot * STRIDE + HALVES + side * HALF;
    if ((ints[half + H.STATE]! & (HalfState.FIN | HalfState.ENDED)) !== HalfState.FIN) return;
    if (ints[half + H.NEXT] !== ints[half + H.FIN_SEQUENCE]) return;
    ints[half + H.STATE]! |= HalfState.ENDED;
    this.streams.ended(slot * 2 + side, ints[half + H.FIN_FRAME]! || frame, false);
  }

  /** One side sent data and the other not even an ACK: the capture saw one direction only. */
  private noticeOneSided(slot: number): void {
    const { ints, floats } = this.slots;
    const base = slot * STRIDE;
    const seen0 = (ints[base + HALVES + H.STATE]! & HalfState.SEEN) !== 0;
    const seen1 = (ints[base + HALVES + HALF + H.STATE]! & HalfState.SEEN) !== 0;
    if (seen0 === seen1 || floats[slot * FLOATS + F.PAYLOAD + (seen0 ? 0 : 1)] === 0) return;
    this.connections.anomaly('one-sided', ints[base + C.FIRST_FRAME]!);
  }

  /** A RST is told as an end only now: it may turn out that nobody heeded it. */
  private endReset(slot: number, side: number): void {
    const ints = this.slots.ints;
    const half = slot * STRIDE + HALVES + side * HALF;
    if ((ints[half + H.STATE]! & (HalfState.RESET | HalfState.ENDED)) !== HalfState.RESET) return;
    ints[half + H.STATE]! |= HalfState.ENDED;
    this.streams.ended(slot * 2 + side, ints[slot * STRIDE + C.LAST_FRAME]!, true);
  }

  /** A RST. What is still in flight from the other side goes on being read. */
  reset(block: ByteBlock, path: number, slot: number, side: number, ip: number, sequence: number, acknowledgement: number, word: number, frame: number): void {
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    const finSequence = (ints[half + H.STATE]! & HalfState.FIN) === 0 ? 0 : 1;
    let flags = 0;
    if ((word & ACK) !== 0) flags |= ResetFlag.ACK;
    if ((word & 0xffff) !== 0) flags |= ResetFlag.WINDOW;
    if (sequence === ((ints[half + H.HIGH]! + finSequence) | 0)) flags |= ResetFlag.IN_SEQUENCE;
    if ((word & ACK) !== 0 && sequenceDistance(acknowledgement, ints[other + H.HIGH]!) >= 0) flags |= ResetFlag.ACKNOWLEDGES_ALL;
    if (timeToLive(block, path, ip) !== ints[half + H.TTL]) flags |= ResetFlag.OTHER_TTL;
    this.connections.event(ints[base + C.ROW]!, EventKind.reset, side, frame, flags);
    if ((ints[base + C.STATE]! & ConnectionState.CLOSED) === 0) this.close(slot, side, true, acknowledgement, frame);
    if ((ints[half + H.STATE]! & HalfState.RESET) === 0) {
      ints[half + H.STATE]! |= HalfState.RESET;
      ints[half + H.OTHER_NEXT_AT_RESET] = ints[other + H.HIGH]!;
    }
    this.linger(slot);
  }

  /** A side that sent a RST acknowledges bytes sent after it: the RST was not its own or was ignored (RFC 5961 section 3.2). */
  reopenIfIgnored(slot: number, side: number, acknowledgement: number): void {
    const ints = this.slots.ints;
    const half = slot * STRIDE + HALVES + side * HALF;
    if ((ints[half + H.STATE]! & HalfState.RESET) === 0) return;
    if (sequenceDistance(acknowledgement, ints[half + H.OTHER_NEXT_AT_RESET]!) > 0) this.reopen(slot, side);
  }

  /** The RST of a side ended nothing: the side goes on. */
  reopen(slot: number, side: number): void {
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    const half = base + HALVES + side * HALF;
    const state = ints[base + C.STATE]!;
    const closedByThis = (state & ConnectionState.CLOSE_RESET) !== 0 && ((state & ConnectionState.CLOSE_SIDE1) !== 0) === (side === 1);
    if (!closedByThis) return;
    ints[half + H.STATE]! &= ~HalfState.RESET;
    ints[base + C.STATE] = state & ~(ConnectionState.CLOSED | ConnectionState.CLOSE_RESET | ConnectionState.CLOSE_SIDE1 | ConnectionState.LINGERING);
    this.connections.anomaly('reset-ignored', ints[base + C.CLOSE_FRAME]!);
  }

  /** New bytes of the side that did not close first; the last of them is below `end`. */
  dataAfterClose(slot: number, side: number, bytes: number, end: number): void {
    const { ints, floats } = this.slots;
    const base = slot * STRIDE;
    const state = ints[base + C.STATE]!;
    if ((state & ConnectionState.CLOSED) === 0 || bytes <= 0 || side === ((state & ConnectionState.CLOSE_SIDE1) === 0 ? 0 : 1)) return;
    const acknowledged = ints[base + C.CLOSE_ACKNOWLEDGEMENT]!;
    const behind = acknowledged === 0 ? bytes : Math.min(bytes, sequenceDistance(end, acknowledged));
    const at = slot * FLOATS;
    if (behind > 0) {
      // By its time it was under way then, and is late in the capture.
      ints[base + (this.clock[0]! < floats[at + F.CLOSE]! ? C.CLOSE_UNACKNOWLEDGED : C.AFTER_CLOSE)]! += behind;
      return;
    }
    // What the closing packet acknowledges was there before it, if by a nanosecond, whatever the clock says at which the two were captured.
    const after = Math.max(0, floats[at + F.CLOSE]! - this.clock[0]!);
    floats[at + F.CLOSE_IDLE] = Math.min(floats[at + F.CLOSE_IDLE]!, after);
    floats[at + F.CLOSE] = this.clock[0]! + Math.max(1, after);
  }

  /** Ends the connection of a slot: its streams, its facts. The slot keeps its key and place in the flow table. */
  end(slot: number, replaced: boolean): void {
    if ((this.slots.ints[slot * STRIDE + C.STATE]! & ConnectionState.TOLD) !== 0) return;
    const frame = this.slots.ints[slot * STRIDE + C.LAST_FRAME]!;
    this.halves.flush(slot, frame);
    this.halves.giveUpBeforeFin(slot, 0);
    this.halves.giveUpBeforeFin(slot, 1);
    this.endInOrder(slot, 0, frame);
    this.endInOrder(slot, 1, frame);
    this.endReset(slot, 0);
    this.endReset(slot, 1);
    if ((this.slots.ints[slot * STRIDE + C.STATE]! & ConnectionState.STREAMS_CLOSED) === 0) {
      this.slots.ints[slot * STRIDE + C.STATE]! |= ConnectionState.STREAMS_CLOSED;
      this.streams.closed(slot);
    }
    this.noticeOneSided(slot);
    this.tell(slot, replaced);
  }

  /** Ends a connection that nothing more is awaited of now, while its state is at hand: once it has lingered that is far away. */
  endEarly(slot: number): void {
    const ints = this.slots.ints;
    const half0 = slot * STRIDE + HALVES;
    const half1 = half0 + HALF;
    const isOver =
      (ints[half0 + H.STATE]! & ints[half1 + H.STATE]! & (HalfState.FIN | HalfState.ENDED)) === (HalfState.FIN | HalfState.ENDED) &&
      ints[half0 + H.ACKED] === ((ints[half1 + H.FIN_SEQUENCE]! + 1) | 0) &&
      ints[half1 + H.ACKED] === ((ints[half0 + H.FIN_SEQUENCE]! + 1) | 0);
    if (!isOver) return;
    this.end(slot, false);
    ints[slot * STRIDE + C.STATE]! |= ConnectionState.TOLD;
    this.lingering.putAside(slot);
  }

  /** Frees room: the lingering connections first, then the longest idle. */
  giveUpIdle(): void {
    while (!this.lingering.isEmpty) this.releaseOldestLingering();
    const wanted = this.limits.liveConnections * (1 - GIVEN_UP_SHARE);
    if (this.slots.live <= wanted) return;
    const { ints, floats } = this.slots;
    const live: number[] = [];
    for (let slot = 0; slot < this.slots.used; slot++) if ((ints[slot * STRIDE + C.STATE]! & ConnectionState.LIVE) !== 0) live.push(slot);
    const lastPacket = (slot: number) => Math.max(floats[slot * FLOATS + F.LAST_PACKET]!, floats[slot * FLOATS + F.LAST_PACKET + 1]!);
    live.sort((a, b) => lastPacket(a) - lastPacket(b));
    for (const slot of live.slice(0, live.length - Math.floor(wanted))) {
      this.connections.anomaly('connections-given-up', ints[slot * STRIDE + C.LAST_FRAME]!);
      this.release(slot);
    }
  }

  /** How a connection stands that may go on. */
  tellLive(slot: number): void {
    if ((this.slots.ints[slot * STRIDE + C.STATE]! & ConnectionState.TOLD) === 0) this.tell(slot, false);
  }

  /** Tells the facts as they stand. */
  tell(slot: number, replaced: boolean): void {
    const ints = this.slots.ints;
    const floats = this.slots.floats;
    const base = slot * STRIDE;
    const at = slot * FLOATS;
    const half0 = base + HALVES;
    const half1 = half0 + HALF;
    const state = ints[base + C.STATE]!;
    const facts = this.facts;
    facts.address0 = ints[base]!;
    facts.address1 = ints[base + C.ADDRESS1]!;
    facts.port0 = ints[base + C.PORTS]! >>> 16;
    facts.port1 = ints[base + C.PORTS]! & 0xffff;
    facts.path = ints[base + C.PATH]!;
    facts.firstFrame = ints[base + C.FIRST_FRAME]!;
    facts.lastFrame = ints[base + C.LAST_FRAME]!;
    facts.startedAt = floats[at + F.START]!;
    facts.endedAt = Math.max(facts.startedAt, floats[at + F.LAST_PACKET]!, floats[at + F.LAST_PACKET + 1]!);
    const shook = (state & (ConnectionState.SYN | ConnectionState.SYN_ACK)) !== 0 && (state & ConnectionState.SIMULTANEOUS_OPEN) === 0;
    facts.initiator = shook ? ((state & ConnectionState.SYN_SIDE1) === 0 ? 0 : 1) : -1;
    facts.synFrame = ints[base + C.SYN_FRAME]!;
    facts.synAckFrame = ints[base + C.SYN_ACK_FRAME]!;
    const both = (state & ConnectionState.SYN) !== 0 && (state & ConnectionState.SYN_ACK) !== 0;
    // Never below 0, whatever is late; with the ACK their sum is right all the same.
    const acked = (state & ConnectionState.SYN_ACK) !== 0 && (state & ConnectionState.HANDSHAKE_DONE) !== 0;
    const synAckAt = acked ? Math.min(floats[at + F.SYN_ACK]!, floats[at + F.HANDSHAKE_ACK]!) : floats[at + F.SYN_ACK]!;
    facts.synToSynAck = both ? Math.max(0, synAckAt - floats[at + F.SYN]!) : -1;
    facts.synAckToAck = acked ? floats[at + F.HANDSHAKE_ACK]! - (both ? Math.max(synAckAt, floats[at + F.SYN]!) : synAckAt) : -1;
    facts.synRetransmissions = ints[base + C.SYN_RETRANSMISSIONS]!;
    const closed = (state & ConnectionState.CLOSED) !== 0;
    facts.closeSide = closed ? ((state & ConnectionState.CLOSE_SIDE1) === 0 ? 0 : 1) : -1;
    facts.closeReset = closed && (state & ConnectionState.CLOSE_RESET) !== 0;
    facts.closeFrame = closed ? ints[base + C.CLOSE_FRAME]! : 0;
    facts.closedAt = closed ? floats[at + F.CLOSE]! : 0;
    facts.closeIdle = closed ? floats[at + F.CLOSE_IDLE]! : 0;
    facts.replaced = replaced;
    facts.secondFinFrame = ints[base + C.SECOND_FIN_FRAME]!;
    facts.secondFinAt = Math.max(facts.closedAt, floats[at + F.SECOND_FIN]!);
    facts.packets0 = ints[half0 + H.PACKETS]!;
    facts.packets1 = ints[half1 + H.PACKETS]!;
    facts.payload0 = floats[at + F.PAYLOAD]!;
    facts.payload1 = floats[at + F.PAYLOAD + 1]!;
    facts.retransmissions0 = ints[half0 + H.RETRANSMISSIONS]!;
    facts.retransmissions1 = ints[half1 + H.RETRANSMISSIONS]!;
    facts.windowDrop0 = ints[base + C.WINDOW_DROP0]!;
    facts.windowDrop1 = ints[base + C.WINDOW_DROP1]!;
    const acknowledged = closed ? ints[base + C.CLOSE_ACKNOWLEDGEMENT]! : 0;
    facts.closeUnacknowledged = acknowledged !== 0 && hasUnseenFin(this.slots, slot, facts.closeSide ^ 1, acknowledged) ? FIN_UNSEEN : ints[base + C.CLOSE_UNACKNOWLEDGED]!;
    facts.bytesAfterClose = ints[base + C.AFTER_CLOSE]!;
    facts.unanswered0 = ints[half0 + H.UNANSWERED]!;
    facts.unanswered1 = ints[half1 + H.UNANSWERED]!;
    if (facts.closeReset || facts.secondFinFrame === 0 || facts.closeUnacknowledged === FIN_UNSEEN) addUnseenFins(this.slots, slot, facts);
    if (isFinUnacknowledged(this.slots, slot, facts)) {
      if (facts.closeSide === 0) facts.unanswered0 ||= FIN_UNACKNOWLEDGED;
      else facts.unanswered1 ||= FIN_UNACKNOWLEDGED;
    }
    this.redirects.tell(slot, facts);
    this.connections.facts(ints[base + C.ROW]!, facts);
  }

  private close(slot: number, side: number, isReset: boolean, acknowledgement: number, frame: number): void {
    const ints = this.slots.ints;
    const floats = this.slots.floats;
    const base = slot * STRIDE;
    const at = slot * FLOATS;
    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    ints[base + C.STATE]! |= ConnectionState.CLOSED | (side === 0 ? 0 : ConnectionState.CLOSE_SIDE1) | (isReset ? ConnectionState.CLOSE_RESET : 0);
    ints[base + C.CLOSE_FRAME] = frame;
    floats[at + F.CLOSE] = this.clock[0]!;
    const newest = Math.max(floats[at + F.LAST_NEW]!, floats[at + F.LAST_NEW + 1]!, floats[at + F.HANDSHAKE_ACK]!, floats[at + F.START]!);
    floats[at + F.CLOSE_IDLE] = this.clock[0]! - newest;
    ints[base + C.CLOSE_ACKNOWLEDGEMENT] = acknowledgement;
    ints[base + C.WINDOW_DROP0 + side] = ints[half + H.WINDOW_MAX]! - ints[half + H.WINDOW]!;
    ints[base + C.WINDOW_DROP0 + (side ^ 1)] = ints[other + H.WINDOW_MAX]! - ints[other + H.WINDOW]!;
    if ((ints[other + H.STATE]! & HalfState.SYNCHRONIZED) !== 0 && acknowledgement !== 0) {
      ints[base + C.CLOSE_UNACKNOWLEDGED] = Math.max(0, sequenceDistance(ints[other + H.HIGH]!, acknowledgement));
    }
  }

  private linger(slot: number): void {
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    if ((ints[base + C.STATE]! & ConnectionState.LINGERING) !== 0) return;
    ints[base + C.STATE]! |= ConnectionState.LINGERING;
    if (this.lingering.isFull) this.releaseOldestLingering();
    this.lingering.add(slot);
  }

  private releaseOldestLingering(): void {
    const slot = this.lingering.removeOldest();
    if (slot >= 0) this.release(slot);
  }

  private release(slot: number): void {
    this.end(slot, false);
    this.flows.remove(this.slots.ints[slot * STRIDE + C.HASH]!, slot + 1);
    this.slots.release(slot);
  }
}

/** TTL (IPv4) or hop limit (IPv6). */
export function timeToLive(block: ByteBlock, path: number, ip: number): number {
  return block.bytes[ip + ((path & 1) === 0 ? 8 : 7)]!;
}
