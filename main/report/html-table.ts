import { brokenScale } from '../../shared/drawing/axis-scale.ts';
import { connectionAxis, type AxisMark } from '../../shared/drawing/connection-axis.ts';
import { formatMoment } from '../../shared/drawing/moments.ts';
import { formatCount, formatDuration } from '../../shared/format/quantity.ts';
import { ruleName } from '../../shared/format/rule-names.ts';
import { shortenMiddle } from '../../shared/format/safe-text.ts';
import { socketText } from '../../shared/format/socket-text.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';
import { MAX_MARKS } from './html-connections.ts';
import { addressCell, html, type Markup, px } from './html-markup.ts';
import type { ReportModel } from './report-model.ts';
import { openSeconds } from './report-words.ts';
import { confidenceSign } from './svg-marks.ts';
import { lastRequest } from './text-connections.ts';

/** More connections than these are left out of the table: the file stays under 5 MB. */
const MAX_ROWS = 5000;
/** On paper, where nobody searches: three to four pages, where all of them would be 180. */
const PRINTED_ROWS = 100;
/** Rows of one table. A browser lays out those that are seen, and not 5,000 at once, which takes it seconds. */
const TABLE_ROWS = 250;

/** The table of connections, a row at a time; on paper another one of the most notable where they are many. */
export async function writeConnectionTable(model: ReportModel, write: (part: Markup) => void | Promise<void>, isDrawn: (connection: number) => boolean, endOfAll: number): Promise<void> {
  const all = model.connectionCount;
  if (all === 0) return;
  const shown = Math.min(MAX_ROWS, all);
  await write(html`<section id="table"><h2>${shown < all ? 'Connections' : 'All connections'}</h2>${shown < all ? html`<p class="note">The ${formatCount(shown)} most notable of ${formatCount(all)}. All of them: --format ndjson, csv or parquet.</p>` : null}`);
  if (shown > PRINTED_ROWS) {
    await write(html`<div class="paper"><p class="note">On paper the ${PRINTED_ROWS} most notable; the file itself, on a screen, has ${formatCount(shown)}.</p>${tableStart('')}`);
    for (const connection of model.notableConnections(PRINTED_ROWS, 'id')) await write(row(connection, isDrawn(connection.id), endOfAll));
    await write(html`${TABLE_END}</div>`);
  }
  const screen = shown > PRINTED_ROWS ? ' screen' : '';
  let written = 0;
  for (const connection of model.notableConnections(MAX_ROWS, 'id')) {
    // Only a full table has the size that is reserved for it.
    if (written % TABLE_ROWS === 0) await write(html`${written === 0 ? null : TABLE_END}${tableStart(screen + (shown - written >= TABLE_ROWS ? ' rows' : ''))}`);
    written++;
    const waiting = write(row(connection, isDrawn(connection.id), endOfAll));
    if (waiting !== undefined) await waiting;
  }
  await write(html`${TABLE_END}</section>
`);
}

function tableStart(classes: string): Markup {
  return html`<div class="scroll${classes}" tabindex="0"><table class="dense">
<thead><tr><th class="num">#</th><th>Client</th><th>Server</th><th class="num">At</th><th>Course</th><th class="num">Open</th><th class="num">Requests</th><th>Closed by</th><th>Cause</th><th>Last request</th></tr></thead><tbody>
`;
}

const TABLE_END: Markup = html`</tbody></table></div>
`;

function row(connection: ConnectionReport, isShown: boolean, endOfAll: number): Markup {
  const { id, client, server, close, startedAt, exchanges } = connection;
  const requests = exchanges.reduce((count, { request }) => count + (request === null ? 0 : 1), 0);
  const by = close.by === null ? (close.kind === 'open' ? 'still open' : 'not seen') : `${close.by} ${close.kind.toUpperCase()}`;
  return html`<tr><td class="num">${isShown ? html`<a href="#connection-${id}">${id}</a>` : id}</td>${addressCell(socketText(client))}${addressCell(socketText(server))}<td class="num">${formatMoment(startedAt)}</td><td>${miniature(connection)}</td><td class="num">${formatDuration(openSeconds(connection, endOfAll))}</td><td class="num">${requests}</td><td class="fit">${by}</td><td class="fit">${confidenceSign(close.confidence, ruleName(close.cause))}</td><td class="mono wide">${shortenMiddle(lastRequest(connection), 48)}</td></tr>
`;
}

const MINIATURE = 110;
const CLASSES: Partial<Record<AxisMark['kind'], string>> = {
  handshake: 'f-handshake',
  request: 'f-request',
  wait: 'f-wait',
  download: 'f-download',
  idle: 'm-idle',
  other: 'm-other',
  'zero-window': 'm-zero-window',
};

/** The course of a connection in one line, idle time shortened. */
function miniature(connection: ConnectionReport): Markup {
  const axis = connectionAxis(connection, { timeWait: null, maxExchanges: MAX_MARKS });
  const { placed } = brokenScale(axis.marks, axis.end, MINIATURE, { breakWidth: 44, minimum: 3 });
  const bars = placed.filter(({ width }) => width > 0);
  return html`<svg class="mini" viewBox="0 0 ${MINIATURE} 12" aria-hidden="true">${bars.slice(0, 3 * MAX_MARKS).map(({ mark, x, width }) => {
    const name = CLASSES[mark.kind];
    if (name === undefined) return null;
    const [y, height] = mark.kind === 'idle' ? [4, 4] : [1, 10];
    return html`<path class="${name}" d="M${px(x)} ${y}h${px(Math.max(0.5, width))}v${height}h-${px(Math.max(0.5, width))}z"/>`;
  })}</svg>`;
}
