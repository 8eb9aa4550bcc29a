import type { Side } from './conversation.ts';
import { Conversation, other } from './conversation.ts';
import type { Dialogue } from './dialogues.ts';
import type { Packet, SegmentSpec } from './packets.ts';
import { ACK, concat, PSH, segmentFrame, SYN } from './packets.ts';
import type { Random } from './random.ts';
import { seeded } from './random.ts';

/** How a dialogue is carried; every trouble is off unless it is asked for. */
export interface Carriage {
  readonly seed: number;
  /** Most bytes of one segment; cuts are at random below it. Small ones are for heads: far into a turn they grow. */
  readonly maxSegment?: number;
  /** Packets of one side that may overtake one another: a packet comes at most this many places late. */
  readonly reorderWindow?: number;
  /** One packet in so many is in the capture twice, is sent again, or overlaps its neighbours. 0: none. */
  readonly duplicateOneIn?: number;
  readonly retransmitOneIn?: number;
  readonly overlapOneIn?: number;
  /** The sequence numbers of both sides pass 2^32 within the dialogue. */
  readonly wrap?: boolean;
  /** One run of packets of one side is missing in the capture. */
  readonly hole?: boolean;
  /** One side's packets are so many places late in the capture, of all packets, against the other's. */
  readonly lateSide?: Side;
  readonly lateBy?: number;
}

/** Bytes [start, end) of a side's stream that no packet of the capture holds. */
export interface Hole {
  readonly side: Side;
  readonly start: number;
  readonly end: number;
}

export interface Carried {
  readonly packets: readonly Packet[];
  readonly hole: Hole | null;
  /**
   * Frames (from 1) that a report may name for a byte of a side's stream: the first that holds it, and, where that one
   * came before its turn, the one that holds it and everything missing in front of it. None in a hole.
   */
  framesOf(side: Side, position: number): readonly number[];
}

/** Bytes of a turn that are cut as finely as wanted; a long body in single bytes would only take time. */
const FINELY_CUT = 400;

/** Carries a dialogue over one TCP connection with the wanted troubles. The same seed gives the same packets. */
export function carry(dialogue: Dialogue, carriage: Carriage): Carried {
  const random = seeded(carriage.seed);
  const isn = { client: 1 + random(1 << 30), server: 1 + random(1 << 30) };
  if (carriage.wrap) {
    for (const side of ['client', 'server'] as const) {
      isn[side] = 2 ** 32 - 1 - random(Math.max(1, streamLength(dialogue, side)));
    }
  }
  let packets = cut(dialogue, carriage, random, isn);
  const hole = carriage.hole ? removeRun(packets, random, isn) : null;
  if (carriage.overlapOneIn) packets = overlap(packets, carriage.overlapOneIn, random);
  if (carriage.retransmitOneIn) packets = repeat(packets, carriage.retransmitOneIn, random, true);
  if (carriage.reorderWindow) reorder(packets, carriage.reorderWindow, random);
  if (carriage.duplicateOneIn) packets = repeat(packets, carriage.duplicateOneIn, random, false);
  if (carriage.lateSide && carriage.lateBy) packets = delay(packets, carriage.lateSide, carriage.lateBy);
  const frames = packets.map((spec, at): Packet => ({ time: at * 0.001, bytes: segmentFrame(spec), spec }));
  const arrivals = { client: arrival(packets, dialogue, 'client', isn.client), server: arrival(packets, dialogue, 'server', isn.server) };
  return {
    packets: frames,
    hole,
    framesOf: (side, position) => {
      const first = arrivals[side].first[position]!;
      const inTurn = arrivals[side].inTurn[position]!;
      return first === 0 ? [] : inTurn > first && holds(packets[inTurn - 1]!, isn[side], position) ? [first, inTurn] : [first];
    },
  };
}

function streamLength(dialogue: Dialogue, side: Side): number {
  return dialogue.turns.reduce((sum, turn) => sum + (turn.side === side ? turn.bytes.length : 0), 0);
}

/** Handshake, the turns cut into segments with an acknowledgment here and there, and both FINs. */
function cut(dialogue: Dialogue, carriage: Carriage, random: Random, isn: Record<Side, number>): SegmentSpec[] {
  const most = carriage.maxSegment ?? 1460;
  const talk = new Conversation({ clientIsn: isn.client, serverIsn: isn.server });
  talk.handshake();
  for (const { side, bytes } of dialogue.turns) {
    for (let at = 0; at < bytes.length;) {
      const limit = at < FINELY_CUT ? most : Math.max(most, FINELY_CUT);
      const size = Math.min(bytes.length - at, 1 + random(random(3) === 0 ? Math.min(8, limit) : limit));
      talk.segment(side, { flags: PSH | ACK, data: bytes.subarray(at, at + size) });
      at += size;
      if (random(3) === 0) talk.ack(other(side));
    }
    talk.ack(other(side));
  }
  talk.close(dialogue.closedBy);
  return talk.packets.map((packet) => packet.spec!);
}

/** Takes one to four data packets of one side that follow one another out of `packets`. */
function removeRun(packets: SegmentSpec[], random: Random, isn: Record<Side, number>): Hole | null {
  const side = random(3) === 0 ? 'client' : 'server';
  const candidates = packets.filter((spec) => sideOf(spec) === side && length(spec) > 0);
  if (candidates.length === 0) return null;
  const from = random(candidates.length);
  const run = candidates.slice(from, from + 1 + random(4));
  for (const spec of run) packets.splice(packets.indexOf(spec), 1);
  const last = run.at(-1)!;
  return { side, start: offset(run[0]!, isn[side]), end: offset(last, isn[side]) + length(last) };
}

/** Here and there a segment that holds the end of one packet and the beginning of the next, before or behind it. */
function overlap(packets: readonly SegmentSpec[], oneIn: number, random: Random): SegmentSpec[] {
  const result: SegmentSpec[] = [];
  for (const [at, spec] of packets.entries()) {
    result.push(spec);
    const next = packets.slice(at + 1).find((later) => sideOf(later) === sideOf(spec) && length(later) > 0);
    if (length(spec) === 0 || !next || next !== packets[at + 1] || random(oneIn) !== 0) continue;
    const skip = random(length(spec));
    const data = concat([spec.data!.subarray(skip), next.data!.subarray(0, 1 + random(length(next)))]);
    const both = { ...spec, seq: (spec.seq + skip) >>> 0, data, ipId: 0x4000 + random(0x4000) };
    if (random(2) === 0) result.push(both);
    else result.splice(-1, 0, both);
  }
  return result;
}

/** Packets that come again a few places later: as new datagrams, or as the same ones seen twice. */
function repeat(packets: readonly SegmentSpec[], oneIn: number, random: Random, anew: boolean): SegmentSpec[] {
  const result = [...packets];
  for (const [at, spec] of packets.entries()) {
    if (random(oneIn) !== 0 || (anew && (length(spec) === 0 || (spec.flags! & SYN) !== 0))) continue;
    const later = result.indexOf(spec) + 1 + random(anew ? 6 : 1);
    result.splice(later, 0, anew ? { ...spec, ipId: (0x4000 + at) & 0x7fff } : spec);
  }
  return result;
}

/** Lets packets of one side change places among themselves, never across a packet with bytes of the other side. */
function reorder(packets: SegmentSpec[], window: number, random: Random): void {
  for (let from = 3; from < packets.length;) {
    let to = from + 1;
    while (to < packets.length && sideOf(packets[to]!) === sideOf(packets[from]!)) to++;
    for (let at = from; at < to; at++) {
      const place = Math.min(to - 1, at + random(window + 1));
      const [moved] = packets.splice(place, 1);
      packets.splice(at, 0, moved!);
    }
    from = to;
  }
}

/** Puts every packet of one side so many places later. */
function delay(packets: readonly SegmentSpec[], side: Side, by: number): SegmentSpec[] {
  const place = (spec: SegmentSpec, at: number): number => (sideOf(spec) === side ? at + by + 0.5 : at);
  return packets.map((spec, at) => ({ spec, place: place(spec, at) })).sort((a, b) => a.place - b.place).map(({ spec }) => spec);
}

function sideOf(spec: SegmentSpec): Side {
  return spec.to.port === 80 ? 'client' : 'server';
}

function length(spec: SegmentSpec): number {
  return spec.data?.length ?? 0;
}

/** For every byte of a side's stream: the first frame that holds it, and the frame with which all bytes up to it had come. */
function arrival(packets: readonly SegmentSpec[], dialogue: Dialogue, side: Side, isn: number) {
  const first = new Int32Array(streamLength(dialogue, side));
  const inTurn = new Int32Array(first.length);
  let arrived = 0;
  for (const [at, spec] of packets.entries()) {
    if (sideOf(spec) !== side) continue;
    const start = offset(spec, isn);
    for (let position = start; position < start + length(spec); position++) first[position] ||= at + 1;
    for (; arrived < first.length && first[arrived] !== 0; arrived++) inTurn[arrived] = at + 1;
  }
  return { first, inTurn };
}

function holds(spec: SegmentSpec, isn: number, position: number): boolean {
  const start = offset(spec, isn);
  return start <= position && position < start + length(spec);
}

/** Position of a packet's first byte in its sender's stream. */
function offset(spec: SegmentSpec, isn: number): number {
  return (spec.seq - isn - 1) | 0;
}
