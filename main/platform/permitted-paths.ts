import { realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { AppError } from '../app-error.ts';

/**
 * The files and folders that a person named to the program. A page can ask for any path; it gets these. Everything is
 * compared as a real path, so that no symlink leads out of a folder, and what is opened is the real path.
 */
export class PermittedPaths {
  private readonly files = new Set<string>();
  private readonly folders = new Set<string>();

  /** A file, or with all below it a folder, that the person named; missing ones are permitted under the name given. */
  async permit(path: string, kind: 'file' | 'folder'): Promise<string> {
    const real = await realpath(path).catch(() => resolve(path));
    this[kind === 'file' ? 'files' : 'folders'].add(real);
    return real;
  }

  /** @throws AppError `path-not-allowed`; `file-not-found` for what is permitted but missing */
  async real(path: string): Promise<string> {
    if (path.includes('\0')) throw notAllowed();
    const full = resolve(path);
    let real: string;
    try {
      real = await realpath(full);
    } catch (error) {
      // Only of what is permitted it may be known whether it is there.
      if (this.holds(full) && (error as NodeJS.ErrnoException).code === 'ENOENT') throw new AppError('file-not-found', `${full}: no such file; it may have been moved or deleted`);
      throw notAllowed();
    }
    if (!this.holds(real)) throw notAllowed();
    return real;
  }

  private holds(real: string): boolean {
    if (this.files.has(real)) return true;
    for (const folder of this.folders) {
      if (real === folder || real.startsWith(folder.endsWith(sep) ? folder : folder + sep)) return true;
    }
    return false;
  }
}

function notAllowed(): AppError {
  return new AppError('path-not-allowed', 'This file was not named to Drainspotter: choose it in the file dialog, drop it on the page, or start the program with it or its folder (--folder).');
}
