import { describe, expect, test } from 'vitest';
import { START_SECONDS, toPcap } from '../../kit/capture-files.ts';
import { concat } from '../../kit/packets.ts';
import { readRecords } from './read-records.ts';

interface Record {
  readonly seconds?: number;
  readonly fraction?: number;
  readonly data?: readonly number[];
  /** What the header says, where that is not the truth. */
  readonly captured?: number;
  readonly original?: number;
}

/** A file laid out by hand, word by word. */
function pcap(magic: number, records: readonly Record[], options: { little?: boolean; minor?: number; network?: number; headerRest?: number; recordRest?: number } = {}): Uint8Array {
  const little = options.little ?? true;
  const parts: Uint8Array[] = [];
  const words = (...values: number[]): void => {
    const view = new DataView(new ArrayBuffer(4 * values.length));
    values.forEach((value, i) => view.setUint32(4 * i, value, little));
    parts.push(new Uint8Array(view.buffer));
  };
  words(magic);
  const version = new DataView(new ArrayBuffer(4));
  version.setUint16(0, 2, little);
  version.setUint16(2, options.minor ?? 4, little);
  parts.push(new Uint8Array(version.buffer));
  words(0, 0, 65_535, options.network ?? 1);
  parts.push(new Uint8Array(options.headerRest ?? 0));
  for (const { seconds = 1000, fraction = 0, data = [], captured = data.length, original = captured } of records) {
    words(seconds, fraction, captured, original);
    parts.push(new Uint8Array(options.recordRest ?? 0).fill(0xee), Uint8Array.from(data));
  }
  return concat(parts);
}

const packets = (count: number, size = 60): { time: number; bytes: Uint8Array }[] =>
  Array.from({ length: count }, (_, i) => ({ time: i / 1000, bytes: new Uint8Array(size).fill(i + 1) }));

describe('classic pcap', () => {
  const records = [
    { seconds: 1000, fraction: 999_999, data: [1, 2, 3] },
    { seconds: 1001, fraction: 0, data: [4] },
    { seconds: 999, fraction: 1, data: [5, 6] },
  ];
  const variants: [string, number, number[], object][] = [
    ['microseconds', 0xa1b2c3d4, [0, 1000, -1_999_998_000], {}],
    ['nanoseconds', 0xa1b23c4d, [0, 999_000_001, -1_000_999_998], {}],
    ['modified (Kuznetzov)', 0xa1b2cd34, [0, 1000, -1_999_998_000], { recordRest: 8 }],
    ['IXIA hardware', 0x1c0001ac, [0, 999_000_001, -1_000_999_998], { headerRest: 4 }],
    ['IXIA software', 0x1c0001ab, [0, 999_000_001, -1_000_999_998], { headerRest: 4 }],
  ];
  for (const [name, magic, times, options] of variants) {
    test.each([['little', true], ['big', false]])(`${name}, %s endian`, (_, little) => {
      const result = readRecords(pcap(magic, records, { ...options, little }));
      expect(result.records).toEqual([
        { frame: 1, time: times[0], linkType: 1, data: '010203' },
        { frame: 2, time: times[1], linkType: 1, data: '04' },
        { frame: 3, time: times[2], linkType: 1, data: '0506' },
      ]);
      expect(result.complete).toBe(true);
      expect(result.anomalies).toEqual([]);
    });
  }

  test('the first packet is told to the nanosecond', () => {
    const { facts } = readRecords(pcap(0xa1b23c4d, [{ seconds: 1_700_000_000, fraction: 123_456_789, data: [1] }]));
    expect(facts.startedAt).toEqual({ seconds: 1_700_000_000, nanoseconds: 123_456_789 });
  });

  test('seconds behind 2038 are not negative', () => {
    const { facts, records: read } = readRecords(pcap(0xa1b2c3d4, [{ seconds: 0x7fffffff, data: [1] }, { seconds: 0xfffffffe, fraction: 1, data: [1] }]));
    expect(facts.startedAt).toEqual({ seconds: 2_147_483_647, nanoseconds: 0 });
    expect(read[1]!.time).toBe((0xfffffffe - 0x7fffffff) * 1e9 + 1000);
  });

  test('the lengths stand the other way round before version 2.3', () => {
    const file = pcap(0xa1b2c3d4, [{ data: [1, 2], captured: 60, original: 2 }, { data: [3], captured: 60, original: 1 }], { minor: 2 });
    expect(readRecords(file).records.map(({ data }) => data)).toEqual(['0102', '03']);
  });

  test.each([[6, 1], [9, 6], [15, 10]])('AIX: interface type %i is link type %i, fractions are nanoseconds', (network, linkType) => {
    const records = [{ data: [1, 2], captured: 60, original: 2 }, { seconds: 1001, fraction: 5, data: [3], captured: 60, original: 1 }];
    expect(readRecords(pcap(0xa1b2c3d4, records, { little: false, minor: 2, network })).records).toEqual([
      { frame: 1, time: 0, linkType, data: '0102' },
      { frame: 2, time: 1_000_000_005, linkType, data: '03' },
    ]);
    const today = readRecords(pcap(0xa1b2c3d4, [{ data: [1] }, { seconds: 1001, fraction: 5, data: [1] }], { network }));
    expect(today.records.map((record) => [record.linkType, record.time])).toEqual([[network, 0], [network, 1_000_005_000]]);
  });

  test('link type is 16 bits; a frame check sequence is taken off as far as it was captured', () => {
    // Two words of FCS, its presence bit, LINKTYPE_LINUX_SLL2.
    const network = 0x2400_0000 | 276;
    const file = pcap(0xa1b2c3d4, [{ data: [1, 2, 3, 4, 5, 6, 7, 8] }, { data: [1, 2, 3, 4, 5, 6], original: 8 }, { data: [1, 2], original: 8 }], { network });
    const { records: read, facts } = readRecords(file);
    expect([...facts.linkTypes]).toEqual([276]);
    expect(read.map(({ data }) => data)).toEqual(['01020304', '01020304', '0102']);
  });

  test('a header without packets is a complete capture', () => {
    expect(readRecords(toPcap([]))).toMatchObject({ records: [], complete: true, codes: [] });
  });

  test('more records than a batch holds', () => {
    const { records: read } = readRecords(toPcap(packets(10_000, 4)));
    expect(read.length).toBe(10_000);
    expect(read.at(-1)).toMatchObject({ frame: 10_000, time: 9_999_000_000 });
  });
});

describe('damaged pcap', () => {
  test('cut inside a record: what came before, byte offset and frame', () => {
    const file = toPcap(packets(3));
    const result = readRecords(file.subarray(0, file.length - 1));
    expect(result.records.length).toBe(2);
    expect(result.complete).toBe(false);
    expect(result.anomalies).toEqual([
      { code: 'capture-cut-short', count: 1, byteOffset: 24 + 2 * 76, frame: 2, message: 'the file ends inside a record; its last 75 bytes are left out' },
    ]);
  });

  test('cut inside the file header', () => {
    expect(readRecords(toPcap([]).subarray(0, 20))).toMatchObject({ records: [], complete: false, codes: ['capture-cut-short'] });
  });

  test.each([0xffffffff, 0x7fffffff, 300_000, 200_000, 66_001])('a length of %i is absurd, and reading goes on at the next record', (length) => {
    const file = toPcap(packets(6));
    new DataView(file.buffer).setUint32(24 + 2 * 76 + 8, length, true);
    const result = readRecords(file);
    expect(result.records.map(({ data }) => data.slice(0, 2))).toEqual(['01', '02', '04', '05', '06']);
    expect(result.anomalies).toMatchObject([{ code: 'record-length-absurd', byteOffset: 24 + 2 * 76, frame: 2 }]);
    expect(result.anomalies[0]!.message).toMatch(new RegExp(`^a record says it is ${length} bytes long.*; 76 bytes were skipped$`));
    expect(result.complete).toBe(false);
  });

  test('an absurd length never makes the window grow', () => {
    const file = toPcap(packets(3));
    new DataView(file.buffer).setUint32(24 + 8, 0xf0000000, true);
    expect(readRecords(file, { windowBytes: 256 }).window.block.bytes.length).toBeLessThanOrEqual(512);
  });

  test('an absurd length before noise: nothing behind it is invented', () => {
    const noise = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 2_654_435_761) >>> 24);
    const result = readRecords(concat([toPcap(packets(2)), noise]));
    expect(result.records.length).toBe(2);
    expect(result.anomalies.length).toBe(1);
  });

  test('a block of zeros between records is skipped, whatever its length', () => {
    const file = toPcap(packets(8));
    const middle = 24 + 4 * 76;
    for (const zeros of [16, 100, 4097, 3_000_001]) {
      const result = readRecords(concat([file.subarray(0, middle), new Uint8Array(zeros), file.subarray(middle)]));
      expect(result.records.length, `${zeros} zeros`).toBe(8);
      expect(result.anomalies).toMatchObject([{ code: 'zero-block', count: 1, byteOffset: middle, frame: 4 }]);
      expect(result.anomalies[0]!.message).toContain(`${zeros} bytes were skipped`);
    }
  });

  test('zeros to the end of the file are one anomaly, not thousands of empty packets', () => {
    const result = readRecords(concat([toPcap(packets(2)), new Uint8Array(5_000_000)]));
    expect(result.records.length).toBe(2);
    expect(result.anomalies).toMatchObject([{ code: 'zero-block', count: 1, byteOffset: 24 + 2 * 76, frame: 2 }]);
    expect(result.window.block.bytes.length).toBe(1 << 20);
  });

  test('a packet of no bytes that has a time is a packet', () => {
    const result = readRecords(pcap(0xa1b2c3d4, [{ data: [1] }, { data: [] }, { data: [2] }]));
    expect(result.records.map(({ data }) => data)).toEqual(['01', '', '02']);
    expect(result.anomalies).toEqual([]);
  });

  test('a record larger than the window makes it grow', () => {
    const file = toPcap([{ time: 0, bytes: new Uint8Array(200_000).fill(7) }, { time: 1, bytes: Uint8Array.of(1) }]);
    const result = readRecords(file, { windowBytes: 64, sizes: [1000] });
    expect(result.records.map(({ data }) => data.length / 2)).toEqual([200_000, 1]);
  });

  test('an odd first time is the origin all the same', () => {
    const file = toPcap(packets(2));
    new DataView(file.buffer).setUint32(24 + 4, 4_000_000_000, true);
    const { facts, records: read } = readRecords(file);
    expect(facts.startedAt).toEqual({ seconds: START_SECONDS + 4000, nanoseconds: 0 });
    expect(read.map(({ time }) => time)).toEqual([0, -4000e9 + 1e6]);
  });
});

describe('files that were joined end to end', () => {
  const one = (magic: number, network: number, value: number, options: object = {}): Uint8Array => pcap(magic, [{ data: [value] }, { seconds: 1001, data: [value, value] }], { network, ...options });
  const whole = concat([one(0xa1b2c3d4, 1, 1), one(0xa1b2c3d4, 1, 2), one(0xa1b23c4d, 101, 3, { little: false }), one(0x1c0001ac, 113, 4, { headerRest: 4 })]);

  test.each([[Infinity], [1], [7], [100]])('had only their first read, since the next header passed for a packet: %d bytes at a time', (size) => {
    const { records, anomalies, complete, facts } = readRecords(whole, { sizes: [size] });
    expect(records.map(({ frame, linkType, data }) => [frame, linkType, data])).toEqual([
      [1, 1, '01'], [2, 1, '0101'], [3, 1, '02'], [4, 1, '0202'], [5, 101, '03'], [6, 101, '0303'], [7, 113, '04'], [8, 113, '0404'],
    ]);
    expect(anomalies).toMatchObject([{ code: 'joined-files', count: 3, frame: 2 }]);
    expect(complete).toBe(true);
    expect([...facts.linkTypes]).toEqual([1, 101, 113]);
  });

  test('may hold nothing but headers, as many as there are', () => {
    const headers = concat(Array.from({ length: 100_000 }, (_, i) => pcap(i % 2 === 0 ? 0xa1b2c3d4 : 0xa1b23c4d, [])));
    const { records, anomalies } = readRecords(headers);
    expect(records).toEqual([]);
    expect(anomalies).toMatchObject([{ code: 'joined-files', count: 99_999 }]);
  });

  test('may end in the middle of a header', () => {
    expect(readRecords(whole.subarray(0, 24 + 17 + 18 + 20)).codes).toEqual(['joined-files', 'capture-cut-short']);
  });
});
