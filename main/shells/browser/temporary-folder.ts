import { lstat, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** "drainspotter-4711-a1B2c3": the process it is of, and what mkdtemp adds. */
const OURS = /^drainspotter-(\d+)-[A-Za-z0-9]{6}$/;
/** Not touched for so long, milliseconds: a process that cannot be seen from here (another container's) may still use it. */
const ABANDONED_AFTER = 60 * 60 * 1000;

/** A folder of this process alone; what is in it is deleted with it. Folders that killed ones have left behind are deleted now. */
export async function temporaryFolder(parent = tmpdir()): Promise<string> {
  const root = await realpath(parent);
  await sweep(root).catch(() => undefined);
  return mkdtemp(join(root, `drainspotter-${process.pid}-`));
}

async function sweep(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = Number(OURS.exec(name)?.[1] ?? 0);
    if (pid > 0 && pid !== process.pid && isGone(pid) && (await isAbandoned(join(root, name)))) await rm(join(root, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** A process of somebody else is there all the same. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** A folder, no link, of this person. */
async function isAbandoned(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  if (found === null || !found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) return false;
  return Date.now() - found.mtimeMs > ABANDONED_AFTER;
}
