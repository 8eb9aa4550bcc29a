import { Framing, type ExchangeSink, type MessageHead } from '../http/exchange-sink.ts';

const NOTHING = new Uint8Array(0);
/** What sealing adds: the content is at most what is left. */
const LEAST_OVERHEAD = 17;

/** Stands for a head that cannot be read. */
const SEALED_HEAD: MessageHead = {
  flags: 0,
  framing: Framing.unknown,
  contentLength: -1,
  status: 0,
  keepAliveTimeout: -1,
  keepAliveMax: -1,
  bytes: NOTHING,
  start: 0,
  end: 0,
  fieldsStart: 0,
  namesHash: 0,
  methodStart: 0,
  methodEnd: 0,
  targetStart: 0,
  targetEnd: 0,
  hostStart: 0,
  hostEnd: 0,
  agentStart: 0,
  agentEnd: 0,
  contentRangeStart: 0,
  contentRangeEnd: 0,
};

/** A record that cannot be opened, by its size and place. */
export interface SealedRecord {
  readonly half: number;
  /** Content type on the wire, and length of the body. */
  readonly type: number;
  readonly length: number;
  readonly beginFrame: number;
  readonly beginTime: number;
  readonly frame: number;
  readonly time: number;
}

/**
 * The exchanges of a connection that cannot be decrypted, estimated from whose turn it is: what the client sends is a
 * request, what the server then sends its response, until the client sends again. Pipelined requests look like one, a
 * 100 (Continue) makes two of one; hence every such exchange is marked as estimated.
 */
export class Turns {
  private readonly sink: ExchangeSink;
  private readonly clock: Float64Array;
  private readonly connection: number;
  private readonly clientHalf: number;
  private readonly begin = { frame: 0, time: 0, pipelined: false };
  private exchange = -1;
  private side: 'client' | 'server' | null = null;
  private bytes = 0;
  private lastFrame = 0;
  private lastTime = 0;

  constructor(sink: ExchangeSink, clock: Float64Array, connection: number, clientHalf: number) {
    this.sink = sink;
    this.clock = clock;
    this.connection = connection;
    this.clientHalf = clientHalf;
  }

  /** The client sent data. */
  get hasBegun(): boolean {
    return this.side !== null;
  }

  record(record: SealedRecord): void {
    const { half } = record;
    const side = half === this.clientHalf ? 'client' : 'server';
    // What a server sends before it was asked belongs to the handshake: session tickets.
    if (side === 'server' && this.side === null) return;
    if (side !== this.side) {
      this.end(true);
      this.begin.frame = record.beginFrame;
      this.begin.time = record.beginTime;
      this.side = side;
      if (side === 'client') {
        this.exchange = this.sink.request(this.connection, half, SEALED_HEAD, this.begin);
        this.sink.estimated(this.exchange);
      } else this.sink.response(this.connection, half, this.exchange, SEALED_HEAD, this.begin);
    }
    this.bytes += Math.max(0, record.length - LEAST_OVERHEAD);
    this.lastFrame = record.frame;
    this.lastTime = record.time;
  }

  /** The message in progress ends with its last record. `complete`: nothing speaks against it. */
  end(complete: boolean): void {
    if (this.side === null) return;
    const now = this.clock[0]!;
    this.clock[0] = this.lastTime;
    this.sink.messageEnd(this.exchange, this.side === 'server', this.lastFrame, this.bytes, complete);
    this.clock[0] = now;
    this.bytes = 0;
  }
}
