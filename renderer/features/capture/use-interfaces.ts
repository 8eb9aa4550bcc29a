import { onScopeDispose, reactive, shallowRef } from 'vue';
import type { CaptureAbility } from '../../../shared/model/capture.ts';
import { useApi } from '../../api.ts';

/** Looks at an interface, of which the last are drawn. */
export const LOOKS = 28;
const LOOK_MILLISECONDS = 1000;

/** The interfaces and what can capture there, looked at once a second while the caller is shown; packets per second of each. */
export function useInterfaces() {
  const api = useApi();
  const ability = shallowRef<CaptureAbility | null>(null);
  const failed = shallowRef<string | null>(null);
  const rates = reactive(new Map<string, number[]>());
  let before = new Map<string, number>();
  let lookedAt = 0;
  const gone = new AbortController();
  onScopeDispose(() => gone.abort());

  async function look(): Promise<void> {
    try {
      const next = await api.request('capture.interfaces', {}, gone.signal);
      const now = performance.now();
      const counts = new Map<string, number>();
      for (const { name, packets } of next.interfaces) {
        if (packets === null) continue;
        counts.set(name, packets);
        const known = before.get(name);
        if (known === undefined) continue;
        // An interface that went away and came back counts from nothing.
        const rate = Math.max(0, packets - known) / ((now - lookedAt) / 1000);
        rates.set(name, [...(rates.get(name) ?? []), rate].slice(-LOOKS));
      }
      before = counts;
      lookedAt = now;
      failed.value = null;
      ability.value = next;
    } catch (error) {
      if (!gone.signal.aborted) failed.value = error instanceof Error ? error.message : String(error);
    }
    // One after the other: a slow answer is not asked for twice.
    if (!gone.signal.aborted) setTimeout(() => void look(), LOOK_MILLISECONDS);
  }

  void look();
  return { ability, failed, rates };
}
