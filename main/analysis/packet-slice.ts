import { basename } from 'node:path';
import { AppError } from '../app-error.ts';
import type { CaptureSet } from '../capture/capture-set.ts';
import { captureOf, frameOf } from '../capture/frame-id.ts';
import { packetComments } from '../capture/pcapng-blocks.ts';
import type { SliceFormat } from '../report/pcap-slice.ts';
import { sliceEncoder } from '../report/pcap-slice.ts';
import { version } from '../../package.json' with { type: 'json' };
import type { WalkedPacket } from './connection-picker.ts';
import type { AnalysedCaptures, WalkOptions } from './connection-walk.ts';
import { walkConnections } from './connection-walk.ts';

/** Takes a piece of the file; a promise means: no more until it is fulfilled. */
export type SliceOutput = (bytes: Uint8Array) => void | Promise<void>;

const encoder = new TextEncoder();

export interface SliceOptions extends Omit<WalkOptions, 'details'> {
  readonly format: SliceFormat;
}

/**
 * Writes the packets of chosen connections as a capture of their own: bytes, lengths, link types and nanoseconds as they
 * are; in pcapng with their interfaces and comments, and each with its original frame number as one more. Nothing is redacted,
 * but TLS secrets that a capture brings along stay behind: they would open its other connections too. Of an IP datagram
 * that came in fragments only the one that completed it is there.
 *
 * @param rows of the connections: their ids less 1
 * @returns how many packets were written
 * @throws AppError as walkConnections, and code `slice-needs-pcapng` where pcap cannot hold the packets
 */
export async function writeSlice(captures: AnalysedCaptures, rows: Iterable<number>, out: SliceOutput, options: SliceOptions): Promise<number> {
  const { format, ...walk } = options;
  const encoder = sliceEncoder(format, version);
  let waiting: Uint8Array[] = [encoder.begin()];
  let packets = 0;
  const take = (packet: WalkedPacket, set: CaptureSet): boolean => {
    const bytes = encoder.packet(sliced(packet, set));
    if (bytes === null) throw new AppError('slice-needs-pcapng', 'the packets come from interfaces of different kinds, which a pcap file cannot hold: write a pcapng file', 2);
    waiting.push(bytes);
    packets++;
    return true;
  };
  const flush = async () => {
    const pieces = waiting;
    waiting = [];
    for (const piece of pieces) await out(piece);
  };
  await walkConnections(captures, rows, take, { ...walk, details: true }, () => (waiting.length === 0 ? undefined : flush()));
  await flush();
  return packets;
}

function sliced({ batch, record, frame, time }: WalkedPacket, set: CaptureSet) {
  const captures = set.files.length;
  const index = captureOf(frame, captures);
  const file = set.files[index]!;
  const details = batch.details!;
  const source = file.interfaces[details.source[record]!];
  const origin = set.origin ?? { seconds: 0, nanoseconds: 0 };
  const at = batch.offset[record]!;
  const linkType = batch.linkType[record]!;
  return {
    time: BigInt(origin.seconds) * 1_000_000_000n + BigInt(origin.nanoseconds) + BigInt(time),
    linkType,
    bytes: batch.block.bytes.subarray(at, at + batch.captured[record]!),
    original: details.original[record]!,
    comments: [...packetComments(batch.block, details.options[record]!, details.optionsEnd[record]!, details.littleEndian[record] === 1), encoder.encode(`frame ${captures === 1 ? '' : `${index}:`}${frameOf(frame, captures)} of ${basename(file.path)}`)],
    interfaceKey: `${index} ${details.source[record]} ${linkType}`,
    interfaceName: source?.name ?? null,
    interfaceDescription: source?.description ?? null,
    snapLength: source?.snapLength ?? 0,
  };
}
