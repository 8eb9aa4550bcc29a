const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/**
 * How long ago, in the words one would use: "just now", "14 min ago", "3 h ago", "Yesterday 23:41", "Thu 02:10",
 * "12 Nov", "12 Nov 2025". Empty for what is no date. In the time zone of this computer.
 *
 * @param rfc3339 a point in time
 * @param now milliseconds since 1970
 */
export function ago(rfc3339: string, now: number): string {
  const date = new Date(rfc3339);
  const seconds = (now - date.getTime()) / 1000;
  if (Number.isNaN(seconds)) return '';
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  const today = new Date(now);
  const days = Math.round((startOfDay(today) - startOfDay(date)) / 86_400_000);
  if (days === 0) return `${Math.floor(seconds / 3600)} h ago`;
  const clock = `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
  if (days === 1) return `Yesterday ${clock}`;
  if (days < 7) return `${DAYS[date.getDay()]} ${clock}`;
  const day = `${date.getDate()} ${MONTHS[date.getMonth()]}`;
  return date.getFullYear() === today.getFullYear() ? day : `${day} ${date.getFullYear()}`;
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
