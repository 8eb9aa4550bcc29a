import type { ReportOutput } from './piece-writer.ts';
import type { ReportModel } from './report-model.ts';
import type { TableFiles } from './table-folder.ts';

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

/** Writes a report of one text. Each format is loaded when it is asked for. */
export async function writeReport(model: ReportModel, out: ReportOutput, options: WriteOptions): Promise<void> {
  switch (options.format) {
    case 'text':
      return (await import('./text.ts')).writeText(model, out, options);
    case 'html':
      return (await import('./html.ts')).writeHtml(model, out, options);
    case 'markdown':
      return (await import('./markdown.ts')).writeMarkdown(model, out, options);
    case 'json':
      return (await import('./json.ts')).writeJson(model, out, options);
    case 'ndjson':
      return (await import('./ndjson.ts')).writeNdjson(model, out, options);
    case 'har':
      return (await import('./har.ts')).writeHar(model, out, options);
    case 'junit':
      return (await import('./junit.ts')).writeJunit(model, out);
    case 'sarif':
      return (await import('./sarif.ts')).writeSarif(model, out, options);
  }
}

/** Writes a report of several tables. */
export async function writeTables(model: ReportModel, files: TableFiles, options: TablesOptions): Promise<void> {
  switch (options.format) {
    case 'csv':
      return (await import('./csv.ts')).writeCsv(model, files);
    case 'parquet':
      return (await import('./parquet.ts')).writeParquet(model, files, options);
  }
}
