import { defineComponent, h, type PropType } from 'vue';
import type { Field } from '../../../shared/query/fields.ts';
import { cellContent } from './cell-marks.ts';
import { cellText } from './cell-text.ts';
import type { GridRow as Row } from './row-pages.ts';

/** Columns set in a fixed width, and those that end with the same place. */
const MONO = new Set(['client', 'server', 'start', 'target']);

export function cellClass({ id, kind }: Field): string {
  const right = kind === 'number' || kind === 'seconds' || kind === 'bytes';
  return `cell${right ? ' right' : ''}${MONO.has(id) ? ' mono' : ''} f-${id}`;
}

/** One row of the grid: drawn again only when it shows another row, other columns, or the place of the keyboard. */
export default defineComponent({
  name: 'GridRow',
  props: {
    grid: { type: String, required: true },
    index: { type: Number, required: true },
    top: { type: Number, required: true },
    /** null: on its way. */
    row: { type: Object as PropType<Row | null>, default: null },
    fields: { type: Array as PropType<readonly Field[]>, required: true },
    /** Pixels of the columns. */
    widths: { type: Array as PropType<readonly number[]>, required: true },
    startedAt: { type: Number as PropType<number | null>, default: null },
    /** Column of the keyboard's place, -1 on other rows. */
    current: { type: Number, default: -1 },
  },
  setup(props) {
    return () => {
      const { grid, index, row, fields, widths, startedAt, current } = props;
      const attributes = {
        class: ['row', { current: current >= 0 }],
        role: 'row',
        'aria-rowindex': index + 2,
        'aria-selected': current >= 0,
        'data-index': index,
        style: { transform: `translateY(${props.top}px)` },
      };
      if (row === null) return h('div', { ...attributes, 'aria-busy': 'true' }, [h('div', { class: 'cell waiting', role: 'gridcell', 'aria-colindex': 1 }, '…')]);
      const cells = fields.map((field, at) =>
        h(
          'div',
          {
            id: `${grid}-${index}-${at}`,
            class: at === current ? `${cellClass(field)} here` : cellClass(field),
            role: 'gridcell',
            'aria-colindex': at + 1,
            title: field.kind === 'text' || field.kind === 'choices' ? cellText(field, row.cell(field.id), null) : undefined,
          },
          cellContent(field, row, startedAt, widths[at]!),
        ),
      );
      return h('div', attributes, cells);
    };
  },
});
