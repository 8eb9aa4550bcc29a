import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import type { RequestName, RequestParams, RequestResult } from '../shared/rpc/contract.ts';
import { useApi } from './api.ts';

export interface Answer<N extends RequestName> {
  /** The last answer; it stays while the next one is on its way. */
  data: Readonly<ShallowRef<RequestResult<N> | null>>;
  error: Readonly<Ref<string | null>>;
  again(): void;
}

/**
 * Asks the program whenever the parameters change; `null` asks nothing. A question that is overtaken is stopped, and a
 * late answer never replaces a newer one. `revision` only asks again, when the question under way is answered: it is not
 * sent.
 */
export function useAnswer<N extends RequestName>(name: N, params: () => RequestParams<N> | null, revision: () => unknown = () => 0): Answer<N> {
  const api = useApi();
  const data = shallowRef<RequestResult<N> | null>(null);
  const error = ref<string | null>(null);
  /** Asked and not answered yet. */
  let pending = false;
  let running = new AbortController();
  let outdated = false;

  async function ask(): Promise<void> {
    running.abort();
    const mine = (running = new AbortController());
    const wanted = params();
    pending = wanted !== null;
    outdated = false;
    if (wanted === null) {
      data.value = null;
      error.value = null;
      return;
    }
    try {
      const answer = await api.request(name, wanted, mine.signal);
      if (mine.signal.aborted) return;
      data.value = answer;
      error.value = null;
    } catch (failure) {
      if (mine.signal.aborted) return;
      error.value = failure instanceof Error ? failure.message : String(failure);
    }
    pending = false;
    if (outdated) await ask();
  }

  // By text: a computed that yields an equal object asks nothing.
  watch(() => JSON.stringify(params()), () => void ask(), { immediate: true });
  watch(revision, () => {
    // Results that change faster than they are answered would never be shown.
    outdated = pending;
    if (!outdated) void ask();
  });
  onScopeDispose(() => running.abort());
  return { data, error, again: () => void ask() };
}
