import { sequenceDistance } from './sequence.ts';

/** A stretch of a half-stream that came before what precedes it. */
export interface Waiting {
  sequence: number;
  length: number;
  /** The captured bytes; fewer than `length` where the snap length cut. */
  readonly bytes: Uint8Array;
  readonly frame: number;
  readonly time: number;
  /** The sender's acknowledgement number. */
  readonly acknowledgement: number;
}

/** Segments of one half-stream that wait for a hole before them, in sequence order, never overlapping. */
export class OutOfOrder {
  readonly segments: Waiting[] = [];
  bytes = 0;

  /**
   * Adds what of the segment is not held yet: bytes that came first win (RFC 9293 section 3.10.7.4 leaves the choice).
   * Returns whether bytes held already differ from the segment's.
   */
  add(segment: Waiting): boolean {
    const segments = this.segments;
    let conflict = false;
    let start = segment.sequence;
    const end = (segment.sequence + segment.length) | 0;
    // The usual case first: behind everything held.
    const last = segments[segments.length - 1];
    if (last === undefined || sequenceDistance(start, (last.sequence + last.length) | 0) >= 0) {
      this.insert(segments.length, segment, start, end);
      return false;
    }
    for (let i = 0; i < segments.length && sequenceDistance(end, start) > 0; i++) {
      const held = segments[i]!;
      const heldEnd = (held.sequence + held.length) | 0;
      if (sequenceDistance(start, heldEnd) >= 0) continue;
      if (sequenceDistance(end, held.sequence) <= 0) break;
      if (sequenceDistance(start, held.sequence) < 0) {
        this.insert(i, segment, start, held.sequence);
        i++;
        start = held.sequence;
      }
      conflict ||= differs(held, segment, start, sequenceDistance(end, heldEnd) < 0 ? end : heldEnd);
      start = heldEnd;
    }
    if (sequenceDistance(end, start) > 0) {
      let at = segments.length;
      while (at > 0 && sequenceDistance(segments[at - 1]!.sequence, start) > 0) at--;
      this.insert(at, segment, start, end);
    }
    return conflict;
  }

  /** Whether every byte of [start, end) is held. */
  covers(start: number, end: number): boolean {
    let from = start;
    for (const held of this.segments) {
      if (sequenceDistance(held.sequence, from) > 0) return false;
      const heldEnd = (held.sequence + held.length) | 0;
      if (sequenceDistance(heldEnd, from) > 0) from = heldEnd;
      if (sequenceDistance(from, end) >= 0) return true;
    }
    return false;
  }

  /** The first segment, taken out. */
  shift(): Waiting | undefined {
    const first = this.segments.shift();
    if (first !== undefined) this.bytes -= first.bytes.length;
    return first;
  }

  /** Inserts a copy of the part [start, end) of a segment. */
  private insert(at: number, segment: Waiting, start: number, end: number): void {
    const from = (start - segment.sequence) | 0;
    const length = (end - start) | 0;
    const bytes = segment.bytes.slice(Math.min(from, segment.bytes.length), Math.min(from + length, segment.bytes.length));
    this.bytes += bytes.length;
    this.segments.splice(at, 0, { ...segment, sequence: start, length, bytes });
  }
}

/** Whether two segments hold different bytes in [start, end), as far as both were captured. */
function differs(a: Waiting, b: Waiting, start: number, end: number): boolean {
  const fromA = (start - a.sequence) | 0;
  const fromB = (start - b.sequence) | 0;
  const length = Math.min((end - start) | 0, a.bytes.length - fromA, b.bytes.length - fromB);
  for (let i = 0; i < length; i++) if (a.bytes[fromA + i] !== b.bytes[fromB + i]) return true;
  return false;
}
