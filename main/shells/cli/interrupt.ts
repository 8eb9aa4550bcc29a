import { ExitCode } from './exit-codes.ts';
import type { CliProcess } from './run-command.ts';

export interface Interrupt {
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Obeys Ctrl-C until the process ends: the first ends the work, the second means it and ends the process after `discard`. */
export function interruptOf(cli: CliProcess, discard: () => void): Interrupt {
  const controller = new AbortController();
  cli.on('SIGINT', () => {
    if (controller.signal.aborted) {
      discard();
      cli.exit(ExitCode.interrupted);
    }
    controller.abort();
  });
  return controller;
}
