import type { ExchangeSink, MessageBegin, MessageHead, Protocol } from '../../../main/http/exchange-sink.ts';
import { Framing, Protocol as Protocols } from '../../../main/http/exchange-sink.ts';
import { HttpStreams } from '../../../main/http/http-streams.ts';
import type { HttpLimits } from '../../../main/http/limits.ts';
import type { TlsSink } from '../../../main/http/tls-sink.ts';

const framingNames = Object.keys(Framing);
const protocolNames = Object.keys(Protocols);

export interface RecordedMessage {
  start: string;
  agent: string;
  framing: string;
  length: number;
  flags: number;
  beginFrame: number;
  endFrame: number;
  bodyBytes: number;
  complete: boolean | null;
}

export interface RecordedExchange {
  request: RecordedMessage | null;
  response: RecordedMessage | null;
  interim: number[];
  pipelined: boolean;
}

/** Writes down what is told, and fails on what must not be: a message ended twice, two requests of one exchange. */
export class RecordingSink implements ExchangeSink {
  readonly exchanges: RecordedExchange[] = [];
  readonly anomalies: string[] = [];
  readonly protocols: string[] = [];
  readonly inners: string[] = [];
  readonly looseInterim: number[] = [];
  readonly hosts: string[] = [];
  readonly progressed: { exchange: number; frame: number; bytes: number }[] = [];
  clientHalf = -1;

  request(connection: number, half: number, head: MessageHead, begin: MessageBegin): number {
    const row = this.exchanges.push({ request: null, response: null, interim: [], pipelined: begin.pipelined }) - 1;
    this.requestOf(row, connection, half, head, begin);
    return row;
  }

  requestOf(exchange: number, _connection: number, _half: number, head: MessageHead, begin: MessageBegin): void {
    const row = this.exchanges[exchange]!;
    if (row.request !== null) throw new Error('two requests of one exchange');
    row.request = message(`${text(head, head.methodStart, head.methodEnd)} ${text(head, head.targetStart, head.targetEnd)}`, head, begin);
    this.hosts.push(text(head, head.hostStart, head.hostEnd));
  }

  bodiless(exchange: number, framing: Framing): void {
    const { response } = this.exchanges[exchange]!;
    if (response === null) throw new Error('no response to a HEAD or CONNECT yet');
    response.framing = framingNames[framing]!;
  }

  response(_connection: number, _half: number, exchange: number, head: MessageHead, begin: MessageBegin): number {
    const row = exchange >= 0 ? exchange : this.exchanges.push({ request: null, response: null, interim: [], pipelined: false }) - 1;
    if (this.exchanges[row]!.response !== null) throw new Error('two responses of one exchange');
    this.exchanges[row]!.response = message(String(head.status), head, begin);
    return row;
  }

  progress(_connection: number, exchange: number, frame: number, bytes: number): void {
    this.progressed.push({ exchange, frame, bytes });
  }

  interim(_connection: number, _half: number, exchange: number, status: number): void {
    (exchange < 0 ? this.looseInterim : this.exchanges[exchange]!.interim).push(status);
  }

  bodySoFar(exchange: number, isResponse: boolean, bodyBytes: number): void {
    const row = this.exchanges[exchange]!;
    const message = isResponse ? row.response : row.request;
    if (message === null || message.complete !== null) throw new Error('a body in progress without a message');
    message.bodyBytes = bodyBytes;
  }

  messageEnd(exchange: number, isResponse: boolean, frame: number, bodyBytes: number, complete: boolean): void {
    const row = this.exchanges[exchange]!;
    const ended = isResponse ? row.response : row.request;
    if (ended === null || ended.complete !== null) throw new Error('an end without a beginning');
    ended.endFrame = frame;
    ended.bodyBytes = bodyBytes;
    ended.complete = complete;
  }

  protocol(_connection: number, protocol: Protocol): void {
    this.protocols.push(protocolNames[protocol]!);
  }

  inner(_connection: number, protocol: Protocol): void {
    this.inners.push(protocolNames[protocol]!);
  }

  tls(): void {
    throw new Error('HTTP does not read TLS');
  }

  estimated(): void {
    throw new Error('HTTP estimates nothing');
  }

  roles(_connection: number, clientHalf: number): void {
    this.clientHalf = clientHalf;
  }

  anomaly(_connection: number, code: string): void {
    this.anomalies.push(code);
  }

  /** One line for each exchange: `GET /a [none 0 ok] <100> -> 200 [contentLength 5 ok]`. */
  lines(): string[] {
    return this.exchanges.map((exchange) => {
      const interim = exchange.interim.map((status) => ` <${status}>`).join('');
      return `${describe(exchange.request)}${exchange.pipelined ? ' pipelined' : ''}${interim} -> ${describe(exchange.response)}`;
    });
  }
}

/** The bytes that were handed on as TLS, as text by half-stream, `<n>` for n missing ones; ends and closes in words. */
class RecordingTls implements TlsSink {
  readonly told = ['', ''];
  readonly events: string[] = [];

  data(half: number, _row: number, bytes: Uint8Array, start: number, end: number, _frame: number, _acked: number, position: number): void {
    if (this.told[half] === '') this.events.push(`${half} from ${position}`);
    this.told[half] += String.fromCharCode(...bytes.subarray(start, end));
  }

  missing(half: number, length: number): void {
    this.told[half] += `<${length}>`;
  }

  ended(half: number): void {
    this.events.push(`${half} ended`);
  }

  closed(): void {
    this.events.push('closed');
  }
}

/** A connection told to HttpStreams as reassembly would: frames count up, time is a millisecond a frame, every segment acknowledges all before. */
export class Dialogue {
  readonly sink = new RecordingSink();
  readonly sealed = new RecordingTls();
  readonly clock = new Float64Array(1);
  readonly streams: HttpStreams;
  frame = 0;
  private readonly positions = [0, 0];

  constructor(options: { midstream?: boolean; limits?: HttpLimits } = {}) {
    this.streams = new HttpStreams(this.sink, this.clock, options.limits, this.sealed);
    this.streams.opened(0, 0, options.midstream ?? false);
  }

  client(...segments: (string | Uint8Array)[]): this {
    for (const segment of segments) this.send(0, segment);
    return this;
  }

  server(...segments: (string | Uint8Array)[]): this {
    for (const segment of segments) this.send(1, segment);
    return this;
  }

  send(half: number, segment: string | Uint8Array, acked = this.positions[half ^ 1]!): void {
    const payload = typeof segment === 'string' ? latin1(segment) : segment;
    // Other bytes around it: reading outside of [start, end) must show.
    const bytes = new Uint8Array(payload.length + 6).fill(0x47);
    bytes.set(payload, 3);
    this.tick();
    this.streams.data(half, bytes, 3, 3 + payload.length, this.frame, acked | 0);
    bytes.fill(0x58);
    this.positions[half]! += payload.length;
  }

  gap(half: number, length: number): this {
    this.tick();
    this.streams.missing(half, length, this.frame, false);
    this.positions[half]! += length;
    return this;
  }

  /** The rest of the segment just sent, beyond the snap length. */
  cut(half: number, length: number): this {
    this.streams.missing(half, length, this.frame, true);
    this.positions[half]! += length;
    return this;
  }

  fin(half: number): this {
    this.tick();
    this.streams.ended(half, this.frame, false);
    return this;
  }

  reset(): this {
    this.tick();
    this.streams.ended(0, this.frame, true);
    this.streams.ended(1, this.frame, true);
    return this;
  }

  close(): string[] {
    this.streams.closed(0);
    return this.sink.lines();
  }

  private tick(): void {
    this.frame++;
    this.clock[0] = this.frame * 1e6;
  }
}

export function latin1(value: string): Uint8Array {
  return Uint8Array.from(value, (c) => c.charCodeAt(0));
}

function message(start: string, head: MessageHead, begin: MessageBegin): RecordedMessage {
  return {
    start,
    agent: text(head, head.agentStart, head.agentEnd),
    framing: framingNames[head.framing]!,
    length: head.contentLength,
    flags: head.flags,
    beginFrame: begin.frame,
    endFrame: 0,
    bodyBytes: 0,
    complete: null,
  };
}

function describe(value: RecordedMessage | null): string {
  if (value === null) return '-';
  const end = value.complete === null ? 'open' : value.complete ? 'ok' : 'incomplete';
  return `${value.start} [${value.framing} ${value.bodyBytes} ${end}]`;
}

function text(head: MessageHead, start: number, end: number): string {
  return String.fromCharCode(...head.bytes.subarray(start, end));
}
