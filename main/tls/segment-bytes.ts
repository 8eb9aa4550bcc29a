/** Bytes of a half-stream that wait for more, with the segments that brought them. */
export class SegmentBytes {
  /** As many as `length` of them hold something. */
  bytes: Uint8Array;
  length = 0;
  /** Position in the half-stream of the first byte. */
  at: number;
  /** Segments; the arrays below may be longer, since making them anew for each record costs as much as copying it. */
  private count = 0;
  private readonly ends: number[] = [];
  private readonly frames: number[] = [];
  private readonly times: number[] = [];
  private readonly ackeds: number[] = [];

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Empty, for bytes from position `at` on. */
  begin(at: number): void {
    this.length = 0;
    this.count = 0;
    this.at = at;
  }

  /** How many there were at a time, at most. */
  get mostSegments(): number {
    return this.ends.length;
  }

  /** Takes from [start, end) what there is room for, all from one segment; returns how much that was. */
  append(bytes: Uint8Array, start: number, end: number, frame: number, time: number, acked: number): number {
    const length = Math.min(end - start, this.bytes.length - this.length);
    if (length < 64) for (let i = 0; i < length; i++) this.bytes[this.length + i] = bytes[start + i]!;
    else this.bytes.set(bytes.subarray(start, start + length), this.length);
    this.length += length;
    if (this.count > 0 && this.frames[this.count - 1] === frame) this.ends[this.count - 1] = this.length;
    else {
      const segment = this.count++;
      this.ends[segment] = this.length;
      this.frames[segment] = frame;
      this.times[segment] = time;
      this.ackeds[segment] = acked;
    }
    return length;
  }

  /** The number of the segment that brought the byte at `offset`, for the functions below. */
  segmentOf(offset: number): number {
    let segment = 0;
    while (this.ends[segment]! <= offset) segment++;
    return segment;
  }

  frame(segment: number): number {
    return this.frames[segment]!;
  }

  time(segment: number): number {
    return this.times[segment]!;
  }

  acked(segment: number): number {
    return this.ackeds[segment]!;
  }

  /** Lets go of the first bytes. */
  drop(count: number): void {
    if (count === 0) return;
    const gone = count === this.length ? this.count : this.segmentOf(count);
    this.bytes.copyWithin(0, count, this.length);
    this.length -= count;
    this.at += count;
    this.count -= gone;
    for (let i = 0; i < this.count; i++) {
      this.ends[i] = this.ends[i + gone]! - count;
      this.frames[i] = this.frames[i + gone]!;
      this.times[i] = this.times[i + gone]!;
      this.ackeds[i] = this.ackeds[i + gone]!;
    }
  }
}
