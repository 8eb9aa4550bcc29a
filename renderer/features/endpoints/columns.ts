import { formatCount, formatDuration } from '../../../shared/format/quantity.ts';
import { safeBytes } from '../../../shared/format/safe-text.ts';
import { requestCount } from '../../../shared/format/tls-words.ts';
import type { EndpointRow } from '../../../shared/model/view.ts';
import { socketText } from '../connection/words.ts';

export interface EndpointColumn {
  readonly id: string;
  readonly label: string;
  readonly about: string;
  readonly number: boolean;
  readonly width: string;
  /** What rows are sorted by; null: not known, always last. */
  key(row: EndpointRow): string | number | null;
  text(row: EndpointRow): string;
}

function numeric(id: string, label: string, about: string, width: string, key: (row: EndpointRow) => number | null, text = (value: number): string => formatCount(value)): EndpointColumn {
  return { id, label, about, number: true, width, key, text: (row) => (key(row) === null ? 'unknown' : text(key(row)!)) };
}

function textual(id: string, label: string, about: string, width: string, text: (row: EndpointRow) => string): EndpointColumn {
  return { id, label, about, number: false, width, key: (row) => text(row) || null, text };
}

export const ENDPOINT_COLUMNS: readonly EndpointColumn[] = [
  textual('host', 'Host', 'Host of its requests', 'minmax(130px, 1.6fr)', ({ report }) => report.hosts.map(safeBytes).join(', ')),
  textual('server', 'Server', 'address and port', 'minmax(130px, 1fr)', ({ report }) => socketText({ address: report.server, port: report.port })),
  textual('client', 'Client', 'address', 'minmax(92px, 0.8fr)', ({ report }) => report.client),
  textual('stack', 'Software', 'of client and server, where it was recognised', 'minmax(90px, 1fr)', ({ report }) => [report.clientStack?.name, report.serverStack?.name].filter(Boolean).join(' → ')),
  { ...numeric('requests', 'Requests', 'requests on all its connections; with ~ estimated, hidden by TLS', '62px', ({ report }) => report.requests + (report.estimatedRequests ?? 0)), text: ({ report }) => requestCount(report) },
  numeric('connections', 'Conns', 'connections', '56px', ({ report }) => report.connections),
  numeric('ratio', 'Req/conn', 'requests for each connection', '62px', ({ report }) => (report.connections === 0 ? 0 : report.requests / report.connections), (value) => value.toFixed(2)),
  numeric('needed', 'Needed', 'most that were busy at one moment: as many would have been enough', '54px', ({ needed }) => needed),
  numeric('avoidable', 'Avoidable', 'connections that an open one could have spared', '66px', ({ avoidable }) => avoidable),
  numeric('missed', 'Missed', 'opened while an idle one was there', '52px', ({ report }) => report.missedReuse),
  numeric('time-wait', 'TIME_WAIT', 'most sockets in TIME_WAIT at one moment', '72px', ({ report }) => report.timeWaitPeak),
  numeric('idle', 'Idle limit', 'of the server, as the closes show it', '70px', ({ serverIdleSeconds }) => serverIdleSeconds, formatDuration),
];

export interface EndpointSort {
  column: string;
  descending: boolean;
}

/** Sorted by a column; what is not known comes last in either direction. Equal rows keep their order. */
export function sortEndpoints(rows: readonly EndpointRow[], sort: EndpointSort | null): readonly EndpointRow[] {
  const column = ENDPOINT_COLUMNS.find(({ id }) => id === sort?.column);
  if (sort === null || column === undefined) return rows;
  const sign = sort.descending ? -1 : 1;
  return rows
    .map((row) => ({ row, key: column.key(row) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
      return sign * (typeof a.key === 'number' && typeof b.key === 'number' ? a.key - b.key : String(a.key).localeCompare(String(b.key), 'en', { numeric: true }));
    })
    .map(({ row }) => row);
}
