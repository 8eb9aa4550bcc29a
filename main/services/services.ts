import type { Platform } from '../platform/platform.ts';
import { appHandlers, loadAppState } from './app-service.ts';
import type { Handlers } from './handlers.ts';

/** All that a page can ask for, as the shells hand it to the RPC server. */
export interface Services {
  readonly handlers: Handlers;
  /** Files opened in earlier runs, the latest first. */
  readonly recentPaths: readonly string[];
  /** Ends the analyses and keeps what is to be remembered. */
  close(): Promise<void>;
}

/** @param log what went wrong inside, which no page is told */
export async function createServices(platform: Platform, _log: (message: string, error: unknown) => void): Promise<Services> {
  const state = await loadAppState(platform);
  const app = appHandlers(state);
  return {
    // The analysis service brings the others.
    handlers: app as unknown as Handlers,
    recentPaths: state.recent.paths,
    close: () => state.recent.saved(),
  };
}
