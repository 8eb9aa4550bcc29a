import { formatIpv4, formatIpv6 } from '../../shared/format/ip-address.ts';
import type { ByteBlock } from './record-batch.ts';
import { PcapngClock } from './pcapng-clock.ts';

/** Block types (draft-ietf-opsawg-pcapng section 10.1). */
export const BlockType = {
  interfaceDescription: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  nameResolution: 4,
  interfaceStatistics: 5,
  enhancedPacket: 6,
  journal: 9,
  decryptionSecrets: 10,
  custom: 0x0bad,
  customNotCopied: 0x4000_0bad,
  sectionHeader: 0x0a0d_0d0a,
} as const;

export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;

/** Whether a section begins at `at`: its header's type and byte order, 12 bytes. */
export function beginsPcapng(view: DataView, at: number): boolean {
  return view.getUint32(at) === BlockType.sectionHeader && (view.getUint32(at + 8) === BYTE_ORDER_MAGIC || view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC);
}

/** sysdig events, by version and with or without flags; the last two are the large ones. */
const SYSDIG_EVENTS = [0x204, 0x208, 0x216, 0x217, 0x221, 0x222];

/** Blocks that Wireshark numbers as frames although they are no packets. */
export function isFrameWithoutPacket(type: number): boolean {
  return type === BlockType.journal || type === BlockType.custom || type === BlockType.customNotCopied || SYSDIG_EVENTS.includes(type);
}

/** One interface of a pcapng section. */
export interface CaptureInterface {
  readonly linkType: number;
  /** Most bytes captured of a packet; 0 is no limit. */
  readonly snapLength: number;
  readonly name: string | null;
  readonly description: string | null;
  /** Of the frame check sequence at the end of each packet, in bytes. */
  readonly fcsLength: number;
  readonly clock: PcapngClock;
  /** Packets the interface and the operating system dropped, as last stated in the file; null where it does not say. */
  droppedByInterface: number | null;
  droppedBySystem: number | null;
  /** Between which two statements packets were lost, in nanoseconds since the origin; from -Infinity before the first statement. */
  readonly losses: { readonly from: number; to: number }[];
  /** Time of the last statement. */
  statedAt: number;
}

/** What name resolution and secrets blocks told; bounded, what came first is kept. */
export class CaptureExtras {
  /** Names by address text (RFC 5952 for IPv6). */
  readonly hostNames = new Map<string, string>();
  /** TLS key logs (NSS key log format), in the order of the file. */
  readonly tlsKeyLogs: string[] = [];
  /** Something was left out because there was too much of it. */
  overflowed = false;
  private keyLogBytes = 0;

  addName(address: string, name: string): void {
    if (this.hostNames.has(address)) return;
    if (this.hostNames.size < MAX_HOST_NAMES) this.hostNames.set(address, name);
    else this.overflowed = true;
  }

  addKeyLog(text: string): void {
    if (this.keyLogBytes + text.length > MAX_KEY_LOG_BYTES) {
      this.overflowed = true;
      return;
    }
    this.keyLogBytes += text.length;
    this.tlsKeyLogs.push(text);
  }
}

const MAX_HOST_NAMES = 65_536;
const MAX_KEY_LOG_BYTES = 8 << 20;
/** A DNS name has at most 255 octets. */
const MAX_NAME_BYTES = 255;
const TLS_KEY_LOG = 0x544c_534b;

const Option = {
  comment: 1,
  interfaceName: 2,
  interfaceDescription: 3,
  timeResolution: 9,
  fcsLength: 13,
  timeOffset: 14,
  interfaceDropped: 5,
  systemDropped: 7,
} as const;

/** Section 4.2: link type, snap length, options. `body` to `end`: the block without its type and its two lengths. */
export function readInterface(block: ByteBlock, body: number, end: number, littleEndian: boolean): CaptureInterface {
  const { bytes, view } = block;
  let name: string | null = null;
  let description: string | null = null;
  let resolution = 6;
  let offsetSeconds = 0n;
  let fcsLength = 0;
  eachOption(view, body + 8, end, littleEndian, (code, at, length) => {
    if (code === Option.interfaceName) name = text(bytes, at, at + Math.min(length, MAX_NAME_BYTES));
    else if (code === Option.interfaceDescription) description = text(bytes, at, at + Math.min(length, MAX_NAME_BYTES));
    else if (code === Option.timeResolution && length >= 1) resolution = bytes[at]!;
    else if (code === Option.timeOffset && length >= 8) offsetSeconds = view.getBigInt64(at, littleEndian);
    // The field is in octets; drafts before 2020 said bits, and no checksum is longer than 8 octets.
    else if (code === Option.fcsLength && length >= 1) fcsLength = bytes[at]! > 8 ? bytes[at]! >> 3 : bytes[at]!;
  });
  return {
    linkType: view.getUint16(body, littleEndian),
    snapLength: view.getUint32(body + 4, littleEndian),
    name,
    description,
    fcsLength,
    clock: new PcapngClock(resolution, offsetSeconds),
    droppedByInterface: null,
    droppedBySystem: null,
    losses: [],
    statedAt: -Infinity,
  };
}

/** Times of loss kept of an interface; the last one takes what comes after. */
const MAX_LOSSES = 4096;

/** Section 4.6: counts since the capture began, so that the last block of an interface has the last word. */
export function readStatistics(block: ByteBlock, body: number, end: number, littleEndian: boolean, target: CaptureInterface): void {
  const { view } = block;
  const before = (target.droppedByInterface ?? 0) + (target.droppedBySystem ?? 0);
  eachOption(view, body + 12, end, littleEndian, (code, at, length) => {
    if (length < 8) return;
    if (code === Option.interfaceDropped) target.droppedByInterface = Number(view.getBigUint64(at, littleEndian));
    else if (code === Option.systemDropped) target.droppedBySystem = Number(view.getBigUint64(at, littleEndian));
  });
  // Before the first packet there is no connection that a loss could touch.
  if (!target.clock.started) return;
  const now = target.clock.nanoseconds(view.getUint32(body + 4, littleEndian), view.getUint32(body + 8, littleEndian));
  if ((target.droppedByInterface ?? 0) + (target.droppedBySystem ?? 0) > before) lose(target, now);
  target.statedAt = now;
}

function lose({ losses, statedAt }: CaptureInterface, now: number): void {
  const last = losses.at(-1);
  // A time that does not go on is no time.
  const to = now > statedAt ? now : Infinity;
  if (last !== undefined && (last.to >= statedAt || losses.length === MAX_LOSSES)) last.to = Math.max(last.to, to);
  else losses.push({ from: statedAt, to });
}

/** Section 4.5: records of an address and its names, each name ending in a zero. Laid out as options are. */
export function readNames(block: ByteBlock, body: number, end: number, littleEndian: boolean, extras: CaptureExtras): void {
  const { bytes } = block;
  eachOption(block.view, body, end, littleEndian, (type, at, length) => {
    const addressLength = type === 1 ? 4 : type === 2 ? 16 : 0;
    if (addressLength === 0 || length <= addressLength) return;
    // Searched no further than a name can reach: blocks full of records without a zero must not cost their square.
    const limit = Math.min(at + length, at + addressLength + MAX_NAME_BYTES);
    let nameEnd = at + addressLength;
    while (nameEnd < limit && bytes[nameEnd] !== 0) nameEnd++;
    if (nameEnd === at + addressLength) return;
    const address = type === 1 ? formatIpv4(bytes, at) : formatIpv6(bytes, at);
    extras.addName(address, text(bytes, at + addressLength, nameEnd));
  });
}

/** Section 4.7: type and length of the secrets, then the secrets. */
export function readSecrets(block: ByteBlock, body: number, end: number, littleEndian: boolean, extras: CaptureExtras): void {
  if (end - body < 8 || block.view.getUint32(body, littleEndian) !== TLS_KEY_LOG) return;
  const length = block.view.getUint32(body + 4, littleEndian);
  if (length <= Math.min(end - body - 8, MAX_KEY_LOG_BYTES)) extras.addKeyLog(text(block.bytes, body + 8, body + 8 + length));
  else extras.overflowed = true;
}

/** The comments of a packet (section 3.5.1) from its options, as they stand in the block: UTF-8, if the file is right. */
export function packetComments({ bytes, view }: ByteBlock, from: number, end: number, littleEndian: boolean): Uint8Array[] {
  const comments: Uint8Array[] = [];
  eachOption(view, from, end, littleEndian, (code, at, length) => {
    if (code === Option.comment) comments.push(bytes.subarray(at, at + length));
  });
  return comments;
}

/** Calls `take` for each option (section 3.5) up to the end mark, or to where one does not fit. */
function eachOption(
  view: DataView,
  from: number,
  end: number,
  littleEndian: boolean,
  take: (code: number, at: number, length: number) => void,
): void {
  let at = from;
  while (at + 4 <= end) {
    const code = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    if (code === 0 || at + 4 + length > end) return;
    take(code, at + 4, length);
    at += 4 + ((length + 3) & ~3);
  }
}

const decoder = new TextDecoder();

function text(bytes: Uint8Array, from: number, to: number): string {
  return decoder.decode(bytes.subarray(from, to));
}
