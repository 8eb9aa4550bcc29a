import { AppError } from '../app-error.ts';
import type { Platform, SaveTarget } from '../platform/platform.ts';
import { whyUnwritable } from '../report/unwritable.ts';

/**
 * Writes a file for the person, who gets it when it is complete; nulls where they cancelled.
 *
 * @throws AppError `output-unwritable`: the disk is full, or the like; as `write` does
 */
export async function saveFile(platform: Platform, name: string, write: (target: SaveTarget) => Promise<unknown>): Promise<{ path: string | null; download: string | null }> {
  const target = await platform.saveTarget(name);
  if (target === null) return { path: null, download: null };
  try {
    await write(target);
    return await target.finish();
  } catch (error) {
    await target.discard();
    if (error instanceof AppError || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new AppError('output-unwritable', `cannot write ${name}: ${whyUnwritable(error)}; choose another place`);
  }
}
