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

/** Rows that wait to be written as one row group. Lists of more do not fit V8's young generation, and what is made of them ends as garbage of the old one. */
const ROW_GROUP = 4000;

/**
 * The tables of the report as Parquet, one file each: every column nullable, whole numbers INT64 or INT32, times INT64 as
 * nanoseconds in UTC, text as UTF-8, Snappy.
 */
export async function writeParquet(model: ReportModel, files: TableFiles, options: ParquetOptions): Promise<void> {
  const writers = new Map(TABLES.map((table) => [table.name, new TableWriter(table, files.open(`${table.name}.parquet`), options.version)]));
  await eachRow(model, (table, row) => writers.get(table)!.add(row));
  // The footers are made of what was told of all row groups, several times their size: nothing waits any more then.
  for (const writer of writers.values()) await writer.giveRest();
  for (const writer of writers.values()) await writer.finish();
}

class TableWriter {
  private readonly table: Table;
  private readonly file: TableFile;
  private readonly bytes = new ByteWriter(1 << 16);
  private readonly parquet: ParquetWriter;
  private columns: readonly WaitingColumn[];
  private readonly told = new Map<string, object>();
  private rows = 0;

  constructor(table: Table, file: TableFile, version: string) {
    this.table = table;
    this.file = file;
    const schema: SchemaElement[] = [{ name: 'schema', num_children: table.columns.length }, ...table.columns.map(({ name, kind }) => schemaOf(name, kind))];
    this.parquet = new ParquetWriter({ writer: this.bytes, schema, createdBy: `drainspotter ${version}` });
    this.columns = table.columns.map(({ kind }) => waitingColumn(kind));
  }

  add(row: TableRow): void | Promise<void> {
    for (let i = 0; i < this.columns.length; i++) this.columns[i]!.put(this.rows, row[i]!);
    if (++this.rows === ROW_GROUP) return this.flush();
  }

  /** No more rows come. */
  async giveRest(): Promise<void> {
    if (this.rows > 0) await this.flush();
    this.columns = [];
  }

  async finish(): Promise<void> {
    await this.parquet.finish();
    await this.giveBytes();
    this.file.close();
  }

  private async flush(): Promise<void> {
    const { rows } = this;
    // The values of a column are made when it is its turn, and are gone with it.
    const columnData = this.columns.map((column, i) => ({
      name: this.table.columns[i]!.name,
      offsetIndex: false,
      get data() {
        return Array.from({ length: rows }, (_, row) => column.get(row));
      },
    }));
    await this.parquet.write({ columnData, rowGroupSize: ROW_GROUP });
    this.rows = 0;
    this.shareMetadata();
    await this.giveBytes();
  }

  /** What the footer will say of each column of each row group is kept until the end: what all say alike once. */
  private shareMetadata(): void {
    this.parquet.pendingIndexes.length = 0;
    for (const { meta_data: told } of this.parquet.row_groups.at(-1)!.columns) {
      if (told === undefined) continue;
      told.path_in_schema = this.shared(told.path_in_schema);
      told.encodings = this.shared(told.encodings);
      if (told.encoding_stats !== undefined) told.encoding_stats = this.shared(told.encoding_stats);
    }
  }

  private shared<T extends object>(value: T): T {
    const key = JSON.stringify(value);
    const known = this.told.get(key);
    if (known !== undefined) return known as T;
    this.told.set(key, value);
    return value;
  }

  /** What was encoded so far goes to the file; the writer keeps counting its offset. */
  private giveBytes(): void | Promise<void> {
    const piece = this.bytes.getBytes();
    this.bytes.index = 0;
    return this.file.write(piece);
  }
}

/** Cells of a row group, outside the heap: there they live too long for short-lived values, and end as garbage of the old space. */
interface WaitingColumn {
  put(row: number, cell: TableCell): void;
  get(row: number): TableCell;
}

/** Texts as UTF-8. */
class WaitingTexts implements WaitingColumn {
  private bytes = Buffer.allocUnsafe(1 << 14);
  private used = 0;
  private readonly starts = new Uint32Array(ROW_GROUP);
  /** -1 for null. */
  private readonly lengths = new Int32Array(ROW_GROUP);

  put(row: number, cell: TableCell): void {
    // A new row group.
    if (row === 0) this.used = 0;
    if (cell === null) {
      this.lengths[row] = -1;
      return;
    }
    const text = cell as string;
    // No UTF-16 unit takes more than three bytes.
    const needed = this.used + 3 * text.length;
    if (needed > this.bytes.length) {
      const before = this.bytes;
      this.bytes = Buffer.allocUnsafe(Math.max(needed, 2 * before.length));
      before.copy(this.bytes, 0, 0, this.used);
    }
    this.starts[row] = this.used;
    this.used += this.lengths[row] = this.bytes.write(text, this.used);
  }

  get(row: number): TableCell {
    const length = this.lengths[row]!;
    return length < 0 ? null : this.bytes.toString('utf8', this.starts[row], this.starts[row]! + length);
  }
}

/** What stands for null among times: none is so early. */
const NO_TIME = -(2n ** 63n);
/** The same among small numbers, and among booleans. */
const NO_SMALL = -(2 ** 31);
const NEITHER = 2;

function waitingColumn(kind: CellKind): WaitingColumn {
  switch (kind) {
    case 'text':
      return new WaitingTexts();
    case 'time': {
      const times = new BigInt64Array(ROW_GROUP);
      return { put: (row, cell) => (times[row] = cell === null ? NO_TIME : (cell as bigint)), get: (row) => (times[row] === NO_TIME ? null : times[row]!) };
    }
    case 'boolean': {
      const bits = new Uint8Array(ROW_GROUP);
      return { put: (row, cell) => (bits[row] = cell === null ? NEITHER : Number(cell)), get: (row) => (bits[row] === NEITHER ? null : bits[row] === 1) };
    }
    case 'small': {
      const numbers = new Int32Array(ROW_GROUP);
      return { put: (row, cell) => (numbers[row] = cell === null ? NO_SMALL : (cell as number)), get: (row) => (numbers[row] === NO_SMALL ? null : numbers[row]!) };
    }
    case 'integer':
    case 'double': {
      // NaN stands for null.
      const numbers = new Float64Array(ROW_GROUP);
      const stored = kind === 'integer' ? BigInt : (number: number) => number;
      return { put: (row, cell) => (numbers[row] = cell === null ? Number.NaN : (cell as number)), get: (row) => (Number.isNaN(numbers[row]) ? null : stored(numbers[row]!)) };
    }
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
