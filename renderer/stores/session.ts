import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import type { AnalysisState, AppInfo, Overview, Series } from '../../shared/model/view.ts';
import type { RequestParams } from '../../shared/rpc/contract.ts';
import { useApi } from '../api.ts';
import { useToasts } from './toasts.ts';
import { useView } from './view.ts';

export type Source = RequestParams<'analysis.open'>['source'];

/** The open analysis: where it stands, and what the frame shows of it. One at a time. */
export const useSession = defineStore('session', () => {
  const api = useApi();
  const view = useView();
  const toasts = useToasts();
  const info = shallowRef<AppInfo | null>(null);
  const state = shallowRef<AnalysisState | null>(null);
  /** Between the wish to open something and the first state of its analysis. */
  const opening = ref(false);
  /**
   * Follows the state's revision, but while the capture is read only about once a second: whoever shows results asks for
   * them again when it changes.
   */
  const revision = ref(0);
  /** Of the whole capture, whatever the filters. */
  const overview = shallowRef<Overview | null>(null);
  const series = shallowRef<Series | null>(null);

  let following = new AbortController();
  let nextRevisionAt = 0;

  async function open(source: Source): Promise<void> {
    following.abort();
    const mine = (following = new AbortController());
    const before = state.value;
    opening.value = true;
    try {
      const { analysisId } = await api.request('analysis.open', { source }, mine.signal);
      if (before !== null) void api.request('analysis.close', { analysisId: before.analysisId }).catch(toasts.failed);
      state.value = overview.value = series.value = null;
      revision.value = 0;
      nextRevisionAt = 0;
      void follow(analysisId, mine.signal);
      view.open('overview', { query: '', exchangeQuery: '', range: null });
    } catch (error) {
      toasts.failed(error);
      if (before !== null && !mine.signal.aborted) void follow(before.analysisId, mine.signal);
    } finally {
      if (following === mine) opening.value = false;
    }
  }

  async function follow(analysisId: string, signal: AbortSignal): Promise<void> {
    try {
      for await (const next of api.subscribe('analysis.state', { analysisId }, signal)) {
        if (signal.aborted) return;
        state.value = next;
        const settled = next.phase === 'done' || next.phase === 'failed';
        const now = performance.now();
        if (next.revision === revision.value || (!settled && now < nextRevisionAt)) continue;
        nextRevisionAt = now + REFRESH_MS;
        revision.value = next.revision;
        if (next.phase !== 'failed') await refresh(analysisId, signal);
      }
    } catch (error) {
      if (!signal.aborted) toasts.failed(error);
    }
  }

  /** What the frame itself shows: the strip and the status bar. */
  async function refresh(analysisId: string, signal: AbortSignal): Promise<void> {
    try {
      [overview.value, series.value] = await Promise.all([
        api.request('results.overview', { analysisId }, signal),
        api.request('results.series', { analysisId, buckets: STRIP_BUCKETS }, signal),
      ]);
    } catch (error) {
      if (!signal.aborted) toasts.failed(error);
    }
  }

  /** Stops the reading; what was read stays. */
  async function cancel(): Promise<void> {
    if (state.value === null) return;
    await api.request('analysis.cancel', { analysisId: state.value.analysisId }).catch(toasts.failed);
  }

  async function close(): Promise<void> {
    const closed = state.value;
    following.abort();
    state.value = overview.value = series.value = null;
    view.open('start');
    if (closed !== null) await api.request('analysis.close', { analysisId: closed.analysisId }).catch(toasts.failed);
  }

  async function load(): Promise<void> {
    info.value = await api.request('app.info', {});
  }

  return {
    info,
    state,
    opening,
    revision,
    overview,
    series,
    analysisId: computed(() => state.value?.analysisId ?? null),
    /** Numbers that may still grow. */
    unfinished: computed(() => state.value !== null && (state.value.phase === 'reading' || state.value.phase === 'diagnosing')),
    load,
    open,
    cancel,
    close,
  };
});

const REFRESH_MS = 1000;
const STRIP_BUCKETS = 360;
