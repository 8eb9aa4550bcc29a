import { stat } from 'node:fs/promises';
import { AppError } from '../app-error.ts';
import type { PermittedPaths } from './permitted-paths.ts';

/**
 * Permits what the person named, and gives the real paths; a folder among files is permitted with all below it.
 *
 * @throws AppError `file-not-found`, `not-a-folder`
 */
export async function permitAll(permitted: PermittedPaths, paths: readonly string[], kind: 'file' | 'folder'): Promise<string[]> {
  const real: string[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    if (found === null) throw new AppError('file-not-found', `${path}: no such ${kind}`);
    if (kind === 'folder' && !found.isDirectory()) throw new AppError('not-a-folder', `${path}: not a folder; --folder takes the folders that the page may choose files from`, 2);
    real.push(await permitted.permit(path, found.isDirectory() ? 'folder' : 'file'));
  }
  return real;
}
