import { nothingFound } from '../../shared/format/nothing-found.ts';
import { formatBytes, formatCount, formatDuration, formatPercent, plural } from '../../shared/format/quantity.ts';
import { ruleName, ruleNames } from '../../shared/format/rule-names.ts';
import { safeText, shortenMiddle } from '../../shared/format/safe-text.ts';
import { socketText } from '../../shared/format/socket-text.ts';
import { requestCount } from '../../shared/format/tls-words.ts';
import type { ConnectionReport } from '../../shared/model/connection.ts';
import type { EndpointRef, FindingReport } from '../../shared/model/report.ts';
import { changesOf, dayAndTime, endOfCaptures, findingExtent, findingPlace, groupByRule, losses, openSeconds, redactionNote, type RuleGroup } from './report-words.ts';
import { fenced, span, table, textSpan, words } from './markdown-text.ts';
import type { ReportOutput } from './piece-writer.ts';
import { PieceWriter } from './piece-writer.ts';
import type { ReportModel } from './report-model.ts';
import { answer } from './text-answer.ts';
import { connectionNotes, lastRequest } from './text-connections.ts';
import { pathText } from './text-names.ts';

export interface MarkdownOptions {
  /** Of this program. */
  readonly version: string;
}

const MAX_FINDINGS = 12;
const MAX_EVIDENCE = 6;
const MAX_CHANGES = 5;
const MAX_ENDPOINTS = 20;
const MAX_CONNECTIONS = 20;

/** The report for a ticket: short enough to be read there, with the frames that prove it. */
export async function writeMarkdown(model: ReportModel, out: ReportOutput, options: MarkdownOptions): Promise<void> {
  const writer = new PieceWriter(out);
  const groups = groupByRule(model.findings());
  const sections = [summary(model), found(model, groups), changes(groups), findings(groups), endpoints(model), connections(model), end(model, options.version)];
  await writer.write(sections.filter((section) => section !== '').join('\n'));
  await writer.flush();
}

function summary(model: ReportModel): string {
  const [first = '', ...others] = answer(model).map(words);
  const { captures } = model;
  const lines = ['# Connection reuse report', '', [`**${first}**`, ...others].join(' '), ''];
  for (const { path, message } of model.unreadable) lines.push(`> ${textSpan(path)} was not read: ${words(message)}`, '');
  for (const loss of losses(model)) lines.push(`> ${words(loss)}`, '');
  for (const { path, packets, bytes, startedAt, durationSeconds, complete } of captures.slice(0, 5)) {
    const facts = [plural(packets, 'packet'), formatBytes(bytes), ...(startedAt === null ? [] : [dayAndTime(startedAt)]), `lasts ${formatDuration(durationSeconds)}`, ...(complete ? [] : ['not complete'])];
    lines.push(`- Capture ${textSpan(path)}: ${facts.join(', ')}`);
  }
  if (captures.length > 5) lines.push(`- and ${plural(captures.length - 5, 'more capture')}`);
  return `${lines.join('\n')}\n`;
}

function found(model: ReportModel, groups: readonly RuleGroup[]): string {
  if (groups.length === 0) {
    const { title, text } = nothingFound(model);
    return model.connectionCount === 0 ? '' : `## What was found\n\n${title}. ${text}\n`;
  }
  const rows = groups.map(({ severity, title, rule, connections, sure, seconds, findings: [first] }) => [
    severity,
    `${words(title)} (\`${rule}\`)`,
    formatCount(connections),
    (['certain', 'likely', 'possible'] as const).filter((level) => sure[level] > 0).map((level) => `${level} ${formatCount(sure[level])}`).join(', '),
    seconds > 0 ? formatDuration(seconds) : 'none',
    first!.evidence.slice(0, 4).map(({ frame }) => frame).join(', ') + (first!.evidence.length > 4 ? ', …' : ''),
  ]);
  return `## What was found\n\n${table(['Severity', 'Finding', 'Connections:', 'How sure', 'Time lost:', 'Frames'], rows)}`;
}

function changes(groups: readonly RuleGroup[]): string {
  const shown = changesOf(groups).slice(0, MAX_CHANGES);
  if (shown.length === 0) return '';
  const parts = shown.map(({ finding: { fix } }, index) => {
    const code = fix.snippet === null ? '' : `\n${indented(fenced(fix.snippet))}`;
    const source = fix.source === null ? '' : `\n${indented(`Source: ${words(fix.source)}\n`)}`;
    return `${index + 1}. ${words(fix.summary)}\n${code}${source}`;
  });
  return `## What to change\n\n${parts.join('\n')}`;
}

/** As part of a list item (CommonMark 5.2). */
function indented(block: string): string {
  return block.replace(/^(?=.)/gm, '   ');
}

function findings(groups: readonly RuleGroup[]): string {
  const all = groups.flatMap((group) => group.findings);
  if (all.length === 0) return '';
  const parts = all.slice(0, MAX_FINDINGS).map((finding) => {
    const { id, title, severity, confidence, explanation, evidence, alternatives } = finding;
    const lines = [`### ${id}. ${words(title)}`, '', `${severity}, ${confidence}; ${where(finding)}`, '', words(explanation), ''];
    for (const { frame, note } of evidence.slice(0, MAX_EVIDENCE)) lines.push(`- frame ${frame}: ${words(note)}`);
    if (evidence.length > MAX_EVIDENCE) lines.push(`- and ${plural(evidence.length - MAX_EVIDENCE, 'more frame')}`);
    if (alternatives.length > 0) lines.push('', `What looks the same on the wire: ${ruleNames(alternatives)}`);
    return `${lines.join('\n')}\n`;
  });
  const rest = all.length > MAX_FINDINGS ? `\n${plural(all.length - MAX_FINDINGS, 'more finding')}: \`--format json\`\n` : '';
  return `## Findings\n\n${parts.join('\n')}${rest}`;
}

function where(finding: FindingReport): string {
  const place = findingPlace(finding, '→');
  return `${finding.endpoint === null && finding.server === undefined ? place : textSpan(place)}, ${findingExtent(finding)}`;
}

function endpointText(endpoint: EndpointRef): string {
  return textSpan(`${endpoint.client} → ${socketText({ address: endpoint.server, port: endpoint.port })} ${pathText(endpoint)}`.trim());
}

function endpoints(model: ReportModel): string {
  const shown = model.costliestEndpoints(MAX_ENDPOINTS);
  if (shown.length === 0) return '';
  const rows = shown.map((endpoint) => [
    endpoint.hosts.length === 0 ? '' : span(endpoint.hosts[0]!) + (endpoint.hosts.length > 1 ? ` and ${endpoint.hosts.length - 1} more` : ''),
    endpointText(endpoint),
    requestCount(endpoint),
    formatCount(endpoint.connections),
    endpoint.requests === 0 ? '' : formatPercent(endpoint.reuseRatio),
    endpoint.missedReuse === null ? 'unknown' : formatCount(endpoint.missedReuse),
    endpoint.maxConcurrent === null ? 'unknown' : formatCount(endpoint.maxConcurrent),
  ]);
  const part = shown.length < model.endpointCount ? `\nThe costliest ${shown.length} of ${formatCount(model.endpointCount)}.\n` : '';
  return `## Endpoints\n\n${table(['Host', 'Client → server', 'Requests:', 'Connections:', 'Reuse:', 'Avoidable:', 'Most open:'], rows)}${part}`;
}

function connections(model: ReportModel): string {
  if (model.connectionCount === 0) return '';
  const shown = [...model.notableConnections(MAX_CONNECTIONS, 'id')];
  const part = shown.length < model.connectionCount ? `\n${shown.length} of ${formatCount(model.connectionCount)}, those with most to tell.\n` : '';
  return `## Connections\n\n${table(['#:', 'Client', 'Server', 'Requests:', 'Open:', 'Closed by', 'Cause', 'Frames', 'Last request'], shown.map((connection) => row(connection, endOfCaptures(model))))}${part}`;
}

function row(connection: ConnectionReport, endOfAll: number): string[] {
  const { id, client, server, close, exchanges } = connection;
  const notes = connectionNotes(connection);
  return [
    String(id),
    textSpan(socketText(client)),
    textSpan(socketText(server)),
    formatCount(exchanges.reduce((count, { request }) => count + (request === null ? 0 : 1), 0)),
    formatDuration(openSeconds(connection, endOfAll)),
    close.by === null ? (close.kind === 'open' ? 'still open' : 'not seen') : `${close.by} ${close.kind.toUpperCase()}`,
    close.cause === 'unknown' ? 'unknown' : `${close.confidence}: ${ruleName(close.cause)}`,
    close.evidence.slice(0, 4).map(({ frame }) => frame).join(', '),
    // Safe already, and as text, not as bytes.
    textSpan(shortenMiddle(lastRequest(connection), 60)) + (notes.length === 0 ? '' : `; ${words(notes.join('; '))}`),
  ];
}

function end(model: ReportModel, version: string): string {
  return `---\n\nCertain: the packets allow no other reading. Likely: others exist and fit worse. Possible: not ruled out. Frames are numbered as Wireshark numbers them. ${words(redactionNote(model))} Made with Drainspotter ${safeText(version)}.\n`;
}
