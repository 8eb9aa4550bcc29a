import { formatDuration } from '../format/quantity.ts';
import type { AxisMark } from './connection-axis.ts';
import { formatClock, formatMoment } from './moments.ts';

/** From seconds to a place along an axis and back. */
export interface AxisScale {
  readonly kind: 'linear' | 'broken';
  readonly width: number;
  /** Seconds at x = 0 and x = width. */
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly Tick[];
  /** Where the axis is broken, from left to right; none on a linear one. */
  readonly breaks: readonly AxisBreak[];
  /** Of a moment outside the axis: the place where the axis ends. */
  x(seconds: number): number;
  seconds(x: number): number;
}

export interface Tick {
  readonly x: number;
  readonly seconds: number;
  readonly label: string;
}

/** A stretch that is drawn shorter than its time: it has "//" and its length in words. */
export interface AxisBreak {
  readonly x: number;
  readonly width: number;
  readonly from: number;
  readonly to: number;
  /** "44.8 s" */
  readonly label: string;
}

/** A mark with its place. Moments have width 0. */
export interface PlacedMark {
  readonly mark: AxisMark;
  readonly x: number;
  readonly width: number;
  /** Drawn wider than its time on this axis would be; whoever draws it says so. */
  readonly widened: boolean;
  /** Its time is drawn shortened, with "//". */
  readonly broken: boolean;
}

export interface BrokenOptions {
  /** Of a broken stretch. */
  readonly breakWidth?: number;
  /** Of anything else that lasts. */
  readonly minimum?: number;
}

/** Time and place are proportional. */
export function linearScale(from: number, to: number, width: number): AxisScale {
  const span = to - from;
  return {
    kind: 'linear',
    width,
    from,
    to,
    ticks: evenTicks(from, to, width),
    breaks: [],
    x: (seconds) => (span <= 0 ? 0 : clamp((seconds - from) / span, 1) * width),
    seconds: (x) => from + (width <= 0 ? 0 : clamp(x / width, 1) * span),
  };
}

/** The marks on a linear scale. What lasts is `minimum` wide at least. */
export function placeLinear(marks: readonly AxisMark[], scale: AxisScale, minimum = 2): PlacedMark[] {
  return marks.map((mark) => {
    const x = scale.x(mark.start);
    const width = isMoment(mark) ? 0 : scale.x(mark.end) - x;
    const widened = !isMoment(mark) && width < minimum;
    return { mark, x: widened ? Math.min(x, Math.max(0, scale.width - minimum)) : x, width: widened ? minimum : width, widened, broken: false };
  });
}

/** A piece of the broken axis, of one mark that lasts or of none. */
interface Stretch {
  readonly mark: AxisMark | null;
  readonly from: number;
  readonly to: number;
  x: number;
  width: number;
  broken: boolean;
  widened: boolean;
  /** A zero window lies in it: what matters has more room. */
  stalled: boolean;
}

/**
 * Stretches in which nothing happens (idle, TIME_WAIT) have a fixed width where they would take more; all others share
 * what is left by their time, and are `minimum` wide at least where there is room for it.
 */
export function brokenScale(marks: readonly AxisMark[], end: number, width: number, options: BrokenOptions = {}): { scale: AxisScale; placed: PlacedMark[] } {
  const stretches = stretchesOf(marks, end);
  for (const { kind, start, end } of marks) {
    if (kind !== 'zero-window') continue;
    for (let i = lastIndex(stretches, (one) => one.to <= start) + 1; i < stretches.length && stretches[i]!.from < end; i++) stretches[i]!.stalled = true;
  }
  layOut(stretches, width, options.breakWidth ?? 120, options.minimum ?? 6);
  const x = (seconds: number): number => {
    const stretch = stretches[lastIndex(stretches, (one) => one.from <= seconds)] ?? stretches[0];
    if (stretch === undefined) return 0;
    const span = stretch.to - stretch.from;
    return stretch.x + (span <= 0 ? (seconds >= stretch.to ? stretch.width : 0) : clamp((seconds - stretch.from) / span, 1) * stretch.width);
  };
  const seconds = (at: number): number => {
    const stretch = stretches[lastIndex(stretches, (one) => one.x <= at)] ?? stretches[0];
    if (stretch === undefined) return 0;
    return stretch.from + (stretch.width <= 0 ? 0 : clamp((at - stretch.x) / stretch.width, 1) * (stretch.to - stretch.from));
  };
  const breaks = stretches.filter((one) => one.broken).map((one) => ({ x: one.x, width: one.width, from: one.from, to: one.to, label: formatDuration(one.to - one.from) }));
  const byMark = new Map(stretches.flatMap((one) => (one.mark === null ? [] : [[one.mark, one] as const])));
  const placed = marks.map((mark): PlacedMark => {
    const own = byMark.get(mark);
    if (own !== undefined) return { mark, x: own.x, width: own.width, widened: own.widened, broken: own.broken };
    const start = x(mark.start);
    return { mark, x: start, width: isMoment(mark) ? 0 : Math.max(0, x(mark.end) - start), widened: false, broken: false };
  });
  return { scale: { kind: 'broken', width, from: 0, to: end, ticks: brokenTicks(stretches, width), breaks, x, seconds }, placed };
}

/** The phases end to end, with what is left between them. A phase that began before the one before ended has what is left of it. */
function stretchesOf(marks: readonly AxisMark[], end: number): Stretch[] {
  const stretches: Stretch[] = [];
  const add = (mark: AxisMark | null, from: number, to: number): void => {
    stretches.push({ mark, from, to, x: 0, width: 0, broken: false, widened: false, stalled: false });
  };
  let until = 0;
  for (const mark of marks) {
    if (isMoment(mark) || mark.kind === 'zero-window') continue;
    if (mark.start > until) add(null, until, mark.start);
    if (mark.start >= until) add(mark, mark.start, mark.end);
    else if (mark.end > until) add(null, until, mark.end);
    until = Math.max(until, mark.end);
  }
  if (end > until) add(null, until, end);
  return stretches;
}

function layOut(stretches: Stretch[], width: number, breakWidth: number, minimum: number): void {
  const quiet = stretches.filter((one) => one.mark?.kind === 'idle' || one.mark?.kind === 'time-wait');
  const most = (one: Stretch): number => (one.stalled ? 3 : 1) * breakWidth;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const broken = stretches.filter((one) => one.broken);
    // Breaks take three fifths at most.
    const wanted = broken.reduce((sum, one) => sum + most(one), 0);
    const part = Math.min(1, (width * 0.6) / wanted);
    for (const one of broken) one.width = most(one) * part;
    share(stretches, width - Math.min(wanted, width * 0.6), minimum);
    const longer = quiet.filter((one) => !one.broken && one.width > most(one));
    if (longer.length === 0) break;
    for (const one of longer) one.broken = true;
  }
  let x = 0;
  for (const one of stretches) {
    one.x = x;
    x += one.width;
  }
}

/** Each pass breaks what has become too wide by the breaks of the one before. */
const MAX_PASSES = 12;

/** Gives the stretches that are not broken their part of `width`. */
function share(stretches: readonly Stretch[], width: number, minimum: number): void {
  const shared = stretches.filter((one) => !one.broken).sort((a, b) => a.to - a.from - (b.to - b.from));
  const least = Math.min(minimum, shared.length === 0 ? 0 : width / shared.length);
  let seconds = shared.reduce((sum, one) => sum + one.to - one.from, 0);
  let left = width;
  for (let i = 0; i < shared.length; i++) {
    const one = shared[i]!;
    const span = one.to - one.from;
    // The shortest first: what is not widened now leaves enough for all that follow.
    one.widened = seconds <= 0 || (span / seconds) * left < least;
    one.width = !one.widened ? (span / seconds) * left : seconds > 0 ? least : left / (shared.length - i);
    if (one.widened) {
      seconds -= span;
      left -= one.width;
    }
  }
}

/** Ticks at round times, about 90 px apart. */
export function evenTicks(from: number, to: number, width: number): Tick[] {
  const span = to - from;
  if (!(span > 0) || width <= 0) return [{ x: 0, seconds: from, label: formatMoment(from) }];
  const step = roundStep((span / width) * 90);
  const ticks: Tick[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + span * 1e-9; i++) {
    const seconds = i * step;
    ticks.push({ x: ((seconds - from) / span) * width, seconds, label: formatClock(seconds, step) });
  }
  return ticks;
}

/** 1, 2 or 5 times a power of ten; from half a minute on what clocks count in, from a day on in days. */
function roundStep(least: number): number {
  const long = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200];
  if (least > 43_200) return roundNumber(Math.max(1, least / 86_400)) * 86_400;
  return least > 10 ? long.find((step) => step >= least)! : roundNumber(least);
}

function roundNumber(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

/** Ticks where something begins, as many as have room for their words; the first and the last always. */
function brokenTicks(stretches: readonly Stretch[], width: number): Tick[] {
  const all = stretches.map((one) => ({ x: one.x, seconds: one.from }));
  const last = stretches.at(-1);
  if (last === undefined) return [];
  const end = { x: width, seconds: last.to };
  const ticks: Tick[] = [];
  for (const { x, seconds } of all) {
    const before = ticks.at(-1);
    if (before !== undefined && (x - before.x < LABEL_ROOM || end.x - x < LABEL_ROOM)) continue;
    ticks.push({ x, seconds, label: formatMoment(seconds) });
  }
  if (end.seconds > (ticks.at(-1)?.seconds ?? 0)) ticks.push({ ...end, label: formatMoment(end.seconds) });
  return ticks;
}

const LABEL_ROOM = 76;

function isMoment(mark: AxisMark): boolean {
  return mark.start === mark.end && !LASTING.has(mark.kind);
}

/** A request in one packet takes no time and is drawn all the same. */
const LASTING = new Set<AxisMark['kind']>(['handshake', 'request', 'wait', 'download', 'idle', 'other', 'zero-window', 'time-wait']);

function clamp(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}

/** Of entries for which `holds` is true first and false from some entry on: the last that holds, or -1. */
function lastIndex<T>(entries: readonly T[], holds: (entry: T) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(entries[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Left and right edge of each exchange's marks. */
export function spansOfExchanges(placed: readonly PlacedMark[]): Map<number, [number, number]> {
  const spans = new Map<number, [number, number]>();
  for (const { mark, x, width } of placed) {
    if (mark.exchange === null) continue;
    const span = spans.get(mark.exchange);
    if (span === undefined) spans.set(mark.exchange, [x, x + width]);
    else span[1] = Math.max(span[1], x + width);
  }
  return spans;
}
