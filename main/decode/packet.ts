import type { ByteBlock, RecordBatch } from '../capture/record-batch.ts';
import type { AnomalyCounter } from './anomalies.ts';
import type { NetworkPaths, TunnelName } from './network-paths.ts';

/** What stands at `Packet.at`; what the reader of one layer returns to say which reader comes next. */
export const Layer = {
  /** Nothing further to read: no TCP in it, or not readable. */
  none: 0,
  ethernet: 1,
  /** IEEE 802.2 logical link control. */
  llc: 2,
  ppp: 3,
  mpls: 4,
  /** IEEE 802.11 MAC header. */
  wireless: 5,
  /** IPv4 or IPv6, by the version field. */
  ip: 6,
  /** What `Packet.protocol` says. */
  transport: 7,
  udp: 8,
  gre: 9,
  tcp: 10,
  /** Network service header (RFC 8300). */
  nsh: 11,
  /** Frames of an IEEE 802.11 A-MSDU. */
  aggregate: 12,
} as const;
export type Layer = (typeof Layer)[keyof typeof Layer];

/** A packet on its way through the layers. One object, reused. Offsets point into `block`. */
export class Packet {
  readonly paths: NetworkPaths;
  readonly maxTunnels: number;
  anomalies!: AnomalyCounter;

  batch!: RecordBatch;
  block!: ByteBlock;
  /** Index in the batch, frame id, nanoseconds since the origin. */
  record = 0;
  frame = 0;
  time = 0;

  /** The next unread byte. */
  at = 0;
  /** Just behind the last captured byte of the layer that `at` is in. */
  limit = 0;
  /** An id of NetworkPaths without its IPv6 bit. */
  path = 0;
  tunnels = 0;

  /** Of the innermost IP header: its offset, that of its source address, 1 for IPv6 or 0, what it carries, where its payload ends on the wire. */
  ip = 0;
  addresses = 0;
  isIpv6 = 0;
  protocol = 0;
  end = 0;

  /** What follows behind the frame that is read now, in the same record; null: nothing. */
  private rest: { readonly block: ByteBlock; readonly at: number; readonly limit: number; readonly path: number; readonly tunnels: number } | null = null;

  constructor(paths: NetworkPaths, maxTunnels: number) {
    this.paths = paths;
    this.maxTunnels = maxTunnels;
  }

  /** Whether `length` bytes at `at` are in the capture; a header that is cut is counted. */
  has(length: number): boolean {
    if (this.at + length <= this.limit) return true;
    this.anomalies.count('packet-truncated', this.frame);
    return false;
  }

  /** How far the layer that `at` is in reached on the wire where it says nothing of that itself: as far as the record. */
  get wireEnd(): number {
    const { batch, record, limit } = this;
    const reachesEnd = this.block === batch.block && limit === batch.offset[record]! + batch.captured[record]!;
    return reachesEnd ? limit + batch.cut(record) : limit;
  }

  /** Unsigned, in network byte order, `offset` bytes behind `at`; to be asked for after `has`. */
  byte(offset: number): number {
    return this.block.bytes[this.at + offset]!;
  }

  short(offset: number): number {
    return this.block.view.getUint16(this.at + offset);
  }

  /** Remembers that another frame of the same aggregate begins at `at`; to be asked for before `limit` is narrowed. */
  keepRest(at: number): void {
    this.rest = at < this.limit ? { block: this.block, at, limit: this.limit, path: this.path, tunnels: this.tunnels } : null;
  }

  /** Goes to what `keepRest` remembered; false where there is nothing. */
  takeRest(): boolean {
    if (this.rest === null) return false;
    Object.assign(this, this.rest);
    this.rest = null;
    return true;
  }

  malformed(code: string): Layer {
    this.anomalies.count(code, this.frame);
    return Layer.none;
  }

  /** Passes over what may hold TCP but is not read, e.g. "ESP (IPsec)": told, so that it is not missed. */
  unread(protocol: string): Layer {
    this.anomalies.count('protocol-unread', this.frame, `${protocol} is not read`);
    return Layer.none;
  }

  /** Goes on inside a tunnel, with the number that both its directions show (-1: none). */
  enter(name: TunnelName, id: number, inner: Layer): Layer {
    if (this.tunnels >= this.maxTunnels) return this.malformed('tunnel-nested');
    this.tunnels++;
    this.path = this.paths.tunnel(this.path, name, id);
    return inner;
  }
}

/** Moves behind a header of `length` bytes, if it is in the capture. */
export function skip(packet: Packet, length: number): boolean {
  if (!packet.has(length)) return false;
  packet.at += length;
  return true;
}
