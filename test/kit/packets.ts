import type { Endpoint } from './addresses.ts';

/** TCP flags (RFC 9293 section 3.1). */
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;

/** One captured frame. */
export interface Packet {
  /** Seconds since the start of the capture. */
  readonly time: number;
  readonly bytes: Uint8Array;
  /** What it was built from, where it was built here. */
  readonly spec?: SegmentSpec;
}

/** What a frame says; what is not given is ordinary. */
export interface SegmentSpec {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly seq: number;
  readonly ack?: number;
  readonly flags?: number;
  /** The raw 16 bit field. */
  readonly window?: number;
  /** TCP options, padded to whole words here. */
  readonly options?: Uint8Array;
  readonly data?: Uint8Array;
  readonly ipId?: number;
  readonly ttl?: number;
  /** VLAN ids, outermost first; more than one makes QinQ. */
  readonly vlans?: readonly number[];
  /** Link layer: Ethernet (1), raw IP (101) or Linux cooked (113). */
  readonly linkType?: 1 | 101 | 113;
  /** Bytes added behind the IP datagram, as Ethernet pads short frames. */
  readonly padding?: number;
}

/** The frame of one TCP segment with right lengths and checksums. */
export function segmentFrame(spec: SegmentSpec): Uint8Array {
  const tcp = tcpSegment(spec);
  const ip = spec.from.address.length === 4 ? ipv4Datagram(spec, tcp) : ipv6Datagram(spec, tcp);
  const etherType = spec.from.address.length === 4 ? 0x0800 : 0x86dd;
  return concat([linkHeader(spec, etherType), ip, new Uint8Array(spec.padding ?? 0)]);
}

/** Maximum segment size (RFC 9293 section 3.2) and, unless null, the window scale (RFC 7323 section 2.2). */
export function handshakeOptions(mss: number, windowScale: number | null): Uint8Array {
  const bytes = [2, 4, mss >> 8, mss & 0xff];
  if (windowScale !== null) bytes.push(1, 3, 3, windowScale);
  return Uint8Array.from(bytes);
}

/** Text as the bytes of a stream, one byte per character. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Packets of several conversations as one capture, in time order; of equal times, those given first come first. */
export function merge(...conversations: readonly (readonly Packet[])[]): Packet[] {
  return conversations.flat().sort((a, b) => a.time - b.time);
}

function tcpSegment(spec: SegmentSpec): Uint8Array {
  const options = spec.options ?? new Uint8Array(0);
  const data = spec.data ?? new Uint8Array(0);
  const header = 20 + Math.ceil(options.length / 4) * 4;
  const bytes = new Uint8Array(header + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, spec.from.port);
  view.setUint16(2, spec.to.port);
  view.setUint32(4, spec.seq);
  view.setUint32(8, spec.ack ?? 0);
  view.setUint16(12, ((header / 4) << 12) | (spec.flags ?? ACK));
  view.setUint16(14, spec.window ?? 64240);
  bytes.set(options, 20);
  bytes.set(data, header);
  const pseudo = new Uint8Array(8);
  new DataView(pseudo.buffer).setUint32(0, bytes.length);
  pseudo[7] = 6;
  view.setUint16(16, checksum([spec.from.address, spec.to.address, pseudo, bytes]));
  return bytes;
}

function ipv4Datagram(spec: SegmentSpec, tcp: Uint8Array): Uint8Array {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  header[0] = 0x45;
  view.setUint16(2, 20 + tcp.length);
  view.setUint16(4, spec.ipId ?? 0);
  view.setUint16(6, 0x4000);
  header[8] = spec.ttl ?? 64;
  header[9] = 6;
  header.set(spec.from.address, 12);
  header.set(spec.to.address, 16);
  view.setUint16(10, checksum([header]));
  return concat([header, tcp]);
}

function ipv6Datagram(spec: SegmentSpec, tcp: Uint8Array): Uint8Array {
  const header = new Uint8Array(40);
  const view = new DataView(header.buffer);
  header[0] = 0x60;
  view.setUint16(4, tcp.length);
  header[6] = 6;
  header[7] = spec.ttl ?? 64;
  header.set(spec.from.address, 8);
  header.set(spec.to.address, 24);
  return concat([header, tcp]);
}

function linkHeader(spec: SegmentSpec, etherType: number): Uint8Array {
  const linkType = spec.linkType ?? 1;
  if (linkType === 101) return new Uint8Array(0);
  if (linkType === 113) return Uint8Array.from([0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, etherType >> 8, etherType & 0xff]);
  const vlans = spec.vlans ?? [];
  const tags = vlans.flatMap((id, at) => [...(at < vlans.length - 1 ? [0x88, 0xa8] : [0x81, 0x00]), id >> 8, id & 0xff]);
  return Uint8Array.from([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, ...tags, etherType >> 8, etherType & 0xff]);
}

/** RFC 1071, over parts of even length (the last may be odd). */
function checksum(parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += (part[at]! << 8) | (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
