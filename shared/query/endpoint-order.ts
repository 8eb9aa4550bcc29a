import { safeBytes } from '../format/safe-text.ts';
import { socketText } from '../format/socket-text.ts';
import type { EndpointRow } from '../model/view.ts';

/** What endpoints can be sorted by: the value of a row; null where it is not known, which comes last in either direction. */
export const ENDPOINT_KEYS = {
  host: ({ report }) => report.hosts.map(safeBytes).join(', ') || null,
  server: ({ report }) => socketText({ address: report.server, port: report.port }),
  client: ({ report }) => report.client,
  stack: ({ report }) => [report.clientStack?.name, report.serverStack?.name].filter(Boolean).join(' → ') || null,
  requests: ({ report }) => report.requests + (report.estimatedRequests ?? 0),
  connections: ({ report }) => report.connections,
  ratio: ({ report }) => (report.connections === 0 ? 0 : (report.requests + (report.estimatedRequests ?? 0)) / report.connections),
  needed: ({ needed }) => needed,
  avoidable: ({ avoidable }) => avoidable,
  missed: ({ report }) => report.missedReuse,
  'time-wait': ({ report }) => report.timeWaitPeak,
  idle: ({ serverIdleSeconds }) => serverIdleSeconds,
} as const satisfies Record<string, (row: EndpointRow) => string | number | null>;

export type EndpointColumnId = keyof typeof ENDPOINT_KEYS;
export const ENDPOINT_COLUMN_IDS = Object.keys(ENDPOINT_KEYS) as [EndpointColumnId, ...EndpointColumnId[]];
/** Those that words are looked for in. */
export const ENDPOINT_TEXTS = ['host', 'server', 'client', 'stack'] as const satisfies readonly EndpointColumnId[];

export interface EndpointSort {
  column: EndpointColumnId;
  descending: boolean;
}
