import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { TableFiles } from '../../main/report/table-folder.ts';
import { concat } from './packets.ts';

/** Keeps the files of a report of tables. */
export class KeptFiles implements TableFiles {
  readonly files = new Map<string, Uint8Array[]>();

  open(name: string) {
    const pieces: Uint8Array[] = [];
    this.files.set(name, pieces);
    return { write: (piece: string | Uint8Array) => void pieces.push(Uint8Array.from(Buffer.from(piece as string))), close: () => undefined };
  }

  text(name: string): string {
    return new TextDecoder().decode(concat(this.files.get(name)!));
  }

  save(folder: string): void {
    mkdirSync(folder, { recursive: true });
    for (const [name, pieces] of this.files) writeFileSync(join(folder, name), concat(pieces));
  }
}

/** Rows of a query as DuckDB answers it, values as JSON has them; `{folder}` in the query stands for `folder`. */
export async function duckdb(query: string, folder: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const result = await connection.runAndReadAll(query.replaceAll('{folder}', folder.replaceAll("'", "''")));
    return result.getRowObjectsJson() as Record<string, unknown>[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** The records of a CSV text, read strictly by RFC 4180. */
export function csvRecords(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw new Error(`no CSV behind record ${records.length}`);
    record.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === ',') continue;
    records.push(record);
    record = [];
  }
  if (record.length > 0) throw new Error('the last record has no end');
  return records;
}
