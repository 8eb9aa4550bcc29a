/** One packet of a slice. */
export interface SlicedPacket {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly linkType: number;
  readonly bytes: Uint8Array;
  /** Bytes it had on the wire. */
  readonly original: number;
  /** UTF-8. */
  readonly comments: readonly Uint8Array[];
  /** What names its interface among those of all captures. */
  readonly interfaceKey: string;
  readonly interfaceName: string | null;
  readonly interfaceDescription: string | null;
  /** Most bytes captured of a packet there, 0: no limit. */
  readonly snapLength: number;
}

/** Turns packets into the bytes of a capture file, piece by piece. */
export interface SliceEncoder {
  /** What stands before the first packet. */
  begin(): Uint8Array;
  /** @returns null where the format cannot hold it together with those before */
  packet(packet: SlicedPacket): Uint8Array | null;
}

export const SLICE_FORMATS = ['pcapng', 'pcap'] as const;
export type SliceFormat = (typeof SLICE_FORMATS)[number];

export function sliceEncoder(format: SliceFormat, version: string): SliceEncoder {
  return format === 'pcapng' ? new PcapngEncoder(version) : new PcapEncoder();
}

const SNAP_LENGTH = 262_144;
const NANOSECONDS = 9;
const Option = { end: 0, comment: 1, interfaceName: 2, interfaceDescription: 3, application: 4, timeResolution: 9 } as const;
const encoder = new TextEncoder();

/** pcapng (draft-ietf-opsawg-pcapng), little-endian; an interface is described where its first packet comes. */
class PcapngEncoder implements SliceEncoder {
  private readonly version: string;
  private readonly interfaces = new Map<string, number>();

  constructor(version: string) {
    this.version = version;
  }

  begin(): Uint8Array {
    const body = new DataView(new ArrayBuffer(16));
    body.setUint32(0, 0x1a2b_3c4d, true);
    body.setUint16(4, 1, true);
    // Section length: not known.
    body.setBigInt64(8, -1n, true);
    return block(0x0a0d_0d0a, [bytesOf(body), option(Option.application, encoder.encode(`drainspotter ${this.version}`)), END]);
  }

  packet(packet: SlicedPacket): Uint8Array {
    let id = this.interfaces.get(packet.interfaceKey);
    const before: Uint8Array[] = [];
    if (id === undefined) {
      id = this.interfaces.size;
      this.interfaces.set(packet.interfaceKey, id);
      before.push(this.interface(packet));
    }
    const head = new DataView(new ArrayBuffer(20));
    head.setUint32(0, id, true);
    head.setUint32(4, Number((packet.time >> 32n) & 0xffff_ffffn), true);
    head.setUint32(8, Number(packet.time & 0xffff_ffffn), true);
    head.setUint32(12, packet.bytes.length, true);
    head.setUint32(16, Math.max(packet.original, packet.bytes.length), true);
    return concat([...before, block(6, [bytesOf(head), padded(packet.bytes), ...packet.comments.map((comment) => option(Option.comment, comment)), END])]);
  }

  private interface({ linkType, snapLength, interfaceName, interfaceDescription }: SlicedPacket): Uint8Array {
    const head = new DataView(new ArrayBuffer(8));
    head.setUint16(0, linkType, true);
    head.setUint32(4, snapLength, true);
    const options = [option(Option.timeResolution, Uint8Array.of(NANOSECONDS)), END];
    if (interfaceDescription !== null) options.unshift(option(Option.interfaceDescription, encoder.encode(interfaceDescription)));
    if (interfaceName !== null) options.unshift(option(Option.interfaceName, encoder.encode(interfaceName)));
    return block(1, [bytesOf(head), ...options]);
  }
}

/** Classic pcap with nanoseconds (draft-ietf-opsawg-pcap): one link type, no comments. */
class PcapEncoder implements SliceEncoder {
  private linkType = -1;

  begin(): Uint8Array {
    return new Uint8Array(0);
  }

  packet({ time, linkType, bytes, original }: SlicedPacket): Uint8Array | null {
    const isFirst = this.linkType < 0;
    if (isFirst) this.linkType = linkType;
    else if (this.linkType !== linkType) return null;
    const head = new DataView(new ArrayBuffer(16));
    head.setUint32(0, Number(time / 1_000_000_000n), true);
    head.setUint32(4, Number(time % 1_000_000_000n), true);
    head.setUint32(8, bytes.length, true);
    head.setUint32(12, Math.max(original, bytes.length), true);
    return concat([...(isFirst ? [fileHeader(linkType)] : []), bytesOf(head), bytes]);
  }
}

function fileHeader(linkType: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, 0xa1b2_3c4d, true);
  header.setUint16(4, 2, true);
  header.setUint16(6, 4, true);
  header.setUint32(16, SNAP_LENGTH, true);
  header.setUint32(20, linkType, true);
  return bytesOf(header);
}

const END = option(Option.end, new Uint8Array(0));

function option(code: number, value: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(4));
  const kept = value.subarray(0, 0xffff);
  head.setUint16(0, code, true);
  head.setUint16(2, kept.length, true);
  return concat([bytesOf(head), padded(kept)]);
}

/** Section 3.1: type, length, body, length again. */
function block(type: number, body: readonly Uint8Array[]): Uint8Array {
  const length = 12 + body.reduce((sum, part) => sum + part.length, 0);
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, type, true);
  head.setUint32(4, length, true);
  const tail = new DataView(new ArrayBuffer(4));
  tail.setUint32(0, length, true);
  return concat([bytesOf(head), ...body, bytesOf(tail)]);
}

function padded(bytes: Uint8Array): Uint8Array {
  const rest = -bytes.length & 3;
  return rest === 0 ? bytes : concat([bytes, new Uint8Array(rest)]);
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
