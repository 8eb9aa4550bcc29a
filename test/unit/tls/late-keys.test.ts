import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { AnalysisReport } from '../../../main/analysis/analysis-report.ts';
import { analyze } from '../../../main/analysis/analyzer.ts';
import { GrowingKeyLog } from '../../../main/analysis/growing-key-log.ts';
import { RecordBatch } from '../../../main/capture/record-batch.ts';
import { LateReader, talked } from '../../kit/analyze-tls.ts';
import { toPcap, toPcapng } from '../../kit/capture-files.ts';
import { conversation, filler } from '../../kit/conversation.ts';
import { packetsOf, TARGETS, withSecrets } from '../../kit/tls-captures.ts';
import { type TalkName, written } from '../../kit/tls-talks.ts';

const VERSIONS: readonly TalkName[] = ['TLS 1.3 AES-256-GCM', 'TLS 1.2 AES-256-GCM', 'TLS 1.2 AES-128-CBC'];

describe.each(VERSIONS)('secrets of %s that come after the handshake', (name) => {
  const told = written(name, TARGETS);
  const packets = packetsOf(told.pieces);

  it.each([0, 0.3, 0.6, 0.95])('open it from its beginning on, when %d of its packets had come', (share) => {
    const reader = new LateReader();
    const before = Math.floor(packets.length * share);
    reader.push(packets.slice(0, before));
    reader.add(told.keyLog);
    reader.push(packets.slice(before));
    const { connections, anomalies } = reader.finish();
    expect(talked(connections[0]!)).toEqual(told.exchanges);
    expect(connections[0]!.exchanges).toHaveLength(told.exchanges.length);
    expect(connections[0]!.estimatedExchanges).toBeUndefined();
    expect(anomalies).toEqual({});
  });

  it('are asked for once more when it is over', () => {
    const reader = new LateReader({ atTheEnd: told.keyLog });
    reader.push(packets);
    expect(talked(reader.finish().connections[0]!)).toEqual(told.exchanges);
  });

  it('that never come leave it unread, with the estimates that a reader without keys gets', () => {
    const reader = new LateReader();
    reader.push(packets);
    const { connections, anomalies } = reader.finish();
    expect(anomalies).toEqual({ 'tls-key-missing': 1 });
    const without = new LateReader({ mayGrow: false });
    without.push(packets);
    expect(connections).toEqual(without.finish().connections);
    expect(connections[0]!.estimatedExchanges!.length).toBeGreaterThan(3);
  });

  it('are not waited for over a loss, nor with more bytes than are held', () => {
    const lost = new LateReader();
    lost.push(packets.filter((_, at) => at !== Math.floor(packets.length / 2)));
    lost.add(told.keyLog);
    expect(lost.finish().connections[0]!.tls!.decrypted).toBe(false);
    const small = new LateReader({ limits: { lateBytes: 4000 } });
    small.push(packets);
    small.add(told.keyLog);
    const { connections, anomalies } = small.finish();
    expect(anomalies).toEqual({ 'tls-key-missing': 1 });
    expect(connections[0]!.tls!.decrypted).toBe(false);
  });

  it('are not waited for longer than they may be', () => {
    const reader = new LateReader();
    const middle = Math.floor(packets.length / 2);
    reader.push(packets.slice(0, middle));
    reader.push(packets.slice(middle).map((packet) => ({ ...packet, time: packet.time + 11 })));
    reader.add(told.keyLog);
    expect(reader.finish().connections[0]!.tls!.decrypted).toBe(false);
  });
});

describe('a key log that is still being written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-keys-'));
  const path = join(folder, 'keys.log');
  const line = (digit: string) => `CLIENT_RANDOM ${digit.repeat(64)} ${'a'.repeat(96)}\n`;

  afterAll(() => rmSync(folder, { recursive: true }));

  it('need not be there, grows by whole lines, and is read anew when it is another', () => {
    const keys = new GrowingKeyLog(path);
    expect(keys.take()).toBe(false);
    writeFileSync(path, line('1') + line('2').slice(0, 40));
    expect(keys.take()).toBe(true);
    expect(keys.log.size).toBe(1);
    appendFileSync(path, line('2').slice(40));
    expect(keys.take()).toBe(true);
    expect(keys.take()).toBe(false);
    expect(keys.log.size).toBe(2);
    writeFileSync(path, line('3'));
    expect(keys.take()).toBe(true);
    appendFileSync(path, line('4').trimEnd());
    expect(keys.take()).toBe(false);
    keys.finish();
    expect(keys.log.size).toBe(4);
    expect(keys.log.more).toBeNull();
  });

  it('is looked at while the capture grows', async () => {
    const told = written('TLS 1.3 AES-256-GCM', ['/length/20', '/length/40000']);
    const capture = join(folder, 'growing.pcap');
    const whole = toPcap(packetsOf(told.pieces), { nanoseconds: true });
    const half = Math.floor(whole.length / 2);
    writeFileSync(capture, whole.subarray(0, half));
    const over = new AbortController();
    const keys = new GrowingKeyLog(join(folder, 'later.log'));
    const reading = analyze([capture], { growingKeyLog: keys, follow: { until: over.signal } });
    await delay(100);
    writeFileSync(join(folder, 'later.log'), told.keyLog);
    appendFileSync(capture, whole.subarray(half));
    await delay(100);
    over.abort();
    const [connection] = [...new AnalysisReport(await reading, { redact: false }).connections()];
    expect(connection!.exchanges.map(({ response }) => response!.bodyBytes)).toEqual([20, 40_000]);
  });
});

describe('keys inside of a pcapng', () => {
  it('at its end, far behind all packets, left them unread: it is read again', async () => {
    const told = written('TLS 1.3 AES-256-GCM', ['/length/20', '/length/40000']);
    const tls = packetsOf(told.pieces);
    const other = conversation({ client: '10.0.0.9:1', start: tls.at(-1)!.time }).handshake().client(filler(8_000_000));
    const packets = [...tls, ...other.packets];
    const folder = mkdtempSync(join(tmpdir(), 'drainspotter-keys-'));
    try {
      const path = join(folder, 'keys-at-the-end.pcapng');
      const file = toPcapng(packets);
      const read = async (bytes: Uint8Array): Promise<{ bodies: unknown[]; readings: number }> => {
        writeFileSync(path, bytes);
        let readings = 0;
        const [connection] = [...new AnalysisReport(await analyze([path], { onBegin: () => readings++ }), { redact: false }).connections()];
        return { bodies: connection!.exchanges.map(({ response }) => response!.bodyBytes), readings };
      };
      expect(await read(withSecrets(file, told.keyLog, 2 + packets.length))).toEqual({ bodies: [20, 40_000], readings: 2 });
      expect(await read(withSecrets(file, told.keyLog))).toEqual({ bodies: [20, 40_000], readings: 1 });
      expect(await read(withSecrets(file, `CLIENT_RANDOM ${'1'.repeat(64)} ${'a'.repeat(96)}\n`, 2 + packets.length))).toEqual({ bodies: [], readings: 1 });
      expect(await read(file)).toEqual({ bodies: [], readings: 1 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('behind the packets that they are for open them, where keys had come before', async () => {
    const told = written('TLS 1.3 AES-256-GCM', ['/length/20', '/length/40000']);
    const tls = packetsOf(told.pieces);
    // More packets than are read at a time.
    const other = conversation({ client: '10.0.0.9:1', start: 0.5 }).handshake().client(filler(8_000_000));
    const half = Math.floor(tls.length / 2);
    const end = other.packets.at(-1)!.time;
    const packets = [...tls.slice(0, half), ...other.packets, ...tls.slice(half).map((packet) => ({ ...packet, time: packet.time + end }))];
    const file = toPcapng(packets);
    const before = withSecrets(file, `CLIENT_RANDOM ${'1'.repeat(64)} ${'a'.repeat(96)}\n`);
    const folder = mkdtempSync(join(tmpdir(), 'drainspotter-keys-'));
    try {
      const path = join(folder, 'joined.pcapng');
      writeFileSync(path, withSecrets(before, told.keyLog, 2 + half + other.packets.length));
      const connections = [...new AnalysisReport(await analyze([path]), { redact: false }).connections()];
      expect(other.packets.length).toBeGreaterThan(RecordBatch.CAPACITY);
      expect(connections[0]!.exchanges.map(({ response }) => response!.bodyBytes)).toEqual([20, 40_000]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
