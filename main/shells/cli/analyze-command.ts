import { AppError } from '../../app-error.ts';
import { safeText } from '../../../shared/format/safe-text.ts';
import { version } from '../../../package.json' with { type: 'json' };
import type { FailCondition } from '../../report/fail-on.ts';
import type { ReportModel } from '../../report/report-model.ts';
import type { ConnectionFilter, Engine, Format, Progress } from './engine.ts';
import { ExitCode } from './exit-codes.ts';
import type { Output } from './output.ts';
import { OutputClosed, openOutput } from './output.ts';
import { ProgressLine } from './progress-line.ts';

/** What the command line uses of the process it runs in. */
export type CliProcess = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env' | 'on' | 'exit'>;

export interface AnalyzeFlags {
  readonly format: Format;
  readonly out?: string;
  readonly filter?: ConnectionFilter;
  readonly headers?: true;
  readonly redact: boolean;
  readonly quiet?: true;
  readonly failOn?: readonly FailCondition[];
  readonly ports?: number;
}

/** Analyses captures and writes the report; resolves with the exit code. */
export async function runAnalyze(files: string[], flags: AnalyzeFlags, cli: CliProcess, loadEngine: () => Promise<Engine>): Promise<number> {
  let output: Output | null = null;
  try {
    refuseTerminalInput(files, cli);
    // Before the analysis, which can take minutes: a report that cannot be written is better known at once.
    output = openOutput(flags.out, files, cli.stdout);
    const engine = await loadEngine();
    const model = await analyze(files, flags, output, cli, engine);
    await write(model, flags.format, output, cli, engine);
    // The text says it itself; who reads that on a terminal needs it once.
    if (!(flags.format === 'text' && output.isTerminal)) {
      for (const { message } of model.unreadable) complain(cli, message);
      if (model.interrupted) complain(cli, 'interrupted; the report covers what was read until then');
    }
    const failed = complainOfConditions(model, flags.failOn ?? [], cli);
    if (model.interrupted) return ExitCode.interrupted;
    if (failed) return ExitCode.conditionHolds;
    return model.unreadable.length > 0 ? ExitCode.unreadableInput : ExitCode.done;
  } catch (error) {
    if (error instanceof AppError) {
      complain(cli, error.message);
      return error.exitCode;
    }
    complain(cli, 'this is a fault of the program, not of your capture; please report it with these lines:');
    cli.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return ExitCode.unreadableInput;
  } finally {
    output?.discard();
  }
}

async function analyze(files: string[], flags: AnalyzeFlags, output: Output, cli: CliProcess, engine: Engine): Promise<ReportModel> {
  const line = !flags.quiet && cli.stderr.isTTY ? new ProgressLine(cli.stderr) : null;
  const interrupt = new AbortController();
  // Stays while the report is written; the process ends after it.
  cli.on('SIGINT', () => {
    // The second Ctrl-C means it: do not wait for the report.
    if (interrupt.signal.aborted) {
      output.discard();
      cli.exit(ExitCode.interrupted);
    }
    interrupt.abort();
  });
  const onProgress = (progress: Progress) => line?.show(progress);
  try {
    return await engine.analyze(files, {
      signal: interrupt.signal,
      headers: flags.headers ?? false,
      redact: flags.redact,
      ...(flags.filter && { filter: flags.filter }),
      ...(flags.ports !== undefined && { portBudget: flags.ports }),
      onProgress,
    });
  } finally {
    line?.clear();
  }
}

async function write(model: ReportModel, format: Format, output: Output, cli: CliProcess, engine: Engine): Promise<void> {
  const color = output.isTerminal && !cli.env['NO_COLOR'] && cli.env['TERM'] !== 'dumb';
  try {
    await engine.write(model, (text) => output.write(text), { format, version, color, width: output.columns });
    await output.finish();
  } catch (error) {
    // The reader (`| head`) has what it wanted.
    if (!(error instanceof OutputClosed)) throw error;
  }
}

function refuseTerminalInput(files: readonly string[], cli: CliProcess): void {
  if (files.includes('-') && cli.stdin.isTTY) {
    const example = 'tcpdump -i any -U -w - tcp | drainspotter analyze -';
    throw new AppError('standard-input-is-a-terminal', `standard input is a terminal; pipe a capture into it: ${example}`, ExitCode.arguments);
  }
}

/** Says which conditions hold; whether any does. */
function complainOfConditions(model: ReportModel, conditions: readonly FailCondition[], cli: CliProcess): boolean {
  let failed = false;
  for (const condition of conditions) {
    const held = condition.holds(model);
    if (held === null) continue;
    failed = true;
    complain(cli, `--fail-on ${condition.text}: ${held}`);
  }
  return failed;
}

/** One line on standard error; file names come from elsewhere and may hold anything. */
function complain(cli: CliProcess, message: string): void {
  cli.stderr.write(`drainspotter: ${safeText(message)}\n`);
}
