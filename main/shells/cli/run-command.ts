import { safeText } from '../../../shared/format/safe-text.ts';
import { AppError } from '../../app-error.ts';
import { ExitCode } from './exit-codes.ts';

/** What the command line uses of the process it runs in. */
export type CliProcess = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env' | 'on' | 'exit'>;

/** Runs a command; what it throws is said on standard error. Resolves with the exit code. */
export async function runCommand(cli: CliProcess, command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (error instanceof AppError) {
      complain(cli, error.message);
      return error.exitCode;
    }
    complain(cli, 'this is a fault of the program, not of your capture; please report it with these lines:');
    cli.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return ExitCode.unreadableInput;
  }
}

/** One line on standard error; file names come from elsewhere and may hold anything. */
export function complain(cli: CliProcess, message: string): void {
  cli.stderr.write(`drainspotter: ${safeText(message)}\n`);
}
