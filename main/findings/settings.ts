/** How much longer than the response the FIN may have been on its way. */
export const MOST_JITTER = 1e6;
/** What a clock of milliseconds takes off. */
const EARLY = 1e6;

/** Whether a duration is a whole number of seconds, 2 or more, and the few milliseconds that a timer is late. Chance does that once in 200 times. */
export function isWholeSeconds(duration: number, late: number): boolean {
  return duration >= 2e9 - EARLY && isLate(duration, 1e9, 4e6 + late);
}

/** The same with what else people set: half seconds below 5 s. */
export function isSetting(duration: number, late: number): boolean {
  return isRound(duration, 4e6 + late);
}

/** Whether somebody may have set this number of requests as a limit: small ones, round ones, or the one behind (Apache counts those that follow the first). */
export function isCountLimit(count: number): boolean {
  return count <= 10 || count % 5 <= 1;
}

/** Whether a timer with a round setting ran out: a multiple of half a second (of a whole one from 5 s on) and a little. */
export function isRound(duration: number, late: number): boolean {
  const step = duration >= 5e9 - EARLY ? 1e9 : 500e6;
  return duration > step / 2 && isLate(duration, step, late);
}

/** Whether a duration is a multiple of `step`, or up to `late` more: no timer fires early, but a clock of milliseconds takes one off. */
function isLate(duration: number, step: number, late: number): boolean {
  const over = duration - Math.round(duration / step) * step;
  return over >= -EARLY && over <= late;
}
