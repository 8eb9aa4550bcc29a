import { onScopeDispose, ref, shallowRef, watch } from 'vue';
import type { Lane } from '../../../shared/model/view.ts';
import { useApi } from '../../api.ts';
import type { TimeRange } from '../../frame/route.ts';
import { useSession } from '../../stores/session.ts';

const PAGE = 200;
const MOST_PAGES = 30;
/** A range that is still being dragged is not asked for. */
const SETTLED_MS = 90;

/** Lanes of an endpoint that live within a range of time, fetched as they are looked at. */
export function useLanes(endpoint: () => number, range: () => TimeRange | null) {
  const api = useApi();
  const session = useSession();
  const total = ref<number | null>(null);
  const error = ref<string | null>(null);
  const pages = shallowRef<ReadonlyMap<number, readonly Lane[]>>(new Map());
  let looked = { first: 0, last: 60 };
  let stop = new AbortController();
  let running = new Set<number>();
  /** Pages of the range before, drawn until those of this one are there. */
  let stale = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function restart(): void {
    stop.abort();
    stop = new AbortController();
    running = new Set();
    stale = true;
    fetchPages();
  }

  watch([endpoint, () => JSON.stringify(range())], () => {
    clearTimeout(timer);
    timer = setTimeout(restart, total.value === null ? 0 : SETTLED_MS);
  }, { immediate: true });
  watch(() => session.revision, restart);
  onScopeDispose(() => {
    clearTimeout(timer);
    stop.abort();
  });

  function fetchPages(): void {
    if (range() === null) return;
    for (let page = Math.floor(looked.first / PAGE); page <= Math.floor(looked.last / PAGE); page++) {
      if ((stale || !pages.value.has(page)) && !running.has(page) && (total.value === null || stale || page * PAGE < total.value)) void load(page);
    }
  }

  function ask(offset: number, limit: number, signal: AbortSignal) {
    return api.request('results.lanes', { analysisId: session.analysisId ?? '', endpoint: endpoint(), range: range()!, offset, limit }, signal);
  }

  async function load(page: number): Promise<void> {
    const { signal } = stop;
    const mine = running;
    mine.add(page);
    try {
      const answer = await ask(page * PAGE, PAGE, signal);
      if (signal.aborted) return;
      const next = new Map(stale ? [] : pages.value);
      stale = false;
      next.set(page, answer.lanes);
      for (const old of next.keys()) {
        if (next.size <= MOST_PAGES) break;
        if (old !== page) next.delete(old);
      }
      total.value = answer.total;
      error.value = null;
      pages.value = next;
    } catch (failure) {
      if (!signal.aborted) error.value = failure instanceof Error ? failure.message : String(failure);
    } finally {
      mine.delete(page);
      if (!signal.aborted) fetchPages();
    }
  }

  function lane(index: number): Lane | null {
    return pages.value.get(Math.floor(index / PAGE))?.[index % PAGE] ?? null;
  }

  /** The next lane in that direction that was passed over, from behind `index`; null: none. */
  async function findPassedOver(index: number, by: 1 | -1): Promise<{ index: number; lane: Lane } | null> {
    const { signal } = stop;
    const count = total.value ?? 0;
    for (let at = index + by; at >= 0 && at < count; ) {
      const page = Math.floor(at / PAGE);
      const lanes = pages.value.get(page) ?? (await ask(page * PAGE, PAGE, signal)).lanes;
      for (; Math.floor(at / PAGE) === page && at >= 0 && at < count; at += by) {
        const found = lanes[at % PAGE];
        if (found !== undefined && found.passedOver.length > 0) return { index: at, lane: found };
      }
    }
    return null;
  }

  return {
    total,
    error,
    pages,
    lane,
    findPassedOver,
    look(first: number, last: number): void {
      looked = { first, last };
      if (!stale) fetchPages();
    },
  };
}
