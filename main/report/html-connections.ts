import { connectionAxis } from '../../shared/drawing/connection-axis.ts';
import { SHAPES, type ShapeName } from '../../shared/drawing/tokens.ts';
import { formatBytes, formatDuration, midSentence, plural } from '../../shared/format/quantity.ts';
import { ruleNames } from '../../shared/format/rule-names.ts';
import { shortenMiddle } from '../../shared/format/safe-text.ts';
import { socketText } from '../../shared/format/socket-text.ts';
import type { ConnectionReport, EstimatedExchangeReport, ExchangeReport, MessageReport } from '../../shared/model/connection.ts';
import { catalogEntry } from '../findings/catalog.ts';
import { openSeconds } from './report-words.ts';
import { fromCapture, html, type Markup, NOTHING } from './html-markup.ts';
import { axisDrawing } from './svg-axis.ts';
import { confidenceSign, legend } from './svg-marks.ts';
import { connectionNotes } from './text-connections.ts';

const MAX_EXCHANGES = 20;
const MAX_EVIDENCE = 9;
/** Exchanges that have marks of their own. */
export const MAX_MARKS = 24;

/** Drawings by connection id, and why there are no further ones. */
export interface Ladders {
  readonly drawings: ReadonlyMap<number, Markup>;
  readonly missing: string | null;
}

/** The connections that matter, each with its time axis, its exchanges, why it closed and its packets. */
export function connectionsSection(connections: readonly ConnectionReport[], { drawings, missing }: Ladders, endOfAll: number): Markup {
  if (connections.length === 0) return NOTHING;
  const seen = new Set<ShapeName>(connections.flatMap((connection) => connectionAxis(connection, { maxExchanges: MAX_MARKS }).marks.map(({ kind }) => kind)));
  const marks = (Object.keys(SHAPES) as ShapeName[]).filter((name) => seen.has(name));
  return html`<section id="connections"><div class="head"><h2>Connections that matter</h2>${legend(marks)}</div>
<p class="note">Chosen for what they show: the first of each finding, then those with most trouble. Times are from the connection's first packet.${missing === null ? '' : ` ${missing}`}</p>
${connections.map((connection) => article(connection, drawings.get(connection.id) ?? null, endOfAll))}</section>`;
}

function article(connection: ConnectionReport, ladder: Markup | null, endOfAll: number): Markup {
  const { id, client, server, close, exchanges, estimatedExchanges } = connection;
  const drawing = axisDrawing(connection);
  const notes = connectionNotes(connection);
  const host = exchanges.find((exchange) => exchange.request?.host != null)?.request?.host ?? null;
  const remarks = [
    ...(drawing.broken ? ['Times without anything are drawn shortened where the axis has "//".'] : []),
    ...(drawing.widened ? ['What is too short to be seen is drawn wider than it was.'] : []),
    ...(drawing.leftOut > 0 ? [`${plural(drawing.leftOut, 'exchange')} before the last ${drawing.leftOut === 1 ? 'is' : 'are'} drawn as one.`] : []),
  ];
  return html`<article id="connection-${id}"><h3>${id}. ${verdict(connection)}</h3>
<div class="meta">${confidenceSign(close.confidence)}<span class="mono">${socketText(client)} → ${socketText(server)}</span>${host === null ? null : html`<span>${fromCapture(host)}</span>`}<span>${estimatedExchanges === undefined ? plural(exchanges.length, 'exchange') : `about ${plural(estimatedExchanges.length, 'exchange')} inside TLS`}</span><span>${formatDuration(openSeconds(connection, endOfAll))} open</span></div>
<figure>${drawing.svg}</figure>
${remarks.length > 0 ? html`<p class="key">${remarks.join(' ')}</p>` : null}
<div class="two"><div><h4>Why it ended</h4><ul class="evidence">${close.evidence.slice(0, MAX_EVIDENCE).map(({ frame, note }, index) => html`<li><span class="pill-e">E${index + 1}</span><span class="mono">frame ${frame}</span><span>${note}</span></li>`)}</ul>${close.evidence.length === 0 ? html`<p class="note">No frame of the capture says.</p>` : null}
${close.alternatives.length > 0 ? html`<p class="note">What looks the same on the wire: ${ruleNames(close.alternatives)}</p>` : null}
${notes.length > 0 ? html`<p class="note">Also: ${notes.join('; ')}</p>` : null}</div>
<div>${estimatedExchanges === undefined ? exchangeTable(exchanges) : estimatedTable(estimatedExchanges)}</div></div>${ladder}</article>
`;
}

/** Who did what, and why, as the wording of the findings has it. */
function verdict({ close }: ConnectionReport): string {
  const sure = close.confidence === 'certain' ? '' : close.confidence === 'likely' ? 'Likely: ' : 'Possibly: ';
  if (close.kind === 'open') return 'Still open at the end of the capture';
  if (close.kind === 'replaced') return 'Its end was not seen';
  const how = close.kind === 'rst' ? 'reset by' : 'closed by';
  if (close.cause === 'unknown') return `${how === 'reset by' ? 'Reset' : 'Closed'} by the ${close.by}; the capture does not say why`;
  const { title } = catalogEntry(close.cause);
  return `${sure === '' ? title : sure + midSentence(title)} (${how} the ${close.by})`;
}

function exchangeTable(exchanges: readonly ExchangeReport[]): Markup {
  if (exchanges.length === 0) return NOTHING;
  const rest = exchanges.length - MAX_EXCHANGES;
  return html`<h4>Exchanges</h4><div class="scroll" tabindex="0"><table class="dense"><thead><tr><th class="num">#</th><th>Request</th><th class="num">Status</th><th class="num">Wait</th><th class="num">Load</th><th class="num">Body</th></tr></thead><tbody>
${exchanges.slice(0, MAX_EXCHANGES).map(({ index, request, response, waitSeconds, downloadSeconds }) => html`<tr><td class="num">${index + 1}</td><td class="mono wide">${request === null ? 'request not seen' : `${fromCapture(request.method)} ${shortenMiddle(fromCapture(request.target), 60)}`}</td><td class="num">${response === null ? 'none' : response.status}</td><td class="num">${waitSeconds === null ? '-' : formatDuration(waitSeconds)}</td><td class="num">${downloadSeconds === null ? '-' : formatDuration(downloadSeconds)}</td><td class="num">${body(response)}</td></tr>`)}</tbody></table></div>${rest > 0 ? html`<p class="note">and ${plural(rest, 'more', 'more')}</p>` : null}`;
}

/** What was estimated of a connection that TLS hides: whose turn it was, and how many bytes. */
function estimatedTable(exchanges: readonly EstimatedExchangeReport[]): Markup {
  const rest = exchanges.length - MAX_EXCHANGES;
  return html`<h4>Exchanges, estimated from whose turn it was to send</h4><div class="scroll" tabindex="0"><table class="dense"><thead><tr><th class="num">#</th><th class="num">Sent</th><th class="num">Wait</th><th class="num">Load</th><th class="num">Received</th></tr></thead><tbody>
${exchanges.slice(0, MAX_EXCHANGES).map(({ request, response }, index) => html`<tr><td class="num">${index + 1}</td><td class="num">${formatBytes(request.bytes)}</td><td class="num">${response === null ? '-' : formatDuration(Math.max(0, response.time - request.endTime))}</td><td class="num">${response === null ? '-' : formatDuration(response.endTime - response.time)}</td><td class="num">${response === null ? 'none' : formatBytes(response.bytes)}</td></tr>`)}</tbody></table></div>${rest > 0 ? html`<p class="note">and ${plural(rest, 'more', 'more')}</p>` : null}`;
}

function body(message: MessageReport | null): string {
  if (message === null) return '-';
  const size = formatBytes(message.bodyBytes);
  return message.complete || message.expectedBytes === null ? size : `${size} of ${formatBytes(message.expectedBytes)}`;
}
