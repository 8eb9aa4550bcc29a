/** "1,234,567". */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** "1 request", "2 requests", "1,200 requests"; `many` where an s is not enough. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** "was" of one, else "were". */
export function was(count: number): string {
  return count === 1 ? 'was' : 'were';
}

/** A sentence as it goes on behind a colon: "The …" begins small, "TCP …" does not. */
export function midSentence(sentence: string): string {
  return /^[A-Z](?![A-Z])/.test(sentence) ? sentence[0]!.toLowerCase() + sentence.slice(1) : sentence;
}

/** A share from 0 to 1: "67 %". "0 %" and "100 %" only where exact. */
export function formatPercent(share: number): string {
  if (share > 0 && share < 0.01) return '<1 %';
  if (share < 1 && share > 0.99) return '>99 %';
  return `${Math.round(share * 100)} %`;
}

/** Decimal units: "999 B", "1.2 kB", "45 MB". */
export function formatBytes(bytes: number): string {
  return withUnit(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);
}

/** "0 s", "850 ns", "340 µs", "1.2 ms", "45.0 s", "2 min 5 s", "3 h 20 min", "4 d 6 h". */
export function formatDuration(seconds: number): string {
  if (seconds < 0) return `-${formatDuration(-seconds)}`;
  if (seconds === 0) return '0 s';
  // 0.9995 s is "1.0 s", not "1000 ms": the unit is chosen by what the digits will show.
  if (seconds < 0.9995) return withUnit(Math.round(seconds * 1e9), 1000, ['ns', 'µs', 'ms']);
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return pair(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(seconds / 3600);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const first = `${formatCount(large)} ${largeUnit}`;
  return small === 0 ? first : `${first} ${small} ${smallUnit}`;
}

function withUnit(value: number, step: number, units: readonly string[]): string {
  let unit = 0;
  // 999.5 would be shown as "1000": it belongs to the next unit.
  for (; value >= step - 0.5 && unit < units.length - 1; unit++) value /= step;
  return `${threeDigits(value, unit === 0 ? 0 : 1)} ${units[unit]}`;
}

/** One fractional digit below 10, none from there on. */
function threeDigits(value: number, digits: number): string {
  return value < 9.95 ? value.toFixed(digits) : formatCount(value);
}
