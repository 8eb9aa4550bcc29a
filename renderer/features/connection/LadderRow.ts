import { h, type FunctionalComponent, type VNode } from 'vue';
import type { FoldRow, LadderRow as Row, PacketRow, PauseRow } from '../../../shared/drawing/ladder-layout.ts';
import { formatMoment } from '../../../shared/drawing/moments.ts';
import { formatBytes, formatCount } from '../../../shared/format/quantity.ts';
import { safeBytes } from '../../../shared/format/safe-text.ts';
import type { FrameRef, Side } from '../../../shared/model/report.ts';

/** One line of the ladder. */
export interface LadderRowProps {
  id: string;
  index: number;
  row: Row | null;
  top: number;
  /** The keyboard is on it. */
  current: boolean;
  opened: boolean;
  onToggle(frame: FrameRef): void;
}

export const LadderRow: FunctionalComponent<LadderRowProps> = ({ id, index, row, top, current, opened, onToggle }) => {
  const attributes = { id, role: 'row', 'aria-rowindex': index + 2, 'aria-selected': current, 'data-line': index, style: { transform: `translateY(${top}px)` } };
  if (row === null) return h('div', { ...attributes, class: 'step waiting' }, [cell('cell', '…')]);
  if (row.kind === 'packet') return packetRow(row, attributes, current);
  if (row.kind === 'fold') return foldRow(row, attributes, current, opened, onToggle);
  return pauseRow(row, attributes, current);
};
LadderRow.props = ['id', 'index', 'row', 'top', 'current', 'opened', 'onToggle'];

function packetRow({ packet, time, tone, flags, info, evidence }: PacketRow, attributes: object, current: boolean): VNode {
  const words = safeBytes(info);
  const client = packet.from === 'client';
  const arrow = h('div', { class: `arrow tone-${tone}`, role: 'gridcell', title: words }, [
    h('span', { class: 'hidden' }, `from the ${packet.from}: `),
    h('span', { class: 'stub' }, client ? [wire()] : [head(tone, 'server'), wire()]),
    h('span', { class: 'flags' }, flags),
    h('span', { class: 'info' }, words),
    h('span', { class: 'rest' }, client ? [wire(), head(tone, 'client')] : [wire()]),
  ]);
  return h('div', { ...attributes, class: ['step', { current, proof: evidence !== null }] }, [
    cell('frame', String(packet.frame)),
    cell('time', time),
    arrow,
    cell('length', packet.length === 0 ? '0' : formatCount(packet.length)),
    h('div', { class: 'pills', role: 'gridcell' }, evidence === null ? [] : [h('span', { class: 'pill' }, evidence)]),
  ]);
}

function foldRow(row: FoldRow, attributes: object, current: boolean, opened: boolean, toggle: (frame: FrameRef) => void): VNode {
  const first = row.packets[0]!.frame;
  const client = row.from === 'client';
  const chip = h(
    'button',
    {
      type: 'button',
      class: 'chip',
      tabindex: -1,
      'aria-expanded': opened,
      title: `${row.packets.length} packets, ${formatMoment(row.end - row.start)}`,
      onClick: (event: Event) => (event.stopPropagation(), toggle(first)),
    },
    `${opened ? '−' : '+'} ${row.label.replace(/^\+ /, '')}`,
  );
  const { tone } = row;
  return h('div', { ...attributes, class: ['step fold', { current }] }, [
    cell('frame', ''),
    cell('time', ''),
    h('div', { class: `arrow double tone-${tone}`, role: 'gridcell' }, [
      h('span', { class: 'hidden' }, `from the ${row.from}: `),
      h('span', { class: 'rest' }, client ? [wire()] : [head(tone, 'server'), wire()]),
      chip,
      h('span', { class: 'rest' }, client ? [wire(), head(tone, 'client')] : [wire()]),
    ]),
    cell('length', row.bytes === 0 ? '0' : formatBytes(row.bytes)),
    cell('pills', ''),
  ]);
}

function pauseRow(row: PauseRow, attributes: object, current: boolean): VNode {
  return h('div', { ...attributes, class: ['step pause', row.kind, { current }] }, [h('div', { class: 'band', role: 'gridcell', 'aria-colspan': 5 }, [h('span', { class: 'band-label' }, row.label)])]);
}

function cell(kind: string, text: string): VNode {
  return h('div', { class: kind, role: 'gridcell' }, text);
}

function wire(): VNode {
  return h('span', { class: 'wire' });
}

/** The head of an arrow, at the receiver: hollow for FIN, a cross for RST. */
function head(tone: string, from: Side): VNode {
  const d = tone === 'rst' ? 'M2 2l7 7m0-7l-7 7' : from === 'client' ? 'M2 1.5v8l7-4z' : 'M9 1.5v8l-7-4z';
  return h('svg', { class: 'head', viewBox: '0 0 11 11', width: 11, height: 11, 'aria-hidden': 'true' }, [h('path', { d })]);
}
