import { ByteWriter } from 'hyparquet-writer';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import type { WaitingColumn } from './parquet-column.ts';
import { ROW_GROUP, writeNumber } from './parquet-column.ts';

/** What the footer says of a column chunk. Offsets are places in the file; bounds are values in PLAIN, texts without their length. */
export interface ColumnChunk {
  readonly encodings: readonly number[];
  readonly rows: number;
  readonly nulls: number;
  /** Bytes of its pages with their headers. */
  readonly uncompressed: number;
  readonly compressed: number;
  readonly dataOffset: number;
  readonly dictionaryOffset: number | null;
  readonly bounds: { readonly lowest: Uint8Array; readonly highest: Uint8Array } | null;
}

/** Numbers of parquet.thrift. */
const Encoding = { plain: 0, rle: 3, dictionary: 8 } as const;
const PageType = { dictionary: 2, dataV2: 3 } as const;

/** A text that is longer is no bound, and then there are none. */
const MAX_BOUND = 64;
/** Texts that were made to have one hash get no dictionary. */
const MAX_PROBES = 64;
const NO_BYTES = new Uint8Array(0);

/**
 * Writes columns as column chunks (Apache Parquet, README "File format" and Encodings.md): a data page V2, Snappy, with
 * a dictionary where that is less than half of the values. One column at a time, in buffers that are used again.
 */
export class PageWriter {
  private readonly levels = new ByteWriter(1 << 11);
  private readonly data = new ByteWriter(1 << 15);
  private readonly dictionary = new Dictionary();

  /** Writes the rows of a column, of which none is left then. */
  write(column: WaitingColumn, out: ByteWriter): ColumnChunk {
    const { levels, data, dictionary } = this;
    const { rows, values, kind } = column;
    const bytes = column.bytes();
    const start = out.offset;
    let uncompressed = 0;

    const isCoded = kind !== 'boolean' && dictionary.read(bytes, column.width, values);
    if (isCoded) {
      data.index = 0;
      for (let i = 0; i < dictionary.count; i++) data.appendBytes(bytes.subarray(dictionary.starts[i]!, dictionary.ends[i]!));
      const page = { field_1: dictionary.count, field_2: Encoding.plain };
      uncompressed += this.page(out, PageType.dictionary, NO_BYTES, data.getBytes(), { field_7: page });
    }

    const dataOffset = out.offset;
    levels.index = 0;
    appendHybrid(levels, column.levels, rows, 1);
    data.index = 0;
    if (isCoded) {
      // Arrow gives a single entry a bit too.
      const width = Math.max(1, 32 - Math.clz32(dictionary.count - 1));
      data.appendUint8(width);
      appendHybrid(data, dictionary.codes, values, width);
    } else if (kind === 'boolean') {
      data.appendUint32(0);
      appendHybrid(data, bytes, values, 1);
      data.view.setUint32(0, data.index - 4, true);
    }
    const encoding = isCoded ? Encoding.dictionary : kind === 'boolean' ? Encoding.rle : Encoding.plain;
    const page = { field_1: rows, field_2: rows - values, field_3: rows, field_4: encoding, field_5: levels.index, field_6: 0 };
    uncompressed += this.page(out, PageType.dataV2, levels.getBytes(), encoding === Encoding.plain ? bytes : data.getBytes(), { field_8: page });

    const chunk = {
      encodings: isCoded ? [Encoding.plain, Encoding.rle, Encoding.dictionary] : [Encoding.rle, ...(encoding === Encoding.plain ? [Encoding.plain] : [])],
      rows,
      nulls: rows - values,
      uncompressed,
      compressed: out.offset - start,
      dataOffset,
      dictionaryOffset: isCoded ? start : null,
      bounds: kind === 'text' ? textBounds(bytes) : numberBounds(column),
    };
    column.clear();
    return chunk;
  }

  /** Of a page V2 the levels come first, and are never compressed. @returns its size without compression */
  private page(out: ByteWriter, type: number, levels: Uint8Array, data: Uint8Array, header: object): number {
    const start = out.offset;
    const compressed = snappyCompress(data);
    serializeTCompactProtocol(out, { field_1: type, field_2: levels.length + data.length, field_3: levels.length + compressed.length, ...header });
    const size = out.offset - start + levels.length + data.length;
    out.appendBytes(levels);
    out.appendBytes(compressed);
    return size;
  }
}

/** The least and the greatest text, in the order of their bytes, which is that of code points. */
function textBounds(bytes: Uint8Array): ColumnChunk['bounds'] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let lowest: Buffer | null = null;
  let highest: Buffer | null = null;
  for (let at = 0; at < text.length; ) {
    const end = at + 4 + text.readUInt32LE(at);
    if (lowest === null || lowest.compare(text, at + 4, end) > 0) lowest = text.subarray(at + 4, end);
    if (highest === null || highest.compare(text, at + 4, end) < 0) highest = text.subarray(at + 4, end);
    at = end;
  }
  if (lowest === null || highest === null || lowest.length > MAX_BOUND || highest.length > MAX_BOUND) return null;
  // The bytes are written over by the next row group.
  return { lowest, highest };
}

function numberBounds({ lowest, highest, kind, width }: WaitingColumn): ColumnChunk['bounds'] {
  if (lowest === null || highest === null) return null;
  const bound = (value: number | bigint): Uint8Array => {
    const view = new DataView(new ArrayBuffer(width));
    writeNumber(view, 0, value, kind);
    return new Uint8Array(view.buffer);
  };
  // parquet.thrift, ColumnOrder: a zero is told as -0 below and as +0 above.
  return { lowest: bound(lowest === 0 && kind === 'double' ? -0 : lowest), highest: bound(highest === 0 ? 0 : highest) };
}

/** The different values of a column, in the order of their first rows. */
class Dictionary {
  count = 0;
  /** Where the value of each entry lies in the bytes of the column. */
  readonly starts = new Uint32Array(ROW_GROUP);
  readonly ends = new Uint32Array(ROW_GROUP);
  /** The entry of each value. */
  readonly codes = new Uint32Array(ROW_GROUP);
  /** Entries by the hash of their bytes, counted from 1. */
  private readonly table = new Uint16Array(2 * ROW_GROUP);

  /** @param width of a value; 0 for texts. @returns whether a dictionary is worth it: less than half of the values; else what was read is not all */
  read(bytes: Uint8Array, width: number, values: number): boolean {
    const { table, starts, ends, codes } = this;
    const mask = table.length - 1;
    table.fill(0);
    this.count = 0;
    let size = 0;
    let at = 0;
    for (let value = 0; value < values; value++) {
      const end = at + (width === 0 ? 4 + (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) : width);
      let hash = 0;
      for (let i = at; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193);
      let slot = (hash ^ (hash >>> 15)) & mask;
      let entry = table[slot]!;
      for (let probes = 0; entry !== 0 && !isSame(bytes, starts[entry - 1]!, ends[entry - 1]!, at, end); probes++) {
        if (probes === MAX_PROBES) return false;
        slot = (slot + 1) & mask;
        entry = table[slot]!;
      }
      if (entry === 0) {
        size += end - at;
        if (2 * size > bytes.length) return false;
        starts[this.count] = at;
        ends[this.count] = end;
        entry = table[slot] = ++this.count;
      }
      codes[value] = entry - 1;
      at = end;
    }
    return this.count > 0;
  }
}

function isSame(bytes: Uint8Array, start: number, end: number, other: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - other) return false;
  for (let i = start, j = other; i < end; i++, j++) if (bytes[i] !== bytes[j]) return false;
  return true;
}

/** RLE / bit-packing hybrid (Encodings.md): eight or more alike as a run, others in groups of eight. */
function appendHybrid(out: ByteWriter, values: Uint8Array | Uint32Array, count: number, width: number): void {
  for (let at = 0; at < count; ) {
    const run = runLength(values, at, count);
    if (run >= 8) {
      out.appendVarInt(run << 1);
      for (let bits = 0; bits < width; bits += 8) out.appendUint8((values[at]! >>> bits) & 0xff);
      at += run;
      continue;
    }
    const first = at;
    do at += 8;
    while (at < count && runLength(values, at, Math.min(count, at + 8)) < 8);
    out.appendVarInt((((at - first) >> 3) << 1) | 1);
    appendPacked(out, values, first, at, count, width);
  }
}

function runLength(values: Uint8Array | Uint32Array, at: number, count: number): number {
  let end = at + 1;
  while (end < count && values[end] === values[at]) end++;
  return end - at;
}

/** Least significant bits first; what lies behind `count` is 0. */
function appendPacked(out: ByteWriter, values: Uint8Array | Uint32Array, first: number, end: number, count: number, width: number): void {
  let bits = 0;
  let waiting = 0;
  for (let i = first; i < end; i++) {
    waiting |= (i < count ? values[i]! : 0) << bits;
    for (bits += width; bits >= 8; bits -= 8) {
      out.appendUint8(waiting & 0xff);
      waiting >>>= 8;
    }
  }
}
