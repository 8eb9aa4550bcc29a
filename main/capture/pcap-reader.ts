import type { Timestamp } from '../../shared/format/time.ts';
import { CLOCK_STEP, type CaptureFacts } from './capture-facts.ts';
import { beginsPcapng } from './pcapng-blocks.ts';
import type { ReadWindow } from './read-window.ts';
import { NO_INTERFACE, type RecordBatch } from './record-batch.ts';
import type { RecordReader } from './record-reader.ts';
import { MAX_RECORD_BYTES, reportCut, tellJoined, withoutFcs } from './record-reader.ts';
import type { Damage } from './resynchronise.ts';
import { resynchronise, SUSPICIOUS_BYTES } from './resynchronise.ts';
import type { TimeOrigin } from './time-origin.ts';

/** How a magic number, read big-endian, lays a file out. */
interface Layout {
  readonly littleEndian: boolean;
  /** Nanoseconds a unit of the fraction. */
  readonly fraction: 1 | 1000;
  readonly fileHeader: number;
  readonly recordHeader: number;
}

/** libpcap refuses records above this, whatever the header's snap length says; files lie about that in both directions. */
const USUAL_MAX_RECORD = 256 << 10;
/** Of the longest file header. */
const FILE_HEADER = 28;
/** A record found behind damage is within this many seconds of the one before it. */
const RESYNC_SECONDS = 86_400;

/** Classic pcap (draft-ietf-opsawg-pcap) and its relatives, by the first four bytes. */
const LAYOUTS: ReadonlyMap<number, Layout> = new Map([
  ...bothOrders(0xa1b2c3d4, { fraction: 1000, fileHeader: 24, recordHeader: 16 }),
  ...bothOrders(0xa1b23c4d, { fraction: 1, fileHeader: 24, recordHeader: 16 }),
  // Alexey Kuznetzov's "modified" pcap: each record header also has the interface, the protocol and the packet type.
  ...bothOrders(0xa1b2cd34, { fraction: 1000, fileHeader: 24, recordHeader: 24 }),
  // IXIA's hardware and software captures: nanoseconds, and the file header ends in the file's length.
  ...bothOrders(0x1c0001ac, { fraction: 1, fileHeader: 28, recordHeader: 16 }),
  ...bothOrders(0x1c0001ab, { fraction: 1, fileHeader: 28, recordHeader: 16 }),
]);

/** What AIX writes, version 2.2 with the interface types of SNMP (RFC 1573) in place of link types: Ethernet, Token Ring, FDDI. Its fractions are nanoseconds. */
const AIX_LINK_TYPES: ReadonlyMap<number, number> = new Map([[6, 1], [9, 6], [15, 10]]);

/** Whether a file that begins with this number (read big-endian) is one for PcapReader. */
export function isPcapMagic(magic: number): boolean {
  return LAYOUTS.has(magic);
}

/** Whether a file for PcapReader begins at `at`: its magic number and version, 8 bytes. */
export function beginsPcap(view: DataView, at: number): boolean {
  return isPcapMagic(view.getUint32(at)) && (view.getUint16(at + 4) === 2 || view.getUint16(at + 4, true) === 2);
}

/** Reads what begins with one of these magic numbers; the caller has looked (see capture-format.ts). */
export class PcapReader implements RecordReader {
  readonly format = 'pcap';
  readonly facts: CaptureFacts;
  finished = false;
  next: 'pcapng' | null = null;
  private readonly origin: TimeOrigin;
  private layout: Layout | null = null;
  private linkType = 0;
  private fcsLength = 0;
  /** Offset of the captured length in the record header; the original length is the other of 8 and 12. */
  private capturedAt = 8;
  private maxRecord = USUAL_MAX_RECORD;
  /** Of the last record, to judge what is found behind damage; -1 before the first. */
  private lastSeconds = -1;
  /** Time of the last record given out. */
  private lastTime = -Infinity;
  /** Seconds and nanoseconds of the origin, as doubles from the start: differences that outgrow an int would make V8 compile the walk again. */
  private readonly zero = new Float64Array(2);
  private damage: Damage | null = null;
  /** The header of another file stands where a record should: files were joined end to end, as `cat` and `zcat` do. */
  private isNextFile = false;

  constructor(facts: CaptureFacts, origin: TimeOrigin) {
    this.facts = facts;
    this.origin = origin;
  }

  walk(window: ReadWindow, batch: RecordBatch, limit: number): void {
    this.next = null;
    do {
      this.isNextFile = false;
      this.walkFile(window, batch, limit);
    } while (this.isNextFile && batch.count === 0);
  }

  private walkFile(window: ReadWindow, batch: RecordBatch, limit: number): void {
    batch.count = 0;
    batch.block = window.block;
    if (this.finished) return;
    const layout = this.layout ?? this.readHeader(window);
    if (layout === null) return;
    if (this.damage !== null && !this.recover(window, this.damage, layout)) return;

    const { facts, linkType, fcsLength, capturedAt, maxRecord } = this;
    const { littleEndian, fraction, recordHeader } = layout;
    const { view } = window.block;
    const { offset, captured, linkType: linkTypes, time, details } = batch;
    batch.lengthBefore = recordHeader - (20 - capturedAt);
    batch.littleEndian = littleEndian;
    const end = window.end;
    let at = window.start;
    const { zero } = this;
    let started = facts.startedAt !== null;
    let { earliest, latest } = facts;
    let count = 0;
    while (count < limit) {
      const data = at + recordHeader;
      if (data > end) break;
      const length = view.getUint32(at + capturedAt, littleEndian);
      const next = data + length;
      if (next > end || length > maxRecord) {
        if (length > maxRecord && !beginsPcapng(window.block.view, at)) {
          const what = `a record says it is ${length} bytes long`;
          this.damage = { code: 'record-length-absurd', byteOffset: window.base + at, what };
        }
        break;
      }
      const seconds = view.getUint32(at, littleEndian);
      // Its version would be the microseconds, its time zone the length, which is 0.
      if (length === 0 && isPcapMagic(view.getUint32(at))) {
        if (at + FILE_HEADER > end && !window.ended) break;
        tellJoined(facts, window, at, facts.frames + count);
        this.layout = null;
        this.isNextFile = true;
        break;
      }
      if (length === 0 && seconds === 0 && isZero(window.block.bytes, at, data)) {
        this.damage = { code: 'zero-block', byteOffset: window.base + at, what: 'zeros stand where a record should be' };
        break;
      }
      const nanoseconds = view.getUint32(at + 4, littleEndian) * fraction;
      if (!started) {
        started = true;
        facts.startedAt = timestamp(seconds, nanoseconds);
        this.setZero(this.origin.fix(facts.startedAt));
      }
      const now = (seconds - zero[0]!) * 1e9 + (nanoseconds - zero[1]!);
      if (now < earliest) earliest = now;
      if (now > latest) latest = now;
      else {
        const before = count > 0 ? time[count - 1]! : this.lastTime;
        if (before - now >= CLOCK_STEP) facts.setBack(facts.frames + count + 1, before, now);
      }
      time[count] = now;
      offset[count] = data;
      captured[count] = fcsLength === 0 ? length : withoutFcs(length, view.getUint32(at + (20 - capturedAt), littleEndian), fcsLength);
      linkTypes[count] = linkType;
      if (details !== null) {
        details.original[count] = view.getUint32(at + (20 - capturedAt), littleEndian) - fcsLength;
        details.source[count] = NO_INTERFACE;
        details.options[count] = details.optionsEnd[count] = 0;
      }
      count++;
      at = next;
    }
    if (count > 0) {
      this.lastTime = time[count - 1]!;
      this.lastSeconds = zero[0]! + Math.floor(this.lastTime / 1e9);
    }
    window.start = at;
    batch.count = count;
    facts.earliest = earliest;
    facts.latest = latest;
    facts.packets += count;
    facts.frames += count;
    if (count > 0 || this.isNextFile) return;
    if (end - at >= recordHeader && beginsPcapng(view, at)) {
      tellJoined(facts, window, at, facts.frames);
      this.layout = null;
      this.next = 'pcapng';
    } else if (this.damage !== null) this.walk(window, batch, limit);
    else if (window.ended) this.end(window, batch, limit, layout);
  }

  private setZero({ seconds, nanoseconds }: Timestamp): void {
    this.zero[0] = seconds;
    this.zero[1] = nanoseconds;
  }

  /** The source has ended, and what is left is no whole record. */
  private end(window: ReadWindow, batch: RecordBatch, limit: number, layout: Layout): void {
    const { start, end, source } = window;
    const length = end - start < layout.recordHeader ? 0 : window.block.view.getUint32(start + this.capturedAt, layout.littleEndian);
    if (length <= SUSPICIOUS_BYTES || source.interrupted) return this.finish(window, 'the file ends inside a record');
    const what = `a record says it is ${length} bytes long, more than the rest of the file`;
    this.damage = { code: 'record-length-absurd', byteOffset: window.offset, what, atEnd: true };
    this.walk(window, batch, limit);
  }

  private readHeader(window: ReadWindow): Layout | null {
    const { view } = window.block;
    const { start } = window;
    const available = window.end - start;
    const layout = available >= 4 ? LAYOUTS.get(view.getUint32(start)) ?? null : null;
    if (layout === null || available < layout.fileHeader) {
      if (window.ended) this.finish(window, 'the file ends inside its header');
      return null;
    }
    const { littleEndian } = layout;
    const major = view.getUint16(start + 4, littleEndian);
    const minor = view.getUint16(start + 6, littleEndian);
    const snapLength = view.getUint32(start + 16, littleEndian);
    const network = view.getUint32(start + 20, littleEndian);
    // Before version 2.3 the two lengths stood the other way round.
    this.capturedAt = minor < 3 ? 12 : 8;
    this.maxRecord = Math.min(MAX_RECORD_BYTES, Math.max(USUAL_MAX_RECORD, snapLength));
    // Section 4: 16 bits of link type; bit 26 says that the top four count the frame check sequence in 16-bit words.
    const ofAix = major === 2 && minor === 2 && layout.fraction === 1000 ? AIX_LINK_TYPES.get(network) : undefined;
    this.linkType = ofAix ?? network & 0xffff;
    this.fcsLength = (network & 0x0400_0000) === 0 ? 0 : (network >>> 28) * 2;
    this.facts.linkTypes.add(this.linkType);
    // Behind another file the origin is known.
    if (this.facts.startedAt !== null) this.setZero(this.origin.fix(this.facts.startedAt));
    this.lastSeconds = -1;
    window.start += layout.fileHeader;
    return (this.layout = ofAix === undefined ? layout : { ...layout, fraction: 1 });
  }

  /** Goes on behind damage. False: not yet, or there is nothing to go on with. */
  private recover(window: ReadWindow, damage: Damage, layout: Layout): boolean {
    const result = resynchronise(window, damage, 1, (at) => this.plausibleEnd(window, at, layout));
    if (result === 'more') return false;
    this.damage = null;
    if (result === 'none' && damage.atEnd === true) {
      this.finish(window, 'the file ends inside a record');
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

  private plausibleEnd(window: ReadWindow, at: number, layout: Layout): number {
    const data = at + layout.recordHeader;
    if (data > window.end) return -1;
    const { view } = window.block;
    const { littleEndian } = layout;
    const length = view.getUint32(at + this.capturedAt, littleEndian);
    const original = view.getUint32(at + (20 - this.capturedAt), littleEndian);
    if (length === 0 || length > original || original > this.maxRecord) return -1;
    if (view.getUint32(at + 4, littleEndian) * layout.fraction >= 1e9) return -1;
    const seconds = view.getUint32(at, littleEndian);
    if (seconds === 0 || (this.lastSeconds >= 0 && Math.abs(seconds - this.lastSeconds) > RESYNC_SECONDS)) return -1;
    return data + length;
  }

  /** The source has ended; bytes that are left are a cut. */
  private finish(window: ReadWindow, cut: string): void {
    this.finished = true;
    reportCut(window, this.facts, cut);
  }
}

function bothOrders(magic: number, layout: Omit<Layout, 'littleEndian'>): [number, Layout][] {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, magic, true);
  return [
    [magic, { littleEndian: false, ...layout }],
    [view.getUint32(0), { littleEndian: true, ...layout }],
  ];
}

/** A fraction above a second is odd, but it is what the file says. */
function timestamp(seconds: number, nanoseconds: number): { seconds: number; nanoseconds: number } {
  return { seconds: seconds + Math.floor(nanoseconds / 1e9), nanoseconds: nanoseconds % 1e9 };
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}
