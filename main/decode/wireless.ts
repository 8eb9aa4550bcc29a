import { Layer } from './packet.ts';
import type { Packet } from './packet.ts';

/** Radiotap (radiotap.org): its length in little-endian at 2, present words from 4. */
export function radiotap(packet: Packet): Layer {
  if (!packet.has(8)) return Layer.none;
  const length = packet.block.view.getUint16(packet.at + 2, true);
  if (length < 8 || !packet.has(length)) return Layer.none;
  const padded = isPadded(packet, packet.at + length);
  packet.at += length;
  return wirelessData(packet, padded);
}

/** Prism and AVS headers: their length is at 4, Prism's in the byte order of the capturing machine. */
export function monitorHeader(packet: Packet): Layer {
  if (!packet.has(8)) return Layer.none;
  const length = Math.min(packet.block.view.getUint32(packet.at + 4), packet.block.view.getUint32(packet.at + 4, true));
  if (length < 8 || !packet.has(length)) return Layer.none;
  packet.at += length;
  return Layer.wireless;
}

/** An IEEE 802.11 MAC header (section 9.2); what a data frame carries begins with LLC. `padded`: the header fills up to a multiple of 4; `swapped`: its first two bytes stand in the other order. */
export function wirelessData(packet: Packet, padded: boolean, swapped = false): Layer {
  if (packet.at + 24 > packet.limit) return Layer.none;
  const control = packet.byte(swapped ? 1 : 0);
  const flags = packet.byte(swapped ? 0 : 1);
  const isData = (control & 0x0c) === 0x08 && (control & 0x40) === 0;
  if (!isData) return Layer.none;
  const isQos = (control & 0x80) !== 0;
  let length = 24;
  if ((flags & 0x03) === 0x03) length += 6; // to and from the distribution system: a fourth address
  const qos = length;
  if (isQos) length += (flags & 0x80) === 0 ? 2 : 6; // with HT control
  if (padded) length = (length + 3) & ~3;
  if (!packet.has(length)) return Layer.none;
  if ((flags & 0x40) !== 0) return packet.malformed('wireless-encrypted');
  if ((flags & 0x04) !== 0 || (packet.byte(22) & 0x0f) !== 0) return packet.malformed('wireless-fragment');
  const isAggregate = isQos && (packet.byte(qos) & 0x80) !== 0;
  packet.at += length;
  return isAggregate ? Layer.aggregate : Layer.llc;
}

/** The next frame of an A-MSDU (IEEE 802.11 section 9.3.2.2): two addresses, a length, LLC; each begins at a multiple of 4. */
export function aggregated(packet: Packet): Layer {
  // What is shorter is the padding of the last one or a check sequence.
  if (packet.at + 14 + 8 > packet.limit) return Layer.none;
  const start = packet.at;
  const length = packet.short(12);
  const end = start + 14 + length;
  packet.keepRest(start + ((14 + length + 3) & ~3));
  packet.at += 14;
  packet.limit = Math.min(packet.limit, end);
  return Layer.llc;
}

/** Whether radiotap's flags say that the MAC header is padded: they follow the time stamp, which is 8 bytes aligned to 8. */
function isPadded(packet: Packet, end: number): boolean {
  const { bytes, view } = packet.block;
  const present = view.getUint32(packet.at + 4, true);
  if ((present & 2) === 0) return false;
  let at = packet.at + 4;
  while (at + 4 <= end && (view.getUint32(at, true) & 0x8000_0000) !== 0) at += 4;
  at += 4;
  if ((present & 1) !== 0) at = packet.at + ((at - packet.at + 7) & ~7) + 8;
  return at < end && (bytes[at]! & 0x20) !== 0;
}
