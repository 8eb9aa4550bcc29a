import { ByteWriter } from 'hyparquet-writer';
import { ROW_GROUP, WaitingColumn } from './parquet-column.ts';
import { MAGIC, ParquetFooter } from './parquet-footer.ts';
import { PageWriter } from './parquet-pages.ts';
import type { ReportModel } from './report-model.ts';
import type { TableFile, TableFiles } from './table-folder.ts';
import type { Table, TableRow } from './table-rows.ts';
import { eachRow, TABLES } from './table-rows.ts';

export interface ParquetOptions {
  /** Of this program. */
  readonly version: string;
}

/**
 * The tables of the report as Parquet, one file each: every column nullable, whole numbers INT64 or INT32, times INT64 as
 * nanoseconds in UTC, text as UTF-8, Snappy.
 */
export async function writeParquet(model: ReportModel, files: TableFiles, options: ParquetOptions): Promise<void> {
  const pages = new PageWriter();
  const writers = new Map(TABLES.map((table) => [table.name, new TableWriter(table, files.open(`${table.name}.parquet`), pages)]));
  await eachRow(model, (table, row) => writers.get(table)!.add(row));
  for (const writer of writers.values()) await writer.finish(`drainspotter ${options.version}`);
}

/**
 * The pages are made here and not by hyparquet-writer's own writer, which takes a row group as lists of values and keeps
 * the footer as objects: with a million connections 40 MB more, and twice the time.
 */
class TableWriter {
  private readonly file: TableFile;
  private readonly pages: PageWriter;
  private readonly columns: readonly WaitingColumn[];
  private readonly footer: ParquetFooter;
  private readonly out = new ByteWriter(1 << 16);
  private rows = 0;

  constructor(table: Table, file: TableFile, pages: PageWriter) {
    this.file = file;
    this.pages = pages;
    this.columns = table.columns.map(({ kind }) => new WaitingColumn(kind));
    this.footer = new ParquetFooter(table);
    this.out.appendUint32(MAGIC);
  }

  add(row: TableRow): void | Promise<void> {
    for (let i = 0; i < this.columns.length; i++) this.columns[i]!.put(row[i]!);
    if (++this.rows === ROW_GROUP) return this.flush();
  }

  async finish(createdBy: string): Promise<void> {
    if (this.rows > 0) await this.flush();
    this.footer.write(this.out, createdBy);
    await this.give();
    this.file.close();
  }

  private flush(): void | Promise<void> {
    this.footer.addRowGroup(this.columns.map((column) => this.pages.write(column, this.out)));
    this.rows = 0;
    return this.give();
  }

  /** What was written so far goes to the file; the writer keeps counting its offset. */
  private give(): void | Promise<void> {
    const piece = this.out.getBytes();
    this.out.index = 0;
    return this.file.write(piece);
  }
}
