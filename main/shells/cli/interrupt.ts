import { ExitCode } from './exit-codes.ts';
import type { CliProcess } from './run-command.ts';

export interface Interrupt {
  /** Fires at the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/**
 * Obeys Ctrl-C, and SIGTERM (`timeout`, a job that is cancelled), until the process ends: the first ends the work, the
 * second means it and ends the process after `discard`.
 */
export function interruptOf(cli: CliProcess, discard: () => void): Interrupt {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) {
      discard();
      cli.exit(ExitCode.interrupted);
    }
    controller.abort();
  };
  cli.on('SIGINT', interrupt);
  cli.on('SIGTERM', interrupt);
  return controller;
}
