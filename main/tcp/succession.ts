import { MAX_DISTANCE } from './half-stream.ts';
import { ACK, RST, SYN } from './header-word.ts';
import { sequenceDistance } from './sequence.ts';
import { C, ConnectionState, H, HALF, HALVES, HalfState, type Slots, STRIDE } from './slots.ts';

/* Connections that follow each other on one four-tuple: which of them a segment belongs to. */

/** Whether a segment on a known four-tuple belongs to another connection than the one that is known. */
export function beginsAnew({ ints }: Slots, slot: number, side: number, sequence: number, acknowledgement: number, word: number, length: number): boolean {
  const base = slot * STRIDE;
  const half = base + HALVES + side * HALF;
  const other = base + HALVES + (side ^ 1) * HALF;
  const state = ints[half + H.STATE]!;
  const closed = (ints[base + C.STATE]! & ConnectionState.CLOSED) !== 0;
  if ((word & RST) !== 0) return false;
  if ((word & SYN) !== 0) {
    if ((state & HalfState.SYNCHRONIZED) === 0) {
      // One that answers the SYN, or was answered already: the two directions were captured out of step.
      if ((word & ACK) !== 0 && (ints[other + H.STATE]! & HalfState.SYN) !== 0 && acknowledgement === ints[other + H.BASE]) return false;
      const began = (state & HalfState.BASED) !== 0 ? ints[half + H.BASE]! : ints[other + H.ACKED]!;
      if (((state & HalfState.BASED) | (ints[other + H.STATE]! & HalfState.ACKED)) !== 0 && began === ((sequence + 1) | 0)) return false;
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
export function isOfBefore({ ints }: Slots, slot: number, side: number, sequence: number, acknowledgement: number, word: number): boolean {
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
