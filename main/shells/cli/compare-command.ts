import { AppError } from '../../app-error.ts';
import type { AnalyzeOptions, Engine, Progress } from './engine.ts';
import { ExitCode } from './exit-codes.ts';
import { interruptOf } from './interrupt.ts';
import { OutputClosed, openOutput } from './output.ts';
import { ProgressLine } from './progress-line.ts';
import { type CliProcess, complain, runCommand } from './run-command.ts';

export const COMPARISON_FORMATS = ['text', 'markdown', 'json'] as const;

export interface CompareFlags {
  readonly format: (typeof COMPARISON_FORMATS)[number];
  readonly out?: string;
  readonly failOn?: 'worse';
  readonly filter?: AnalyzeOptions['filter'];
  readonly ports?: number;
  readonly keylog?: string;
  readonly pseudonyms?: true;
  readonly quiet?: true;
}

/** Compares two captures, folders of captures or saved reports; resolves with the exit code. */
export async function runCompare(before: string, after: string, flags: CompareFlags, cli: CliProcess, loadEngine: () => Promise<Engine>): Promise<number> {
  return runCommand(cli, async () => {
    const output = openOutput(flags.out, [before, after], cli.stdout);
    try {
      const { signal } = interruptOf(cli, () => output.discard());
      const read = (path: string) => readSide(path, flags, signal, cli, loadEngine);
      const [one, other] = [await read(before), await read(after)];
      const { compare, isWorse, withPseudonyms } = await import('../../compare/compare.ts');
      const comparison = flags.pseudonyms ? withPseudonyms(compare(one, other)) : compare(one, other);
      const { comparisonText, comparisonMarkdown } = await import('../../compare/comparison-text.ts');
      const color = output.isTerminal && !cli.env['NO_COLOR'] && cli.env['TERM'] !== 'dumb';
      const { jsonText } = await import('../../report/json.ts');
      const texts = {
        text: () => comparisonText(comparison, { width: output.columns, color }),
        markdown: () => comparisonMarkdown(comparison),
        json: () => `${jsonText(comparison)}\n`,
      };
      await output.write(texts[flags.format]());
      await output.finish();
      if (flags.failOn !== 'worse' || !isWorse(comparison)) return ExitCode.done;
      const isEmpty = comparison.before.connections === 0 || comparison.after.connections === 0;
      complain(cli, `--fail-on worse: ${isEmpty ? comparison.cautions[0] : comparison.headline}`);
      return ExitCode.conditionHolds;
    } catch (error) {
      if (error instanceof OutputClosed) return ExitCode.done;
      throw error;
    } finally {
      output.discard();
    }
  });
}

async function readSide(path: string, flags: CompareFlags, signal: AbortSignal, cli: CliProcess, loadEngine: () => Promise<Engine>) {
  const { isSavedReport, readSavedReport } = await import('../../compare/saved-report.ts');
  if (path !== '-' && (await isSavedReport(path))) {
    if (flags.filter !== undefined || flags.ports !== undefined) {
      throw new AppError('saved-report-as-it-is', `${path} is a saved report, which is compared as it is: give its captures for --filter or --ports`, ExitCode.arguments);
    }
    return readSavedReport(path);
  }
  const { comparedReport } = await import('../../compare/compared-report.ts');
  const { summaryOf } = await import('../../report/report-model.ts');
  const engine = await loadEngine();
  const line = !flags.quiet && cli.stderr.isTTY ? new ProgressLine(cli.stderr) : null;
  try {
    const model = await engine.analyze([path], {
      signal,
      headers: false,
      redact: true,
      ...(flags.filter && { filter: flags.filter }),
      ...(flags.ports !== undefined && { portBudget: flags.ports }),
      ...(flags.keylog !== undefined && { keyLogPath: flags.keylog }),
      onProgress: (progress: Progress) => line?.show(progress),
    });
    if (model.interrupted) throw new AppError('interrupted', 'interrupted before there was anything to compare', ExitCode.interrupted);
    for (const { message } of model.unreadable) complain(cli, message);
    return comparedReport(model.captures.length === 1 ? model.captures[0]!.path : path, model, summaryOf(model));
  } finally {
    line?.clear();
  }
}
