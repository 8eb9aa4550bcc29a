import type { ByteBlock } from '../capture/record-batch.ts';
import { timeToLive } from './closing.ts';
import type { HalfStreams } from './half-stream.ts';
import { ACK, FIN, SYN } from './header-word.ts';
import { sequenceDistance } from './sequence.ts';
import { C, ConnectionState, F, FLOATS, H, HalfState, type Slots, STRIDE } from './slots.ts';

/** A copy of a packet (capture on every interface, mirrored port) comes within this many nanoseconds; a retransmission later. */
const DUPLICATE_NANOSECONDS = 100e6;

/** Packets that were captured twice, and what is remembered of each to know them. */
export class Copies {
  private readonly slots: Slots;
  private readonly halves: HalfStreams;
  private readonly clock: Float64Array;

  constructor(slots: Slots, halves: HalfStreams, clock: Float64Array) {
    this.slots = slots;
    this.halves = halves;
    this.clock = clock;
  }

  /** Counts the packet and remembers what tells its copies. */
  notice(block: ByteBlock, path: number, half: number, slot: number, side: number, ip: number, tcp: number, id: number, frame: number): void {
    const ints = this.slots.ints;
    ints[half + H.PACKETS]!++;
    ints[slot * STRIDE + C.LAST_FRAME] = frame;
    ints[slot * STRIDE + C.STATE]! &= ~ConnectionState.TOLD;
    this.slots.floats[slot * FLOATS + F.LAST_PACKET + side] = this.clock[0]!;
    if ((ints[half + H.STATE]! & HalfState.SEEN) === 0) {
      ints[half + H.STATE]! |= HalfState.SEEN;
      ints[half + H.TTL] = timeToLive(block, path, ip);
    }
    this.remember(block, half, tcp, id);
  }

  /** What tells the copies of a packet: its IP identification, or where there is none its TCP header. */
  remember(block: ByteBlock, half: number, tcp: number, id: number): void {
    const ints = this.slots.ints;
    if (id !== 0) {
      ints[half + H.LAST_ID] = id;
      return;
    }
    ints[half + H.RECENT1] = ints[half + H.RECENT0]!;
    ints[half + H.RECENT0] = headerHash(block.view, tcp);
  }

  /**
   * Whether a packet was captured before: nothing new in it, close in time, and the IP identification is not a new one
   * (a retransmission gets the next), or, where there is none, the TCP header is that of one of the last two packets.
   */
  isCopy(block: ByteBlock, half: number, slot: number, side: number, tcp: number, sequence: number, word: number, length: number, id: number): boolean {
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
    const hash = headerHash(block.view, tcp);
    return hash === ints[half + H.RECENT0] || hash === ints[half + H.RECENT1];
  }

  /** Whether a segment below the highest one seen holds bytes that are still missing. */
  private fillsHole(half: number, slot: number, side: number, sequence: number, length: number): boolean {
    const ints = this.slots.ints;
    if (length === 0 || (ints[slot * STRIDE + C.STATE]! & (side === 0 ? ConnectionState.WAITING0 : ConnectionState.WAITING1)) === 0) return false;
    const end = (sequence + length) | 0;
    return sequenceDistance(end, ints[half + H.NEXT]!) > 0 && !this.halves.holds(slot, side, sequence, end);
  }
}

/** NOP, NOP, kind and length of the timestamps option, as nearly all senders lay it out (RFC 7323 appendix A). */
const TIMESTAMPS = 0x0101_080a;

/**
 * Numbers, flags and window of a TCP header, with its timestamp, which a retransmission does not repeat. Only without
 * one the checksum has to do: where the network card is to fill it in, it is the same in all segments of one length, and
 * another behind the card.
 */
function headerHash(view: DataView, tcp: number): number {
  const hasTimestamp = (view.getUint8(tcp + 12) & 0xf0) > 0x70 && tcp + 28 <= view.byteLength && view.getInt32(tcp + 20) === TIMESTAMPS;
  let hash = Math.imul(view.getInt32(tcp + 4), 0x9e3779b1) ^ view.getInt32(tcp + 8);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ view.getInt32(tcp + 12);
  return Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) ^ (hasTimestamp ? view.getInt32(tcp + 24) : view.getUint16(tcp + 16));
}
