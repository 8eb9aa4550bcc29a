import { AppError } from '../app-error.ts';
import type { TextFormat } from '../report/formats.ts';
import type { ReportFormat } from '../../shared/model/app.ts';

/** What a format of the page makes: a text, one table of those a format has, or packets. */
type Writes = { readonly kind: 'text'; readonly format: TextFormat } | { readonly kind: 'table'; readonly format: 'csv' | 'parquet'; readonly table: 'connections' | 'exchanges' } | { readonly kind: 'packets' };

type Format = ReportFormat & { readonly writes: Writes };

const text = (id: TextFormat, label: string, extension: string, note: string, preview: ReportFormat['preview'] = 'text'): Format => ({ id, label, extension, note, preview, writes: { kind: 'text', format: id } });

const FORMATS: readonly Format[] = [
  text('html', 'HTML report', '.html', 'One page to pass on or print, with drawings; needs no network.', 'html'),
  text('markdown', 'Markdown', '.md', 'For an issue or a chat.'),
  text('text', 'Plain text', '.txt', 'As the command line prints it.'),
  { id: 'csv', label: 'CSV, connections', extension: '.csv', note: 'A row for each connection, for a spreadsheet.', preview: 'text', writes: { kind: 'table', format: 'csv', table: 'connections' } },
  { id: 'csv-requests', label: 'CSV, requests', extension: '.csv', note: 'A row for each request.', preview: 'text', writes: { kind: 'table', format: 'csv', table: 'exchanges' } },
  { id: 'parquet', label: 'Parquet, connections', extension: '.parquet', note: 'The same for DuckDB, pandas and the like.', preview: 'none', writes: { kind: 'table', format: 'parquet', table: 'connections' } },
  { id: 'parquet-requests', label: 'Parquet, requests', extension: '.parquet', note: 'A row for each request.', preview: 'none', writes: { kind: 'table', format: 'parquet', table: 'exchanges' } },
  text('json', 'JSON', '.json', 'The whole report by its schema, for programs.'),
  text('ndjson', 'NDJSON', '.ndjson', 'The same parts, a line each.'),
  text('har', 'HAR', '.har', 'Requests and their times, for browser tools.'),
  text('junit', 'JUnit XML', '.xml', 'Findings as tests, for a CI server.'),
  text('sarif', 'SARIF', '.sarif', 'Findings for code scanning.'),
  { id: 'pcapng', label: 'Packets (pcapng)', extension: '.pcapng', note: 'The packets of these connections; nothing is redacted.', preview: 'none', writes: { kind: 'packets' } },
];

/** The formats that the page offers. */
export function reportFormats(): ReportFormat[] {
  return FORMATS.map(({ writes: _, ...format }) => format);
}

/** @throws AppError `unknown-format` */
export function reportFormat(id: string): Format {
  const format = FORMATS.find((one) => one.id === id);
  if (format === undefined) throw new AppError('unknown-format', `there is no report format "${id}"`);
  return format;
}
