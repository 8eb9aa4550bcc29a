import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openCapture } from '../../../main/capture/capture-set.ts';
import { LiveFile, pruneRing, ringNumber, ringPath } from '../../../main/capture/live-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'drainspotter-live-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LO = { name: 'lo', linkType: 1, snapLength: 0, filter: 'tcp port 80' };
/** 2026-11-21T12:00:00Z. */
const START = 1_795_262_400_000_000_000n;

function write(file: LiveFile, index: number, length = 60): void {
  const time = START + BigInt(index) * 1_000_000_007n;
  file.packet(0, Number(time >> 32n), Number(time & 0xffff_ffffn), Uint8Array.from({ length: length + 3 }, (_, i) => index + i), 3, length, length + 5);
}

async function read(paths: string[]) {
  const set = await openCapture(paths, { details: true });
  const packets: { time: number; bytes: number[]; original: number }[] = [];
  while (await set.next()) {
    const { batch, from, to } = set;
    for (let i = from; i < to; i++) {
      const at = batch.offset[i]!;
      packets.push({ time: batch.time[i]!, bytes: [...batch.block.bytes.subarray(at, at + batch.captured[i]!)], original: batch.details!.original[i]! });
    }
  }
  set.close();
  return { packets, files: set.files };
}

describe('the file of a live capture', () => {
  it('holds packets to the nanosecond, whatever their length, and names its interface', async () => {
    const path = join(folder, 'plain.pcapng');
    const file = new LiveFile(path, [LO], null, 'test');
    for (let i = 0; i < 7; i++) write(file, i, 57 + i);
    file.close();
    expect(statSync(path).size).toBe(file.totalBytes);
    const { packets, files } = await read([path]);
    expect(packets.map(({ time }) => time)).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => i * 1_000_000_007));
    expect(packets[6]).toMatchObject({ original: 68, bytes: Array.from({ length: 63 }, (_, i) => 6 + 3 + i) });
    expect(files[0]).toMatchObject({ complete: true, format: 'pcapng' });
    expect(files[0]!.interfaces[0]).toMatchObject({ name: 'lo', linkType: 1, losses: [] });
  });

  it('is whole after every flush', async () => {
    const path = join(folder, 'flushed.pcapng');
    const file = new LiveFile(path, [LO], null, 'test');
    write(file, 0);
    file.flush();
    write(file, 1);
    expect((await read([path])).packets).toHaveLength(1);
    file.flush();
    expect(await read([path])).toMatchObject({ packets: [{}, {}], files: [{ complete: true, anomalies: [] }] });
    file.close();
  });

  it('says between which statements packets were lost', async () => {
    const path = join(folder, 'drops.pcapng');
    const file = new LiveFile(path, [LO], null, 'test');
    const second = 1_000_000_000n;
    file.statistics(0, START - second, 0, 0);
    write(file, 0);
    file.statistics(0, START + second, 0, 0);
    file.statistics(0, START + 2n * second, 0, 3);
    file.statistics(0, START + 3n * second, 1, 3);
    file.statistics(0, START + 4n * second, 1, 3);
    file.statistics(0, START + 5n * second, 1, 4);
    file.close();
    const [{ interfaces }] = (await read([path])).files as [Awaited<ReturnType<typeof read>>['files'][number]];
    expect(interfaces[0]).toMatchObject({ droppedByInterface: 1, droppedBySystem: 4, losses: [{ from: 1e9, to: 3e9 }, { from: 4e9, to: 5e9 }] });
  });

  it('is never written over another', () => {
    const path = join(folder, 'there.pcapng');
    new LiveFile(path, [LO], null, 'test').close();
    expect(() => new LiveFile(path, [LO], null, 'test')).toThrow(expect.objectContaining({ code: 'output-exists' }) as Error);
    expect(() => new LiveFile(join(folder, 'no', 'x.pcapng'), [LO], null, 'test')).toThrow('its folder does not exist');
  });
});

describe('a ring of files', () => {
  it('turns between packets, loses none, and keeps what is not read yet', async () => {
    const path = join(folder, 'ring.pcapng');
    const file = new LiveFile(path, [LO], { bytes: 1000, files: 2 }, 'test');
    const stop = new AbortController();
    for (let i = 0; i < 40; i++) write(file, i);
    const names = () => readdirSync(folder).filter((name) => name.startsWith('ring_'));
    expect(names().length).toBeGreaterThan(4);
    let last = 1;
    const next = (current: string) => {
      last = ringNumber(current);
      file.passedBy(last - 1);
      return ringPath(path, last + 1);
    };
    file.flush();
    const set = await openCapture([ringPath(path, 1)], { follow: { until: stop.signal, next } });
    let packets = 0;
    for (let more = await set.next(); more; more = await set.next()) {
      packets += set.to - set.from;
      if (packets !== 40) continue;
      file.close();
      stop.abort();
    }
    set.close();
    expect(packets).toBe(40);
    expect(set.files[0]).toMatchObject({ complete: true, anomalies: [] });
    pruneRing(path, { bytes: 1000, files: 2 }, last);
    expect(names()).toEqual([last - 1, last].map((number) => ringPath('ring.pcapng', number)));
  });

  it('that nobody follows does not grow without end', () => {
    const path = join(folder, 'alone.pcapng');
    const file = new LiveFile(path, [LO], { bytes: 1000, files: 1 }, 'test');
    for (let i = 0; i < 700; i++) write(file, i);
    file.close();
    expect(readdirSync(folder).filter((name) => name.startsWith('alone_')).length).toBeLessThan(70);
    expect(existsSync(ringPath(path, 1))).toBe(false);
  });

  it('names its files in order', () => {
    expect(ringPath('/tmp/a.b/x.pcapng', 3)).toBe('/tmp/a.b/x_00003.pcapng');
    expect(ringPath('/tmp/a.b/x', 123_456)).toBe('/tmp/a.b/x_123456');
    expect(ringNumber(ringPath('/tmp/x_00007.pcapng', 12))).toBe(12);
  });
});
