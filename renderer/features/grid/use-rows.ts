import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';
import type { TableName } from '../../../shared/model/view.ts';
import type { RequestParams } from '../../../shared/rpc/contract.ts';
import { useApi } from '../../api.ts';
import type { TimeRange } from '../../frame/route.ts';
import { useSession } from '../../stores/session.ts';
import { gridRows, RowPages } from './row-pages.ts';

export interface RowsView {
  table: TableName;
  query: string;
  range: TimeRange | null;
  sort: { field: string; descending: boolean }[];
  /** Fields to fetch. */
  columns: string[];
}

/** The rows of a filtered and sorted table around what is looked at. */
export function useRows(view: () => RowsView) {
  const api = useApi();
  const session = useSession();
  /** Rows that pass the filter, and all; null before the first answer. */
  const total = ref<number | null>(null);
  const all = ref(0);
  const error = ref<string | null>(null);
  /** Counts up when rows came: what is drawn from `row` reads it. */
  const version = ref(0);
  const looked = shallowRef({ first: 0, last: 50 });

  const scope = (): Omit<RequestParams<'results.locate'>, 'id'> => {
    const { table, query, range, sort } = view();
    return { analysisId: session.analysisId ?? '', table, query, sort, ...(range === null ? {} : { range }) };
  };
  const pages = new RowPages(
    (offset, limit, signal) => api.request('results.rows', { ...scope(), offset, limit, columns: view().columns }, signal),
    gridRows,
    (page) => {
      total.value = page.total;
      all.value = page.all;
      error.value = null;
      version.value++;
    },
    (failure) => (error.value = failure instanceof Error ? failure.message : String(failure)),
  );
  const key = computed(() => JSON.stringify([session.analysisId, view()]));
  const fetch = (): void => {
    if (session.analysisId === null || total.value === 0) return;
    pages.want(looked.value.first, looked.value.last, total.value ?? 0);
  };
  watch(key, () => {
    pages.clear();
    total.value = null;
    error.value = null;
    looked.value = { first: 0, last: 50 };
    fetch();
  }, { immediate: true });
  watch(() => session.revision, () => {
    pages.refresh();
    if (total.value === 0) total.value = null;
    fetch();
  });
  onScopeDispose(() => pages.stop());

  return {
    total,
    all,
    error,
    version,
    key,
    row: (index: number) => pages.row(index),
    look(first: number, last: number): void {
      looked.value = { first, last };
      fetch();
    },
    /** Place of a row, or null. */
    async locate(id: number, signal?: AbortSignal): Promise<number | null> {
      return (await api.request('results.locate', { ...scope(), id }, signal)).index;
    },
  };
}
