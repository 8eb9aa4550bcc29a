import type { ConnectionReport } from '../../shared/model/connection.ts';
import type { Confidence, FindingReport, RuleName, Severity } from '../../shared/model/report.ts';
import { formatCount, formatDuration, plural } from '../../shared/format/quantity.ts';
import { safeText } from '../../shared/format/safe-text.ts';
import { socketText } from '../../shared/format/socket-text.ts';
import type { ReportModel } from './report-model.ts';
import { pathText } from './text-names.ts';

/* What several formats say alike. */

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** "21 November 2026, 06:18 UTC" */
export function dayAndTime(rfc3339: string): string {
  const [, year, month, day, time] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(rfc3339)!;
  return `${Number(day)} ${MONTHS[Number(month) - 1]} ${year}, ${time} UTC`;
}

/** Who a finding is about: "10.0.0.1 -> 10.0.0.2:80 VLAN 5", or how many are told together. */
export function findingPlace({ endpoint, server }: FindingReport, arrow: '->' | '→'): string {
  if (endpoint !== null) return `${endpoint.client} ${arrow} ${socketText({ address: endpoint.server, port: endpoint.port })} ${pathText(endpoint)}`.trim();
  return server === undefined ? 'several clients and servers' : `several clients ${arrow} ${socketText(server)}`;
}

/** How much a finding is about: connections, those that could have been spared, seconds lost. */
export function findingExtent({ connections, cost }: FindingReport): string {
  const parts = [plural(connections.length, 'connection')];
  if (cost.connections > 0) parts.push(`${plural(cost.connections, 'connection')} more than needed`);
  if (cost.seconds > 0) parts.push(`${formatDuration(cost.seconds)} lost`);
  return parts.join(', ');
}

/** How far secrets are left out, in a sentence for the report itself. */
export function redactionNote({ redacted, pseudonyms }: ReportModel): string {
  if (redacted === true && pseudonyms === true) {
    return 'Credentials, cookies and values that look like secrets are replaced by [redacted], addresses, host names and file names by pseudonyms that hold within this report. Paths are shown.';
  }
  if (redacted === null) return 'It is not known whether secrets were left out: look before you pass it on.';
  return redacted
    ? 'Credentials, cookies and values that look like secrets are replaced by [redacted]. Addresses, host names and paths are shown.'
    : 'Nothing was redacted: this report may show credentials and other secrets.';
}

/** The end of the last capture, in seconds since the first packet; 0 where no time is known. */
export function endOfCaptures({ captures }: ReportModel): number {
  const zero = Date.parse(captures[0]?.startedAt ?? '');
  return captures.reduce((end, { startedAt, durationSeconds }) => {
    const start = (Date.parse(startedAt ?? '') - zero) / 1000;
    return Number.isNaN(start) ? end : Math.max(end, start + durationSeconds);
  }, 0);
}

/** Seconds that a connection was open; one that was never seen to close, to the end of the captures. */
export function openSeconds({ startedAt, endedAt, close }: ConnectionReport, endOfAll: number): number {
  const end = close.time ?? (close.kind === 'open' ? Math.max(endedAt, endOfAll) : endedAt);
  return Math.max(0, end - startedAt);
}

/** What is known to be missing in the captures, in sentences: nothing is certain of what it touches. */
export function losses({ captures, summary, tally }: ReportModel): string[] {
  const said = captures.flatMap(({ path, anomalies }) =>
    anomalies.filter(({ code }) => code === 'packets-dropped').map(({ message }) => `${captures.length > 1 ? `${safeText(path)}: ` : ''}${message.charAt(0).toUpperCase()}${message.slice(1)}.`),
  );
  // A few bytes that were missed in a large capture need no notice.
  if (tally.withGaps > 0 && tally.withGaps >= NOTABLE_GAPS * summary.connections) {
    const some = tally.withGaps === summary.connections ? '' : `${formatCount(tally.withGaps)} of `;
    said.push(`Bytes of ${some}${plural(summary.connections, 'connection')} are missing from the capture: what is counted here is less than there was.`);
  }
  return said;
}

/** Share of the connections that lack bytes, from which on the whole report is to be read with care. */
const NOTABLE_GAPS = 0.05;

/** Findings of one rule. */
export interface RuleGroup {
  readonly rule: RuleName;
  readonly title: string;
  readonly severity: Severity;
  readonly findings: readonly FindingReport[];
  readonly connections: number;
  /** Connections by the confidence of their finding. */
  readonly sure: Readonly<Record<Confidence, number>>;
  readonly seconds: number;
}

/** By rule, in the order of the findings: the gravest first. */
export function groupByRule(findings: readonly FindingReport[]): RuleGroup[] {
  const groups = new Map<RuleName, FindingReport[]>();
  for (const finding of findings) {
    const group = groups.get(finding.rule);
    if (group === undefined) groups.set(finding.rule, [finding]);
    else group.push(finding);
  }
  return [...groups].map(([rule, members]) => {
    const sure = { certain: 0, likely: 0, possible: 0 };
    for (const { confidence, connections } of members) sure[confidence] += connections.length;
    const { title, severity } = members[0]!;
    return {
      rule,
      title,
      severity,
      findings: members,
      connections: members.reduce((sum, one) => sum + one.connections.length, 0),
      sure,
      seconds: members.reduce((sum, one) => sum + one.cost.seconds, 0),
    };
  });
}

/** A fix to be made. */
export interface Change {
  /** The first that it mends. */
  readonly finding: FindingReport;
  /** Connections that it could spare. */
  readonly spared: number;
}

/** The fixes of errors and warnings, each once, of a rule that of the finding that costs most. */
export function changesOf(groups: readonly RuleGroup[]): Change[] {
  const changes = new Map<string, Change>();
  for (const { findings, severity } of groups) {
    if (severity === 'info') continue;
    const finding = findings.reduce((most, one) => (one.cost.connections > most.cost.connections ? one : most));
    const { summary } = finding.fix;
    // Rules that one fix mends see the same connections: the one that sees most counts them.
    const seen = findings.reduce((sum, { fix, cost }) => sum + (fix.summary === summary ? cost.connections : 0), 0);
    const known = changes.get(summary);
    changes.set(summary, { finding: known?.finding ?? finding, spared: Math.max(known?.spared ?? 0, seen) });
  }
  return [...changes.values()];
}

/**
 * How long a connection was idle when it was closed, in seconds. Of TLS that is since the end of its last response: the
 * alert that TLS closes with (RFC 8446 section 6.1) comes just before the FIN, and ends no idle time of HTTP.
 */
export function idleAtClose({ close, tls, exchanges, estimatedExchanges = [] }: ConnectionReport): number | null {
  if (tls === undefined || close.time === null) return close.idleSeconds;
  const read = exchanges.at(-1)?.response;
  const last = estimatedExchanges.at(-1)?.response ?? (read?.framing === 'upgrade' || read?.framing === 'tunnel' ? null : read);
  const answered = last?.endTime ?? null;
  return answered !== null && close.time > answered ? close.time - answered : close.idleSeconds;
}
