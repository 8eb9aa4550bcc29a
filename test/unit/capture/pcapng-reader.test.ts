import { describe, expect, test } from 'vitest';
import { MAX_INTERFACES, PcapngReader } from '../../../main/capture/pcapng-reader.ts';
import { block, option, toPcapng } from '../../kit/capture-files.ts';
import { concat, latin1 } from '../../kit/packets.ts';
import { readRecords } from './read-records.ts';

/** Fields of a block: a number is 32 bits, [n] 16 bits, a bigint 64 bits as two halves, high first. */
function fields(little: boolean, ...values: (number | [number] | bigint | Uint8Array)[]): Uint8Array {
  return concat(
    values.map((value) => {
      if (value instanceof Uint8Array) return value;
      const view = new DataView(new ArrayBuffer(typeof value === 'bigint' ? 8 : typeof value === 'number' ? 4 : 2));
      if (typeof value === 'bigint') {
        view.setUint32(0, Number(value >> 32n), little);
        view.setUint32(4, Number(value & 0xffffffffn), little);
      } else if (typeof value === 'number') view.setUint32(0, value, little);
      else view.setUint16(0, value[0], little);
      return new Uint8Array(view.buffer);
    }),
  );
}

/** Blocks of one byte order. */
function writer(little = true) {
  const write = (type: number, ...values: (number | [number] | bigint | Uint8Array)[]): Uint8Array => block(type, [fields(little, ...values)], little);
  return {
    write,
    section: (major = 1) => write(0x0a0d0d0a, 0x1a2b3c4d, [major], [0], 0xffffffff, 0xffffffff),
    face: (linkType = 1, snapLength = 0, ...options: Uint8Array[]) => write(1, [linkType], [0], snapLength, ...options),
    packet: (face: number, time: bigint, data: number[], original = data.length) =>
      write(6, face, time, data.length, original, Uint8Array.from(data)),
    simple: (data: number[], original = data.length) => write(3, original, Uint8Array.from(data)),
    obsolete: (face: number, time: bigint, data: number[]) => write(2, [face], [0], time, data.length, data.length, Uint8Array.from(data)),
    option: (code: number, value: string | Uint8Array) => option(code, value, little),
  };
}

const resolution = (value: number): Uint8Array => Uint8Array.of(value);
const int64 = (value: bigint, little: boolean): Uint8Array => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, value, little);
  return new Uint8Array(view.buffer);
};

describe.each([['little', true], ['big', false]])('pcapng, %s endian', (_, little) => {
  const w = writer(little);

  test('enhanced packets with padding and options', () => {
    const options = [w.option(1, 'a comment'), w.option(2, Uint8Array.of(0, 0, 0, 1)), w.option(0, '')];
    const file = concat([
      w.section(),
      w.face(),
      w.packet(0, 1_000_000n, [1, 2, 3]),
      w.write(6, 0, 1_000_001n, 5, 9, Uint8Array.of(4, 5, 6, 7, 8, 0, 0, 0), ...options),
      w.packet(0, 999_999n, []),
    ]);
    const { records, anomalies, complete } = readRecords(file);
    expect(records).toEqual([
      { frame: 1, time: 0, linkType: 1, data: '010203' },
      { frame: 2, time: 1000, linkType: 1, data: '0405060708' },
      { frame: 3, time: -1000, linkType: 1, data: '' },
    ]);
    expect([anomalies, complete]).toEqual([[], true]);
  });

  test('nanoseconds since 1970 are exact although they do not fit a double', () => {
    const start = 1_767_322_800_123_456_789n;
    const file = concat([
      w.section(),
      w.face(1, 0, w.option(9, resolution(9))),
      ...[0n, 1n, 4_294_967_296n, -1n, 8_639_999_999_999_999n].map((later) => w.packet(0, start + later, [1])),
    ]);
    const { records, facts } = readRecords(file);
    expect(facts.startedAt).toEqual({ seconds: 1_767_322_800, nanoseconds: 123_456_789 });
    expect(records.map(({ time }) => time)).toEqual([0, 1, 4_294_967_296, -1, 8_639_999_999_999_999]);
  });

  test('each interface has its resolution and its offset', () => {
    const file = concat([
      w.section(),
      w.face(1, 0, w.option(9, resolution(9))),
      w.face(113, 0),
      w.face(101, 0, w.option(9, resolution(3)), w.option(14, int64(1_000_000n, little))),
      w.face(1, 0, w.option(9, resolution(0x80 | 10)), w.option(14, int64(-50n, little))),
      w.face(1, 0, w.option(9, resolution(12))),
      w.packet(0, 2_000_000_000_000_000_001n, [1]),
      w.packet(1, 2_000_000_000_000_500n, [2]),
      w.packet(2, 1_999_000_002_750n, [3]),
      w.packet(3, (2_000_000_050n << 10n) + 512n, [4]),
      w.packet(4, 2_000_000_000_000_000_001_999n & 0xffffffffffffffffn, [5]),
    ]);
    const { records, facts } = readRecords(file);
    expect(records.slice(0, 4).map(({ time, linkType }) => [time, linkType])).toEqual([
      [0, 1],
      [499_999, 113],
      [2_749_999_999, 101],
      [499_999_999, 1],
    ]);
    expect([...facts.linkTypes]).toEqual([1, 113, 101]);
  });

  test('interface ids restart in each section, and sections may differ in byte order', () => {
    const other = writer(!little);
    const file = concat([
      w.section(), w.face(1), w.face(113), w.packet(1, 5n, [1]),
      other.section(), other.face(101), other.packet(0, 6n, [2]),
      w.section(), w.face(276), w.packet(0, 7n, [3]), w.packet(1, 8n, [4]),
    ]);
    const result = readRecords(file);
    expect(result.records.map(({ frame, time, linkType, data }) => [frame, time, linkType, data])).toEqual([
      [1, 0, 113, '01'],
      [2, 1000, 101, '02'],
      [3, 2000, 276, '03'],
    ]);
    expect(result.anomalies).toMatchObject([{ code: 'interface-unknown', frame: 3, byteOffset: file.length - 36 }]);
  });

  test('simple packets keep the time before them and end at the snap length of interface 0', () => {
    const file = concat([
      w.section(), w.face(1, 4), w.simple([1, 2, 3, 4], 9), w.packet(0, 1000n, [9]), w.packet(0, 1007n, [9]), w.simple([5, 6, 7]), w.packet(0, 1008n, [8]),
    ]);
    expect(readRecords(file).records.map(({ time, data }) => [time, data])).toEqual([
      [0, '01020304'],
      [0, '09'],
      [7000, '09'],
      [7000, '050607'],
      [8000, '08'],
    ]);
  });

  test('obsolete packet blocks', () => {
    const file = concat([w.section(), w.face(1), w.face(101), w.obsolete(1, 10n, [1, 2]), w.obsolete(0, 11n, [3])]);
    expect(readRecords(file).records.map(({ time, linkType, data }) => [time, linkType, data])).toEqual([
      [0, 101, '0102'],
      [1000, 1, '03'],
    ]);
  });

  test('names, drops, host names and TLS keys are kept', () => {
    const name = (type: number, bytes: number[], ...names: string[]): Uint8Array =>
      w.option(type, concat([Uint8Array.from(bytes), latin1(names.map((one) => `${one}\0`).join(''))]));
    const count = (value: bigint): Uint8Array => {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigUint64(0, value, little);
      return new Uint8Array(view.buffer);
    };
    const keys = 'CLIENT_RANDOM 00 11\n';
    const file = concat([
      w.section(),
      w.face(1, 0, w.option(2, 'eth0'), w.option(3, 'the uplink'), w.option(0, '')),
      w.face(1),
      w.write(4, name(1, [192, 0, 2, 1], 'api.example', 'alias.example'), name(2, [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 'six.example'), w.option(0, '')),
      w.write(10, 0x544c534b, keys.length, latin1(keys)),
      w.write(10, 0x57474b4c, 4, latin1('wire')),
      w.write(5, 0, 0n, w.option(5, count(7n)), w.option(7, count(2n ** 33n)), w.option(0, '')),
      w.write(5, 0, 0n, w.option(5, count(9n))),
      w.write(5, 77, 0n, w.option(5, count(1n))),
    ]);
    const { reader, complete } = readRecords(file);
    expect(reader).toBeInstanceOf(PcapngReader);
    const { interfaces, extras } = reader as PcapngReader;
    expect(interfaces.map(({ name: label, description, droppedByInterface, droppedBySystem }) => [label, description, droppedByInterface, droppedBySystem])).toEqual([
      ['eth0', 'the uplink', 9, 2 ** 33],
      [null, null, null, null],
    ]);
    expect([...extras.hostNames]).toEqual([['192.0.2.1', 'api.example'], ['2001:db8::1', 'six.example']]);
    expect(extras.tlsKeyLogs).toEqual([keys]);
    expect(complete).toBe(true);
  });

  test('the frame check sequence an interface declares is no packet data', () => {
    const file = concat([w.section(), w.face(1, 0, w.option(13, Uint8Array.of(4))), w.packet(0, 1n, [1, 2, 3, 4, 5, 6]), w.packet(0, 1n, [1, 2, 3], 6)]);
    expect(readRecords(file).records.map(({ data }) => data)).toEqual(['0102', '0102']);
  });
});

describe('pcapng blocks that are no packets', () => {
  const w = writer();
  const around = (...middle: Uint8Array[]): Uint8Array => concat([w.section(), w.face(), w.packet(0, 1n, [1]), ...middle, w.packet(0, 2n, [2])]);

  test('unknown blocks are skipped without an anomaly', () => {
    const result = readRecords(around(w.write(0x80000001, 1, 2, 3), w.write(0x7777, new Uint8Array(5))));
    expect(result.records.map(({ frame, data }) => [frame, data])).toEqual([[1, '01'], [2, '02']]);
    expect([result.anomalies, result.complete]).toEqual([[], true]);
  });

  // Seen in tshark 4.0: `tshark -r` numbers these blocks as frames of their own.
  test.each([['custom', 0xbad], ['custom, not to be copied', 0x40000bad], ['journal', 9], ['sysdig event', 0x204]])(
    'a %s block takes a frame number, as in Wireshark',
    (_, type) => {
      const result = readRecords(around(w.write(type, 32_473, 1), w.write(type, 32_473, 2)));
      expect(result.records.map(({ frame, data }) => [frame, data])).toEqual([[1, '01'], [4, '02']]);
      expect(result.facts.packets).toBe(2);
    },
  );
});

describe('damaged pcapng', () => {
  const w = writer();
  const packets = Array.from({ length: 6 }, (_, i) => ({ time: i, bytes: new Uint8Array(60).fill(i + 1) }));
  const good = toPcapng(packets);
  const firstPacket = 28 + 20;
  const packetBlock = 32 + 60;
  const seen = (file: Uint8Array): string[] => readRecords(file).records.map(({ data }) => data.slice(0, 2));

  test('cut inside a block', () => {
    expect(readRecords(good.subarray(0, good.length - 3))).toMatchObject({
      complete: false,
      anomalies: [{ code: 'capture-cut-short', frame: 5, byteOffset: firstPacket + 5 * packetBlock }],
    });
  });

  test.each([[0, 5], [4, 0xfffffff0], [4, 16 << 20], [4, 4]])('a block length gone wrong (case %#): the block after it is found', (_, length) => {
    const file = good.slice();
    const at = firstPacket + 2 * packetBlock;
    new DataView(file.buffer).setUint32(at + 4, length, true);
    expect(seen(file)).toEqual(['01', '02', '04', '05', '06']);
    const { anomalies, complete } = readRecords(file);
    expect(anomalies).toMatchObject([{ code: 'block-unreadable', byteOffset: at, frame: 2 }]);
    expect(anomalies[0]!.message).toContain(`${packetBlock} bytes were skipped`);
    expect(complete).toBe(false);
  });

  test('the two lengths of a block differ', () => {
    const file = good.slice();
    const at = firstPacket + packetBlock;
    new DataView(file.buffer).setUint32(at + packetBlock - 4, 91, true);
    expect(seen(file)).toEqual(['01', '03', '04', '05', '06']);
    expect(readRecords(file).codes).toEqual(['block-unreadable']);
  });

  test('zeros between blocks', () => {
    const at = firstPacket + 3 * packetBlock;
    for (const zeros of [4, 12, 4096, 2_000_000]) {
      const file = concat([good.subarray(0, at), new Uint8Array(zeros), good.subarray(at)]);
      expect(seen(file), `${zeros} zeros`).toEqual(['01', '02', '03', '04', '05', '06']);
      expect(readRecords(file).anomalies).toMatchObject([{ count: 1, byteOffset: at, frame: 3 }]);
    }
  });

  test('a captured length above the block: the packet is left out, the next one read', () => {
    const file = good.slice();
    new DataView(file.buffer).setUint32(firstPacket + packetBlock + 20, 61, true);
    expect(seen(file)).toEqual(['01', '03', '04', '05', '06']);
    const anomaly = readRecords(file).anomalies[0]!;
    expect(anomaly).toMatchObject({ code: 'record-length-absurd', frame: 1, byteOffset: firstPacket + packetBlock });
  });

  test('packet blocks too short to hold a packet', () => {
    for (const [type, size] of [[6, 0], [6, 16], [2, 8], [3, 0]] as const) {
      const result = readRecords(concat([w.section(), w.face(), block(type, [new Uint8Array(size)]), w.packet(0, 1n, [1])]));
      expect(result.codes).toEqual(['record-length-absurd']);
      expect(result.records.length).toBe(1);
    }
  });

  test('a packet before any interface', () => {
    const result = readRecords(concat([w.section(), w.packet(0, 1n, [1]), w.simple([1]), w.face(), w.packet(0, 1n, [2])]));
    expect(result.records.map(({ data }) => data)).toEqual(['02']);
    expect(result.anomalies).toMatchObject([{ code: 'interface-unknown', count: 2, frame: 0 }]);
  });

  test('a section of an unknown version ends the reading, with what came before', () => {
    const result = readRecords(concat([w.section(), w.face(), w.packet(0, 1n, [1]), w.section(2), w.face(), w.packet(0, 1n, [2])]));
    expect(result.records.length).toBe(1);
    expect(result.anomalies).toMatchObject([{ code: 'section-version-unsupported', frame: 1 }]);
  });

  test('a length that is no multiple of 4 is padded, as some writers do', () => {
    const odd = w.write(0x7777, Uint8Array.of(1));
    const view = new DataView(odd.buffer);
    view.setUint32(4, 13, true);
    view.setUint32(12, 13, true);
    expect(readRecords(concat([w.section(), w.face(), odd, w.packet(0, 1n, [1])]))).toMatchObject({ codes: [], complete: true });
  });

  test('options that run out of their block are not followed', () => {
    const lying = w.face(1, 0, Uint8Array.of(2, 0, 0xff, 0xff, 1, 2, 3, 4));
    const { reader } = readRecords(concat([w.section(), lying]));
    expect((reader as PcapngReader).interfaces[0]!.name).toBeNull();
  });

  test('a host name without its zero ends with its record, and at 255 bytes', () => {
    const unended = w.option(1, Uint8Array.of(10, 0, 0, 1, 0x61, 0x62, 0x63, 0x64));
    const long = w.option(1, concat([Uint8Array.of(10, 0, 0, 2), new Uint8Array(1000).fill(0x78)]));
    const { extras } = readRecords(concat([w.section(), w.write(4, unended, long)])).reader as PcapngReader;
    expect([...extras.hostNames]).toEqual([['10.0.0.1', 'abcd'], ['10.0.0.2', 'x'.repeat(255)]]);
  });

  test('interfaces and keys are bounded', () => {
    const face = w.face();
    const faces = concat(Array.from({ length: MAX_INTERFACES + 2 }, () => face));
    const result = readRecords(concat([w.section(), faces, w.packet(MAX_INTERFACES - 1, 1n, [1]), w.packet(MAX_INTERFACES, 1n, [2])]));
    expect(result.codes).toEqual(['interfaces-too-many', 'interface-unknown']);
    expect(result.records.map(({ data }) => data)).toEqual(['01']);

    const key = w.write(10, 0x544c534b, 1 << 20, new Uint8Array(1 << 20).fill(0x41));
    const { extras } = readRecords(concat([w.section(), ...Array.from({ length: 12 }, () => key)])).reader as PcapngReader;
    expect(extras.tlsKeyLogs.length).toBe(8);
    expect(extras.overflowed).toBe(true);
  });
});
