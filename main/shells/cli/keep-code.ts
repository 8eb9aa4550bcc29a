import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepingCode } from './code-cache.ts';

/*
 * The last step of the build: runs the command line on captures, given as arguments, so that V8 has compiled what a
 * usual start needs, and keeps that beside the built files (code-cache.ts).
 */

const captures = process.argv.slice(2);
const keep = keepingCode();

void import('./command-line.ts').then(async ({ runCommandLine }) => {
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-build-'));
  try {
    const exitCode = await runCommandLine(['analyze', ...captures, '--quiet', '--out', join(folder, 'report')], process);
    if (exitCode !== 0) throw new Error(`analyze ended with exit code ${exitCode}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
  keep((path, code) => writeFileSync(path, code));
});
