import type { Timestamp } from '../../shared/format/time.ts';

/**
 * The clock of one pcapng interface: 64-bit counts of its own unit to nanoseconds since the origin. A count of
 * nanoseconds since 1970 does not fit a double, so a whole second near the origin is taken off as two 32-bit halves
 * first; what is left is exact up to 2^53 units.
 */
export class PcapngClock {
  /** Nanoseconds a unit; 0 where a unit is no whole number of them, then `slow` tells the time. */
  readonly scale: number;
  /** The origin's second in units, as halves; set by `start`. */
  baseHigh = 0;
  baseLow = 0;
  /** Nanoseconds to take off because the origin lies inside its second. */
  shift = 0;
  /** Whether the origin is known. */
  started = false;
  private readonly unitsPerSecond: bigint;
  private readonly offsetSeconds: bigint;

  /**
   * @param resolution if_tsresol: 10^-n, or 2^-n with the top bit set (pcapng, "Interface Description Block")
   * @param offsetSeconds if_tsoffset
   */
  constructor(resolution: number, offsetSeconds: bigint) {
    const exponent = resolution & 0x7f;
    const binary = (resolution & 0x80) !== 0;
    this.scale = !binary && exponent <= 9 ? 10 ** (9 - exponent) : binary && exponent === 0 ? 1e9 : 0;
    this.unitsPerSecond = (binary ? 2n : 10n) ** BigInt(exponent);
    this.offsetSeconds = offsetSeconds;
  }

  /** Relates the clock to the origin. Once per interface, hence BigInt. */
  start(origin: Timestamp): void {
    const base = (BigInt(origin.seconds) - this.offsetSeconds) * this.unitsPerSecond;
    this.baseHigh = Number(base >> 32n);
    this.baseLow = Number(base & 0xffffffffn);
    this.shift = origin.nanoseconds;
    this.started = true;
  }

  /** Nanoseconds since the origin of a count. */
  nanoseconds(high: number, low: number): number {
    return this.scale > 0 ? ((high - this.baseHigh) * 2 ** 32 + (low - this.baseLow)) * this.scale - this.shift : this.slow(high, low);
  }

  /** Nanoseconds since the origin of a count, for units that are no whole number of nanoseconds; rounded down. */
  slow(high: number, low: number): number {
    const units = (high - this.baseHigh) * 2 ** 32 + (low - this.baseLow);
    const perSecond = Number(this.unitsPerSecond);
    const seconds = Math.floor(units / perSecond);
    return seconds * 1e9 + Math.floor(((units - seconds * perSecond) / perSecond) * 1e9) - this.shift;
  }

  /** The time of day of a count. */
  absolute(high: number, low: number): Timestamp {
    const units = (BigInt(high) << 32n) | BigInt(low);
    const seconds = units / this.unitsPerSecond;
    const rest = units - seconds * this.unitsPerSecond;
    return { seconds: Number(seconds + this.offsetSeconds), nanoseconds: Number((rest * 1_000_000_000n) / this.unitsPerSecond) };
  }
}
