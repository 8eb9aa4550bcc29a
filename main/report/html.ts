import { formatBytes, formatCount, formatDuration, plural } from '../../shared/format/quantity.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';
import type { FindingReport } from '../../shared/model/report.ts';
import { AppError } from '../app-error.ts';
import { connectionsSection, type Ladders } from './html-connections.ts';
import { endpointsSection, poolsSection } from './html-endpoints.ts';
import { findingsSection } from './html-findings.ts';
import { html, type Markup, NOTHING, styleSheet } from './html-markup.ts';
import { POLICY, STYLE } from './html-style.ts';
import { changesSection, foundSection, summarySection } from './html-summary.ts';
import { writeConnectionTable } from './html-table.ts';
import type { ReportOutput } from './piece-writer.ts';
import { PieceWriter } from './piece-writer.ts';
import type { ReportModel } from './report-model.ts';
import { changesOf, dayAndTime, endOfCaptures, groupByRule, redactionNote } from './report-words.ts';
import { ladderDrawing } from './svg-ladder.ts';
import { confidenceSign, definitions } from './svg-marks.ts';
import { type Series, seriesDrawing, seriesOf } from './svg-series.ts';

export interface HtmlOptions {
  /** Of this program. */
  readonly version: string;
}

/** Connections that have an axis of their own. */
const MAX_DRAWN = 8;
/** Those of them that have a ladder, and the size of captures that are read once more for it. */
const MAX_LADDERS = 4;
const MAX_LADDER_BYTES = 256e6;
const MAX_CAPTURES = 100;
const MAX_ANOMALIES = 50;

/** The report as one HTML file that needs nothing else: no script, no font, no network. */
export async function writeHtml(model: ReportModel, out: ReportOutput, options: HtmlOptions): Promise<void> {
  const writer = new PieceWriter(out);
  const write = (part: Markup): void | Promise<void> => writer.write(part.html);
  const findings = model.findings();
  const groups = groupByRule(findings);
  const changes = changesOf(groups);
  const series = seriesOf(model);
  const endOfAll = endOfCaptures(model);
  const drawn = chosen(model, findings);
  const isDrawn = (id: number): boolean => drawn.some((connection) => connection.id === id);
  await write(html`${head(model)}${summarySection(model, series, options.version)}${model.connectionCount === 0 ? null : foundSection(model, groups)}${seriesSection(series)}`);
  await write(poolsSection(model, findings, endOfAll));
  await write(html`${changesSection(changes)}${endpointsSection(model)}`);
  await write(findingsSection(groups, changes, isDrawn));
  await write(connectionsSection([...drawn].sort((a, b) => a.id - b.id), await laddersOf(model, drawn), endOfAll));
  await writeConnectionTable(model, write, isDrawn, endOfAll);
  await write(capturesSection(model));
  await write(foot(model));
  await writer.flush();
}

/** The first connection of each finding, the gravest first, then the most notable ones; at most two that ended alike. */
function chosen(model: ReportModel, findings: readonly FindingReport[]): ConnectionReport[] {
  const found = findings.slice(0, 4 * MAX_DRAWN).flatMap(({ connections: [first] }) => (first === undefined ? [] : [model.connection(first)]));
  const alike = new Map<string, number>();
  const drawn = new Map<number, ConnectionReport>();
  for (const connection of [...found, ...model.notableConnections(4 * MAX_DRAWN, 'notable')]) {
    if (connection === null || drawn.has(connection.id) || drawn.size === MAX_DRAWN) continue;
    const { cause, by, kind } = connection.close;
    const end = `${cause} ${by} ${kind}`;
    const before = alike.get(end) ?? 0;
    if (before === 2) continue;
    alike.set(end, before + 1);
    drawn.set(connection.id, connection);
  }
  return [...drawn.values()];
}

/** The packets of the first connections, by connection id; else why there are none. */
async function laddersOf(model: ReportModel, connections: readonly ConnectionReport[]): Promise<Ladders> {
  const drawings = new Map<number, Markup>();
  const bytes = model.captures.reduce((sum, capture) => sum + capture.bytes, 0);
  if (bytes > MAX_LADDER_BYTES) return { drawings, missing: `Packets are drawn for captures up to ${formatBytes(MAX_LADDER_BYTES)}; these have ${formatBytes(bytes)}.` };
  try {
    for (const connection of connections.slice(0, MAX_LADDERS)) {
      const packets = await model.packets(connection.id, 2000, 200);
      if (packets.first.length > 0) drawings.set(connection.id, ladderDrawing(connection, packets));
    }
    return { drawings, missing: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { drawings, missing: `Packets are not drawn: ${error.message}.` };
  }
}

function head(model: ReportModel): Markup {
  const started = model.captures[0]?.startedAt ?? null;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer"><meta name="generator" content="Drainspotter"><title>Connection reuse report</title>${styleSheet(STYLE)}</head><body>
${definitions}
<header><span class="brand"><svg width="18" height="18" aria-hidden="true"><use href="#brand"/></svg>Drainspotter</span><span>Connection reuse report${started === null ? '' : `, captured ${dayAndTime(started)}`}</span></header>
<main>`;
}

function seriesSection(series: Series | null): Markup {
  if (series === null || series.step < 1e-6) return NOTHING;
  const box = (name: string, word: string): Markup => html`<li><svg viewBox="0 0 20 16" width="20" height="16" aria-hidden="true">${name === 'open' ? html`<path class="n s-download" stroke-width="1.6" d="M1 12h6V4h7v5h5"/>` : html`<path class="f-handshake" d="M3 4h5v10H3zM11 8h5v6h-5z"/>`}</svg>${word}</li>`;
  return html`<section id="time"><div class="head"><h2>Connections over time</h2><ul class="legend">${box('open', 'open')}${box('new', `new per ${formatDuration(series.step)}`)}</ul></div><figure>${seriesDrawing(series)}</figure></section>`;
}

function capturesSection(model: ReportModel): Markup {
  const { captures } = model;
  if (captures.length === 0) return NOTHING;
  const anomalies = captures.flatMap((capture) => capture.anomalies.map((anomaly) => ({ capture, anomaly })));
  return html`<section id="captures"><h2>${captures.length === 1 ? 'The capture' : 'Captures'}</h2>${captures.length > MAX_CAPTURES ? html`<p class="note">The first ${MAX_CAPTURES} of ${formatCount(captures.length)}.</p>` : null}<div class="scroll" tabindex="0"><table class="dense"><thead><tr><th>File</th><th class="num">Packets</th><th class="num">Size</th><th>Begins (UTC)</th><th class="num">Lasts</th><th>Format</th><th>Complete</th></tr></thead><tbody>
${captures.slice(0, MAX_CAPTURES).map(({ path, packets, bytes, startedAt, durationSeconds, format, compression, linkTypes, complete }) => html`<tr><td class="mono wide">${path}</td><td class="num">${formatCount(packets)}</td><td class="num">${formatBytes(bytes)}</td><td class="fit">${startedAt === null ? 'not known' : startedAt.slice(0, 23).replace('T', ' ')}</td><td class="num">${formatDuration(durationSeconds)}</td><td>${[format, ...(compression === null ? [] : [compression]), ...linkTypes].join(' ')}</td><td>${complete ? 'yes' : 'no'}</td></tr>`)}</tbody></table></div>
${anomalies.length === 0 ? null : html`<h3>What was odd</h3><ul class="evidence plain">${anomalies.slice(0, MAX_ANOMALIES).map(({ capture, anomaly }) => html`<li><span class="mono">${anomaly.firstFrame === null ? '' : `frame ${anomaly.firstFrame}`}</span><span>${anomaly.message === '' ? anomaly.code : anomaly.message} (${anomaly.code}${anomaly.count > 1 ? `, ${plural(anomaly.count, 'time')}` : ''}${captures.length > 1 ? `, ${capture.path}` : ''})</span></li>`)}</ul>${anomalies.length > MAX_ANOMALIES ? html`<p class="note">and ${plural(anomalies.length - MAX_ANOMALIES, 'more', 'more')}: --format json</p>` : null}`}</section>`;
}

function foot(model: ReportModel): Markup {
  return html`</main><footer><div>${confidenceSign('certain', 'Certain: the packets allow no other reading.')}${confidenceSign('likely', 'Likely: others exist and fit worse.')}${confidenceSign('possible', 'Possible: not ruled out.')}<span>Frames are numbered as Wireshark numbers them.</span><span>${redactionNote(model)}</span></div></footer></body></html>
`;
}
