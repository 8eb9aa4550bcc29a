import { bar } from './canvas-marks.ts';
import type { Palette } from './palette.ts';
import { SPAN_KINDS, SPAN_SHAPES } from '../../shared/drawing/pool-lanes.ts';

/** Shortest and longest time that the scale of the small drawings tells apart, in seconds. */
const SHORTEST = 0.001;
const DECADES = 5;

/** Place of a time since the start on a scale of 1 ms to 100 s: each tenfold is as wide as the one before. */
function courseX(seconds: number, width: number): number {
  return Math.min(1, Math.max(0, Math.log10(Math.max(seconds, SHORTEST) / SHORTEST) / DECADES)) * width;
}

/**
 * A connection's course in a cell of a table, from the flat spans of Lane: opening, busy, idle, and zero windows over them. TIME_WAIT is left out:
 * the cell says what the connection did.
 */
export function paintCourse(context: CanvasRenderingContext2D, palette: Palette, spans: readonly number[], left: number, width: number, y: number, height: number): void {
  context.fillStyle = palette.line;
  context.fillRect(left, Math.round(y), width, 1);
  const origin = spans[1] ?? 0;
  // What lasts under a pixel has two, and what follows stands behind it.
  let free = 0;
  for (let i = 0; i + 2 < spans.length; i += 3) {
    const kind = SPAN_KINDS[spans[i]!];
    if (kind === undefined || kind === 'time-wait') continue;
    const over = kind === 'zero-window';
    const from = Math.max(over ? 0 : free, courseX(spans[i + 1]! - origin, width));
    const to = Math.min(width, Math.max(from + (kind === 'idle' ? 0 : LEAST), courseX(spans[i + 2]! - origin, width)));
    if (to - from < 0.5) continue;
    bar(context, palette, SPAN_SHAPES[kind], left + from, to - from, y, height);
    if (!over) free = to;
  }
}

const LEAST = 3;
