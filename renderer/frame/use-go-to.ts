import { computed, ref, watch, type ComputedRef, type Ref } from 'vue';
import { safeText } from '../../shared/format/safe-text.ts';
import type { GotoTarget } from '../../shared/model/view.ts';
import { RpcFailure } from '../../shared/rpc/api.ts';
import { useApi } from '../api.ts';
import { useSession } from '../stores/session.ts';
import { useView } from '../stores/view.ts';

/** An entry of the command palette. */
export interface Choice {
  id: string;
  label: string;
  note?: string;
  /** Bound elsewhere; shown beside it. */
  keys?: string;
  run(): void;
}

/** Where a typed text may lead: commands of that name at once, and what the analysis knows by it. */
export function useGoTo(text: Ref<string>, commands: () => readonly Choice[]): { found: ComputedRef<Choice[]>; missing: ComputedRef<string>; error: Ref<string | null> } {
  const api = useApi();
  const session = useSession();
  const view = useView();
  const targets = ref<GotoTarget[]>([]);
  const error = ref<string | null>(null);
  let running = new AbortController();

  watch(text, async (typed) => {
    running.abort();
    const { signal } = (running = new AbortController());
    error.value = null;
    const analysisId = session.analysisId;
    if (typed.trim() === '' || analysisId === null) {
      targets.value = [];
      return;
    }
    try {
      const answer = await api.request('results.goto', { analysisId, text: typed.trim().replace(/^frame\s+/i, '') }, signal);
      if (!signal.aborted) targets.value = answer;
    } catch (failure) {
      if (signal.aborted) return;
      targets.value = [];
      error.value = failure instanceof RpcFailure ? failure.message : String(failure);
    }
  });

  /** Why what was typed is not there. */
  const missing = computed(() => targets.value.filter(({ kind }) => kind === 'nothing').map(({ label }) => safeText(label)).join(' '));

  const found = computed(() => {
    const words = text.value.toLowerCase().split(/\s+/);
    const named = commands().filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
    const meant = targets.value.filter(({ kind }) => kind !== 'nothing').map((target, i) => ({ kind: target.kind, choice: choiceOf(target, i) }));
    const places = meant.filter(({ kind }) => kind !== 'query').map(({ choice }) => choice);
    // Nearly any word is a filter as well: a command of that name is meant first.
    const filters = meant.filter(({ kind }) => kind === 'query').map(({ choice }) => choice);
    return [...places, ...named, ...filters].slice(0, MOST);
  });

  function choiceOf(target: GotoTarget, i: number): Choice {
    const { kind, connection, frame, endpoint, query } = target;
    return {
      id: `target-${i}`,
      label: safeText(target.label),
      note: kind === 'query' ? 'filter' : kind,
      run() {
        if (connection !== undefined) view.open('connection', { id: connection, frame: frame === undefined ? null : String(frame) });
        else if (endpoint !== undefined) view.open('endpoint', { id: endpoint });
        else if (query !== undefined) view.open('connections', { query });
      },
    };
  }

  return { found, missing, error };
}

/** Shown at one time. */
const MOST = 50;
