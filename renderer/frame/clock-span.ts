/** When a capture was taken: "02:14:07 to 02:20:19 UTC", "02:14:07 UTC"; with the days where it lasts beyond one. null: not known. */
export function clockSpan(startedAt: string | null, seconds: number): string | null {
  const start = Date.parse(startedAt ?? '');
  const end = start + seconds * 1000;
  if (!(Math.abs(end) <= LAST_DATE)) return null;
  const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
  const clock = (time: number): string => new Date(time).toISOString().slice(11, 19);
  if (day(start) !== day(end)) return `${day(start)} ${clock(start)} to ${day(end)} ${clock(end)} UTC`;
  return clock(start) === clock(end) ? `${clock(start)} UTC` : `${clock(start)} to ${clock(end)} UTC`;
}

/** Milliseconds since 1970 that a Date can hold. */
const LAST_DATE = 8.64e15;
