import { h, type VNode } from 'vue';
import { ruleName } from '../../../shared/format/rule-names.ts';
import { safeText } from '../../../shared/format/safe-text.ts';
import type { Cell } from '../../../shared/model/view.ts';

/** Of a chip besides its name: mark, space between, padding and border. */
const FRAME = 26;
/** Of a mark without a name, with the space before it. */
const MARK = 16;
/** Of the cell. */
const PADDING = 12;
/** Marks in a cell, however many rules there are. */
const MOST = 6;
/** Marks beside a name that is cut for them. */
const FEW = 2;

/**
 * The findings of a connection, the gravest first, each with the mark of its severity. Names that have no room leave
 * their marks, many marks that leave none for the first name are counted: a wide column says them all, a narrow one the gravest.
 */
export function findingChips(rules: Cell, severities: Cell, room: number): VNode[] {
  if (rules === null || typeof rules !== 'object') return [];
  const names = rules.slice(0, MOST).map((rule) => safeText(ruleName(String(rule))));
  const named = countNamed(names, room);
  const counted = named === 0 && names.length - 1 > FEW ? rules.length - 1 : 0;
  const chips = names.map((name, at) => {
    const severity = typeof severities === 'object' ? String(severities?.[at]) : '';
    const words = h('span', { class: 'hidden' }, `${severity}: `);
    if (at < Math.max(1, named)) return h('span', { class: 'chip' }, [severityMark(severity), words, h('span', { class: 'line' }, name)]);
    return counted > 0 ? h('span', { class: 'hidden' }, [words, name]) : h('span', { class: 'mark' }, [severityMark(severity), words, h('span', { class: 'hidden' }, name)]);
  });
  return counted > 0 ? [...chips, h('span', { class: 'rest', 'aria-hidden': 'true' }, `+${counted}`)] : chips;
}

/** How many names have room beside the marks of the others; 0 where even the first has none, which is cut then. */
function countNamed(names: readonly string[], room: number): number {
  let left = room - PADDING - names.length * MARK;
  let named = 0;
  for (const name of names) {
    left -= nameWidth(name) + FRAME - MARK + (named === 0 ? 0 : 4);
    if (left < 0) break;
    named++;
  }
  return named;
}

function severityMark(severity: string): VNode {
  const shape =
    severity === 'error'
      ? [h('path', { class: 'error', d: 'M6 0l6 6-6 6-6-6z' }), h('path', { class: 'error-sign', d: 'M6 2.9v3.7M6 8v1.3' })]
      : severity === 'warning'
        ? [h('path', { class: 'warning', d: 'M6 .8l5.6 10.4H.4z' })]
        : [h('circle', { class: 'info', cx: 6, cy: 6, r: 3 })];
  return h('svg', { class: 'severity', viewBox: '0 0 12 12', width: 10, height: 10, 'aria-hidden': 'true' }, shape);
}

const widths = new Map<string, number>();
let pen: CanvasRenderingContext2D | null = null;

/** Pixels of a name in a chip; measured once, there are some fifty. */
function nameWidth(name: string): number {
  let width = widths.get(name);
  if (width === undefined) {
    if (pen === null) {
      pen = document.createElement('canvas').getContext('2d')!;
      pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    }
    width = Math.ceil(pen.measureText(name).width);
    widths.set(name, width);
  }
  return width;
}
