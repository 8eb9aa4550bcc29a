import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { copyRing } from '../../../main/capture/ring-copy.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'drainspotter-ring-'))));
afterEach(() => rmSync(folder, { recursive: true }));

it('the files of a ring are one after the other, by their numbers; others beside them are none', async () => {
  for (const [name, text] of [['web_00009.pcapng', 'a'], ['web_00010.pcapng', 'b'], ['web_100000.pcapng', 'c'], ['web_00011.txt', '-'], ['other_00001.pcapng', '-']] as const) writeFileSync(join(folder, name), text);
  const target = join(folder, 'all.pcapng');
  await copyRing(join(folder, 'web.pcapng'), target);
  expect(readFileSync(target, 'utf8')).toBe('abc');
});

it('a ring whose files were all deleted was saved as an empty capture', async () => {
  const target = join(folder, 'all.pcapng');
  await expect(copyRing(join(folder, 'web.pcapng'), target)).rejects.toMatchObject({ code: 'capture-gone' });
  expect(existsSync(target)).toBe(false);
  await expect(copyRing(join(folder, 'gone', 'web.pcapng'), target)).rejects.toMatchObject({ code: 'capture-gone' });
});
