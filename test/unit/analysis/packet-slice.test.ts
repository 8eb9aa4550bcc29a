import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnalysisReport } from '../../../main/analysis/analysis-report.ts';
import { analyze } from '../../../main/analysis/analyzer.ts';
import type { AnalysedCaptures } from '../../../main/analysis/connection-walk.ts';
import { writeSlice } from '../../../main/analysis/packet-slice.ts';
import { openCapture } from '../../../main/capture/capture-set.ts';
import type { SliceFormat } from '../../../main/report/pcap-slice.ts';
import { block, option, toPcap, toPcapng } from '../../kit/capture-files.ts';
import { conversation } from '../../kit/conversation.ts';
import type { Packet } from '../../kit/packets.ts';
import { concat, merge } from '../../kit/packets.ts';

const GET = 'GET /items/1 HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-slice-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function analysed(...files: readonly (readonly [name: string, bytes: Uint8Array])[]): Promise<AnalysedCaptures> {
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  const result = await analyze(files.map(([name]) => join(folder, name)));
  return { paths: result.captures.files.map(({ path }) => path), store: result.pipeline.store };
}

async function slice(captures: AnalysedCaptures, rows: readonly number[], format: SliceFormat = 'pcapng'): Promise<{ path: string; bytes: Uint8Array; packets: number }> {
  const pieces: Uint8Array[] = [];
  const packets = await writeSlice(captures, rows, (piece) => void pieces.push(piece), { format });
  const path = join(folder, `slice.${format}`);
  writeFileSync(path, concat(pieces));
  return { path, bytes: concat(pieces), packets };
}

/** Time of day in nanoseconds, bytes and original length of each packet of a file. */
async function packetsIn(path: string): Promise<{ time: bigint; bytes: string; original: number; linkType: number }[]> {
  const set = await openCapture([path], { details: true });
  const found = [];
  while (await set.next()) {
    const { batch } = set;
    for (let i = set.from; i < set.to; i++) {
      const at = batch.offset[i]!;
      found.push({
        time: BigInt(set.origin!.seconds) * 1_000_000_000n + BigInt(set.origin!.nanoseconds + batch.time[i]!),
        bytes: Buffer.from(batch.block.bytes.subarray(at, at + batch.captured[i]!)).toString('hex'),
        original: batch.details!.original[i]!,
        linkType: batch.linkType[i]!,
      });
    }
  }
  set.close();
  return found;
}

function talk(port: number, start: number): Packet[] {
  return conversation({ client: `10.0.0.1:${port}`, start }).handshake().client(GET).server(OK).close('client').packets;
}

describe('a slice', () => {
  const packets = merge(talk(40_000, 0), talk(40_001, 0.000_000_5), talk(40_002, 1.123_456_789));

  it.each(['pcapng', 'pcap'] as const)('holds the packets of its connections as they were: %s', async (format) => {
    const captures = await analysed(['all.pcap', toPcap(packets, { nanoseconds: true })]);
    const { path, packets: count } = await slice(captures, [0, 2], format);
    const all = await packetsIn(captures.paths[0]!);
    const own = packets.map(({ spec }, i) => ({ packet: all[i], mine: [spec!.from.port, spec!.to.port].some((port) => port === 40_000 || port === 40_002) }));
    expect(await packetsIn(path)).toEqual(own.filter(({ mine }) => mine).map(({ packet }) => packet));
    expect(count).toBe(16);
  });

  it('has the connection in it that the whole capture has', async () => {
    const captures = await analysed(['all.pcap', toPcap(packets, { nanoseconds: true })]);
    const before = [...new AnalysisReport(await analyze(captures.paths), { redact: false }).connections()][1]!;
    const { path } = await slice(captures, [1]);
    const [after, ...more] = new AnalysisReport(await analyze([path]), { redact: false }).connections();
    expect(more).toEqual([]);
    expect(after).toMatchObject({ packets: before.packets, close: { by: before.close.by, kind: before.close.kind, idleSeconds: before.close.idleSeconds }, handshake: { rttSeconds: before.handshake!.rttSeconds } });
    expect(after!.exchanges[0]!.waitSeconds).toBe(before.exchanges[0]!.waitSeconds);
  });

  it('notes the original frame number of each packet, with its capture where there are several', async () => {
    const captures = await analysed(['one.pcap', toPcap(packets.slice(0, 20))], ['two.pcap', toPcap(packets.slice(20))]);
    const text = Buffer.from((await slice(captures, [2])).bytes).toString('latin1');
    expect(text.match(/frame [\d:]+ of \w+\.pcap/g)).toEqual([17, 18, 19, 20].map((frame) => `frame 0:${frame} of one.pcap`).concat([1, 2, 3, 4].map((frame) => `frame 1:${frame} of two.pcap`)));
    expect(text).not.toContain(folder);
  });

  it('keeps lengths of packets that the capture cut, and is not told their bytes', async () => {
    const captures = await analysed(['cut.pcap', toPcap(packets, { snaplen: 60 })]);
    const { path } = await slice(captures, [0]);
    const cut = await packetsIn(path);
    expect(cut.map(({ bytes, original }) => [bytes.length / 2, original])).toContainEqual([60, 54 + GET.length]);
  });

  it('describes the interfaces that its packets came from, and no others', async () => {
    const section = toPcapng([], { nanoseconds: true });
    const named = (name: string) => block(1, [Uint8Array.from([1, 0, 0, 0, 0, 0, 4, 0]), option(2, name), option(9, Uint8Array.of(9)), option(0, '')]);
    const packetOf = ({ time, bytes }: Packet, id: number) => {
      const head = new DataView(new ArrayBuffer(20));
      head.setUint32(0, id, true);
      const ticks = 1_767_322_800_000_000_000n + BigInt(Math.round(time * 1e9));
      head.setUint32(4, Number(ticks >> 32n), true);
      head.setUint32(8, Number(ticks & 0xffff_ffffn), true);
      head.setUint32(12, bytes.length, true);
      head.setUint32(16, bytes.length, true);
      return block(6, [new Uint8Array(head.buffer), bytes]);
    };
    const bytes = concat([section, named('eth7'), named('wlan9'), ...packets.map((packet) => packetOf(packet, [packet.spec!.from.port, packet.spec!.to.port].includes(40_001) ? 2 : 1))]);
    const captures = await analysed(['faces.pcapng', bytes]);
    const { path } = await slice(captures, [1]);
    const set = await openCapture([path]);
    while (await set.next());
    expect(set.files[0]!.interfaces.map(({ name, snapLength }) => [name, snapLength])).toEqual([['wlan9', 262_144]]);
    set.close();
  });

  it('keeps the comments of packets, in either byte order, before its own', async () => {
    const commented = (little: boolean) => {
      const plain = toPcapng([], { bigEndian: !little });
      const blocks = talk(40_000, 0).map(({ bytes }, i) => {
        const head = new DataView(new ArrayBuffer(20));
        head.setUint32(8, 1000 + i, little);
        head.setUint32(12, bytes.length, little);
        head.setUint32(16, bytes.length, little);
        const padding = new Uint8Array(-bytes.length & 3);
        const options = i === 3 ? [option(2, Uint8Array.of(0, 0, 0, 1), little), option(1, 'seen by anna', little), option(1, 'and by ben', little), option(0, '', little)] : [];
        return block(6, [new Uint8Array(head.buffer), bytes, padding, ...options], little);
      });
      return concat([plain, ...blocks]);
    };
    for (const little of [true, false]) {
      const captures = await analysed(['commented.pcapng', commented(little)]);
      const text = Buffer.from((await slice(captures, [0])).bytes).toString('latin1');
      expect(text.match(/seen by anna|and by ben|frame [34] of/g)).toEqual(['frame 3 of', 'seen by anna', 'and by ben', 'frame 4 of']);
    }
  });

  it('leaves TLS secrets of the capture behind, which would open its other connections', async () => {
    const secret = 'CLIENT_RANDOM 00112233 44556677';
    const head = new DataView(new ArrayBuffer(8));
    head.setUint32(0, 0x544c_534b, true);
    head.setUint32(4, secret.length, true);
    const [section, ...rest] = [toPcapng([]), block(10, [new Uint8Array(head.buffer), new TextEncoder().encode(secret)]), toPcapng(packets)];
    const captures = await analysed(['keys.pcapng', concat([section!, ...rest])]);
    const { bytes, packets: count } = await slice(captures, [0]);
    expect(count).toBe(8);
    expect(Buffer.from(bytes).toString('latin1')).not.toContain('CLIENT_RANDOM');
  });

  it('as pcap cannot hold two link types, and says what can', async () => {
    const raw = conversation({ client: '10.0.0.1:40003', linkType: 101, start: 5 }).handshake().client(GET).packets;
    const captures = await analysed(['ethernet.pcap', toPcap(packets.slice(0, 8))], ['raw.pcap', toPcap(raw, { linkType: 101 })]);
    await expect(slice(captures, [0, 2], 'pcap')).rejects.toMatchObject({ code: 'slice-needs-pcapng', exitCode: 2 });
    const { path } = await slice(captures, [0, 2]);
    expect(new Set((await packetsIn(path)).map(({ linkType }) => linkType))).toEqual(new Set([1, 101]));
  });

  it('of nothing is an empty capture', async () => {
    const captures = await analysed(['all.pcap', toPcap(packets)]);
    expect((await slice(captures, [])).packets).toBe(0);
  });
});
