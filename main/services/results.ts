import type { ResultRequest } from '../analysis/session-contract.ts';
import type { Analyses } from './analyses.ts';
import type { Call, RequestHandlers } from './handlers.ts';

const NAMES: readonly ResultRequest[] = [
  'results.overview',
  'results.series',
  'results.rows',
  'results.locate',
  'results.facets',
  'results.check',
  'results.goto',
  'results.connection',
  'results.heads',
  'results.packets',
  'results.endpoints',
  'results.endpoint',
  'results.lanes',
  'results.pool',
  'results.findings',
];

/** The handlers that ask an analysis: its thread answers (main/analysis/analysis-session.ts). */
export function resultsHandlers(analyses: Analyses): Pick<RequestHandlers, ResultRequest> {
  const ask = (name: ResultRequest) => ({ analysisId, ...params }: { analysisId: string }, { signal }: Call) => analyses.host(analysisId).ask(name, params as never, signal);
  return Object.fromEntries(NAMES.map((name) => [name, ask(name)])) as unknown as Pick<RequestHandlers, ResultRequest>;
}
