import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

/** The built command line as users run it; what needs no process of its own is tested in test/unit/shells. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = join(root, 'dist', 'cli', 'drainspotter.js');
const sample = join(root, 'resources', 'samples', 'undrained-go.pcap');

beforeAll(() => {
  execFileSync(process.execPath, ['-e', "import('./scripts/setup.mjs').then((setup) => setup.setUp())"], { cwd: root });
}, 120_000);

function run(args: string[], input?: Buffer) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', ...(input && { input }) });
  return { status, stdout, stderr };
}

describe('the built command line', () => {
  it('is executable and names its version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(execFileSync(cli, ['--version'], { encoding: 'utf8' })).toBe(`${version}\n`);
  });

  it('answers in words', () => {
    const { status, stdout, stderr } = run(['analyze', sample]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^4 requests used 4 connections: none was reused\./);
    expect(stdout).not.toContain('\x1b');
  });

  it('writes one JSON object, the same from a file, from standard input, and as NDJSON', () => {
    const fromFile = JSON.parse(run(['analyze', sample, '--format', 'json']).stdout) as Record<string, unknown>;
    expect(fromFile).toMatchObject({ schema: 'drainspotter/report/1', summary: { connections: 4, requests: 4, responses: 4 } });
    const fromInput = JSON.parse(run(['analyze', '-', '--format', 'json'], readFileSync(sample)).stdout) as Record<string, unknown>;
    expect(fromInput['connections']).toEqual(fromFile['connections']);
    const lines = run(['analyze', sample, '--format', 'ndjson']).stdout.trimEnd().split('\n');
    const connections = lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => 'connection' in line);
    expect(connections.map((line) => line['connection'])).toEqual(fromFile['connections']);
  });

  it('filters by port', () => {
    const summary = (port: string) => (JSON.parse(run(['analyze', sample, '--format', 'json', '--filter', port]).stdout) as { connections: unknown[] }).connections;
    expect(summary('8080')).toHaveLength(4);
    expect(summary('8081')).toHaveLength(0);
  });

  it('exits 3 where nothing can be read, and where one of several cannot', () => {
    const missing = run(['analyze', 'no-such-file.pcap']);
    expect(missing).toMatchObject({ status: 3, stdout: '' });
    expect(missing.stderr).toMatch(/^drainspotter: [^\n]*no-such-file\.pcap[^\n]*\n$/);
    const one = run(['analyze', sample, 'no-such-file.pcap']);
    expect(one.status).toBe(3);
    expect(one.stdout).toContain('4 requests used 4 connections');
    expect(one.stderr).toMatch(/^drainspotter: [^\n]*no-such-file\.pcap[^\n]*\n$/);
  });

  it('says what is no capture', () => {
    const { status, stderr } = run(['analyze', join(root, 'package.json')]);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^drainspotter: [^\n]*package\.json[^\n]*\n$/);
  });

  it('reports what came from standard input until Ctrl-C, and exits 130', async () => {
    const child = spawn(process.execPath, [cli, 'analyze', '-', '--format', 'json']);
    let stdout = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stdin.write(readFileSync(sample));
    // The pipe stays open: only the signal can end this.
    const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
    setTimeout(() => child.kill('SIGINT'), 1500);
    expect(await closed).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ summary: { interrupted: true, connections: 4, requests: 4 } });
  });

  it.skipIf(process.platform === 'win32')('ends quietly when its reader has enough', () => {
    const { stdout, stderr } = spawnSync('sh', ['-c', '"$0" "$1" analyze "$2" --format ndjson | head -c 1', process.execPath, cli, sample], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: '{', stderr: '' });
  });

  it.skipIf(process.platform === 'win32')('ended with a stack trace where the reader of its help went away', () => {
    const { stderr } = spawnSync('sh', ['-c', '"$0" "$1" --help | true', process.execPath, cli], { encoding: 'utf8' });
    expect(stderr).toBe('');
  });
});
