import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toPcap, toPcapng } from '../../kit/capture-files.ts';
import { readRecords } from './read-records.ts';

const packets = fc.array(fc.tuple(fc.integer({ min: 0, max: 1_000_000_000 }), fc.uint8Array({ maxLength: 300 })), { maxLength: 40 });
const file = fc
  .record({ packets, nanoseconds: fc.boolean(), bigEndian: fc.boolean(), pcapng: fc.boolean() })
  .map(({ packets: list, pcapng, ...options }) => {
    const made = list.map(([microseconds, bytes]) => ({ time: microseconds / 1e6, bytes }));
    return { bytes: pcapng ? toPcapng(made, options) : toPcap(made, options), packets: made };
  });
const sizes = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 20 });

describe('any capture', () => {
  test('gives back the packets it was made of', () => {
    fc.assert(
      fc.property(file, ({ bytes, packets: made }) => {
        const result = readRecords(bytes);
        expect(result.records.map(({ data }) => data)).toEqual(made.map((packet) => Buffer.from(packet.bytes).toString('hex')));
        const first = made[0];
        for (const [i, { time }] of result.records.entries()) expect(time).toBe(Math.round((made[i]!.time - first!.time) * 1e6) * 1000);
        expect([result.codes, result.complete]).toEqual([[], true]);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  test('reads the same in whatever pieces its bytes come and its batches end', () => {
    fc.assert(
      fc.property(file, sizes, fc.integer({ min: 16, max: 700 }), fc.integer({ min: 1, max: 5 }), ({ bytes }, pieces, windowBytes, limit) => {
        expect(readRecords(bytes, { sizes: pieces, windowBytes, limit }).records).toEqual(readRecords(bytes).records);
      }),
      { seed: 12, numRuns: 200 },
    );
  });

  test('cut anywhere gives the same records up to the cut, and says that it was cut', () => {
    fc.assert(
      fc.property(file, fc.nat(), sizes, ({ bytes }, n, pieces) => {
        const whole = readRecords(bytes);
        const cut = readRecords(bytes.subarray(0, 16 + (n % (bytes.length - 15))), { sizes: pieces });
        expect(cut.records).toEqual(whole.records.slice(0, cut.records.length));
        expect(cut.codes).toEqual(cut.complete ? [] : ['capture-cut-short']);
        if (cut.complete) expect(cut.anomalies).toEqual([]);
        else expect(cut.anomalies[0]!.frame).toBe(cut.records.length);
      }),
      { seed: 13, numRuns: 300 },
    );
  });

  test('with bytes changed, moved or lost is read to some end, with records that lie inside the file', () => {
    const change = fc.record({ at: fc.nat(), kind: fc.constantFrom('set', 'insert', 'remove'), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) });
    fc.assert(
      fc.property(file, fc.array(change, { minLength: 1, maxLength: 6 }), fc.integer({ min: 16, max: 3000 }), ({ bytes }, changes, windowBytes) => {
        let broken = [...bytes];
        for (const { at, kind, bytes: by } of changes) {
          const place = 16 + (at % Math.max(1, broken.length - 16));
          broken.splice(place, kind === 'insert' ? 0 : by.length, ...(kind === 'remove' ? [] : by));
        }
        broken = broken.slice(0, 50_000);
        const result = readRecords(Uint8Array.from(broken), { windowBytes });
        expect(result.records.reduce((sum, { data }) => sum + data.length / 2, 0)).toBeLessThanOrEqual(broken.length);
        expect(result.complete).toBe(result.anomalies.length === 0);
        for (const { time } of result.records) expect(Number.isInteger(time)).toBe(true);
      }),
      { seed: 14, numRuns: 600 },
    );
  });

  test('of noise behind a good header is read to some end', () => {
    const header = fc.constantFrom(toPcap([]), toPcapng([]), toPcapng([], { bigEndian: true }));
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 4000 }), sizes, (start, noise, pieces) => {
        const result = readRecords(Buffer.concat([start, noise]), { sizes: pieces, windowBytes: 64 });
        expect(result.window.block.bytes.length).toBeLessThan(16_384);
      }),
      { seed: 15, numRuns: 300 },
    );
  });
});
