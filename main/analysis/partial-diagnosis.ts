import { ConnectionCase } from '../findings/case.ts';
import { ConnectionCounts } from '../findings/connection-counts.ts';
import type { Diagnosis } from '../findings/diagnose.ts';
import { RowsByEndpoint, Verdicts } from '../findings/diagnosis.ts';
import type { KeptFinding } from '../findings/finding-collector.ts';
import type { ResultStore } from '../store/result-store.ts';

/** What can be said while packets still come: counts, of what is there when they are first asked for. Every cause is unknown so far. */
export function undecided(store: ResultStore): Diagnosis {
  let counts: ConnectionCounts | null = null;
  return { rows: new RowsByEndpoint(store, null), get counts() { return (counts ??= countRows(store, null, null)); }, verdicts: new Verdicts(), endpoints: [], findings: [] };
}

/**
 * A diagnosis as far as it concerns some rows, ascending. Causes stay what all connections together have shown. What an
 * endpoint's row says of its pool and ports stays of all its connections; a finding costs in proportion to its
 * connections among the rows.
 */
export function narrowed(store: ResultStore, diagnosis: Diagnosis, rows: Uint32Array): Diagnosis {
  const isIn = new Uint8Array(store.connections.count);
  for (const row of rows) isIn[row] = 1;
  const byEndpoint = new RowsByEndpoint(store, rows);
  return {
    rows: byEndpoint,
    counts: countRows(store, rows, diagnosis.verdicts),
    verdicts: diagnosis.verdicts,
    endpoints: diagnosis.endpoints.map((summary, endpoint) => (byEndpoint.count(endpoint) > 0 ? summary : undefined)),
    findings: diagnosis.findings.flatMap((finding) => narrowedFinding(finding, isIn)),
  };
}

function narrowedFinding(finding: KeptFinding, isIn: Uint8Array): KeptFinding[] {
  const rows = finding.rows.filter((row) => isIn[row] === 1);
  if (rows.length === 0) return [];
  if (rows.length === finding.rows.length || finding.cost === undefined) return [{ ...finding, rows }];
  const share = rows.length / finding.rows.length;
  return [{ ...finding, rows, cost: { connections: Math.round(finding.cost.connections * share), nanoseconds: finding.cost.nanoseconds * share } }];
}

function countRows(store: ResultStore, rows: Uint32Array | null, verdicts: Verdicts | null): ConnectionCounts {
  const counts = new ConnectionCounts(store);
  const c = new ConnectionCase(store);
  const count = rows?.length ?? store.connections.count;
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!;
    c.load(row);
    counts.add(c);
    if (verdicts !== null) counts.addVerdict(verdicts.get(row).id, row);
  }
  return counts;
}
