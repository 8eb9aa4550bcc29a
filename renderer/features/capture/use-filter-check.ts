import { onScopeDispose, shallowRef, watch } from 'vue';
import type { FilterCheck } from '../../../shared/model/capture.ts';
import { useApi } from '../../api.ts';

/** A pause in the typing. */
const WAIT_MILLISECONDS = 200;

/** Has a capture filter compiled as it is typed; null while that is not known. */
export function useFilterCheck(device: () => string | null, filter: () => string) {
  const api = useApi();
  const check = shallowRef<FilterCheck | null>(null);
  let asking = new AbortController();
  let timer: ReturnType<typeof setTimeout>;

  watch(
    [device, filter],
    ([name, text]) => {
      asking.abort();
      clearTimeout(timer);
      check.value = null;
      if (name === null) return;
      const mine = (asking = new AbortController());
      timer = setTimeout(() => {
        api.request('capture.check-filter', { interface: name, filter: text }, mine.signal).then(
          (found) => {
            if (!mine.signal.aborted) check.value = found;
          },
          () => undefined,
        );
      }, WAIT_MILLISECONDS);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    clearTimeout(timer);
    asking.abort();
  });
  return check;
}
