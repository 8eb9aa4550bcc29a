import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { partPath } from '../../../main/report/part-path.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-part-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function leave(name: string, hoursAgo: number): void {
  writeFileSync(join(folder, name), 'half');
  const time = new Date(Date.now() - hoursAgo * 3_600_000);
  utimesSync(join(folder, name), time, time);
}

it('is hidden beside its target, and of this process', () => {
  expect(partPath(join(folder, 'report.html'))).toBe(join(folder, `.report.html.${process.pid}.part`));
  expect(partPath(join(folder, 'no', 'where'))).toBe(join(folder, 'no', `.where.${process.pid}.part`));
});

it('takes along what killed programs left of the same target, and nothing else', () => {
  leave('.report.html.4711.part', 25);
  mkdirSync(join(folder, '.report.html.4712.part'));
  leave('.report.html.4712.part/connections.csv', 25);
  const yesterday = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(join(folder, '.report.html.4712.part'), yesterday, yesterday);
  const others = ['.report.html.4713.part.old', '.report.html.a.part', '.report.htm.4711.part', '.report.html.4711.part~', 'report.html.4711.part', 'report.html'];
  for (const name of others) leave(name, 25);
  leave('.report.html.4714.part', 23);
  partPath(join(folder, 'report.html'));
  expect(readdirSync(folder).sort()).toEqual([...others, '.report.html.4714.part'].sort());
});
