import { formatCount, plural } from '../../shared/format/quantity.ts';
import { ruleNames } from '../../shared/format/rule-names.ts';
import type { FindingReport } from '../../shared/model/report.ts';
import { code, html, type Markup, NOTHING } from './html-markup.ts';
import { MAX_CHANGES, source } from './html-summary.ts';
import { type Change, findingExtent, findingPlace, type RuleGroup } from './report-words.ts';
import { confidenceSign, severitySign } from './svg-marks.ts';

const MAX_FINDINGS = 40;
const MAX_EVIDENCE = 12;
const MAX_OTHERS = 12;
const MAX_IDS = 24;

/** Each finding with its evidence and its fix; the same of other endpoints in a line each. */
export function findingsSection(groups: readonly RuleGroup[], changes: readonly Change[], isShown: (connection: number) => boolean): Markup {
  if (groups.length === 0) return NOTHING;
  const fixes = new Map(changes.slice(0, MAX_CHANGES).map(({ finding }, index) => [finding.fix.summary, `change-${index + 1}`]));
  const parts = groups.flatMap(({ findings }) => sameKind(findings));
  const shown = parts.slice(0, MAX_FINDINGS);
  const rest = parts.slice(MAX_FINDINGS).reduce((sum, kind) => sum + kind.length, 0);
  return html`<section id="findings"><h2>Findings</h2>${shown.map((kind) => article(kind, fixes, isShown))}${rest > 0 ? html`<p class="note">${plural(rest, 'more finding')} in the JSON report (--format json).</p>` : null}</section>`;
}

/** Findings that differ in their endpoint alone. */
function sameKind(findings: readonly FindingReport[]): FindingReport[][] {
  const kinds = new Map<string, FindingReport[]>();
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.confidence}`;
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, [finding]);
    else kind.push(finding);
  }
  return [...kinds.values()];
}

function article([finding, ...others]: FindingReport[], fixes: Map<string, string>, isShown: (connection: number) => boolean): Markup {
  const { id, rule, severity, confidence, title, explanation, evidence, alternatives } = finding!;
  return html`<article id="finding-${id}"><h3>${id}. ${title}</h3>
<div class="meta">${severitySign(severity)}${confidenceSign(confidence)}<span class="mono">${rule}</span><span>${where(finding!)}</span></div>
<p>${explanation}</p>
<p class="note">Connections ${finding!.connections.slice(0, MAX_IDS).map((one, index) => html`${index === 0 ? '' : ', '}${isShown(one) ? html`<a href="#connection-${one}">${one}</a>` : one}`)}${finding!.connections.length > MAX_IDS ? ` and ${formatCount(finding!.connections.length - MAX_IDS)} more` : ''}</p>
<div class="two"><div><h4>Proof</h4><ul class="evidence plain">${evidence.slice(0, MAX_EVIDENCE).map(({ frame, note }) => html`<li><span class="mono">frame ${frame}</span><span>${note}</span></li>`)}</ul>
${evidence.length > MAX_EVIDENCE ? html`<p class="note">and ${plural(evidence.length - MAX_EVIDENCE, 'more frame')}</p>` : null}
${alternatives.length > 0 ? html`<p class="note">What looks the same on the wire: ${ruleNames(alternatives)}</p>` : null}</div>
<div><h4>What to change</h4>${fix(finding!, fixes)}</div></div>
${others.slice(0, MAX_OTHERS).map((other) => html`<p class="note" id="finding-${other.id}">Also ${other.id}: ${where(other)}</p>`)}${others.length > MAX_OTHERS ? html`<p class="note">and ${formatCount(others.length - MAX_OTHERS)} more of the same</p>` : null}</article>
`;
}

/** A fix that was given is not given again: `fixes` holds where it stands. */
function fix(finding: FindingReport, fixes: Map<string, string>): Markup {
  const { summary, snippet } = finding.fix;
  const given = fixes.get(summary);
  const there = given === undefined ? null : html`<a href="#${given}">${given.startsWith('change') ? `What to change, ${given.slice(7)}` : `Finding ${given.slice(8)}`}</a>`;
  if (there !== null) return html`<div>${summary}</div>${snippet === null ? null : html`<p class="note">Code: ${there}</p>`}`;
  fixes.set(summary, `finding-${finding.id}`);
  return html`<div>${summary}</div>${snippet === null ? null : html`<pre tabindex="0">${code(snippet.trimEnd())}</pre>`}${source(finding)}`;
}

function where(finding: FindingReport): string {
  return `${findingPlace(finding, '→')}, ${findingExtent(finding)}`;
}
