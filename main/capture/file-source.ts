import { readdirSync, realpathSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { compareNames } from '../../shared/format/name-order.ts';
import { AppError } from '../app-error.ts';

/** A file to read. */
export interface FoundFile {
  readonly path: string;
  /** The folder it was found in, where that it is no capture is no error; null where the user named the file. */
  readonly folder: string | null;
}

/**
 * The files that arguments stand for: a file is itself, "-" standard input, a folder the files in it (not below),
 * anything else a glob pattern. `below`: also what is in folders of a folder. Each file once, in the order given, those of a folder or pattern by name.
 *
 * @returns the files, and an error for each argument that stands for none
 */
export async function findFiles(paths: readonly string[], { below = false } = {}): Promise<{ files: FoundFile[]; failures: { path: string; error: AppError }[] }> {
  const files: FoundFile[] = [];
  const failures: { path: string; error: AppError }[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    const found = path === '-' ? [{ path, folder: null }] : await expand(path, below);
    if (found instanceof AppError) failures.push({ path, error: found });
    else for (const file of found) {
      const identity = file.path === '-' ? '-' : realPathOf(file.path);
      if (seen.has(identity)) continue;
      seen.add(identity);
      files.push(file);
    }
  }
  return { files, failures };
}

async function expand(path: string, below: boolean): Promise<FoundFile[] | AppError> {
  const status = statusOf(path);
  if (status === null) {
    // Loaded where a pattern can be meant only: it costs 12 ms of every start.
    const { glob, isDynamicPattern } = await import('tinyglobby');
    if (!isDynamicPattern(path)) return [{ path, folder: null }];
    const matches = await glob(path, { absolute: false, expandDirectories: false, onlyFiles: true }).catch(() => []);
    if (matches.length === 0) return new AppError('file-not-found', `no file matches ${path}: check the pattern`);
    return matches.sort(compareNames).map((match) => ({ path: match, folder: null }));
  }
  if (!status.isDirectory()) return [{ path, folder: null }];
  try {
    const files = [...filesIn(path, below)];
    return files.length > 0 ? files.map((file) => ({ path: file, folder: path })) : noCaptures(path);
  } catch (error) {
    return new AppError('permission-denied', `the folder ${path} cannot be listed: ${(error as Error).message}`);
  }
}

/** By name, without hidden ones; links to folders are not followed, which could lead in a circle. */
function* filesIn(folder: string, below: boolean): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => compareNames(a.name, b.name))) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (below && entry.isDirectory()) yield* filesIn(path, below);
    else if (statusOf(path)?.isFile() === true) yield path;
  }
}

/** What `path` is; null where there is nothing, or none that may be seen. Asked at once: a file of a disk answers before a thread could be started for it. */
export function statusOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

export function noCaptures(path: string): AppError {
  return new AppError('is-a-directory-without-captures', `${path} is a folder without capture files: name a folder that holds some, or a file`);
}
