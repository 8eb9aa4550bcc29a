import { ref, watch, type Ref } from 'vue';

/**
 * How fast a count grows, per second, over the last seconds; null until that can be told. Another `id` starts anew.
 */
export function useRate(id: () => string | null, count: () => number): Readonly<Ref<number | null>> {
  const rate = ref<number | null>(null);
  let samples: { at: number; count: number }[] = [];
  watch(id, () => {
    samples = [];
    rate.value = null;
  });
  watch(count, (now) => {
    const at = performance.now();
    samples.push({ at, count: now });
    while (samples.length > 2 && at - samples[0]!.at > WINDOW_MS) samples.shift();
    const first = samples[0]!;
    const seconds = (at - first.at) / 1000;
    if (seconds >= LEAST_SECONDS) rate.value = Math.max(0, (now - first.count) / seconds);
  });
  return rate;
}

/** Long enough to be calm, short enough to be true. */
const WINDOW_MS = 5000;
const LEAST_SECONDS = 0.5;
