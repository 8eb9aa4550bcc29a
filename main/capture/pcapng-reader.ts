import { CLOCK_STEP, type CaptureFacts } from './capture-facts.ts';
import { beginsPcap } from './pcap-reader.ts';
import type { CaptureInterface } from './pcapng-blocks.ts';
import { BlockType, BYTE_ORDER_MAGIC, CaptureExtras, isFrameWithoutPacket, readInterface, readNames, readSecrets, readStatistics } from './pcapng-blocks.ts';
import type { ReadWindow } from './read-window.ts';
import type { RecordBatch } from './record-batch.ts';
import type { RecordReader } from './record-reader.ts';
import { MAX_RECORD_BYTES, reportCut, tellJoined, withoutFcs } from './record-reader.ts';
import type { Damage } from './resynchronise.ts';
import { resynchronise, SUSPICIOUS_BYTES } from './resynchronise.ts';
import type { TimeOrigin } from './time-origin.ts';

/** Interfaces kept of a file; described anew in each section. */
export const MAX_INTERFACES = 65_536;
/** Of the shortest block: type, length, length again. */
const MIN_BLOCK = 12;
const MIN_SECTION_HEADER = 28;
/** Where the data starts in an enhanced packet block, an obsolete packet block (both the same) and a simple one. */
const PACKET_DATA = 28;
const SIMPLE_DATA = 12;
/** Fixed fields that a block must hold to be looked at. */
const MIN_BODY: ReadonlyMap<number, number> = new Map<number, number>([
  [BlockType.interfaceDescription, 8],
  [BlockType.interfaceStatistics, 12],
]);

/** pcapng (draft-ietf-opsawg-pcapng): blocks in sections, each section with its own byte order and interfaces. */
export class PcapngReader implements RecordReader {
  readonly format = 'pcapng';
  readonly facts: CaptureFacts;
  readonly extras = new CaptureExtras();
  /** Of all sections, in the order of the file. */
  readonly interfaces: CaptureInterface[] = [];
  finished = false;
  next: 'pcap' | null = null;
  private readonly origin: TimeOrigin;
  private littleEndian = true;
  /** Of the current section: index of its first interface in `interfaces`, which ids count from. */
  private firstInterface = 0;
  /** Interfaces whose clock is related to the origin. */
  private readonly running = new Set<CaptureInterface>();
  /** Time of the last packet that has one: a simple packet takes it over. */
  private lastTime = 0;
  private damage: Damage | null = null;

  constructor(facts: CaptureFacts, origin: TimeOrigin) {
    this.facts = facts;
    this.origin = origin;
  }

  walk(window: ReadWindow, batch: RecordBatch, limit: number): void {
    batch.count = 0;
    batch.block = window.block;
    this.next = null;
    if (this.finished) return;
    if (this.damage !== null && !this.recover(window, this.damage)) return;

    const { facts } = this;
    const { view } = window.block;
    const { offset, captured, linkType, time, details } = batch;
    batch.lengthBefore = 4;
    const end = window.end;
    let at = window.start;
    let littleEndian = this.littleEndian;
    let { earliest, latest } = facts;
    let now = this.lastTime;
    // What the loop needs of the interface of the last packet.
    let interfaceId = -1;
    let source: CaptureInterface | null = null;
    let scale = 0;
    let baseHigh = 0;
    let baseLow = 0;
    let shift = 0;
    let count = 0;
    // Kept up to date where an anomaly may want it.
    let framesBefore = facts.frames;
    while (count < limit) {
      if (at + MIN_BLOCK > end) break;
      const type = view.getUint32(at, littleEndian);
      // The section header's type reads the same both ways; its byte order goes for its own length already.
      if (type === BlockType.sectionHeader) littleEndian = this.littleEndian = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      const total = view.getUint32(at + 4, littleEndian);
      if (total < MIN_BLOCK || total > MAX_RECORD_BYTES || (type === BlockType.sectionHeader && total < MIN_SECTION_HEADER)) {
        this.lose(window, at, type, `a block says it is ${total} bytes long`);
        break;
      }
      // A length that is no multiple of 4 is an error of some writers, who pad nonetheless.
      const next = at + ((total + 3) & ~3);
      if (next > end) break;
      if (view.getUint32(next - 4, littleEndian) !== total) {
        this.lose(window, at, type, `a block's two lengths differ (${total} and ${view.getUint32(next - 4, littleEndian)})`);
        break;
      }

      if (type === BlockType.enhancedPacket || type === BlockType.obsoletePacket) {
        const id = type === BlockType.enhancedPacket ? view.getUint32(at + 8, littleEndian) : view.getUint16(at + 8, littleEndian);
        const length = next - at >= PACKET_DATA + 4 ? view.getUint32(at + 20, littleEndian) : Infinity;
        if (length > next - at - PACKET_DATA - 4) {
          facts.frames = framesBefore + count;
          this.skipPacket(window, at, length);
          at = next;
          continue;
        }
        const high = view.getUint32(at + 12, littleEndian);
        const low = view.getUint32(at + 16, littleEndian);
        if (id !== interfaceId) {
          facts.frames = framesBefore + count;
          source = this.interfaceOf(id, window, at);
          if (source === null) {
            interfaceId = -1;
            at = next;
            continue;
          }
          interfaceId = id;
          this.startClock(source, high, low);
          ({ scale, baseHigh, baseLow, shift } = source.clock);
        }
        now = scale > 0 ? ((high - baseHigh) * 4_294_967_296 + (low - baseLow)) * scale - shift : source!.clock.slow(high, low);
        const { fcsLength } = source!;
        offset[count] = at + PACKET_DATA;
        captured[count] = fcsLength === 0 ? length : withoutFcs(length, view.getUint32(at + 24, littleEndian), fcsLength);
        linkType[count] = source!.linkType;
        if (details !== null) {
          details.original[count] = view.getUint32(at + 24, littleEndian) - fcsLength;
          details.source[count] = this.firstInterface + id;
          details.options[count] = at + PACKET_DATA + ((length + 3) & ~3);
          details.optionsEnd[count] = next - 4;
          details.littleEndian[count] = littleEndian ? 1 : 0;
        }
      } else if (type === BlockType.simplePacket) {
        facts.frames = framesBefore + count;
        const simple = next - at >= 16 ? this.interfaceOf(0, window, at) : null;
        if (simple === null) {
          if (next - at < 16) this.skipPacket(window, at, Infinity);
          at = next;
          continue;
        }
        const original = view.getUint32(at + 8, littleEndian);
        const length = Math.min(original, next - at - 16, simple.snapLength === 0 ? Infinity : simple.snapLength);
        offset[count] = at + SIMPLE_DATA;
        captured[count] = simple.fcsLength === 0 ? length : withoutFcs(length, original, simple.fcsLength);
        linkType[count] = simple.linkType;
        if (details !== null) {
          details.original[count] = original - simple.fcsLength;
          details.source[count] = this.firstInterface;
          details.options[count] = details.optionsEnd[count] = 0;
        }
      } else if (isFrameWithoutPacket(type)) {
        // Frames of a batch are numbered in a row: it ends before a number that is no packet's.
        if (count > 0) break;
        framesBefore++;
        at = next;
        continue;
      } else {
        facts.frames = framesBefore + count;
        if (!this.describe(window, at, next, type)) break;
        if (type === BlockType.sectionHeader) interfaceId = -1;
        at = next;
        continue;
      }

      if (now < earliest) earliest = now;
      if (now > latest) latest = now;
      else {
        const before = count > 0 ? time[count - 1]! : this.lastTime;
        if (before - now >= CLOCK_STEP) facts.setBack(framesBefore + count + 1, before, now);
      }
      time[count] = now;
      count++;
      at = next;
    }
    this.lastTime = now;
    batch.littleEndian = littleEndian;
    window.start = at;
    batch.count = count;
    facts.earliest = earliest;
    facts.latest = latest;
    facts.packets += count;
    facts.frames = framesBefore + count;
    if (count > 0 || this.finished) return;
    if (end - at >= MIN_BLOCK && beginsPcap(view, at)) {
      tellJoined(facts, window, at, facts.frames);
      this.next = 'pcap';
    } else if (this.damage !== null) this.walk(window, batch, limit);
    else if (window.ended) this.end(window, batch, limit);
  }

  /** The source has ended, and what is left is no whole block. */
  private end(window: ReadWindow, batch: RecordBatch, limit: number): void {
    const { start, end, source } = window;
    const total = end - start < MIN_BLOCK ? 0 : window.block.view.getUint32(start + 4, this.littleEndian);
    if (total <= SUSPICIOUS_BYTES || source.interrupted) return this.finish(window);
    const what = `a block says it is ${total} bytes long, more than the rest of the file`;
    this.damage = { code: 'block-unreadable', byteOffset: window.offset, what, atEnd: true };
    this.walk(window, batch, limit);
  }

  private finish(window: ReadWindow): void {
    this.finished = true;
    reportCut(window, this.facts, 'the file ends inside a block');
  }

  /** A block that is no packet. False: nothing behind it can be read. */
  private describe(window: ReadWindow, at: number, next: number, type: number): boolean {
    const { block } = window;
    const { littleEndian } = this;
    const body = at + 8;
    const end = next - 4;
    if (end - body < (MIN_BODY.get(type) ?? 0)) return true;
    switch (type) {
      case BlockType.sectionHeader:
        return this.startSection(window, at);
      case BlockType.interfaceDescription:
        this.addInterface(readInterface(block, body, end, littleEndian), window, at);
        break;
      case BlockType.interfaceStatistics: {
        const target = this.interfaces[this.firstInterface + block.view.getUint32(body, littleEndian)];
        if (target !== undefined) readStatistics(block, body, end, littleEndian, target);
        break;
      }
      case BlockType.nameResolution:
        readNames(block, body, end, littleEndian, this.extras);
        break;
      case BlockType.decryptionSecrets:
        readSecrets(block, body, end, littleEndian, this.extras);
        break;
      default:
      // Section 3.1: readers skip what they do not know.
    }
    return true;
  }

  private startSection(window: ReadWindow, at: number): boolean {
    const major = window.block.view.getUint16(at + 12, this.littleEndian);
    this.firstInterface = this.interfaces.length;
    if (major === 1) return true;
    this.facts.complete = false;
    const message = `a section is in version ${major} of pcapng, which is not known; it and what follows were not read`;
    this.facts.anomaly('section-version-unsupported', window.base + at, message);
    this.finished = true;
    return false;
  }

  private addInterface(added: CaptureInterface, window: ReadWindow, at: number): void {
    if (this.interfaces.length >= MAX_INTERFACES) {
      this.facts.complete = false;
      const message = `more than ${MAX_INTERFACES} interfaces are described; packets of the further ones were left out`;
      this.facts.anomaly('interfaces-too-many', window.base + at, message);
      return;
    }
    this.interfaces.push(added);
    this.facts.linkTypes.add(added.linkType);
  }

  private interfaceOf(id: number, window: ReadWindow, at: number): CaptureInterface | null {
    const found = this.interfaces[this.firstInterface + id];
    if (found !== undefined) return found;
    this.facts.complete = false;
    this.facts.anomaly('interface-unknown', window.base + at, `a packet of interface ${id}, which the section does not describe, was left out`);
    return null;
  }

  private startClock(source: CaptureInterface, high: number, low: number): void {
    if (this.running.has(source)) return;
    this.running.add(source);
    this.facts.startedAt ??= source.clock.absolute(high, low);
    source.clock.start(this.origin.fix(this.facts.startedAt));
  }

  private skipPacket(window: ReadWindow, at: number, length: number): void {
    this.facts.complete = false;
    const what = length === Infinity ? 'a packet block is too short to hold a packet' : `a packet says it is ${length} bytes long, more than the block around it`;
    this.facts.anomaly('record-length-absurd', window.base + at, `${what}; it was left out`);
  }

  private lose(window: ReadWindow, at: number, type: number, what: string): void {
    if (beginsPcap(window.block.view, at)) return;
    const zero = type === 0 && window.block.view.getUint32(at + 4, true) === 0;
    this.damage = zero
      ? { code: 'zero-block', byteOffset: window.base + at, what: 'zeros stand where a block should be' }
      : { code: 'block-unreadable', byteOffset: window.base + at, what };
  }

  /** Goes on behind damage. False: not yet, or there is nothing to go on with. */
  private recover(window: ReadWindow, damage: Damage): boolean {
    const result = resynchronise(window, damage, 4, (at) => this.plausibleEnd(window, at));
    if (result === 'more') return false;
    this.damage = null;
    if (result === 'none' && damage.atEnd === true) {
      this.finish(window);
      return false;
    }
    this.facts.complete = false;
    if (result === 'found') {
      this.facts.anomaly(damage.code, damage.byteOffset, `${damage.what}; ${window.offset - damage.byteOffset} bytes were skipped`);
      return true;
    }
    this.facts.anomaly(damage.code, damage.byteOffset, `${damage.what}; nothing behind it could be read`);
    this.finished = true;
    return false;
  }

  private plausibleEnd(window: ReadWindow, at: number): number {
    if (at + MIN_BLOCK > window.end) return -1;
    const { view } = window.block;
    const type = view.getUint32(at, this.littleEndian);
    if (type === 0) return -1;
    const total = view.getUint32(at + 4, this.littleEndian);
    const next = at + total;
    if (total < MIN_BLOCK || (total & 3) !== 0 || next > window.end) return -1;
    return view.getUint32(next - 4, this.littleEndian) === total ? next : -1;
  }
}
