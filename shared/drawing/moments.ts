import { formatCount, formatDuration } from '../format/quantity.ts';

/** A moment on an axis, with digits enough to find its packet: "0", "340 µs", "11.4 ms", "44.84 s", "1 min 49.66 s". */
export function formatMoment(seconds: number): string {
  const length = Math.abs(seconds);
  const sign = seconds < 0 ? '-' : '';
  if (length < 5e-10) return '0';
  if (length < 0.0009995) return `${sign}${Math.round(length * 1e6) === 0 ? `${Math.round(length * 1e9)} ns` : `${Math.round(length * 1e6)} µs`}`;
  if (length < 0.9995) return `${sign}${trimmed(length * 1e3, 1)} ms`;
  if (length < 59.995) return `${sign}${trimmed(length, 2)} s`;
  if (length >= 3599.995) return sign + formatDuration(length);
  const minutes = Math.floor((length + 0.005) / 60);
  const rest = Math.max(0, length - minutes * 60);
  return `${sign}${minutes} min${rest < 0.005 ? '' : ` ${trimmed(rest, 2)} s`}`;
}

/** Time of a capture in a row of ticks `step` seconds apart: "0:30", "1:02:00", "0.5 s", "1:00.5", "12.5 ms", "3 d", "1,095 d". */
export function formatClock(seconds: number, step: number): string {
  if (step >= 86_400) return `${formatCount(seconds / 86_400)} d`;
  if (step < 0.001) return `${trimmed(seconds * 1e6, 0)} µs`;
  if (step < 0.1) return `${trimmed(seconds * 1e3, step < 0.01 ? 1 : 0)} ms`;
  if (step < 1 && Math.abs(seconds) < 60) return `${trimmed(seconds, 1)} s`;
  const sign = seconds < 0 ? '-' : '';
  const digits = step >= 1 ? 0 : 1;
  const length = Number(Math.abs(seconds).toFixed(digits));
  const rest = (length % 60).toFixed(digits).padStart(digits === 0 ? 2 : 3 + digits, '0');
  const minutes = Math.floor(length / 60);
  if (minutes < 60) return `${sign}${minutes}:${rest}`;
  return `${sign}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

/** Without zeros at the end of a fraction. */
function trimmed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
