import type { ByteBlock } from '../capture/record-batch.ts';
import type { Closing } from './closing.ts';
import type { Copies } from './copies.ts';
import type { Handshake } from './handshake.ts';
import { ACK, FIN, RST, SYN } from './header-word.ts';
import { ATTENTION, C, ConnectionState, H, HALF, HALVES, HalfState, type Slots, STRIDE } from './slots.ts';

/**
 * The packets without payload that nearly every connection has: SYN, SYN-ACK, the ACK behind it, window updates, FINs
 * and their ACKs, each in order and the first of its kind.
 */
export class UsualSegments {
  private readonly slots: Slots;
  private readonly copies: Copies;
  private readonly handshake: Handshake;
  private readonly closing: Closing;

  constructor(slots: Slots, copies: Copies, handshake: Handshake, closing: Closing) {
    this.slots = slots;
    this.copies = copies;
    this.handshake = handshake;
    this.closing = closing;
  }

  /** Does what GeneralSegments does with such a packet, by fewer steps; in any doubt it does nothing and returns false. */
  take(block: ByteBlock, path: number, slot: number, side: number, ip: number, tcp: number, payload: number, end: number, capturedEnd: number, frame: number, id: number): boolean {
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
      this.copies.notice(block, path, half, slot, side, ip, tcp, id, frame);
      this.handshake.synchronize(block, slot, side, sequence, word, tcp, payload, capturedEnd, frame);
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
      (progress === 0 && (word & FIN) === 0 && this.copies.isCopy(block, half, slot, side, tcp, sequence, word, 0, id))
    ) {
      return false;
    }
    this.copies.notice(block, path, half, slot, side, ip, tcp, id, frame);
    if ((state & ConnectionState.HANDSHAKING) !== 0) this.handshake.goesOn(slot, side, acknowledgement, word);
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
}
