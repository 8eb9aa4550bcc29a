import { ByteBlock } from '../capture/record-batch.ts';
import type { Packet } from './packet.ts';

/** Bounds on what waits for the rest of its datagram; over them the oldest datagram is given up. */
export interface FragmentLimits {
  /** Bytes that wait, with what each fragment costs to keep. */
  readonly bytes: number;
  readonly datagrams: number;
  /** Nanoseconds of packet time since a datagram's first fragment; RFC 8200 section 4.5 says 60 seconds, Linux takes 30: identifications come round. */
  readonly age: number;
}

export const DEFAULT_FRAGMENT_LIMITS: FragmentLimits = { bytes: 16 << 20, datagrams: 4096, age: 30e9 };

/** What a fragment costs besides its bytes. */
const FRAGMENT_OVERHEAD = 256;
const MAX_DATAGRAM = 65_535;

interface Fragment {
  readonly start: number;
  readonly end: number;
  /** What of it is in the capture: end - start bytes or fewer. */
  readonly bytes: Uint8Array;
}

interface Datagram {
  readonly frame: number;
  readonly time: number;
  /** The fixed IP header of the fragment that came first. */
  readonly header: Uint8Array;
  /** Of the fragment at 0. */
  protocol: number;
  /** In the order in which they came. */
  readonly fragments: Fragment[];
  /** What they cover: starts and ends in turn, ascending, apart from each other. */
  covered: number[];
  /** Length of the payload, -1 until the last fragment came. */
  total: number;
  cost: number;
}

/** Puts fragments of IPv4 (RFC 791 section 3.2) and IPv6 (RFC 8200 section 4.5) together. Where fragments overlap, the bytes that came first stand. */
export class IpFragments {
  private readonly datagrams = new Map<string, Datagram>();
  private readonly limits: FragmentLimits;
  private readonly incomplete: (frame: number) => void;
  private cost = 0;

  /** @param incomplete told the frame of the first fragment of each datagram that is given up */
  constructor(limits: FragmentLimits, incomplete: (frame: number) => void) {
    this.limits = limits;
    this.incomplete = incomplete;
  }

  /**
   * Takes the fragment whose payload is at `packet.at`. True when it completed its datagram: `packet` then stands at the
   * datagram's payload, in a block of its own.
   */
  add(packet: Packet, id: number, offset: number, more: boolean): boolean {
    this.giveUp(packet.time - this.limits.age);
    const end = offset + packet.end - packet.at;
    const key = keyOf(packet, id);
    let datagram = this.datagrams.get(key);
    const total = datagram === undefined ? -1 : datagram.total;
    const isMalformed =
      end <= offset ||
      end > MAX_DATAGRAM ||
      packet.at > packet.limit ||
      (more ? (end & 7) !== 0 || (total >= 0 && end > total) : (total >= 0 && end !== total) || (datagram !== undefined && end < datagram.covered.at(-1)!));
    if (isMalformed) {
      packet.anomalies.count('fragment-malformed', packet.frame);
      return false;
    }
    if (datagram === undefined) {
      const header = packet.block.bytes.slice(packet.ip, packet.ip + (packet.isIpv6 === 0 ? 20 : 40));
      datagram = { frame: packet.frame, time: packet.time, header, protocol: -1, fragments: [], covered: [], total: -1, cost: header.length + FRAGMENT_OVERHEAD };
      this.datagrams.set(key, datagram);
      this.cost += datagram.cost;
    }
    if (offset === 0 && datagram.protocol < 0) datagram.protocol = packet.protocol;
    if (!more) datagram.total = end;
    this.keep(packet, datagram, offset, end);
    if (datagram.total >= 0 && datagram.covered.length === 2 && datagram.covered[0] === 0 && datagram.covered[1] === datagram.total) {
      this.remove(key, datagram);
      putTogether(packet, datagram);
      return true;
    }
    if (this.cost > this.limits.bytes || this.datagrams.size > this.limits.datagrams) this.giveUpOldest();
    return false;
  }

  /** No more packets come: what is incomplete stays so. */
  finish(): void {
    this.giveUp(Infinity);
  }

  private keep(packet: Packet, datagram: Datagram, start: number, end: number): void {
    const bytes = packet.block.bytes.subarray(packet.at, Math.min(packet.limit, packet.end));
    const before = coverage(datagram.covered);
    const covered = withRange(datagram.covered, start, end);
    const added = coverage(covered) - before;
    if (added < end - start && !datagram.fragments.some((other) => other.start === start && other.end === end && isEqual(other.bytes, bytes))) {
      packet.anomalies.count('fragments-overlap', packet.frame);
    }
    if (added === 0) return;
    datagram.covered = covered;
    datagram.fragments.push({ start, end, bytes: bytes.slice() });
    datagram.cost += bytes.length + FRAGMENT_OVERHEAD;
    this.cost += bytes.length + FRAGMENT_OVERHEAD;
  }

  private giveUp(before: number): void {
    for (const [key, datagram] of this.datagrams) {
      if (datagram.time >= before) return;
      this.remove(key, datagram);
      this.incomplete(datagram.frame);
    }
  }

  private giveUpOldest(): void {
    for (const [key, datagram] of this.datagrams) {
      this.remove(key, datagram);
      this.incomplete(datagram.frame);
      if (this.cost <= this.limits.bytes && this.datagrams.size <= this.limits.datagrams) return;
    }
  }

  private remove(key: string, datagram: Datagram): void {
    this.datagrams.delete(key);
    this.cost -= datagram.cost;
  }
}

/** Fragments belong together by addresses, identification and, in IPv4, protocol; in the same network path. */
function keyOf(packet: Packet, id: number): string {
  const view = packet.block.view;
  let key = packet.isIpv6 === 0 ? `4 ${packet.path} ${id} ${packet.protocol}` : `6 ${packet.path} ${id}`;
  const length = packet.isIpv6 === 0 ? 8 : 32;
  for (let i = 0; i < length; i += 4) key += ` ${view.getInt32(packet.addresses + i)}`;
  return key;
}

function coverage(covered: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < covered.length; i += 2) sum += covered[i + 1]! - covered[i]!;
  return sum;
}

function withRange(covered: readonly number[], start: number, end: number): number[] {
  const result: number[] = [];
  let i = 0;
  for (; i < covered.length && covered[i + 1]! < start; i += 2) result.push(covered[i]!, covered[i + 1]!);
  for (; i < covered.length && covered[i]! <= end; i += 2) {
    start = Math.min(start, covered[i]!);
    end = Math.max(end, covered[i + 1]!);
  }
  result.push(start, end);
  for (; i < covered.length; i += 2) result.push(covered[i]!, covered[i + 1]!);
  return result;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Makes `packet` the whole datagram: the fixed header, then the payload. */
function putTogether(packet: Packet, datagram: Datagram): void {
  const { header, fragments, total } = datagram;
  const bytes = new Uint8Array(header.length + total);
  bytes.set(header);
  let captured = total;
  // Latest first, so that what came earlier overwrites it.
  for (const fragment of fragments.toReversed()) {
    bytes.set(fragment.bytes, header.length + fragment.start);
    const capturedEnd = fragment.start + fragment.bytes.length;
    if (capturedEnd < fragment.end) captured = Math.min(captured, capturedEnd);
  }
  packet.block = new ByteBlock(bytes);
  packet.ip = 0;
  packet.addresses = packet.isIpv6 === 0 ? 12 : 8;
  packet.protocol = datagram.protocol;
  packet.at = header.length;
  packet.end = bytes.length;
  packet.limit = header.length + captured;
}
