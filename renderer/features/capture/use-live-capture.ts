import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { safeText } from '../../../shared/format/safe-text.ts';
import type { CaptureState } from '../../../shared/model/capture.ts';
import { RpcFailure } from '../../../shared/rpc/api.ts';
import type { RequestParams } from '../../../shared/rpc/contract.ts';
import { useApi, useShell } from '../../api.ts';
import { useSession } from '../../stores/session.ts';
import { useToasts } from '../../stores/toasts.ts';

export interface KeyLogChoice {
  readonly source: NonNullable<RequestParams<'capture.start'>['keyLog']>;
  /** For people, without folders. */
  readonly name: string;
}

/** The live capture of this page, the last one that was started. */
export const useLiveCapture = defineStore('live-capture', () => {
  const api = useApi();
  const session = useSession();
  const shell = useShell();
  const toasts = useToasts();
  const state = shallowRef<CaptureState | null>(null);
  const starting = ref(false);
  /** What TLS of the next capture is read with, while programs write it; undefined: what the program was started with. */
  const chosenKeyLog = shallowRef<KeyLogChoice | null | undefined>(undefined);
  const keyLogName = computed(() => (chosenKeyLog.value === undefined ? (session.info?.keyLog ?? null) : (chosenKeyLog.value?.name ?? null)));
  /** Why it could not be started. */
  const refused = ref<string | null>(null);

  /** What the open analysis is made of; a capture whose analysis was closed is of no interest any more. */
  const shown = computed(() => (state.value !== null && state.value.analysisId === session.analysisId ? state.value : null));
  const running = computed(() => shown.value?.phase === 'capturing' || shown.value?.phase === 'starting');

  async function start(options: RequestParams<'capture.start'>): Promise<void> {
    if (starting.value) return;
    starting.value = true;
    refused.value = null;
    try {
      await session.openWith(async (signal) => {
        const keyLog = chosenKeyLog.value;
        const { captureId, analysisId } = await api.request('capture.start', { ...options, ...(keyLog !== undefined && { keyLog: keyLog?.source ?? null }) }, signal);
        sessionStorage.setItem(KEPT, captureId);
        void follow(captureId);
        return analysisId;
      }, true);
    } catch (error) {
      refused.value = error instanceof Error ? safeText(error.message) : String(error);
    } finally {
      starting.value = false;
    }
  }

  async function follow(captureId: string): Promise<void> {
    try {
      for await (const next of api.subscribe('capture.state', { captureId })) state.value = next;
      if (state.value?.error) toasts.failed(new Error(state.value.error.message));
    } catch (error) {
      // Of a page that was loaded again, or whose program was: the capture may be gone.
      sessionStorage.removeItem(KEPT);
      if (!(error instanceof RpcFailure && (error.code === 'no-such-capture' || error.code === 'disconnected'))) toasts.failed(error);
    }
  }

  async function stop(): Promise<void> {
    // Whoever stops wants to see what came of it. A capture that ends by itself leaves a view that stands still as it is.
    session.pause(false);
    if (state.value !== null) await api.request('capture.stop', { captureId: state.value.captureId }).catch(toasts.failed);
  }

  async function save(): Promise<void> {
    if (state.value === null) return;
    try {
      const { path, download } = await api.request('capture.save', { captureId: state.value.captureId });
      if (download !== null) shell.download(download);
      else if (path !== null) toasts.done(`Saved as ${path}`);
    } catch (error) {
      toasts.failed(error);
    }
  }

  const kept = sessionStorage.getItem(KEPT);
  if (kept !== null) void follow(kept);

  return { state: shown, running, starting, refused, chosenKeyLog, keyLogName, start, stop, save };
});

/** Where the browser keeps which capture this tab looks at. */
const KEPT = 'drainspotter-capture';
