import { watch } from 'vue';
import type { EndpointSort } from '../../../shared/query/endpoint-order.ts';
import { useApi } from '../../api.ts';
import { useSession } from '../../stores/session.ts';
import { usePages } from '../grid/use-pages.ts';

/** The endpoints around what is looked at, filtered and sorted by the program. */
export function useEndpoints(order: () => { sort: EndpointSort | null; text: string }) {
  const api = useApi();
  const session = useSession();
  const pages = usePages(
    (offset, limit, signal) => {
      const { sort, text } = order();
      return api.request('results.endpoints', { analysisId: session.analysisId!, offset, limit, text, ...(sort === null ? {} : { sort }) }, signal);
    },
    ({ endpoints }) => endpoints,
  );
  watch(() => JSON.stringify([session.analysisId, order()]), pages.reorder, { immediate: true });
  return pages;
}
