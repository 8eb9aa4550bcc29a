import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { SchemaElement } from 'hyparquet-writer';
import type { ReportModel } from './report-model.ts';
import type { TableFile, TableFiles } from './table-folder.ts';
import type { CellKind, Table, TableCell, TableRow } from './table-rows.ts';
import { eachRow, TABLES } from './table-rows.ts';

export interface ParquetOptions {
  /** Of this program. */
  readonly version: string;
}

/** Rows that wait to be written as one row group: some tens of megabytes. */
const ROW_GROUP = 5_000;

/**
 * The tables of the report as Parquet, one file each: every column nullable, whole numbers INT64 or INT32, times INT64 as
 * nanoseconds in UTC, text as UTF-8, Snappy.
 */
export async function writeParquet(model: ReportModel, files: TableFiles, options: ParquetOptions): Promise<void> {
  const writers = new Map(TABLES.map((table) => [table.name, new TableWriter(table, files.open(`${table.name}.parquet`), options.version)]));
  await eachRow(model, (table, row) => writers.get(table)!.add(row));
  for (const writer of writers.values()) await writer.finish();
}

class TableWriter {
  private readonly table: Table;
  private readonly file: TableFile;
  private readonly bytes = new ByteWriter(1 << 16);
  private readonly parquet: ParquetWriter;
  private columns: TableCell[][];

  constructor(table: Table, file: TableFile, version: string) {
    this.table = table;
    this.file = file;
    const schema: SchemaElement[] = [{ name: 'schema', num_children: table.columns.length }, ...table.columns.map(({ name, kind }) => schemaOf(name, kind))];
    this.parquet = new ParquetWriter({ writer: this.bytes, schema, createdBy: `drainspotter ${version}` });
    this.columns = table.columns.map(() => []);
  }

  add(row: TableRow): void | Promise<void> {
    const { columns, table } = this;
    for (let i = 0; i < columns.length; i++) columns[i]!.push(stored(row[i]!, table.columns[i]!.kind));
    if (columns[0]!.length >= ROW_GROUP) return this.flush();
  }

  async finish(): Promise<void> {
    if (this.columns[0]!.length > 0) await this.flush();
    await this.parquet.finish();
    await this.giveBytes();
    this.file.close();
  }

  private async flush(): Promise<void> {
    const columnData = this.columns.map((data, i) => ({ name: this.table.columns[i]!.name, data, offsetIndex: false }));
    await this.parquet.write({ columnData, rowGroupSize: ROW_GROUP });
    this.columns = this.table.columns.map(() => []);
    await this.giveBytes();
  }

  /** What was encoded so far goes to the file; the writer keeps counting its offset. */
  private giveBytes(): void | Promise<void> {
    const piece = this.bytes.getBytes();
    this.bytes.index = 0;
    return this.file.write(piece);
  }
}

function schemaOf(name: string, kind: CellKind): SchemaElement {
  const column = { name, repetition_type: 'OPTIONAL' } as const;
  switch (kind) {
    case 'text':
      return { ...column, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
    case 'integer':
      return { ...column, type: 'INT64' };
    case 'small':
      return { ...column, type: 'INT32' };
    case 'double':
      return { ...column, type: 'DOUBLE' };
    case 'boolean':
      return { ...column, type: 'BOOLEAN' };
    case 'time':
      // They are UTC all the same: DuckDB keeps nanoseconds only of times without a time zone.
      return { ...column, type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'NANOS' } };
  }
}

function stored(cell: TableCell, kind: CellKind): TableCell {
  return kind === 'integer' && cell !== null ? BigInt(cell as number) : cell;
}
