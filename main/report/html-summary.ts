import { nothingFound } from '../../shared/format/nothing-found.ts';
import { formatBytes, formatCount, formatDuration, formatPercent, plural } from '../../shared/format/quantity.ts';
import { safeText } from '../../shared/format/safe-text.ts';
import type { FindingReport } from '../../shared/model/report.ts';
import { code, html, type Markup, NOTHING } from './html-markup.ts';
import type { ReportModel } from './report-model.ts';
import { type Change, dayAndTime, losses, redactionNote, type RuleGroup } from './report-words.ts';
import { confidenceSign, severitySign } from './svg-marks.ts';
import type { Series } from './svg-series.ts';
import { answer } from './text-answer.ts';

const MAX_ENDPOINTS = 200;
/** Changes that are told before the findings. */
export const MAX_CHANGES = 5;

/** The answer, what it was read from, and the numbers. */
export function summarySection(model: ReportModel, series: Series | null, version: string): Markup {
  const [first = '', ...others] = answer(model);
  return html`<h1><b>${first}</b></h1>
${others.length === 0 ? null : html`<p class="lead">${others.join(' ')}</p>`}
${notices(model)}${facts(model, version)}${tiles(model, series)}`;
}

/** What a reader must know before the rest is believed. */
function notices(model: ReportModel): Markup[] {
  const notices: Markup[] = [];
  for (const { path, message } of model.unreadable) notices.push(html`<p class="notice">${path} was not read: ${message}</p>`);
  const incomplete = model.captures.filter((capture) => !capture.complete).length;
  if (incomplete > 0) notices.push(html`<p class="notice">${model.captures.length === 1 ? 'The capture is' : `${plural(incomplete, 'capture is', 'captures are')}`} not complete: see the <a href="#captures">captures</a>.</p>`);
  for (const loss of losses(model)) notices.push(html`<p class="notice">${loss}</p>`);
  return notices;
}

function facts(model: ReportModel, version: string): Markup {
  const { captures } = model;
  const [first] = captures;
  const packets = captures.reduce((sum, capture) => sum + capture.packets, 0);
  const bytes = captures.reduce((sum, capture) => sum + capture.bytes, 0);
  const rows: [string, string][] = [];
  if (first !== undefined) {
    const name = safeText(first.path.slice(Math.max(first.path.lastIndexOf('/'), first.path.lastIndexOf('\\')) + 1));
    rows.push(['Capture', captures.length === 1 ? `${name}, ${formatBytes(bytes)}` : `${name} and ${plural(captures.length - 1, 'more', 'more')}, ${formatBytes(bytes)}`]);
    rows.push(['Packets', formatCount(packets)]);
    rows.push(['Taken', first.startedAt === null ? 'not known' : dayAndTime(first.startedAt)]);
    if (captures.length === 1) rows.push(['Lasts', formatDuration(first.durationSeconds)]);
  }
  rows.push(['Made with', `Drainspotter ${version}`], ['Secrets', model.redacted === true ? 'left out' : model.redacted === false ? 'shown' : 'not known']);
  return html`<dl class="facts">${rows.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>${model.redacted === true ? null : html`<p class="notice">${redactionNote(model)}</p>`}`;
}

interface Tile {
  readonly value: string;
  readonly label: string;
  readonly note: string;
}

function tiles(model: ReportModel, series: Series | null): Markup {
  const { summary, tally: { unanswered } } = model;
  const { requests, connections, requestsPerConnection, avoidableConnections, avoidableHandshakeSeconds, estimatedRequests } = summary;
  if (connections === 0) return NOTHING;
  // All endpoints are not made for one number: the most of the costliest is a lower bound.
  const [crowded] = model.costliestEndpoints(MAX_ENDPOINTS).sort((a, b) => (b.timeWaitPeak ?? 0) - (a.timeWaitPeak ?? 0));
  const least = model.endpointCount > MAX_ENDPOINTS ? 'at least, ' : '';
  const list: Tile[] = [
    { value: formatCount(requests), label: requests === 1 ? 'request' : 'requests', note: estimatedRequests !== undefined ? `and about ${formatCount(estimatedRequests)} that TLS hides` : requests === 0 ? '' : unanswered === 0 ? 'all answered' : `${formatCount(unanswered)} without an answer` },
    { value: formatCount(connections), label: connections === 1 ? 'connection' : 'connections', note: series === null ? '' : `at most ${formatCount(series.peak)} open at once` },
    { value: requests === 0 ? 'unknown' : formatPercent(summary.reuseRatio), label: 'reuse', note: requests === 0 ? 'no request was read' : `${perConnection(requestsPerConnection)} per connection` },
    { value: avoidableConnections === null ? 'unknown' : formatCount(avoidableConnections), label: 'avoidable', note: avoidableConnections === 0 ? 'none opened in vain' : `of ${plural(connections, 'connection')}` },
    { value: formatDuration(summary.handshakeSeconds), label: 'in handshakes', note: avoidableHandshakeSeconds === null || avoidableHandshakeSeconds === 0 ? '' : `${formatDuration(avoidableHandshakeSeconds)} avoidable` },
    { value: formatCount(crowded?.timeWaitPeak ?? 0), label: 'in TIME_WAIT', note: crowded?.portBudget == null ? `${least}at the peak` : `${least}at the peak, of ${formatCount(crowded.portBudget)} ports` },
  ];
  return html`<ul class="tiles">${list.map(({ value, label, note }) => html`<li><b${value.length > 9 ? html` class="long"` : null}>${value}</b>${label}<small>${note}</small></li>`)}</ul>`;
}

function perConnection(requests: number): string {
  const count = requests.toFixed(requests < 10 ? 2 : 1).replace(/\.?0+$/, '');
  return `${count} ${count === '1' ? 'request' : 'requests'}`;
}

export function foundSection(model: ReportModel, groups: readonly RuleGroup[]): Markup {
  if (groups.length === 0) {
    const { title, text } = nothingFound(model);
    return html`<section><h2>What was found</h2><p>${title}. ${text}</p></section>`;
  }
  return html`<section id="found"><h2>What was found</h2><div class="scroll" tabindex="0"><table>
<thead><tr><th>Severity</th><th>Finding</th><th class="num">Connections</th><th>How sure</th><th class="num">Time lost</th></tr></thead><tbody>
${groups.map(({ rule, title, severity, findings, connections, sure, seconds }) => html`<tr><td>${severitySign(severity)}</td><td><a href="#finding-${findings[0]!.id}"><b>${title}</b></a><small>${rule}</small></td><td class="num">${formatCount(connections)}</td><td class="fit">${sureSigns(sure)}</td><td class="num">${seconds > 0 ? formatDuration(seconds) : 'none'}</td></tr>
`)}</tbody></table></div></section>`;
}

function sureSigns(sure: RuleGroup['sure']): Markup[] {
  return (['certain', 'likely', 'possible'] as const).filter((level) => sure[level] > 0).map((level) => html`${confidenceSign(level, `${level} ${formatCount(sure[level])}`)} `);
}

/** What to change, with what each change would save. */
export function changesSection(changes: readonly Change[]): Markup {
  if (changes.length === 0) return NOTHING;
  const shown = changes.slice(0, MAX_CHANGES);
  return html`<section id="change"><h2>What to change</h2><ol class="changes">${shown.map(({ finding, spared }, index) => html`<li id="change-${index + 1}">${finding.fix.summary}${saved(spared)} <a class="why" href="#finding-${finding.id}">Why</a>${finding.fix.snippet === null ? null : html`<pre tabindex="0">${code(finding.fix.snippet.trimEnd())}</pre>`}${source(finding)}</li>`)}</ol>
${changes.length > shown.length ? html`<p class="note">${plural(changes.length - shown.length, 'more change')} with the findings below.</p>` : null}</section>`;
}

function saved(connections: number): string {
  return connections > 0 ? ` (up to ${plural(connections, 'connection')} fewer)` : '';
}

/** Where the advice comes from: a link only where it is one of ours to the web. */
export function source({ fix }: FindingReport): Markup {
  if (fix.source === null) return NOTHING;
  return html`<p class="key">Source: ${/^https:\/\/[^\s"'<>]+$/.test(fix.source) ? html`<a href="${fix.source}" rel="noreferrer">${fix.source}</a>` : fix.source}</p>`;
}
