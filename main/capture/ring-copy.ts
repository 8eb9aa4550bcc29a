import { createReadStream, createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../app-error.ts';
import { ringNumber, ringPath } from './live-file.ts';

/**
 * Copies what there is of a ring into one new file, its files one after the other: a pcapng file may have several sections
 * (draft-ietf-opsawg-pcapng, section 4.1).
 *
 * @param path the pattern of the ring
 * @throws AppError `capture-gone`: none of them is there any more
 */
export async function copyRing(path: string, target: string): Promise<void> {
  const names = (await readdir(dirname(path)).catch(() => [])).filter((name) => /_\d{5,}\.[^.]*$/.test(name) && basename(ringPath(path, ringNumber(name))) === name);
  if (names.length === 0) throw new AppError('capture-gone', `no file of ${path} is there any more: somebody has moved or deleted what was captured`);
  await pipeline(contents(path, names.map(ringNumber).sort((a, b) => a - b)), createWriteStream(target, { flags: 'wx', mode: 0o600 }));
}

async function* contents(path: string, numbers: readonly number[]): AsyncGenerator<Buffer, void, undefined> {
  for (const number of numbers) {
    try {
      yield* createReadStream(ringPath(path, number)) as AsyncIterable<Buffer>;
    } catch (error) {
      // The writer has deleted it since: it is not to be kept.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
