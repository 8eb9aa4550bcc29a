import { etherType, isEthernet, nextProtocol } from './ethernet.ts';
import { Layer } from './packet.ts';
import type { Packet } from './packet.ts';
import { wirelessData } from './wireless.ts';

const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const ACKNOWLEDGEMENT = 0x0080;
const VERSION = 0x0007;

const ETHERNET = 0x6558;
const PPP = 0x880b;
const ERSPAN = 0x88be;
const ERSPAN3 = 0x22eb;
/** Web caches' redirection (WCCP): some versions put four bytes before the packet. */
const WCCP = 0x883e;
/** Access points of Aruba: an 802.11 frame, its number in two digits between (0x8200 to 0x83f0). */
const ARUBA = 0x8200;
const ARUBA_MASK = 0xfe0f;

/** GRE (RFC 2784, RFC 2890), its version 1 (PPTP, RFC 2637 section 4.1), and ERSPAN in it (draft-foschiano-erspan). */
export function gre(packet: Packet): Layer {
  if (!packet.has(4)) return Layer.none;
  const flags = packet.short(0);
  const type = packet.short(2);
  const version = flags & VERSION;
  if (version > 1 || (flags & ROUTING) !== 0 || (version === 1 && type !== PPP)) return Layer.none;
  let length = 4;
  if ((flags & CHECKSUM) !== 0) length += 4;
  const keyAt = length;
  if ((flags & KEY) !== 0) length += 4;
  if ((flags & SEQUENCE) !== 0) length += 4;
  if (version === 1 && (flags & ACKNOWLEDGEMENT) !== 0) length += 4;
  if (!packet.has(length)) return Layer.none;
  const key = (flags & KEY) === 0 ? -1 : packet.block.view.getUint32(packet.at + keyAt);
  packet.at += length;
  if (version === 1) {
    // Without a sequence number it carries an acknowledgement alone. The key's call id is another in each direction.
    return (flags & SEQUENCE) === 0 ? Layer.none : packet.enter('pptp', -1, Layer.ppp);
  }
  if (type === WCCP) {
    if (!packet.has(5)) return Layer.none;
    if (packet.byte(0) >> 4 !== 4) packet.at += 4;
    return packet.enter('gre', key, Layer.ip);
  }
  if ((type & ARUBA_MASK) === ARUBA) return packet.enter('gre', -1, Layer.wireless);
  if (type === ERSPAN || type === ERSPAN3) return erspan(packet, type, (flags & SEQUENCE) !== 0);
  // Around Ethernet the key may differ by direction: mirrors write the port there, NVGRE (RFC 7637) a hash of the flow.
  const inner = packet.enter('gre', type === ETHERNET ? -1 : key, Layer.ethernet);
  return inner === Layer.none ? inner : etherType(packet, type);
}

/** Type I is a bare Ethernet frame; II has 8 bytes before it, III 12 and perhaps 8 more. A mirror session's number is in II and III. */
function erspan(packet: Packet, type: number, hasSequence: boolean): Layer {
  if (type === ERSPAN && !hasSequence) return packet.enter('erspan', -1, Layer.ethernet);
  const length = type === ERSPAN ? 8 : 12;
  if (!packet.has(length)) return Layer.none;
  const session = packet.short(2) & 0x3ff;
  let inner: Layer = Layer.ethernet;
  if (type === ERSPAN3) {
    if (((packet.byte(10) >> 2) & 0x1f) === 2) inner = Layer.ip;
    if ((packet.byte(11) & 1) !== 0) packet.at += 8;
  }
  packet.at += length;
  return packet.enter('erspan', session, inner);
}

/** A UDP header; what its well-known port says is believed only where the bytes look like it. */
export function udp(packet: Packet): Layer {
  if (!packet.has(8)) return Layer.none;
  const source = packet.short(0);
  const destination = packet.short(2);
  const length = packet.short(4);
  if (length >= 8) packet.limit = Math.min(packet.limit, packet.at + length);
  packet.at += 8;
  switch (destination) {
    case 4789:
    case 8472: // Linux, before the port was assigned
      return vxlan(packet);
    case 4790:
      return vxlanGpe(packet);
    case 6081:
      return geneve(packet);
    case 37008:
      return tzsp(packet);
    case 4341:
      return lisp(packet);
    case 6080:
      return gue(packet);
    case 4754: // RFC 8086
      return gre(packet);
    case 6635: // RFC 7510
      return packet.enter('mpls', -1, Layer.mpls);
    default:
      return ofEitherPort(packet, source, destination);
  }
}

/** Protocols of which the answers come from the well-known port. */
function ofEitherPort(packet: Packet, source: number, destination: number): Layer {
  if (source === 1701 || destination === 1701) return l2tp(packet);
  if (source === 2152 || destination === 2152) return gtp(packet);
  if (source === 3386 || destination === 3386) return gtp0(packet);
  if (source === 3544 || destination === 3544) return teredo(packet);
  if (source === 4500 || destination === 4500) return espInUdp(packet);
  if (source === 5072 || destination === 5072) return ayiya(packet);
  if (source === 5247 || destination === 5247) return capwap(packet);
  return Layer.none;
}

/** RFC 7348 section 5. */
function vxlan(packet: Packet): Layer {
  if (packet.at + 8 > packet.limit || (packet.byte(0) & 0x08) === 0) return Layer.none;
  const network = packet.block.view.getUint32(packet.at + 4) >>> 8;
  packet.at += 8;
  return packet.enter('vxlan', network, Layer.ethernet);
}

/** draft-ietf-nvo3-vxlan-gpe section 3: the last byte of the flags' word says what follows. */
function vxlanGpe(packet: Packet): Layer {
  if (packet.at + 8 > packet.limit || (packet.byte(0) & 0x0c) !== 0x0c) return Layer.none;
  const next = packet.byte(3);
  const network = packet.block.view.getUint32(packet.at + 4) >>> 8;
  packet.at += 8;
  return packet.enter('vxlan', network, nextProtocol(next));
}

/** RFC 2661 section 3.1, data messages: flags, then as they say length, numbers and padding. Its ids are another in each direction. */
function l2tp(packet: Packet): Layer {
  if (packet.at + 6 > packet.limit || (packet.short(0) & 0x8000) !== 0) return Layer.none;
  const version = packet.byte(1) & 0x0f;
  if (version === 3) {
    packet.at += 4;
    return l2tp3(packet);
  }
  if (version !== 2) return Layer.none;
  const flags = packet.byte(0);
  let length = (flags & 0x40) === 0 ? 6 : 8;
  if ((flags & 0x08) !== 0) length += 4;
  if ((flags & 0x02) !== 0) {
    if (packet.at + length + 2 > packet.limit) return Layer.none;
    length += 2 + packet.short(length);
  }
  packet.at += length;
  return packet.at < packet.limit ? packet.enter('l2tp', -1, Layer.ppp) : Layer.none;
}

/**
 * L2TP version 3 (RFC 3931 section 4.1): a session, a cookie of 0, 4 or 8 bytes, 4 bytes of a sublayer or none, as the
 * ends agreed elsewhere. Ethernet is found by its looks; a session of 0 is control.
 */
export function l2tp3(packet: Packet): Layer {
  if (packet.at + 4 > packet.limit || packet.block.view.getUint32(packet.at) === 0) return Layer.none;
  packet.at += 4;
  for (let length = 0; length <= 12; length += 4) {
    if (isEthernet(packet)) return packet.enter('l2tp', -1, Layer.ethernet);
    packet.at += 4;
  }
  return packet.unread('L2TPv3 of anything but Ethernet');
}

/** What MikroTik's sniffer and others send on: version, kind, what is inside; tagged fields, of which only padding and the end have no length. */
function tzsp(packet: Packet): Layer {
  if (packet.at + 4 > packet.limit || packet.byte(0) !== 1 || packet.byte(1) !== 0) return Layer.none;
  const inside = packet.short(2);
  packet.at += 4;
  while (packet.at < packet.limit && packet.byte(0) !== 1) packet.at += packet.byte(0) === 0 || packet.at + 1 >= packet.limit ? 1 : 2 + packet.byte(1);
  packet.at++;
  if (packet.at >= packet.limit) return Layer.none;
  if (inside === 1) return packet.enter('tzsp', -1, Layer.ethernet);
  return inside === 18 ? packet.enter('tzsp', -1, Layer.wireless) : Layer.none;
}

/** RFC 8926 section 3.4. */
function geneve(packet: Packet): Layer {
  if (packet.at + 8 > packet.limit || packet.byte(0) >> 6 !== 0) return Layer.none;
  const type = packet.short(2);
  const network = packet.block.view.getUint32(packet.at + 4) >>> 8;
  packet.at += 8 + (packet.byte(0) & 0x3f) * 4;
  const inner = packet.enter('geneve', network, Layer.ethernet);
  return inner === Layer.none ? inner : etherType(packet, type);
}

/** GTP version 1, user plane (3GPP TS 29.281 section 5). Its endpoint identifiers are another in each direction. */
function gtp(packet: Packet): Layer {
  if (packet.at + 8 > packet.limit || (packet.byte(0) & 0xf0) !== 0x30 || packet.byte(1) !== 255) return Layer.none;
  const hasOptional = (packet.byte(0) & 0x07) !== 0;
  const hasExtensions = (packet.byte(0) & 0x04) !== 0;
  packet.limit = Math.min(packet.limit, packet.at + 8 + packet.short(2));
  packet.at += hasOptional ? 12 : 8;
  if (packet.at >= packet.limit) return Layer.none;
  let next = hasExtensions ? packet.byte(-1) : 0;
  while (next !== 0) {
    const length = packet.byte(0) * 4;
    if (length === 0 || packet.at + length >= packet.limit) return Layer.none;
    packet.at += length;
    next = packet.byte(-1);
  }
  const version = packet.byte(0) >> 4;
  if (version === 4 || version === 6) return packet.enter('gtp', -1, Layer.ip);
  // A session of 5G may carry Ethernet (3GPP TS 23.501 section 5.6.10.2); nothing in the header says so.
  return isEthernet(packet) ? packet.enter('gtp', -1, Layer.ethernet) : Layer.none;
}

/** GTP version 0 (3GPP TS 09.60 section 6): flags, type, length, numbers and the tunnel in 20 bytes. */
function gtp0(packet: Packet): Layer {
  if (packet.at + 20 > packet.limit || packet.byte(0) >> 4 !== 1 || packet.byte(1) !== 255) return Layer.none;
  packet.limit = Math.min(packet.limit, packet.at + 20 + packet.short(2));
  packet.at += 20;
  return isIp(packet) ? packet.enter('gtp', -1, Layer.ip) : Layer.none;
}

/** RFC 9300 section 5.3: flags and numbers of the map, the instance where a flag says so. */
function lisp(packet: Packet): Layer {
  if (packet.at + 8 > packet.limit) return Layer.none;
  const instance = (packet.byte(0) & 0x08) === 0 ? -1 : packet.block.view.getUint32(packet.at + 4) >>> 8;
  packet.at += 8;
  return isIp(packet) ? packet.enter('lisp', instance, Layer.ip) : Layer.none;
}

/** Generic UDP encapsulation (draft-ietf-intarea-gue section 3): variant 1 is IP at once, 0 has a header and names an IP protocol. */
function gue(packet: Packet): Layer {
  if (packet.at + 4 > packet.limit) return Layer.none;
  if (packet.byte(0) >> 6 === 1) return isIp(packet) ? packet.enter('gue', -1, Layer.ip) : Layer.none;
  if ((packet.byte(0) & 0xe0) !== 0) return Layer.none;
  const protocol = packet.byte(1);
  packet.at += 4 + (packet.byte(0) & 0x1f) * 4;
  if (protocol === 47) return gre(packet);
  return (protocol === 4 || protocol === 41) && isIp(packet) ? packet.enter('gue', -1, Layer.ip) : Layer.none;
}

/** RFC 3948 section 2: four zeros would be the exchange of keys, one byte keeps the address translation alive. */
function espInUdp(packet: Packet): Layer {
  return packet.at + 8 > packet.limit || packet.block.view.getUint32(packet.at) === 0 ? Layer.none : packet.unread('ESP (encryption of IPsec)');
}

/** draft-massar-v6ops-ayiya section 3: lengths of identity and signature, what to do, what follows. */
function ayiya(packet: Packet): Layer {
  if (packet.at + 8 > packet.limit || (packet.byte(2) & 0x0f) !== 1) return Layer.none;
  const next = packet.byte(3);
  packet.at += 8 + (1 << (packet.byte(0) >> 4)) + (packet.byte(1) >> 4) * 4;
  return (next === 4 || next === 41) && isIp(packet) ? packet.enter('ayiya', -1, Layer.ip) : Layer.none;
}

/** Data of CAPWAP (RFC 5415 section 4.3) between access point and controller: Ethernet, or 802.11 where a bit says so. */
function capwap(packet: Packet): Layer {
  if (packet.at + 8 > packet.limit) return Layer.none;
  if (packet.byte(0) === 1) return packet.unread('encrypted CAPWAP');
  const flags = packet.byte(3);
  const length = (packet.byte(1) >> 3) * 4;
  const isKeepAlive = (flags & 0x08) !== 0;
  if (packet.byte(0) !== 0 || length < 8 || isKeepAlive || packet.at + length + 2 > packet.limit) return Layer.none;
  if ((flags & 0x80) !== 0) return packet.unread('CAPWAP in fragments');
  const isWireless = (packet.byte(2) & 0x01) !== 0;
  packet.at += length;
  const inner = packet.enter('capwap', -1, Layer.ethernet);
  // Cisco's access points swap the bytes of the frame control, whose first two bits are a version of 0.
  return inner === Layer.none || !isWireless ? inner : wirelessData(packet, false, (packet.byte(0) & 0x03) !== 0);
}

/** Whether an IP header may begin here. */
function isIp(packet: Packet): boolean {
  if (packet.at + 20 > packet.limit) return false;
  const version = packet.byte(0) >> 4;
  return version === 6 || (version === 4 && (packet.byte(0) & 0x0f) >= 5);
}

/** RFC 4380 section 5.1.1: authentication and origin headers may stand before the IPv6 packet. */
function teredo(packet: Packet): Layer {
  while (packet.at + 40 <= packet.limit) {
    const start = packet.short(0);
    if (start === 0x0001) packet.at += 13 + packet.byte(2) + packet.byte(3);
    else if (start === 0x0000) packet.at += 8;
    else if (start >> 12 === 6) return packet.enter('teredo', -1, Layer.ip);
    else break;
  }
  return Layer.none;
}
