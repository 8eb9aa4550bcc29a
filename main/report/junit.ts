import type { FindingReport, RuleName } from '../../shared/model/report.ts';
import { formatCount, formatPercent, plural } from '../../shared/format/quantity.ts';
import { safeText } from '../../shared/format/safe-text.ts';
import { catalogEntry, RULES } from '../findings/catalog.ts';
import type { ReportOutput } from './piece-writer.ts';
import { PieceWriter } from './piece-writer.ts';
import { redactionNote } from './report-words.ts';
import type { ReportModel } from './report-model.ts';
import { xmlAttribute, xmlText } from './xml-text.ts';

/** Findings of a rule that are written out. */
const MAX_FINDINGS = 20;
const MAX_EVIDENCE = 6;

/**
 * The report as JUnit XML for CI: a test case for each rule, always the same ones, so that a server can follow them from
 * run to run. A rule with a finding of severity error or warning fails; one with infos alone passes and tells them.
 * Captures that could not be read are errors.
 */
export async function writeJunit(model: ReportModel, out: ReportOutput): Promise<void> {
  const writer = new PieceWriter(out);
  const byRule = new Map<RuleName, FindingReport[]>();
  for (const finding of model.findings()) {
    const known = byRule.get(finding.rule);
    if (known === undefined) byRule.set(finding.rule, [finding]);
    else known.push(finding);
  }
  const failures = RULES.filter((rule) => byRule.get(rule)?.some(isProblem)).length;
  const errors = model.unreadable.length;
  const counts = `tests="${RULES.length + errors}" failures="${failures}" errors="${errors}"`;
  const { summary, captures } = model;
  await writer.write(`<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="drainspotter" ${counts}>\n<testsuite name="connection reuse" ${counts} skipped="0" time="0">\n`);
  const properties: Record<string, string> = {
    captures: captures.map(({ path }) => safeText(path)).join(', '),
    connections: formatCount(summary.connections),
    requests: formatCount(summary.requests),
    'reuse ratio': formatPercent(summary.reuseRatio),
    redaction: redactionNote(model),
    ...(model.interrupted ? { interrupted: 'the analysis was stopped before the end of the captures' } : {}),
  };
  await writer.write('<properties>\n');
  for (const [name, value] of Object.entries(properties)) await writer.write(`<property name="${xmlAttribute(name)}" value="${xmlAttribute(value)}"/>\n`);
  await writer.write('</properties>\n');
  for (const { path, code, message } of model.unreadable) {
    await writer.write(`<testcase classname="drainspotter.captures" name="${xmlAttribute(safeText(path))}" time="0"><error type="${xmlAttribute(code)}" message="${xmlAttribute(safeText(message))}"/></testcase>\n`);
  }
  for (const rule of RULES) await writer.write(testCase(rule, byRule.get(rule) ?? []));
  await writer.write('</testsuite>\n</testsuites>\n');
  await writer.flush();
}

function testCase(rule: RuleName, findings: readonly FindingReport[]): string {
  const open = `<testcase classname="drainspotter.rules" name="${rule}" time="0"`;
  if (findings.length === 0) return `${open}/>\n`;
  const problems = findings.filter(isProblem);
  const text = xmlText(describe(problems.length > 0 ? problems : findings));
  if (problems.length === 0) return `${open}><system-out>${text}</system-out></testcase>\n`;
  const worst = problems.some(({ severity }) => severity === 'error') ? 'error' : 'warning';
  const message = `${catalogEntry(rule).title}: ${plural(problems.length, 'finding')}`;
  return `${open}><failure type="${worst}" message="${xmlAttribute(message)}">${text}</failure></testcase>\n`;
}

function isProblem({ severity }: FindingReport): boolean {
  return severity !== 'info';
}

function describe(findings: readonly FindingReport[]): string {
  const lines = findings.slice(0, MAX_FINDINGS).flatMap((finding) => [
    `${finding.severity}, ${finding.confidence}: ${safeText(finding.title)}`,
    `  ${safeText(finding.explanation)}`,
    ...finding.evidence.slice(0, MAX_EVIDENCE).map(({ frame, note }) => `  frame ${frame}: ${safeText(note)}`),
    `  To change: ${safeText(finding.fix.summary)}`,
  ]);
  const more = findings.length - MAX_FINDINGS;
  return `${lines.join('\n')}\n${more > 0 ? `and ${plural(more, 'finding')} more\n` : ''}`;
}
