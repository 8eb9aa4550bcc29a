import type { TablesOptions, WriteOptions } from '../../report/formats.ts';
import type { ReportOutput } from '../../report/piece-writer.ts';
import type { ReportModel } from '../../report/report-model.ts';
import type { TableFiles } from '../../report/table-folder.ts';

/** Connections to report: those of a host (address or Host name), of a server port, or of both together. */
export interface ConnectionFilter {
  readonly host?: string;
  readonly port?: number;
}

export interface Progress {
  readonly bytesRead: number;
  /** Null where it cannot be known: standard input, compressed files. */
  readonly bytesTotal: number | null;
  readonly packets: number;
}

export interface AnalyzeOptions {
  /** Aborted: the analysis ends early, and its model says `interrupted`. */
  readonly signal: AbortSignal;
  readonly filter?: ConnectionFilter;
  /** Ephemeral ports a client has for one server. */
  readonly portBudget?: number;
  readonly headers: boolean;
  /** SSLKEYLOGFILE to read TLS with. */
  readonly keyLogPath?: string;
  readonly redact: boolean;
  /** Replace addresses and hosts by pseudonyms. */
  readonly pseudonyms?: true;
  readonly onProgress: (progress: Progress) => void;
}

/** What the command line asks of the engine. */
export interface Engine {
  /** Rejects with an AppError where no input could be read. */
  analyze(paths: string[], options: AnalyzeOptions): Promise<ReportModel>;
  write(model: ReportModel, out: ReportOutput, options: WriteOptions): Promise<void>;
  writeTables(model: ReportModel, files: TableFiles, options: TablesOptions): Promise<void>;
}

/** Loaded when a command needs it: `--help` and `--version` start without it. */
export async function loadEngine(): Promise<Engine> {
  const { engine } = await import('./analysis-engine.ts');
  return engine;
}
