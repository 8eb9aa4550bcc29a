import { safeText } from '../../shared/format/safe-text.ts';
import { advisedStack } from '../findings/fixes.ts';
import { stack } from '../findings/stacks.ts';
import type { FindingReport, FixReport, RuleName } from '../../shared/model/report.ts';
import type { ShownFinding, ShownFix } from '../../shared/model/view.ts';

/** Connections that travel with a finding; a query for its rule finds all of them. */
const MAX_CONNECTIONS = 100;

/** A finding as it goes to the page. */
export function shownFinding(finding: FindingReport): ShownFinding {
  const { id, rule, severity, confidence, title, explanation, connections, endpoint, server, evidence, alternatives, fix, cost } = finding;
  return {
    id,
    rule,
    severity,
    confidence,
    title,
    explanation: safeText(explanation),
    connections: connections.slice(0, MAX_CONNECTIONS),
    connectionCount: connections.length,
    endpoint,
    ...(server && { server }),
    evidence: evidence.map(({ frame, note }) => ({ frame, note: safeText(note) })),
    alternatives,
    fix: shownFix(fix, rule),
    cost,
  };
}

/** A fix of a finding of `rule` for the page, which knows no ids of stacks: the name of the one in whose terms it is told. */
export function shownFix(fix: FixReport, rule: RuleName): ShownFix {
  const id = advisedStack(fix.rule ?? rule, fix.clientStack ?? null, fix.serverStack ?? null);
  return { ...fix, stackName: id === null ? null : stack(id).name };
}
