import { h, type VNode } from 'vue';
import { SHAPES, type MarkShape, type ShapeName } from '../../shared/drawing/tokens.ts';
import type { Side } from '../../shared/model/report.ts';

/* How the marks of shared/drawing look as inline SVG; colours and patterns are in marks.css and MarkPatterns.vue. */

/** What lasts, on a lane whose middle is at `y`. `patterns`: prefix of the ids of the drawing's patterns. */
export function bar(shape: ShapeName, x: number, width: number, y: number, laneHeight: number, patterns: string): VNode[] {
  const look: MarkShape = SHAPES[shape];
  const height = look.height * laneHeight;
  const inset = look.edge === undefined ? 0 : 0.5;
  const fill = look.fill === 'hatch' || look.fill === 'cross-hatch' || look.fill === 'dots' ? { fill: `url(#${patterns}-${look.fill})` } : {};
  const box = (from: number, wide: number): VNode =>
    h('rect', { class: `mark-${shape}`, ...fill, x: from + inset, y: y - height / 2 + inset, width: Math.max(0.5, wide - 2 * inset), height: height - 2 * inset });
  // SYN, SYN-ACK, ACK: cut in three where there is room.
  if (look.fill === 'cuts' && width >= 14) return [0, 1, 2].map((part) => box(x + (part * width) / 3, width / 3 - (part < 2 ? 1.5 : 0)));
  // What lies under a zero window would show through its pattern.
  if (look.fill === 'cross-hatch') return [h('rect', { class: 'mark-ground', x, y: y - height / 2, width, height }), box(x, width)];
  return [box(x, width)];
}

/** A tick with a ring on top. */
export function pin(x: number, y: number, laneHeight: number): VNode[] {
  const top = y - laneHeight / 2 - 4;
  return [h('path', { class: 'mark-probe', d: `M${x} ${top + 3}V${y + laneHeight / 2}` }), h('circle', { class: 'mark-probe-ring', cx: x, cy: top, r: 2.8 })];
}

/** FIN: a hollow triangle that points to the receiver: right where the client sent it. `x`: its left edge. */
export function triangle(x: number, y: number, by: Side | null): VNode[] {
  return [h('path', { class: 'mark-fin', d: by === 'server' ? `M${x + 9} ${y - 5}v10l-8-5z` : `M${x + 1} ${y - 5}v10l8-5z` })];
}

/** RST: a cross with a halo. `x`: its left edge. */
export function cross(x: number, y: number): VNode[] {
  const d = `M${x + 1} ${y - 4}l8 8m0-8l-8 8`;
  return [h('path', { class: 'mark-halo', d }), h('path', { class: 'mark-rst', d })];
}

/** A torn edge: what comes before or after is not in the capture. */
export function torn(x: number, y: number, laneHeight: number): VNode[] {
  const step = laneHeight / 4;
  return [h('path', { class: 'mark-torn', d: `M${x} ${y - laneHeight / 2}l3 ${step}-6 ${step} 6 ${step}-3 ${step}` })];
}

/** "//" over the middle of a stretch that is drawn shorter than it was. */
export function breakSign(x: number, y: number, laneHeight: number): VNode[] {
  const half = laneHeight * 0.36;
  const d = `M${x - 5} ${y + half}l6 ${-2 * half}m4 0l-6 ${2 * half}`;
  return [h('path', { class: 'mark-halo', d }), h('path', { class: 'mark-break', d })];
}

/** The sign of a shape for a legend, in a box of 20 by 16. */
export function legendSign(name: ShapeName, patterns: string): VNode[] {
  if (name === 'probe') return pin(10, 11, 9);
  if (name === 'fin') return triangle(5, 8, 'client');
  if (name === 'rst') return cross(5, 8);
  if (name === 'torn') return torn(10, 8, 14);
  return bar(name, 1, 18, 8, name === 'idle' ? 16 : name === 'time-wait' ? 18 : 11, patterns);
}
