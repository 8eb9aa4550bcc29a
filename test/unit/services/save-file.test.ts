import { expect, it } from 'vitest';
import { AppError } from '../../../main/app-error.ts';
import type { Platform } from '../../../main/platform/platform.ts';
import { saveFile } from '../../../main/services/save-file.ts';

function target() {
  let discarded = 0;
  const platform = { saveTarget: () => Promise.resolve({ path: '/where', finish: () => Promise.resolve({ path: '/report.html', download: null }), discard: () => Promise.resolve(void discarded++) }) };
  return { platform: platform as unknown as Platform, discarded: () => discarded };
}

it('a full disk is said in words, and nothing is left of the file: it was told as a fault of the program', async () => {
  const { platform, discarded } = target();
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  await expect(saveFile(platform, 'reuse-comparison.md', () => Promise.reject(full))).rejects.toMatchObject({ code: 'output-unwritable', message: 'cannot write reuse-comparison.md: the disk is full; choose another place' });
  expect(discarded()).toBe(1);
});

it('what is said already, and what is a fault, is passed on as it is', async () => {
  const { platform, discarded } = target();
  for (const error of [new AppError('aborted', 'stopped'), new TypeError('a fault')]) await expect(saveFile(platform, 'a.html', () => Promise.reject(error))).rejects.toBe(error);
  expect(discarded()).toBe(2);
});
