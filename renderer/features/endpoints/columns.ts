import { formatCount, formatDuration } from '../../../shared/format/quantity.ts';
import { requestCount } from '../../../shared/format/tls-words.ts';
import type { EndpointRow } from '../../../shared/model/view.ts';
import { perConnection } from '../overview/per-connection.ts';
import { ENDPOINT_KEYS, type EndpointColumnId } from '../../../shared/query/endpoint-order.ts';

export interface EndpointColumn {
  readonly id: EndpointColumnId;
  readonly label: string;
  readonly about: string;
  readonly number: boolean;
  readonly width: string;
  /** Shown only where there is much room. */
  readonly wide?: true;
  text(row: EndpointRow): string;
}

function numeric(id: EndpointColumnId, label: string, about: string, width: string, text = (value: number): string => formatCount(value)): EndpointColumn {
  const show = (row: EndpointRow): string => {
    const key = ENDPOINT_KEYS[id](row);
    return typeof key === 'number' ? text(key) : 'unknown';
  };
  return { id, label, about, number: true, width, text: show };
}

function textual(id: EndpointColumnId, label: string, about: string, width: string): EndpointColumn {
  return { id, label, about, number: false, width, text: (row) => String(ENDPOINT_KEYS[id](row) ?? '') };
}

export const ENDPOINT_COLUMNS: readonly EndpointColumn[] = [
  textual('host', 'Host', 'Host of its requests', 'minmax(110px, 1.1fr)'),
  textual('server', 'Server', 'address and port', 'minmax(130px, 0.8fr)'),
  textual('client', 'Client', 'address', 'minmax(92px, 0.6fr)'),
  { ...textual('stack', 'Software', 'of client and server, where it was recognised', 'minmax(90px, 1.6fr)'), wide: true },
  { ...numeric('requests', 'Requests', 'requests on all its connections; with ~ estimated, hidden by TLS', '62px'), text: ({ report }) => requestCount(report) },
  numeric('connections', 'Conns', 'connections', '56px'),
  { ...numeric('ratio', 'Req/conn', 'requests for each connection; with ~ estimated, hidden by TLS', '62px'), text: ({ report }) => perConnection(report) },
  numeric('needed', 'Needed', 'most that were busy at one moment: as many would have been enough', '54px'),
  numeric('avoidable', 'Avoidable', 'connections that an open one could have spared', '66px'),
  { ...numeric('missed', 'Missed', 'opened while an idle one was there', '52px'), wide: true },
  { ...numeric('time-wait', 'TIME_WAIT', 'most sockets in TIME_WAIT at one moment', '72px'), wide: true },
  numeric('idle', 'Idle limit', 'of the server, as the closes show it', '70px', formatDuration),
];
