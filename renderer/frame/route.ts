/*
 * What the address says after "#": the screen, what it shows, and the filters. The browser's history is the page's.
 * "#/connection/57?q=cause%3Aserver-idle&from=0&to=12.5&frame=120"
 */
export const SCREENS = ['start', 'overview', 'connections', 'connection', 'endpoints', 'endpoint', 'exchanges', 'findings', 'report', 'compare'] as const;
export type Screen = (typeof SCREENS)[number];

/** Seconds since the first packet. */
export interface TimeRange {
  from: number;
  to: number;
}

export interface Route {
  screen: Screen;
  /** Of the connection or the endpoint; null on other screens. */
  id: number | null;
  /** Of the connections. */
  query: string;
  /** Of the requests: they have fields of their own. */
  exchangeQuery: string;
  /** null: the whole capture. */
  range: TimeRange | null;
  /** A frame of the connection to show: "120", "1:120". */
  frame: string | null;
  /** A rule of the findings to show. */
  rule: string | null;
}

export const START: Route = { screen: 'start', id: null, query: '', exchangeQuery: '', range: null, frame: null, rule: null };

/** Any text is a route: what is not understood is left out. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [name, idText] = path.split('/');
  const screen = SCREENS.find((screen) => screen === name) ?? 'start';
  const id = /^\d{1,15}$/.test(idText ?? '') ? Number(idText) : null;
  const params = new URLSearchParams(search);
  if (screen === 'start' || ((screen === 'connection' || screen === 'endpoint') && id === null)) return START;
  const from = Number(params.get('from') ?? 'none');
  const to = Number(params.get('to') ?? 'none');
  return {
    screen,
    id,
    query: params.get('q') ?? '',
    exchangeQuery: params.get('x') ?? '',
    range: Number.isFinite(from) && Number.isFinite(to) && from < to ? { from, to } : null,
    frame: params.get('frame'),
    rule: params.get('rule'),
  };
}

/** The inverse of `parseRoute`. */
export function formatRoute(route: Route): string {
  const params = new URLSearchParams();
  if (route.query !== '') params.set('q', route.query);
  if (route.exchangeQuery !== '') params.set('x', route.exchangeQuery);
  if (route.range !== null) {
    params.set('from', String(route.range.from));
    params.set('to', String(route.range.to));
  }
  if (route.frame !== null) params.set('frame', route.frame);
  if (route.rule !== null) params.set('rule', route.rule);
  const search = params.toString();
  return `#/${route.screen}${route.id === null ? '' : `/${route.id}`}${search === '' ? '' : `?${search}`}`;
}
