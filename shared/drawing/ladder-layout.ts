import { formatCount } from '../format/quantity.ts';
import type { PacketReport } from '../model/packet.ts';
import type { FrameRef, Side } from '../model/report.ts';
import { formatMoment } from './moments.ts';

/** A row of the ladder, from top to bottom. Seconds are of the capture, as PacketReport has them. */
export type LadderRow = PacketRow | FoldRow | PauseRow;

export interface PacketRow {
  readonly kind: 'packet';
  readonly packet: PacketReport;
  /** Since the connection's first packet; "+0.4 ms" since the row before where that says more. */
  readonly time: string;
  readonly tone: LadderTone;
  /** "SYN, ACK"; plain. */
  readonly flags: string;
  /** What to write on the arrow; text of the capture where the packet begins a message. */
  readonly info: string;
  /** "E1" of the evidence that this packet is; null for none. */
  readonly evidence: string | null;
}

/** Colour and line of an arrow; `quiet`: an ACK and nothing else. */
export type LadderTone = 'handshake' | 'request' | 'response' | 'quiet' | 'probe' | 'zero-window' | 'fin' | 'rst';

/** Data segments of one side in a row with the ACKs between them, or ACKs and nothing else (tone `quiet`). */
export interface FoldRow {
  readonly kind: 'fold';
  readonly from: Side;
  readonly tone: LadderTone;
  readonly packets: readonly PacketReport[];
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
  /** "+ 45 segments, 2 to 46", "+ 45 ACKs, to 65160" */
  readonly label: string;
}

/** Time without a packet, or in which `side` has its window at zero. */
export interface PauseRow {
  readonly kind: 'idle' | 'zero-window';
  readonly side: Side | null;
  readonly start: number;
  readonly end: number;
  /** "30.0 s idle" */
  readonly label: string;
}

export interface LadderOptions {
  /** Labels by frame. */
  readonly evidence?: ReadonlyMap<FrameRef, string>;
  /** Time of the connection's first packet; else of the first one given. */
  readonly origin?: number;
  /** Pauses from this length on have a row, in seconds. */
  readonly pause?: number;
  /** Data segments, or ACKs, in a row from this number on are folded. */
  readonly fold?: number;
}

/** The ladder of a connection's packets, which are in the order of their frames. */
export function ladderRows(packets: readonly PacketReport[], options: LadderOptions = {}): LadderRow[] {
  const { evidence = new Map<FrameRef, string>(), origin = packets[0]?.time ?? 0, pause = 0.5, fold = 3 } = options;
  const rows: LadderRow[] = [];
  const count = { client: 0, server: 0 };
  let before: number | null = null;
  let zeroUntil = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < packets.length; ) {
    const packet = packets[i]!;
    if (before !== null && packet.time - before >= pause && packet.time > zeroUntil) {
      rows.push({ kind: 'idle', side: null, start: before, end: packet.time, label: `${formatMoment(packet.time - before)} idle` });
    }
    const end = endOfRun(packets, i, evidence, pause);
    const run = packets.slice(i, end);
    const segments = run.filter((one) => isSegment(one, packet.from)).length;
    if (segments >= fold) {
      const bytes = run.reduce((sum, one) => sum + (one.from === packet.from ? one.length : 0), 0);
      const first = count[packet.from] + 1;
      count[packet.from] += segments;
      const label = `+ ${formatCount(segments)} segments${first === 1 ? '' : `, ${formatCount(first)} to ${formatCount(count[packet.from])}`}`;
      rows.push({ kind: 'fold', from: packet.from, tone: toneOf(packet), packets: run, bytes, start: packet.time, end: run.at(-1)!.time, label });
      before = run.at(-1)!.time;
      i = end;
      continue;
    }
    const acks = packets.slice(i, endOfAcks(packets, i, evidence, pause));
    if (acks.length >= fold) {
      const last = acks.at(-1)!;
      rows.push({ kind: 'fold', from: packet.from, tone: 'quiet', packets: acks, bytes: 0, start: packet.time, end: last.time, label: `+ ${formatCount(acks.length)} ACKs, to ${last.ack}` });
      before = last.time;
      i += acks.length;
      continue;
    }
    // The first segment of a message counts as its number 1.
    if (packet.starts !== null) count[packet.from] = 1;
    else if (packet.length > 0) count[packet.from]++;
    rows.push(packetRow(packet, origin, before, evidence.get(packet.frame) ?? null));
    if (packet.notes.includes('zero-window') && packet.time >= zeroUntil) {
      const open = packets.find((one, index) => index > i && one.from === packet.from && one.window > 0 && !one.flags.includes('RST'));
      const until = open?.time ?? packets.at(-1)!.time;
      zeroUntil = until;
      const label = `${formatMoment(until - packet.time)} window zero${open === undefined ? ', to the end' : ''}`;
      if (until > packet.time) rows.push({ kind: 'zero-window', side: packet.from, start: packet.time, end: until, label });
    }
    before = packet.time;
    i++;
  }
  return rows;
}

/** Where the run of data segments that begins with packet `start` ends; `start` itself where none does. */
function endOfRun(packets: readonly PacketReport[], start: number, evidence: ReadonlyMap<FrameRef, string>, pause: number): number {
  const { from } = packets[start]!;
  let end = start;
  for (let i = start; i < packets.length; i++) {
    const packet = packets[i]!;
    if (evidence.has(packet.frame)) break;
    if (isSegment(packet, from)) end = i + 1;
    // ACKs belong to the run where more of it follows.
    else if (packet.from === from || !isPlainAck(packet)) break;
    if (i > start && packet.time - packets[i - 1]!.time >= pause) {
      end = Math.min(end, i);
      break;
    }
  }
  return end;
}

/** Where the run of one side's ACKs that begins with packet `start` ends: the other side's data is not in the capture, or came before. */
function endOfAcks(packets: readonly PacketReport[], start: number, evidence: ReadonlyMap<FrameRef, string>, pause: number): number {
  const { from } = packets[start]!;
  let end = start;
  while (end < packets.length) {
    const packet = packets[end]!;
    if (packet.from !== from || !isPlainAck(packet) || packet.notes.length > 0 || evidence.has(packet.frame)) break;
    if (end > start && packet.time - packets[end - 1]!.time >= pause) break;
    end++;
  }
  return end;
}

function isSegment(packet: PacketReport, from: Side): boolean {
  return packet.from === from && packet.length > 0 && packet.starts === null && packet.notes.length === 0 && !packet.flags.some((flag) => CONTROL.has(flag));
}

function isPlainAck(packet: PacketReport): boolean {
  return packet.length === 0 && packet.notes.every((note) => note === 'window-update') && packet.window > 0 && !packet.flags.some((flag) => CONTROL.has(flag));
}

const CONTROL = new Set(['SYN', 'FIN', 'RST']);

function packetRow(packet: PacketReport, origin: number, before: number | null, evidence: string | null): PacketRow {
  const since = packet.time - origin;
  // Behind the first second a short step is told better by itself.
  const step = before !== null && since >= 1 && packet.time - before < 0.01;
  const time = step ? `+${formatMoment(packet.time - before)}` : formatMoment(since);
  return { kind: 'packet', packet, time, tone: toneOf(packet), flags: packet.flags.join(', '), info: infoOf(packet), evidence };
}

function toneOf({ flags, notes, from, length, window }: PacketReport): LadderTone {
  if (flags.includes('RST')) return 'rst';
  if (flags.includes('FIN')) return 'fin';
  if (flags.includes('SYN')) return 'handshake';
  if (notes.includes('keep-alive-probe') || notes.includes('keep-alive-answer') || notes.includes('window-probe')) return 'probe';
  if (window === 0 || notes.includes('zero-window')) return 'zero-window';
  if (length === 0) return 'quiet';
  return from === 'client' ? 'request' : 'response';
}

const NOTE_WORDS: Partial<Record<PacketReport['notes'][number], string>> = {
  retransmission: 'sent again',
  'out-of-order': 'out of order',
  'keep-alive-probe': 'keep-alive probe',
  'keep-alive-answer': 'answer to the probe',
  'zero-window': 'window 0, nothing more can be sent',
  'window-probe': 'window probe',
  'window-update': 'window update',
  duplicate: 'captured twice',
  'gap-before': 'bytes before it not captured',
};

function infoOf(packet: PacketReport): string {
  const words = packet.notes.map((note) => NOTE_WORDS[note]).filter((word) => word !== undefined);
  if (packet.starts !== null) return [packet.starts, ...words].join(', ');
  const numbers: string[] = [];
  if (packet.length > 0 || packet.flags.some((flag) => CONTROL.has(flag)) || words.length > 0) numbers.push(`seq ${packet.seq}`);
  if (packet.ack !== null) numbers.push(`ack ${packet.ack}`);
  if (packet.flags.includes('SYN') || packet.notes.includes('window-update')) numbers.push(`win ${packet.window}`);
  return [...words, numbers.join(' ')].filter((part) => part !== '').join(', ');
}
