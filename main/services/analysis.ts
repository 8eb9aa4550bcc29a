import type { Analyses } from './analyses.ts';
import type { RequestHandlers, StreamHandlers } from './handlers.ts';

type Requests = 'analysis.open' | 'analysis.cancel' | 'analysis.close';

/** The handlers that open and close analyses, and say where they stand. */
export function analysisHandlers(analyses: Analyses): { requests: Pick<RequestHandlers, Requests>; streams: Pick<StreamHandlers, 'analysis.state'> } {
  return {
    requests: {
      'analysis.open': async ({ source, keyLog }) => ({ analysisId: await analyses.open(source, keyLog) }),
      'analysis.cancel': ({ analysisId }) => {
        analyses.host(analysisId).cancel();
        return null;
      },
      'analysis.close': async ({ analysisId }) => {
        await analyses.close(analysisId);
        return null;
      },
    },
    streams: { 'analysis.state': ({ analysisId }, { signal }) => analyses.states(analysisId, signal) },
  };
}
