import { computed, watch } from 'vue';
import type { TableName } from '../../../shared/model/view.ts';
import type { RequestParams } from '../../../shared/rpc/contract.ts';
import { useApi } from '../../api.ts';
import type { TimeRange } from '../../frame/route.ts';
import { useSession } from '../../stores/session.ts';
import { gridRows } from './row-pages.ts';
import { usePages } from './use-pages.ts';

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
  const scope = (): Omit<RequestParams<'results.locate'>, 'id'> => {
    const { table, query, range, sort } = view();
    return { analysisId: session.analysisId ?? '', table, query, sort, ...(range === null ? {} : { range }) };
  };
  const pages = usePages((offset, limit, signal) => api.request('results.rows', { ...scope(), offset, limit, columns: view().columns }, signal), gridRows);
  const key = computed(() => JSON.stringify([session.analysisId, view()]));
  watch(key, pages.restart, { immediate: true });

  return {
    ...pages,
    key,
    /** Place of a row, or null. */
    async locate(id: number, signal?: AbortSignal): Promise<number | null> {
      return (await api.request('results.locate', { ...scope(), id }, signal)).index;
    },
  };
}
