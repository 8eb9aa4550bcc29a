import { onScopeDispose, ref, shallowRef, watch } from 'vue';
import { useSession } from '../../stores/session.ts';
import { RowPages } from './row-pages.ts';

/** What is looked at before anything was. */
const AT_FIRST = { first: 0, last: 50 };

/**
 * The rows of a table around what is looked at, asked for again when the results change.
 *
 * @param fetchRows asked only while an analysis is open
 */
export function usePages<A extends { total: number; all: number }, R>(fetchRows: (offset: number, limit: number, signal: AbortSignal) => Promise<A>, rowsOf: (answer: A) => readonly R[]) {
  const session = useSession();
  /** Rows that pass the filter, and all; null before the first answer. */
  const total = ref<number | null>(null);
  const all = ref(0);
  const error = ref<string | null>(null);
  /** Counts up when rows came: what is drawn from `row` reads it. */
  const version = ref(0);
  const looked = shallowRef(AT_FIRST);
  const pages = new RowPages(
    fetchRows,
    rowsOf,
    (page) => {
      total.value = page.total;
      all.value = page.all;
      error.value = null;
      version.value++;
    },
    (failure) => (error.value = failure instanceof Error ? failure.message : String(failure)),
  );

  function look(first: number, last: number): void {
    looked.value = { first, last };
    if (session.analysisId !== null) pages.want(first, last, total.value ?? 0);
  }

  /** What is looked at is asked for once more; it stands until the answer is there. */
  function again(): void {
    pages.refresh();
    look(looked.value.first, looked.value.last);
  }

  watch(() => session.revision, again);
  onScopeDispose(() => pages.stop());

  return {
    total,
    all,
    error,
    version,
    row: (index: number) => pages.row(index),
    look,
    again,
    /** Another order: its rows are shown from the top once they are there, those of the order before until then. */
    reorder(): void {
      pages.refresh();
      look(AT_FIRST.first, AT_FIRST.last);
    },
    /** Another table: nothing of the one before is shown. */
    restart(): void {
      pages.clear();
      total.value = null;
      error.value = null;
      look(AT_FIRST.first, AT_FIRST.last);
    },
  };
}
