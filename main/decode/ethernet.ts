import { Layer, skip } from './packet.ts';
import type { Packet } from './packet.ts';

/** Up to here the field behind the addresses is a length (IEEE 802.3 section 3.2.6). */
const MAX_8023_LENGTH = 1500;

/** Destination and source address, ethertype or length. */
export function ethernet(packet: Packet): Layer {
  if (!packet.has(14)) return Layer.none;
  packet.at += 14;
  return etherType(packet, packet.short(-2));
}

/** What stands behind an ethertype: VLAN tags are read, then the next layer is named. */
export function etherType(packet: Packet, type: number): Layer {
  for (;;) {
    switch (type) {
      case 0x0800: // IPv4
      case 0x86dd: // IPv6
        return Layer.ip;
      case 0x8100: // 802.1Q
      case 0x88a8: // 802.1ad
      case 0x9100: // QinQ before it was a standard
      case 0x9200: {
        if (!packet.has(4)) return Layer.none;
        const id = packet.short(0) & 0xfff;
        type = packet.short(2);
        packet.at += 4;
        if (id !== 0) packet.path = packet.paths.vlan(packet.path, id);
        continue;
      }
      case 0x8847: // MPLS
      case 0x8848:
        return Layer.mpls;
      case 0x8864: // PPPoE session (RFC 2516 section 4): version and type, code, session, length
        if (!packet.has(6)) return Layer.none;
        packet.at += 6;
        return Layer.ppp;
      case 0x88e7: // 802.1ah: flags and service id, then the customer's frame
        if (!packet.has(4)) return Layer.none;
        packet.at += 4;
        return Layer.ethernet;
      case 0x6558: // transparent Ethernet bridging
        return Layer.ethernet;
      case 0x894f:
        return Layer.nsh;
      case 0x8870: // jumbo frames: LLC where the length does not fit
        return Layer.llc;
      case 0x8926: // VN-Tag: direction and interfaces
      case 0x892f: // HSR (IEC 62439-3): path and size, number
      case 0xf1c1: // R-Tag (IEEE 802.1CB): reserved, number
        if (!skip(packet, 6)) return Layer.none;
        type = packet.short(-2);
        continue;
      case 0x8909: // Cisco MetaData: version, length, the security group as an option
      case 0x893f: // E-Tag (IEEE 802.1BR): interfaces
        if (!skip(packet, 8)) return Layer.none;
        type = packet.short(-2);
        continue;
      case 0x88e5: { // MACsec without encryption (IEEE 802.1AE section 9): flags, short length, number, perhaps the channel
        if (!packet.has(1)) return Layer.none;
        const flags = packet.byte(0);
        if ((flags & 0x0c) !== 0) return packet.unread('encrypted MACsec');
        if (!skip(packet, (flags & 0x20) === 0 ? 8 : 16)) return Layer.none;
        type = packet.short(-2);
        continue;
      }
      case 0x880b:
        return Layer.ppp;
      case 0x8903: // Cisco FabricPath
        if (!packet.has(2)) return Layer.none;
        packet.at += 2;
        return Layer.ethernet;
      case 0x22f3: { // TRILL (RFC 6325 section 3.1): flags with the length of options in words, two nicknames
        if (!packet.has(6)) return Layer.none;
        const options = ((packet.short(0) >> 6) & 0x1f) * 4;
        packet.at += 6 + options;
        return Layer.ethernet;
      }
      default:
        return type <= MAX_8023_LENGTH ? Layer.llc : Layer.none;
    }
  }
}

/** LLC with a SNAP header whose organization is 0 (RFC 1042) or that of bridge tunnels; other LLC carries no IP worth reading. */
export function llc(packet: Packet): Layer {
  if (packet.at + 8 > packet.limit) return Layer.none;
  // IP's own service access point, from before SNAP (RFC 948).
  if (packet.short(0) === 0x0606 && packet.byte(2) === 3) {
    packet.at += 3;
    return Layer.ip;
  }
  if (packet.short(0) !== 0xaaaa || packet.byte(2) !== 3) return Layer.none;
  const organization = (packet.short(3) << 8) | packet.byte(5);
  if (organization !== 0 && organization !== 0xf8) return Layer.none;
  packet.at += 8;
  return etherType(packet, packet.short(-2));
}

/** PPP (RFC 1661 section 2), with or without HDLC's address and control, the protocol in two bytes or compressed to one; Cisco HDLC in PPP's place. */
export function ppp(packet: Packet): Layer {
  if (!packet.has(4)) return Layer.none;
  const start = packet.short(0);
  if (start === 0x0f00 || start === 0x8f00) {
    packet.at += 4;
    return etherType(packet, packet.short(-2));
  }
  if (start === 0xff03) packet.at += 2;
  let protocol = packet.byte(0);
  if ((protocol & 1) === 0) protocol = packet.short(0);
  packet.at += protocol > 0xff || packet.byte(0) === 0 ? 2 : 1;
  switch (protocol) {
    case 0x0021: // IPv4
    case 0x0057: // IPv6
      return Layer.ip;
    case 0x0281: // MPLS
      return Layer.mpls;
    default:
      return Layer.none;
  }
}

/** MPLS labels (RFC 3032 section 2.1) to the bottom of the stack. Nothing names what follows: IP shows its version (RFC 4928), 0 is a pseudowire's control word (RFC 4385). */
export function mpls(packet: Packet): Layer {
  for (;;) {
    if (!packet.has(5)) return Layer.none;
    const bottom = packet.byte(2) & 1;
    packet.at += 4;
    if (bottom !== 0) break;
  }
  const nibble = packet.byte(0) >> 4;
  if (nibble === 4 || nibble === 6) return Layer.ip;
  // An address may begin with a 0 as well: then an ethertype stands where it belongs without a control word.
  if (nibble === 0 && !isEthernet(packet)) packet.at += 4;
  return nibble === 1 ? Layer.none : Layer.ethernet;
}

/** Whether IP, ARP or a VLAN tag is named where the type of an Ethernet frame would stand. */
export function isEthernet(packet: Packet): boolean {
  if (packet.at + 14 > packet.limit) return false;
  const type = packet.short(12);
  return type === 0x0800 || type === 0x86dd || type === 0x0806 || type === 0x8100;
}

/** Network service header (RFC 8300 section 2.2): its length in words, the kind of what follows. */
export function nsh(packet: Packet): Layer {
  if (!packet.has(8)) return Layer.none;
  const length = (packet.short(0) & 0x3f) * 4;
  const next = packet.byte(3);
  if (length < 8 || !packet.has(length)) return Layer.none;
  packet.at += length;
  return nextProtocol(next);
}

/** The numbers that NSH (RFC 8300 section 12.2.5) and VXLAN-GPE share. */
export function nextProtocol(next: number): Layer {
  switch (next) {
    case 1: // IPv4
    case 2: // IPv6
      return Layer.ip;
    case 3:
      return Layer.ethernet;
    case 4:
      return Layer.nsh;
    case 5:
      return Layer.mpls;
    default:
      return Layer.none;
  }
}
