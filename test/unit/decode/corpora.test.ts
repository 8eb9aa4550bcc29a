import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Frame } from './frames.ts';
import { decode } from './frames.ts';
import counts from './tshark-counts.json' with { type: 'json' };

const FOLDER = new URL('../../../../shared/captures/', import.meta.url);

/** Where tshark's figures are not ours. */
const EXCEPTIONS: Record<string, { counts: [number, number]; reason: string }> = {
  'corpora/retransmission__zeek__reassembly.pcap': {
    counts: [117, 34434],
    reason: 'frames 7, 26, 35, 39 and 85 were shortened by hand without a trace in the record header; the sequence numbers that follow agree with the IP header',
  },
};

describe.skipIf(!existsSync(FOLDER))('captures made by others (skipped without ../shared/captures)', () => {
  const files = Object.entries(counts).filter(([file]) => !file.endsWith('.pcapng'));

  it.each(files)('%s: as many TCP segments and payload bytes as tshark finds', (file, expected) => {
    const { segments } = decode(readPcap(new URL(file, FOLDER)));
    const found = [segments.length, segments.reduce((sum, segment) => sum + segment.length, 0)];
    expect(found).toEqual(EXCEPTIONS[file]?.counts ?? expected);
  });

  it('has no exception that is not needed', () => {
    expect(Object.entries(EXCEPTIONS).filter(([file, { counts: ours }]) => String(counts[file as keyof typeof counts]) === String(ours))).toEqual([]);
  });
});

/** The records of a classic capture, up to the first one that cannot be. */
function readPcap(url: URL): Frame[] {
  const file = readFileSync(url);
  const bytes = new Uint8Array(url.pathname.endsWith('.gz') ? gunzipSync(file) : file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = view.getUint8(0) !== 0xa1;
  const magic = view.getUint32(0, littleEndian);
  if (![0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34].includes(magic)) return [];
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  const headerLength = magic === 0xa1b2cd34 ? 24 : 16;
  const frames: Frame[] = [];
  for (let at = 24; at + headerLength <= bytes.length; ) {
    const time = view.getUint32(at, littleEndian) + view.getUint32(at + 4, littleEndian) / (magic === 0xa1b23c4d ? 1e9 : 1e6);
    const length = view.getUint32(at + 8, littleEndian);
    at += headerLength;
    if (length > 262_144 || at + length > bytes.length) break;
    frames.push({ bytes: bytes.subarray(at, at + length), linkType, time });
    at += length;
  }
  return frames;
}
