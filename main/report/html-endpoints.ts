import { formatCount, formatDuration, formatPercent, plural } from '../../shared/format/quantity.ts';
import { socketText } from '../../shared/format/socket-text.ts';
import { requestCount } from '../../shared/format/tls-words.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';
import type { EndpointReport, FindingReport, StackReport } from '../../shared/model/report.ts';
import { addressCell, fromCapture, html, type Markup, NOTHING } from './html-markup.ts';
import type { ReportModel } from './report-model.ts';
import { legend } from './svg-marks.ts';
import { type PoolDrawing, poolDrawing } from './svg-pool.ts';
import { pathText } from './text-names.ts';

const MAX_ENDPOINTS = 50;
const MAX_POOLS = 3;
const MAX_LANES = 16;

/** Who talked to whom. */
export function endpointsSection(model: ReportModel): Markup {
  const shown = model.costliestEndpoints(MAX_ENDPOINTS);
  if (shown.length === 0) return NOTHING;
  const part = shown.length < model.endpointCount ? html`<p class="note">The costliest ${shown.length} of ${formatCount(model.endpointCount)}. All: --format json.</p>` : null;
  return html`<section id="endpoints"><h2>Endpoints</h2>${part}<div class="scroll" tabindex="0"><table class="dense">
<thead><tr><th>Host</th><th>Client</th><th>Server</th><th class="num">Requests</th><th class="num">Conns</th><th class="num">Reuse</th><th class="num">Avoidable</th><th class="num">Most open</th><th class="num">Ports run out</th><th>Software</th></tr></thead><tbody>
${shown.map(row)}</tbody></table></div></section>
`;
}

function row(endpoint: EndpointReport): Markup {
  const { hosts, client, server, port, requests, connections, reuseRatio, missedReuse, maxConcurrent, secondsToExhaustion } = endpoint;
  const host = hosts.length === 0 ? html`<span class="note">no HTTP host</span>` : html`<b>${fromCapture(hosts[0]!)}</b>${hosts.length > 1 ? ` and ${hosts.length - 1} more` : ''}`;
  return html`<tr><td class="wide">${host}</td>${addressCell(client)}${addressCell(`${socketText({ address: server, port })} ${pathText(endpoint)}`.trim())}<td class="num">${requestCount(endpoint)}</td><td class="num">${formatCount(connections)}</td><td class="num">${requests === 0 ? '-' : formatPercent(reuseRatio)}</td><td class="num"><b>${missedReuse === null ? 'unknown' : formatCount(missedReuse)}</b></td><td class="num">${maxConcurrent === null ? 'unknown' : formatCount(maxConcurrent)}</td><td class="num">${secondsToExhaustion === null ? 'no' : `after ${formatDuration(secondsToExhaustion)}`}</td><td>${[stack(endpoint.clientStack), stack(endpoint.serverStack)].filter((text) => text !== '').join(' to ') || 'not recognised'}</td></tr>
`;
}

function stack(report: StackReport | null): string {
  if (report === null) return '';
  return report.confidence === 'certain' ? report.name : `${report.name} (${report.confidence})`;
}

/** Connections side by side, of the costliest endpoints that a finding names. */
export function poolsSection(model: ReportModel, findings: readonly FindingReport[], endOfAll: number): Markup {
  const drawn: { readonly head: Markup; readonly pool: PoolDrawing }[] = [];
  for (const endpoint of model.costliestEndpoints(4 * MAX_POOLS)) {
    if (drawn.length === MAX_POOLS) break;
    const own = findings.filter((finding) => finding.endpoint !== null && nameOf(finding.endpoint) === nameOf(endpoint) && finding.connections.length > 1);
    const ids = [...new Set(own.flatMap((finding) => finding.connections.slice(0, MAX_LANES)))].sort((a, b) => a - b).slice(0, MAX_LANES);
    const connections = ids.map((id) => model.connection(id)).filter((connection): connection is ConnectionReport => connection !== null);
    // A few of many would not show the pool.
    if (connections.length < Math.max(2, Math.min(4, endpoint.connections))) continue;
    const needless = new Set(own.filter((finding) => finding.rule === 'missed-reuse').flatMap((finding) => finding.connections));
    const host = endpoint.hosts[0] === undefined ? socketText({ address: endpoint.server, port: endpoint.port }) : fromCapture(endpoint.hosts[0]);
    const head = html`<h3>${endpoint.connections > connections.length ? `${connections.length} of ${plural(endpoint.connections, 'connection')}` : plural(connections.length, 'connection')} from ${endpoint.client} to ${host}</h3>`;
    drawn.push({ head, pool: poolDrawing(connections, needless, endOfAll) });
  }
  if (drawn.length === 0) return NOTHING;
  const seen = (['handshake', 'busy', 'idle', 'zero-window', 'probe', 'fin', 'rst', 'time-wait', 'torn'] as const).filter((shape) => drawn.some(({ pool }) => pool.shapes.has(shape)));
  const arrows = html`<li><svg viewBox="0 0 20 16" width="20" height="16" aria-hidden="true"><path class="n s-accent" stroke-width="1.6" d="M2 8h9"/><path class="f-accent" d="M10 3.5v9l7-4.5z"/></svg>missed reuse</li>`;
  return html`<section id="pools"><div class="head"><h2>The connections side by side</h2>${legend(seen, drawn.some(({ pool }) => pool.missedReuses > 0) ? [arrows] : [])}</div>
<p class="note">A row is a connection; time goes to the right, from the first of them. What is too short to be seen is drawn wider.</p>${drawn.map(({ head, pool }) => html`<figure>${head}${pool.svg}</figure>`)}</section>`;
}

function nameOf(endpoint: { client: string; server: string; port: number; vlans?: number[]; encapsulation?: string }): string {
  return `${endpoint.client} ${socketText({ address: endpoint.server, port: endpoint.port })} ${pathText(endpoint)}`;
}
