import { ByteWriter } from 'hyparquet-writer';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import type { ColumnChunk } from './parquet-pages.ts';
import type { CellKind, Table } from './table-rows.ts';

/** Numbers of parquet.thrift. */
const Type = { boolean: 0, int32: 1, int64: 2, double: 5, byteArray: 6 } as const;
const TYPES: Record<CellKind, number> = { text: Type.byteArray, integer: Type.int64, small: Type.int32, double: Type.double, boolean: Type.boolean, time: Type.int64 };
const OPTIONAL = 1;
const UTF8 = 0;
const SNAPPY = 1;
/** Types of Thrift's compact protocol. */
const LIST = 9;
const STRUCT = 12;
/** "PAR1" */
export const MAGIC = 0x3152_4150;

/** The end of a Parquet file, FileMetaData of parquet.thrift. Row groups are kept as the bytes they will be there. */
export class ParquetFooter {
  private readonly table: Table;
  private readonly groups = new ByteWriter(1 << 12);
  private groupCount = 0;
  private rows = 0;

  constructor(table: Table) {
    this.table = table;
  }

  /** @param chunks of all columns, in their order */
  addRowGroup(chunks: readonly ColumnChunk[]): void {
    const rows = chunks[0]?.rows ?? 0;
    this.groupCount++;
    this.rows += rows;
    serializeTCompactProtocol(this.groups, {
      field_1: chunks.map((chunk, i) => ({ field_2: 0n, field_3: this.columnMetaData(chunk, i) })),
      field_2: BigInt(chunks.reduce((sum, { uncompressed }) => sum + uncompressed, 0)),
      field_3: BigInt(rows),
      field_6: BigInt(chunks.reduce((sum, { compressed }) => sum + compressed, 0)),
    });
  }

  /** Writes it, with its length and the magic number behind it. */
  write(out: ByteWriter, createdBy: string): void {
    const { columns } = this.table;
    const start = out.offset;
    const schema = [{ field_4: 'schema', field_5: columns.length }, ...columns.map(({ name, kind }) => schemaElement(name, kind))];
    serializeTCompactProtocol(out, { field_1: 2, field_2: schema, field_3: BigInt(this.rows) });
    goOn(out);
    out.appendUint8(field(1, LIST));
    out.appendUint8(0xf0 | STRUCT);
    out.appendVarInt(this.groupCount);
    out.appendBytes(this.groups.getBytes());
    // Two fields on from the row groups; both orders are those that the types define.
    const rest = new ByteWriter();
    serializeTCompactProtocol(rest, { field_2: createdBy, field_3: columns.map(() => ({ field_1: {} })) });
    out.appendBytes(rest.getBytes());
    out.appendUint32(out.offset - start);
    out.appendUint32(MAGIC);
  }

  private columnMetaData({ encodings, rows, nulls, uncompressed, compressed, dataOffset, dictionaryOffset, bounds }: ColumnChunk, column: number) {
    const { name, kind } = this.table.columns[column]!;
    return {
      field_1: TYPES[kind],
      field_2: encodings,
      field_3: [name],
      field_4: SNAPPY,
      field_5: BigInt(rows),
      field_6: BigInt(uncompressed),
      field_7: BigInt(compressed),
      field_9: BigInt(dataOffset),
      field_11: dictionaryOffset === null ? undefined : BigInt(dictionaryOffset),
      field_12: { field_3: BigInt(nulls), field_5: bounds?.highest, field_6: bounds?.lowest },
    };
  }
}

/** Takes back the end of the struct that was written last. */
function goOn(out: ByteWriter): void {
  out.index--;
  out.offset--;
}

function field(delta: number, type: number): number {
  return (delta << 4) | type;
}

function schemaElement(name: string, kind: CellKind): object {
  const element = { field_1: TYPES[kind], field_3: OPTIONAL, field_4: name };
  if (kind === 'text') return { ...element, field_6: UTF8, field_10: { field_1: {} } };
  // They are UTC all the same: DuckDB keeps nanoseconds only of times without a time zone.
  if (kind === 'time') return { ...element, field_10: { field_8: { field_1: false, field_2: { field_3: {} } } } };
  return element;
}
