import { frameReference } from '../capture/frame-id.ts';
import { windowScale } from '../decode/tcp.ts';
import { redactTarget } from '../report/redaction.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { idDistance, isSentAgain, newestId } from '../tcp/sent-again.ts';
import { sequenceDistance } from '../tcp/sequence.ts';
import { isEstimated } from '../store/estimated-exchanges.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import { secondsFromNanoseconds } from '../../shared/format/time.ts';
import type { PacketNote, PacketReport } from '../../shared/model/packet.ts';
import type { WalkedPacket } from './connection-picker.ts';
import type { AnalysedCaptures } from './connection-walk.ts';
import { walkConnections } from './connection-walk.ts';

export interface PacketsOptions {
  /** Packets to pass over, and to return at most. */
  readonly offset: number;
  readonly limit: number;
  /** Take secrets out of request targets. */
  readonly redact: boolean;
  readonly signal?: AbortSignal;
}

export interface PacketsPage {
  /** Packets of the connection as far as is known: copies of packets behind this page are not counted. */
  readonly total: number;
  readonly offset: number;
  readonly packets: PacketReport[];
}

/**
 * Reads the packets of one connection from its captures once more, from its first frame to the end of the page.
 *
 * @param row of the connection: its id less 1
 * @throws AppError where the captures cannot be read again or have changed; code `interrupted` at an abort
 */
export async function readPackets(captures: AnalysedCaptures, row: number, options: PacketsOptions): Promise<PacketsPage> {
  const { store } = captures;
  const { connections } = store;
  const { offset, limit } = options;
  const tracker = new PacketTracker(captures.paths.length, roundTrip(store, row));
  const packets: PacketReport[] = [];
  /** Place on the page by frame id. */
  const places = new Map<number, number>();
  let seen = 0;
  let copies = 0;
  await walkConnections(
    captures,
    [row],
    (packet) => {
      const report = tracker.next(packet);
      if (report.notes.includes('duplicate')) copies++;
      if (seen >= offset && packets.length < limit) {
        places.set(packet.frame, packets.length);
        packets.push(report);
      }
      return ++seen < offset + limit;
    },
    options.signal === undefined ? {} : { signal: options.signal },
  );
  addStarts(store, row, places, packets, options.redact);
  addEvents(store, row, places, packets);
  const counted = connections.packetsClient.get(row) + connections.packetsServer.get(row) + copies;
  return { total: Math.max(counted, seen), offset, packets };
}

const FLAG_NAMES = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'];
const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];

/** As ConnectionTable tells copies from retransmissions. */
const COPY_NANOSECONDS = 100e6;
/** Holes remembered of a side; a further one takes the place of the oldest. */
const MAX_HOLES = 256;

interface Hole {
  start: number;
  end: number;
  readonly since: number;
}

/** One side's sequence space, counted from its initial sequence number. */
interface Sender {
  /** Initial sequence number; null until something tells it. */
  base: number | null;
  /** Just behind the highest byte (or SYN, or FIN) seen; grows beyond 2^32. */
  high: number;
  acknowledged: number;
  hasSent: boolean;
  hasSyn: boolean;
  /** Window scale of the SYN, -1 where it has none. */
  scale: number;
  lastTime: number;
  lastId: number;
  /** Of the last two packets without an IP identification. */
  checksums: [number, number];
  holes: Hole[];
}

/** What each packet of a connection means, from the first on. */
class PacketTracker {
  private readonly captures: number;
  private readonly roundTrip: number;
  private readonly client = newSender();
  private readonly server = newSender();

  constructor(captures: number, roundTripNanoseconds: number) {
    this.captures = captures;
    this.roundTrip = roundTripNanoseconds;
  }

  next(packet: WalkedPacket): PacketReport {
    const { block, tcp, payload, end, capturedEnd, time } = packet;
    const { bytes, view } = block;
    const sender = packet.fromClient ? this.client : this.server;
    const peer = packet.fromClient ? this.server : this.client;
    const flags = bytes[tcp + 13]!;
    const length = end - payload;
    // Midstream Wireshark calls the first byte seen 1, as if a SYN had come before it.
    sender.base ??= (view.getInt32(tcp + 4) - ((flags & SYN) === 0 ? 1 : 0)) | 0;
    const seq = relative(sender, view.getInt32(tcp + 4));
    let ack: number | null = null;
    if ((flags & ACK) !== 0) {
      peer.base ??= (view.getInt32(tcp + 8) - 1) | 0;
      ack = relative(peer, view.getInt32(tcp + 8));
    }
    const next = seq + length + ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1);

    const notes: PacketNote[] = [];
    const filled = holeAt(sender, seq, next);
    if (isCopy(packet, sender, next, ack, flags, length, filled)) notes.push('duplicate');
    else {
      if ((flags & RST) === 0 && next > seq && sender.hasSent) {
        if (filled !== null && next <= sender.high) notes.push(isSentAgain(idAhead(packet, sender), time - filled.since, this.roundTrip) ? 'retransmission' : 'out-of-order');
        else if (seq < (next <= sender.high ? sender.high : inOrder(sender))) notes.push('retransmission');
      }
      this.take(packet, sender, seq, next, ack, flags);
    }
    if (view.getUint16(tcp + 14) === 0 && (flags & (SYN | RST)) === 0) notes.push('zero-window');
    const scale = (flags & SYN) === 0 && sender.scale >= 0 && (peer.scale >= 0 || !peer.hasSyn) ? sender.scale : 0;
    return {
      frame: frameReference(packet.frame, this.captures),
      time: secondsFromNanoseconds(time),
      from: packet.fromClient ? 'client' : 'server',
      flags: FLAG_NAMES.filter((_, bit) => (flags & (1 << bit)) !== 0),
      seq,
      ack,
      window: view.getUint16(tcp + 14) * 2 ** scale,
      length,
      captured: Math.max(0, Math.min(length, capturedEnd - payload)),
      notes,
      starts: null,
    };
  }

  private take(packet: WalkedPacket, sender: Sender, seq: number, next: number, ack: number | null, flags: number): void {
    const { block, tcp, payload, capturedEnd, identification, time } = packet;
    if ((flags & SYN) !== 0) {
      sender.hasSyn = true;
      sender.scale = windowScale(block.bytes, tcp, Math.min(payload, capturedEnd));
    }
    if ((flags & RST) === 0) {
      if (sender.hasSent && seq > sender.high) {
        sender.holes.push({ start: sender.high, end: seq, since: time });
        if (sender.holes.length > MAX_HOLES) sender.holes.shift();
      }
      fill(sender, seq, next);
      sender.high = Math.max(sender.high, next);
    }
    if (ack !== null) sender.acknowledged = Math.max(sender.acknowledged, ack);
    const id = identification < 0 ? 0 : block.view.getUint16(identification);
    if (id !== 0) sender.lastId = newestId(id, idAhead(packet, sender));
    else sender.checksums = [block.view.getUint16(tcp + 16), sender.checksums[0]];
    sender.lastTime = time;
    sender.hasSent = true;
  }
}

function newSender(): Sender {
  return { base: null, high: 0, acknowledged: -1, hasSent: false, hasSyn: false, scale: -1, lastTime: 0, lastId: 0, checksums: [-1, -1], holes: [] };
}

/** A sequence number counted from the side's first, near to what was seen last: it wraps every 4 GiB. */
function relative(sender: Sender, sequence: number): number {
  return sender.high + sequenceDistance(sequence, (sender.base! + sender.high) | 0);
}

function isCopy(packet: WalkedPacket, sender: Sender, next: number, ack: number | null, flags: number, length: number, filled: Hole | null): boolean {
  if (!sender.hasSent || (flags & RST) !== 0 || packet.time - sender.lastTime > COPY_NANOSECONDS) return false;
  if (next > sender.high || filled !== null || (length === 0 && ack !== null && ack > sender.acknowledged)) return false;
  const { view } = packet.block;
  const id = packet.identification < 0 ? 0 : view.getUint16(packet.identification);
  if (id !== 0) return ((sender.lastId - id) & 0xffff) < 256;
  return sender.checksums.includes(view.getUint16(packet.tcp + 16));
}

/** How far the packet's IP identification lies behind the last one; 0 where there is none. */
function idAhead({ block, identification }: WalkedPacket, { lastId }: Sender): number {
  const id = identification < 0 ? 0 : block.view.getUint16(identification);
  return id === 0 ? 0 : idDistance(id, lastId);
}

function holeAt({ holes }: Sender, start: number, end: number): Hole | null {
  return holes.find((hole) => hole.start < end && start < hole.end) ?? null;
}

/** Where the first hole begins, else the end. */
function inOrder({ holes, high }: Sender): number {
  return holes.reduce((least, { start }) => Math.min(least, start), high);
}

function fill(sender: Sender, start: number, end: number): void {
  if (sender.holes.length === 0) return;
  sender.holes = sender.holes.flatMap((hole) => {
    if (hole.end <= start || end <= hole.start) return [hole];
    const rest = [{ ...hole, end: start }, { ...hole, start: end }];
    return rest.filter((part) => part.start < part.end);
  });
}

/** The handshake's, in nanoseconds; 0 where it was not seen. */
function roundTrip({ connections }: ResultStore, row: number): number {
  const toSynAck = connections.synToSynAck.get(row);
  const toAck = connections.synAckToAck.get(row);
  return toSynAck >= 0 && toAck >= 0 ? toSynAck + toAck : 0;
}

const MAX_START_LENGTH = 200;
const MAX_STARTS = 3;

/** Names the messages that begin in packets of the page. */
function addStarts(store: ResultStore, row: number, places: ReadonlyMap<number, number>, packets: PacketReport[], redact: boolean): void {
  const { connections, exchanges, events, strings } = store;
  const found = new Map<PacketReport, string[]>();
  const add = (frame: number, text: () => string) => {
    const place = places.get(frame);
    if (place === undefined) return;
    const packet = packets[place]!;
    const texts = found.get(packet);
    if (texts === undefined) found.set(packet, [text()]);
    // Told from the last to the first.
    else if (texts.push(text()) > MAX_STARTS + 1) texts.shift();
  };
  for (let exchange = connections.lastExchange.get(row) - 1; exchange >= 0; exchange = exchanges.previous.get(exchange) - 1) {
    const state = exchanges.state.get(exchange);
    // Of what TLS hides there is no start line.
    if (isEstimated(store, exchange)) continue;
    if ((state & ExchangeBits.HAS_RESPONSE) !== 0) add(exchanges.responseFrame.get(exchange), () => String(exchanges.status.get(exchange)));
    if ((state & ExchangeBits.HAS_REQUEST) === 0) continue;
    add(exchanges.requestFrame.get(exchange), () => {
      const target = strings.text(exchanges.target.get(exchange));
      return `${strings.text(exchanges.method.get(exchange))} ${redact ? redactTarget(target) : target}`.slice(0, MAX_START_LENGTH);
    });
  }
  for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) {
    if (events.kind.get(event) >>> 1 === EventKind.interim) add(events.frame.get(event), () => String(events.value.get(event)));
  }
  for (const [packet, texts] of found) {
    texts.reverse();
    packet.starts = texts.length > MAX_STARTS ? `${texts.slice(0, MAX_STARTS).join(', ')}, …` : texts.join(', ');
  }
}

/** Notes what the analysis said of packets of the page. */
function addEvents({ connections, events }: ResultStore, row: number, places: ReadonlyMap<number, number>, packets: PacketReport[]): void {
  const note = (frame: number, text: PacketNote) => {
    const packet = packets[places.get(frame) ?? -1];
    if (packet === undefined) return;
    // A probe repeats a byte on purpose.
    if (text === 'keep-alive-probe' || text === 'window-probe') packet.notes = packet.notes.filter((other) => other !== 'retransmission');
    if (!packet.notes.includes(text)) packet.notes.push(text);
  };
  for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) {
    const frame = events.frame.get(event);
    const endFrame = events.endFrame.get(event);
    switch (events.kind.get(event) >>> 1) {
      case EventKind.keepAliveProbe:
        note(frame, 'keep-alive-probe');
        if (endFrame !== 0) note(endFrame, 'keep-alive-answer');
        break;
      case EventKind.windowProbe:
        note(frame, 'window-probe');
        break;
      case EventKind.zeroWindow:
        note(frame, 'zero-window');
        if (endFrame !== 0) note(endFrame, 'window-update');
        break;
      case EventKind.gap:
        note(frame, 'gap-before');
        break;
      default:
    }
  }
}
