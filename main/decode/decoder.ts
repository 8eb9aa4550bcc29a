import { captureOf } from '../capture/frame-id.ts';
import { ByteBlock, type RecordBatch } from '../capture/record-batch.ts';
import type { AnomalyCounter } from './anomalies.ts';
import { ethernet, llc, mpls, nsh, ppp } from './ethernet.ts';
import { ip, transport } from './ip.ts';
import type { FragmentLimits } from './ip-fragments.ts';
import { DEFAULT_FRAGMENT_LIMITS, IpFragments } from './ip-fragments.ts';
import { linkLayer } from './link-layer.ts';
import { NetworkPaths } from './network-paths.ts';
import { Layer, Packet } from './packet.ts';
import type { SegmentSink } from './segment-sink.ts';
import { gre, udp } from './tunnels.ts';
import { aggregated, wirelessData } from './wireless.ts';

export interface DecoderOptions {
  /** Tunnels within tunnels that are entered; 1 by default. */
  readonly maxTunnels?: number;
  readonly fragments?: FragmentLimits;
}

const LINKTYPE_ETHERNET = 1;

/** Finds the TCP segment in each record and hands it to the sink. What is neither TCP nor readable is passed over; what is broken is counted. */
export class Decoder {
  private readonly sink: SegmentSink;
  private readonly anomalies: readonly AnomalyCounter[];
  private readonly packet: Packet;
  private readonly fragments: IpFragments;

  /** @param anomalies a counter for each capture, by its index */
  constructor(sink: SegmentSink, paths: NetworkPaths, anomalies: readonly AnomalyCounter[], options: DecoderOptions = {}) {
    this.sink = sink;
    this.anomalies = anomalies;
    this.packet = new Packet(paths, options.maxTunnels ?? 1);
    this.fragments = new IpFragments(options.fragments ?? DEFAULT_FRAGMENT_LIMITS, (frame) => anomalies[captureOf(frame, anomalies.length)]!.count('fragments-incomplete', frame));
  }

  /** Decodes records [from, to) of a batch. */
  decode(batch: RecordBatch, from: number, to: number): void {
    const sink = this.sink;
    const anomalies = this.anomalies[captureOf(batch.firstFrame, this.anomalies.length)]!;
    const { block, offset, captured, linkType } = batch;
    const { bytes, view } = block;
    this.packet.anomalies = anomalies;
    sink.begin(batch);
    for (let record = from; record < to; record++) {
      const at = offset[record]!;
      const length = captured[record]!;
      // Plain TCP in Ethernet, by a few wide compares: ethertype with the IP version, then the protocol and no fragment.
      if (linkType[record] === LINKTYPE_ETHERNET && length >= 54) {
        const word = view.getInt32(at + 12);
        const network = at + 14;
        if ((word & 0xffff_ff00) === 0x0800_4500) {
          if ((view.getInt32(at + 20) & 0x3fff_00ff) === 6) {
            const tcp = at + 34;
            const payload = tcp + ((bytes[tcp + 12]! >> 2) & 0x3c);
            const end = network + view.getUint16(at + 16);
            if (payload >= tcp + 20 && payload <= end) {
              let capturedEnd = end;
              if (end > at + length) {
                capturedEnd = at + length;
                anomalies.count('packet-truncated', (batch.firstFrame + record) | 0);
              }
              sink.segment(block, record, NetworkPaths.IPV4, at + 26, network, tcp, payload, end, capturedEnd);
              continue;
            }
          }
        } else if (((word & 0xffff_f000) | 0) === (0x86dd_6000 | 0) && length >= 74 && bytes[at + 20] === 6) {
          const tcp = at + 54;
          const payload = tcp + ((bytes[tcp + 12]! >> 2) & 0x3c);
          const end = tcp + view.getUint16(at + 18);
          if (payload >= tcp + 20 && payload <= end) {
            let capturedEnd = end;
            if (end > at + length) {
              capturedEnd = at + length;
              anomalies.count('packet-truncated', (batch.firstFrame + record) | 0);
            }
            sink.segment(block, record, NetworkPaths.IPV6, at + 22, network, tcp, payload, end, capturedEnd);
            continue;
          }
        }
      }
      this.general(batch, record);
    }
  }

  /** No more records come: datagrams that wait for fragments are counted as incomplete. */
  finish(): void {
    this.fragments.finish();
  }

  private general(batch: RecordBatch, record: number): void {
    const packet = this.packet;
    packet.batch = batch;
    packet.block = batch.block;
    packet.record = record;
    packet.frame = (batch.firstFrame + record) | 0;
    packet.time = batch.time[record]!;
    packet.at = batch.offset[record]!;
    packet.limit = packet.at + batch.captured[record]!;
    packet.path = 0;
    packet.tunnels = 0;
    // Ends: every layer moves on, and a datagram put together from fragments is followed by TCP or by a tunnel.
    let layer = linkLayer(packet, batch.linkType[record]!);
    while (layer !== Layer.none || packet.takeRest()) layer = this.read(packet, layer === Layer.none ? Layer.aggregate : layer);
  }

  private read(packet: Packet, layer: Layer): Layer {
    switch (layer) {
      case Layer.ethernet:
        return ethernet(packet);
      case Layer.llc:
        return llc(packet);
      case Layer.ppp:
        return ppp(packet);
      case Layer.mpls:
        return mpls(packet);
      case Layer.wireless:
        return wirelessData(packet, false);
      case Layer.ip:
        return ip(packet, this.fragments);
      case Layer.transport:
        return transport(packet, this.fragments);
      case Layer.udp:
        return udp(packet);
      case Layer.gre:
        return gre(packet);
      case Layer.tcp:
        return this.tcp(packet);
      case Layer.nsh:
        return nsh(packet);
      case Layer.aggregate:
        return aggregated(packet);
      case Layer.none:
        return layer;
    }
  }

  private tcp(packet: Packet): Layer {
    // Of a header that the snap length cut, ports, numbers, flags and window are enough (RFC 9293 section 3.1).
    if (!packet.has(packet.end < packet.at + 20 ? 20 : 16)) return Layer.none;
    const isCut = packet.at + 20 > packet.limit;
    if (isCut) pad(packet, 20);
    const tcp = packet.at;
    const payload = tcp + ((packet.byte(12) >> 2) & 0x3c);
    if (payload < tcp + 20 || payload > packet.end) return packet.malformed('tcp-header-malformed');
    if (isCut || packet.limit < packet.end) packet.anomalies.count('packet-truncated', packet.frame);
    this.sink.segment(packet.block, packet.record, packet.path | packet.isIpv6, packet.addresses, packet.ip, tcp, payload, packet.end, packet.limit);
    return Layer.none;
  }
}

/** Copies a packet, from its IP header on, that the snap length cut inside of the header at `at`: so many bytes can be read there then, those that were cut as 0. */
function pad(packet: Packet, length: number): void {
  const { ip } = packet;
  const bytes = new Uint8Array(packet.at + length - ip);
  bytes.set(packet.block.bytes.subarray(ip, packet.limit));
  packet.block = new ByteBlock(bytes);
  packet.ip = 0;
  packet.at -= ip;
  packet.addresses -= ip;
  packet.limit = bytes.length;
  packet.end -= ip;
}
