import type { PackedField } from './extra-rows.ts';
import type { Uint32Field } from './records.ts';

/** A frame that is kept as how far behind another one of the row it is; 0 for none. The other one is set first. */
export class FrameAfter {
  private readonly other: Uint32Field;
  /** Frames between them and one; 0 for none. */
  private readonly distance: PackedField;

  constructor(other: Uint32Field, distance: PackedField) {
    this.other = other;
    this.distance = distance;
  }

  get(row: number): number {
    const distance = this.distance.get(row);
    return distance === 0 ? 0 : (this.other.get(row) + distance - 1) >>> 0;
  }

  set(row: number, frame: number): void {
    this.distance.set(row, distanceOf(this.other.get(row), frame >>> 0, frame));
  }
}

/** The same with a frame that is before the other one. */
export class FrameBefore {
  private readonly other: Uint32Field;
  private readonly distance: PackedField;

  constructor(other: Uint32Field, distance: PackedField) {
    this.other = other;
    this.distance = distance;
  }

  get(row: number): number {
    const distance = this.distance.get(row);
    return distance === 0 ? 0 : (this.other.get(row) - distance + 1) >>> 0;
  }

  set(row: number, frame: number): void {
    this.distance.set(row, distanceOf(frame, this.other.get(row), frame));
  }
}

/** How FrameAfter and FrameBefore keep `frame`, one of the two; the later one may have the smaller id, where captures were merged. */
export function distanceOf(first: number, last: number, frame: number): number {
  return frame === 0 ? 0 : ((last - first) >>> 0) + 1;
}
