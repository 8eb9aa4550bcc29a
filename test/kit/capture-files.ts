import type { Packet } from './packets.ts';
import { concat, latin1 } from './packets.ts';

/** 2026-01-02T03:00:00Z: when captures made by hand begin. */
export const START_SECONDS = 1767322800;

export interface CaptureFileOptions {
  readonly nanoseconds?: boolean;
  readonly bigEndian?: boolean;
  /** Bytes kept of each packet. */
  readonly snaplen?: number;
  /** LINKTYPE value, 1 is Ethernet. */
  readonly linkType?: number;
}

/** A classic pcap file (draft-ietf-opsawg-pcap). */
export function toPcap(packets: readonly Packet[], options: CaptureFileOptions = {}): Uint8Array {
  const little = !options.bigEndian;
  const snaplen = options.snaplen ?? 262144;
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, options.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, little);
  header.setUint16(4, 2, little);
  header.setUint16(6, 4, little);
  header.setUint32(16, snaplen, little);
  header.setUint32(20, options.linkType ?? 1, little);
  const parts: Uint8Array[] = [new Uint8Array(header.buffer)];
  for (const { time, bytes } of packets) {
    const record = new DataView(new ArrayBuffer(16));
    const perSecond = options.nanoseconds ? 1e9 : 1e6;
    const ticks = Math.round(time * perSecond);
    const kept = Math.min(snaplen, bytes.length);
    record.setUint32(0, START_SECONDS + Math.floor(ticks / perSecond), little);
    record.setUint32(4, ((ticks % perSecond) + perSecond) % perSecond, little);
    record.setUint32(8, kept, little);
    record.setUint32(12, bytes.length, little);
    parts.push(new Uint8Array(record.buffer), bytes.subarray(0, kept));
  }
  return concat(parts);
}

/** A pcapng file of one section and one interface (draft-ietf-opsawg-pcapng): SHB, IDB, EPBs. */
export function toPcapng(packets: readonly Packet[], options: CaptureFileOptions = {}): Uint8Array {
  const little = !options.bigEndian;
  const snaplen = options.snaplen ?? 0;
  const perSecond = options.nanoseconds ? 1e9 : 1e6;
  const section = new DataView(new ArrayBuffer(16));
  section.setUint32(0, 0x1a2b3c4d, little);
  section.setUint16(4, 1, little);
  section.setInt32(8, -1, little);
  section.setInt32(12, -1, little);
  const face = new DataView(new ArrayBuffer(options.nanoseconds ? 20 : 8));
  face.setUint16(0, options.linkType ?? 1, little);
  face.setUint32(4, snaplen, little);
  if (options.nanoseconds) {
    // if_tsresol 9, then opt_endofopt.
    face.setUint16(8, 9, little);
    face.setUint16(10, 1, little);
    face.setUint8(12, 9);
  }
  const parts = [block(0x0a0d0d0a, [new Uint8Array(section.buffer)], little), block(1, [new Uint8Array(face.buffer)], little)];
  for (const { time, bytes } of packets) {
    const kept = snaplen === 0 ? bytes.length : Math.min(snaplen, bytes.length);
    const head = new DataView(new ArrayBuffer(20));
    // Split before scaling: ticks since 1970 in nanoseconds do not fit a double exactly.
    const ticks = BigInt(START_SECONDS) * BigInt(perSecond) + BigInt(Math.round(time * perSecond));
    head.setUint32(4, Number(ticks >> 32n), little);
    head.setUint32(8, Number(ticks & 0xffffffffn), little);
    head.setUint32(12, kept, little);
    head.setUint32(16, bytes.length, little);
    parts.push(block(6, [new Uint8Array(head.buffer), bytes.subarray(0, kept)], little));
  }
  return concat(parts);
}

/** A pcapng block of any type around `body`, padded to whole words. */
export function block(type: number, body: readonly Uint8Array[], little = true): Uint8Array {
  const content = concat(body);
  const padded = Math.ceil(content.length / 4) * 4;
  const bytes = new Uint8Array(12 + padded);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, little);
  view.setUint32(4, bytes.length, little);
  bytes.set(content, 8);
  view.setUint32(8 + padded, bytes.length, little);
  return bytes;
}

/** A pcapng option of a block, for tests that write their own. */
export function option(code: number, value: string | Uint8Array, little = true): Uint8Array {
  const bytes = typeof value === 'string' ? latin1(value) : value;
  const out = new Uint8Array(4 + Math.ceil(bytes.length / 4) * 4);
  const view = new DataView(out.buffer);
  view.setUint16(0, code, little);
  view.setUint16(2, bytes.length, little);
  out.set(bytes, 4);
  return out;
}
