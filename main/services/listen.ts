/** What a listener is told, as a stream that ends with the signal. Only what comes while it is read or shortly before it is asked for is held. */
export async function* listen<T>(subscribe: (listener: (value: T) => void) => () => void, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const values: T[] = [];
  let wake: (() => void) | null = null;
  const rouse = () => wake?.();
  const unsubscribe = subscribe((value) => {
    values.push(value);
    if (values.length > MAX_WAITING) values.shift();
    rouse();
  });
  signal.addEventListener('abort', rouse, { once: true });
  try {
    while (!signal.aborted) {
      if (values.length > 0) yield values.shift()!;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal.removeEventListener('abort', rouse);
    unsubscribe();
  }
}

/** A page that does not read misses the oldest. */
const MAX_WAITING = 100;
