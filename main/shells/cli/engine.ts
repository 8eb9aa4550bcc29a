import type { ReportOutput } from '../../report/piece-writer.ts';
import type { ReportModel } from '../../report/report-model.ts';
import type { TableFiles } from '../../report/table-folder.ts';

/** Written as one text, and as a folder of tables. */
export const TEXT_FORMATS = ['text', 'html', 'markdown', 'json', 'ndjson', 'har', 'junit', 'sarif'] as const;
export const FOLDER_FORMATS = ['csv', 'parquet'] as const;
export const FORMATS = [...TEXT_FORMATS, ...FOLDER_FORMATS] as const;
export type TextFormat = (typeof TEXT_FORMATS)[number];
export type FolderFormat = (typeof FOLDER_FORMATS)[number];
export type Format = TextFormat | FolderFormat;

export function isFolderFormat(format: Format): format is FolderFormat {
  return (FOLDER_FORMATS as readonly Format[]).includes(format);
}

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

export interface WriteOptions {
  readonly format: TextFormat;
  /** Of this program. */
  readonly version: string;
  readonly color: boolean;
  /** Columns of the text format. */
  readonly width: number;
}

export interface TablesOptions {
  readonly format: FolderFormat;
  /** Of this program. */
  readonly version: string;
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

export async function writeReport(model: ReportModel, out: ReportOutput, options: WriteOptions): Promise<void> {
  switch (options.format) {
    case 'text':
      return (await import('../../report/text.ts')).writeText(model, out, options);
    case 'html':
      return (await import('../../report/html.ts')).writeHtml(model, out, options);
    case 'markdown':
      return (await import('../../report/markdown.ts')).writeMarkdown(model, out, options);
    case 'json':
      return (await import('../../report/json.ts')).writeJson(model, out, options);
    case 'ndjson':
      return (await import('../../report/ndjson.ts')).writeNdjson(model, out, options);
    case 'har':
      return (await import('../../report/har.ts')).writeHar(model, out, options);
    case 'junit':
      return (await import('../../report/junit.ts')).writeJunit(model, out);
    case 'sarif':
      return (await import('../../report/sarif.ts')).writeSarif(model, out, options);
  }
}

export async function writeTables(model: ReportModel, files: TableFiles, options: TablesOptions): Promise<void> {
  switch (options.format) {
    case 'csv':
      return (await import('../../report/csv.ts')).writeCsv(model, files);
    case 'parquet':
      return (await import('../../report/parquet.ts')).writeParquet(model, files, options);
  }
}
