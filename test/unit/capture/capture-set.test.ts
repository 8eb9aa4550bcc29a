import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../../main/app-error.ts';
import { openCapture } from '../../../main/capture/capture-set.ts';
import { START_SECONDS, toPcap, toPcapng } from '../../kit/capture-files.ts';
import type { ReadRecord } from './read-records.ts';
import { readRecords, readSet } from './read-records.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
let folder = '';
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'capture-set-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function save(bytes: Uint8Array | string, name = `file${files++}`): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function emptyFolder(): string {
  const path = join(folder, `folder${files++}`);
  mkdirSync(path);
  return path;
}

/** Packets at these milliseconds; their one byte is `mark`. */
const packetsAt = (mark: number, ...milliseconds: number[]): { time: number; bytes: Uint8Array }[] =>
  milliseconds.map((ms) => ({ time: ms / 1000, bytes: Uint8Array.of(mark) }));

async function read(...paths: string[]): Promise<ReadRecord[]> {
  return readSet(await openCapture(paths));
}

const timeline = (records: readonly ReadRecord[]): [number | string, number, string][] => records.map(({ frame, time, data }) => [frame, time / 1e6, data]);

async function failure(...paths: string[]): Promise<AppError> {
  const error: unknown = await openCapture(paths).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

describe('one file', () => {
  test('is read without a promise per block', async () => {
    const set = await openCapture([save(toPcap(Array.from({ length: 300_000 }, (_, i) => ({ time: i, bytes: Uint8Array.of(1) }))))]);
    let more = await set.next();
    let records = 0;
    while (more) {
      records += set.to - set.from;
      const next = set.next();
      expect(typeof next).toBe('boolean');
      more = next as boolean;
    }
    expect(records).toBe(300_000);
    set.close();
  });

  test('tells what it is', async () => {
    const bytes = toPcapng(packetsAt(1, 0, 1500, 500), { nanoseconds: true, linkType: 276 });
    const path = save(bytes);
    const set = await openCapture([path]);
    expect(set.totalBytes).toBe(bytes.length);
    await readSet(set);
    expect(set.files).toMatchObject([
      {
        path, format: 'pcapng', compression: null, linkTypes: ['LINUX_SLL2'], packets: 3, bytes: bytes.length, rawBytes: bytes.length,
        startedAt: { seconds: START_SECONDS, nanoseconds: 0 }, durationNanoseconds: 1_500_000_000, complete: true, anomalies: [],
      },
    ]);
    expect(set.origin).toEqual({ seconds: START_SECONDS, nanoseconds: 0 });
    expect(set.bytesRead).toBe(bytes.length);
  });

  test.each(['level19.pcap.zst', 'streamed.pcap.zst'])('compressed by zstd: %s', async (name) => {
    const plain = readRecords(readFileSync(join(fixtures, 'plain.pcap')));
    const set = await openCapture([join(fixtures, name)]);
    expect(await readSet(set)).toEqual(plain.records);
    expect(plain.records.length).toBeGreaterThan(10);
    expect(set.files[0]).toMatchObject({ compression: 'zstd', complete: true, bytes: readFileSync(join(fixtures, 'plain.pcap')).length });
  });

  test('compressed by gzip and cut: one anomaly, and all whole records', async () => {
    const file = toPcap(packetsAt(1, ...Array.from({ length: 5000 }, (_, i) => i)));
    const whole = gzipSync(file);
    const set = await openCapture([save(whole.subarray(0, whole.length - 20))]);
    const records = await readSet(set);
    expect(records.length).toBeGreaterThan(4000);
    expect(set.files[0]).toMatchObject({ compression: 'gzip', complete: false, packets: records.length });
    expect(set.files[0]!.anomalies.map(({ code }) => code)).toEqual(['compression-cut-short']);
  });

  test('a file that ends in a cut record', async () => {
    const file = toPcap(packetsAt(1, 0, 1));
    const set = await openCapture([save(file.subarray(0, -1))]);
    expect((await readSet(set)).length).toBe(1);
    expect(set.files[0]).toMatchObject({ complete: false, anomalies: [{ code: 'capture-cut-short', byteOffset: 24 + 17, frame: 1 }] });
  });
});

describe('what cannot be read', () => {
  test.each([
    ['empty-file', () => save('')],
    ['not-a-capture', () => save('#!/bin/sh\necho hello, this is a script\n')],
    ['not-a-capture', () => save(gzipSync('just text, but compressed'))],
    ['not-a-capture', () => save('ab')],
    ['unsupported-format', () => save(Buffer.concat([Buffer.from('snoop\0\0\0'), Buffer.alloc(50)]))],
    ['unsupported-format', () => save(Buffer.from('fd377a585a000004e6d6b446', 'hex'))],
    ['file-unreadable', () => save(Buffer.from('1f8b08000000000000ffffffffff', 'hex'))],
    ['file-not-found', () => join(folder, 'no-such-file.pcap')],
    ['file-not-found', () => join(folder, 'no-such-*.pcap')],
    ['is-a-directory-without-captures', emptyFolder],
  ])('%s (case %#)', async (code, make) => {
    const path = make();
    const error = await failure(path);
    expect(error.code).toBe(code);
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain(path);
    expect(error.message).not.toContain('\n');
  });

  test.skipIf(process.getuid?.() === 0)('a file one may not read', async () => {
    const path = save(toPcap([]));
    chmodSync(path, 0);
    expect((await failure(path)).code).toBe('permission-denied');
  });

  test('one bad file among good ones is told, the others are read', async () => {
    const set = await openCapture([save(toPcap(packetsAt(1, 0))), save('no capture at all'), join(folder, 'missing'), save(toPcap(packetsAt(2, 1)))]);
    expect(set.failures.map(({ error }) => error.code).sort()).toEqual(['file-not-found', 'not-a-capture']);
    expect(timeline(await readSet(set))).toEqual([['0:1', 0, '01'], ['1:1', 1, '02']]);
  });

  test('a folder of other files beside a good one is told', async () => {
    const other = emptyFolder();
    writeFileSync(join(other, 'notes.txt'), 'nothing captured here, only notes');
    const set = await openCapture([other, save(toPcap(packetsAt(1, 0)))]);
    expect(set.failures.map(({ error }) => error.code)).toEqual(['is-a-directory-without-captures']);
    expect((await readSet(set)).length).toBe(1);
  });
});

describe('several files', () => {
  test('follow one another in time, whatever order they are named in', async () => {
    const later = save(toPcap(packetsAt(2, 1000, 2000)));
    const earlier = save(toPcapng(packetsAt(1, 0, 500)));
    const set = await openCapture([later, earlier]);
    expect(set.files.map(({ path }) => path)).toEqual([earlier, later]);
    expect(timeline(await readSet(set))).toEqual([['0:1', 0, '01'], ['0:2', 500, '01'], ['1:1', 1000, '02'], ['1:2', 2000, '02']]);
    expect(set.files.map(({ packets, durationNanoseconds }) => [packets, durationNanoseconds])).toEqual([[2, 500e6], [2, 1000e6]]);
  });

  test('that overlap are merged record by record; equal times keep the order of the files', async () => {
    const a = save(toPcap(packetsAt(1, 0, 2, 4, 4, 9)));
    const b = save(toPcap(packetsAt(2, 1, 4, 5, 20), { nanoseconds: true, bigEndian: true }));
    expect(timeline(await read(a, b)).map(([, time, data]) => `${time}:${data}`)).toEqual(['0:01', '1:02', '2:01', '4:01', '4:01', '4:02', '5:02', '9:01', '20:02']);
  });

  test('a rotated set named by number is read in order, and its last file may be without packets yet', async () => {
    const rotated = emptyFolder();
    for (const [i, name] of ['x.pcap', 'x.pcap1', 'x.pcap2', 'x.pcap10'].entries()) writeFileSync(join(rotated, name), toPcap(packetsAt(i, 10 * i, 10 * i + 9)));
    writeFileSync(join(rotated, 'x.pcap11'), toPcap([]));
    writeFileSync(join(rotated, '.hidden'), toPcap(packetsAt(9, 0)));
    writeFileSync(join(rotated, 'README'), 'these were captured on the gateway');
    mkdirSync(join(rotated, 'below'));
    const set = await openCapture([rotated]);
    expect(set.failures).toEqual([]);
    expect(set.files.map(({ path }) => path.slice(rotated.length + 1))).toEqual(['x.pcap', 'x.pcap1', 'x.pcap2', 'x.pcap10', 'x.pcap11']);
    expect((await readSet(set)).map(({ time }) => time / 1e6)).toEqual([0, 9, 10, 19, 20, 29, 30, 39]);
    expect(set.files.at(-1)).toMatchObject({ packets: 0, complete: true, startedAt: null });
  });

  test('of equal start go by the numbers in their names', async () => {
    const same = emptyFolder();
    for (const name of ['b10', 'b9', 'b1']) writeFileSync(join(same, name), toPcap(packetsAt(1, 0)));
    const set = await openCapture([join(same, 'b*')]);
    expect(set.files.map(({ path }) => path.split('/').at(-1))).toEqual(['b1', 'b9', 'b10']);
    set.close();
  });

  test('a file named twice, or by a link to it, is read once', async () => {
    const path = save(toPcap(packetsAt(1, 0, 1)));
    const link = join(folder, `link${files++}`);
    symlinkSync(path, link);
    expect(timeline(await read(path, link, path))).toEqual([[1, 0, '01'], [2, 1, '01']]);
  });

  test('a file whose name looks like a pattern is that file', async () => {
    const path = save(toPcap(packetsAt(7, 0)), '[odd]*.pcap');
    save(toPcap(packetsAt(8, 0)), 'o.pcap');
    expect(timeline(await read(path))).toEqual([[1, 0, '07']]);
  });

  test('gone when its turn comes: told in its place, the others are read', async () => {
    const gone = save(toPcap(packetsAt(2, 10)));
    const set = await openCapture([save(toPcap(packetsAt(1, 0))), gone, save(toPcap(packetsAt(3, 20)))]);
    rmSync(gone);
    expect(timeline(await readSet(set))).toEqual([['0:1', 0, '01'], ['2:1', 20, '03']]);
    expect(set.files[1]).toMatchObject({ complete: false, packets: 0, anomalies: [{ code: 'read-failed' }] });
  });

  test('any number of files in any overlap: every record once, in time order, each file in its own order', async () => {
    const captures = fc.array(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 12 }).map((times) => times.sort((a, b) => a - b)), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(captures, async (times) => {
        const paths = times.map((list, i) => save((i % 2 === 0 ? toPcap : toPcapng)(packetsAt(i, ...list)), `p${i}`));
        const records = await read(...paths);
        const all = times.flat().sort((a, b) => a - b);
        expect(records.map(({ time }) => time / 1e6)).toEqual(all.map((time) => time - all[0]!));
        for (const [i, list] of times.entries()) {
          const own = records.filter(({ data }) => Number(`0x${data}`) === i);
          expect(own.map(({ frame }) => Number(String(frame).split(':')[1]))).toEqual(list.map((_, n) => n + 1));
        }
      }),
      { seed: 21, numRuns: 60 },
    );
  });
});

describe('streams and growing files', () => {
  const file = toPcap(packetsAt(1, 0, 1, 2));

  test('named pipes, compressed or not, are read as they come and merged with files', async (context) => {
    const pipes = [join(folder, 'pipe0'), join(folder, 'pipe1')];
    if (spawnSync('mkfifo', pipes).status !== 0) context.skip('no mkfifo here');
    const writers = [toPcap(packetsAt(5, 1, 3)), gzipSync(toPcap(packetsAt(6, -4, 2)))].map((bytes, i) => import('node:fs/promises').then((fs) => fs.writeFile(pipes[i]!, bytes)));
    const set = await openCapture([...pipes, save(toPcap(packetsAt(7, 0, 2)))]);
    expect(set.totalBytes).toBeNull();
    expect(timeline(await readSet(set))).toEqual([
      ['0:1', 0, '06'], ['1:1', 4, '07'], ['2:1', 5, '05'], ['0:2', 6, '06'], ['1:2', 6, '07'], ['2:2', 7, '05'],
    ]);
    await Promise.all(writers);
  });

  test('a growing file is waited for, and the half record at the stop is no cut', async () => {
    const path = save(file.subarray(0, 24 + 17 + 5));
    const stop = new AbortController();
    const set = await openCapture([path], { follow: { until: stop.signal } });
    expect(await set.next()).toBe(true);
    expect([set.from, set.to]).toEqual([0, 1]);
    const waiting = set.next();
    expect(waiting).toBeInstanceOf(Promise);
    appendFileSync(path, file.subarray(24 + 17 + 5, file.length - 3));
    expect(await waiting).toBe(true);
    expect(set.batch.time[set.from]).toBe(1e6);
    const last = set.next();
    stop.abort();
    expect(await last).toBe(false);
    expect(set.files[0]).toMatchObject({ packets: 2, complete: true, anomalies: [] });
    set.close();
  });
});
