import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeParquet } from '../../../main/report/parquet.ts';
import type { ReportModel } from '../../../main/report/report-model.ts';
import { eachRow, TABLES, type TableRow } from '../../../main/report/table-rows.ts';
import { concat } from '../../kit/packets.ts';
import { connectionReport, exchangeReport, reportModel, requestReport, responseReport } from '../../kit/report-fixtures.ts';
import { duckdb, KeptFiles } from '../../kit/table-files.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-parquet-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A report, its rows as they were given to the writer, and its files. */
async function written(model: ReportModel) {
  const rows = new Map(TABLES.map(({ name }) => [name, [] as TableRow[]]));
  await eachRow(model, (table, row) => void rows.get(table)!.push(row));
  const files = new KeptFiles();
  await writeParquet(model, files, { version: '0.1.0' });
  return { rows, files };
}

/** The rows as texts: cells of all kinds compared one by one would take most of the time. */
async function readBack(files: KeptFiles, table: string): Promise<string[]> {
  const file = Uint8Array.from(concat(files.files.get(`${table}.parquet`)!)).buffer;
  const parsers = { timestampFromNanoseconds: (time: bigint) => time };
  const objects = await parquetReadObjects({ file, parsers: parsers as never });
  return objects.map((object) => told(Object.values(object)));
}

/** Whole numbers of 64 bits are read as BigInt. */
function expected(table: (typeof TABLES)[number], rows: readonly TableRow[]): string[] {
  return rows.map((row) => told(row.map((cell, i) => (table.columns[i]!.kind === 'integer' && cell !== null ? BigInt(cell as number) : cell))));
}

function told(cells: readonly unknown[]): string {
  return cells.map((cell) => `${typeof cell} ${String(cell)}`).join('\n');
}

/** Numbers from 0 to below `count`, the same in each run. */
function dice(seed: number) {
  let state = seed;
  return (count: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
}

/** Values of all kinds: alike in runs, of few kinds, all different, missing here and there, hard to encode. */
function manyConnections(count: number) {
  const roll = dice(7);
  const odd = ['', 'ü', '漢字', '\u{1f600}', 'a'.repeat(200), '"', '\\x00', 'x'.repeat(3000)];
  const sizes = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER];
  return Array.from({ length: count }, (_, i) =>
    connectionReport({
      id: i + 1,
      client: { address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, port: roll(65_536) },
      server: { address: `10.9.0.${roll(3)}`, port: i < count / 2 ? 80 : 443 },
      startedAt: i / 7,
      endedAt: i + 0.000000001,
      ...(roll(3) === 0 && { handshake: null }),
      ...(i % 1000 < 20 && { vlans: [roll(4096)] }),
      payloadBytes: { client: sizes[roll(sizes.length)]!, server: roll(2 ** 31) * 1000 },
      exchanges: [
        exchangeReport({
          pipelined: roll(9) === 0,
          request: roll(5) === 0 ? null : requestReport({ target: `/${odd[roll(odd.length)]!}/${roll(1000)}`, complete: i % 100 < 60 }),
          response: i % 40 < 30 ? responseReport({ status: 200 + roll(4) }) : null,
          waitSeconds: roll(2) === 0 ? 0 : roll(1000) / 997,
        }),
      ],
    }),
  );
}

describe('the pages of a Parquet file', () => {
  it.each([0, 1, 8, 9, 8193])('give back every cell of %d rows', async (count) => {
    const model = reportModel({ connections: manyConnections(count), endpoints: [] });
    const { rows, files } = await written(model);
    for (const table of TABLES) expect(await readBack(files, table.name)).toEqual(expected(table, rows.get(table.name)!));
  });

  it('are read alike by DuckDB, which passes over row groups by their bounds', async () => {
    const connections = manyConnections(17_000);
    const { files } = await written(reportModel({ connections, endpoints: [] }));
    files.save(join(folder, 'bounds'));
    const count = async (where: string) => (await duckdb(`select count(*)::int n from '{folder}/connections.parquet' where ${where}`, join(folder, 'bounds')))[0]!['n'];
    expect(await count("server_address = '10.9.0.2'")).toBe(connections.filter(({ server }) => server.address === '10.9.0.2').length);
    expect(await count('id > 8192 and id <= 16384')).toBe(8192);
    expect(await count('server_port = 443')).toBe(8500);
    expect(await count('payload_bytes_client = 9007199254740991')).toBe(connections.filter(({ payloadBytes }) => payloadBytes.client === Number.MAX_SAFE_INTEGER).length);
    expect(await count('vlans is not null')).toBe(connections.filter(({ vlans }) => vlans !== undefined).length);
    const bounds = await duckdb(`select stats_min_value low, stats_max_value high, stats_null_count::int absent from parquet_metadata('{folder}/connections.parquet') where path_in_schema = 'id' order by row_group_id`, join(folder, 'bounds'));
    expect(bounds).toEqual([
      { low: '1', high: '8192', absent: 0 },
      { low: '8193', high: '16384', absent: 0 },
      { low: '16385', high: '17000', absent: 0 },
    ]);
  });

  it('say of zero that both zeros are within the bounds', async () => {
    const connections = [connectionReport({ endedAt: 0 })];
    const { files } = await written(reportModel({ connections, endpoints: [] }));
    const metadata = parquetMetadata(Uint8Array.from(concat(files.files.get('connections.parquet')!)).buffer);
    const ended = metadata.row_groups[0]!.columns.find((column) => column.meta_data!.path_in_schema[0] === 'ended_seconds')!.meta_data!.statistics!;
    expect([Object.is(ended.min_value, -0), Object.is(ended.max_value, 0)]).toEqual([true, true]);
  });

  it('do without a dictionary of texts that were made to have one hash', async () => {
    const hosts = textsOfOneHash();
    const connections = Array.from({ length: 2000 }, (_, i) => connectionReport({ id: i + 1, exchanges: [exchangeReport({ request: requestReport({ host: hosts[i % hosts.length]! }) })] }));
    const { rows, files } = await written(reportModel({ connections, endpoints: [] }));
    const exchanges = TABLES.find(({ name }) => name === 'exchanges')!;
    expect(await readBack(files, 'exchanges')).toEqual(expected(exchanges, rows.get('exchanges')!));
    const metadata = parquetMetadata(Uint8Array.from(concat(files.files.get('exchanges.parquet')!)).buffer);
    const encodings = (name: string) => metadata.row_groups[0]!.columns.find((column) => column.meta_data!.path_in_schema[0] === name)!.meta_data!.encodings;
    expect(encodings('host')).toEqual(['RLE', 'PLAIN']);
    expect(encodings('target')).toEqual(['PLAIN', 'RLE', 'RLE_DICTIONARY']);
  });
});

/** 128 texts that the hash of the dictionary (FNV over length and bytes) does not tell apart. */
function textsOfOneHash(): string[] {
  const roll = dice(3);
  const hashed = (state: number, text: string) => {
    let hash = state;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
    return hash;
  };
  let texts = [''];
  let state = hashed(0, '\x38\0\0\0');
  for (let part = 0; part < 7; part++) {
    const seen = new Map<number, string>();
    for (;;) {
      const text = roll(2 ** 32).toString(16).padStart(8, '0');
      const hash = hashed(state, text);
      const other = seen.get(hash);
      seen.set(hash, text);
      if (other === undefined || other === text) continue;
      texts = texts.flatMap((before) => [before + text, before + other]);
      state = hash;
      break;
    }
  }
  return texts;
}
