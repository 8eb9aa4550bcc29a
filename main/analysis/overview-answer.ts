import { answer } from '../report/text-answer.ts';
import { groupByRule } from '../report/report-words.ts';
import { summaryOf } from '../report/report-model.ts';
import { formatCount, formatDuration, formatPercent, midSentence, plural } from '../../shared/format/quantity.ts';
import type { FindingReport } from '../../shared/model/report.ts';
import type { FindingGroup, Overview, OverviewTile, Series } from '../../shared/model/view.ts';
import type { AnalysisReport } from './analysis-report.ts';
import { EndpointRows } from './endpoint-rows.ts';
import type { EndpointSummary } from '../findings/diagnose.ts';
import type { Results, Scope } from './results.ts';

/** Of the ports towards one server, what open connections must take to be told. */
const NOTABLE_SHARE = 0.1;
/** Endpoints on the overview. */
const MAX_ENDPOINTS = 100;

/** What the overview shows of the connections in a scope; `all`: the endpoints of all connections; `soFar`: more is being read. */
export function overviewOf(results: Results, all: EndpointRows, scope: Omit<Scope, 'table'>, series: Series, soFar: boolean): Overview {
  const report = results.report(scope);
  const summary = summaryOf(report);
  const judged = results.judged(scope);
  const endpoints = judged === results.diagnosis ? all : new EndpointRows(results, judged);
  const rows = endpoints.sorted();
  return {
    revision: results.revision,
    answer: answer(report, soFar),
    soFar: soFar || !results.isFinal,
    tiles: tiles(report, series, judged === results.diagnosis ? rows.map((endpoint) => judged.endpoints[endpoint]!) : [], results.isFinal),
    groups: groups(report, judged === results.diagnosis ? null : results.report({ query: '' })),
    endpoints: rows.slice(0, MAX_ENDPOINTS).map((endpoint) => endpoints.row(endpoint)),
    endpointCount: rows.length,
    summary,
    captures: [...report.captures],
    anomalies: report.captures.flatMap(({ anomalies }) => anomalies).sort((a, b) => b.count - a.count).slice(0, 50),
    from: results.moments().from,
    to: results.moments().to,
  };
}

function tiles({ summary, tally: { unanswered } }: AnalysisReport, series: Series, endpoints: readonly EndpointSummary[], isJudged: boolean): OverviewTile[] {
  const peak = Math.max(0, ...series.open);
  const found = Math.max(0, summary.requests - summary.httpConnections);
  const handshakes = summary.avoidableHandshakeSeconds ?? 0;
  return [
    { id: 'requests', label: 'Requests', value: formatCount(summary.requests), note: requestsNote(summary.requests, unanswered, summary.estimatedRequests ?? 0), query: 'requests:>=1' },
    { id: 'connections', label: 'Connections', value: formatCount(summary.connections), note: `peak ${formatCount(peak)} open at once`, query: '' },
    {
      id: 'reuse',
      label: 'Reuse',
      value: summary.requests === 0 ? 'unknown' : formatPercent(summary.reuseRatio),
      note: summary.requests === 0 ? 'no request could be read' : `${plural(found, 'request')} found an open one`,
      query: 'requests:>1',
    },
    {
      id: 'avoidable',
      label: 'Avoidable connections',
      value: summary.avoidableConnections === null || !isJudged ? 'unknown' : formatCount(summary.avoidableConnections),
      note: `of ${formatCount(summary.connections)} opened`,
      query: (summary.findings['missed-reuse'] ?? 0) > 0 ? 'finding:missed-reuse' : null,
    },
    { id: 'handshake', label: 'Handshake time wasted', value: isJudged ? formatDuration(handshakes) : 'unknown', note: `of ${formatDuration(summary.handshakeSeconds)} in all handshakes`, query: (summary.findings['missed-reuse'] ?? 0) > 0 ? 'finding:missed-reuse' : null },
    portsTile(series, endpoints),
    ...(summary.keepAliveProbes > 0
      ? [{ id: 'probes' as const, label: 'Keep-alive probes', value: formatCount(summary.keepAliveProbes), note: 'both directions', query: 'probes:>=1' }]
      : []),
  ];
}

/**
 * Ports that a client holds towards one server: in TIME_WAIT, or by connections that are open, where those are more and a
 * notable part of the range.
 *
 * @param endpoints of the whole capture; of a part of it nobody has counted what an endpoint had open
 */
function portsTile({ timeWait, portBudget }: Series, endpoints: readonly EndpointSummary[]): OverviewTile {
  const waiting = Math.max(0, ...timeWait);
  const note = (count: number, budget: number): string => `of ${formatCount(budget)} at the peak (${formatPercent(count / budget)})`;
  const [first] = endpoints;
  const busiest = first && endpoints.reduce((most, one) => (one.maxConcurrent > most.maxConcurrent ? one : most), first);
  if (busiest !== undefined && busiest.maxConcurrent > Math.max(waiting, NOTABLE_SHARE * busiest.portBudget)) {
    return { id: 'time-wait', label: 'Ports held open', value: formatCount(busiest.maxConcurrent), note: note(busiest.maxConcurrent, busiest.portBudget), query: '' };
  }
  return { id: 'time-wait', label: 'Ports held in TIME_WAIT', value: formatCount(waiting), note: note(waiting, portBudget), query: 'closed_with:fin' };
}

/** @param whole the report of all connections, where the other one is of a part of them */
function groups(report: AnalysisReport, whole: AnalysisReport | null): FindingGroup[] {
  const everywhere = new Map(whole === null ? [] : groupByRule(whole.findings()).map(({ rule, connections }) => [rule, connections]));
  return groupByRule(report.findings()).map(({ rule, title, severity, findings, connections, sure, seconds }) => {
    const cost = { connections: findings.reduce((sum, one) => sum + one.cost.connections, 0), seconds };
    const note = noteOf(findings, connections, everywhere.get(rule) ?? connections);
    return { rule, title, severity, note, findings: findings.length, connections, confidence: sure, cost, query: `finding:${rule}` };
  });
}

/** What happened, where all connections of the findings are there: their words count all of them. */
function noteOf(findings: readonly FindingReport[], connections: number, everywhere: number): string {
  if (connections < everywhere) return `${plural(connections, 'connection')} here, of ${formatCount(everywhere)} in the whole capture.`;
  // One that speaks for itself: what is told of many clients together begins with how many.
  const first = firstSentence((findings.find(({ endpoint }) => endpoint !== null) ?? findings[0]!).explanation);
  return findings.length === 1 ? first : `${plural(findings.length, 'finding')} on ${plural(connections, 'connection')}. One of them: ${midSentence(first)}`;
}

/** Up to the first stop that stands in no quotes, as of "Connection: close". */
function firstSentence(text: string): string {
  const [first = text] = /^(?:"[^"]*"|[^.;:]|[.;:](?!\s))+/.exec(text) ?? [];
  return first === text ? text : `${first}.`;
}

function requestsNote(requests: number, unanswered: number, estimated: number): string {
  if (estimated > 0) return `about ${formatCount(estimated)} more inside TLS`;
  if (requests === 0) return 'none was read';
  return unanswered === 0 ? 'all answered' : `${formatCount(unanswered)} without an answer`;
}
