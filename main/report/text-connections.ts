import { formatBytes, formatCount, formatDuration, plural } from '../../shared/format/quantity.ts';
import { ruleName } from '../../shared/format/rule-names.ts';
import { tlsEvents } from '../../shared/format/tls-words.ts';
import { safeBytes } from '../../shared/format/safe-text.ts';
import { socketText } from '../../shared/format/socket-text.ts';
import type { ConnectionReport, MessageReport, ProbeReport, ProtocolName } from '../../shared/model/connection.ts';
import type { Confidence } from '../../shared/model/report.ts';
import type { ReportModel } from './report-model.ts';
import { endOfCaptures, idleAtClose, openSeconds } from './report-words.ts';
import { pathText } from './text-names.ts';
import type { Row, TextLayout } from './text-layout.ts';
import { Style } from './text-layout.ts';

const MAX_CONNECTIONS = 20;

/** The connections that say most, those of one client and server together. */
export function connectionLines(model: ReportModel, layout: TextLayout): string[] {
  if (model.connectionCount === 0) return [];
  const shown = [...model.notableConnections(MAX_CONNECTIONS, 'id')];
  const groups = new Map<string, ConnectionReport[]>();
  for (const connection of shown) {
    const name = [`${connection.client.address} -> ${socketText(connection.server)}`, pathText(connection)].filter((part) => part !== '').join(', ');
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [connection]);
    else group.push(connection);
  }
  const endOfAll = endOfCaptures(model);
  const part = shown.length < model.connectionCount ? `: ${shown.length} of ${formatCount(model.connectionCount)} (all: --format ndjson)` : '';
  const rows = [...groups].flatMap(([group, connections]) => connections.map((connection, index) => ({ ...row(connection, endOfAll), ...(index === 0 ? { group } : {}) })));
  return [
    ...layout.paragraph(`Connections${part}`, Style.bold),
    ...layout.table(
      [
        { title: 'ID', align: 'right' },
        { title: 'PORT', align: 'right' },
        { title: 'REQS', align: 'right' },
        { title: 'OPEN', align: 'right' },
        { title: 'CLOSED BY' },
        { title: 'IDLE', align: 'right' },
        { title: 'WHY' },
        { title: 'LAST REQUEST', min: 10 },
      ],
      rows,
    ),
  ];
}

function row(connection: ConnectionReport, endOfAll: number): Row {
  const { close } = connection;
  const requests = connection.exchanges.reduce((count, exchange) => count + (exchange.request === null ? 0 : 1), 0);
  const ended = close.kind === 'fin' || close.kind === 'rst';
  const idle = idleAtClose(connection);
  return {
    cells: [
      String(connection.id),
      String(connection.client.port),
      connection.protocol === 'http/1' || requests > 0 ? formatCount(requests) : '-',
      formatDuration(openSeconds(connection, endOfAll)),
      ended ? `${close.by} ${close.kind.toUpperCase()}` : close.kind === 'open' ? 'still open' : 'not seen',
      idle === null ? '-' : formatDuration(idle),
      close.cause === 'unknown' ? 'unknown' : CERTAINTY[close.confidence] + ruleName(close.cause),
      lastRequest(connection),
    ],
    ...(close.kind === 'rst' ? { style: Style.red } : {}),
    note: connectionNotes(connection).join('; '),
  };
}

/** Doubt is shown before the word: "likely" with one question mark, "possible" with two. */
const CERTAINTY: Record<Confidence, string> = { certain: '', likely: '?', possible: '??' };

const NOT_HTTP: Record<ProtocolName, string> = {
  'http/1': 'HTTP/1',
  tls: 'TLS',
  'http/2': 'HTTP/2',
  websocket: 'WebSocket',
  tunnel: 'tunnel',
  other: 'not HTTP',
  none: 'no data',
};

/** "GET /path 200"; in brackets what the connection carried instead. */
export function lastRequest(connection: ConnectionReport): string {
  const last = connection.exchanges.at(-1);
  if (last !== undefined) {
    const request = last.request === null ? '(request not seen)' : `${safeBytes(last.request.method)} ${safeBytes(last.request.target)}`;
    return `${request} ${last.response === null ? '(no response)' : last.response.status}`;
  }
  const { tls } = connection;
  const parts = [NOT_HTTP[connection.protocol]];
  if (tls !== undefined) {
    if (tls.version !== null) parts[0] += ` ${safeBytes(tls.version)}`;
    if (tls.sni !== null) parts.push(safeBytes(tls.sni));
  }
  return `(${parts.join(' ')})`;
}

/** What else there is to know, in words. */
export function connectionNotes(connection: ConnectionReport): string[] {
  const notes: string[] = [];
  for (const from of ['client', 'server'] as const) {
    addProbes(notes, connection.keepAliveProbes.filter((probe) => probe.from === from), 'keep-alive probe', from);
    addProbes(notes, connection.windowProbes.filter((probe) => probe.from === from), 'zero-window probe', from);
    const stalls = connection.zeroWindows.filter((stall) => stall.from === from);
    if (stalls.length > 0) notes.push(`the ${from} took no bytes for ${formatDuration(stalls.reduce((sum, stall) => sum + stall.seconds, 0))}`);
    const missing = connection.gaps.reduce((sum, gap) => sum + (gap.from === from ? gap.bytes : 0), 0);
    if (missing > 0) notes.push(`${formatBytes(missing)} of the ${from} not in the capture${connection.tls?.decrypted ? ', or damaged' : ''}`);
    if (connection.retransmissions[from] > 0) notes.push(`${plural(connection.retransmissions[from], 'retransmission')} by the ${from}`);
  }
  if (connection.tls !== undefined) notes.push(...tlsEvents(connection.tls));
  const last = connection.exchanges.at(-1);
  if (last !== undefined) {
    addUnfinished(notes, 'request', last.request);
    addUnfinished(notes, 'response', last.response);
  }
  return notes;
}

function addProbes(notes: string[], probes: readonly ProbeReport[], name: string, from: string): void {
  if (probes.length === 0) return;
  const unanswered = probes.reduce((count, probe) => count + (probe.answeredBy === null ? 1 : 0), 0);
  const answers = unanswered === 0 ? 'answered' : unanswered === probes.length ? 'unanswered' : `${formatCount(unanswered)} unanswered`;
  notes.push(`${plural(probes.length, name)} by the ${from}, ${answers}`);
}

function addUnfinished(notes: string[], name: string, message: MessageReport | null): void {
  if (message === null || message.complete || message.framing === 'upgrade' || message.framing === 'tunnel') return;
  const of = message.expectedBytes === null ? '' : ` of ${formatBytes(message.expectedBytes)}`;
  notes.push(`last ${name} not complete: ${formatBytes(message.bodyBytes)}${of}`);
}
