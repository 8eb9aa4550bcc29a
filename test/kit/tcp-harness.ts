import { ByteBlock, RecordBatch } from '../../main/capture/record-batch.ts';
import { AddressTable } from '../../main/tcp/address-table.ts';
import { ConnectionFacts, type ConnectionSink, type EventKind } from '../../main/tcp/connection-sink.ts';
import { ConnectionTable } from '../../main/tcp/connection-table.ts';
import { DEFAULT_LIMITS, type Limits } from '../../main/tcp/limits.ts';
import type { StreamSink } from '../../main/tcp/stream-sink.ts';

export interface Segment {
  /** 'a' is 10.0.0.1:1000 (side 0), 'b' 10.0.0.2:80 (side 1), unless ports say otherwise. */
  from: 'a' | 'b';
  flags?: string;
  seq: number;
  ack?: number;
  data?: string | Uint8Array;
  window?: number;
  scale?: number;
  id?: number;
  ttl?: number;
  /** Of the header; without one it is made of what the segment says. */
  checksum?: number;
  /** The sender's clock in the timestamps option; in place of `scale`. */
  timestamp?: number;
  /** Bytes of the payload that the snap length left. */
  captured?: number;
  /** Seconds. */
  at?: number;
  port?: number;
  /** The address of 'b', where it is another one. */
  addressOfB?: number;
  /** Network path id. */
  path?: number;
}

export interface EventSeen {
  row: number;
  kind: EventKind;
  side: number;
  frame: number;
  value: number;
  end?: number;
}

const FLAG_BITS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, A: 16 };

/** A ConnectionTable between hand-made segments and sinks that write down what they hear. */
export class TcpHarness implements ConnectionSink, StreamSink {
  /** What each half-stream got: text, `<n>` for n missing bytes (`<~n>` cut by the snap length), `|` for FIN, `!` for RST. */
  readonly streams: string[] = [];
  readonly events: EventSeen[] = [];
  readonly facts_: ConnectionFacts[] = [];
  readonly anomalies: string[] = [];
  /** Rows, as their streams were closed. */
  readonly closed_: number[] = [];
  readonly dataCalls: { half: number; frame: number; acked: number; time: number; text: string }[] = [];
  readonly table: ConnectionTable;
  private readonly clock = new Float64Array(1);
  private readonly batch = new RecordBatch(new ByteBlock(new Uint8Array(1)));
  private readonly rowOfSlot: number[] = [];
  private rows = 0;
  private frame = 0;
  private now = 0;
  private nextId = 1;

  constructor(limits: Partial<Limits> = {}) {
    this.table = new ConnectionTable(this, this, this.clock, new AddressTable(), { ...DEFAULT_LIMITS, ...limits });
  }

  /** Feeds one segment; returns its frame number. Each is 1 ms after the one before unless `at` says when. */
  push(segment: Segment): number {
    const data = typeof segment.data === 'string' ? new TextEncoder().encode(segment.data) : (segment.data ?? new Uint8Array(0));
    const options = segment.timestamp !== undefined ? 12 : segment.scale === undefined ? 0 : 4;
    const bytes = new Uint8Array(40 + options + data.length);
    const block = new ByteBlock(bytes);
    const view = block.view;
    bytes[0] = 0x45;
    view.setUint16(2, bytes.length);
    view.setUint16(4, segment.id ?? this.nextId++);
    bytes[8] = segment.ttl ?? 64;
    bytes[9] = 6;
    const [a, b] = [0x0a00_0001, segment.addressOfB ?? 0x0a00_0002];
    view.setUint32(12, segment.from === 'a' ? a : b);
    view.setUint32(16, segment.from === 'a' ? b : a);
    const port = segment.port ?? 1000;
    view.setUint16(20, segment.from === 'a' ? port : 80);
    view.setUint16(22, segment.from === 'a' ? 80 : port);
    view.setUint32(24, segment.seq);
    view.setUint32(28, segment.ack ?? 0);
    let flags = segment.ack === undefined ? 0 : 16;
    for (const letter of segment.flags ?? '') flags |= FLAG_BITS[letter]!;
    bytes[32] = ((20 + options) / 4) << 4;
    bytes[33] = flags;
    view.setUint16(34, segment.window ?? 1000);
    let sum = flags + segment.seq + (segment.ack ?? 0);
    for (const byte of data) sum = (sum * 31 + byte) & 0xffff;
    view.setUint16(36, segment.checksum ?? sum & 0xffff);
    if (segment.timestamp !== undefined) {
      view.setUint32(40, 0x0101_080a);
      view.setUint32(44, segment.timestamp);
    }
    if (segment.scale !== undefined) bytes.set([3, 3, segment.scale, 0], 40);
    bytes.set(data, 40 + options);
    this.frame++;
    this.now = segment.at ?? this.now + 0.001;
    this.batch.firstFrame = this.frame;
    this.batch.time[0] = Math.round(this.now * 1e9);
    this.batch.count = 1;
    this.table.begin(this.batch);
    const payload = 40 + options;
    const capturedEnd = segment.captured === undefined ? bytes.length : payload + segment.captured;
    this.table.segment(block, 0, segment.path ?? 0, 12, 0, 20, payload, bytes.length, capturedEnd);
    return this.frame;
  }

  /** SYN, SYN-ACK, ACK with these initial sequence numbers. */
  handshake(isnA = 100, isnB = 500): void {
    this.push({ from: 'a', flags: 'S', seq: isnA });
    this.push({ from: 'b', flags: 'S', seq: isnB, ack: isnA + 1 });
    this.push({ from: 'a', seq: isnA + 1, ack: isnB + 1 });
  }

  finish(): void {
    this.table.finish();
  }

  connection(): number {
    return this.rows++;
  }

  event(row: number, kind: EventKind, side: number, frame: number, value: number): number {
    return this.events.push({ row, kind, side, frame, value }) - 1;
  }

  eventEnd(event: number, frame: number): void {
    this.events[event]!.end = frame;
  }

  facts(row: number, facts: ConnectionFacts): void {
    this.facts_[row] = Object.assign(new ConnectionFacts(), facts);
  }

  anomaly(code: string, frame: number): void {
    this.anomalies.push(`${code}@${frame}`);
  }

  opened(slot: number, connection: number): void {
    this.rowOfSlot[slot] = connection;
    this.streams[connection * 2] = this.streams[connection * 2 + 1] = '';
  }

  data(half: number, bytes: Uint8Array, start: number, end: number, frame: number, acked: number): void {
    const text = new TextDecoder('latin1').decode(bytes.subarray(start, end));
    this.append(half, text);
    this.dataCalls.push({ half: this.key(half), frame, acked, time: this.clock[0]! / 1e9, text });
  }

  missing(half: number, length: number, _frame: number, cut: boolean): void {
    this.append(half, cut ? `<~${length}>` : `<${length}>`);
  }

  ended(half: number, _frame: number, reset: boolean): void {
    this.append(half, reset ? '!' : '|');
  }

  closed(slot: number): void {
    this.closed_.push(this.rowOfSlot[slot]!);
  }

  private key(half: number): number {
    return this.rowOfSlot[half >> 1]! * 2 + (half & 1);
  }

  private append(half: number, text: string): void {
    this.streams[this.key(half)] += text;
  }
}

/** After handshake(100, 500) A's first byte is 101, B's 501. */
export function shaken(limits = {}): TcpHarness {
  const tcp = new TcpHarness(limits);
  tcp.handshake();
  return tcp;
}
