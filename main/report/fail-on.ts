import { CLOSE_CAUSES, FURTHER_RULES, type FindingReport, type RuleName, type Severity } from '../../shared/model/report.ts';
import { formatCount, plural } from '../../shared/format/quantity.ts';
import type { ReportModel } from './report-model.ts';

/** What makes a run fail: the report is held against it, and its text told when it holds. */
export interface FailCondition {
  readonly text: string;
  /** What holds, in words; null where it does not. */
  holds(model: ReportModel): string | null;
}

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'error'];
const RULES: readonly string[] = [...CLOSE_CAUSES, ...FURTHER_RULES];

/** Figures of the summary, by the name a condition gives them. */
const FIGURES: Record<string, (model: ReportModel) => number> = {
  'reuse-ratio': ({ summary }) => summary.reuseRatio,
  'requests-per-connection': ({ summary }) => summary.requestsPerConnection,
  connections: ({ summary }) => summary.connections,
  requests: ({ summary }) => summary.requests,
  'avoidable-connections': ({ summary }) => summary.avoidableConnections ?? 0,
  'handshake-seconds': ({ summary }) => summary.handshakeSeconds,
};

const COMPARISONS: Record<string, (a: number, b: number) => boolean> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '=': (a, b) => a === b,
};

/**
 * A condition as `--fail-on` takes it: a rule or cause (`undrained-response`), a severity (`warning`: that or worse), a
 * figure with a threshold (`reuse-ratio<0.9`), or a rule with a threshold of connections (`missed-reuse>10`).
 *
 * @throws RangeError with words for the user where it is none of these
 */
export function failCondition(text: string): FailCondition {
  const match = /^([a-z][a-z0-9-]*)\s*(?:(<=|>=|<|>|=)\s*(\d+(?:\.\d+)?\s*%?))?$/.exec(text.trim());
  if (match === null) throw new RangeError('Give a rule, a severity or a comparison such as reuse-ratio<0.9.');
  const [, name, operator, number] = match as unknown as [string, string, string | undefined, string | undefined];
  if (operator === undefined || number === undefined) {
    if ((SEVERITIES as readonly string[]).includes(name)) return { text, holds: (model) => severityHolds(model, name as Severity) };
    if (RULES.includes(name)) return { text, holds: (model) => ruleHolds(model, name as RuleName) };
    if (FIGURES[name] !== undefined) throw new RangeError(`"${name}" needs a threshold, such as ${name}<0.9.`);
    throw new RangeError(`There is no rule "${name}": drainspotter explain lists them.`);
  }
  const limit = number.endsWith('%') ? Number(number.slice(0, -1)) / 100 : Number(number);
  const compare = COMPARISONS[operator]!;
  const figure = FIGURES[name];
  if (figure !== undefined) {
    return {
      text,
      holds: (model) => {
        // Without a request there is nothing to reuse, and no ratio to be too low.
        if (name === 'reuse-ratio' && model.summary.requests === 0) return null;
        return compare(figure(model), limit) ? `${name} is ${Number(figure(model).toFixed(4))}` : null;
      },
    };
  }
  if (!RULES.includes(name)) throw new RangeError(`There is no figure or rule "${name}". Figures: ${Object.keys(FIGURES).join(', ')}.`);
  return {
    text,
    holds: (model) => {
      const count = connectionsOf(model.findings().filter((finding) => finding.rule === name));
      return compare(count, limit) ? `${name} on ${plural(count, 'connection')}` : null;
    },
  };
}

function severityHolds(model: ReportModel, least: Severity): string | null {
  const found = model.findings().filter((finding) => SEVERITIES.indexOf(finding.severity) >= SEVERITIES.indexOf(least));
  if (found.length === 0) return null;
  return `${plural(found.length, 'finding')} of severity ${least}${least === 'error' ? '' : ' or worse'}, the first: ${found[0]!.rule}`;
}

function ruleHolds(model: ReportModel, rule: RuleName): string | null {
  const found = model.findings().filter((finding) => finding.rule === rule);
  if (found.length > 0) return `${rule} on ${plural(connectionsOf(found), 'connection')}`;
  // Causes that are no findings by themselves still count: open-at-end, unknown.
  const closed = (model.summary.closeCauses as Partial<Record<RuleName, number>>)[rule] ?? 0;
  return closed > 0 ? `${rule} on ${formatCount(closed)} closed connections` : null;
}

/** Connections concerned; of missed reuse, those that could have been spared. */
function connectionsOf(findings: readonly FindingReport[]): number {
  const each = findings.map((finding) => (finding.rule === 'missed-reuse' ? finding.cost.connections : finding.connections.length));
  return each.reduce((sum, count) => sum + count, 0);
}
