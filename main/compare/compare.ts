import type { CauseChange, Comparison, FigureChange, FigureId, FindingChange, ServerChange, ServerFigures, Verdict } from '../../shared/model/comparison.ts';
import { COMPARISON_SCHEMA } from '../../shared/model/comparison.ts';
import type { CloseCause, RuleName, Severity } from '../../shared/model/report.ts';
import { formatCount, formatDuration, formatPercent, midSentence, plural } from '../../shared/format/quantity.ts';
import { ruleName } from '../../shared/format/rule-names.ts';
import type { ComparedReport, ComparedServer } from './compared-report.ts';

/** Below this a share of the requests is the same: a request more or less in a small capture. */
const SAME_SHARE = 0.02;
/** A rate is the same within this factor. */
const SAME_FACTOR = 1.2;
/** Fewer sockets in TIME_WAIT than this trouble nobody. */
const FEW_PORTS = 10;
/** Loads further apart than this cannot be compared by their counts. */
const OTHER_LOAD = 2;

/** Holds two reports against each other: by rates, so that runs of different length can be compared. */
export function compare(before: ComparedReport, after: ComparedReport): Comparison {
  const figures = figureChanges(before, after);
  const findings = findingChanges(before, after);
  const verdict = verdictOf([...figures.map((figure) => figure.verdict), ...findings.map(judged)]);
  return {
    schema: COMPARISON_SCHEMA,
    before: { name: before.name, connections: before.summary.connections, requests: before.summary.requests },
    after: { name: after.name, connections: after.summary.connections, requests: after.summary.requests },
    verdict,
    headline: headline(before, after, verdict, findings),
    cautions: cautions(before, after),
    figures,
    findings,
    causes: causeChanges(before, after),
    servers: serverChanges(before, after),
  };
}

/** The same without addresses, host names and file names; servers are numbered in their order. */
export function withPseudonyms(comparison: Comparison): Comparison {
  const { before, after, servers } = comparison;
  return {
    ...comparison,
    before: { ...before, name: 'before' },
    after: { ...after, name: 'after' },
    servers: servers.map((server, index) => ({ ...server, server: `server-${index + 1}`, hosts: [] })),
  };
}

/** Whether anything got worse; so it is, too, where a side has no connection: a gate does not open on nothing. */
export function isWorse({ verdict, before, after }: Comparison): boolean {
  return verdict === 'worse' || verdict === 'mixed' || before.connections === 0 || after.connections === 0;
}

/** A finding that came or went as better or worse; an info is how things should be, and no verdict. */
function judged({ verdict, severity }: FindingChange): Verdict {
  if (severity === 'info') return 'same';
  return verdict === 'new' ? 'worse' : verdict === 'gone' ? 'better' : verdict;
}

function verdictOf(verdicts: readonly Verdict[]): Comparison['verdict'] {
  const better = verdicts.includes('better');
  const worse = verdicts.includes('worse');
  return better && worse ? 'mixed' : better ? 'better' : worse ? 'worse' : 'same';
}

function headline({ summary: a }: ComparedReport, { summary: b }: ComparedReport, verdict: Comparison['verdict'], findings: readonly FindingChange[]): string {
  const word = { better: 'Better', worse: 'Worse', mixed: 'Better and worse', same: 'No change that matters' }[verdict];
  const came = findings.filter((finding) => finding.verdict === 'new' && finding.severity !== 'info').map(({ rule }) => rule);
  const went = findings.filter((finding) => finding.verdict === 'gone' && finding.severity !== 'info').map(({ rule }) => rule);
  const changes = [...(went.length > 0 ? [`gone: ${list(went)}`] : []), ...(came.length > 0 ? [`new: ${list(came)}`] : [])];
  const end = changes.length === 0 ? '.' : `; ${changes.join('; ')}.`;
  if (a.requests === 0 || b.requests === 0) return `${word}: ${plural(a.connections, 'connection')} before, ${formatCount(b.connections)} after; their requests cannot be seen on both sides${end}`;
  const [was, is] = [formatPercent(a.reuseRatio), formatPercent(b.reuseRatio)];
  const reuse = was === is ? `${is} of the requests found their connection open, as before` : `${was} of the requests found their connection open before, ${is} after`;
  return `${word}: ${reuse} (${requestsOn(a)}, then ${requestsOn(b)})${end}`;
}

function requestsOn({ requests, httpConnections }: ComparedReport['summary']): string {
  return `${plural(requests, 'request')} on ${plural(httpConnections, 'connection')}`;
}

function list(rules: readonly RuleName[]): string {
  const names = rules.map((rule) => midSentence(ruleName(rule)));
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

function cautions({ summary: a }: ComparedReport, { summary: b }: ComparedReport): string[] {
  const told: string[] = [];
  if (a.connections === 0 || b.connections === 0) told.push(`There is no connection ${a.connections > 0 ? 'after' : b.connections > 0 ? 'before' : 'on either side'}: nothing can be compared. Is it the right capture, and the right filter?`);
  const [less, more] = [Math.min(a.requests, b.requests), Math.max(a.requests, b.requests)];
  if (less > 0 && more / less >= OTHER_LOAD) told.push(`The loads differ (${formatCount(a.requests)} and ${formatCount(b.requests)} requests): what is judged is judged for each request, counts are told as they are.`);
  else if (less === 0 && more > 0 && a.connections > 0 && b.connections > 0) told.push('Only one of the two shows requests (encrypted, or another protocol?): reuse cannot be compared.');
  if (less > 0 && less < 5) told.push('Few requests: one more or less changes the picture.');
  if (a.interrupted === true || b.interrupted === true) told.push('One of the two was stopped before the end of its captures.');
  if ((a.unreadable?.length ?? 0) + (b.unreadable?.length ?? 0) > 0) told.push('Some of the captures could not be read.');
  return told;
}

function figureChanges(before: ComparedReport, after: ComparedReport): FigureChange[] {
  const [a, b] = [before.summary, after.summary];
  const hasRequests = a.requests > 0 && b.requests > 0;
  const reuse: Verdict = !hasRequests || Math.abs(b.reuseRatio - a.reuseRatio) < SAME_SHARE ? 'same' : b.reuseRatio > a.reuseRatio ? 'better' : 'worse';
  const spared = rateVerdict(a.avoidableConnections, b.avoidableConnections, a.requests, b.requests);
  const loads = hasRequests ? b.requests / a.requests : 1;
  const isSameLoad = loads < OTHER_LOAD && loads > 1 / OTHER_LOAD;
  const figure = (id: FigureId, label: string, of: (report: ComparedReport) => number | null, format: (value: number) => string, verdict: Verdict, none = 'unknown'): FigureChange => {
    const [x, y] = [of(before), of(after)];
    return { id, label, before: x, after: y, beforeText: x === null ? none : format(x), afterText: y === null ? none : format(y), verdict };
  };
  return [
    figure('requests', 'Requests', ({ summary }) => summary.requests, formatCount, 'same'),
    figure('connections', 'Connections', ({ summary }) => summary.connections, formatCount, 'same'),
    figure('requests-per-connection', 'Requests per connection', ({ summary }) => (summary.requests === 0 ? null : summary.requestsPerConnection), (value) => value.toFixed(1), 'same'),
    figure('reuse-ratio', 'Reuse', ({ summary }) => (summary.requests === 0 ? null : summary.reuseRatio), formatPercent, reuse),
    figure('avoidable-connections', 'Avoidable connections', ({ summary }) => summary.avoidableConnections, formatCount, spared),
    figure('handshake-seconds', 'Time spent on handshakes', ({ summary }) => summary.handshakeSeconds, formatDuration, 'same'),
    figure('avoidable-handshake-seconds', 'of it for avoidable connections', ({ summary }) => summary.avoidableHandshakeSeconds, formatDuration, 'same'),
    figure('keep-alive-probes', 'Keep-alive probes', ({ summary }) => summary.keepAliveProbes, formatCount, 'same'),
    figure('time-wait-peak', 'Most ports in TIME_WAIT at once', ({ timeWaitPeak }) => timeWaitPeak, formatCount, isSameLoad ? portsVerdict(before.timeWaitPeak, after.timeWaitPeak) : 'same'),
    figure('seconds-to-exhaustion', 'Ports would run out after', ({ secondsToExhaustion }) => secondsToExhaustion, formatDuration, exhaustionVerdict(before.secondsToExhaustion, after.secondsToExhaustion), 'never'),
  ];
}

/** Of something bad, for each request. */
function rateVerdict(before: number | null, after: number | null, requestsBefore: number, requestsAfter: number): Verdict {
  if (before === null || after === null || before === after) return 'same';
  if (requestsBefore === 0 || requestsAfter === 0) return 'same';
  const [x, y] = [before / requestsBefore, after / requestsAfter];
  if (Math.abs(x - y) < SAME_SHARE) return 'same';
  return y > x * SAME_FACTOR ? 'worse' : y * SAME_FACTOR < x ? 'better' : 'same';
}

function portsVerdict(before: number | null, after: number | null): Verdict {
  if (before === null || after === null || Math.max(before, after) < FEW_PORTS) return 'same';
  return after > before * SAME_FACTOR ? 'worse' : after * SAME_FACTOR < before ? 'better' : 'same';
}

function exhaustionVerdict(before: number | null, after: number | null): Verdict {
  if (before === after) return 'same';
  if (before === null) return 'worse';
  if (after === null) return 'better';
  return after * SAME_FACTOR < before ? 'worse' : after > before * SAME_FACTOR ? 'better' : 'same';
}

const GRAVEST_FIRST: readonly Severity[] = ['error', 'warning', 'info'];
const CHANGED_FIRST: readonly Verdict[] = ['new', 'worse', 'gone', 'better', 'same'];

function findingChanges(before: ComparedReport, after: ComparedReport): FindingChange[] {
  const rules = new Set([...before.findings.keys(), ...after.findings.keys()]);
  const changes = [...rules].map((rule): FindingChange => {
    const [x, y] = [before.findings.get(rule), after.findings.get(rule)];
    const { title, severity } = (y ?? x)!;
    const counts = { before: x?.connections ?? 0, after: y?.connections ?? 0 };
    const verdict = x === undefined ? 'new' : y === undefined ? 'gone' : severity === 'info' ? 'same' : concernVerdict(counts.before, counts.after, before, after);
    return { rule, title, severity, ...counts, verdict };
  });
  const rank = ({ verdict, severity }: FindingChange) => GRAVEST_FIRST.indexOf(severity) * CHANGED_FIRST.length + CHANGED_FIRST.indexOf(verdict);
  return changes.sort((one, other) => rank(one) - rank(other) || other.before + other.after - one.before - one.after);
}

/** Connections concerned, for each request, or where there is none to be seen for each connection. */
function concernVerdict(x: number, y: number, { summary: a }: ComparedReport, { summary: b }: ComparedReport): Verdict {
  const hasRequests = a.requests > 0 && b.requests > 0;
  return rateVerdict(x, y, hasRequests ? a.requests : a.connections, hasRequests ? b.requests : b.connections);
}

function causeChanges({ summary: a }: ComparedReport, { summary: b }: ComparedReport): CauseChange[] {
  const causes = new Set([...Object.keys(a.closeCauses), ...Object.keys(b.closeCauses)] as CloseCause[]);
  const changes = [...causes].map((cause) => ({ cause, before: a.closeCauses[cause] ?? 0, after: b.closeCauses[cause] ?? 0 }));
  return changes.sort((one, other) => Math.abs(other.after - other.before) - Math.abs(one.after - one.before) || other.before - one.before);
}

function serverChanges(before: ComparedReport, after: ComparedReport): ServerChange[] {
  const changes: ServerChange[] = [];
  const left = new Map(after.servers);
  const take = (key: string): ComparedServer | null => {
    const found = left.get(key) ?? null;
    left.delete(key);
    return found;
  };
  const lonely: ComparedServer[] = [];
  for (const [key, server] of before.servers) {
    const other = take(key);
    if (other === null) lonely.push(server);
    else changes.push(serverChange(server, other));
  }
  // A server that moved to another address is known by a host name that is not its address.
  for (const server of lonely) {
    const match = [...left].find(([, other]) => other.port === server.port && [...server.hosts].some((host) => !host.startsWith(server.server) && other.hosts.has(host)));
    changes.push(serverChange(server, match === undefined ? null : take(match[0])));
  }
  for (const server of left.values()) changes.push(serverChange(null, server));
  const weight = ({ before: x, after: y }: ServerChange) => Math.abs(lost(y) - lost(x)) + (x === null || y === null ? 0.5 : 0);
  return changes.sort((one, other) => weight(other) - weight(one));
}

/** Connections beyond one for all requests: what changed most is told first. */
function lost(figures: ServerFigures | null): number {
  return figures === null ? 0 : figures.requests * (1 - figures.reuseRatio);
}

function serverChange(before: ComparedServer | null, after: ComparedServer | null): ServerChange {
  const { server, port } = (after ?? before)!;
  const [x, y] = [figuresOf(before), figuresOf(after)];
  const difference = x === null || y === null || x.requests === 0 || y.requests === 0 ? 0 : y.reuseRatio - x.reuseRatio;
  const verdict = x === null ? 'new' : y === null ? 'gone' : Math.abs(difference) < SAME_SHARE ? 'same' : difference > 0 ? 'better' : 'worse';
  return { server, port, hosts: [...new Set([...(before?.hosts ?? []), ...(after?.hosts ?? [])])].slice(0, 5), before: x, after: y, verdict };
}

function figuresOf(server: ComparedServer | null): ServerFigures | null {
  if (server === null) return null;
  const { clients, connections, httpConnections, requests, missedReuse, timeWaitPeak } = server;
  return { clients, connections, requests, reuseRatio: requests === 0 ? 0 : 1 - httpConnections / requests, missedReuse, timeWaitPeak };
}
