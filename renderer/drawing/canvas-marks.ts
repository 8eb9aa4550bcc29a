import { SHAPES, type MarkShape, type ShapeName } from '../../shared/drawing/tokens.ts';
import type { Side } from '../../shared/model/report.ts';
import type { Palette } from './palette.ts';

/* How the marks of shared/drawing look on a canvas. Sizes are CSS pixels; `y` is the middle of a lane. */

/** What lasts. */
export function bar(context: CanvasRenderingContext2D, palette: Palette, shape: ShapeName, x: number, width: number, y: number, laneHeight: number): void {
  const look: MarkShape = SHAPES[shape];
  const height = look.height * laneHeight;
  const top = y - height / 2;
  if (look.fill === 'hatch') return hatched(context, palette[look.colour], x, width, top, height);
  if (look.fill === 'dots') return dotted(context, palette[look.colour], x, width, y);
  if (look.fill === 'cross-hatch' && width >= HATCH_STEP) return crossHatched(context, palette, palette[look.colour], x, width, top, height);
  if (look.fill === 'cuts' && width >= 12) {
    context.fillStyle = palette[look.colour];
    const part = width / 3;
    for (let i = 0; i < 3; i++) context.fillRect(x + i * part, top, part - (i < 2 ? 1.5 : 0), height);
    return;
  }
  context.fillStyle = palette[look.colour];
  context.fillRect(x, top, width, height);
  if (look.edge === undefined || width < 3) return;
  context.strokeStyle = palette[look.edge];
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, top + 0.5, width - 1, height - 1);
}

/** Idle: diagonal strokes between two ruled edges. Drawn as lines: a pattern would be blurred at fractional ratios. */
function hatched(context: CanvasRenderingContext2D, colour: string, x: number, width: number, top: number, height: number): void {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, top + 0.5);
  context.lineTo(x + width, top + 0.5);
  context.moveTo(x, top + height - 0.5);
  context.lineTo(x + width, top + height - 0.5);
  diagonals(context, x, width, top + height, -1, height);
  context.stroke();
}

/** A window at zero: diagonals both ways in an outline, on ground of their own, since it lies over what is busy. */
function crossHatched(context: CanvasRenderingContext2D, palette: Palette, colour: string, x: number, width: number, top: number, height: number): void {
  context.fillStyle = palette.surface;
  context.fillRect(x, top, width, height);
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  context.rect(x + 0.5, top + 0.5, width - 1, height - 1);
  diagonals(context, x, width, top + height, -1, height);
  diagonals(context, x, width, top, 1, height);
  context.stroke();
}

/** Strokes of a hatch from the edge at `from`, down (1) or up (-1), added to the path. */
function diagonals(context: CanvasRenderingContext2D, x: number, width: number, from: number, direction: 1 | -1, height: number): void {
  // From a fixed grid, so that neighbouring stretches and a panned drawing keep their strokes in place.
  for (let at = Math.ceil((x - height) / HATCH_STEP) * HATCH_STEP; at < x + width; at += HATCH_STEP) {
    const left = Math.max(at, x);
    const right = Math.min(at + height, x + width);
    if (right <= left) continue;
    context.moveTo(left, from + direction * (left - at));
    context.lineTo(right, from + direction * (right - at));
  }
}

const HATCH_STEP = 5;

/** TIME_WAIT: two rows of dots. */
function dotted(context: CanvasRenderingContext2D, colour: string, x: number, width: number, y: number): void {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.setLineDash(DOTS);
  context.beginPath();
  for (const at of [y - 2, y + 2]) {
    context.moveTo(Math.round(x), at + 0.5);
    context.lineTo(x + width, at + 0.5);
  }
  context.stroke();
  context.setLineDash(SOLID);
}

const DOTS = [1.5, 2];
const SOLID: number[] = [];

/** A probe: a tick with a ring on top. */
export function pin(context: CanvasRenderingContext2D, palette: Palette, x: number, y: number, laneHeight: number): void {
  const top = y - laneHeight / 2 - 1;
  context.strokeStyle = palette.probe;
  context.fillStyle = palette.surface;
  context.lineWidth = 1.3;
  context.beginPath();
  context.moveTo(x, top + 2.5);
  context.lineTo(x, y + laneHeight / 2);
  context.stroke();
  context.beginPath();
  context.arc(x, top, 2.4, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}

/** FIN: a hollow triangle that points to the receiver: to the right where the client sent it. `x`: its left edge. */
export function triangle(context: CanvasRenderingContext2D, palette: Palette, x: number, y: number, by: Side | null, size = 9): void {
  const [base, tip] = by === 'server' ? [x + size, x + 0.5] : [x + 0.5, x + size];
  context.strokeStyle = palette.fin;
  context.fillStyle = palette.surface;
  context.lineWidth = 1.4;
  context.lineJoin = 'round';
  context.beginPath();
  context.moveTo(base, y - size / 2);
  context.lineTo(base, y + size / 2);
  context.lineTo(tip, y);
  context.closePath();
  context.fill();
  context.stroke();
}

/** RST: a cross with a halo. `x`: its left edge. */
export function cross(context: CanvasRenderingContext2D, palette: Palette, x: number, y: number, size = 8): void {
  const half = size / 2;
  for (const [colour, width] of [[palette.surface, 5.5], [palette.rst, 2.4]] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x, y - half);
    context.lineTo(x + size, y + half);
    context.moveTo(x + size, y - half);
    context.lineTo(x, y + half);
    context.stroke();
  }
}

/** Open at the end, or replaced: what comes is not in the capture. */
export function torn(context: CanvasRenderingContext2D, palette: Palette, x: number, y: number, laneHeight: number): void {
  const step = laneHeight / 4;
  context.strokeStyle = palette.ink3;
  context.lineWidth = 1.3;
  context.beginPath();
  context.moveTo(x, y - laneHeight / 2);
  for (const [i, dx] of [3, -3, 3, 0].entries()) context.lineTo(x + dx, y - laneHeight / 2 + (i + 1) * step);
  context.stroke();
}

/** The end of a lane; `x`: its left edge. */
export function endMark(context: CanvasRenderingContext2D, palette: Palette, end: { kind: 'fin' | 'rst' | 'open' | 'replaced'; by: Side | null; x: number }, y: number, laneHeight: number): void {
  if (end.kind === 'fin') triangle(context, palette, end.x + 1, y, end.by);
  else if (end.kind === 'rst') cross(context, palette, end.x + 2, y);
  else torn(context, palette, end.x + 3, y, laneHeight);
}
