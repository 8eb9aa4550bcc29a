import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CaptureFile } from '../../../main/capture/capture-file.ts';
import { openCapture } from '../../../main/capture/capture-set.ts';
import { TimeOrigin } from '../../../main/capture/time-origin.ts';
import { type CaptureFileOptions, toPcap, toPcapng } from '../../kit/capture-files.ts';
import { concat, type Packet } from '../../kit/packets.ts';
import { readSet } from './read-records.ts';

const folder = mkdtempSync(join(tmpdir(), 'joined-formats-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Two packets of one byte, at `second` and half a second later. */
const two = (second: number): Packet[] => [0, 0.5].map((later) => ({ time: second + later, bytes: Uint8Array.of(second) }));
const part = (format: 'pcap' | 'pcapng', second: number, options: CaptureFileOptions): Uint8Array => (format === 'pcap' ? toPcap : toPcapng)(two(second), options);

function save(bytes: Uint8Array): string {
  const path = join(folder, 'joined');
  writeFileSync(path, bytes);
  return path;
}

describe.each([false, true])('a pcap behind a pcapng, and the reverse, of which only the first was read (the first big-endian: %s)', (bigEndian) => {
  test.each([['pcap', 'pcapng'], ['pcapng', 'pcap'], ['pcapng', 'pcap', 'pcapng', 'pcap', 'pcap']] as const)('%s, then %s', async (...formats) => {
    for (const order of [bigEndian, !bigEndian]) {
      const parts = formats.map((format, at) => part(format, at, { bigEndian: at % 2 === 0 ? bigEndian : order, linkType: at === 0 ? 1 : 101, nanoseconds: at > 0 }));
      const set = await openCapture([save(concat(parts))]);
      const records = await readSet(set);
      const wanted = formats.flatMap((_, at) => two(at).map(({ time }, index) => [at * 2 + index + 1, time * 1e9, at === 0 ? 1 : 101, `0${at}`]));
      expect(records.map(({ frame, time, linkType, data }) => [frame, time, linkType, data])).toEqual(wanted);
      const [file] = set.files;
      expect(file).toMatchObject({ format: formats[0], packets: wanted.length, complete: true, linkTypes: ['EN10MB', 'RAW'] });
      expect(file!.anomalies).toMatchObject([{ code: 'joined-files', count: formats.length - 1, frame: 2 }]);
      expect(file!.interfaces).toHaveLength(formats.filter((format) => format === 'pcapng').length);
    }
  });

  test('is seen wherever the bytes are cut that are read at a time', async () => {
    const whole = concat([part('pcapng', 0, { bigEndian }), part('pcap', 1, { bigEndian: !bigEndian }), part('pcapng', 2, {})]);
    for (let windowBytes = 60; windowBytes < 180; windowBytes++) {
      const file = await CaptureFile.open(save(whole), new TimeOrigin(), null, windowBytes);
      while (await file.next());
      expect([file.packets, file.complete, file.anomalies.map(({ code, count }) => [code, count])]).toEqual([6, true, [['joined-files', 2]]]);
      file.close();
    }
  });
});
