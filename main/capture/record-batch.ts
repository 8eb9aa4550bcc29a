/** Bytes together with a DataView on them: 32-bit loads go by the view (see docs/architecture.md, the hot path). */
export class ByteBlock {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** No packet is longer, whatever a damaged record says. */
const MAX_LENGTH = 16 << 20;

/** In place of an interface's index. */
export const NO_INTERFACE = 0xffff_ffff;

/** What only a copy of a capture needs of its records. */
export class RecordDetails {
  /** Bytes of each packet on the wire, without a frame check sequence. */
  readonly original = new Uint32Array(RecordBatch.CAPACITY);
  /** Index of its interface in CaptureFileInfo.interfaces; NO_INTERFACE in formats without interfaces. */
  readonly source = new Uint32Array(RecordBatch.CAPACITY);
  /** Where in the block the options of a pcapng packet begin and end; nothing between them where there are none. */
  readonly options = new Uint32Array(RecordBatch.CAPACITY);
  readonly optionsEnd = new Uint32Array(RecordBatch.CAPACITY);
  /** 1 where they are little-endian. */
  readonly littleEndian = new Uint8Array(RecordBatch.CAPACITY);
}

/**
 * A run of consecutive records of one capture file, as columns. The reader fills it, the decoder walks it; both reuse
 * one batch for the whole capture, so nothing is allocated per packet.
 *
 * All offsets point into `block`, which the next fill overwrites.
 */
export class RecordBatch {
  static readonly CAPACITY = 4096;

  /** Records filled, 0 to CAPACITY. */
  count = 0;
  block: ByteBlock;
  /** Offset in `block` of each record's first link-layer byte. */
  readonly offset = new Int32Array(RecordBatch.CAPACITY);
  /** Bytes of the record that are in the capture (snap length cuts here). */
  readonly captured = new Int32Array(RecordBatch.CAPACITY);
  /** LINKTYPE_ value of each record (tcpdump.org/linktypes.html). */
  readonly linkType = new Uint16Array(RecordBatch.CAPACITY);
  /**
   * Nanoseconds since the origin of the analysis (the first packet of its first capture); negative where a packet is
   * older. Whole numbers, exact up to 2^53 (104 days).
   */
  readonly time = new Float64Array(RecordBatch.CAPACITY);
  /** Frame id of the first record; record i has `firstFrame + i` (see frame-id.ts). An int32, to be stored in a Uint32Array. */
  firstFrame = 1;
  /** How far before a record's first byte its length on the wire stands in `block`, an uint32 of this byte order; 0: it does not. */
  lengthBefore = 0;
  littleEndian = true;
  /** Null unless asked for. */
  details: RecordDetails | null = null;

  constructor(block: ByteBlock) {
    this.block = block;
  }

  /** Bytes that the snap length cut from a record; 0 where that is not known. For the few that need it: others pay nothing. */
  cut(record: number): number {
    if (this.lengthBefore === 0) return 0;
    const length = this.block.view.getUint32(this.offset[record]! - this.lengthBefore, this.littleEndian);
    return length > MAX_LENGTH ? 0 : Math.max(0, length - this.captured[record]!);
  }
}
