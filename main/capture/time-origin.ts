import type { Timestamp } from '../../shared/format/time.ts';

/** Time zero of the analysis, shared by all its captures: the first packet of the first capture. */
export class TimeOrigin {
  private at: Timestamp | null = null;

  /** Null until the first packet that has a time. */
  get time(): Timestamp | null {
    return this.at;
  }

  /** The origin; `first` where there is none yet. */
  fix(first: Timestamp): Timestamp {
    return (this.at ??= first);
  }
}

/** Nanoseconds from `origin` to `time`; exact up to 2^53. */
export function nanosecondsBetween(origin: Timestamp, time: Timestamp): number {
  return (time.seconds - origin.seconds) * 1e9 + (time.nanoseconds - origin.nanoseconds);
}
