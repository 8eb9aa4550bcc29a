import type { Digest } from './digest.ts';
import type { Scratch } from './scratch.ts';
import { countUpTo, sortNearly } from './sorted-values.ts';

/** When the connections of one endpoint were opened and closed, nanoseconds. One object, begun anew for each endpoint. */
export class Timeline {
  /** Sorted. */
  opened: Float64Array = new Float64Array(0);
  /** First closing packets, sorted; Infinity for connections not seen to close. */
  closed: Float64Array = new Float64Array(0);

  begin(digest: Digest, scratch: Scratch): void {
    this.opened = sortNearly(scratch.copy('opened', digest.opened, digest.count));
    this.closed = sortNearly(scratch.copy('closed', digest.closed, digest.count));
  }

  /** Connections opened, and closed, after one moment and up to another. */
  openedWithin(after: number, upTo: number): number {
    return countUpTo(this.opened, upTo) - countUpTo(this.opened, after);
  }

  closedWithin(after: number, upTo: number): number {
    return countUpTo(this.closed, upTo) - countUpTo(this.closed, after);
  }

  /** Connections open after everything that happened at this moment. */
  openAt(moment: number): number {
    return countUpTo(this.opened, moment) - countUpTo(this.closed, moment);
  }
}
