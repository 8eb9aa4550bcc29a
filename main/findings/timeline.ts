import type { Digest } from './digest.ts';
import type { Scratch } from './scratch.ts';
import { countUpTo, sortNearly } from './sorted-values.ts';

/** What is asked of when connections were opened and closed, nanoseconds. */
export interface Moments {
  /** Connections opened, and closed, after one moment and up to another. */
  openedWithin(after: number, upTo: number): number;
  closedWithin(after: number, upTo: number): number;
  /** Connections open after everything that happened at this moment. */
  openAt(moment: number): number;
}

/** When the connections of one endpoint were opened and closed. One object, begun anew for each endpoint. */
export class Timeline implements Moments {
  /** Sorted. */
  opened: Float64Array = new Float64Array(0);
  /** First closing packets, sorted; Infinity for connections not seen to close. */
  closed: Float64Array = new Float64Array(0);

  begin(digest: Digest, scratch: Scratch): void {
    this.opened = sortNearly(scratch.copy('opened', digest.opened, digest.count));
    this.closed = sortNearly(scratch.copy('closed', digest.closed, digest.count));
  }

  openedWithin(after: number, upTo: number): number {
    return countUpTo(this.opened, upTo) - countUpTo(this.opened, after);
  }

  closedWithin(after: number, upTo: number): number {
    return countUpTo(this.closed, upTo) - countUpTo(this.closed, after);
  }

  openAt(moment: number): number {
    return countUpTo(this.opened, moment) - countUpTo(this.closed, moment);
  }
}

/** Two of them as one. */
export class JointTimeline implements Moments {
  private readonly one: Moments;
  private readonly other: Moments;

  constructor(one: Moments, other: Moments) {
    this.one = one;
    this.other = other;
  }

  openedWithin(after: number, upTo: number): number {
    return this.one.openedWithin(after, upTo) + this.other.openedWithin(after, upTo);
  }

  closedWithin(after: number, upTo: number): number {
    return this.one.closedWithin(after, upTo) + this.other.closedWithin(after, upTo);
  }

  openAt(moment: number): number {
    return this.one.openAt(moment) + this.other.openAt(moment);
  }
}
