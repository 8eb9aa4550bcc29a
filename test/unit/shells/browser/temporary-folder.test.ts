import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../main/shells/browser/temporary-folder.ts';

let root: string;
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'sweep-'))));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A process that has ended. */
const gone = spawnSync(process.execPath, ['--version']).pid;
const long = new Date(Date.now() - 2 * 60 * 60 * 1000);

function leave(name: string): string {
  const path = join(root, name);
  mkdirSync(path);
  writeFileSync(join(path, 'web.pcap'), 'x');
  utimesSync(path, long, long);
  return path;
}

it('a killed program\'s folder goes at the next start; nothing else does', async () => {
  const left = leave(`drainspotter-${gone}-a1B2c3`);
  const kept = [leave(`drainspotter-${process.ppid}-a1B2c3`), leave(`drainspotter-${gone}-a1B2c3x`), leave(`drainspotter-home-a1B2c3`), leave(`other-${gone}-a1B2c3`), leave('drainspotter-1-a1B2c3')];
  const fresh = join(root, `drainspotter-${gone}-d4E5f6`);
  mkdirSync(fresh);
  const elsewhere = leave('elsewhere');
  symlinkSync(elsewhere, join(root, `drainspotter-${gone}-g7H8i9`));

  const folder = await temporaryFolder(root);
  expect(basename(folder)).toMatch(new RegExp(`^drainspotter-${process.pid}-`));
  expect(existsSync(left)).toBe(false);
  for (const path of [...kept, fresh, elsewhere]) expect(existsSync(path), path).toBe(true);
  expect(readdirSync(elsewhere)).toEqual(['web.pcap']);
});

it.skipIf(process.getuid?.() !== 0)('somebody else\'s folder stays (needs root)', async () => {
  const { chownSync } = await import('node:fs');
  const theirs = leave(`drainspotter-${gone}-j1K2l3`);
  chownSync(theirs, 12_345, 12_345);
  utimesSync(theirs, long, long);
  await temporaryFolder(root);
  expect(existsSync(theirs)).toBe(true);
});
