/** A point in time as capture files give it: seconds since 1970 (UTC), and nanoseconds from 0 to 999,999,999. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/**
 * Seconds of a whole number of nanoseconds. Written as text the result has at most 9 fractional digits and is exact up
 * to 2^23 seconds (97 days): a quotient of two whole numbers is the double nearest to the decimal, and below 2^23 two
 * decimals of 9 fractional digits never share a double. A product with 1e-9 would be off in the last digits.
 */
export function secondsFromNanoseconds(nanoseconds: number): number {
  return nanoseconds / 1e9;
}

/** RFC 3339 in UTC with nanoseconds, "2026-01-02T03:04:05.123456789Z"; null outside the years 0 to 9999 it can say. */
export function rfc3339(time: Timestamp): string | null {
  const date = new Date(time.seconds * 1000);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) return null;
  return `${date.toISOString().slice(0, 19)}.${String(time.nanoseconds).padStart(9, '0')}Z`;
}
