import type { IpFragments } from './ip-fragments.ts';
import { Layer } from './packet.ts';
import type { Packet } from './packet.ts';
import { l2tp3 } from './tunnels.ts';

/** An IP header of either version; the length it gives decides where its payload ends: frames are padded, and cut by the snap length. */
export function ip(packet: Packet, fragments: IpFragments): Layer {
  if (!packet.has(1)) return Layer.none;
  const version = packet.byte(0) >> 4;
  if (version === 4) return ipv4(packet, fragments);
  if (version === 6) return ipv6(packet);
  return packet.malformed('ip-header-malformed');
}

/** RFC 791 section 3.1. */
function ipv4(packet: Packet, fragments: IpFragments): Layer {
  if (!packet.has(20)) return Layer.none;
  const headerLength = (packet.byte(0) & 0x0f) * 4;
  const totalLength = packet.short(2);
  // A total length of 0: the network card was to cut the segment (TSO), or it is longer than 65,535 (BIG TCP); it ends where the frame does.
  if (headerLength < 20 || (totalLength !== 0 && totalLength < headerLength)) return packet.malformed('ip-header-malformed');
  if (!packet.has(headerLength)) return Layer.none;
  packet.ip = packet.at;
  packet.addresses = packet.at + 12;
  packet.isIpv6 = 0;
  packet.protocol = packet.byte(9);
  packet.end = totalLength === 0 ? packet.wireEnd : packet.at + totalLength;
  packet.limit = Math.min(packet.limit, packet.end);
  const id = packet.short(4);
  const fragment = packet.short(6);
  packet.at += headerLength;
  if ((fragment & 0x3fff) !== 0 && !fragments.add(packet, id, (fragment & 0x1fff) * 8, (fragment & 0x2000) !== 0)) return Layer.none;
  return Layer.transport;
}

/** RFC 8200 section 3. */
function ipv6(packet: Packet): Layer {
  if (!packet.has(40)) return Layer.none;
  packet.ip = packet.at;
  packet.addresses = packet.at + 8;
  packet.isIpv6 = 1;
  packet.protocol = packet.byte(6);
  const payloadLength = packet.short(4);
  packet.at += 40;
  // 0: longer than 65,535 (a jumbogram, RFC 2675, or a segment before it is cut); it ends where the frame does.
  packet.end = payloadLength === 0 ? packet.wireEnd : packet.at + payloadLength;
  packet.limit = Math.min(packet.limit, packet.end);
  return Layer.transport;
}

/**
 * What `packet.protocol` names: extension headers are read, then the next layer is named. The addresses stay those of
 * the IP header, also where a routing header names further ones.
 */
export function transport(packet: Packet, fragments: IpFragments): Layer {
  for (;;) {
    switch (packet.protocol) {
      case 6:
        return Layer.tcp;
      case 17:
        return Layer.udp;
      case 47:
        return Layer.gre;
      case 4:
        return packet.enter('ip-in-ip', -1, Layer.ip);
      case 41:
        return packet.enter(packet.isIpv6 === 0 ? '6in4' : 'ip-in-ip', -1, Layer.ip);
      case 97: // Ethernet within IP (RFC 3378): a version of 3
        if (!packet.has(2) || packet.byte(0) >> 4 !== 3) return Layer.none;
        packet.at += 2;
        return packet.enter('etherip', -1, Layer.ethernet);
      case 137:
        return packet.enter('mpls', -1, Layer.mpls);
      case 115:
        return l2tp3(packet);
      case 50:
        return packet.unread('ESP (encryption of IPsec)');
      case 108:
        return packet.unread('IPComp (compressed IP)');
      case 0: // hop-by-hop options
      case 43: // routing
      case 60: // destination options
      case 135: // mobility, HIP and Shim6 (RFC 7045)
      case 139:
      case 140:
        if (packet.isIpv6 === 0 || !packet.has(8)) return Layer.none;
        extension(packet, (packet.byte(1) + 1) * 8);
        continue;
      case 51: // authentication header (RFC 4302 section 2)
        if (!packet.has(8)) return Layer.none;
        extension(packet, (packet.byte(1) + 2) * 4);
        continue;
      case 44: {
        if (packet.isIpv6 === 0 || !packet.has(8)) return Layer.none;
        const field = packet.short(2);
        const id = packet.block.view.getInt32(packet.at + 4);
        extension(packet, 8);
        // An atomic fragment (RFC 6946), offset 0 and no more to come, is the whole datagram.
        if ((field & 0xfff9) !== 0 && !fragments.add(packet, id, field & 0xfff8, (field & 1) !== 0)) return Layer.none;
        continue;
      }
      default:
        return Layer.none;
    }
  }
}

function extension(packet: Packet, length: number): void {
  packet.protocol = packet.byte(0);
  packet.at += length;
}
