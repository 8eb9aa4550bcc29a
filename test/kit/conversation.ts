import type { Endpoint } from './addresses.ts';
import { endpoint } from './addresses.ts';
import type { Packet, SegmentSpec } from './packets.ts';
import { ACK, FIN, handshakeOptions, latin1, PSH, RST, segmentFrame, SYN } from './packets.ts';

export type Side = 'client' | 'server';

export interface ConversationOptions {
  /** "10.0.0.1:40000" or "[2001:db8::1]:40000". */
  readonly client?: string;
  readonly server?: string;
  /** Seconds from the client's packet to the server's answer; the capture is taken at the client. */
  readonly rtt?: number;
  /** Seconds of the first packet. */
  readonly start?: number;
  readonly clientIsn?: number;
  readonly serverIsn?: number;
  readonly mss?: number;
  /** null: no window scale option. */
  readonly windowScale?: number | null;
  readonly vlans?: readonly number[];
  readonly linkType?: 1 | 101 | 113;
}

/** Fields of one segment that are to differ from what the conversation would send. */
export type Override = Partial<Omit<SegmentSpec, 'from' | 'to'>> & {
  /** The sender's next sequence number stays where it is. */
  readonly keepSequence?: boolean;
};

/** A TCP connection told like a sequence diagram; every method sends packets and lets the time go on. */
export function conversation(options: ConversationOptions = {}): Conversation {
  return new Conversation(options);
}

export class Conversation {
  /** The capture so far, in capture order. */
  packets: Packet[] = [];
  /** Seconds of the last packet. */
  now: number;
  /** Next sequence number of each side. */
  readonly next: Record<Side, number>;
  private readonly endpoints: Record<Side, Endpoint>;
  private readonly rtt: number;
  private readonly mss: number;
  private readonly windowScale: number | null;
  private readonly link: Pick<SegmentSpec, 'vlans' | 'linkType'>;
  private readonly ipId: Record<Side, number> = { client: 1, server: 0x8000 };
  private lastSender: Side = 'client';
  private sent = 0;

  constructor(options: ConversationOptions) {
    this.now = options.start ?? 0;
    this.next = { client: options.clientIsn ?? 1000, server: options.serverIsn ?? 5000 };
    this.endpoints = { client: endpoint(options.client ?? '10.0.0.1:40000'), server: endpoint(options.server ?? '10.0.0.2:80') };
    this.rtt = options.rtt ?? 0.001;
    this.mss = options.mss ?? 1460;
    this.windowScale = options.windowScale === undefined ? 7 : options.windowScale;
    this.link = { ...(options.vlans && { vlans: options.vlans }), ...(options.linkType && { linkType: options.linkType }) };
  }

  /** SYN, SYN-ACK, ACK. */
  handshake(): this {
    this.syn();
    this.synAck();
    return this.ack('client');
  }

  syn(override: Override = {}): this {
    return this.segment('client', { flags: SYN, ack: 0, options: handshakeOptions(this.mss, this.windowScale), ...override });
  }

  synAck(override: Override = {}): this {
    return this.segment('server', { flags: SYN | ACK, options: handshakeOptions(this.mss, this.windowScale), ...override });
  }

  /** The client sends bytes, cut at the maximum segment size. */
  client(data: string | Uint8Array, override: Override = {}): this {
    return this.data('client', data, override);
  }

  server(data: string | Uint8Array, override: Override = {}): this {
    return this.data('server', data, override);
  }

  data(side: Side, data: string | Uint8Array, override: Override = {}): this {
    const bytes = typeof data === 'string' ? latin1(data) : data;
    for (let at = 0; at < bytes.length; at += this.mss) {
      const last = at + this.mss >= bytes.length;
      this.segment(side, { flags: last ? PSH | ACK : ACK, ...override, data: bytes.subarray(at, at + this.mss) });
    }
    return this;
  }

  ack(side: Side, override: Override = {}): this {
    return this.segment(side, override);
  }

  /** FIN; with `data` in the override it rides on the last bytes. */
  fin(side: Side, override: Override = {}): this {
    return this.segment(side, { flags: FIN | ACK, ...override });
  }

  /** RST. By default with ACK and in sequence, as a stack sends that has unread bytes; `flags: RST` for the bare one. */
  rst(side: Side, override: Override = {}): this {
    return this.segment(side, { flags: RST | ACK, ...override });
  }

  /** Both sides close, `first` first: FIN, FIN, ACK. */
  close(first: Side): this {
    return this.fin(first).fin(other(first)).ack(first);
  }

  /** A keep-alive probe (RFC 9293 section 3.8.4): one below the next sequence number, no byte or one of garbage. */
  probe(side: Side, override: Override = {}): this {
    return this.segment(side, { seq: this.next[side] - 1, keepSequence: true, ...override });
  }

  /** Seconds in which nothing is sent. */
  wait(seconds: number): this {
    this.now += seconds;
    return this;
  }

  /** The sender of the packet `back` packets ago (1: the last one) sends it again, as a new datagram. */
  retransmit(back = 1): this {
    const { spec } = this.packets[this.packets.length - back]!;
    const side = spec!.from === this.endpoints.client ? 'client' : 'server';
    return this.capture({ ...spec!, ipId: this.ipId[side]++ & 0xffff });
  }

  /** The capture holds the packet `back` packets ago once more, as a mirrored port does. */
  duplicate(back = 1): this {
    return this.capture(this.packets[this.packets.length - back]!.spec!);
  }

  /** The last `count` packets were sent, but are not in the capture. */
  drop(count = 1): this {
    this.packets.length -= count;
    return this;
  }

  /** The last two packets (or the last and the one `back` before it) change places in the capture. */
  reorder(back = 1): this {
    const last = this.packets.length - 1;
    const late = this.packets[last - back]!, early = this.packets[last]!;
    this.packets[last - back] = { ...early, time: late.time };
    this.packets[last] = { ...late, time: early.time };
    return this;
  }

  /** One segment, with every field as wanted. */
  segment(side: Side, override: Override = {}): this {
    if (this.sent > 0) this.now += side === this.lastSender ? 0.000001 : side === 'server' ? this.rtt : 0.00001;
    this.lastSender = side;
    const { keepSequence, ...fields } = override;
    const spec: SegmentSpec = {
      from: this.endpoints[side],
      to: this.endpoints[other(side)],
      seq: this.next[side],
      ack: this.next[other(side)],
      ipId: this.ipId[side]++ & 0xffff,
      ...this.link,
      ...fields,
    };
    if (!keepSequence) {
      const flags = fields.flags ?? ACK;
      const length = (fields.data?.length ?? 0) + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
      this.next[side] = ((fields.seq ?? this.next[side]) + length) >>> 0;
    }
    return this.capture(spec);
  }

  private capture(spec: SegmentSpec): this {
    this.packets.push({ time: this.now, bytes: segmentFrame(spec), spec });
    this.sent++;
    return this;
  }
}

export function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

/** A body of `length` bytes with nothing in it that looks like a message. */
export function filler(length: number): Uint8Array {
  return new Uint8Array(length).fill(0x78);
}
