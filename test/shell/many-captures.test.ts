import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../main/dataset/dataset-folder.ts';
import { duckdb } from '../kit/table-files.ts';

/** The built command line with its worker processes. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = join(root, 'dist', 'cli', 'drainspotter.js');
const sample = join(root, 'resources', 'samples', 'undrained-go.pcap');

let folder: string;
beforeAll(() => {
  execFileSync(process.execPath, ['-e', "import('./scripts/setup.mjs').then((setup) => setup.setUp())"], { cwd: root });
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-many-'));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the built command line, for many captures', () => {
  it('analyses them in worker processes, names what failed, and goes on from there', async () => {
    for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, `${name}.pcap`), readFileSync(sample));
    const broken = join(folder, 'broken.pcap');
    writeFileSync(broken, 'this is no capture');
    const args = ['analyze-many', ...['a', 'b', 'c', 'broken'].map((name) => join(folder, `${name}.pcap`)), '--out', join(folder, 'data'), '--jobs', '2'];
    const first = run(...args);
    expect(first.status).toBe(3);
    expect(first.stderr).toContain(`drainspotter: ${broken} is not a packet capture`);
    expect(first.stderr).toContain('3 captures analysed, 1 failed; the data set holds 12 connections and 12 requests');
    writeFileSync(broken, readFileSync(sample));
    const second = run(...args);
    expect([second.status, second.stderr]).toEqual([0, expect.stringContaining('1 capture analysed, 0 failed, 3 done before; the data set holds 16 connections') as string]);
    const manifest = JSON.parse(readFileSync(join(folder, 'data', 'manifest.json'), 'utf8')) as Manifest;
    expect(manifest.parts.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'done']);
    expect(await duckdb("select count(*)::int n, count(distinct part)::int parts from read_parquet('{folder}/connections/*/data.parquet', hive_partitioning = true)", join(folder, 'data'))).toEqual([{ n: 16, parts: 4 }]);
  });

  it('writes tables, slices and comparisons', () => {
    const tables = join(folder, 'tables');
    expect(run('analyze', sample, '--format', 'parquet', '--out', tables)).toEqual({ status: 0, stdout: '', stderr: '' });
    const slice = join(folder, 'slice.pcapng');
    expect(run('slice', sample, '--connections', '2', '--out', slice, '--quiet')).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(run('analyze', slice).stdout).toMatch(/^1 request used 1 connection/);
    const compared = run('compare', sample, slice, '--format', 'json', '--quiet');
    expect([compared.status, (JSON.parse(compared.stdout) as { schema: string }).schema]).toEqual([0, 'drainspotter/comparison/1']);
  });
});
