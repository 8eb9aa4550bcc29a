import type { ConnectionSink } from './connection-sink.ts';
import { EventKind } from './connection-sink.ts';
import type { Limits } from './limits.ts';
import type { Waiting } from './out-of-order.ts';
import { OutOfOrder } from './out-of-order.ts';
import { sequenceDistance } from './sequence.ts';
import { C, ConnectionState, F, FLOATS, H, HALF, HALVES, HalfState, type Slots, STRIDE, UNSETTLED } from './slots.ts';
import type { StreamSink } from './stream-sink.ts';

/** Sequence numbers further apart than this cannot belong to one connection (the largest window is 1 GiB, RFC 7323 section 2.3). */
export const MAX_DISTANCE = 1 << 30;

/**
 * The in-order side of reassembly: what is next goes to the stream sink at once, what lies behind a hole waits, and a
 * hole becomes a gap when its bytes cannot come any more. A keep-alive probe's byte never comes here.
 */
export class HalfStreams {
  private readonly waiting = new Map<number, OutOfOrder>();
  private waitingBytes = 0;
  private readonly slots: Slots;
  private readonly streams: StreamSink;
  private readonly connections: ConnectionSink;
  private readonly clock: Float64Array;
  private readonly limits: Limits;

  constructor(slots: Slots, streams: StreamSink, connections: ConnectionSink, clock: Float64Array, limits: Limits) {
    this.slots = slots;
    this.streams = streams;
    this.connections = connections;
    this.clock = clock;
    this.limits = limits;
  }

  /** Bytes at the front of a half-stream: sequence number = NEXT. `start` to `capturedEnd` are in the capture, `end` was on the wire. */
  deliver(slot: number, side: number, bytes: Uint8Array, start: number, capturedEnd: number, end: number, frame: number, acknowledgement: number): void {
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    ints[half + H.NEXT] = (ints[half + H.NEXT]! + (end - start)) | 0;
    this.slots.floats[slot * FLOATS + F.PAYLOAD + side]! += end - start;
    if ((ints[half + H.STATE]! & HalfState.ENDED) !== 0) return;
    const acked = (ints[other + H.STATE]! & (HalfState.SYNCHRONIZED | HalfState.BASED)) === 0 ? 0 : (acknowledgement - ints[other + H.BASE]!) | 0;
    if (capturedEnd >= end) {
      this.streams.data(slot * 2 + side, bytes, start, end, frame, acked);
    } else {
      if (capturedEnd > start) this.streams.data(slot * 2 + side, bytes, start, capturedEnd, frame, acked);
      this.streams.missing(slot * 2 + side, end - Math.max(start, capturedEnd), frame, true);
    }
  }

  /** Holds a segment that lies behind a hole. The bytes are copied. */
  hold(slot: number, side: number, segment: Waiting): void {
    const key = slot * 2 + side;
    let held = this.waiting.get(key);
    if (held === undefined) {
      held = new OutOfOrder();
      this.waiting.set(key, held);
      this.slots.ints[slot * STRIDE + C.STATE]! |= side === 0 ? ConnectionState.WAITING0 : ConnectionState.WAITING1;
      this.startWaiting(slot, side, segment.time);
    }
    const before = held.bytes;
    if (held.add(segment)) this.connections.anomaly('overlap-conflict', segment.frame);
    this.waitingBytes += held.bytes - before;
    const { waitingBytesPerHalf, waitingSegmentsPerHalf, waitingBytes } = this.limits;
    if (held.bytes > waitingBytesPerHalf || held.segments.length > waitingSegmentsPerHalf || this.waitingBytes > waitingBytes) {
      this.connections.anomaly('reassembly-limit', segment.frame);
      this.releaseFirst(slot, side);
    }
  }

  /** Whether all of [start, end) waits already. */
  holds(slot: number, side: number, start: number, end: number): boolean {
    return this.waiting.get(slot * 2 + side)?.covers(start, end) ?? false;
  }

  /** When the segment behind the first hole came; the hole is that old. Nanoseconds; Infinity without a hole. */
  holeSince(slot: number, side: number): number {
    return this.waiting.get(slot * 2 + side)?.segments[0]?.time ?? Number.POSITIVE_INFINITY;
  }

  /** Delivers what waited and is next now; call after NEXT moved. */
  drain(slot: number, side: number): void {
    const held = this.waiting.get(slot * 2 + side);
    if (held === undefined) return;
    const now = this.clock[0]!;
    const half = slot * STRIDE + HALVES + side * HALF;
    for (;;) {
      const first = held.segments[0];
      if (first === undefined) break;
      const skip = sequenceDistance(this.slots.ints[half + H.NEXT]!, first.sequence);
      if (skip < 0) break;
      this.take(held);
      if (skip >= first.length) continue;
      this.clock[0] = first.time;
      this.deliver(slot, side, first.bytes, skip, first.bytes.length, first.length, first.frame, first.acknowledgement);
    }
    this.clock[0] = now;
    if (held.segments.length === 0) this.forget(slot, side);
    else this.startWaiting(slot, side, now);
  }

  /** The other side acknowledged up to `acknowledgement`, beyond what was seen: a gap unless it comes soon. */
  acknowledgedBeyond(slot: number, side: number): void {
    const ints = this.slots.ints;
    const bit = side === 0 ? ConnectionState.GAP0 : ConnectionState.GAP1;
    const state = ints[slot * STRIDE + C.STATE]!;
    if ((state & bit) !== 0) return;
    ints[slot * STRIDE + C.STATE] = state | bit;
    this.startWaiting(slot, side, this.clock[0]!);
  }

  /** What was next has come, while more of this side is acknowledged: it is late, and what is still to come has its own time. */
  goesOn(slot: number, side: number): void {
    const ints = this.slots.ints;
    if ((ints[slot * STRIDE + C.STATE]! & (side === 0 ? ConnectionState.GAP0 : ConnectionState.GAP1)) === 0) return;
    ints[slot * STRIDE + HALVES + side * HALF + H.STATE]! &= ~HalfState.PASSED;
    this.startWaiting(slot, side, this.clock[0]!);
  }

  /**
   * Called for every packet of a connection that waits for something: gives up what will not come. `sequence` is where the
   * packet of `side` begins.
   */
  expire(slot: number, side: number, sequence: number, frame: number): void {
    const high = slot * STRIDE + HALVES + H.HIGH;
    this.expireHalf(slot, 0, side === 0 ? sequence : this.slots.ints[high]!, frame);
    this.expireHalf(slot, 1, side === 1 ? sequence : this.slots.ints[high + HALF]!, frame);
  }

  private expireHalf(slot: number, side: number, sequence: number, frame: number): void {
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    const gap = side === 0 ? ConnectionState.GAP0 : ConnectionState.GAP1;
    const waiting = side === 0 ? ConnectionState.WAITING0 : ConnectionState.WAITING1;
    if ((ints[base + C.STATE]! & gap) !== 0 && sequenceDistance(ints[other + H.ACKED]!, ints[half + H.NEXT]!) <= 0) this.forgetGap(slot, side);
    if ((ints[base + C.STATE]! & (gap | waiting)) === 0) return;
    const packets = this.countWaiting(slot, side);
    const age = this.clock[0]! - this.slots.floats[slot * FLOATS + F.GAP_SINCE[side]!]!;
    const { gapPackets, gapNanoseconds, gapLongestNanoseconds, latePackets, lateNanoseconds, holeNanoseconds } = this.limits;
    if ((ints[base + C.STATE]! & gap) !== 0) {
      const sent = this.sentUpTo(slot, side, sequence);
      if (sequenceDistance(sent, ints[half + H.NEXT]!) <= 0) {
        if (packets >= latePackets && age >= lateNanoseconds) this.declareGap(slot, side, ints[other + H.ACKED]!, frame);
      } else if ((ints[half + H.STATE]! & HalfState.PASSED) === 0) {
        ints[half + H.STATE]! |= HalfState.PASSED;
        // Bytes that wait began to when they came.
        if ((ints[base + C.STATE]! & waiting) === 0) this.startWaiting(slot, side, this.clock[0]!);
      } else if ((packets >= gapPackets && age >= gapNanoseconds) || age >= gapLongestNanoseconds) {
        const beyond = sequenceDistance(ints[other + H.ACKED]!, sent);
        this.declareGap(slot, side, beyond <= 0 ? ints[other + H.ACKED]! : sent, frame);
        // The rest may be late.
        if (beyond > 0) this.acknowledgedBeyond(slot, side);
      }
    }
    if ((ints[base + C.STATE]! & waiting) !== 0 && packets >= gapPackets && age >= holeNanoseconds) this.releaseFirst(slot, side);
  }

  /** How far a side is known to have sent, by its own packets: its bytes, its FIN, or the number with which this packet of it begins. */
  private sentUpTo(slot: number, side: number, sequence: number): number {
    const ints = this.slots.ints;
    const half = slot * STRIDE + HALVES + side * HALF;
    let sent = ints[half + H.HIGH]!;
    if ((ints[half + H.STATE]! & HalfState.FIN) !== 0 && sequenceDistance(ints[half + H.FIN_SEQUENCE]!, sent) > 0) sent = ints[half + H.FIN_SEQUENCE]!;
    else if (sequenceDistance(sequence, sent) > 0) sent = sequence;
    return sent;
  }

  /** What was acknowledged before it was seen has come: the next such acknowledgement waits its own time. */
  private forgetGap(slot: number, side: number): void {
    const ints = this.slots.ints;
    ints[slot * STRIDE + C.STATE]! &= ~(side === 0 ? ConnectionState.GAP0 : ConnectionState.GAP1);
    ints[slot * STRIDE + HALVES + side * HALF + H.STATE]! &= ~HalfState.PASSED;
  }

  /** The connection ends: everything that waits is delivered, holes as gaps. */
  flush(slot: number, frame: number): void {
    const state = this.slots.ints[slot * STRIDE + C.STATE]!;
    if ((state & UNSETTLED) === 0) return;
    for (let side = 0; side < 2; side++) {
      if ((state & (side === 0 ? ConnectionState.GAP0 : ConnectionState.GAP1)) !== 0) {
        this.declareGap(slot, side, this.slots.ints[slot * STRIDE + HALVES + (side ^ 1) * HALF + H.ACKED]!, frame);
      }
      while (this.waiting.has(slot * 2 + side)) this.releaseFirst(slot, side);
    }
  }

  /** The connection ends, and what a FIN says was sent before it never came: its place in sequence space tells, whether or not it was acknowledged. */
  giveUpBeforeFin(slot: number, side: number): void {
    const half = slot * STRIDE + HALVES + side * HALF;
    const { ints } = this.slots;
    if ((ints[half + H.STATE]! & (HalfState.FIN | HalfState.ENDED)) !== HalfState.FIN) return;
    const missing = sequenceDistance(ints[half + H.FIN_SEQUENCE]!, ints[half + H.NEXT]!);
    if (missing > 0 && missing <= MAX_DISTANCE) this.gap(slot, side, missing, ints[half + H.FIN_FRAME]!);
  }

  /** Everything up to a number that the other side has acknowledged is given: what waits of it, and gaps between. */
  private declareGap(slot: number, side: number, acknowledged: number, frame: number): void {
    const ints = this.slots.ints;
    const half = slot * STRIDE + HALVES + side * HALF;
    this.forgetGap(slot, side);
    let target = acknowledged;
    if ((ints[half + H.STATE]! & HalfState.FIN) !== 0 && sequenceDistance(target, ints[half + H.FIN_SEQUENCE]!) > 0) {
      target = ints[half + H.FIN_SEQUENCE]!;
    }
    for (;;) {
      const missing = sequenceDistance(target, ints[half + H.NEXT]!);
      if (missing <= 0) break;
      const first = this.waiting.get(slot * 2 + side)?.segments[0];
      const hole = first === undefined ? missing : Math.min(missing, sequenceDistance(first.sequence, ints[half + H.NEXT]!));
      // One byte acknowledged behind the last one and nothing after it: a FIN that was not captured, not data.
      if (hole === 1 && first === undefined) break;
      this.gap(slot, side, hole, first?.frame ?? frame);
    }
  }

  /** Gives up the first hole of a half-stream and delivers what waited behind it. */
  private releaseFirst(slot: number, side: number): void {
    const first = this.waiting.get(slot * 2 + side)?.segments[0];
    if (first === undefined) return;
    const half = slot * STRIDE + HALVES + side * HALF;
    this.gap(slot, side, sequenceDistance(first.sequence, this.slots.ints[half + H.NEXT]!), first.frame);
  }

  private gap(slot: number, side: number, length: number, frame: number): void {
    const ints = this.slots.ints;
    const half = slot * STRIDE + HALVES + side * HALF;
    if (length > 0) {
      ints[half + H.NEXT] = (ints[half + H.NEXT]! + length) | 0;
      if (sequenceDistance(ints[half + H.NEXT]!, ints[half + H.HIGH]!) > 0) ints[half + H.HIGH] = ints[half + H.NEXT]!;
      this.connections.event(ints[slot * STRIDE + C.ROW]!, EventKind.gap, side, frame, length);
      if ((ints[half + H.STATE]! & HalfState.ENDED) === 0) this.streams.missing(slot * 2 + side, length, frame, false);
    }
    this.drain(slot, side);
  }

  private take(held: OutOfOrder): void {
    const before = held.bytes;
    held.shift();
    this.waitingBytes -= before - held.bytes;
  }

  private forget(slot: number, side: number): void {
    this.waiting.delete(slot * 2 + side);
    this.slots.ints[slot * STRIDE + C.STATE]! &= ~(side === 0 ? ConnectionState.WAITING0 : ConnectionState.WAITING1);
  }

  private startWaiting(slot: number, side: number, now: number): void {
    this.slots.ints[slot * STRIDE + C.GAP_PACKETS]! &= side === 0 ? 0xffff_0000 : 0xffff;
    this.slots.floats[slot * FLOATS + F.GAP_SINCE[side]!] = now;
  }

  /** Another packet since a half-stream began to wait; returns how many there were, up to 2^15. */
  private countWaiting(slot: number, side: number): number {
    const ints = this.slots.ints;
    const packets = (ints[slot * STRIDE + C.GAP_PACKETS]! >>> (16 * side)) & 0xffff;
    if (packets < 0x7fff) ints[slot * STRIDE + C.GAP_PACKETS]! += 1 << (16 * side);
    return packets + 1;
  }
}
