import {
  columnOrderingFeature,
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from '@tanstack/vue-table';
import { computed, onScopeDispose, watch } from 'vue';
import { FIELDS, type Field } from '../../../shared/query/fields.ts';
import type { TableName } from '../../../shared/model/view.ts';
import { useSettings } from '../../stores/settings.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useMedia } from '../../use-media.ts';

const features = tableFeatures({ columnOrderingFeature, columnVisibilityFeature, columnSizingFeature, columnResizingFeature, rowSortingFeature });

/** Of a column that is not among the first ones, when it is chosen. */
const CHOSEN_WIDTH = 96;
const LEAST_WIDTH = 40;
/** What a narrow window has no room for, so that the cause and the findings are seen without scrolling. */
const LESS_IN_NARROW: Readonly<Record<TableName, readonly string[]>> = { connections: ['start', 'idle', 'probes'], exchanges: ['start', 'request_bytes'] };

interface Shown {
  readonly id: string;
  readonly width: number;
}

/** Columns of a table: order, width, choice and sorting; kept in the settings, the requests' with `exchanges.` before their ids. */
export function useColumns(name: TableName) {
  const settings = useSettings();
  const toasts = useToasts();
  const fields = FIELDS[name].filter((field) => field.only !== 'filter');
  const prefix = name === 'connections' ? '' : `${name}.`;
  const kept = settings.settings.columns.filter(({ id }) => (prefix === '' ? !id.includes('.') : id.startsWith(prefix))).map(({ id, width }) => ({ id: id.slice(prefix.length), width }));
  const known = kept.filter(({ id }) => fields.some((field) => field.id === id));
  const narrow = useMedia('(width < 1200px)');
  /** For who has set nothing. */
  const usual = (tight: boolean): Shown[] => fields.filter(({ id, width }) => width > 0 && !(tight && LESS_IN_NARROW[name].includes(id))).map(({ id, width }) => ({ id, width }));
  const shownFirst = known.length > 0 ? known : usual(narrow.value);
  const order = [...shownFirst.map(({ id }) => id), ...fields.map(({ id }) => id).filter((id) => !shownFirst.some((one) => one.id === id))];

  const table = useTable({
    features,
    data: [] as Field[],
    columns: fields.map((field) => ({
      id: field.id,
      accessorFn: () => null,
      header: field.label,
      size: field.width || CHOSEN_WIDTH,
      minSize: LEAST_WIDTH,
      maxSize: 2000,
      sortDescFirst: field.kind !== 'text' && field.kind !== 'choice' && field.id !== 'id',
      enableSorting: field.only !== 'column',
    })),
    columnResizeMode: 'onChange' as const,
    manualSorting: true,
    enableMultiSort: true,
    maxMultiSortColCount: 4,
    initialState: {
      columnOrder: order,
      columnVisibility: Object.fromEntries(fields.map(({ id }) => [id, shownFirst.some((one) => one.id === id)])),
      columnSizing: Object.fromEntries(shownFirst.map(({ id, width }) => [id, width])),
    },
  });

  const byId = new Map(fields.map((field) => [field.id, field]));
  /** From left to right. */
  const columns = computed(() => {
    const sizes = table.atoms.columnSizing.get();
    void table.atoms.columnVisibility.get();
    void table.atoms.columnOrder.get();
    return table.getVisibleLeafColumns().map((column) => ({ column, field: byId.get(column.id)!, width: sizes[column.id] ?? column.getSize() }));
  });
  const sort = computed(() => table.atoms.sorting.get().map(({ id, desc }) => ({ field: id, descending: desc })));

  const mine = computed((): Shown[] => columns.value.map(({ field, width }) => ({ id: field.id, width: Math.round(width) })));
  let timer: ReturnType<typeof setTimeout> | null = null;
  // A column that is being drawn wider changes with each move of the pointer.
  watch(mine, () => {
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(keep, 500);
  });
  onScopeDispose(() => {
    if (timer !== null) keep();
  });

  function keep(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const others = settings.settings.columns.filter(({ id }) => (prefix === '' ? id.includes('.') : !id.startsWith(prefix)));
    const own = same(mine.value, usual(narrow.value)) ? [] : mine.value.map(({ id, width }) => ({ id: prefix + id, width }));
    settings.change({ columns: [...others, ...own] }).catch(toasts.failed);
  }

  /** Moves a column by places to the left (negative) or right among those that are shown. */
  function move(id: string, places: number): void {
    const shown = columns.value.map(({ field }) => field.id);
    const target = shown[shown.indexOf(id) + places];
    if (target !== undefined) place(id, target, places > 0);
  }

  /** Puts a column before another one, or behind it. */
  function place(id: string, target: string, behind: boolean): void {
    const rest = table.getAllLeafColumns().map((column) => column.id).filter((one) => one !== id);
    rest.splice(rest.indexOf(target) + (behind ? 1 : 0), 0, id);
    table.setColumnOrder(rest);
  }

  function showUsual(): void {
    const shown = usual(narrow.value).map(({ id }) => id);
    table.setColumnVisibility(Object.fromEntries(fields.map(({ id }) => [id, shown.includes(id)])));
  }

  watch(narrow, (now) => {
    if (same(mine.value, usual(!now))) showUsual();
  });

  /** As they are for who has set nothing. */
  function reset(): void {
    table.setColumnOrder(fields.map(({ id }) => id));
    showUsual();
    table.setColumnSizing(Object.fromEntries(fields.filter(({ width }) => width > 0).map(({ id, width }) => [id, width])));
  }

  return { table, fields, columns, sort, move, place, reset };
}

function same(a: readonly Shown[], b: readonly Shown[]): boolean {
  return a.length === b.length && a.every(({ id, width }, at) => id === b[at]!.id && width === b[at]!.width);
}

export type Columns = ReturnType<typeof useColumns>;
