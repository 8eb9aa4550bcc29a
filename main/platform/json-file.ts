import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Larger files are not ours. */
const MAX_BYTES = 1_000_000;

/** The file's JSON; null where there is none that could be read. */
export async function readJsonFile(path: string): Promise<unknown> {
  try {
    const text = await readFile(path, 'utf8');
    return text.length > MAX_BYTES ? null : (JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}

/** Replaces the file as a whole: a crash leaves the old one. Its folder is made, for this person alone. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.${process.pid}.part`;
  try {
    await writeFile(part, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
