import { loadEngine } from './engine.ts';
import { runCli } from './program.ts';
import type { CliProcess } from './run-command.ts';

/** The command line as the build has it: with its engine. Resolves with the exit code. */
export function runCommandLine(args: readonly string[], cli: CliProcess): Promise<number> {
  // Who reads may have what it wanted (`| head`). What writes a report hears of it by itself (output.ts).
  cli.stdout.on('error', () => undefined);
  return runCli(args, cli, loadEngine);
}
