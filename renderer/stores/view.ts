import { defineStore } from 'pinia';
import { computed, onScopeDispose, ref } from 'vue';
import { START, formatRoute, parseRoute, type Route, type TimeRange } from '../frame/route.ts';

/** What is shown: the screen and its filters, as the address says them. */
export const useView = defineStore('view', () => {
  const route = ref<Route>(parseRoute(location.hash));
  /** Screens visited before this one in this window: what Esc may go back over. */
  let depth = 0;

  const follow = (): void => {
    route.value = parseRoute(location.hash);
  };
  addEventListener('popstate', follow);
  onScopeDispose(() => removeEventListener('popstate', follow));

  /** Goes to a screen; filters stay as they are unless named. */
  function open(screen: Route['screen'], change: Partial<Omit<Route, 'screen'>> = {}): void {
    const next = routeTo(screen, change);
    if (formatRoute(next) === formatRoute(route.value)) return;
    depth++;
    history.pushState({ depth }, '', formatRoute(next));
    route.value = next;
  }

  /** Changes what is shown without a new entry of the history: typing, brushing. */
  function replace(change: Partial<Omit<Route, 'screen'>>): void {
    const next = { ...route.value, ...change };
    history.replaceState(history.state, '', formatRoute(next));
    route.value = next;
  }

  /** The address of a link, for `href`. */
  function hrefTo(screen: Route['screen'], change: Partial<Omit<Route, 'screen'>> = {}): string {
    return formatRoute(routeTo(screen, change));
  }

  function routeTo(screen: Route['screen'], change: Partial<Omit<Route, 'screen'>>): Route {
    if (screen === 'start') return START;
    const { query, exchangeQuery, range } = route.value;
    return { ...START, screen, query, exchangeQuery, range, ...change };
  }

  /** One step back: in the history where there is one, else to the screen above. */
  function back(): void {
    const state: unknown = history.state;
    if (typeof state === 'object' && state !== null && 'depth' in state) history.back();
    else if (route.value.screen !== 'overview' && route.value.screen !== 'start') open(PARENTS[route.value.screen] ?? 'overview');
  }

  return {
    route: computed(() => route.value),
    screen: computed(() => route.value.screen),
    query: computed({ get: () => route.value.query, set: (query) => replace({ query }) }),
    exchangeQuery: computed({ get: () => route.value.exchangeQuery, set: (exchangeQuery) => replace({ exchangeQuery }) }),
    range: computed<TimeRange | null>({ get: () => route.value.range, set: (range) => replace({ range }) }),
    open,
    replace,
    hrefTo,
    back,
  };
});

const PARENTS: Partial<Record<Route['screen'], Route['screen']>> = { connection: 'connections', endpoint: 'endpoints' };
