import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyzePart } from '../../../main/dataset/analyze-part.ts';
import type { Manifest } from '../../../main/dataset/dataset-folder.ts';
import { DatasetFolder } from '../../../main/dataset/dataset-folder.ts';
import type { DatasetResult, PartWorker } from '../../../main/dataset/dataset-run.ts';
import { runDataset } from '../../../main/dataset/dataset-run.ts';
import { findParts } from '../../../main/dataset/parts.ts';
import { toPcap } from '../../kit/capture-files.ts';
import { conversation } from '../../kit/conversation.ts';
import { merge } from '../../kit/packets.ts';
import { duckdb } from '../../kit/table-files.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
let folder: string;
let captures: string;

/** A capture of `connections` connections with two requests each. */
function capture(connections: number, host = 'api.example'): Uint8Array {
  const get = `GET /items/7?token=s3cret HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const talks = Array.from({ length: connections }, (_, i) => conversation({ client: `10.1.0.1:${40_000 + i}`, start: i }).handshake().client(get).server(OK).client(get).server(OK).close('client').packets);
  return toPcap(merge(...talks), { nanoseconds: true });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-dataset-'));
  captures = join(folder, 'captures');
  for (const name of ['a', 'b']) mkdirSync(join(captures, name), { recursive: true });
  writeFileSync(join(captures, 'a', 'one.pcap'), capture(1));
  writeFileSync(join(captures, 'a', 'two.pcap'), capture(2));
  writeFileSync(join(captures, 'b', 'three.pcap'), capture(3));
  writeFileSync(join(captures, 'b', 'notes.txt'), 'not a capture');
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly paths?: readonly string[];
  readonly by?: 'file' | 'folder';
  readonly pseudonyms?: boolean;
  readonly redact?: boolean;
  readonly keyLogPath?: string | null;
  /** Instead of analysing. */
  readonly analyze?: PartWorker['analyze'];
  readonly signal?: AbortSignal;
}

async function run(dataset: string, { paths = [join(captures, 'a'), join(captures, 'b')], by = 'file', pseudonyms = false, redact = true, keyLogPath = null, analyze = analyzePart, signal = new AbortController().signal }: Run = {}): Promise<DatasetResult> {
  const { parts } = await findParts(paths, { by, pseudonyms, outside: join(folder, dataset) });
  return runDataset(join(folder, dataset), parts, () => ({ analyze, stop: () => undefined }), { jobs: 2, redact, pseudonyms, portBudget: null, keyLogPath, signal, onProgress: () => undefined });
}

function manifest(dataset: string): Manifest {
  return JSON.parse(readFileSync(join(folder, dataset, 'manifest.json'), 'utf8')) as Manifest;
}

const COUNTS = "select count(*)::int n, sum(requests)::int requests from read_parquet('{folder}/connections/*/data.parquet', hive_partitioning = true)";

describe('a data set', () => {
  it('holds all captures, partitioned, with a manifest', async () => {
    const result = await run('all');
    expect(result).toMatchObject({ done: 3, skipped: 1, failed: 0, before: 0, total: 4 });
    expect(await duckdb(COUNTS, join(folder, 'all'))).toEqual([{ n: 6, requests: 12 }]);
    const perPart = await duckdb("select part, count(*)::int n from read_parquet('{folder}/connections/*/data.parquet', hive_partitioning = true) group by part order by n", join(folder, 'all'));
    expect(perPart.map(({ part, n }) => [String(part).replace(/-\w+$/, ''), n])).toEqual([['one', 1], ['two', 2], ['three', 3]]);
    expect(manifest('all')).toMatchObject({ schema: 'drainspotter/dataset/1', counts: { done: 3, failed: 0, skipped: 1, connections: 6, requests: 12 } });
    for (const table of manifest('all').tables) {
      const described = await duckdb(`describe select * from read_parquet('{folder}/${table.files}', hive_partitioning = false)`, join(folder, 'all'));
      expect(described.map((row) => row['column_name'])).toEqual(table.columns.map(({ name }) => name));
    }
  });

  it('shows no more in one part than in another: captures that were done stayed as they were, whatever was asked for later', async () => {
    const paths = [join(captures, 'a', 'one.pcap')];
    await run('shown', { paths, redact: false });
    for (const later of [{}, { pseudonyms: true }]) await expect(run('shown', { paths, ...later })).rejects.toMatchObject({ code: 'dataset-made-otherwise', message: expect.stringContaining('was made with --no-redact, so that some of it would show more') });
    expect(await run('shown', { paths, redact: false })).toMatchObject({ done: 0, before: 1 });
  });

  it('is made anew where a key log is given that was not there before, or has grown', async () => {
    const paths = [join(captures, 'a', 'one.pcap')];
    const keyLogPath = join(folder, 'keys.log');
    const secret = `CLIENT_TRAFFIC_SECRET_0 ${'ab'.repeat(32)} ${'cd'.repeat(32)}\n`;
    writeFileSync(keyLogPath, secret);
    await run('keys', { paths });
    expect(await run('keys', { paths, keyLogPath })).toMatchObject({ done: 1, failed: 0, before: 0 });
    expect(await run('keys', { paths, keyLogPath })).toMatchObject({ done: 0, before: 1 });
    writeFileSync(keyLogPath, secret + secret.replace('CLIENT', 'SERVER'));
    expect(await run('keys', { paths, keyLogPath })).toMatchObject({ done: 1, before: 0 });
  });

  it('is gone on with: what is done stays, what was changed or failed is done again', async () => {
    const paths = [join(captures, 'a', 'one.pcap'), join(folder, 'late.pcap')];
    const first = await run('resumed', { paths });
    expect(first).toMatchObject({ done: 1, failed: 1 });
    expect(first.failures).toMatchObject([{ error: { code: 'file-not-found' } }]);
    writeFileSync(join(folder, 'late.pcap'), capture(4));
    expect(await run('resumed', { paths })).toMatchObject({ done: 1, failed: 0, before: 1 });
    expect(await run('resumed', { paths })).toMatchObject({ done: 0, failed: 0, before: 2 });
    writeFileSync(join(folder, 'late.pcap'), capture(5));
    utimesSync(join(folder, 'late.pcap'), 1, 1);
    expect(await run('resumed', { paths })).toMatchObject({ done: 1, before: 1 });
    expect(await duckdb(COUNTS, join(folder, 'resumed'))).toEqual([{ n: 6, requests: 12 }]);
  });

  it('is not stopped by a capture that takes its worker with it', async () => {
    const analyze: PartWorker['analyze'] = (job) => (job.part.name.startsWith('two') ? Promise.reject(new Error('the worker ended (SIGABRT)')) : analyzePart(job));
    const result = await run('crash', { analyze });
    expect(result).toMatchObject({ done: 2, failed: 1 });
    expect(manifest('crash').parts.filter(({ status }) => status === 'failed')).toMatchObject([{ error: { code: 'worker-ended', message: 'the worker ended (SIGABRT)' } }]);
    expect(await duckdb(COUNTS, join(folder, 'crash'))).toEqual([{ n: 4, requests: 8 }]);
  });

  it('loses only what was under way when it is interrupted', async () => {
    const stop = new AbortController();
    let finished = 0;
    const analyze: PartWorker['analyze'] = async (job) => {
      if (finished === 1) {
        stop.abort();
        throw new Error('killed');
      }
      finished++;
      return analyzePart(job);
    };
    const result = await run('stopped', { paths: [join(captures, 'a')], analyze, signal: stop.signal });
    expect(result).toMatchObject({ done: 1, failed: 0 });
    expect(await run('stopped', { paths: [join(captures, 'a')] })).toMatchObject({ done: 1, before: 1 });
  });

  it('takes all captures below a folder, but not the data set that lies there, nor what is hidden', async () => {
    const root = join(folder, 'tree');
    for (const below of ['', 'x', 'x/y', '.git']) {
      mkdirSync(join(root, below), { recursive: true });
      writeFileSync(join(root, below, 'a.pcap'), capture(1));
    }
    symlinkSync('..', join(root, 'x', 'loop'));
    expect(await run(join('tree', 'data'), { paths: [root] })).toMatchObject({ done: 3, failed: 0, skipped: 0 });
    expect(await run(join('tree', 'data'), { paths: [root] })).toMatchObject({ done: 0, before: 3, total: 3 });
    expect(manifest(join('tree', 'data')).parts.flatMap(({ paths }) => paths).sort()).toEqual(['a.pcap', 'x/a.pcap', 'x/y/a.pcap'].map((path) => join(root, path)).sort());
  });

  it('takes the captures of a folder as one where it is told to', async () => {
    const ring = join(folder, 'ring');
    mkdirSync(ring);
    const { packets } = conversation().handshake().client('GET / HTTP/1.1\r\nHost: a\r\n\r\n').server(OK).close('client');
    writeFileSync(join(ring, 'x.pcap0'), toPcap(packets.slice(0, 4)));
    writeFileSync(join(ring, 'x.pcap1'), toPcap(packets.slice(4)));
    await run('ring-data', { paths: [ring], by: 'folder' });
    expect(await duckdb(COUNTS, join(folder, 'ring-data'))).toEqual([{ n: 1, requests: 1 }]);
    expect(manifest('ring-data').parts).toMatchObject([{ paths: [join(ring, 'x.pcap0'), join(ring, 'x.pcap1')] }]);
  });

  it('shows no secret, and with pseudonyms no name', async () => {
    await run('named', { paths: [join(captures, 'a', 'one.pcap')] });
    await run('unnamed', { paths: [join(captures, 'a', 'one.pcap')], pseudonyms: true });
    const all = async (dataset: string) => {
      const rows = await Promise.all(manifest(dataset).tables.map(({ files }) => duckdb(`select * from read_parquet('{folder}/${files}')`, join(folder, dataset))));
      return JSON.stringify(rows) + JSON.stringify(manifest(dataset)) + readdirSync(join(folder, dataset, 'connections')).join();
    };
    expect(await all('named')).not.toContain('s3cret');
    expect(await all('named')).toContain('api.example');
    expect(await all('unnamed')).not.toMatch(/s3cret|api\.example|10\.1\.0\.1|10\.0\.0\.2|one\.pcap|\bone-/);
    expect(await all('unnamed')).toContain('host-1.example');
  });

  it('that cannot be written any more ends the run, as no fault of its captures and of the program', async () => {
    const path = join(folder, 'full');
    mkdirSync(path);
    // In the place of a table's folder: root may write everywhere else.
    writeFileSync(join(path, 'exchanges'), '');
    let analysed = 0;
    const analyze: PartWorker['analyze'] = (job) => (analysed++, analyzePart(job));
    await expect(run('full', { analyze })).rejects.toMatchObject({ code: 'dataset-unwritable', message: expect.stringMatching(/^cannot write the data set .*; once that is mended, run the same command again, and it goes on$/) as string });
    expect(analysed).toBeLessThanOrEqual(2);
    expect(readdirSync(join(path, '.parts'))).toEqual([]);
    rmSync(join(path, 'exchanges'));
    expect(await run('full')).toMatchObject({ failed: 0, before: 0 });
  });

  it('is never written into a folder with other things', () => {
    const path = join(folder, 'documents');
    mkdirSync(path);
    writeFileSync(join(path, 'thesis.txt'), 'dear');
    expect(() => new DatasetFolder(path)).toThrow(expect.objectContaining({ code: 'output-not-empty' }));
    expect(existsSync(join(path, '.parts'))).toBe(false);
  });

  it('is divided among machines so that each capture falls to one', async () => {
    const shares = await Promise.all([1, 2, 3].map((index) => findParts([join(captures, 'a'), join(captures, 'b')], { by: 'file', pseudonyms: false, shard: { index, count: 3 } })));
    expect(shares.flatMap(({ parts }) => parts.map(({ name }) => name.replace(/-\w+$/, ''))).sort()).toEqual(['notes.txt', 'one', 'three', 'two']);
  });
});

describe('docs/scale.md', () => {
  const text = readFileSync(new URL('../../../docs/scale.md', import.meta.url), 'utf8');
  const queries = [...text.matchAll(/\n([^\n]+):\n\n```sql\n([^`]+)```/g)].map(([, question, sql]) => [question!, sql!] as const);

  it.each(queries)('%s', async (_, sql) => {
    const dataset = join(folder, 'all');
    if (!existsSync(dataset)) await run('all');
    const rows = await duckdb(sql.replaceAll('{data}', '{folder}'), dataset);
    expect(Array.isArray(rows)).toBe(true);
  });

  it('has answers: reuse of the server, and the closes of a day', async () => {
    expect(queries.length).toBeGreaterThan(6);
    const [reuse] = await duckdb(queries[0]![1].replaceAll('{data}', '{folder}'), join(folder, 'all'));
    expect(reuse).toMatchObject({ server_address: '10.0.0.2', server_port: 80, connections: '6', reuse: 0.5 });
    const causes = await duckdb(queries[1]![1].replaceAll('{data}', '{folder}'), join(folder, 'all'));
    expect(causes.reduce((sum, row) => sum + Number(row['connections']), 0)).toBe(6);
    expect(causes[0]!['day']).toBe('2026-01-02');
  });
});
