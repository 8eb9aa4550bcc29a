import type { AnalysisState } from '../../shared/model/view.ts';

/** Of an analysis that has read nothing yet. */
export function firstState(analysisId: string, name: string, keyLogName: string | undefined): AnalysisState {
  return {
    analysisId,
    name,
    phase: 'reading',
    bytesRead: 0,
    bytesTotal: null,
    packets: 0,
    connections: 0,
    requests: 0,
    endpoints: 0,
    findings: 0,
    revision: 0,
    interrupted: false,
    ...(keyLogName !== undefined && { keyLog: keyLogName }),
  };
}
