import { etherType } from './ethernet.ts';
import { atm, docsis, erf, frameRelay, juniper, pktap, switchTag, tokenRing } from './link-headers.ts';
import { Layer, skip } from './packet.ts';
import type { Packet } from './packet.ts';
import { monitorHeader, radiotap } from './wireless.ts';

/** Reads the link-layer header of a LINKTYPE_ value (tcpdump.org/linktypes.html), as far as one stands before the next layer. */
export function linkLayer(packet: Packet, linkType: number): Layer {
  switch (linkType) {
    case 0: // NULL
    case 108: // LOOP
      return loopback(packet);
    case 1: // ETHERNET
      return Layer.ethernet;
    case 12: // RAW, as some systems number it
    case 14:
    case 101:
    case 228: // IPV4
    case 229: // IPV6
      return Layer.ip;
    case 113:
      return linuxCooked(packet);
    case 276:
      return linuxCooked2(packet);
    case 109: // ENC, of OpenBSD's IPsec: address family, index, flags
      return skip(packet, 12) ? Layer.ip : Layer.none;
    case 117: // PFLOG: its first byte is the header's length without the padding
      return packet.has(1) && skip(packet, (packet.byte(0) + 3) & ~3) ? Layer.ip : Layer.none;
    case 149: // PKTAP of macOS, before it had a number of its own
    case 258:
      return pktapped(packet);
    case 204: // PPP_WITH_DIR: the direction, then PPP
      return skip(packet, 1) ? Layer.ppp : Layer.none;
    case 205: // C_HDLC_WITH_DIR
      return skip(packet, 5) ? etherType(packet, packet.short(-2)) : Layer.none;
    case 166: // PPP_PPPD: the direction stands in place of HDLC's address
      return skip(packet, 2) ? Layer.ppp : Layer.none;
    case 9: // PPP
    case 50: // PPP_HDLC
      return Layer.ppp;
    case 51: // PPP_ETHER: a PPPoE session header, then PPP
      return etherType(packet, 0x8864);
    case 104: // C_HDLC: address, control, an ethertype
      return skip(packet, 4) ? etherType(packet, packet.short(-2)) : Layer.none;
    case 239:
      return nflog(packet);
    case 105: // IEEE802_11
      return Layer.wireless;
    case 127: // IEEE802_11_RADIOTAP
      return radiotap(packet);
    case 119: // IEEE802_11_PRISM
    case 163: // IEEE802_11_AVS
      return monitorHeader(packet);
    case 192:
      return ppi(packet);
    case 129:
      return arcnetLinux(packet);
    case 6: // IEEE802_5
      return tokenRing(packet);
    case 10: // FDDI: frame control and two addresses (RFC 1188)
      return skip(packet, 13) ? Layer.llc : Layer.none;
    case 122: // IP_OVER_FC: two addresses of 8 bytes (RFC 2625)
      return skip(packet, 16) ? Layer.llc : Layer.none;
    case 138: // APPLE_IP_OVER_IEEE1394: two addresses of 8 bytes
      return skip(packet, 18) ? etherType(packet, packet.short(-2)) : Layer.none;
    case 242: // IPOIB: a global routing header, then an ethertype (RFC 4391 section 6)
      return skip(packet, 44) ? etherType(packet, packet.short(-4)) : Layer.none;
    case 11: // ATM_RFC1483, as BSD numbers it
    case 100:
    case 106: // ATM_CLIP
      return atm(packet);
    case 123: // SUNATM: what it is, virtual path, virtual channel
      return skip(packet, 4) && (packet.byte(-4) & 0x0f) === 2 ? atm(packet) : Layer.none;
    case 206: // FRELAY_WITH_DIR
      return skip(packet, 1) ? frameRelay(packet) : Layer.none;
    case 107:
      return frameRelay(packet);
    case 197:
      return erf(packet);
    case 8: // SLIP: direction, compression, of which the packet behind it is free; some leave that out
      return packet.has(1) && (packet.byte(0) >= 0x40 || skip(packet, 16)) ? Layer.ip : Layer.none;
    case 143:
      return docsis(packet);
    case 178: // JUNIPER_ETHER
      return juniper(packet, Layer.ethernet);
    case 179: // JUNIPER_PPP
      return juniper(packet, Layer.ppp);
    case 99: // SYMANTEC_FIREWALL: an ethertype at 6 of 44 bytes
      return skip(packet, 44) ? etherType(packet, packet.short(-38)) : Layer.none;
    case 226: // IPNET of Solaris: version, family, interfaces and zones
      return skip(packet, 24) ? Layer.ip : Layer.none;
    case 240: // NETANALYZER: four bytes of its own, Ethernet with its check sequence
      return skip(packet, 4) ? Layer.ethernet : Layer.none;
    case 241: // NETANALYZER_TRANSPARENT: with the preamble, too
      return skip(packet, 12) ? Layer.ethernet : Layer.none;
    case 281: // DSA_TAG_BRCM
    case 284: // DSA_TAG_DSA
      return switchTag(packet, 4);
    case 282: // DSA_TAG_BRCM_PREPEND
      return skip(packet, 4) ? Layer.ethernet : Layer.none;
    case 285: // DSA_TAG_EDSA: an ethertype of its own and two bytes before the tag
      return switchTag(packet, 8);
    default:
      packet.anomalies.count('unsupported-link-type', packet.frame, unsupported(linkType));
      return Layer.none;
  }
}

/** PPI: version, flags, length (little-endian, like all of it), the link type of what follows. */
function ppi(packet: Packet): Layer {
  if (!packet.has(8)) return Layer.none;
  const length = packet.block.view.getUint16(packet.at + 2, true);
  const linkType = packet.block.view.getUint32(packet.at + 4, true);
  return length >= 8 && skip(packet, length) ? inner(packet, linkType) : Layer.none;
}

function pktapped(packet: Packet): Layer {
  const linkType = pktap(packet);
  return linkType < 0 ? Layer.none : inner(packet, linkType);
}

/** Behind a header that names a link type; one that names such a header again is not followed. */
function inner(packet: Packet, linkType: number): Layer {
  return linkType === 192 || linkType === 149 || linkType === 258 ? Layer.none : linkLayer(packet, linkType);
}

/** NULL and LOOP: the address family, in the byte order of the machine that captured, which nothing tells. */
function loopback(packet: Packet): Layer {
  if (!skip(packet, 4)) return Layer.none;
  const family = packet.block.view.getUint32(packet.at - 4);
  switch (family > 0xffff ? packet.block.view.getUint32(packet.at - 4, true) : family) {
    case 2: // AF_INET
    case 10: // AF_INET6 of Linux, Windows (23), NetBSD and OpenBSD (24), FreeBSD (28), macOS (30)
    case 23:
    case 24:
    case 28:
    case 30:
      return Layer.ip;
    default:
      return Layer.none;
  }
}

const ARPHRD_NETLINK = 824;
const ETH_P_802_2 = 4;

/** LINUX_SLL: packet type, ARPHRD_ type, address length, address (8 bytes), protocol. */
function linuxCooked(packet: Packet): Layer {
  if (!skip(packet, 16)) return Layer.none;
  return cookedProtocol(packet, packet.short(-14), packet.short(-2));
}

/** LINUX_SLL2: protocol, 2 reserved bytes, interface index (4), ARPHRD_ type, packet type, address length, address (8 bytes). */
function linuxCooked2(packet: Packet): Layer {
  if (!skip(packet, 20)) return Layer.none;
  return cookedProtocol(packet, packet.short(-12), packet.short(-20));
}

function cookedProtocol(packet: Packet, hardware: number, protocol: number): Layer {
  if (hardware === ARPHRD_NETLINK) return Layer.none;
  return protocol === ETH_P_802_2 ? Layer.llc : etherType(packet, protocol);
}

const NFULA_PAYLOAD = 9;

/** NFLOG: family, version, resource; then attributes of length, type and value, padded to 4, in the capturing machine's byte order. */
function nflog(packet: Packet): Layer {
  if (!skip(packet, 4)) return Layer.none;
  const view = packet.block.view;
  while (packet.at + 4 <= packet.limit) {
    // Attribute types are small: the order in which this one is.
    const littleEndian = view.getUint16(packet.at + 2, true) < 0x100;
    const length = view.getUint16(packet.at, littleEndian);
    const type = view.getUint16(packet.at + 2, littleEndian);
    if (length < 4) return Layer.none;
    if (type === NFULA_PAYLOAD) {
      packet.limit = Math.min(packet.limit, packet.at + length);
      packet.at += 4;
      return Layer.ip;
    }
    packet.at += (length + 3) & ~3;
  }
  packet.has(4);
  return Layer.none;
}

/** ARCNET_LINUX: source, destination, 2 bytes of offset, protocol id; IP of RFC 1201 with a split flag and a sequence number, of RFC 1051 without. */
function arcnetLinux(packet: Packet): Layer {
  if (!skip(packet, 5)) return Layer.none;
  const protocol = packet.byte(-1);
  if (protocol === 240) return Layer.ip;
  if (protocol !== 212 || !skip(packet, 3)) return Layer.none;
  // A split flag of 0: all of the datagram is in this packet.
  return packet.byte(-3) === 0 ? Layer.ip : Layer.none;
}

const unsupportedMessages = new Map<number, string>();

/** The message, made once per link type: it is looked up once per packet. */
function unsupported(linkType: number): string {
  let message = unsupportedMessages.get(linkType);
  if (message === undefined) {
    message = `link type ${linkType} is not supported`;
    unsupportedMessages.set(linkType, message);
  }
  return message;
}
