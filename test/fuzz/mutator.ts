import { concat } from '../kit/packets.ts';
import { seeded } from '../kit/random.ts';
import type { Random } from '../kit/random.ts';

/** A capture that mutations start from. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Mutation {
  readonly bytes: Uint8Array;
  /** What was done, for people. */
  readonly story: string;
}

/** One damaged capture; the same seeds and number give the same bytes. */
export function mutate(seeds: readonly Seed[], number: number): Mutation {
  const random = seeded(number);
  const seed = seeds[random(seeds.length)]!;
  let bytes: Uint8Array = seed.bytes.slice();
  const story = [seed.name];
  for (let rounds = 1 + random(3); rounds > 0; rounds--) {
    const [name, operation] = OPERATIONS[random(OPERATIONS.length)]!;
    if (bytes.length < 32) break;
    bytes = operation(bytes, random, seeds);
    story.push(name);
  }
  return { bytes, story: story.join(', ') };
}

type Operation = (bytes: Uint8Array, random: Random, seeds: readonly Seed[]) => Uint8Array;

const OPERATIONS: readonly (readonly [string, Operation])[] = [
  ['bits flipped', flipBits],
  ['bytes overwritten', overwrite],
  ['cut', (bytes, random) => bytes.subarray(0, random(bytes.length))],
  ['spliced', splice],
  ['bytes inserted', insert],
  ['bytes removed', remove],
  ['zeros', zeros],
  ['length changed', changeLength],
  ['records swapped', swapRecords],
  ['header field changed', changeHeader],
  ['record doubled', doubleRecord],
];

const TELLING = [0, 1, 2, 3, 4, 5, 15, 16, 19, 20, 39, 40, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

function flipBits(bytes: Uint8Array, random: Random): Uint8Array {
  for (let count = 1 + random(16); count > 0; count--) bytes[random(bytes.length)]! ^= 1 << random(8);
  return bytes;
}

function overwrite(bytes: Uint8Array, random: Random): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let count = 1 + random(4); count > 0; count--) {
    const value = TELLING[random(TELLING.length)]!;
    const width = 1 << random(3);
    const at = random(bytes.length - width);
    if (width === 1) view.setUint8(at, value);
    else if (width === 2) view.setUint16(at, value, random(2) === 0);
    else view.setUint32(at, value, random(2) === 0);
  }
  return bytes;
}

/** The front of one capture and the back of another. */
function splice(bytes: Uint8Array, random: Random, seeds: readonly Seed[]): Uint8Array {
  const other = seeds[random(seeds.length)]!.bytes;
  return concat([bytes.subarray(0, random(bytes.length)), other.subarray(random(other.length))]);
}

function insert(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random(bytes.length);
  const more = Uint8Array.from({ length: 1 + random(64) }, () => random(256));
  return concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}

function remove(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random(bytes.length);
  return concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(64))]);
}

function zeros(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random(bytes.length);
  return bytes.fill(0, at, at + 1 + random(600));
}

/** Another length in a record's header. */
function changeLength(bytes: Uint8Array, random: Random): Uint8Array {
  const record = anyRecord(bytes, random);
  if (record === null) return overwrite(bytes, random);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = record.start + record.lengthAt + 4 * random(2);
  if (at + 4 > bytes.length) return bytes;
  const old = view.getUint32(at, record.little);
  view.setUint32(at, random(2) === 0 ? TELLING[random(TELLING.length)]! : old + random(9) - 4, record.little);
  return bytes;
}

/** A field of a packet's link, IP or TCP header, where the lengths and flags are. */
function changeHeader(bytes: Uint8Array, random: Random): Uint8Array {
  const record = anyRecord(bytes, random);
  const at = record === null ? bytes.length : record.start + record.dataAt + random(70);
  if (at >= bytes.length) return bytes;
  bytes[at] = random(3) === 0 ? random(256) : TELLING[random(14)]! & 0xff;
  return bytes;
}

function swapRecords(bytes: Uint8Array, random: Random): Uint8Array {
  const one = anyRecord(bytes, random), two = anyRecord(bytes, random);
  if (one === null || two === null || one.start === two.start) return bytes;
  const [a, b] = one.start < two.start ? [one, two] : [two, one];
  return concat([bytes.subarray(0, a.start), bytes.subarray(b.start, b.end), bytes.subarray(a.end, b.start), bytes.subarray(a.start, a.end), bytes.subarray(b.end)]);
}

function doubleRecord(bytes: Uint8Array, random: Random): Uint8Array {
  const record = anyRecord(bytes, random);
  return record === null ? bytes : concat([bytes.subarray(0, record.end), bytes.subarray(record.start)]);
}

interface RecordPlace {
  readonly start: number;
  readonly end: number;
  readonly little: boolean;
  /** Offsets in the record of its lengths and of the packet's bytes. */
  readonly lengthAt: number;
  readonly dataAt: number;
}

/** A record of a pcap file or a block of a pcapng file, as far as those before it can be walked. */
function anyRecord(bytes: Uint8Array, random: Random): RecordPlace | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 40) return null;
  const isNg = view.getUint32(0) === 0x0a0d0d0a;
  const little = isNg ? view.getUint32(8, true) === 0x1a2b3c4d : (bytes[0]! & 0xf0) !== 0xa0;
  const lengthAt = isNg ? 4 : 8;
  const dataAt = isNg ? 28 : 16;
  let found: RecordPlace | null = null;
  let seen = 0;
  for (let start = isNg ? 0 : 24; start + dataAt <= bytes.length && seen < 400; seen++) {
    const length = view.getUint32(start + lengthAt, little);
    const end = start + (isNg ? length : dataAt + length);
    if (end <= start || end > bytes.length) break;
    if (random(seen + 1) === 0) found = { start, end, little, lengthAt, dataAt };
    start = end;
  }
  return found;
}
