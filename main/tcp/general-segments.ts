import type { ByteBlock } from '../capture/record-batch.ts';
import type { Closing } from './closing.ts';
import { type ConnectionSink, EventKind } from './connection-sink.ts';
import type { Copies } from './copies.ts';
import type { HalfStreams } from './half-stream.ts';
import type { Handshake } from './handshake.ts';
import { ACK, FIN, RST, SYN } from './header-word.ts';
import type { Opening } from './opening.ts';
import { sequenceDistance } from './sequence.ts';
import { C, ConnectionState, F, FLOATS, H, HALF, HALVES, HalfState, type Slots, STRIDE, UNSETTLED } from './slots.ts';
import { beginsAnew, isOfBefore } from './succession.ts';
import { idDistance, isSentAgain, newestId } from './sent-again.ts';
import { hasUnseenFin } from './unseen-fin.ts';
import { FULL_SEGMENT, SHORTEST_PAUSE, type Windows } from './windows.ts';

/** Nanoseconds: no system sends keep-alive probes more often (tcp_keepalive_intvl of Linux counts in seconds). */
const SHORTEST_KEEP_ALIVE = 1e9;

/** Any segment, with whatever can be special about it or its connection. */
export class GeneralSegments {
  private readonly slots: Slots;
  private readonly opening: Opening;
  private readonly handshake: Handshake;
  private readonly copies: Copies;
  private readonly windows: Windows;
  private readonly halves: HalfStreams;
  private readonly closing: Closing;
  private readonly connections: ConnectionSink;
  private readonly clock: Float64Array;

  constructor(slots: Slots, opening: Opening, handshake: Handshake, copies: Copies, windows: Windows, halves: HalfStreams, closing: Closing, connections: ConnectionSink, clock: Float64Array) {
    this.slots = slots;
    this.opening = opening;
    this.handshake = handshake;
    this.copies = copies;
    this.windows = windows;
    this.halves = halves;
    this.closing = closing;
    this.connections = connections;
    this.clock = clock;
  }

  take(block: ByteBlock, path: number, slot: number, side: number, ip: number, tcp: number, payload: number, end: number, capturedEnd: number, frame: number, id: number): void {
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

    if ((word & RST) === 0 && this.copies.isCopy(block, half, slot, side, tcp, sequence, word, length, id)) {
      // Of ACKs alone, one that was reordered, or sent again on purpose (RFC 5681 section 3.2), looks nearly the same.
      if (length > 0 || (word & (SYN | FIN)) !== 0 || (id !== 0 && id === ints[half + H.LAST_ID])) this.connections.anomaly('duplicate-packets', frame);
      return;
    }
    if (beginsAnew(this.slots, slot, side, sequence, acknowledgement, word, length)) {
      this.closing.end(slot, (ints[base + C.STATE]! & ConnectionState.CLOSED) === 0);
      this.opening.open(slot, frame, (word & SYN) === 0);
    }
    const idAhead = id === 0 ? 0 : idDistance(id, ints[half + H.LAST_ID]!);
    this.copies.notice(block, path, half, slot, side, ip, tcp, id, frame);
    // Of packets that were reordered the one that was sent last stays the last.
    if (idAhead < 0) ints[half + H.LAST_ID] = newestId(id, idAhead);
    if (isOfBefore(this.slots, slot, side, sequence, acknowledgement, word)) return;

    if ((word & SYN) !== 0 && (word & RST) === 0) {
      this.handshake.synchronize(block, slot, side, sequence, word, tcp, payload, capturedEnd, frame);
      sequence = (sequence + 1) | 0;
    } else if ((ints[base + C.STATE]! & ConnectionState.HANDSHAKING) !== 0) {
      this.handshake.goesOn(slot, side, acknowledgement, word);
    }
    if ((word & RST) === 0 && ((ints[half + H.STATE]! & HalfState.SYNCHRONIZED) === 0 || this.handshake.beganWithProbe(half, other, sequence))) {
      this.handshake.synchronizeMidstream(half, other, sequence, word, length);
    }

    if ((ints[base + C.STATE]! & ConnectionState.PROBING) !== 0 && (ints[half + H.PROBE]! | ints[other + H.PROBE]!) === 0) ints[base + C.STATE]! &= ~ConnectionState.PROBING;
    const probe = this.isProbe(half, other, sequence, word, length) || this.isProbeOfIdle(slot, side, sequence, word, length);
    if ((word & ACK) !== 0) this.windows.acknowledge(slot, side, acknowledgement, word, probe, frame);
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
      this.payload(block, slot, side, sequence, acknowledgement, payload, end, capturedEnd, frame, time, idAhead);
    }
    if (length === 0 && (word & (SYN | FIN | RST)) === 0 && hasUnseenFin(this.slots, slot, side, sequence)) ints[half + H.STATE]! |= HalfState.BEHIND_FIN;
    if ((word & FIN) !== 0 && (word & RST) === 0) this.closing.fin(slot, side, (sequence + length) | 0, acknowledgement, frame);
    this.closing.endInOrder(slot, side, frame);
    if ((word & RST) !== 0) this.closing.reset(block, path, slot, side, ip, sequence, acknowledgement, word, frame);
    if ((ints[base + C.STATE]! & UNSETTLED) !== 0) {
      this.halves.expire(slot, side, (word & RST) === 0 ? sequence : ints[half + H.NEXT]!, frame);
      this.closing.endInOrder(slot, 0, frame);
      this.closing.endInOrder(slot, 1, frame);
    }
    floats[slot * FLOATS + F.LAST_PACKET + side] = time;
  }

  /**
   * A keep-alive or zero-window probe (RFC 9293 sections 3.8.4 and 3.8.6.1): one below the next sequence number, at most
   * one byte, everything below acknowledged, and not what an own FIN left behind. Where the other side was never seen to
   * acknowledge, one of a side that has sent nothing: after bytes, it may ask for a window that is not seen.
   */
  private isProbe(half: number, other: number, sequence: number, word: number, length: number): boolean {
    const ints = this.slots.ints;
    if (length > 1 || (word & (SYN | FIN | RST | ACK)) !== ACK || (ints[half + H.STATE]! & (HalfState.SYNCHRONIZED | HalfState.FIN)) !== HalfState.SYNCHRONIZED) return false;
    const high = ints[half + H.HIGH]!;
    const isLast = sequence === ((high - 1) | 0) && (length === 0 || ints[half + H.PACKETS]! > 1);
    if ((ints[other + H.STATE]! & HalfState.ACKED) === 0) return isLast && (ints[half + H.STATE]! & HalfState.SYN) === 0 && high === ints[half + H.BASE];
    const acked = ints[other + H.ACKED]!;
    const beyond = sequenceDistance(acked, high);
    // More was acknowledged than the capture has: the next number is the one behind that.
    return beyond > 1 ? length === 0 && sequence === ((acked - 1) | 0) : beyond >= 0 && isLast;
  }

  /**
   * In mid-stream, where the first number of a side was that of a probe: it, without a byte, long after the other side
   * acknowledged one more. Sooner it may be an ACK that the capture has late.
   */
  private isProbeOfIdle(slot: number, side: number, sequence: number, word: number, length: number): boolean {
    const half = slot * STRIDE + HALVES + side * HALF;
    const other = slot * STRIDE + HALVES + (side ^ 1) * HALF;
    return (
      length === 0 &&
      (word & (SYN | FIN | RST | ACK)) === ACK &&
      this.handshake.beganWithProbe(half, other, (sequence + 1) | 0) &&
      this.clock[0]! - this.slots.floats[slot * FLOATS + F.LAST_PACKET + (side ^ 1)]! >= SHORTEST_KEEP_ALIVE
    );
  }

  private payload(block: ByteBlock, slot: number, side: number, sequence: number, acknowledgement: number, payload: number, end: number, capturedEnd: number, frame: number, time: number, idAhead: number): void {
    const ints = this.slots.ints;
    const floats = this.slots.floats;
    const half = slot * STRIDE + HALVES + side * HALF;
    const segmentEnd = (sequence + (end - payload)) | 0;
    const ahead = sequenceDistance(sequence, ints[half + H.NEXT]!);
    const beyondHigh = sequenceDistance(segmentEnd, ints[half + H.HIGH]!);
    if (sequenceDistance(segmentEnd, ints[half + H.NEXT]!) <= 0 || (beyondHigh <= 0 && this.halves.holds(slot, side, sequence, segmentEnd))) {
      ints[half + H.RETRANSMISSIONS]!++;
      // What was acknowledged long ago is repeated in error: the other side is there.
      const other = slot * STRIDE + HALVES + (side ^ 1) * HALF;
      if ((ints[other + H.STATE]! & HalfState.ACKED) === 0 || sequenceDistance(segmentEnd, ints[other + H.ACKED]!) > 0) ints[half + H.UNANSWERED]!++;
      return;
    }
    const newest = slot * FLOATS + F.LAST_NEW + side;
    if (beyondHigh > 0) {
      ints[half + H.HIGH] = segmentEnd;
      ints[half + H.STATE]! &= ~HalfState.BEHIND_FIN;
      if (ahead < 0) ints[half + H.RETRANSMISSIONS]!++;
      const other = slot * STRIDE + HALVES + (side ^ 1) * HALF;
      if (time - floats[slot * FLOATS + F.LAST_NEW + side]! >= SHORTEST_PAUSE) this.windows.paused(slot, side, frame);
      if ((ints[half + H.STATE]! & HalfState.WINDOW_FULL) !== 0) this.windows.emptied(slot, side, frame);
      if (((ints[other + H.ACKED]! + ints[other + H.WINDOW]! - segmentEnd) | 0) < FULL_SEGMENT) this.windows.filled(half, other);
    } else if (isSentAgain(idAhead, time - this.halves.holeSince(slot, side), this.handshake.roundTrip(slot))) {
      ints[half + H.RETRANSMISSIONS]!++;
      ints[half + H.UNANSWERED]!++;
    }
    floats[newest] = time;
    this.closing.dataAfterClose(slot, side, beyondHigh, segmentEnd);
    const waits = (ints[slot * STRIDE + C.STATE]! & (side === 0 ? ConnectionState.WAITING0 : ConnectionState.WAITING1)) !== 0;
    if (ahead <= 0 && !waits) {
      this.halves.deliver(slot, side, block.bytes, payload - ahead, capturedEnd, end, frame, acknowledgement);
      this.halves.goesOn(slot, side);
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
}
