import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ByteSource } from '../../../main/capture/byte-source.ts';
import { decompress } from '../../../main/capture/compressed-input.ts';
import { ReadWindow } from '../../../main/capture/read-window.ts';
import { concat } from '../../kit/packets.ts';
import { MemorySource } from './read-records.ts';

async function unpack(kind: 'gzip' | 'zstd', bytes: Uint8Array, sizes?: readonly number[]): Promise<{ bytes: Uint8Array; source: ByteSource }> {
  const source = decompress(kind, new ReadWindow(new MemorySource(bytes, sizes), 4096));
  const parts: Uint8Array[] = [];
  const into = new Uint8Array(10_000);
  for (;;) {
    const count = await source.read(into, 0, into.length);
    if (count === 0) return { bytes: concat(parts), source };
    parts.push(into.slice(0, count));
  }
}

/** Bytes that compress somewhat. */
function content(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 24) & 0x1f;
  });
}

/** Zstandard of raw blocks (type 0) and run-length blocks (type 1), which need no compressor (RFC 8878 section 3.1.1). */
function zstd(blocks: readonly (Uint8Array | { byte: number; count: number })[], options: { checksum?: boolean; windowDescriptor?: number } = {}): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, options.checksum ? 4 : 0, options.windowDescriptor ?? 0x50)];
  blocks.forEach((one, i) => {
    const raw = one instanceof Uint8Array;
    const header = ((raw ? one.length : one.count) << 3) | (raw ? 0 : 2) | (i === blocks.length - 1 ? 1 : 0);
    parts.push(Uint8Array.of(header & 0xff, (header >> 8) & 0xff, header >> 16), raw ? one : Uint8Array.of(one.byte));
  });
  if (options.checksum) parts.push(new Uint8Array(4));
  return concat(parts);
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe('gzip', () => {
  const plain = content(700_000);
  const packed = gzipSync(plain);

  test.each([[[Infinity]], [[1, 7, 1000]], [[65_536]]])('in pieces of %j', async (sizes) => {
    const { bytes, source } = await unpack('gzip', sizes[0] === 1 ? gzipSync(plain.subarray(0, 20_000)) : packed, sizes);
    expect(same(bytes, sizes[0] === 1 ? plain.subarray(0, 20_000) : plain)).toBe(true);
    expect(source.fault).toBeNull();
  });

  test('of several members, with zeros behind them', async () => {
    const { bytes, source } = await unpack('gzip', concat([packed, gzipSync(new Uint8Array(0)), gzipSync(Uint8Array.of(1, 2)), new Uint8Array(700)]));
    expect(same(bytes, concat([plain, Uint8Array.of(1, 2)]))).toBe(true);
    expect(source.fault).toBeNull();
  });

  test('cut short: all that was there comes out', async () => {
    for (const length of [packed.length - 1, packed.length - 9, packed.length >> 1, 30_000, 700]) {
      const { bytes, source } = await unpack('gzip', packed.subarray(0, length));
      expect(source.fault?.code).toBe('compression-cut-short');
      expect(same(bytes, plain.subarray(0, bytes.length))).toBe(true);
      // Deflate gives a symbol when its bits are there: what is missing is at most one dynamic block's head.
      expect(bytes.length, `of ${length}`).toBeGreaterThan((plain.length * length) / packed.length - 20_000);
    }
  });

  test('damaged: at most one piece of output before the damage is lost', async () => {
    for (const at of [20_000, 300_000]) {
      const broken = Uint8Array.from(packed);
      broken.fill(0xff, at, at + 300);
      const { bytes, source } = await unpack('gzip', broken);
      expect(source.fault?.code).toBe('compression-corrupt');
      const sound = Math.floor((plain.length * at) / packed.length);
      expect(bytes.length).toBeGreaterThan(sound - 100_000);
      const kept = Math.min(bytes.length, sound - 70_000);
      if (kept > 0) expect(same(bytes.subarray(0, kept), plain.subarray(0, kept))).toBe(true);
    }
  });

  test('a small file with a wrong checksum was lost whole when it was given in one piece', async () => {
    const small = content(8000);
    const broken = gzipSync(small);
    broken[broken.length - 8]! ^= 1;
    const { bytes, source } = await unpack('gzip', broken);
    expect(source.fault?.code).toBe('compression-corrupt');
    expect(bytes.length).toBeGreaterThan(6000);
    expect(same(bytes, small.subarray(0, bytes.length))).toBe(true);
  });

  test('a bomb is taken a piece at a time', async () => {
    const source = decompress('gzip', new ReadWindow(new MemorySource(gzipSync(new Uint8Array(200 << 20))), 4096));
    const into = new Uint8Array(1 << 20);
    let total = 0;
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let count = 1; count > 0; total += count) {
      count = await source.read(into, 0, into.length);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(total).toBe(200 << 20);
    expect(most).toBeLessThan(64 << 20);
  });
});

describe('zstd', () => {
  const parts = [content(1000), content(70_000, 2), content(3, 3)];

  test.each([false, true])('frames of raw and run-length blocks, checksum %s', async (checksum) => {
    const frame = zstd([parts[0]!, { byte: 7, count: 100_000 }, parts[1]!], { checksum });
    for (const sizes of [[Infinity], [1, 5, 4000]]) {
      const { bytes, source } = await unpack('zstd', concat([frame, zstd([parts[2]!], { checksum })]), sizes);
      expect(same(bytes, concat([parts[0]!, new Uint8Array(100_000).fill(7), parts[1]!, parts[2]!]))).toBe(true);
      expect(source.fault).toBeNull();
    }
  });

  test('skippable frames are skipped', async () => {
    const skip = concat([Uint8Array.of(0x57, 0x2a, 0x4d, 0x18, 0x10, 0x27, 0, 0), new Uint8Array(10_000)]);
    const { bytes, source } = await unpack('zstd', concat([skip, zstd([parts[0]!]), skip, zstd([parts[2]!])]));
    expect(same(bytes, concat([parts[0]!, parts[2]!]))).toBe(true);
    expect(source.fault).toBeNull();
  });

  test('an empty frame', async () => {
    expect(await unpack('zstd', zstd([new Uint8Array(0)]))).toMatchObject({ source: { fault: null } });
  });

  test('cut short: whole blocks come out', async () => {
    const frame = zstd([parts[0]!, parts[1]!]);
    const { bytes, source } = await unpack('zstd', frame.subarray(0, frame.length - 1));
    expect(same(bytes, parts[0]!)).toBe(true);
    expect(source.fault?.code).toBe('compression-cut-short');
    expect((await unpack('zstd', frame.subarray(0, 5))).source.fault?.code).toBe('compression-cut-short');
  });

  test('damaged: the blocks before it come out', async () => {
    const frame = zstd([parts[0]!, parts[1]!]);
    frame[6 + 3 + 1000]! |= 6;
    const { bytes, source } = await unpack('zstd', frame);
    expect(same(bytes, parts[0]!)).toBe(true);
    expect(source.fault?.code).toBe('compression-corrupt');
    expect((await unpack('zstd', concat([zstd([parts[0]!]), content(50)]))).source.fault?.code).toBe('compression-corrupt');
  });

  test('a window above the limit is refused before anything is allocated for it', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const { source } = await unpack('zstd', zstd([parts[0]!], { windowDescriptor: 20 << 3 }));
    expect(source.fault?.code).toBe('compression-unsupported');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20);
  });

  test('noise behind a frame header ends in a fault or in bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (noise) => {
        const { bytes, source } = await unpack('zstd', concat([Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x50), noise]));
        // Each block takes 3 bytes and more of the noise, and gives at most 128 KiB.
        expect(bytes.length).toBeLessThanOrEqual((noise.length / 3) * (128 << 10));
        expect([undefined, 'compression-cut-short', 'compression-corrupt', 'compression-unsupported']).toContain(source.fault?.code);
      }),
      { seed: 5, numRuns: 200 },
    );
  });
});
