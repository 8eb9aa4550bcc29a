import { onScopeDispose, ref, shallowRef, watch } from 'vue';
import type { EndpointSort } from '../../../shared/query/endpoint-order.ts';
import { useApi } from '../../api.ts';
import { useSession } from '../../stores/session.ts';
import { RowPages } from '../grid/row-pages.ts';

/** The endpoints around what is looked at, filtered and sorted by the program. */
export function useEndpoints(order: () => { sort: EndpointSort | null; text: string }) {
  const api = useApi();
  const session = useSession();
  /** Endpoints that pass the filter, and all; null before the first answer. */
  const total = ref<number | null>(null);
  const all = ref(0);
  const error = ref<string | null>(null);
  /** Counts up when rows came: what is drawn from `row` reads it. */
  const version = ref(0);
  const looked = shallowRef({ first: 0, last: 50 });

  const pages = new RowPages(
    (offset, limit, signal) => {
      const { sort, text } = order();
      return api.request('results.endpoints', { analysisId: session.analysisId ?? '', offset, limit, text, ...(sort === null ? {} : { sort }) }, signal);
    },
    ({ endpoints }) => endpoints,
    (page) => {
      total.value = page.total;
      all.value = page.all;
      error.value = null;
      version.value++;
    },
    (failure) => (error.value = failure instanceof Error ? failure.message : String(failure)),
  );
  function fetch(): void {
    if (session.analysisId !== null) pages.want(looked.value.first, looked.value.last, total.value ?? 0);
  }
  watch(() => JSON.stringify([session.analysisId, order()]), () => {
    // Rows of the order before stay until the new ones are there.
    pages.refresh();
    looked.value = { first: 0, last: 50 };
    fetch();
  }, { immediate: true });
  watch(() => session.revision, () => {
    pages.refresh();
    fetch();
  });
  onScopeDispose(() => pages.stop());

  return {
    total,
    all,
    error,
    version,
    row: (index: number) => pages.row(index),
    look(first: number, last: number): void {
      looked.value = { first, last };
      fetch();
    },
  };
}
