import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyze } from '../../../main/analysis/analyzer.ts';
import type { PacketsOptions, PacketsPage } from '../../../main/analysis/connection-packets.ts';
import { readPackets } from '../../../main/analysis/connection-packets.ts';
import type { AnalysedCaptures } from '../../../main/analysis/connection-walk.ts';
import { toPcap, toPcapng } from '../../kit/capture-files.ts';
import { conversation, filler } from '../../kit/conversation.ts';
import type { Packet } from '../../kit/packets.ts';
import { merge } from '../../kit/packets.ts';

const ALL: PacketsOptions = { offset: 0, limit: 1000, redact: true };
const GET = 'GET /items/1 HTTP/1.1\r\nHost: a\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-packets-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function analysed(...files: readonly (readonly [name: string, bytes: Uint8Array])[]): Promise<AnalysedCaptures> {
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  const result = await analyze(files.map(([name]) => join(folder, name)));
  return { paths: result.captures.files.map(({ path }) => path), store: result.pipeline.store };
}

async function packetsOf(packets: readonly Packet[], row = 0, options: Partial<PacketsOptions> = {}): Promise<PacketsPage> {
  return readPackets(await analysed(['one.pcap', toPcap(packets, { nanoseconds: true })]), row, { ...ALL, ...options });
}

/** "3 client ACK 1/1 0 + notes": frame, sender, flags, sequence number and acknowledgement, length. */
function lines({ packets }: PacketsPage): string[] {
  return packets.map(({ frame, from, flags, seq, ack, length, notes, starts }) =>
    [frame, from, flags.join('+'), `${seq}/${ack ?? '-'}`, length, ...notes, ...(starts === null ? [] : [`"${starts}"`])].join(' '),
  );
}

describe('packets of a connection', () => {
  it('count from the initial sequence numbers, and say what begins in them', async () => {
    const talk = conversation().handshake().client(GET).server(OK).ack('client').close('client');
    expect(lines(await packetsOf(talk.packets))).toEqual([
      '1 client SYN 0/- 0',
      '2 server SYN+ACK 0/1 0',
      '3 client ACK 1/1 0',
      `4 client PSH+ACK 1/1 ${GET.length} "GET /items/1"`,
      `5 server PSH+ACK 1/${GET.length + 1} ${OK.length} "200"`,
      `6 client ACK ${GET.length + 1}/${OK.length + 1} 0`,
      `7 client FIN+ACK ${GET.length + 1}/${OK.length + 1} 0`,
      `8 server FIN+ACK ${OK.length + 1}/${GET.length + 2} 0`,
      `9 client ACK ${GET.length + 2}/${OK.length + 2} 0`,
    ]);
  });

  it('have windows scaled once the handshake is over', async () => {
    const talk = conversation({ windowScale: 7 }).syn({ window: 1000 }).synAck({ window: 1000 }).ack('client', { window: 1000 }).client(GET, { window: 0 });
    const { packets } = await packetsOf(talk.packets);
    expect(packets.map(({ window }) => window)).toEqual([1000, 1000, 128_000, 0]);
    expect(packets[3]!.notes).toEqual(['zero-window']);
  });

  it('count from 1 where the capture begins in the middle', async () => {
    const talk = conversation({ clientIsn: 0xffff_fff0, serverIsn: 77 }).client(GET).server(OK);
    expect(lines(await packetsOf(talk.packets))).toEqual([`1 client PSH+ACK 1/1 ${GET.length} "GET /items/1"`, `2 server PSH+ACK 1/${GET.length + 1} ${OK.length} "200"`]);
  });

  it('tell retransmissions, copies, reordered segments and probes apart', async () => {
    const talk = conversation().handshake().client(GET).duplicate().wait(0.5).retransmit(2).server(OK).ack('client');
    talk.wait(10).probe('client').ack('server').client('GET /a HTTP/1.1\r\n').client('Host: a\r\n\r\n').reorder();
    expect(lines(await packetsOf(talk.packets)).slice(3)).toEqual([
      `4 client PSH+ACK 1/1 ${GET.length} "GET /items/1"`,
      `5 client PSH+ACK 1/1 ${GET.length} duplicate`,
      `6 client PSH+ACK 1/1 ${GET.length} retransmission`,
      `7 server PSH+ACK 1/${GET.length + 1} ${OK.length} "200"`,
      `8 client ACK ${GET.length + 1}/${OK.length + 1} 0`,
      `9 client ACK ${GET.length}/${OK.length + 1} 0 keep-alive-probe`,
      `10 server ACK ${OK.length + 1}/${GET.length + 1} 0 keep-alive-answer`,
      `11 client PSH+ACK ${GET.length + 18}/${OK.length + 1} 11`,
      `12 client PSH+ACK ${GET.length + 1}/${OK.length + 1} 17 out-of-order "GET /a"`,
    ]);
  });

  it('show no secret of a target unless asked for', async () => {
    const talk = conversation().handshake().client('GET /a?token=s3cret HTTP/1.1\r\nHost: a\r\n\r\n');
    expect((await packetsOf(talk.packets)).packets[3]!.starts).toBe('GET /a?token=[redacted]');
    expect((await packetsOf(talk.packets, 0, { redact: false })).packets[3]!.starts).toBe('GET /a?token=s3cret');
  });

  it('come by pages, and reading stops behind a page', async () => {
    const talk = conversation().handshake().client(GET).server(OK).close('server');
    const page = await packetsOf(talk.packets, 0, { offset: 3, limit: 2 });
    expect(page.packets.map(({ frame }) => frame)).toEqual([4, 5]);
    expect([page.offset, page.total]).toEqual([3, 8]);
    expect((await packetsOf(talk.packets, 0, { offset: 50 })).packets).toEqual([]);
  });

  it('say how much of them the capture holds', async () => {
    const talk = conversation().handshake().client(filler(1000));
    const captures = await analysed(['cut.pcap', toPcap(talk.packets, { snaplen: 100 })]);
    const { packets } = await readPackets(captures, 0, ALL);
    expect([packets[3]!.length, packets[3]!.captured]).toEqual([1000, 100 - 54]);
  });
});

describe('packets of a connection are its own', () => {
  it('where its port is used again', async () => {
    const first = conversation().handshake().client(GET).server(OK).close('client');
    const second = conversation({ start: 100, clientIsn: 9_000_000 }).handshake().client('GET /second HTTP/1.1\r\nHost: a\r\n\r\n').server(OK);
    const packets = merge(first.packets, second.packets);
    expect(lines(await packetsOf(packets, 0)).at(-1)).toMatch(/^8 /);
    const again = await packetsOf(packets, 1);
    expect(again.packets.map(({ frame }) => frame)).toEqual([9, 10, 11, 12, 13]);
    expect(again.packets[3]!.starts).toBe('GET /second');
  });

  it('where another VLAN has the same addresses, ports and numbers', async () => {
    const [a, b] = [conversation({ vlans: [7] }), conversation({ vlans: [8], start: 0.000_003 })];
    const packets = merge(a.handshake().client(GET).server(OK).packets, b.handshake().client(GET).server(OK).packets);
    const framesOf = (own: readonly Packet[]) => packets.flatMap((packet, index) => (own.includes(packet) ? [index + 1] : []));
    expect((await packetsOf(packets, 0)).packets.map(({ frame }) => frame)).toEqual(framesOf(a.packets));
    expect((await packetsOf(packets, 1)).packets.map(({ frame }) => frame)).toEqual(framesOf(b.packets));
  });

  it('where a mirror port tags one direction only', async () => {
    const packets = conversation().handshake().client(GET).server(OK).packets;
    const tagged = conversation({ vlans: [7] }).handshake().client(GET).server(OK).packets;
    const mixed = packets.map((packet, index) => (packet.spec!.from.port === 80 ? tagged[index]! : packet));
    expect((await packetsOf(mixed)).packets.map(({ frame }) => frame)).toEqual([1, 2, 3, 4, 5]);
  });

  it('where a mirror port tags one direction only, and the other one acknowledges less than the capture begins with', async () => {
    const told = (vlans: readonly number[]): readonly Packet[] => conversation({ vlans, serverIsn: 5000 }).handshake().client(GET).server(OK).client(GET).server(OK).ack('client', { ack: 5001 }).client(GET).server(OK).packets;
    const [tagged, plain] = [told([7]), told([])];
    const underWay = plain.map((packet, index) => (packet.spec!.from.port === 80 ? tagged[index]! : packet)).slice(6);
    const captures = await analysed(['mid.pcap', toPcap(underWay, { nanoseconds: true })]);
    expect(captures.store.connections.count).toBe(1);
    expect((await readPackets(captures, 0, ALL)).packets.map(({ frame }) => frame)).toEqual([1, 2, 3, 4]);
  });

  it('over IPv6', async () => {
    const talk = conversation({ client: '[2001:db8::1]:40000', server: '[2001:db8::2]:80' }).handshake().client(GET);
    const other = conversation({ client: '[2001:db8::3]:40000', server: '[2001:db8::2]:80', start: 0.5 }).handshake();
    expect(lines(await packetsOf(merge(talk.packets, other.packets))).at(-1)).toBe(`4 client PSH+ACK 1/1 ${GET.length} "GET /items/1"`);
  });

  it('in several captures at once, one of them compressed', async () => {
    const talk = conversation().handshake().client(GET).server(OK).wait(5).client(GET).server(OK);
    const captures = await analysed(
      ['b.pcapng', toPcapng(talk.packets.slice(5), { nanoseconds: true })],
      ['a.pcap.gz', gzipSync(toPcap(talk.packets.slice(0, 5), { nanoseconds: true }))],
    );
    const { packets } = await readPackets(captures, 0, ALL);
    expect(packets.map(({ frame }) => frame)).toEqual(['0:1', '0:2', '0:3', '0:4', '0:5', '1:1', '1:2']);
    expect(packets[5]!.time).toBeCloseTo(5.001, 2);
  });
});

describe('packets cannot be read', () => {
  const talk = conversation().handshake().client(GET).server(OK);

  it('from a capture that is another one by now', async () => {
    const captures = await analysed(['moved.pcap', toPcap(talk.packets)]);
    writeFileSync(join(folder, 'moved.pcap'), toPcap(conversation({ client: '10.9.9.9:1' }).handshake().packets));
    await expect(readPackets(captures, 0, ALL)).rejects.toMatchObject({ code: 'capture-changed' });
  });

  it('from a file that was deleted meanwhile: to check its path was no help', async () => {
    const captures = await analysed(['gone.pcap', toPcap(talk.packets)]);
    rmSync(join(folder, 'gone.pcap'));
    await expect(readPackets(captures, 0, ALL)).rejects.toMatchObject({ code: 'capture-gone', message: expect.stringMatching(/gone\.pcap is not there any more: packets are read from it again, so put it back$/) });
  });

  it('from standard input a second time', async () => {
    const captures = await analysed(['stdin.pcap', toPcap(talk.packets)]);
    await expect(readPackets({ ...captures, paths: ['-'] }, 0, ALL)).rejects.toMatchObject({ code: 'capture-not-kept' });
  });

  it('after an abort', async () => {
    const captures = await analysed(['abort.pcap', toPcap(talk.packets)]);
    await expect(readPackets(captures, 0, { ...ALL, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' });
  });
});
