import { availableParallelism, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { formatCount, plural } from '../../../shared/format/quantity.ts';
import { AppError } from '../../app-error.ts';
import { ExitCode } from './exit-codes.ts';
import { interruptOf } from './interrupt.ts';
import { ProgressLine } from './progress-line.ts';
import { type CliProcess, complain, runCommand } from './run-command.ts';

export interface AnalyzeManyFlags {
  readonly out: string;
  readonly by: 'file' | 'folder';
  readonly jobs?: number;
  readonly shard?: { readonly index: number; readonly count: number };
  readonly redact: boolean;
  readonly pseudonyms?: true;
  readonly ports?: number;
  readonly keylog?: string;
  readonly quiet?: true;
}

/** The hidden command that a worker process runs. */
export const WORKER_COMMAND = 'dataset-worker';

/** Memory a worker is given; a capture of a million connections needs about a quarter. */
const WORKER_BYTES = 1 << 30;
const MAX_FAILURES_TOLD = 20;

/** Analyses captures by the thousand into a Parquet data set; resolves with the exit code. */
export async function runAnalyzeMany(paths: string[], flags: AnalyzeManyFlags, cli: CliProcess): Promise<number> {
  return runCommand(cli, async () => {
    if (paths.includes('-')) throw new AppError('standard-input-is-one', 'standard input is one capture: use drainspotter analyze - --format parquet', ExitCode.arguments);
    if (flags.pseudonyms && !flags.redact) throw new AppError('pseudonyms-with-secrets', '--pseudonyms cannot go with --no-redact: leave one of them out', ExitCode.arguments);
    if (flags.keylog !== undefined) {
      // Before thousands of parts fail for it.
      const { readKeyLogFile } = await import('../../analysis/key-log-file.ts');
      await readKeyLogFile(flags.keylog);
    }
    const { findParts } = await import('../../dataset/parts.ts');
    const { runDataset } = await import('../../dataset/dataset-run.ts');
    const { processWorker } = await import('../../dataset/process-worker.ts');
    const { parts, failures } = await findParts(paths, { by: flags.by, pseudonyms: flags.pseudonyms ?? false, outside: flags.out, ...(flags.shard && { shard: flags.shard }) });
    for (const { error } of failures) complain(cli, error.message);
    if (parts.length === 0 && failures.length > 0) return ExitCode.unreadableInput;
    const { signal } = interruptOf(cli, () => undefined);
    const line = !flags.quiet && cli.stderr.isTTY ? new ProgressLine(cli.stderr) : null;
    const result = await runDataset(flags.out, parts, () => processWorker(process.argv[1]!, [WORKER_COMMAND], WORKER_BYTES >> 20), {
      jobs: flags.jobs ?? defaultJobs(),
      redact: flags.redact,
      pseudonyms: flags.pseudonyms ?? false,
      portBudget: flags.ports ?? null,
      keyLogPath: flags.keylog === undefined ? null : resolve(flags.keylog),
      signal,
      onProgress: ({ done, skipped, failed, before, total }) => line?.showParts(done + skipped + failed + before, total, failed),
    }).finally(() => line?.clear());
    for (const { paths: [path], error } of result.failures.slice(0, MAX_FAILURES_TOLD)) complain(cli, withPath(path!, error?.message.split('\n')[0] ?? ''));
    if (result.failures.length > MAX_FAILURES_TOLD) complain(cli, `and ${formatCount(result.failures.length - MAX_FAILURES_TOLD)} more; manifest.json names them all`);
    const { counts } = result.manifest;
    if (!flags.quiet) {
      const others = [result.skipped > 0 ? `, ${plural(result.skipped, 'other file')} passed over` : '', result.before > 0 ? `, ${formatCount(result.before)} done before` : ''].join('');
      complain(cli, `${plural(result.done, 'capture')} analysed, ${formatCount(result.failed)} failed${others}; the data set holds ${plural(counts.connections, 'connection')} and ${plural(counts.requests, 'request')}`);
    }
    if (signal.aborted) {
      complain(cli, 'interrupted; run the same command again to go on');
      return ExitCode.interrupted;
    }
    return result.failed > 0 || failures.length > 0 ? ExitCode.unreadableInput : ExitCode.done;
  });
}

/** What went wrong with a capture; most messages name it already. */
function withPath(path: string, message: string): string {
  return message.includes(path) ? message : `${path}: ${message}`;
}

/** Runs as a worker of another process. */
export async function runDatasetWorker(): Promise<void> {
  const { serveParts } = await import('../../dataset/process-worker.ts');
  await serveParts();
}

function defaultJobs(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / WORKER_BYTES)));
}
