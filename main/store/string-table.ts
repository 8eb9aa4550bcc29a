import { ByteBlock } from '../capture/record-batch.ts';

const PAGE_BITS = 20;
const PAGE_SIZE = 1 << PAGE_BITS;
/** Longer strings are cut: no field that a report names is longer. */
const MAX_LENGTH = 16_384;
/** Ids from here on are addresses of strings that `keep` took. */
const KEPT = 0x8000_0000;
const RECENT = 4096;
const SAMPLES = 256;

const QUESTION_MARK = 63;
const DIGIT_0 = 48;
const DIGIT_9 = 57;

/**
 * Byte strings of captures: hosts, methods, targets, agents. 0 is the absent string. What comes from a capture is kept
 * as bytes and read as Latin-1, one character per byte, so that nothing is lost or misread.
 *
 * The bytes lie in pages of 1 MiB, each string behind its length in two bytes; an address is page and offset.
 */
export class StringTable {
  private readonly pages: ByteBlock[] = [];
  /** Offset of the next free byte in the last page. */
  private used = PAGE_SIZE;
  private addresses = new Uint32Array(1 << 3);
  private hashes = new Int32Array(1 << 3);
  private places = new Int32Array(1 << 5);
  private count = 1;
  /** The last id seen with some bytes in common: most fields are what they were in a message not long ago. */
  private readonly samples = new Int32Array(SAMPLES);
  private readonly recent = new Uint32Array(RECENT);
  private readonly recentHashes = new Int32Array(RECENT);
  /** The bytes that were given last, nearly always the same block. */
  private source = new ByteBlock(new Uint8Array(0));

  /** The id of the bytes [start, end), the same for the same bytes; small numbers, in the order they came. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length <= 0) return 0;
    const sample = (length + bytes[start]! + 3 * bytes[end - 1]! + 5 * bytes[start + (length >> 1)]! + 7 * bytes[start + (length >> 2)]!) & (SAMPLES - 1);
    const seen = this.samples[sample]!;
    const block = this.blockOf(bytes);
    if (seen !== 0 && this.equals(this.addresses[seen]!, block, start, length)) return seen;
    return (this.samples[sample] = this.find(block, start, Math.min(length, MAX_LENGTH)));
  }

  /** An id of the bytes [start, end), for what is new nearly every time (targets): the same bytes may get another id later. */
  keep(bytes: Uint8Array, start: number, end: number): number {
    const length = Math.min(end - start, MAX_LENGTH);
    if (length <= 0) return 0;
    const block = this.blockOf(bytes);
    const hash = hashOf(block, start, length);
    const place = hash & (RECENT - 1);
    const seen = this.recent[place]!;
    if (this.recentHashes[place] === hash && seen !== 0 && this.equals(seen - KEPT, block, start, length)) return seen;
    const address = this.store(block, start, length);
    this.recentHashes[place] = hash;
    // Behind 2 GiB of targets none is kept any more.
    return address >= KEPT ? 0 : (this.recent[place] = address + KEPT);
  }

  internText(text: string): number {
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return this.intern(bytes, 0, bytes.length);
  }

  /** Whether two ids are of the same bytes: what `keep` took may have several. */
  same(a: number, b: number): boolean {
    if (a === b) return true;
    if (a === 0 || b === 0) return false;
    const address = this.addressOf(a);
    const page = this.pages[address >>> PAGE_BITS]!;
    const at = address & (PAGE_SIZE - 1);
    return this.equals(this.addressOf(b), page, at + 2, page.view.getUint16(at, true));
  }

  /** The same for ids of the same bytes. */
  hash(id: number): number {
    if (id === 0) return 0;
    const address = this.addressOf(id);
    const page = this.pages[address >>> PAGE_BITS]!;
    const at = address & (PAGE_SIZE - 1);
    return hashOf(page, at + 2, page.view.getUint16(at, true));
  }

  /**
   * A hash of a request target's path, its digits left out and its query cut off: "/item/42?x=1" and "/item/7" are of one
   * shape. Two shapes that share one by chance (once in 2^30) would be taken for one.
   */
  pathShape(id: number): number {
    if (id === 0) return 0;
    const address = this.addressOf(id);
    const page = this.pages[address >>> PAGE_BITS]!.bytes;
    const at = address & (PAGE_SIZE - 1);
    const end = at + 2 + page[at]! + 256 * page[at + 1]!;
    let hash = 0;
    for (let i = at + 2; i < end; i++) {
      const octet = page[i]!;
      if (octet === QUESTION_MARK) break;
      if (octet < DIGIT_0 || octet > DIGIT_9) hash = Math.imul(hash ^ octet, 0x01000193);
    }
    return (hash ^ (hash >>> 13)) & 0x3fff_ffff;
  }

  /** The string, one character per byte; '' for 0. */
  text(id: number): string {
    if (id === 0) return '';
    const address = this.addressOf(id);
    const page = this.pages[address >>> PAGE_BITS]!.bytes;
    const at = address & (PAGE_SIZE - 1);
    const end = at + 2 + page[at]! + 256 * page[at + 1]!;
    let text = '';
    for (let i = at + 2; i < end; i++) text += String.fromCharCode(page[i]!);
    return text;
  }

  /** Where the octets of a string (not 0) lie: from `start` to `end` of its page. */
  page(id: number): Uint8Array {
    return this.pages[this.addressOf(id) >>> PAGE_BITS]!.bytes;
  }

  /** Of a string (not 0). */
  firstOctet(id: number): number {
    const address = this.addressOf(id);
    return this.pages[address >>> PAGE_BITS]!.bytes[(address & (PAGE_SIZE - 1)) + 2]!;
  }

  start(id: number): number {
    return (this.addressOf(id) & (PAGE_SIZE - 1)) + 2;
  }

  end(id: number): number {
    const start = this.start(id);
    const page = this.page(id);
    return start + page[start - 2]! + 256 * page[start - 1]!;
  }

  private addressOf(id: number): number {
    return id >= KEPT ? id - KEPT : this.addresses[id]!;
  }

  private blockOf(bytes: Uint8Array): ByteBlock {
    if (this.source.bytes !== bytes) this.source = new ByteBlock(bytes);
    return this.source;
  }

  private find(block: ByteBlock, start: number, length: number): number {
    const hash = hashOf(block, start, length);
    const mask = this.places.length - 1;
    let place = hash & mask;
    for (; this.places[place] !== 0; place = (place + 1) & mask) {
      const id = this.places[place]!;
      if (this.hashes[id] === hash && this.equals(this.addresses[id]!, block, start, length)) return id;
    }
    const id = this.count++;
    if (id === this.hashes.length) this.grow();
    this.addresses[id] = this.store(block, start, length);
    this.hashes[id] = hash;
    this.put(id);
    return id;
  }

  private put(id: number): void {
    const mask = this.places.length - 1;
    let place = this.hashes[id]! & mask;
    while (this.places[place] !== 0) place = (place + 1) & mask;
    this.places[place] = id;
  }

  private equals(address: number, { bytes, view }: ByteBlock, start: number, length: number): boolean {
    const page = this.pages[address >>> PAGE_BITS]!;
    const at = (address & (PAGE_SIZE - 1)) + 2;
    if (page.view.getUint16(at - 2, true) !== length) return false;
    const words = length - 3;
    let i = 0;
    for (; i < words; i += 4) if (page.view.getInt32(at + i) !== view.getInt32(start + i)) return false;
    for (; i < length; i++) if (page.bytes[at + i] !== bytes[start + i]) return false;
    return true;
  }

  /** Copies the bytes; returns their address. */
  private store({ bytes, view }: ByteBlock, start: number, length: number): number {
    if (this.used + 2 + length > PAGE_SIZE) {
      this.pages.push(new ByteBlock(new Uint8Array(PAGE_SIZE)));
      this.used = 0;
    }
    const last = this.pages.length - 1;
    const page = this.pages[last]!;
    const at = this.used + 2;
    page.view.setUint16(at - 2, length, true);
    const words = length - 3;
    let i = 0;
    for (; i < words; i += 4) page.view.setInt32(at + i, view.getInt32(start + i));
    for (; i < length; i++) page.bytes[at + i] = bytes[start + i]!;
    this.used = at + length;
    return last * PAGE_SIZE + at - 2;
  }

  private grow(): void {
    const addresses = new Uint32Array(this.addresses.length * 2);
    addresses.set(this.addresses);
    this.addresses = addresses;
    const hashes = new Int32Array(this.hashes.length * 2);
    hashes.set(this.hashes);
    this.hashes = hashes;
    this.places = new Int32Array(this.places.length * 2);
    for (let id = 1; id < this.count - 1; id++) this.put(id);
  }
}

function hashOf({ bytes, view }: ByteBlock, start: number, length: number): number {
  const end = start + length;
  let hash = length;
  let i = start;
  for (; i + 4 <= end; i += 4) hash = Math.imul(hash ^ (hash >>> 15) ^ view.getInt32(i), 0x9e3779b1);
  for (; i < end; i++) hash = Math.imul(hash ^ (hash >>> 15) ^ bytes[i]!, 0x9e3779b1);
  return hash ^ (hash >>> 15);
}
