import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import type { AppInfo } from '../../shared/model/app.ts';
import type { AnalysisState, Overview, Series } from '../../shared/model/view.ts';
import type { RequestParams } from '../../shared/rpc/contract.ts';
import { RpcFailure } from '../../shared/rpc/api.ts';
import { useApi, useShell } from '../api.ts';
import { useToasts } from './toasts.ts';
import { Pace } from './pace.ts';
import { useView } from './view.ts';

export type Source = RequestParams<'analysis.open'>['source'];

/** The open analysis: where it stands, and what the frame shows of it. One at a time. */
export const useSession = defineStore('session', () => {
  const api = useApi();
  const shell = useShell();
  const view = useView();
  const toasts = useToasts();
  const info = shallowRef<AppInfo | null>(null);
  const state = shallowRef<AnalysisState | null>(null);
  /** Between the wish to open something and the first state of its analysis. */
  const opening = ref(false);
  /**
   * Follows the state's revision, but while the capture is read only about once a second, and less often where answers
   * take long: whoever shows results asks for them again when it changes.
   */
  const revision = ref(0);
  /** Of the whole capture, whatever the filters. */
  const overview = shallowRef<Overview | null>(null);
  const series = shallowRef<Series | null>(null);
  /** Why the program cannot be asked; null while it can. */
  const trouble = ref<string | null>(null);

  /** The view stands still; what comes meanwhile is shown when it goes on. */
  const paused = ref(false);

  let following = new AbortController();
  const pace = new Pace();
  let showing: ReturnType<typeof setTimeout> | undefined;
  let refreshing: Promise<void> | null = null;
  let outdated = false;

  async function open(source: Source): Promise<void> {
    try {
      await openWith(async (signal) => (await api.request('analysis.open', { source }, signal)).analysisId);
    } catch (error) {
      toasts.failed(error);
    }
  }

  /** Reads the open captures again, TLS with a key log; null: without one. They are left as they are where that fails. */
  async function readWithKeys(keyLog: RequestParams<'analysis.open'>['keyLog']): Promise<void> {
    const analysisId = state.value?.analysisId;
    if (analysisId === undefined) return;
    try {
      await openWith(async (signal) => (await api.request('analysis.open', { source: { kind: 'analysis', analysisId }, keyLog }, signal)).analysisId);
    } catch (error) {
      toasts.failed(error);
    }
  }

  /**
   * Opens an analysis that `begin` makes, in place of the one before. Rejects as `begin` does, or where the captures cannot
   * be read at all; the one before stays then. `live`: there need be nothing to read yet.
   */
  async function openWith(begin: (signal: AbortSignal) => Promise<string>, live = false): Promise<void> {
    following.abort();
    const mine = (following = new AbortController());
    const before = state.value;
    opening.value = true;
    try {
      const analysisId = await begin(mine.signal);
      if (before !== null && before.phase !== 'failed' && !live) await refuseUnreadable(analysisId, mine.signal);
      if (mine.signal.aborted) {
        // Something else was opened meanwhile, and takes the place of the one before.
        void api.request('analysis.close', { analysisId }).catch(toasts.failed);
        return;
      }
      if (before !== null) void api.request('analysis.close', { analysisId: before.analysisId }).catch(toasts.failed);
      forget();
      sessionStorage.setItem(KEPT, analysisId);
      void follow(analysisId, mine.signal);
      view.open('overview', { query: '', exchangeQuery: '', range: null });
    } catch (error) {
      if (before !== null && !mine.signal.aborted) void follow(before.analysisId, mine.signal);
      throw error;
    } finally {
      if (following === mine) opening.value = false;
    }
  }

  /** What cannot be read at all does not take the place of what is open. Rejects with why; what takes longer to tell may be read. */
  async function refuseUnreadable(analysisId: string, signal: AbortSignal): Promise<void> {
    const enough = AbortSignal.any([signal, AbortSignal.timeout(REFUSED_WITHIN_MS)]);
    try {
      for await (const { phase, packets, error } of api.subscribe('analysis.state', { analysisId }, enough)) {
        if (phase === 'failed') {
          void api.request('analysis.close', { analysisId }).catch(toasts.failed);
          throw new RpcFailure(error?.code ?? 'failed', error?.message ?? '');
        }
        if (phase !== 'reading' || packets > 0) return;
      }
    } catch (failure) {
      if (!enough.aborted) throw failure;
    }
  }

  function forget(): void {
    state.value = overview.value = series.value = null;
    revision.value = 0;
    paused.value = false;
    pace.reset();
    sessionStorage.removeItem(KEPT);
  }

  async function follow(analysisId: string, signal: AbortSignal): Promise<void> {
    try {
      for await (const next of api.subscribe('analysis.state', { analysisId }, signal)) {
        if (signal.aborted) return;
        state.value = next;
        show(signal);
      }
    } catch (error) {
      // A lost connection is told by itself, and what was followed is followed again after it.
      if (signal.aborted || (error instanceof RpcFailure && error.code === 'disconnected')) return;
      // The analysis of a page that was loaded again may be gone by now: nothing is open then.
      if (state.value === null || state.value.analysisId !== analysisId) forget();
      else toasts.failed(error);
    }
  }

  /** Shows what the state tells of, now or as soon as it is due: no further state comes where a live capture falls silent. */
  function show(signal: AbortSignal): void {
    clearTimeout(showing);
    const next = state.value;
    if (signal.aborted || paused.value || next === null || next.revision === revision.value) return;
    const now = performance.now();
    const wait = next.phase === 'done' || next.phase === 'failed' ? 0 : pace.dueIn(now);
    if (wait > 0) {
      showing = setTimeout(() => show(signal), wait);
      return;
    }
    pace.asked(now);
    revision.value = next.revision;
    if (next.phase !== 'failed') refresh(next.analysisId, signal);
  }

  /** What the frame itself shows: the strip and the status bar. Asked for once more where it changed meanwhile. */
  function refresh(analysisId: string, signal: AbortSignal): void {
    outdated = true;
    if (refreshing !== null) return;
    refreshing = (async () => {
      while (outdated && !signal.aborted) {
        outdated = false;
        const began = performance.now();
        [overview.value, series.value] = await Promise.all([
          api.request('results.overview', { analysisId }, signal),
          api.request('results.series', { analysisId, buckets: STRIP_BUCKETS }, signal),
        ]);
        pace.answered(began, performance.now());
      }
    })()
      .catch((error: unknown) => {
        if (!signal.aborted) toasts.failed(error);
      })
      .finally(() => {
        refreshing = null;
        // Another analysis was opened while this one was being asked.
        if (outdated && !following.signal.aborted && state.value !== null) refresh(state.value.analysisId, following.signal);
      });
  }

  function pause(on: boolean): void {
    paused.value = on;
    if (on) return;
    pace.reset();
    show(following.signal);
  }

  /** Stops the reading; what was read stays. */
  async function cancel(): Promise<void> {
    if (state.value === null) return;
    await api.request('analysis.cancel', { analysisId: state.value.analysisId }).catch(toasts.failed);
  }

  async function close(): Promise<void> {
    const closed = state.value;
    following.abort();
    forget();
    view.open('start');
    if (closed !== null) await api.request('analysis.close', { analysisId: closed.analysisId }).catch(toasts.failed);
  }

  /** Begins: what the program is, and what was open before the page was loaded again, or should be opened at once. */
  async function begin(): Promise<void> {
    shell.onTrouble((now) => {
      const back = trouble.value !== null && now === null;
      trouble.value = now;
      if (back && state.value !== null) followAgain(state.value.analysisId);
    });
    info.value = await api.request('app.info', {});
    const kept = sessionStorage.getItem(KEPT);
    if (kept !== null) followAgain(kept);
    else if (info.value.open.length > 0) await open({ kind: 'paths', paths: info.value.open });
    for await (const { paths } of api.subscribe('app.open', {})) void open({ kind: 'paths', paths });
  }

  function followAgain(analysisId: string): void {
    following.abort();
    following = new AbortController();
    void follow(analysisId, following.signal);
  }

  return {
    info,
    trouble,
    state,
    opening,
    revision,
    overview,
    series,
    analysisId: computed(() => state.value?.analysisId ?? null),
    /** Numbers that may still grow. */
    unfinished: computed(() => state.value !== null && (state.value.phase === 'reading' || state.value.phase === 'diagnosing')),
    paused,
    pause,
    begin,
    open,
    openWith,
    readWithKeys,
    cancel,
    close,
  };
});

/** Where the browser keeps what this tab has open. */
const KEPT = 'drainspotter-analysis';
/** A slow machine takes a while to see that a file is none that can be read. */
const REFUSED_WITHIN_MS = 5000;
const STRIP_BUCKETS = 360;
