import type { Comparison, ServerChange, ServerFigures, Verdict } from '../../shared/model/comparison.ts';
import { findingChange } from '../../shared/format/finding-change.ts';
import { formatCount, formatPercent } from '../../shared/format/quantity.ts';
import { ruleName } from '../../shared/format/rule-names.ts';
import { safeBytes, safeText } from '../../shared/format/safe-text.ts';
import { socketText } from '../../shared/format/socket-text.ts';
import { table as markdownTable, words } from '../report/markdown-text.ts';
import { Style, TextLayout } from '../report/text-layout.ts';

export interface ComparisonTextOptions {
  readonly width: number;
  readonly color: boolean;
}

const MAX_SERVERS = 20;

/** The comparison for a terminal. */
export function comparisonText(comparison: Comparison, { width, color }: ComparisonTextOptions): string {
  const layout = new TextLayout(Math.min(width, 120), color);
  const { before, after, headline, cautions, figures, findings, causes, servers } = comparison;
  const lines = [
    ...layout.paragraph(headline, Style.bold),
    layout.whole(`Before: ${safeText(before.name)}`, Style.dim),
    layout.whole(`After: ${safeText(after.name)}`, Style.dim),
    ...cautions.flatMap((caution) => layout.paragraph(caution)),
    '',
    ...layout.table(
      [{ title: 'In sum' }, { title: 'before', align: 'right' }, { title: 'after', align: 'right' }, { title: '' }],
      figures.map(({ label, beforeText, afterText, verdict }) => ({ cells: [label, beforeText, afterText, verdictWord(verdict)], style: styleOf(verdict) })),
    ),
  ];
  if (findings.length > 0) {
    const columns = [{ title: 'Findings' }, { title: 'before', align: 'right' as const }, { title: 'after', align: 'right' as const }, { title: '' }];
    lines.push('', ...layout.table(columns, findings.map((finding) => ({
      cells: [finding.rule, formatCount(finding.before), formatCount(finding.after), findingChange(finding)],
      style: styleOf(finding.verdict),
      note: finding.title,
    }))));
  }
  if (causes.length > 0) {
    const columns = [{ title: 'Why connections closed' }, { title: 'before', align: 'right' as const }, { title: 'after', align: 'right' as const }];
    lines.push('', ...layout.table(columns, causes.map((change) => ({ cells: [ruleName(change.cause), formatCount(change.before), formatCount(change.after)] }))));
  }
  if (servers.length > 0) {
    const columns = [{ title: 'By server', min: 16 }, { title: 'before' }, { title: 'after' }, { title: '' }];
    const shown = servers.slice(0, MAX_SERVERS);
    lines.push('', ...layout.table(columns, shown.map((server) => ({ cells: [serverName(server), serverCell(server.before), serverCell(server.after), verdictWord(server.verdict)], style: styleOf(server.verdict) }))));
    if (servers.length > MAX_SERVERS) lines.push(`  and ${formatCount(servers.length - MAX_SERVERS)} more, which changed less`);
  }
  return `${lines.join('\n')}\n`;
}

/** The same for a ticket. */
export function comparisonMarkdown({ before, after, headline, cautions, figures, findings, causes, servers }: Comparison): string {
  const parts = [
    `**${words(headline)}**`,
    [`Before: ${words(before.name)}  `, `After: ${words(after.name)}`].join('\n'),
    ...cautions.map(words),
    markdownTable(['in sum', 'before', 'after', ''], figures.map(({ label, beforeText, afterText, verdict }) => [label, beforeText, afterText, verdictWord(verdict)])),
  ];
  if (findings.length > 0) parts.push(markdownTable(['finding', 'connections before', 'after', ''], findings.map((finding) => [`${finding.rule}: ${words(finding.title)}`, formatCount(finding.before), formatCount(finding.after), findingChange(finding)])));
  if (causes.length > 0) parts.push(markdownTable(['why connections closed', 'before', 'after'], causes.map((change) => [ruleName(change.cause), formatCount(change.before), formatCount(change.after)])));
  if (servers.length > 0) parts.push(markdownTable(['server', 'before', 'after', ''], servers.slice(0, MAX_SERVERS).map((server) => [words(serverName(server)), serverCell(server.before), serverCell(server.after), verdictWord(server.verdict)])));
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`;
}

function verdictWord(verdict: Verdict): string {
  return verdict === 'same' ? '' : verdict;
}

function styleOf(verdict: Verdict): Style {
  return verdict === 'worse' ? Style.red : verdict === 'same' ? Style.plain : verdict === 'new' ? Style.yellow : Style.plain;
}

function serverName({ server, port, hosts }: ServerChange): string {
  const named = hosts.find((host) => !host.startsWith(server));
  const socket = socketText({ address: server, port });
  return named === undefined ? socket : `${socket} (${safeBytes(named)})`;
}

function serverCell(figures: ServerFigures | null): string {
  if (figures === null) return 'not there';
  const { requests, connections, reuseRatio } = figures;
  return requests === 0 ? `${formatCount(connections)} connections` : `${formatPercent(reuseRatio)} reuse, ${formatCount(requests)} req. on ${formatCount(connections)}`;
}
