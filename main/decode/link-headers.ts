import { etherType } from './ethernet.ts';
import { Layer, skip } from './packet.ts';
import type { Packet } from './packet.ts';

/*
 * Link layers of machines that are rare by now, and of capture hardware, by tcpdump.org/linktypes.html.
 */

/** PKTAP of macOS: the header's length, the record's kind, the link type of what follows, all of the capturing machine. That link type, or -1. */
export function pktap(packet: Packet): number {
  if (!packet.has(12)) return -1;
  const { view } = packet.block;
  // The length is far below 65,536: the order in which it is.
  const littleEndian = view.getUint32(packet.at, true) < 0x1_0000;
  const length = view.getUint32(packet.at, littleEndian);
  const kind = view.getUint32(packet.at + 4, littleEndian);
  const linkType = view.getUint32(packet.at + 8, littleEndian);
  return kind === 1 && length >= 12 && skip(packet, length) ? linkType : -1;
}

/** IEEE 802.5: access and frame control, two addresses, a route where the source's first bit says so. */
export function tokenRing(packet: Packet): Layer {
  if (!skip(packet, 14)) return Layer.none;
  if ((packet.byte(-6) & 0x80) === 0) return Layer.llc;
  return packet.has(1) && skip(packet, packet.byte(0) & 0x1f) ? Layer.llc : Layer.none;
}

/** RFC 2684: LLC, or IP alone on its channel. */
export function atm(packet: Packet): Layer {
  if (!packet.has(1)) return Layer.none;
  const version = packet.byte(0) >> 4;
  return version === 4 || version === 6 ? Layer.ip : Layer.llc;
}

/** RFC 2427: an address of two bytes or more, the last of them odd; control 3, perhaps padding, what follows. Cisco's own way: an ethertype. */
export function frameRelay(packet: Packet): Layer {
  if (!skip(packet, 2)) return Layer.none;
  while ((packet.byte(-1) & 1) === 0) if (!skip(packet, 1)) return Layer.none;
  if (!skip(packet, 2)) return Layer.none;
  if (packet.byte(-2) !== 3) return etherType(packet, packet.short(-2));
  if (packet.byte(-1) === 0 && !skip(packet, 1)) return Layer.none;
  switch (packet.byte(-1)) {
    case 0xcc: // IPv4
    case 0x8e: // IPv6
      return Layer.ip;
    case 0xcf:
      return Layer.ppp;
    case 0x80: // SNAP: organization 0, ethertype
      return skip(packet, 5) && packet.short(-5) === 0 && packet.byte(-3) === 0 ? etherType(packet, packet.short(-2)) : Layer.none;
    default:
      return Layer.none;
  }
}

/** Endace's records: time stamp, type, flags, lengths; extension headers while a first bit is set; Ethernet has two bytes before it. */
export function erf(packet: Packet): Layer {
  if (!skip(packet, 16)) return Layer.none;
  const type = packet.byte(-8) & 0x7f;
  let more = packet.byte(-8) & 0x80;
  while (more !== 0) {
    if (!skip(packet, 8)) return Layer.none;
    more = packet.byte(-8) & 0x80;
  }
  switch (type) {
    case 1: // HDLC of a line: PPP or Cisco's
      return Layer.ppp;
    case 2: // Ethernet, with several ways to number the stream
    case 11:
    case 16:
    case 20:
      return skip(packet, 2) ? Layer.ethernet : Layer.none;
    case 22: // IPv4
    case 23: // IPv6
      return Layer.ip;
    default:
      return Layer.none;
  }
}

/** Marvell's and Broadcom's switches put a tag of `length` bytes between the addresses and the ethertype. */
export function switchTag(packet: Packet, length: number): Layer {
  return skip(packet, 12 + length + 2) ? etherType(packet, packet.short(-2)) : Layer.none;
}

/** DOCSIS (section 6.2): a packet of data has control 0, perhaps an extended header, then Ethernet. */
export function docsis(packet: Packet): Layer {
  if (!packet.has(6)) return Layer.none;
  const control = packet.byte(0);
  const extended = (control & 1) === 0 ? 0 : packet.byte(1);
  return control >> 1 === 0 && skip(packet, 6 + extended) ? Layer.ethernet : Layer.none;
}

/** What Junos captures: its number, flags, perhaps extensions; without the link layer, a protocol in its place. */
export function juniper(packet: Packet, layer: Layer): Layer {
  if (!packet.has(6) || packet.short(0) !== 0x4d47 || packet.byte(2) !== 0x43) return Layer.none;
  const flags = packet.byte(3);
  if (!skip(packet, (flags & 0x80) === 0 ? 4 : 6 + packet.short(4))) return Layer.none;
  if ((flags & 0x02) === 0) return layer;
  if (!skip(packet, 4) || !packet.has(1)) return Layer.none;
  const version = packet.byte(0) >> 4;
  return version === 4 || version === 6 ? Layer.ip : Layer.none;
}
