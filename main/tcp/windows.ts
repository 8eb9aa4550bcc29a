import type { Closing } from './closing.ts';
import { type ConnectionSink, EventKind } from './connection-sink.ts';
import { type HalfStreams, MAX_DISTANCE } from './half-stream.ts';
import { RST, SYN } from './header-word.ts';
import { sequenceDistance } from './sequence.ts';
import { C, ConnectionState, F, FLOATS, H, HALF, HALVES, HalfState, type Slots, STRIDE } from './slots.ts';

/** With less room than this a sender waits for more (RFC 9293 section 3.8.6.2.1): a full segment on common paths. */
export const FULL_SEGMENT = 1460;
/** A silence between bytes of one side that is more than segments spread by a slow path. */
export const SHORTEST_PAUSE = 20e6;
/** One that is told by itself, unless the connection is so old that many such are to be expected. */
const SHORTEST_STALL = 1e9;
/** Waiting is told when it sums up to so much, and to this share of the connection's age: events stay few. */
const TOLD_WAITING = 100e3;
const TOLD_WAITING_SHARE = 1 / 32;
/** Of a side whose SYN was not seen nobody knows by how much its windows are to be scaled (RFC 7323 section 2.2): they look full when they are not. */
const WINDOW_KNOWN = HalfState.ACKED | HalfState.SYN;
/** Microseconds: the sum stays an integer of 31 bits. */
const MOST_WAITED = 1e9;

/** What acknowledgements and windows say, and what a side waited for before it sent on. */
export class Windows {
  private readonly slots: Slots;
  private readonly halves: HalfStreams;
  private readonly closing: Closing;
  private readonly connections: ConnectionSink;
  private readonly clock: Float64Array;

  constructor(slots: Slots, halves: HalfStreams, closing: Closing, connections: ConnectionSink, clock: Float64Array) {
    this.slots = slots;
    this.halves = halves;
    this.closing = closing;
    this.connections = connections;
    this.clock = clock;
  }

  /** What the acknowledgement and the window of a segment say about the other half-stream. */
  acknowledge(slot: number, side: number, acknowledgement: number, word: number, probe: boolean, frame: number): void {
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    const half = base + HALVES + side * HALF;
    const other = base + HALVES + (side ^ 1) * HALF;
    const isReset = (word & RST) !== 0;
    const known = (ints[half + H.STATE]! & HalfState.ACKED) !== 0;
    const progress = known ? sequenceDistance(acknowledgement, ints[half + H.ACKED]!) : 1;
    const otherKnown = (ints[other + H.STATE]! & HalfState.SYNCHRONIZED) !== 0;
    const beyond = otherKnown ? sequenceDistance(acknowledgement, ints[other + H.NEXT]!) : 0;
    if (isReset && (beyond > 0 || (acknowledgement === 0 && !otherKnown))) return;
    // It got an answer of which nothing is in the capture: that begins where its acknowledgements stood before.
    if (known && progress > 0 && !otherKnown && !isReset && (ints[other + H.STATE]! & HalfState.BASED) === 0 && this.slots.floats[slot * FLOATS + F.PAYLOAD + side]! > 0) {
      ints[other + H.BASE] = ints[half + H.ACKED]!;
      ints[other + H.STATE]! |= HalfState.BASED;
    }
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
    // What comes once the side that asked has given up with a RST is no answer any more.
    if (asked > 0 && !probe && (ints[other + H.STATE]! & HalfState.RESET) === 0 && sequenceDistance(acknowledgement, ints[other + H.HIGH]!) >= 0) {
      this.connections.eventEnd(asked - 1, frame);
      ints[other + H.PROBE] = 0;
      if (ints[half + H.PROBE] === 0) ints[base + C.STATE]! &= ~ConnectionState.PROBING;
    }
    // In mid-stream, of a side of which one number was seen and the next is acknowledged: that was a probe, others may follow.
    if (beyond === 1 && ints[other + H.HIGH] === ints[other + H.BASE] && (ints[other + H.STATE]! & (HalfState.SYN | HalfState.FIN)) === 0) ints[base + C.STATE]! |= ConnectionState.PROBING;
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

  /** A side has used up the window of the other. One that is as large as ever may only be small for the path; one that has fallen waits for its reader. */
  filled(half: number, other: number): void {
    const ints = this.slots.ints;
    if ((ints[other + H.STATE]! & WINDOW_KNOWN) === WINDOW_KNOWN && 2 * ints[other + H.WINDOW]! <= ints[other + H.WINDOW_MAX]!) ints[half + H.STATE]! |= HalfState.WINDOW_FULL;
  }

  /** A side sends on that had used up the window: it waited until the other side's last packet, which made room. */
  emptied(slot: number, side: number, frame: number): void {
    const ints = this.slots.ints;
    const floats = this.slots.floats;
    const at = slot * FLOATS;
    const half = slot * STRIDE + HALVES + side * HALF;
    ints[half + H.STATE]! &= ~HalfState.WINDOW_FULL;
    const waited = floats[at + F.LAST_PACKET + (side ^ 1)]! - floats[at + F.LAST_NEW + side]!;
    if (waited > 0) this.addWait(slot, side, half + H.WINDOW_WAITED, EventKind.windowFull, waited, frame);
  }

  /** A side sends on after a while: it was silent of its own accord where nothing was under way and the other side had said nothing. */
  paused(slot: number, side: number, frame: number): void {
    const ints = this.slots.ints;
    const floats = this.slots.floats;
    const at = slot * FLOATS;
    const half = slot * STRIDE + HALVES + side * HALF;
    const other = slot * STRIDE + HALVES + (side ^ 1) * HALF;
    const before = floats[at + F.LAST_NEW + side]!;
    // It answers what the capture has later.
    if ((ints[half + H.STATE]! & HalfState.ACKED) !== 0 && sequenceDistance(ints[half + H.ACKED]!, ints[other + H.NEXT]!) > 0) return;
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
}
