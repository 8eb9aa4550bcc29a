import type { ConnectionFacts } from './connection-sink.ts';
import { sequenceDistance } from './sequence.ts';
import { F, FLOATS, H, HALF, HALVES, HalfState, type Slots, STRIDE } from './slots.ts';

/*
 * FINs that are not in the capture. A FIN takes a sequence number of its own (RFC 9293 section 3.4), so an
 * acknowledgement of one more than was seen tells of it; without that, who answers a FIN would count as who closed first.
 */

/** `closeUnacknowledged` where the first closing packet of the capture acknowledges such a FIN of the other side. */
export const FIN_UNSEEN = -1;

/** `unanswered` of the side whose FIN closed the connection, where all before that FIN was acknowledged and it was not: it may have been lost. */
export const FIN_UNACKNOWLEDGED = -1;

/** Whether a FIN began the close and the other side is not known to have got it. */
export function isFinUnacknowledged({ ints }: Slots, slot: number, { closeSide, closeReset }: ConnectionFacts): boolean {
  if (closeSide < 0 || closeReset) return false;
  const half = slot * STRIDE + HALVES + closeSide * HALF;
  const other = slot * STRIDE + HALVES + (closeSide ^ 1) * HALF;
  if ((ints[half + H.STATE]! & HalfState.FIN) === 0) return false;
  return (ints[other + H.STATE]! & HalfState.ACKED) === 0 || sequenceDistance(ints[other + H.ACKED]!, ints[half + H.FIN_SEQUENCE]!) <= 0;
}

/** Whether `number`, acknowledged by the other side or of a packet of its own, is one more than `side` is known to have sent. */
export function hasUnseenFin({ ints, floats }: Slots, slot: number, side: number, number: number): boolean {
  const half = slot * STRIDE + HALVES + side * HALF;
  const state = ints[half + H.STATE]!;
  // Where neither its SYN nor a byte of it was seen, its first packet may have been a probe, one below what it had sent.
  const known = (state & HalfState.SYN) !== 0 || floats[slot * FLOATS + F.PAYLOAD + side]! > 0;
  return known && (state & (HalfState.SYNCHRONIZED | HalfState.FIN)) === HalfState.SYNCHRONIZED && number === ((ints[half + H.HIGH]! + 1) | 0);
}

/** Puts such FINs in their places among the facts: frame and time are those of the packet that tells of them. */
export function addUnseenFins(slots: Slots, slot: number, facts: ConnectionFacts): void {
  if (facts.closeSide >= 0 && facts.closeUnacknowledged === FIN_UNSEEN) {
    facts.closeSide ^= 1;
    if (!facts.closeReset) {
      facts.secondFinFrame = facts.closeFrame;
      facts.secondFinAt = facts.closedAt;
    }
    facts.closeReset = false;
    return;
  }
  const { ints, floats } = slots;
  if (facts.closeReset) {
    // Its FIN came before its RST, which then answers what still arrived.
    const other = slot * STRIDE + HALVES + (facts.closeSide ^ 1) * HALF;
    if ((ints[other + H.STATE]! & HalfState.ACKED) !== 0 && hasUnseenFin(slots, slot, facts.closeSide, ints[other + H.ACKED]!)) {
      facts.closeReset = false;
      facts.closeUnacknowledged = FIN_UNSEEN;
    }
    return;
  }
  const tells = (side: number): boolean => {
    const half = slot * STRIDE + HALVES + side * HALF;
    return (ints[half + H.STATE]! & HalfState.ACKED) !== 0 && hasUnseenFin(slots, slot, side ^ 1, ints[half + H.ACKED]!);
  };
  const lastPacket = slot * FLOATS + F.LAST_PACKET;
  // Of two packets with one time either may be the last.
  const later = floats[lastPacket + 1]! - floats[lastPacket]!;
  const teller = later > 0 || (later === 0 && tells(1)) ? 1 : 0;
  const own = (ints[slot * STRIDE + HALVES + teller * HALF + H.STATE]! & (HalfState.FIN | HalfState.BEHIND_FIN)) === HalfState.BEHIND_FIN;
  const others = tells(teller);
  if (!own && !others) return;
  const toldAt = floats[lastPacket + teller]!;
  if (facts.closeSide >= 0 || (own && others)) {
    facts.secondFinFrame = facts.lastFrame;
    facts.secondFinAt = toldAt;
  }
  if (facts.closeSide >= 0) return;
  const at = slot * FLOATS;
  // Who has the last word, of two FINs, acknowledges the second one (RFC 9293 section 3.6).
  facts.closeSide = own ? teller : teller ^ 1;
  facts.closeFrame = facts.lastFrame;
  facts.closedAt = toldAt;
  facts.closeIdle = toldAt - Math.max(floats[at + F.LAST_NEW]!, floats[at + F.LAST_NEW + 1]!, floats[at + F.HANDSHAKE_ACK]!, floats[at + F.START]!);
  facts.closeUnacknowledged = FIN_UNSEEN;
}
