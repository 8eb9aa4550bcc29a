import { safeText } from '../../shared/format/safe-text.ts';
import { stack } from '../findings/stacks.ts';
import type { FindingReport, FixReport } from '../../shared/model/report.ts';
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
    fix: shownFix(fix),
    cost,
  };
}

/** A fix for the page, which knows no ids of stacks. */
export function shownFix(fix: FixReport): ShownFix {
  const id = fix.clientStack ?? fix.serverStack;
  return { ...fix, stackName: id === undefined ? null : stack(id).name };
}
