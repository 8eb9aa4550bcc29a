import { HEADER_BYTES } from './tls-half.ts';
import { MOST_RECORD_BYTES } from './limits.ts';
import { SegmentBytes } from './segment-bytes.ts';
import type { WaitingMemory } from './waiting-memory.ts';

const LARGE_BYTES = HEADER_BYTES + MOST_RECORD_BYTES;
/** Smaller ones are made as large as they need to be. */
const SMALL_BYTES = 4096;
const MOST_SPARE = 16;

/** Room for split records: large ones are used again, since making them costs as much as opening a record. */
export class RecordBuffers {
  private readonly memory: WaitingMemory;
  private readonly spare: Uint8Array[] = [];

  constructor(memory: WaitingMemory) {
    this.memory = memory;
  }

  /** null: there is no memory for it. */
  take(length: number, position: number): SegmentBytes | null {
    const bytes = this.room(length);
    return bytes === null ? null : new SegmentBytes(bytes, position);
  }

  /** More room for what is in `buffer`; false: there is none. */
  grow(buffer: SegmentBytes, length: number): boolean {
    const bytes = this.room(length);
    if (bytes === null) return false;
    bytes.set(buffer.bytes.subarray(0, buffer.length));
    this.giveBack(buffer.bytes);
    buffer.bytes = bytes;
    return true;
  }

  release(buffer: SegmentBytes): void {
    this.giveBack(buffer.bytes);
  }

  private room(length: number): Uint8Array | null {
    const capacity = length > SMALL_BYTES && length < LARGE_BYTES ? LARGE_BYTES : length;
    if (!this.memory.reserve(capacity)) return null;
    return (capacity === LARGE_BYTES ? this.spare.pop() : undefined) ?? new Uint8Array(capacity);
  }

  private giveBack(bytes: Uint8Array): void {
    this.memory.release(bytes.length);
    if (bytes.length === LARGE_BYTES && this.spare.length < MOST_SPARE) this.spare.push(bytes);
  }
}
