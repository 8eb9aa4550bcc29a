import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';
import type { PacketReport } from '../../../shared/model/packet.ts';
import type { ConnectionReport } from '../../../shared/model/connection.ts';
import { useApi } from '../../api.ts';
import { useSession } from '../../stores/session.ts';

/** Packets of one page; it brings the packet before it, which tells the pause between the two. */
export const PAGE = 400;
/** Pages that are kept; the ladder of a million packets stays small. */
const MOST_PAGES = 24;

/**
 * The packets of a connection, by the pages that are asked for. `makePage` makes of them what is kept; `before` is the
 * packet before them, null at the beginning.
 */
export function usePacketPages<P>(connection: () => ConnectionReport | null, makePage: (packets: readonly PacketReport[], before: PacketReport | null) => P, onGivenUp: (page: number, kept: P) => void, onRestart: () => void) {
  const api = useApi();
  const session = useSession();
  /** Packets of the connection; null before the first answer. */
  const total = ref<number | null>(null);
  const error = ref<string | null>(null);
  const pages = shallowRef<ReadonlyMap<number, P>>(new Map());
  const running = new Map<number, Promise<void>>();
  let stop = new AbortController();

  watch(() => `${session.analysisId} ${session.revision} ${connection()?.id}`, () => {
    stop.abort();
    stop = new AbortController();
    running.clear();
    pages.value = new Map();
    total.value = null;
    error.value = null;
    onRestart();
    if (connection() !== null) void load(0);
  }, { immediate: true });
  onScopeDispose(() => stop.abort());

  /** Resolves when the page is there, or could not be had (`error`). */
  async function load(page: number): Promise<void> {
    const there = running.get(page);
    if (there !== undefined) return there;
    if (pages.value.has(page)) return;
    const run = fetchPage(page).finally(() => {
      if (running.get(page) === run) running.delete(page);
    });
    running.set(page, run);
    return run;
  }

  async function fetchPage(page: number): Promise<void> {
    const report = connection();
    const { signal } = stop;
    if (report === null || session.analysisId === null) return;
    const overlap = page === 0 ? 0 : 1;
    try {
      const answer = await api.request('results.packets', { analysisId: session.analysisId, id: report.id, offset: page * PAGE - overlap, limit: PAGE + overlap }, signal);
      if (signal.aborted) return;
      const next = new Map(pages.value);
      next.set(page, makePage(answer.packets.slice(overlap), overlap === 0 ? null : (answer.packets[0] ?? null)));
      for (const [old, kept] of next) {
        if (next.size <= MOST_PAGES) break;
        if (old === page) continue;
        onGivenUp(old, kept);
        next.delete(old);
      }
      total.value = answer.total;
      pages.value = next;
    } catch (failure) {
      if (!signal.aborted) error.value = failure instanceof Error ? failure.message : String(failure);
    }
  }

  return { total, error, pages, pageCount: computed(() => Math.ceil((total.value ?? 0) / PAGE)), load };
}
