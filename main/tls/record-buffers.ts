import { HEADER_BYTES } from './tls-half.ts';
import { MOST_RECORD_BYTES } from './limits.ts';
import { SegmentBytes } from './segment-bytes.ts';
import type { WaitingMemory } from './waiting-memory.ts';

const LARGE_BYTES = HEADER_BYTES + MOST_RECORD_BYTES;
/** Smaller ones are made as large as they need to be. */
const SMALL_BYTES = 4096;
const MOST_SPARE = 16;
/** What was in more pieces takes too much memory to be kept. */
const MOST_SPARE_SEGMENTS = 256;

/** Room for split records: large ones are used again, since making them costs as much as opening a record. */
export class RecordBuffers {
  private readonly memory: WaitingMemory;
  private readonly spare: SegmentBytes[] = [];

  constructor(memory: WaitingMemory) {
    this.memory = memory;
  }

  /** null: there is no memory for it. */
  take(length: number, position: number): SegmentBytes | null {
    const capacity = capacityFor(length);
    if (!this.memory.reserve(capacity)) return null;
    const spare = this.takeSpare(capacity);
    if (spare === undefined) return new SegmentBytes(new Uint8Array(capacity), position);
    spare.begin(position);
    return spare;
  }

  /** More room for what is in `buffer`; false: there is none. */
  grow(buffer: SegmentBytes, length: number): boolean {
    const capacity = capacityFor(length);
    if (!this.memory.reserve(capacity)) return false;
    const bytes = this.takeSpare(capacity)?.bytes ?? new Uint8Array(capacity);
    bytes.set(buffer.bytes.subarray(0, buffer.length));
    this.memory.release(buffer.bytes.length);
    buffer.bytes = bytes;
    return true;
  }

  release(buffer: SegmentBytes): void {
    const { bytes, mostSegments } = buffer;
    this.memory.release(bytes.length);
    if (bytes.length === LARGE_BYTES && mostSegments <= MOST_SPARE_SEGMENTS && this.spare.length < MOST_SPARE) this.spare.push(buffer);
  }

  private takeSpare(capacity: number): SegmentBytes | undefined {
    return capacity === LARGE_BYTES ? this.spare.pop() : undefined;
  }
}

function capacityFor(length: number): number {
  return length > SMALL_BYTES && length < LARGE_BYTES ? LARGE_BYTES : length;
}
