import { AppError } from '../../app-error.ts';
import { version } from '../../../package.json' with { type: 'json' };
import type { FailCondition } from '../../report/fail-on.ts';
import type { Format } from '../../report/formats.ts';
import { isFolderFormat } from '../../report/formats.ts';
import type { ReportModel } from '../../report/report-model.ts';
import { TableFolder } from '../../report/table-folder.ts';
import type { ConnectionFilter, Engine, Progress } from './engine.ts';
import { ExitCode } from './exit-codes.ts';
import { interruptOf } from './interrupt.ts';
import type { Interrupt } from './interrupt.ts';
import type { Output } from './output.ts';
import { OutputClosed, openOutput } from './output.ts';
import { ProgressLine } from './progress-line.ts';
import { type CliProcess, complain, runCommand } from './run-command.ts';
import { WritingPace } from './writing-pace.ts';

export interface AnalyzeFlags {
  readonly format: Format;
  readonly out?: string;
  readonly filter?: ConnectionFilter;
  readonly headers?: true;
  readonly keylog?: string;
  readonly redact: boolean;
  readonly pseudonyms?: true;
  readonly quiet?: true;
  readonly failOn?: readonly FailCondition[];
  readonly ports?: number;
}

/** Where the report goes: a text, or a folder. */
type Target = { readonly output: Output } | { readonly folder: TableFolder };

/** Analyses captures and writes the report; resolves with the exit code. */
export async function runAnalyze(files: string[], flags: AnalyzeFlags, cli: CliProcess, loadEngine: () => Promise<Engine>): Promise<number> {
  return runCommand(cli, async () => {
    refuseTerminalInput(files, cli);
    refuseShownNames(flags);
    // Before the analysis, which can take minutes: a report that cannot be written is better known at once.
    const target = openTarget(files, flags, cli);
    const discard = () => ('folder' in target ? target.folder : target.output).discard();
    try {
      const engine = await loadEngine();
      const interrupt = interruptOf(cli, discard);
      const model = await analyze(files, flags, interrupt, cli, engine);
      await write(model, flags, target, interrupt, cli, engine);
      // The text says it itself; who reads that on a terminal needs it once.
      if (!(flags.format === 'text' && 'output' in target && target.output.isTerminal)) {
        for (const { message } of model.unreadable) complain(cli, message);
        if (model.interrupted) complain(cli, 'interrupted; the report covers what was read until then');
      }
      const failed = complainOfConditions(model, flags.failOn ?? [], cli);
      if (model.interrupted) return ExitCode.interrupted;
      if (failed) return ExitCode.conditionHolds;
      return model.unreadable.length > 0 ? ExitCode.unreadableInput : ExitCode.done;
    } finally {
      discard();
    }
  });
}

function openTarget(files: readonly string[], { format, out }: AnalyzeFlags, cli: CliProcess): Target {
  if (!isFolderFormat(format)) return { output: openOutput(out, files, cli.stdout) };
  if (out === undefined || out === '-') {
    throw new AppError('output-needed', `${format} is a folder of tables: name it with --out, such as --out report-${format}`, ExitCode.arguments);
  }
  return { folder: new TableFolder(out) };
}

async function analyze(files: string[], flags: AnalyzeFlags, interrupt: Interrupt, cli: CliProcess, engine: Engine): Promise<ReportModel> {
  const line = progressLine(flags, cli);
  try {
    return await engine.analyze(files, {
      signal: interrupt.signal,
      headers: flags.headers ?? false,
      redact: flags.redact,
      ...(flags.pseudonyms && { pseudonyms: true }),
      ...(flags.keylog !== undefined && { keyLogPath: flags.keylog }),
      ...(flags.filter && { filter: flags.filter }),
      ...(flags.ports !== undefined && { portBudget: flags.ports }),
      onProgress: (progress: Progress) => line?.show(progress),
    });
  } finally {
    line?.clear();
  }
}

async function write(model: ReportModel, flags: AnalyzeFlags, target: Target, interrupt: Interrupt, cli: CliProcess, engine: Engine): Promise<void> {
  const line = progressLine(flags, cli);
  // A report of an analysis that was interrupted is written whole: the next Ctrl-C ends the process.
  const pace = new WritingPace(model.interrupted ? null : interrupt.signal, (bytes) => line?.showWriting(bytes));
  const { format } = flags;
  try {
    if ('folder' in target) {
      if (!isFolderFormat(format)) return;
      await engine.writeTables(model, pace.files(target.folder), { format, version });
      target.folder.finish();
      return;
    }
    if (isFolderFormat(format)) return;
    const { output } = target;
    const color = output.isTerminal && !cli.env['NO_COLOR'] && cli.env['TERM'] !== 'dumb';
    await engine.write(model, pace.text((text) => output.write(text)), { format, version, color, width: output.columns });
    await output.finish();
  } catch (error) {
    // The reader (`| head`) has what it wanted.
    if (!(error instanceof OutputClosed)) throw error;
  } finally {
    line?.clear();
  }
}

function progressLine(flags: AnalyzeFlags, cli: CliProcess): ProgressLine | null {
  return !flags.quiet && cli.stderr.isTTY ? new ProgressLine(cli.stderr) : null;
}

function refuseTerminalInput(files: readonly string[], cli: CliProcess): void {
  if (files.includes('-') && cli.stdin.isTTY) {
    const example = 'tcpdump -i any -U -w - tcp | drainspotter analyze -';
    throw new AppError('standard-input-is-a-terminal', `standard input is a terminal; pipe a capture into it: ${example}`, ExitCode.arguments);
  }
}

/** Names stand in header fields and secrets too: with them pseudonyms would promise too much. */
function refuseShownNames({ pseudonyms, redact, headers }: AnalyzeFlags): void {
  if (pseudonyms && (!redact || headers)) {
    throw new AppError('pseudonyms-with-secrets', `--pseudonyms cannot go with ${redact ? '--headers' : '--no-redact'}: leave one of them out`, ExitCode.arguments);
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
