import type { ReportOutput } from '../../report/piece-writer.ts';
import type { ReportModel } from '../../report/report-model.ts';

export const FORMATS = ['text', 'html', 'markdown', 'json', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

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
  readonly redact: boolean;
  readonly onProgress: (progress: Progress) => void;
}

export interface WriteOptions {
  readonly format: Format;
  /** Of this program. */
  readonly version: string;
  readonly color: boolean;
  /** Columns of the text format. */
  readonly width: number;
}

/** What the command line asks of the engine. */
export interface Engine {
  /** Rejects with an AppError where no input could be read. */
  analyze(paths: string[], options: AnalyzeOptions): Promise<ReportModel>;
  write(model: ReportModel, out: ReportOutput, options: WriteOptions): Promise<void>;
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
  }
}
