import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import type { ComparisonProgress, ComparisonResult } from '../../../shared/model/comparison.ts';
import type { StreamParams } from '../../../shared/rpc/contract.ts';
import { useApi } from '../../api.ts';

export type SideName = 'before' | 'after';

export interface ChosenSide {
  readonly source: StreamParams<'compare.run'>['before'];
  /** For people. */
  readonly name: string;
}

/** What is compared, and what came of it; it stays while other screens are looked at. */
export const useComparison = defineStore('comparison', () => {
  const api = useApi();
  const sides = shallowRef<Readonly<Record<SideName, ChosenSide | null>>>({ before: null, after: null });
  const progress = shallowRef<ComparisonProgress | null>(null);
  const result = shallowRef<ComparisonResult | null>(null);
  const error = ref<string | null>(null);
  const running = ref(false);
  let mine = new AbortController();

  function choose(side: SideName, chosen: ChosenSide | null): void {
    sides.value = { ...sides.value, [side]: chosen };
    void run();
  }

  function swap(): void {
    sides.value = { before: sides.value.after, after: sides.value.before };
    void run();
  }

  /** Compares as soon as both sides are chosen; what was under way before is stopped. */
  async function run(): Promise<void> {
    mine.abort();
    const { signal } = (mine = new AbortController());
    const { before, after } = sides.value;
    result.value = progress.value = error.value = null;
    running.value = before !== null && after !== null;
    if (before === null || after === null) return;
    try {
      for await (const item of api.subscribe('compare.run', { before: before.source, after: after.source }, signal)) {
        if (signal.aborted) return;
        if (item.kind === 'result') result.value = item;
        else progress.value = item;
      }
    } catch (failure) {
      if (signal.aborted) return;
      error.value = failure instanceof Error ? failure.message : String(failure);
    }
    if (!signal.aborted) running.value = false;
  }

  function cancel(): void {
    mine.abort();
    running.value = false;
  }

  return { sides, progress, result, error, running, choose, swap, run, cancel };
});
