import { h, type VNode } from 'vue';
import { safeText } from '../../../shared/format/safe-text.ts';
import type { Cell } from '../../../shared/model/view.ts';
import type { Field } from '../../../shared/query/fields.ts';
import { cellText } from './cell-text.ts';
import { findingChips } from './finding-chips.ts';
import type { GridRow } from './row-pages.ts';

/* What stands in a cell. Plain functions: a component for each of a thousand cells would cost frames while scrolling. */

/** `room`: pixels of the column, for what chooses by it what to show. */
export function cellContent(field: Field, row: GridRow, startedAt: number | null, room: number): VNode | (VNode | string)[] | string {
  const cell = row.cell(field.id);
  switch (field.id) {
    case 'host':
      return hostContent(cellText(field, cell, null));
    case 'target':
      return row.cell('read') === 'estimated' ? h('span', { class: 'rest' }, 'estimated, hidden by TLS') : cellText(field, cell, startedAt);
    case 'closed_by':
      return closedBy(cell, row.cell('closed_with'));
    case 'cause':
      return [confidenceSign(row.cell('confidence')), cellText(field, cell, null)];
    case 'finding':
      return findingChips(cell, row.cell('finding_severity'), room);
    default:
      return field.kind === 'marks' ? '' : cellText(field, cell, startedAt);
  }
}

/** "inventory" strong, ".prod.svc" quiet: the first label tells hosts apart; of an address all of it. */
function hostContent(host: string): (VNode | string)[] | string {
  const dot = host.indexOf('.');
  return dot <= 0 || /^[\d.:[\]]+$/.test(host) ? host : [host.slice(0, dot), h('span', { class: 'rest' }, host.slice(dot))];
}

function closedBy(by: Cell, kind: Cell): (VNode | string)[] | string {
  if (by !== 'client' && by !== 'server') return '';
  const side = h('span', { class: ['side', by], title: by }, [h('span', { 'aria-hidden': 'true' }, by === 'client' ? 'C' : 'S'), h('span', { class: 'hidden' }, by)]);
  return kind === 'fin' || kind === 'rst' ? [side, endSign(kind, by), h('span', { class: `is-${kind}` }, kind.toUpperCase())] : [side];
}

/** The triangle points to the receiver. */
function endSign(kind: 'fin' | 'rst', by: 'client' | 'server'): VNode {
  const d = kind === 'rst' ? 'M2 2l8 8m0-8l-8 8' : by === 'client' ? 'M2.5 1.5v9l8-4.5z' : 'M9.5 1.5v9l-8-4.5z';
  return h('svg', { class: kind, viewBox: '0 0 12 12', width: 12, height: 12, 'aria-hidden': 'true' }, [h('path', { d })]);
}

function confidenceSign(confidence: Cell): VNode {
  const shape =
    confidence === 'certain'
      ? [h('circle', { class: 'full', cx: 6, cy: 6, r: 5 })]
      : confidence === 'likely'
        ? [h('circle', { class: 'ring', cx: 6, cy: 6, r: 4.5 }), h('path', { class: 'full', d: 'M6 1.5a4.5 4.5 0 0 0 0 9z' })]
        : [h('circle', { class: 'ring', cx: 6, cy: 6, r: 4.5, 'stroke-dasharray': '1.8 1.73' })];
  const word = typeof confidence === 'string' ? safeText(confidence) : '';
  return h('span', { class: 'confidence', title: word }, [h('svg', { viewBox: '0 0 12 12', width: 12, height: 12, 'aria-hidden': 'true' }, shape), h('span', { class: 'hidden' }, word)]);
}
