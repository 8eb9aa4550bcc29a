import { onScopeDispose, ref, shallowRef, watch } from 'vue';
import type { EndpointRow } from '../../../shared/model/view.ts';
import { MAX_ROWS } from '../../../shared/rpc/contract.ts';
import { useApi } from '../../api.ts';
import { useSession } from '../../stores/session.ts';

/** More are not fetched: sorting goes over these, the costliest. */
export const MOST_ENDPOINTS = 5000;

/** The endpoints, the costliest first, as they come. */
export function useEndpoints() {
  const api = useApi();
  const session = useSession();
  const endpoints = shallowRef<readonly EndpointRow[]>([]);
  const total = ref<number | null>(null);
  const error = ref<string | null>(null);
  let running = new AbortController();

  async function load(): Promise<void> {
    running.abort();
    const { signal } = (running = new AbortController());
    const { analysisId } = session;
    if (analysisId === null) return;
    try {
      const rows: EndpointRow[] = [];
      for (let offset = 0; offset < MOST_ENDPOINTS; offset += MAX_ROWS) {
        const page = await api.request('results.endpoints', { analysisId, offset, limit: MAX_ROWS }, signal);
        if (signal.aborted) return;
        rows.push(...page.endpoints);
        total.value = page.total;
        // The first page at once; while the capture is read, the old rows stay until all new ones are there.
        if (offset === 0 && endpoints.value.length === 0) endpoints.value = [...rows];
        if (rows.length >= page.total || page.endpoints.length === 0) break;
      }
      endpoints.value = rows;
      error.value = null;
    } catch (failure) {
      if (!signal.aborted) error.value = failure instanceof Error ? failure.message : String(failure);
    }
  }

  watch([() => session.analysisId, () => session.revision], () => void load(), { immediate: true });
  onScopeDispose(() => running.abort());
  return { endpoints, total, error };
}
