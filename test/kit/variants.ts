import { readFileSync } from 'node:fs';
import { ACK, concat, FIN, RST, SYN } from './packets.ts';
import type { Random } from './random.ts';

/*
 * Captures told otherwise: other addresses, other segments, another place of capture. What happened is the same, so what
 * is said of it must be, too. Checksums are not made right: captures taken at a sender hold wrong ones anyway.
 */

/** One record of a classic pcap file. */
export interface Frame {
  /** Microseconds since the first one. */
  readonly time: number;
  /** Length on the wire; more than there are bytes where the capture cut it. */
  readonly length: number;
  readonly bytes: Uint8Array;
}

export interface Capture {
  readonly linkType: number;
  readonly frames: readonly Frame[];
}

export type Variant = (capture: Capture, random: Random) => Capture;

/** A classic pcap file, little-endian, in microseconds; null for other files. */
export function readPcap(path: string): Capture | null {
  const file = readFileSync(path);
  if (file.readUInt32LE(0) !== 0xa1b2c3d4) return null;
  const frames: Frame[] = [];
  let first = Number.NaN;
  for (let at = 24; at + 16 <= file.length;) {
    const stamp = file.readUInt32LE(at) * 1e6 + file.readUInt32LE(at + 4);
    if (Number.isNaN(first)) first = stamp;
    const kept = file.readUInt32LE(at + 8);
    frames.push({ time: stamp - first, length: file.readUInt32LE(at + 12), bytes: new Uint8Array(file.subarray(at + 16, at + 16 + kept)) });
    at += 16 + kept;
  }
  return { linkType: file.readUInt32LE(20), frames };
}

export function writePcap({ linkType, frames }: Capture): Uint8Array {
  const file = Buffer.alloc(24 + frames.reduce((sum, { bytes }) => sum + 16 + bytes.length, 0));
  file.writeUInt32LE(0xa1b2c3d4, 0);
  file.writeUInt16LE(2, 4);
  file.writeUInt16LE(4, 6);
  file.writeUInt32LE(262144, 16);
  file.writeUInt32LE(linkType, 20);
  let at = 24;
  for (const { time, length, bytes } of frames) {
    file.writeUInt32LE(START + Math.floor(time / 1e6), at);
    file.writeUInt32LE(time % 1e6, at + 4);
    file.writeUInt32LE(bytes.length, at + 8);
    file.writeUInt32LE(length, at + 12);
    file.set(bytes, at + 16);
    at += 16 + bytes.length;
  }
  return file;
}

const START = 1_700_000_000;

/** Where things lie in a frame; null for what is not TCP over IP, whole up to the TCP header. */
interface Layout {
  readonly ip: number;
  readonly isV6: boolean;
  readonly tcp: number;
  readonly data: number;
  /** End of the payload, as the IP header says it. */
  readonly end: number;
  readonly flags: number;
}

function layoutOf(bytes: Uint8Array, linkType: number): Layout | null {
  let ip = LINK_HEADERS[linkType];
  if (ip === undefined) throw new Error(`No link type ${linkType} here.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (linkType === 1 && bytes.length > 18 && view.getUint16(12) === 0x8100) ip += 4;
  if (bytes.length < ip + 40) return null;
  const isV6 = bytes[ip]! >> 4 === 6;
  const tcp = isV6 ? ip + 40 : ip + (bytes[ip]! & 15) * 4;
  if (bytes[isV6 ? ip + 6 : ip + 9] !== 6 || bytes.length < tcp + 20) return null;
  const end = isV6 ? tcp + view.getUint16(ip + 4) : ip + view.getUint16(ip + 2);
  return { ip, isV6, tcp, data: tcp + (bytes[tcp + 12]! >> 4) * 4, end, flags: bytes[tcp + 13]! };
}

const LINK_HEADERS: Record<number, number> = { 1: 14, 101: 0, 113: 16, 276: 20 };

/** Each TCP frame as `change` gives it. */
function mapped(capture: Capture, change: (frame: Frame, layout: Layout, view: DataView) => readonly Frame[]): Capture {
  const frames = capture.frames.flatMap((frame) => {
    const layout = layoutOf(frame.bytes, capture.linkType);
    if (layout === null) return [frame];
    const own = { ...frame, bytes: frame.bytes.slice() };
    return change(own, layout, new DataView(own.bytes.buffer));
  });
  return { ...capture, frames };
}

/** Which of the two sides of its connection sends: the one whose port and address are lower, or the other. */
function sideOf(bytes: Uint8Array, { ip, isV6, tcp }: Layout): { readonly connection: string; readonly isLower: boolean } {
  const from = Buffer.from(bytes.subarray(isV6 ? ip + 8 : ip + 12, isV6 ? ip + 24 : ip + 16)).toString('hex') + Buffer.from(bytes.subarray(tcp, tcp + 2)).toString('hex');
  const to = Buffer.from(bytes.subarray(isV6 ? ip + 24 : ip + 16, isV6 ? ip + 40 : ip + 20)).toString('hex') + Buffer.from(bytes.subarray(tcp + 2, tcp + 4)).toString('hex');
  return from < to ? { connection: from + to, isLower: true } : { connection: to + from, isLower: false };
}

/** Other addresses, which compare the other way round, and other ports, as far apart as before. */
export const renamed: Variant = (capture, random) => {
  const mask = 128 + random(100);
  const shift = 1 + random(2000);
  return mapped(capture, (frame, { ip, isV6, tcp }, view) => {
    const length = isV6 ? 16 : 4;
    for (const at of [ip + (isV6 ? 8 : 12), ip + (isV6 ? 24 : 16)]) frame.bytes[at + length - 1]! ^= mask;
    for (const at of [tcp, tcp + 2]) view.setUint16(at, view.getUint16(at) + 2 * shift * (view.getUint16(at) < 60_000 ? 1 : -1));
    return [frame];
  });
};

/** Other initial sequence numbers, near the wrap at 2^32. */
export const renumbered: Variant = (capture, random) => {
  const offsets = new Map<string, readonly [number, number]>();
  const first = new Map<string, readonly [number, number]>();
  for (const { bytes } of capture.frames) {
    const layout = layoutOf(bytes, capture.linkType);
    if (layout === null || (layout.flags & SYN) === 0) continue;
    const { connection, isLower } = sideOf(bytes, layout);
    const sequence = new DataView(bytes.buffer, bytes.byteOffset).getUint32(layout.tcp + 4);
    const known = first.get(connection) ?? [sequence, sequence];
    first.set(connection, isLower ? [sequence, known[1]] : [known[0], sequence]);
  }
  return mapped(capture, (frame, layout, view) => {
    const { connection, isLower } = sideOf(frame.bytes, layout);
    let [lower, upper] = offsets.get(connection) ?? [Number.NaN, Number.NaN];
    if (Number.isNaN(lower)) {
      const [low, high] = first.get(connection) ?? [0, 0];
      lower = 2 ** 32 - 1 - random(2000) - low;
      upper = 2 ** 32 - 1 - random(2000) - high;
      offsets.set(connection, [lower, upper]);
    }
    const { tcp, flags } = layout;
    // A refusal has no number of its own.
    if ((flags & RST) === 0 || view.getUint32(tcp + 4) !== 0) view.setUint32(tcp + 4, view.getUint32(tcp + 4) + (isLower ? lower : upper));
    if ((flags & ACK) !== 0) view.setUint32(tcp + 8, view.getUint32(tcp + 8) + (isLower ? upper : lower));
    return [frame];
  });
};

/** IPv4 as IPv6: the addresses are embedded. */
export const asIpv6: Variant = (capture) =>
  mapped(capture, (frame, { ip, isV6, tcp, end }) => {
    if (isV6) return [frame];
    const header = new Uint8Array(40);
    header[0] = 0x60;
    new DataView(header.buffer).setUint16(4, end - tcp);
    header[6] = 6;
    header[7] = frame.bytes[ip + 8]!;
    header.set([0x20, 1, 0xd, 0xb8], 8);
    header.set([0x20, 1, 0xd, 0xb8], 24);
    header.set(frame.bytes.subarray(ip + 12, ip + 16), 20);
    header.set(frame.bytes.subarray(ip + 16, ip + 20), 36);
    const link = frame.bytes.slice(0, ip);
    const typeAt = ip === 20 ? 0 : ip - 2;
    if (ip > 0) link.set([0x86, 0xdd], typeAt);
    // Padding behind short datagrams goes: a longer header needs none.
    const bytes = concat([link, header, frame.bytes.subarray(tcp, Math.min(end, frame.bytes.length))]);
    return [{ ...frame, bytes, length: ip + 40 + end - tcp }];
  });

/** Ethernet frames with a VLAN tag. */
export const tagged: Variant = (capture) =>
  capture.linkType !== 1 ? capture : mapped(capture, (frame) => [{ ...frame, length: frame.length + 4, bytes: concat([frame.bytes.subarray(0, 12), Uint8Array.of(0x81, 0, 0, 42), frame.bytes.subarray(12)]) }]);

/** Ethernet frames as "any" captures have them, in both generations, and without a link layer. */
export function linked(linkType: 101 | 113 | 276): Variant {
  return (capture) => {
    if (capture.linkType !== 1) return capture;
    const frames = capture.frames.flatMap((frame) => {
      const layout = layoutOf(frame.bytes, 1);
      if (layout === null) return [];
      const type = layout.isV6 ? [0x86, 0xdd] : [8, 0];
      const header = linkType === 101 ? [] : linkType === 113 ? [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, ...type] : [...type, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
      return [{ ...frame, length: frame.length - layout.ip + header.length, bytes: concat([Uint8Array.from(header), frame.bytes.subarray(layout.ip)]) }];
    });
    return { linkType, frames };
  };
}

/** Every second segment with data cut in two, as other offloads would have sent it. */
export const split: Variant = (capture, random) =>
  mapped(capture, (frame, layout, view) => {
    const length = layout.end - layout.data;
    if (length < 2 || frame.bytes.length < layout.end || random(2) === 0) return [frame];
    const at = 1 + random(length - 1);
    const first = part(frame, layout, layout.data, layout.data + at);
    first.bytes[layout.tcp + 13]! &= ~(FIN | 8);
    const second = part(frame, layout, layout.data + at, layout.end);
    new DataView(second.bytes.buffer).setUint32(layout.tcp + 4, view.getUint32(layout.tcp + 4) + at);
    identify(second, layout, random);
    return [first, second];
  });

/** Segments that follow one another within a millisecond as one, as receive offload hands them up. */
export const joined: Variant = (capture) => {
  const frames: Frame[] = [];
  for (const frame of capture.frames) {
    const layout = layoutOf(frame.bytes, capture.linkType);
    const before = frames.at(-1);
    const last = before === undefined ? null : layoutOf(before.bytes, capture.linkType);
    if (layout !== null && last !== null && follows(before!, last, frame, layout)) {
      const bytes = concat([frame.bytes.subarray(0, layout.data), before!.bytes.subarray(last.data, last.end), frame.bytes.subarray(layout.data, layout.end)]);
      const view = new DataView(bytes.buffer);
      view.setUint32(layout.tcp + 4, new DataView(before!.bytes.buffer, before!.bytes.byteOffset).getUint32(last.tcp + 4));
      view.setUint16(layout.isV6 ? layout.ip + 4 : layout.ip + 2, bytes.length - (layout.isV6 ? layout.tcp : layout.ip));
      frames[frames.length - 1] = { time: frame.time, length: bytes.length, bytes };
    } else {
      frames.push(frame);
    }
  }
  return { ...capture, frames };
};

function follows(before: Frame, last: Layout, frame: Frame, layout: Layout): boolean {
  const sequence = (bytes: Uint8Array, { tcp }: Layout): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(tcp + 4);
  const whole = before.bytes.length >= last.end && frame.bytes.length >= layout.end;
  const plain = (last.flags & ~8) === ACK && (layout.flags & ~8) === ACK;
  const length = last.end - last.data;
  if (!whole || !plain || length === 0 || layout.end === layout.data || length + layout.end > 30_000 || frame.time - before.time > 1000) return false;
  const one = sideOf(before.bytes, last), other = sideOf(frame.bytes, layout);
  return one.connection === other.connection && one.isLower === other.isLower && sequence(frame.bytes, layout) === (sequence(before.bytes, last) + length) >>> 0;
}

/** Every tenth frame in the capture twice, as a mirror of both directions of a port has it. */
export const doubled: Variant = (capture, random) => mapped(capture, (frame) => (random(10) === 0 ? [frame, { ...frame, time: frame.time + 1 }] : [frame]));

/** Every tenth segment with data sent again at once, as a tail loss probe is. */
export const sentAgain: Variant = (capture, random) =>
  mapped(capture, (frame, layout) => {
    if (layout.end === layout.data || random(10) !== 0) return [frame];
    const again = { ...frame, time: frame.time + 1, bytes: frame.bytes.slice() };
    identify(again, layout, random);
    return [frame, again];
  });

/** Another datagram: IPv4 tells copies of one from one sent again by its identification. */
function identify(frame: Frame, { ip, isV6 }: Layout, random: Random): void {
  if (!isV6) new DataView(frame.bytes.buffer).setUint16(ip + 4, 1 + random(65_000));
}

function part(frame: Frame, layout: Layout, from: number, to: number): Frame {
  const bytes = concat([frame.bytes.subarray(0, layout.data), frame.bytes.subarray(from, to)]);
  new DataView(bytes.buffer).setUint16(layout.isV6 ? layout.ip + 4 : layout.ip + 2, bytes.length - (layout.isV6 ? layout.tcp : layout.ip));
  return { ...frame, bytes, length: bytes.length };
}

/** No more than so many bytes of each frame: heads stay whole. */
export function cutAt(snaplen: number): Variant {
  return (capture) => ({ ...capture, frames: capture.frames.map((frame) => ({ ...frame, bytes: frame.bytes.subarray(0, snaplen) })) });
}

/** A clock that runs a little fast: two hundred microseconds in a second. */
export const drifting: Variant = (capture) => ({ ...capture, frames: capture.frames.map((frame) => ({ ...frame, time: Math.round(frame.time * 1.0002) })) });

/** The packets of one side at a clock that is fifty microseconds late, as the second of two queues or taps may be. */
export function lagging(isClient: boolean): Variant {
  return (capture) => {
    const frames = capture.frames.map((frame) => {
      const layout = layoutOf(frame.bytes, capture.linkType);
      if (layout === null) return frame;
      const view = new DataView(frame.bytes.buffer, frame.bytes.byteOffset);
      const fromClient = view.getUint16(layout.tcp) > view.getUint16(layout.tcp + 2);
      return fromClient === isClient ? { ...frame, time: frame.time + 50 } : frame;
    });
    return { ...capture, frames: frames.sort((a, b) => a.time - b.time) };
  };
}
