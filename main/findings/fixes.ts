import type { FixReport, RuleName } from '../../shared/model/report.ts';
import { catalogEntry } from './catalog.ts';

/** What to change, in the terms of the software at hand. */
export function fixFor(rule: RuleName, _clientStack: string | null, _serverStack: string | null): FixReport {
  return { summary: catalogEntry(rule).fix, snippet: null, source: null };
}
