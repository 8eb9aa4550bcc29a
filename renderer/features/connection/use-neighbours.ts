import { onScopeDispose, shallowRef, watch } from 'vue';
import { useApi } from '../../api.ts';
import { useSession } from '../../stores/session.ts';
import { useView } from '../../stores/view.ts';
import { useGridState } from '../grid/grid-state.ts';

export interface Neighbours {
  /** Ids in the view that the table of connections shows; null at its ends. */
  previous: number | null;
  next: number | null;
  /** Place in the view, from 1, and rows in it; null where the connection is not in the view. */
  place: number | null;
  total: number;
}

/** The connections before and after one, as the table has them: filtered and sorted. */
export function useNeighbours(id: () => number) {
  const api = useApi();
  const session = useSession();
  const view = useView();
  const grid = useGridState();
  const neighbours = shallowRef<Neighbours>({ previous: null, next: null, place: null, total: 0 });
  let running = new AbortController();

  async function look(): Promise<void> {
    running.abort();
    const { signal } = (running = new AbortController());
    const { analysisId } = session;
    if (analysisId === null) return;
    const scope = { analysisId, table: 'connections' as const, query: view.query, sort: grid.tables.connections.sort, ...(view.range === null ? {} : { range: view.range }) };
    try {
      const { index } = await api.request('results.locate', { ...scope, id: id() }, signal);
      const offset = Math.max(0, (index ?? 0) - 1);
      const { ids, total } = await api.request('results.rows', { ...scope, offset, limit: 3, columns: ['id'] }, signal);
      if (signal.aborted) return;
      const at = index === null ? -1 : index - offset;
      neighbours.value = { previous: ids[at - 1] ?? null, next: ids[at + 1] ?? null, place: index === null ? null : index + 1, total };
    } catch {
      // Without neighbours the connection itself is still shown.
      if (!signal.aborted) neighbours.value = { previous: null, next: null, place: null, total: 0 };
    }
  }

  watch([id, () => session.revision, () => view.query], () => void look(), { immediate: true });
  onScopeDispose(() => running.abort());
  return neighbours;
}
