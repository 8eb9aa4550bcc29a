import type { Platform, SaveTarget } from '../platform/platform.ts';

/** Writes a file for the person, who gets it when it is complete; nulls where they cancelled. @throws AppError */
export async function saveFile(platform: Platform, name: string, write: (target: SaveTarget) => Promise<unknown>): Promise<{ path: string | null; download: string | null }> {
  const target = await platform.saveTarget(name);
  if (target === null) return { path: null, download: null };
  try {
    await write(target);
    return await target.finish();
  } catch (error) {
    await target.discard();
    throw error;
  }
}
