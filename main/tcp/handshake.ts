import type { ByteBlock } from '../capture/record-batch.ts';
import { windowScale } from '../decode/tcp.ts';
import { ACK, FIN, RST } from './header-word.ts';
import type { Redirects } from './redirects.ts';
import type { SeenAgain } from './seen-again.ts';
import { sequenceDistance } from './sequence.ts';
import { C, ConnectionState, F, FLOATS, H, HALF, HALVES, HalfState, type Slots, STRIDE } from './slots.ts';

/** How connections begin: what SYNs agree on, and from where the sequence numbers of each side count. */
export class Handshake {
  private readonly slots: Slots;
  private readonly redirects: Redirects;
  private readonly seenAgain: SeenAgain;
  private readonly clock: Float64Array;

  constructor(slots: Slots, redirects: Redirects, seenAgain: SeenAgain, clock: Float64Array) {
    this.slots = slots;
    this.redirects = redirects;
    this.seenAgain = seenAgain;
    this.clock = clock;
  }

  /** A SYN, with ACK or without. */
  synchronize(block: ByteBlock, slot: number, side: number, sequence: number, word: number, tcp: number, payload: number, capturedEnd: number, frame: number): void {
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
      // Behind the SYN-ACK it is the SYN which that answers, late in the capture.
      if ((ints[other + H.STATE]! & HalfState.SYN) !== 0 && (ints[base + C.STATE]! & ConnectionState.SYN_ACK) === 0) {
        ints[base + C.STATE]! |= ConnectionState.SIMULTANEOUS_OPEN;
      } else {
        ints[base + C.STATE]! |= ConnectionState.SYN | (side === 0 ? 0 : ConnectionState.SYN_SIDE1);
        ints[base + C.SYN_FRAME] = frame;
        floats[slot * FLOATS + F.SYN] = time;
        this.redirects.syn(slot, sequence);
      }
    } else {
      if ((repeated || (ints[base + C.STATE]! & ConnectionState.HANDSHAKE_DONE) !== 0) && (ints[base + C.STATE]! & ConnectionState.SYN_ACK) !== 0) return;
      ints[base + C.STATE]! |= ConnectionState.SYN_ACK;
      if ((ints[base + C.STATE]! & ConnectionState.SYN) === 0) ints[base + C.STATE]! |= side === 0 ? ConnectionState.SYN_SIDE1 : 0;
      ints[base + C.SYN_ACK_FRAME] = frame;
      floats[slot * FLOATS + F.SYN_ACK] = time;
      this.seenAgain.synAck(slot, side, sequence, block.view.getInt32(tcp + 8), frame);
    }
    if ((word & ACK) !== 0) this.tellBase(other, block.view.getInt32(tcp + 8));
    const isAnswered = (word & ACK) !== 0 && floats[slot * FLOATS + F.HANDSHAKE_ACK]! !== 0 && sequenceDistance(ints[other + H.ACKED]!, sequence) > 0;
    ints[base + C.STATE]! |= isAnswered ? ConnectionState.HANDSHAKE_DONE : ConnectionState.HANDSHAKING;
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
  goesOn(slot: number, side: number, acknowledgement: number, word: number): void {
    const ints = this.slots.ints;
    const state = ints[slot * STRIDE + C.STATE]!;
    if ((word & ACK) === 0 || (word & RST) !== 0) return;
    const initiator = (state & ConnectionState.SYN_SIDE1) === 0 ? 0 : 1;
    if (side !== initiator && (state & ConnectionState.SYN_ACK) !== 0 && (state & ConnectionState.SIMULTANEOUS_OPEN) === 0) return;
    if (side === initiator) {
      // Also where the SYN-ACK is late in the capture.
      this.tellBase(slot * STRIDE + HALVES + (side ^ 1) * HALF, acknowledgement);
      this.slots.floats[slot * FLOATS + F.HANDSHAKE_ACK] = this.clock[0]!;
      if ((state & ConnectionState.SYN_ACK) !== 0) ints[slot * STRIDE + C.STATE]! |= ConnectionState.HANDSHAKE_DONE;
    }
    ints[slot * STRIDE + C.STATE]! &= ~ConnectionState.HANDSHAKING;
  }

  /** The other side tells where this one begins, of which nothing was captured yet. */
  private tellBase(half: number, first: number): void {
    const ints = this.slots.ints;
    if ((ints[half + H.STATE]! & HalfState.SYNCHRONIZED) !== 0) return;
    ints[half + H.BASE] = first;
    ints[half + H.STATE]! |= HalfState.BASED;
  }

  /** The first packet of a side whose SYN was not captured. */
  synchronizeMidstream(half: number, other: number, sequence: number, word: number, length: number): void {
    const ints = this.slots.ints;
    let first = sequence;
    const behind = sequenceDistance(sequence, ints[half + H.BASE]!);
    // Its only byte is acknowledged already: it repeats it, or is a keep-alive probe, and counts as neither.
    const isRepeated = (ints[other + H.STATE]! & HalfState.ACKED) !== 0 && sequenceDistance(ints[other + H.ACKED]!, sequence) === 1 && length === 1 && (word & FIN) === 0;
    if (isRepeated) first = ints[other + H.ACKED]!;
    // The handshake was seen but for this side's part in it: what lies between is missing.
    else if ((ints[half + H.STATE]! & HalfState.BASED) !== 0 && behind > 0 && behind < 1 << 24) first = ints[half + H.BASE]!;
    ints[half + H.BASE] = ints[half + H.NEXT] = ints[half + H.HIGH] = first;
    ints[half + H.STATE]! |= HalfState.SYNCHRONIZED;
  }

  /**
   * Whether all that was seen of a side, without its SYN, is a number one below `next`, which the other side
   * acknowledged: it was a keep-alive probe, or is followed by one byte or a FIN that the capture lacks.
   */
  beganWithProbe(half: number, other: number, next: number): boolean {
    const ints = this.slots.ints;
    return (
      next === ((ints[half + H.BASE]! + 1) | 0) &&
      ints[half + H.HIGH] === ints[half + H.BASE] &&
      (ints[half + H.STATE]! & (HalfState.SYNCHRONIZED | HalfState.SYN | HalfState.FIN)) === HalfState.SYNCHRONIZED &&
      (ints[other + H.STATE]! & HalfState.ACKED) !== 0 &&
      ints[other + H.ACKED] === next
    );
  }

  /** Nanoseconds: the handshake's round trip, 0 where it was not seen. */
  roundTrip(slot: number): number {
    const floats = this.slots.floats;
    const at = slot * FLOATS;
    const measured = floats[at + F.HANDSHAKE_ACK]! - floats[at + F.SYN]!;
    const done = (this.slots.ints[slot * STRIDE + C.STATE]! & (ConnectionState.HANDSHAKE_DONE | ConnectionState.SYN)) === (ConnectionState.HANDSHAKE_DONE | ConnectionState.SYN);
    return done ? measured : 0;
  }
}
