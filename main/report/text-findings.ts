import { nothingFound } from '../../shared/format/nothing-found.ts';
import { formatCount, plural } from '../../shared/format/quantity.ts';
import { ruleNames } from '../../shared/format/rule-names.ts';
import { safeText } from '../../shared/format/safe-text.ts';
import type { FindingReport, FixReport } from '../../shared/model/report.ts';
import type { ReportModel } from './report-model.ts';
import { findingExtent, findingPlace } from './report-words.ts';
import { Style, type TextLayout } from './text-layout.ts';

const MAX_FINDINGS = 15;
const MAX_EVIDENCE = 5;
const MAX_OTHERS = 4;
const STYLES: Record<FindingReport['severity'], Style> = { error: Style.red, warning: Style.yellow, info: Style.plain };

/** What was found, what it rests on, and what to change; the gravest first. The same between others is told in a line each. */
export function findingLines(model: ReportModel, layout: TextLayout): string[] {
  const groups = new Map<string, FindingReport[]>();
  for (const finding of model.findings()) {
    const key = `${finding.severity} ${finding.rule} ${finding.confidence}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  if (groups.size === 0) {
    const { title, text } = nothingFound(model);
    return model.connectionCount === 0 ? [] : [...layout.paragraph('Findings', Style.bold), ...layout.paragraph(`${title}. ${text}`, Style.plain, 2)];
  }
  const shown = [...groups.values()].slice(0, MAX_FINDINGS);
  const part = shown.length < groups.size ? `: the first ${formatCount(shown.length)} of ${formatCount(groups.size)} kinds (all: --format json)` : '';
  const lines = layout.paragraph(`Findings${part}`, Style.bold);
  // A fix that was given is not given again.
  const fixes = new Map<string, number>();
  for (const [finding, ...others] of shown as [FindingReport, ...FindingReport[]][]) {
    lines.push(...layout.paragraph(`${finding.id}. ${finding.severity}: ${safeText(finding.title)} (${finding.rule}, ${finding.confidence})`, STYLES[finding.severity], 2, 3));
    lines.push(...layout.paragraph(where(finding), Style.dim, 5));
    lines.push(...layout.paragraph(safeText(finding.explanation), Style.plain, 5));
    for (const { frame, note } of finding.evidence.slice(0, MAX_EVIDENCE)) lines.push(...layout.paragraph(`frame ${frame}: ${safeText(note)}`, Style.dim, 7, 2));
    if (finding.evidence.length > MAX_EVIDENCE) lines.push(...layout.paragraph(`and ${plural(finding.evidence.length - MAX_EVIDENCE, 'more frame')}`, Style.dim, 7));
    if (finding.alternatives.length > 0) lines.push(...layout.paragraph(`looks the same: ${ruleNames(finding.alternatives)}`, Style.dim, 5, 2));
    lines.push(...fixLines(finding, layout, fixes));
    for (const other of others.slice(0, MAX_OTHERS)) lines.push(...layout.paragraph(`also ${other.id}. ${where(other)}`, Style.dim, 5, 2));
    if (others.length > MAX_OTHERS) lines.push(...layout.paragraph(`and ${formatCount(others.length - MAX_OTHERS)} more of the same (all: --format json)`, Style.dim, 5));
  }
  return lines;
}

function fixLines(finding: FindingReport, layout: TextLayout, fixes: Map<string, number>): string[] {
  const { id, fix } = finding;
  const given = fixes.get(fix.summary);
  if (given !== undefined) return layout.paragraph(`Fix: as for ${given}.`, Style.plain, 5, 5);
  fixes.set(fix.summary, id);
  const lines = layout.paragraph(`Fix: ${safeText(fix.summary)}`, Style.plain, 5, 5);
  if (fix.snippet !== null) lines.push(...layout.paragraph(`Code: drainspotter explain ${fix.rule ?? finding.rule}${stackOptions(fix)}`, Style.dim, 5, 5));
  return lines;
}

/** What `explain` needs to give the same fix. */
function stackOptions({ clientStack, serverStack }: FixReport): string {
  const client = clientStack === undefined ? '' : ` --client ${clientStack}`;
  return client + (serverStack === undefined ? '' : ` --server ${serverStack}`);
}

function where(finding: FindingReport): string {
  return `${findingPlace(finding, '->')}, ${findingExtent(finding)}`;
}
