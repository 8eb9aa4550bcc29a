import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sample = join(root, 'resources', 'samples', 'undrained-go.pcap');
const folder = mkdtempSync(join(tmpdir(), 'code-cache-'));
/** Prints on standard error of each file that is compiled with kept code whether V8 took it. */
const probe = join(folder, 'probe.cjs');

beforeAll(() => {
  execFileSync(process.execPath, ['-e', "import('./scripts/setup.mjs').then((setup) => setup.setUp())"], { cwd: root });
  writeFileSync(probe, `
    const vm = require('node:vm');
    vm.Script = class extends vm.Script {
      constructor(source, options) {
        super(source, options);
        if (options?.cachedData) process.stderr.write((this.cachedDataRejected ? 'refused ' : 'taken ') + require('node:path').basename(options.filename) + '\\n');
      }
    };
  `);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

function analyze(program: string, ...nodeOptions: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeOptions, '--require', probe, join(program, 'cli', 'drainspotter.js'), 'analyze', sample], { encoding: 'utf8' });
  const lines = stderr.trimEnd().split('\n');
  return { status, stdout, taken: lines.filter((line) => line.startsWith('taken ')), refused: lines.filter((line) => line.startsWith('refused ')) };
}

/** What an analysis starts from, in the order it is compiled. */
const FILES = ['command-line', 'common', 'analysis'];
/** "taken common-Cq3x-b1.js" -> "common": the hash has eight characters. */
const chunkOf = (line: string): string => line.slice('taken '.length, -'-12345678.js'.length);

/** A copy of what the command line is built to, in a place of its own. */
function copyOfBuild(name: string): string {
  const program = join(folder, name, 'dist');
  mkdirSync(program, { recursive: true });
  symlinkSync(join(root, 'resources'), join(folder, name, 'resources'));
  for (const part of ['cli', 'chunks', 'package.json']) cpSync(join(root, 'dist', part), join(program, part), { recursive: true });
  return program;
}

/** Path of the kept code of the one chunk whose name begins so. */
function keptOf(program: string, start: string): string {
  const chunks = join(program, 'chunks');
  const names = readdirSync(chunks).filter((name) => name.startsWith(start) && name.endsWith('.code'));
  expect(names).toHaveLength(1);
  return join(chunks, names[0]!);
}

describe('the code that V8 keeps of the build', () => {
  it('is taken for every file that a report in words needs', () => {
    const { status, taken, refused } = analyze(join(root, 'dist'));
    expect({ status, refused }).toEqual({ status: 0, refused: [] });
    expect(taken.map(chunkOf)).toEqual(FILES);
  });

  it('is passed over where it is of another V8, cut short, or missing, with the same report', () => {
    const { stdout } = analyze(join(root, 'dist'));
    const program = copyOfBuild('damaged');
    truncateSync(keptOf(program, 'analysis-'), 100);
    const foreign = keptOf(program, 'common-');
    const bytes = readFileSync(foreign);
    // The version's hash stands in the second word.
    bytes.writeUInt32LE(~bytes.readUInt32LE(4) >>> 0, 4);
    writeFileSync(foreign, bytes);
    rmSync(keptOf(program, 'command-line-'));
    const damaged = analyze(program);
    expect(damaged.status).toBe(0);
    expect(damaged.stdout).toBe(stdout);
    expect(damaged.refused).toHaveLength(2);
  });

  it('is refused under other options of V8, with the same report', () => {
    const { stdout } = analyze(join(root, 'dist'));
    const other = analyze(join(root, 'dist'), '--no-opt');
    expect({ status: other.status, taken: other.taken }).toEqual({ status: 0, taken: [] });
    expect(other.stdout).toBe(stdout);
  });

  it('imports nothing by itself, which fails in kept code: live captures once ended in a fault of the program', () => {
    const chunks = join(root, 'dist', 'chunks');
    const kept = readdirSync(chunks).filter((name) => name.endsWith('.code')).map((name) => name.slice(0, -'.code'.length));
    expect(kept.length).toBeGreaterThanOrEqual(FILES.length);
    for (const name of kept) expect(readFileSync(join(chunks, name), 'utf8'), name).not.toMatch(/\bimport\(["'](?:node:|[a-z@])/);
  });

  it('holds wherever the program is moved to', () => {
    const { status, refused, taken } = analyze(copyOfBuild('moved'));
    expect({ status, refused }).toEqual({ status: 0, refused: [] });
    expect(taken.map(chunkOf)).toEqual(FILES);
  });
});
