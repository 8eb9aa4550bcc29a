import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import type { CliProcess } from '../../../../main/shells/cli/run-command.ts';
import type { AnalyzeOptions, Engine } from '../../../../main/shells/cli/engine.ts';
import { runCli } from '../../../../main/shells/cli/program.ts';
import type { ReportModel } from '../../../../main/report/report-model.ts';

/** A stream that keeps what is written to it. */
export class Recorded extends Writable {
  text = '';
  isTTY = false;
  columns: number | undefined;

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A process of which only what the command line uses is there. */
export class FakeProcess extends EventEmitter {
  readonly stdin = { isTTY: false };
  stdout = new Recorded();
  readonly stderr = new Recorded();
  readonly env: Record<string, string> = {};
  exitedWith: number | null = null;

  exit(code: number): void {
    this.exitedWith = code;
  }
}

export interface FakeRun {
  readonly model?: Partial<ReportModel>;
  /** Called in the middle of the analysis. */
  readonly during?: (options: AnalyzeOptions, paths: string[]) => void | Promise<void>;
  readonly report?: readonly string[];
}

/** Runs a command line over an engine that does as told. */
export async function run(args: readonly string[], { model = {}, during, report = ['report\n'] }: FakeRun = {}, cli = new FakeProcess()) {
  let written: unknown;
  const engine: Engine = {
    async analyze(paths, options) {
      await during?.(options, paths);
      return { unreadable: [], interrupted: options.signal.aborted, ...model } as unknown as ReportModel;
    },
    async write(_model, out, options) {
      written = options;
      for (const piece of report) await out(piece);
    },
    async writeTables(_model, files, options) {
      written = options;
      const file = files.open('connections.csv');
      for (const piece of report) await file.write(piece);
      file.close();
    },
  };
  const code = await runCli(args, cli as unknown as CliProcess, () => Promise.resolve(engine));
  return { code, out: cli.stdout.text, err: cli.stderr.text, written };
}
