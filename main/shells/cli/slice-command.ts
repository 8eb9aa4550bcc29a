import { InvalidArgumentError } from 'commander';
import { AppError } from '../../app-error.ts';
import type { SliceFormat } from '../../report/pcap-slice.ts';
import { plural } from '../../../shared/format/quantity.ts';
import { ruleOf } from '../../../shared/format/rule-names.ts';
import type { ConnectionFilter } from './engine.ts';
import { ExitCode } from './exit-codes.ts';
import { interruptOf } from './interrupt.ts';
import { OutputClosed, openOutput } from './output.ts';
import { ProgressLine } from './progress-line.ts';
import { type CliProcess, complain, runCommand } from './run-command.ts';

export interface SliceFlags {
  readonly out: string;
  readonly format: SliceFormat;
  readonly connections?: readonly IdRange[];
  readonly filter?: ConnectionFilter;
  readonly finding?: string;
  readonly keylog?: string;
  readonly quiet?: true;
}

/** Connection ids, both ends included. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

/** Writes the packets of chosen connections: a command of its own, since packets are no report and are never redacted. */
export async function runSlice(files: string[], flags: SliceFlags, cli: CliProcess): Promise<number> {
  return runCommand(cli, async () => {
    if (files.includes('-')) {
      throw new AppError('capture-not-kept', 'the packets are read twice, which standard input cannot be: save the capture to a file first', ExitCode.arguments);
    }
    if (flags.connections === undefined && flags.filter === undefined && flags.finding === undefined) {
      throw new AppError('nothing-chosen', 'say which connections: --connections 3,17-20, --filter HOST or --finding RULE', ExitCode.arguments);
    }
    const rule = flags.finding === undefined ? undefined : ruleOf(flags.finding);
    if (flags.finding !== undefined && rule === undefined) {
      throw new AppError('unknown-rule', `there is no rule "${flags.finding}". All of them: drainspotter explain`, ExitCode.arguments);
    }
    const output = openOutput(flags.out, files, cli.stdout);
    if (output.isTerminal) throw new AppError('output-is-a-terminal', 'a capture is not for a terminal: name a file with --out', ExitCode.arguments);
    const line = !flags.quiet && cli.stderr.isTTY ? new ProgressLine(cli.stderr) : null;
    try {
      const { signal } = interruptOf(cli, () => output.discard());
      const { sliceCaptures } = await import('./slice-engine.ts');
      const result = await sliceCaptures(files, { ...flags, ...(rule !== undefined && { finding: rule }) }, { signal, write: (bytes) => output.write(bytes), onProgress: (progress) => line?.show(progress) });
      await output.finish();
      line?.clear();
      for (const { message } of result.unreadable) complain(cli, message);
      if (!flags.quiet) complain(cli, `${plural(result.packets, 'packet')} of ${plural(result.connections, 'connection')} written; they are not redacted`);
      if (!flags.quiet && result.hadKeys) complain(cli, 'the TLS keys inside the capture were left out: they would open its other connections too');
      return result.unreadable.length > 0 ? ExitCode.unreadableInput : ExitCode.done;
    } catch (error) {
      if (error instanceof OutputClosed) return ExitCode.done;
      throw error;
    } finally {
      line?.clear();
      output.discard();
    }
  });
}

/** `3,17-20`, for commander. */
export function parseIds(text: string, before: readonly IdRange[] = []): IdRange[] {
  const ranges = text.split(',').map((part) => {
    const [, first, last = first] = /^\s*(\d{1,10})(?:-(\d{1,10}))?\s*$/.exec(part) ?? [];
    const range = { first: Number(first), last: Number(last) };
    if (first === undefined || range.first < 1 || range.last < range.first) throw new InvalidArgumentError('Give numbers of connections, such as 3,17-20.');
    return range;
  });
  return [...before, ...ranges];
}
