import { describe, expect, it } from 'vitest';
import { toPcap, toPcapng } from '../../kit/capture-files.ts';
import { conversation } from '../../kit/conversation.ts';
import type { Packet } from '../../kit/packets.ts';
import { reportOfFile } from '../../kit/report-of.ts';

const BODY = 150_000;

/** Three exchanges of which each response is one segment as the card cuts it later: too long for the length in its IP header, which is 0. */
function oversized(v6: boolean): Packet[] {
  const addresses = v6 ? { client: '[2001:db8::1]:40000', server: '[2001:db8::2]:80' } : {};
  const talk = conversation({ ...addresses, mss: 200_000 }).handshake();
  for (let i = 0; i < 3; i++) {
    talk.client(`GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`).server(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY}\r\n\r\n${'x'.repeat(BODY)}`).ack('client');
  }
  const { packets } = talk.close('client');
  const lengthAt = v6 ? 18 : 16;
  return packets.map(({ time, bytes }) => {
    const copy = bytes.slice();
    if (copy.length > 65_535) copy.fill(0, lengthAt, lengthAt + 2);
    return { time, bytes: copy };
  });
}

describe.each([['IPv4', false], ['IPv6', true]])('segments without a length in their IP header that the snap length cut: %s', (_, v6) => {
  it.each([
    ['pcap', toPcap(oversized(v6), { snaplen: 128 })],
    ['pcap, big-endian', toPcap(oversized(v6), { snaplen: 128, bigEndian: true })],
    ['pcapng', toPcapng(oversized(v6), { snaplen: 128 })],
    ['pcapng, big-endian', toPcapng(oversized(v6), { snaplen: 128, bigEndian: true })],
  ])('are as long as the record says, and leave no gap: %s', async (_name, file) => {
    const report = await reportOfFile(file);
    const [connection] = [...report.connections()];
    expect(connection!.gaps).toEqual([]);
    expect(connection!.exchanges.map(({ response }) => [response!.status, response!.bodyBytes, response!.complete])).toEqual(Array(3).fill([200, BODY, true]));
    expect(connection!.close.cause).not.toBe('capture-incomplete');
  });
});
