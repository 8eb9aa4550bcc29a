import type { AxisScale } from '../../../shared/drawing/axis-scale.ts';
import { layOutLanes, missedReuse, SPAN_SHAPES } from '../../../shared/drawing/pool-lanes.ts';
import type { Lane, PoolCurve } from '../../../shared/model/view.ts';
import { bar, endMark, pin } from '../../drawing/canvas-marks.ts';
import type { Palette } from '../../drawing/palette.ts';

/** Height of a lane's busy time in its row. */
const BUSY = 12;
const ARROW_ROOM = 8;
const NOTHING: Lane = { connection: 0, clientPort: 0, requests: 0, spans: [], probes: [], end: { kind: 'open', by: null, time: Number.POSITIVE_INFINITY }, passedOver: [] };

/** Lanes that are on the screen, one below the other; null where one is on its way. */
export function paintLanes(context: CanvasRenderingContext2D, palette: Palette, rows: readonly (Lane | null)[], scale: AxisScale, rowHeight: number): void {
  const lanes = rows.map((lane) => lane ?? NOTHING);
  context.fillStyle = palette.line;
  for (const { x } of scale.ticks) context.fillRect(Math.round(x), 0, 1, rows.length * rowHeight);
  for (const [at, { marks, probes, end, lane }] of layOutLanes(lanes, scale).entries()) {
    if (lane === NOTHING) continue;
    const y = (at + 0.5) * rowHeight;
    for (const mark of marks) {
      // An idle lane is as high as it is in the legend: a fixed part of the busy height.
      bar(context, palette, SPAN_SHAPES[mark.kind], mark.x, mark.width, y, mark.kind === 'idle' ? BUSY * 1.3 : BUSY);
    }
    for (const x of probes) pin(context, palette, x, y, BUSY);
    if (end !== null) endMark(context, palette, end, y, BUSY);
  }
  // Arrows that would cover each other are one, the shortest: zooming in tells them apart.
  const taken = new Set<string>();
  for (const { fromRow, toRow, x } of missedReuse(lanes, scale).sort((a, b) => Math.abs(a.toRow - a.fromRow) - Math.abs(b.toRow - b.fromRow))) {
    const place = `${fromRow} ${Math.round(x / ARROW_ROOM)}`;
    if (taken.has(place)) continue;
    taken.add(place);
    paintMissed(context, palette, x, (fromRow + 0.5) * rowHeight, (toRow + 0.5) * rowHeight);
  }
}

/** A ring on the lane that stood idle, and an arrow to the SYN of the connection that need not have been. */
function paintMissed(context: CanvasRenderingContext2D, palette: Palette, x: number, from: number, to: number): void {
  const tip = to - Math.sign(to - from) * (BUSY / 2 + 1);
  const base = tip - Math.sign(to - from) * 6;
  context.strokeStyle = palette.accent;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, from);
  context.lineTo(x, base);
  context.stroke();
  context.fillStyle = palette.accent;
  context.beginPath();
  context.moveTo(x - 4.5, base);
  context.lineTo(x + 4.5, base);
  context.lineTo(x, tip);
  context.fill();
  context.fillStyle = palette.surface;
  context.beginPath();
  context.arc(x, from, 3, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}

/** Open and busy connections over time. */
export function paintCurve(context: CanvasRenderingContext2D, palette: Palette, curve: PoolCurve, scale: AxisScale, height: number): void {
  const most = Math.max(1, ...curve.open);
  const top = 10;
  const y = (count: number): number => height - 1 - (count / most) * (height - 1 - top);
  context.fillStyle = palette.line;
  for (const count of most === 1 ? [1] : [most, most / 2]) context.fillRect(0, Math.round(y(count)), scale.width, 1);
  area(context, curve.times, curve.open, scale, y, height);
  context.save();
  context.clip();
  context.strokeStyle = palette.line2;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = -height; x < scale.width; x += 5) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
  context.fillStyle = palette.download;
  area(context, curve.times, curve.busy, scale, y, height);
  context.fill();
  context.strokeStyle = palette.ink2;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let i = 0; i < curve.times.length; i++) {
    const x = scale.x(curve.times[i]!);
    if (i === 0) context.moveTo(x, y(curve.open[i]!));
    else {
      context.lineTo(x, y(curve.open[i - 1]!));
      context.lineTo(x, y(curve.open[i]!));
    }
  }
  context.lineTo(scale.width, y(curve.open.at(-1) ?? 0));
  context.stroke();
  context.fillStyle = palette.line2;
  context.fillRect(0, height - 1, scale.width, 1);
}

/** The steps as an outline, closed along the bottom. */
function area(context: CanvasRenderingContext2D, times: readonly number[], counts: readonly number[], scale: AxisScale, y: (count: number) => number, height: number): void {
  context.beginPath();
  context.moveTo(scale.x(times[0] ?? scale.from), height - 1);
  for (let i = 0; i < times.length; i++) {
    const x = scale.x(times[i]!);
    const next = i + 1 < times.length ? scale.x(times[i + 1]!) : scale.width;
    context.lineTo(x, y(counts[i]!));
    // What is busy for less than a pixel is seen all the same.
    context.lineTo(counts[i]! > (counts[i + 1] ?? 0) ? Math.max(next, x + 1) : next, y(counts[i]!));
  }
  context.lineTo(scale.width, height - 1);
  context.closePath();
}
