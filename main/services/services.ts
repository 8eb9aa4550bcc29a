import type { SessionThread } from '../analysis/analysis-host.ts';
import { workerThreads } from '../analysis/analysis-host.ts';
import { forkHelper, type StartHelper } from '../capture/live-source.ts';
import { captureHelperEntry } from '../platform/capture-helper-entry.ts';
import type { Platform } from '../platform/platform.ts';
import { Analyses } from './analyses.ts';
import { analysisHandlers } from './analysis.ts';
import { appHandlers, loadAppState } from './app-service.ts';
import { captureHandlers, Captures, capturesFolder } from './capture-service.ts';
import { compareHandlers } from './compare.ts';
import type { Handlers } from './handlers.ts';
import { reportHandlers } from './reports.ts';
import { resultsHandlers } from './results.ts';
import type { SettingsStore } from './settings.ts';

/** All that a page can ask for, as the shells hand it to the RPC server. */
export interface Services {
  readonly handlers: Handlers;
  /** Files opened in earlier runs, the latest first, with their key logs. */
  readonly recentPaths: readonly string[];
  /** Where live captures are kept: to be permitted as a folder. */
  readonly capturesFolder: string;
  readonly settings: SettingsStore;
  /** Ends the analyses and keeps what is to be remembered. */
  close(): Promise<void>;
}

/**
 * @param log what went wrong inside, which no page is told
 * @param startThread what analyses run in
 * @param startHelper how live captures are started
 */
export async function createServices(
  platform: Platform,
  log: (message: string, error: unknown) => void,
  startThread: () => SessionThread = workerThreads(),
  startHelper: StartHelper = forkHelper(captureHelperEntry()),
): Promise<Services> {
  const state = await loadAppState(platform);
  const app = appHandlers(state);
  const analyses = new Analyses(state, { startThread, log });
  const analysis = analysisHandlers(analyses);
  const captures = new Captures(state, analyses, startHelper);
  const capture = captureHandlers(captures, state, startHelper);
  const comparison = compareHandlers(analyses, state);
  return {
    handlers: {
      requests: { ...app.requests, ...analysis.requests, ...resultsHandlers(analyses), ...reportHandlers(analyses, platform), ...capture.requests, ...comparison.requests },
      streams: { ...app.streams, ...analysis.streams, ...capture.streams, ...comparison.streams },
    },
    recentPaths: state.recent.paths,
    capturesFolder: capturesFolder(state),
    settings: state.settings,
    async close() {
      captures.stopAll();
      await analyses.closeAll();
      await state.recent.saved();
    },
  };
}
