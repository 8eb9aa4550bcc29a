import { onScopeDispose, watch } from 'vue';
import type { Lane } from '../../../shared/model/view.ts';
import { useApi } from '../../api.ts';
import type { TimeRange } from '../../frame/route.ts';
import { useSession } from '../../stores/session.ts';
import { PAGE_ROWS } from '../grid/row-pages.ts';
import { usePages } from '../grid/use-pages.ts';

/** A range that is still being dragged is not asked for. */
const SETTLED_MS = 90;

/** Lanes of an endpoint that live within a range of time, fetched as they are looked at; those of the range before stand until then. */
export function useLanes(endpoint: () => number, range: () => TimeRange) {
  const api = useApi();
  const session = useSession();
  const ask = (offset: number, signal: AbortSignal) => api.request('results.lanes', { analysisId: session.analysisId ?? '', endpoint: endpoint(), range: range(), offset, limit: PAGE_ROWS }, signal);
  const { total, error, version, row, look, again } = usePages(async (offset, _limit, signal) => {
    const answer = await ask(offset, signal);
    return { ...answer, all: answer.total };
  }, ({ lanes }) => lanes);
  let searching = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  watch(() => JSON.stringify([endpoint(), range()]), () => {
    searching.abort();
    clearTimeout(timer);
    timer = setTimeout(again, total.value === null ? 0 : SETTLED_MS);
  }, { immediate: true });
  onScopeDispose(() => {
    searching.abort();
    clearTimeout(timer);
  });

  /** The next lane in that direction that was passed over, from behind `index`; null: none. */
  async function findPassedOver(index: number, by: 1 | -1): Promise<{ index: number; lane: Lane } | null> {
    searching.abort();
    const { signal } = (searching = new AbortController());
    const count = total.value ?? 0;
    for (let at = index + by; at >= 0 && at < count; ) {
      const page = Math.floor(at / PAGE_ROWS);
      const { lanes } = await ask(page * PAGE_ROWS, signal);
      for (; Math.floor(at / PAGE_ROWS) === page && at >= 0 && at < count; at += by) {
        const found = lanes[at % PAGE_ROWS];
        if (found !== undefined && found.passedOver.length > 0) return { index: at, lane: found };
      }
    }
    return null;
  }

  return { total, error, version, lane: row, look, findPassedOver };
}
