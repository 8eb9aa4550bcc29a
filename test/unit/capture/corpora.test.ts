import type { EventEmitter } from 'node:events';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AppError } from '../../../main/app-error.ts';
import { openCapture } from '../../../main/capture/capture-set.ts';
import { readSet } from './read-records.ts';

const shared = join(import.meta.dirname, '../../../../shared/captures');
const corpora = join(shared, 'corpora');
const available = existsSync(join(corpora, 'MANIFEST.tsv'));

/** Where the number of packets differs from the one tshark or capinfos gave, and why ours is right. */
const OTHER_COUNTS: Readonly<Record<string, { readonly packets: number; readonly why: string }>> = {
  'pcapng-be__pcapngtest__be-test102.pcapng': { packets: 5, why: 'three of the eight frames are custom blocks, which are numbered but are no packets' },
  'corrupt-file__pcapfileex__corrupted.pcap': { packets: 48, why: 'tshark takes the 144 zeros for 5 empty frames and a sixth, and stops; 27 good packets follow them' },
  'extra/unsupported-linktype__tcpdump__dsa.pcap': { packets: 8, why: 'the list gives 0 because tshark knows no such link type; the records are sound' },
};
/** Captures with something wrong, and what. */
const ANOMALIES: Readonly<Record<string, string>> = {
  'pipelining__pcap2har__out-of-order.pcap': 'capture-cut-short',
  'upload__suricata__http-mime-truncated.pcap': 'capture-cut-short',
  'corrupt-file__pcapfileex__corrupted.pcap': 'zero-block',
  'extra/corrupt-file__gopacket__be-test901.pcapng': 'section-version-unsupported',
  'corrupt-file__pcapplusplus__crash-pcapng-epb-unbounded-length.pcapng': 'record-length-absurd',
};
const UNSUPPORTED = 'extra/unsupported-format__pcapplusplus__solaris.snoop';

function table(file: string): Record<string, string>[] {
  const [head, ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => line.split('\t'));
  return rows.map((row) => Object.fromEntries(head!.map((column, i) => [column, row[i] ?? ''])));
}

const listed: Record<string, string>[] = available
  ? [...table(join(corpora, 'MANIFEST.tsv')), ...table(join(corpora, 'derived/DERIVED.tsv')).map((row) => ({ ...row, file: `derived/${row['file']}` }))]
  : [];

describe.skipIf(!available)('captures made by others (skipped where ../shared/captures is missing)', () => {
  test.each(listed.map((row) => [row['file']!, Number(row['packets'])]))('%s: %i packets', async (file, packets) => {
    if (file === UNSUPPORTED) {
      const error: unknown = await openCapture([join(corpora, file)]).catch((reason: unknown) => reason);
      expect((error as AppError).code).toBe('unsupported-format');
      return;
    }
    const set = await openCapture([join(corpora, file)]);
    const records = await readSet(set);
    const [info] = set.files;
    expect(info!.packets).toBe(OTHER_COUNTS[file]?.packets ?? packets);
    expect(records.length).toBe(info!.packets);
    expect(info!.anomalies.map(({ code }) => code)).toEqual(ANOMALIES[file] === undefined ? [] : [ANOMALIES[file]]);
    expect(info!.complete).toBe(ANOMALIES[file] === undefined);
  });

  test('all of them at once are one capture in time order', async () => {
    const set = await openCapture([corpora]);
    // What is no capture lies in the folder too, and is passed over.
    expect(set.failures).toEqual([]);
    let last = -Infinity;
    let backwards = 0;
    let packets = 0;
    while (await set.next()) {
      packets += set.to - set.from;
      for (let i = set.from; i < set.to; i++) {
        if (set.batch.time[i]! < last) backwards++;
        last = set.batch.time[i]!;
      }
    }
    expect(packets).toBe(set.files.reduce((sum, file) => sum + file.packets, 0));
    expect(set.files.length).toBeGreaterThan(60);
    // Captures that are out of order in themselves stay so.
    expect(backwards).toBeLessThan(packets / 100);
  });
});

interface ParserPacket {
  readonly header: { readonly timestampSeconds: number; readonly timestampMicroseconds: number; readonly capturedLength: number };
  readonly data: Buffer;
}
const { parse } = createRequire(import.meta.url)('pcap-parser') as { parse(stream: NodeJS.ReadableStream): EventEmitter };

/** What pcap-parser cannot be asked: it knows one magic number, and takes damage for records or for an end. */
const NOT_FOR_PCAP_PARSER: Readonly<Record<string, string>> = {
  'corpora/corrupt-file__pcapfileex__corrupted.pcap': 'damaged: it gives empty packets for zeros, then waits for a record of 8 MB',
};

const classic: string[] = [];
for (const folder of ['lab', 'corpora', 'corpora/extra', 'corpora/derived']) {
  if (!existsSync(join(shared, folder))) continue;
  for (const name of readdirSync(join(shared, folder))) {
    const path = join(folder, name);
    if (!name.endsWith('.pcap') || path in NOT_FOR_PCAP_PARSER) continue;
    const magic = readFileSync(join(shared, path)).subarray(0, 4).toString('hex');
    // Nanosecond, modified and pcapng files are not for it.
    if (magic === 'd4c3b2a1' || magic === 'a1b2c3d4') classic.push(path);
  }
}

describe.skipIf(classic.length === 0)('the same as pcap-parser (skipped where ../shared/captures is missing)', () => {
  test('there are many classic captures to compare', () => {
    expect(classic.length).toBeGreaterThan(100);
  });

  test.each(classic)('%s', async (path) => {
    const theirs: { time: bigint; data: string }[] = [];
    await new Promise((resolve, reject) => {
      const parser = parse(createReadStream(join(shared, path), { highWaterMark: 1 << 24 }));
      parser.on('packet', ({ header, data }: ParserPacket) => {
        const time = BigInt(header.timestampSeconds) * 1_000_000_000n + BigInt(header.timestampMicroseconds) * 1000n;
        theirs.push({ time, data: data.toString('hex') });
      });
      parser.on('end', resolve);
      parser.on('error', reject);
    });
    const set = await openCapture([join(shared, path)]);
    const ours = await readSet(set);
    const origin = set.origin === null ? 0n : BigInt(set.origin.seconds) * 1_000_000_000n + BigInt(set.origin.nanoseconds);
    expect(ours.map(({ data }) => data)).toEqual(theirs.map(({ data }) => data));
    const wrong = theirs.filter((packet, i) => {
      const expected = packet.time - origin;
      // 104 days from the origin a double has no room for single nanoseconds any more (see RecordBatch.time).
      const exact = expected < 2n ** 53n && expected > -(2n ** 53n);
      const difference = Math.abs(Number(BigInt(ours[i]!.time) - expected));
      return difference > (exact ? 0 : Math.abs(Number(expected)) * 2 ** -51);
    });
    expect(wrong).toEqual([]);
  });
});
