import type { ByteBlock, RecordBatch } from '../capture/record-batch.ts';
import type { SegmentSink } from '../decode/segment-sink.ts';
import { windowScale } from '../decode/tcp.ts';
import type { AddressTable } from './address-table.ts';
import { Closing, timeToLive } from './closing.ts';
import type { ConnectionSink } from './connection-sink.ts';
import { EventKind } from './connection-sink.ts';
import { FlowTable } from './flow-table.ts';
import { HalfStreams, MAX_DISTANCE } from './half-stream.ts';
import type { Limits } from './limits.ts';
import { Lingering } from './lingering.ts';
import { sequenceDistance } from './sequence.ts';
import { ATTENTION, C, ConnectionState, F, FLOATS, H, HALF, HALVES, HalfState, Slots, STRIDE } from './slots.ts';
import type { StreamSink } from './stream-sink.ts';

/** The 32-bit word at byte 12 of a TCP header: data offset, flags, window. */
const FIN = 0x01_0000;
const SYN = 0x02_0000;
const RST = 0x04_0000;
const ACK = 0x10_0000;

const IN_STEP = HalfState.SYNCHRONIZED | HalfState.ACKED;

/** With less room than this a sender waits for more (RFC 9293 section 3.8.6.2.1): a full segment on common paths. */
const FULL_SEGMENT = 1460;
/** A silence between bytes of one side that is more than segments spread by a slow path. */
const SHORTEST_PAUSE = 20e6;
/** One that is told by itself, unless the connection is so old that many such are to be expected. */
const SHORTEST_STALL = 1e9;
/** Waiting is told when it sums up to so much, and to this share of the connection's age: events stay few. */
const TOLD_WAITING = 100e3;
const TOLD_WAITING_SHARE = 1 / 32;
/** Microseconds: the sum stays an integer of 31 bits. */
const MOST_WAITED = 1e9;

/** A copy of a packet (capture on every interface, mirrored port) comes within this many nanoseconds; a retransmission later. */
const DUPLICATE_NANOSECONDS = 100e6;
/** A segment that fills a hole younger than this, or than a round trip, was reordered, not sent again. */
const REORDERED_NANOSECONDS = 3e6;

/**
 * Connections: four-tuple to state, and for each segment what it means. In order and without anything special about its
 * connection a segment takes the fast path of `segment`; the rest goes through `general`.
 */
export class ConnectionTable implements SegmentSink {
  private readonly addresses: AddressTable;
  private readonly slots = new Slots();
  private readonly flows = new FlowTable();
  private readonly halves: HalfStreams;
  private readonly lingering: Lingering;
  private readonly closing: Closing;
  private readonly connections: ConnectionSink;
  private readonly streams: StreamSink;
  private readonly clock: Float64Array;
  private readonly limits: Limits;
  private batch!: RecordBatch;
  private lastSlot = -1;

  constructor(connections: ConnectionSink, streams: StreamSink, clock: Float64Array, addresses: AddressTable, limits: Limits) {
    this.connections = connections;
    this.streams = streams;
    this.clock = clock;
    this.addresses = addresses;
    this.limits = limits;
    this.halves = new HalfStreams(this.slots, streams, connections, clock, limits);
    this.lingering = new Lingering(this.slots, this.flows, limits.lingeringConnections);
    this.closing = new Closing(this.slots, this.flows, this.lingering, this.halves, streams, connections, clock, limits);
  }

  begin(batch: RecordBatch): void {
    this.batch = batch;
  }

  /** Connections that are live or still take late packets. */
  get live(): number {
    return this.slots.live + this.lingering.aside;
  }

  /** Tells how all connections stand that are not over, for who looks on while packets come. */
  tellLive(): void {
    for (let slot = 0; slot < this.slots.used; slot++) if (this.isLive(slot)) this.closing.tellLive(slot);
  }

  /** The capture is over: every connection is told and its streams are closed. */
  finish(): void {
    for (let slot = 0; slot < this.slots.used; slot++) if (this.isLive(slot)) this.closing.end(slot, false);
  }

  segment(block: ByteBlock, record: number, path: number, addresses: number, ip: number, tcp: number, payload: number, end: number, capturedEnd: number): void {
    const view = block.view;
    let address0: number;
    let address1: number;
    if ((path & 1) === 0) {
      address0 = view.getInt32(addresses);
      address1 = view.getInt32(addresses + 4);
    } else {
      address0 = this.addresses.intern(block, addresses);
      address1 = this.addresses.intern(block, addresses + 16);
    }
    let ports = view.getInt32(tcp);
    let side = 0;
    if (address0 > address1 || (address0 === address1 && ports >>> 16 > (ports & 0xffff))) {
      const swap = address0;
      address0 = address1;
      address1 = swap;
      ports = (ports << 16) | (ports >>> 16);
      side = 1;
    }
    const frame = (this.batch.firstFrame + record) | 0;
    const time = this.batch.time[record]!;
    this.clock[0] = time;

    let ints = this.slots.ints;
    let slot = this.lastSlot;
    let base = slot * STRIDE;
    if (slot < 0 || ints[base] !== address0 || ints[base + C.ADDRESS1] !== address1 || ints[base + C.PORTS] !== ports || ints[base + C.PATH] !== path) {
      // Without the VLANs and the tunnel: the two directions may differ in them.
      const hash = FlowTable.hash(address0, address1, ports, path & 1);
      slot = this.lookUp(hash, address0, address1, ports, path);
      if (slot < 0) slot = this.lookUpOneWay(hash, address0, address1, ports, path, side, view.getInt32(tcp + 12), view.getInt32(tcp + 4), view.getInt32(tcp + 8));
      if (slot < 0) {
        slot = this.create(hash, address0, address1, ports, path);
        this.open(slot, frame, (view.getInt32(tcp + 12) & SYN) === 0);
      }
      ints = this.slots.ints;
      this.lastSlot = slot;
      base = slot * STRIDE;
    }

    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    const word = view.getInt32(tcp + 12);
    const sequence = view.getInt32(tcp + 4);
    const id = (path & 1) === 0 ? view.getUint16(ip + 4) : 0;
    if (
      (word & (SYN | FIN | RST | ACK)) === ACK &&
      (ints[base + C.STATE]! & ATTENTION) === 0 &&
      sequence === ints[half + H.NEXT] &&
      (ints[half + H.STATE]! & (IN_STEP | HalfState.WINDOW_FULL)) === IN_STEP
    ) {
      const acknowledgement = view.getInt32(tcp + 8);
      const progress = (acknowledgement - ints[half + H.ACKED]!) | 0;
      const window = (word & 0xffff) << ints[half + H.WINDOW_SHIFT]!;
      const length = end - payload;
      if (((acknowledgement - ints[other + H.NEXT]!) | 0) <= 0 && window !== 0 && (length > 0 || progress > 0)) {
        if (id !== 0) ints[half + H.LAST_ID] = id;
        else this.rememberChecksum(half, view.getUint16(tcp + 16));
        ints[half + H.PACKETS]!++;
        ints[base + C.LAST_FRAME] = frame;
        const floats = this.slots.floats;
        const at = slot * FLOATS + side;
        floats[at + F.LAST_PACKET] = time;
        if (progress >= 0) {
          ints[half + H.ACKED] = acknowledgement;
          ints[half + H.WINDOW] = window;
          if (window > ints[half + H.WINDOW_MAX]!) ints[half + H.WINDOW_MAX] = window;
          if (progress > 0) ints[other + H.UNANSWERED] = 0;
        }
        if (length > 0) {
          if (time - floats[at + F.LAST_NEW]! >= SHORTEST_PAUSE) this.paused(slot, side, frame);
          floats[at + F.LAST_NEW] = time;
          ints[half + H.HIGH] = (sequence + length) | 0;
          if (((ints[other + H.ACKED]! + ints[other + H.WINDOW]! - sequence - length) | 0) < FULL_SEGMENT) this.filled(half, other);
          this.halves.deliver(slot, side, block.bytes, payload, capturedEnd, end, frame, acknowledgement);
        }
        return;
      }
    }
    if (!this.usual(block, path, slot, side, ip, tcp, payload, end, capturedEnd, frame, id)) this.general(block, path, slot, side, ip, tcp, payload, end, capturedEnd, frame, id);
  }

  /**
   * The packets without payload that nearly every connection has: SYN, SYN-ACK, the ACK behind it, window updates, FINs
   * and their ACKs, each in order and the first of its kind. It does what `general` does with them, by fewer steps; in
   * any doubt it does nothing and returns false.
   */
  private usual(block: ByteBlock, path: number, slot: number, side: number, ip: number, tcp: number, payload: number, end: number, capturedEnd: number, frame: number, id: number): boolean {
    const view = block.view;
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    const word = view.getInt32(tcp + 12);
    const sequence = view.getInt32(tcp + 4);
    const state = ints[base + C.STATE]!;
    const halfState = ints[half + H.STATE]!;
    const otherState = ints[other + H.STATE]!;
    if (end !== payload || (word & RST) !== 0) return false;
    if ((word & SYN) !== 0) {
      if (halfState !== 0 || (word & FIN) !== 0) return false;
      if ((word & ACK) === 0) {
        if (state !== ConnectionState.LIVE || otherState !== 0) return false;
      } else {
        if ((state & ~ConnectionState.SYN_SIDE1) !== (ConnectionState.LIVE | ConnectionState.SYN | ConnectionState.HANDSHAKING) || (otherState & HalfState.SYN) === 0) return false;
        const acknowledgement = view.getInt32(tcp + 8);
        if (((acknowledgement - ints[other + H.NEXT]!) | 0) > 0) return false;
        ints[half + H.ACKED] = acknowledgement;
        ints[half + H.STATE] = HalfState.ACKED;
        ints[half + H.WINDOW] = word & 0xffff;
        ints[other + H.UNANSWERED] = 0;
      }
      this.notice(block, path, half, slot, side, ip, tcp, id, frame);
      this.synchronize(block, slot, side, sequence, word, tcp, payload, capturedEnd, frame);
      return true;
    }
    const acknowledgement = view.getInt32(tcp + 8);
    const finSent = (halfState & HalfState.FIN) === 0 ? 0 : 1;
    const window = (word & 0xffff) << ints[half + H.WINDOW_SHIFT]!;
    const progress = (halfState & HalfState.ACKED) === 0 ? 1 : (acknowledgement - ints[half + H.ACKED]!) | 0;
    const beyond = (acknowledgement - ints[other + H.NEXT]!) | 0;
    if (
      (word & ACK) === 0 ||
      (state & (ATTENTION | ConnectionState.SIMULTANEOUS_OPEN) & ~(ConnectionState.CLOSED | ConnectionState.HANDSHAKING)) !== 0 ||
      (halfState & otherState & HalfState.SYNCHRONIZED) === 0 ||
      ((halfState | otherState) & HalfState.RESET) !== 0 ||
      progress < 0 ||
      ints[half + H.HIGH] !== ints[half + H.NEXT] ||
      sequence !== ((ints[half + H.NEXT]! + finSent) | 0) ||
      (beyond > 0 && (beyond > 1 || (otherState & HalfState.FIN) === 0 || acknowledgement !== ((ints[other + H.FIN_SEQUENCE]! + 1) | 0))) ||
      window === 0 ||
      ((word & FIN) !== 0 && finSent !== 0) ||
      (progress === 0 && (word & FIN) === 0 && this.isCopy(block, half, slot, side, tcp, sequence, word, 0, id))
    ) {
      return false;
    }
    this.notice(block, path, half, slot, side, ip, tcp, id, frame);
    if ((state & ConnectionState.HANDSHAKING) !== 0) this.handshakeGoesOn(slot, side, word);
    ints[half + H.WINDOW] = window;
    if (window > ints[half + H.WINDOW_MAX]!) ints[half + H.WINDOW_MAX] = window;
    if (progress > 0) {
      ints[half + H.ACKED] = acknowledgement;
      ints[half + H.STATE]! |= HalfState.ACKED;
      ints[other + H.UNANSWERED] = 0;
    }
    if ((word & FIN) !== 0) {
      this.closing.fin(slot, side, sequence, acknowledgement, frame);
      this.closing.endInOrder(slot, side, frame);
    } else if ((state & ConnectionState.LINGERING) !== 0) {
      this.closing.endEarly(slot);
    }
    return true;
  }

  private general(block: ByteBlock, path: number, slot: number, side: number, ip: number, tcp: number, payload: number, end: number, capturedEnd: number, frame: number, id: number): void {
    const view = block.view;
    const time = this.clock[0]!;
    const ints = this.slots.ints;
    const floats = this.slots.floats;
    const base = slot * STRIDE;
    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    const word = view.getInt32(tcp + 12);
    const length = end - payload;
    let sequence = view.getInt32(tcp + 4);
    const acknowledgement = (word & ACK) === 0 ? 0 : view.getInt32(tcp + 8);

    if ((word & RST) === 0 && this.isCopy(block, half, slot, side, tcp, sequence, word, length, id)) {
      this.connections.anomaly('duplicate-packets', frame);
      return;
    }
    if (this.beginsAnew(slot, side, sequence, acknowledgement, word, length)) {
      this.closing.end(slot, (ints[base + C.STATE]! & ConnectionState.CLOSED) === 0);
      this.open(slot, frame, (word & SYN) === 0);
    }
    this.notice(block, path, half, slot, side, ip, tcp, id, frame);
    if (this.isOfBefore(slot, side, sequence, acknowledgement, word)) return;

    if ((word & SYN) !== 0 && (word & RST) === 0) {
      this.synchronize(block, slot, side, sequence, word, tcp, payload, capturedEnd, frame);
      sequence = (sequence + 1) | 0;
    } else if ((ints[base + C.STATE]! & ConnectionState.HANDSHAKING) !== 0) {
      this.handshakeGoesOn(slot, side, word);
    }
    if ((ints[half + H.STATE]! & HalfState.SYNCHRONIZED) === 0 && (word & RST) === 0) {
      this.synchronizeMidstream(base, half, other, sequence, word, length);
    }

    const probe = this.isProbe(half, other, sequence, word, length);
    if ((word & ACK) !== 0) this.acknowledge(slot, side, acknowledgement, word, probe, frame);
    if (probe) {
      const isWindowProbe = (ints[other + H.STATE]! & HalfState.ACKED) !== 0 && ints[other + H.WINDOW] === 0;
      const kind = isWindowProbe ? EventKind.windowProbe : EventKind.keepAliveProbe;
      ints[half + H.PROBE] = this.connections.event(ints[base + C.ROW]!, kind, side, frame, 0) + 1;
      ints[base + C.STATE]! |= ConnectionState.PROBING;
    } else if (length > 0 && (word & RST) === 0) {
      // New bytes from a side that had sent a RST: it was not its own, or nobody heeded it (RFC 5961 section 3.2).
      if ((ints[half + H.STATE]! & HalfState.RESET) !== 0 && sequence === ints[half + H.NEXT]) this.closing.reopen(slot, side);
      if (ints[other + H.WINDOW] === 0 && length === 1 && sequence === ints[half + H.NEXT] && (ints[other + H.STATE]! & HalfState.ACKED) !== 0) {
        // A persist probe that carries the next byte (RFC 9293 section 3.8.6.1); the byte is data all the same.
        ints[half + H.PROBE] = this.connections.event(ints[base + C.ROW]!, EventKind.windowProbe, side, frame, 0) + 1;
        ints[base + C.STATE]! |= ConnectionState.PROBING;
      }
      this.payload(block, slot, side, sequence, acknowledgement, payload, end, capturedEnd, frame, time);
    }
    if ((word & FIN) !== 0 && (word & RST) === 0) this.closing.fin(slot, side, (sequence + length) | 0, acknowledgement, frame);
    this.closing.endInOrder(slot, side, frame);
    if ((word & RST) !== 0) this.closing.reset(block, path, slot, side, ip, sequence, acknowledgement, word, frame);
    if ((ints[base + C.STATE]! & (ConnectionState.GAP0 | ConnectionState.GAP1 | ConnectionState.WAITING0 | ConnectionState.WAITING1)) !== 0) {
      this.halves.expire(slot, frame);
      this.closing.endInOrder(slot, 0, frame);
      this.closing.endInOrder(slot, 1, frame);
    }
    floats[slot * FLOATS + F.LAST_PACKET + side] = time;
  }

  /** Counts the packet and remembers what tells its copies. */
  private notice(block: ByteBlock, path: number, half: number, slot: number, side: number, ip: number, tcp: number, id: number, frame: number): void {
    const ints = this.slots.ints;
    ints[half + H.PACKETS]!++;
    ints[slot * STRIDE + C.LAST_FRAME] = frame;
    ints[slot * STRIDE + C.STATE]! &= ~ConnectionState.TOLD;
    this.slots.floats[slot * FLOATS + F.LAST_PACKET + side] = this.clock[0]!;
    if ((ints[half + H.STATE]! & HalfState.SEEN) === 0) {
      ints[half + H.STATE]! |= HalfState.SEEN;
      ints[half + H.TTL] = timeToLive(block, path, ip);
    }
    if (id !== 0) ints[half + H.LAST_ID] = id;
    else this.rememberChecksum(half, block.view.getUint16(tcp + 16));
  }

  private rememberChecksum(half: number, checksum: number): void {
    const ints = this.slots.ints;
    ints[half + H.RECENT1] = ints[half + H.RECENT0]!;
    ints[half + H.RECENT0] = checksum | 0x1_0000;
  }

  /**
   * Whether a packet was captured before: nothing new in it, close in time, and the IP identification is not a new one
   * (a retransmission gets the next), or, where there is none, the checksum is that of one of the last two packets.
   */
  private isCopy(block: ByteBlock, half: number, slot: number, side: number, tcp: number, sequence: number, word: number, length: number, id: number): boolean {
    const ints = this.slots.ints;
    const state = ints[half + H.STATE]!;
    if ((state & HalfState.SEEN) === 0) return false;
    if (this.clock[0]! - this.slots.floats[slot * FLOATS + F.LAST_PACKET + side]! > DUPLICATE_NANOSECONDS) return false;
    const isNew =
      (state & HalfState.SYNCHRONIZED) === 0 ||
      sequenceDistance((sequence + length + ((word & (SYN | FIN)) === 0 ? 0 : 1)) | 0, (ints[half + H.HIGH]! + ((state & HalfState.FIN) === 0 ? 0 : 1)) | 0) > 0 ||
      (length === 0 && (word & ACK) !== 0 && ((state & HalfState.ACKED) === 0 || sequenceDistance(block.view.getInt32(tcp + 8), ints[half + H.ACKED]!) > 0));
    if (isNew || this.fillsHole(half, slot, side, sequence, length)) return false;
    if (id !== 0) {
      const age = (ints[half + H.LAST_ID]! - id) & 0xffff;
      return age < 256;
    }
    const checksum = block.view.getUint16(tcp + 16) | 0x1_0000;
    return checksum === ints[half + H.RECENT0] || checksum === ints[half + H.RECENT1];
  }

  /** Whether a segment below the highest one seen holds bytes that are still missing. */
  private fillsHole(half: number, slot: number, side: number, sequence: number, length: number): boolean {
    const ints = this.slots.ints;
    if (length === 0 || (ints[slot * STRIDE + C.STATE]! & (side === 0 ? ConnectionState.WAITING0 : ConnectionState.WAITING1)) === 0) return false;
    const end = (sequence + length) | 0;
    return sequenceDistance(end, ints[half + H.NEXT]!) > 0 && !this.halves.holds(slot, side, sequence, end);
  }

  /** Whether a segment on a known four-tuple belongs to another connection than the one that is known. */
  private beginsAnew(slot: number, side: number, sequence: number, acknowledgement: number, word: number, length: number): boolean {
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    const state = ints[half + H.STATE]!;
    const closed = (ints[base + C.STATE]! & ConnectionState.CLOSED) !== 0;
    if ((word & RST) !== 0) return false;
    if ((word & SYN) !== 0) {
      if ((state & HalfState.SYNCHRONIZED) === 0) {
        // The side was silent so far: only a first SYN of the other side goes with it.
        return (ints[other + H.STATE]! & HalfState.SEEN) !== 0 && ((ints[other + H.STATE]! & HalfState.SYN) === 0 || closed);
      }
      if (sequence === ((ints[half + H.BASE]! - 1) | 0)) return false;
      // A SYN-ACK with another number that answers the same SYN: the same attempt, answered anew, or a stray.
      if (!closed && (word & ACK) !== 0 && (ints[other + H.STATE]! & HalfState.SYN) !== 0 && acknowledgement === ints[other + H.BASE]) return false;
      return closed || (word & ACK) === 0 || ints[half + H.NEXT] !== ints[half + H.BASE] || (state & HalfState.SYN) === 0;
    }
    if ((state & HalfState.SYNCHRONIZED) === 0) return false;
    const distance = sequenceDistance(sequence, ints[half + H.NEXT]!);
    if (length > 0 && (distance > MAX_DISTANCE || distance < -MAX_DISTANCE)) return true;
    if (length === 0 || (state & ints[other + H.STATE]! & HalfState.FIN) === 0) return false;
    // Data after both FINs: new unless it repeats what came before its own FIN.
    return sequenceDistance(sequence, ints[half + H.FIN_SEQUENCE]!) > 0 || sequenceDistance(sequence, ints[half + H.BASE]!) < -1;
  }

  /**
   * Where only the SYN of a connection was seen so far, what belongs to the one before on the same four-tuple: the ACK that
   * challenges the SYN (RFC 5961 section 4.2), and the RST that answers it (RFC 9293 section 3.10.7.3).
   */
  private isOfBefore(slot: number, side: number, sequence: number, acknowledgement: number, word: number): boolean {
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    const state = ints[base + C.STATE]!;
    const asked = ConnectionState.SYN | ConnectionState.HANDSHAKING;
    if ((state & (asked | ConnectionState.SYN_ACK | ConnectionState.SIMULTANEOUS_OPEN)) !== asked || (word & SYN) !== 0) return false;
    const initiator = (state & ConnectionState.SYN_SIDE1) === 0 ? 0 : 1;
    const first = ints[base + HALVES + initiator * HALF + H.BASE]!;
    if (side === initiator) return (word & RST) !== 0 && sequence !== first && sequence !== ints[base + HALVES + initiator * HALF + H.NEXT];
    const acknowledged = sequenceDistance(acknowledgement, first);
    return (word & (ACK | RST)) === ACK && (acknowledged < 0 || acknowledged > 1 << 24);
  }

  private synchronize(block: ByteBlock, slot: number, side: number, sequence: number, word: number, tcp: number, payload: number, capturedEnd: number, frame: number): void {
    const ints = this.slots.ints;
    const floats = this.slots.floats;
    const time = this.clock[0]!;
    const base = slot * STRIDE;
    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    const repeated = (ints[half + H.STATE]! & HalfState.SYN) !== 0 && sequence === ((ints[half + H.BASE]! - 1) | 0);
    if ((word & ACK) === 0) {
      if (repeated) {
        ints[base + C.SYN_RETRANSMISSIONS]!++;
        if ((ints[base + C.STATE]! & ConnectionState.SYN_ACK) === 0) floats[slot * FLOATS + F.SYN] = time;
        return;
      }
      if ((ints[other + H.STATE]! & HalfState.SYN) !== 0) {
        ints[base + C.STATE]! |= ConnectionState.SIMULTANEOUS_OPEN;
      } else {
        ints[base + C.STATE]! |= ConnectionState.SYN | (side === 0 ? 0 : ConnectionState.SYN_SIDE1);
        ints[base + C.SYN_FRAME] = frame;
        floats[slot * FLOATS + F.SYN] = time;
      }
    } else {
      if ((repeated || (ints[base + C.STATE]! & ConnectionState.HANDSHAKE_DONE) !== 0) && (ints[base + C.STATE]! & ConnectionState.SYN_ACK) !== 0) return;
      ints[base + C.STATE]! |= ConnectionState.SYN_ACK;
      if ((ints[base + C.STATE]! & ConnectionState.SYN) === 0) ints[base + C.STATE]! |= side === 0 ? ConnectionState.SYN_SIDE1 : 0;
      ints[base + C.SYN_ACK_FRAME] = frame;
      floats[slot * FLOATS + F.SYN_ACK] = time;
    }
    ints[base + C.STATE]! |= ConnectionState.HANDSHAKING;
    ints[half + H.BASE] = ints[half + H.NEXT] = ints[half + H.HIGH] = (sequence + 1) | 0;
    ints[half + H.STATE]! |= HalfState.SYNCHRONIZED | HalfState.SYN;
    // Scaling holds when both SYNs offer it (RFC 7323 section 2.2); where one of them was not seen, the other's offer stands.
    const scale = windowScale(block.bytes, tcp, Math.min(payload, capturedEnd));
    ints[half + H.WINDOW_SHIFT] = scale < 0 ? 0 : scale;
    if (scale >= 0) ints[half + H.STATE]! |= HalfState.SCALES;
    else ints[half + H.STATE]! &= ~HalfState.SCALES;
    if ((ints[other + H.STATE]! & HalfState.SYN) !== 0 && (ints[half + H.STATE]! & ints[other + H.STATE]! & HalfState.SCALES) === 0) {
      ints[half + H.WINDOW_SHIFT] = ints[other + H.WINDOW_SHIFT] = 0;
    }
  }

  /** A packet without SYN while the handshake is open: the initiator's first ACK completes it. */
  private handshakeGoesOn(slot: number, side: number, word: number): void {
    const ints = this.slots.ints;
    const state = ints[slot * STRIDE + C.STATE]!;
    if ((word & ACK) === 0 || (word & RST) !== 0) return;
    const initiator = (state & ConnectionState.SYN_SIDE1) === 0 ? 0 : 1;
    if (side !== initiator && (state & ConnectionState.SYN_ACK) !== 0 && (state & ConnectionState.SIMULTANEOUS_OPEN) === 0) return;
    if (side === initiator && (state & ConnectionState.SYN_ACK) !== 0) {
      this.slots.floats[slot * FLOATS + F.HANDSHAKE_ACK] = this.clock[0]!;
      ints[slot * STRIDE + C.STATE]! |= ConnectionState.HANDSHAKE_DONE;
    }
    ints[slot * STRIDE + C.STATE]! &= ~ConnectionState.HANDSHAKING;
  }

  /** The first packet of a side whose SYN was not captured. */
  private synchronizeMidstream(base: number, half: number, other: number, sequence: number, word: number, length: number): void {
    const ints = this.slots.ints;
    let first = sequence;
    if ((ints[other + H.STATE]! & HalfState.ACKED) !== 0) {
      const ahead = sequenceDistance(ints[other + H.ACKED]!, sequence);
      // All before it and one more is acknowledged already: a keep-alive probe, one below the next sequence number.
      if (ahead === 1 && length <= 1 && (word & FIN) === 0) first = ints[other + H.ACKED]!;
      // The handshake was seen but for the SYN-ACK: the first acknowledgement tells where this side began.
      else if (ahead < 0 && ahead > -(1 << 24) && (ints[base + C.STATE]! & ConnectionState.SYN) !== 0) first = ints[other + H.ACKED]!;
    }
    ints[half + H.BASE] = ints[half + H.NEXT] = ints[half + H.HIGH] = first;
    ints[half + H.STATE]! |= HalfState.SYNCHRONIZED;
  }

  /**
   * A keep-alive or zero-window probe (RFC 9293 sections 3.8.4 and 3.8.6.1): one below the next sequence number, at most
   * one byte, everything below acknowledged, and not what an own FIN left behind. Where the other side was never seen to
   * acknowledge, one without the byte: bytes that are sent again would be there.
   */
  private isProbe(half: number, other: number, sequence: number, word: number, length: number): boolean {
    const ints = this.slots.ints;
    return (
      length <= 1 &&
      (word & (SYN | FIN | RST | ACK)) === ACK &&
      sequence === ((ints[half + H.HIGH]! - 1) | 0) &&
      (ints[half + H.STATE]! & (HalfState.SYNCHRONIZED | HalfState.FIN)) === HalfState.SYNCHRONIZED &&
      ((ints[other + H.STATE]! & HalfState.ACKED) !== 0
        ? sequenceDistance(ints[other + H.ACKED]!, ints[half + H.HIGH]!) >= 0
        : length === 0 && ((ints[half + H.STATE]! & HalfState.SYN) === 0 || ints[half + H.HIGH] !== ints[half + H.BASE]))
    );
  }

  /** Whether a half-stream of which nothing but packets without bytes was seen is acknowledged one further. */
  private beganWithProbe(half: number, acknowledgement: number): boolean {
    const ints = this.slots.ints;
    return (
      acknowledgement === ((ints[half + H.BASE]! + 1) | 0) &&
      (ints[half + H.STATE]! & (HalfState.SYN | HalfState.FIN)) === 0 &&
      ints[half + H.HIGH] === ints[half + H.BASE]
    );
  }

  /** What the acknowledgement and the window of a segment say about the other half-stream. */
  private acknowledge(slot: number, side: number, acknowledgement: number, word: number, probe: boolean, frame: number): void {
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    const isReset = (word & RST) !== 0;
    const known = (ints[half + H.STATE]! & HalfState.ACKED) !== 0;
    const progress = known ? sequenceDistance(acknowledgement, ints[half + H.ACKED]!) : 1;
    const otherKnown = (ints[other + H.STATE]! & HalfState.SYNCHRONIZED) !== 0;
    // In mid-stream the other side's first packet was a probe, one below its next byte.
    if (otherKnown && this.beganWithProbe(other, acknowledgement)) ints[other + H.BASE] = ints[other + H.NEXT] = ints[other + H.HIGH] = acknowledgement;
    const beyond = otherKnown ? sequenceDistance(acknowledgement, ints[other + H.NEXT]!) : 0;
    if (isReset && (beyond > 0 || (acknowledgement === 0 && !otherKnown))) return;
    if (progress > 0 && beyond < MAX_DISTANCE) {
      ints[half + H.ACKED] = acknowledgement;
      ints[half + H.STATE]! |= HalfState.ACKED;
      ints[other + H.UNANSWERED] = 0;
      const finAcknowledged = (ints[other + H.STATE]! & HalfState.FIN) !== 0 && acknowledgement === ((ints[other + H.FIN_SEQUENCE]! + 1) | 0);
      const waits = (ints[base + C.STATE]! & (side === 0 ? ConnectionState.WAITING1 : ConnectionState.WAITING0)) !== 0;
      if (beyond > (finAcknowledged ? 1 : 0) && (beyond > 1 || waits)) this.halves.acknowledgedBeyond(slot, side ^ 1);
      this.closing.reopenIfIgnored(slot, side, acknowledgement);
    }
    if (isReset) return;
    if (progress >= 0 && (word & SYN) === 0) this.window(slot, side, (word & 0xffff) << ints[half + H.WINDOW_SHIFT]!, frame);
    else if (progress >= 0) ints[half + H.WINDOW] = word & 0xffff;
    const asked = ints[other + H.PROBE]!;
    if (asked > 0 && !probe && sequenceDistance(acknowledgement, ints[other + H.HIGH]!) >= 0) {
      this.connections.eventEnd(asked - 1, frame);
      ints[other + H.PROBE] = 0;
      if (ints[half + H.PROBE] === 0) ints[base + C.STATE]! &= ~ConnectionState.PROBING;
    }
  }

  private window(slot: number, side: number, window: number, frame: number): void {
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    const half = base + HALVES + side * HALF;
    ints[half + H.WINDOW] = window;
    if (window > ints[half + H.WINDOW_MAX]!) ints[half + H.WINDOW_MAX] = window;
    const open = ints[half + H.ZERO_WINDOW]!;
    if (window === 0 && open === 0) {
      ints[half + H.ZERO_WINDOW] = this.connections.event(ints[base + C.ROW]!, EventKind.zeroWindow, side, frame, 0) + 1;
      ints[base + C.STATE]! |= ConnectionState.ZERO_WINDOW;
    } else if (window !== 0 && open > 0) {
      this.connections.eventEnd(open - 1, frame);
      ints[half + H.ZERO_WINDOW] = 0;
      const other = base + HALVES + (side ^ 1) * HALF;
      if (ints[other + H.ZERO_WINDOW] === 0) ints[base + C.STATE]! &= ~ConnectionState.ZERO_WINDOW;
    }
  }

  private payload(block: ByteBlock, slot: number, side: number, sequence: number, acknowledgement: number, payload: number, end: number, capturedEnd: number, frame: number, time: number): void {
    const ints = this.slots.ints;
    const floats = this.slots.floats;
    const half = slot * STRIDE + HALVES + side * HALF;
    const segmentEnd = (sequence + (end - payload)) | 0;
    const ahead = sequenceDistance(sequence, ints[half + H.NEXT]!);
    const beyondHigh = sequenceDistance(segmentEnd, ints[half + H.HIGH]!);
    if (sequenceDistance(segmentEnd, ints[half + H.NEXT]!) <= 0 || (beyondHigh <= 0 && this.halves.holds(slot, side, sequence, segmentEnd))) {
      ints[half + H.RETRANSMISSIONS]!++;
      ints[half + H.UNANSWERED]!++;
      return;
    }
    const newest = slot * FLOATS + F.LAST_NEW + side;
    if (beyondHigh > 0) {
      ints[half + H.HIGH] = segmentEnd;
      if (ahead < 0) ints[half + H.RETRANSMISSIONS]!++;
      const other = slot * STRIDE + HALVES + (side ^ 1) * HALF;
      if (time - floats[slot * FLOATS + F.LAST_NEW + side]! >= SHORTEST_PAUSE) this.paused(slot, side, frame);
      if ((ints[half + H.STATE]! & HalfState.WINDOW_FULL) !== 0) this.emptied(slot, side, frame);
      if (((ints[other + H.ACKED]! + ints[other + H.WINDOW]! - segmentEnd) | 0) < FULL_SEGMENT) this.filled(half, other);
    } else if (time - this.halves.holeSince(slot, side) > this.roundTrip(slot)) {
      ints[half + H.RETRANSMISSIONS]!++;
      ints[half + H.UNANSWERED]!++;
    }
    floats[newest] = time;
    this.closing.dataAfterClose(slot, side, beyondHigh);
    const waits = (ints[slot * STRIDE + C.STATE]! & (side === 0 ? ConnectionState.WAITING0 : ConnectionState.WAITING1)) !== 0;
    if (ahead <= 0 && !waits) {
      this.halves.deliver(slot, side, block.bytes, payload - ahead, capturedEnd, end, frame, acknowledgement);
    } else {
      // Beside what waits already, also where it is next: of bytes that came twice the first count.
      const from = payload - Math.min(0, ahead);
      this.halves.hold(slot, side, {
        sequence: (sequence - Math.min(0, ahead)) | 0,
        length: end - from,
        bytes: block.bytes.subarray(from, Math.max(from, Math.min(capturedEnd, end))),
        frame,
        time,
        acknowledgement,
      });
      if (ahead <= 0) this.halves.drain(slot, side);
    }
  }

  /** A side has used up the window of the other. One that is as large as ever may only be small for the path; one that has fallen waits for its reader. */
  private filled(half: number, other: number): void {
    const ints = this.slots.ints;
    if ((ints[other + H.STATE]! & HalfState.ACKED) !== 0 && 2 * ints[other + H.WINDOW]! <= ints[other + H.WINDOW_MAX]!) ints[half + H.STATE]! |= HalfState.WINDOW_FULL;
  }

  /** A side sends on that had used up the window: it waited until the other side's last packet, which made room. */
  private emptied(slot: number, side: number, frame: number): void {
    const ints = this.slots.ints;
    const floats = this.slots.floats;
    const at = slot * FLOATS;
    const half = slot * STRIDE + HALVES + side * HALF;
    ints[half + H.STATE]! &= ~HalfState.WINDOW_FULL;
    const waited = floats[at + F.LAST_PACKET + (side ^ 1)]! - floats[at + F.LAST_NEW + side]!;
    if (waited > 0) this.addWait(slot, side, half + H.WINDOW_WAITED, EventKind.windowFull, waited, frame);
  }

  /** A side sends on after a while: it was silent of its own accord where nothing was under way and the other side had said nothing. */
  private paused(slot: number, side: number, frame: number): void {
    const ints = this.slots.ints;
    const floats = this.slots.floats;
    const at = slot * FLOATS;
    const half = slot * STRIDE + HALVES + side * HALF;
    const other = slot * STRIDE + HALVES + (side ^ 1) * HALF;
    const before = floats[at + F.LAST_NEW + side]!;
    if (before === 0 || floats[at + F.LAST_NEW + (side ^ 1)]! > before || ints[other + H.ACKED] !== ints[half + H.NEXT]) return;
    const silent = this.clock[0]! - Math.max(before, floats[at + F.LAST_PACKET + (side ^ 1)]!);
    if (silent < SHORTEST_PAUSE) return;
    if (silent >= SHORTEST_STALL && silent >= TOLD_WAITING_SHARE * (this.clock[0]! - floats[at + F.START]!)) {
      this.connections.event(ints[slot * STRIDE + C.ROW]!, EventKind.stall, side, frame, Math.min(silent / 1e3, MOST_WAITED));
    } else {
      this.addWait(slot, side, half + H.PAUSED, EventKind.pause, silent, frame);
    }
  }

  /** Sums up what a side waited (nanoseconds), and tells it when there is something to tell. */
  private addWait(slot: number, side: number, place: number, kind: EventKind, waited: number, frame: number): void {
    const ints = this.slots.ints;
    const sum = Math.min(ints[place]! + waited / 1e3, MOST_WAITED);
    ints[place] = sum;
    if (sum < TOLD_WAITING || sum < (TOLD_WAITING_SHARE * (this.clock[0]! - this.slots.floats[slot * FLOATS + F.START]!)) / 1e3) return;
    this.connections.event(ints[slot * STRIDE + C.ROW]!, kind, side, frame, sum);
    ints[place] = 0;
  }

  /** Nanoseconds: the handshake's round trip, or what stands for it. */
  private roundTrip(slot: number): number {
    const floats = this.slots.floats;
    const at = slot * FLOATS;
    const measured = floats[at + F.HANDSHAKE_ACK]! - floats[at + F.SYN]!;
    const done = (this.slots.ints[slot * STRIDE + C.STATE]! & (ConnectionState.HANDSHAKE_DONE | ConnectionState.SYN)) === (ConnectionState.HANDSHAKE_DONE | ConnectionState.SYN);
    return done ? Math.max(measured, REORDERED_NANOSECONDS) : REORDERED_NANOSECONDS;
  }

  /** Once per packet, so the walk over the table's candidates is written out. */
  private lookUp(hash: number, address0: number, address1: number, ports: number, path: number): number {
    const ints = this.slots.ints;
    const { entries, mask } = this.flows;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const holder = entries[2 * place + 1]!;
      if (holder === 0) return -1;
      if (entries[2 * place] !== hash) continue;
      if (holder < 0) {
        if (this.lingering.isAt(~holder, address0, address1, ports, path)) return this.lingering.takeBack(~holder);
        continue;
      }
      const base = (holder - 1) * STRIDE;
      if (ints[base] === address0 && ints[base + C.ADDRESS1] === address1 && ints[base + C.PORTS] === ports && (ints[base + C.PATH] === path || ints[base + C.OTHER_PATH] === path + 1)) return holder - 1;
    }
  }

  /**
   * A mirror port may tag one direction only: a first packet of a side that acknowledges what the other side sent on
   * another path belongs to that connection, if its own side is silent there.
   */
  private lookUpOneWay(hash: number, address0: number, address1: number, ports: number, path: number, side: number, word: number, sequence: number, acknowledgement: number): number {
    if ((word & ACK) === 0) return -1;
    const ints = this.slots.ints;
    for (let place = this.flows.find(hash, this.flows.first(hash)); place >= 0; place = this.flows.find(hash, this.flows.after(place))) {
      const slot = this.flows.holderAt(place) - 1;
      // One that is put aside has packets of both sides.
      if (slot < 0) continue;
      const base = slot * STRIDE;
      if (ints[base] !== address0 || ints[base + C.ADDRESS1] !== address1 || ints[base + C.PORTS] !== ports || ints[base + C.OTHER_PATH] !== 0) continue;
      const other = base + HALVES + (side ^ 1) * HALF;
      if ((ints[base + HALVES + side * HALF + H.STATE]! & HalfState.SEEN) !== 0 || (ints[other + H.STATE]! & HalfState.SYNCHRONIZED) === 0) continue;
      const acknowledged = sequenceDistance(acknowledgement, ints[other + H.BASE]!);
      // In mid-stream it may acknowledge less than what was sent first; then it must begin where the other side says.
      const isAwaited = (ints[other + H.STATE]! & (HalfState.SYN | HalfState.ACKED)) === HalfState.ACKED && sequence === ints[other + H.ACKED];
      if (acknowledged < (isAwaited ? -(1 << 24) : 0) || acknowledged > sequenceDistance(ints[other + H.HIGH]!, ints[other + H.BASE]!) + 1) continue;
      ints[base + C.OTHER_PATH] = path + 1;
      return slot;
    }
    return -1;
  }

  private create(hash: number, address0: number, address1: number, ports: number, path: number): number {
    if (this.live >= this.limits.liveConnections) this.closing.giveUpIdle();
    const slot = this.slots.take();
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    ints[base] = address0;
    ints[base + C.ADDRESS1] = address1;
    ints[base + C.PORTS] = ports;
    ints[base + C.PATH] = path;
    ints[base + C.HASH] = hash;
    this.flows.insert(hash, slot + 1);
    return slot;
  }

  /** A connection begins in a slot whose key is set. */
  private open(slot: number, frame: number, midstream: boolean): void {
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    this.slots.clear(slot);
    const row = this.connections.connection();
    ints[base + C.ROW] = row;
    ints[base + C.STATE] = ConnectionState.LIVE;
    ints[base + C.FIRST_FRAME] = frame;
    this.slots.floats[slot * FLOATS + F.START] = this.clock[0]!;
    this.streams.opened(slot, row, midstream);
  }

  private isLive(slot: number): boolean {
    return (this.slots.ints[slot * STRIDE + C.STATE]! & ConnectionState.LIVE) !== 0;
  }
}
