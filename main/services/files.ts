import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { compareNames } from '../../shared/format/name-order.ts';
import { AppError } from '../app-error.ts';
import type { FolderEntry } from '../../shared/model/app.ts';
import type { Platform } from '../platform/platform.ts';

/** Entries of a folder that are shown: a frame holds them, and nobody scrolls further. */
const MAX_ENTRIES = 1500;

const CAPTURE = /\.(?:pcap\d*|pcapng\d*|cap|dmp)(?:\.(?:gz|zst))?$/i;

export interface FolderListing {
  path: string;
  parent: string | null;
  entries: FolderEntry[];
}

/**
 * A folder for the picker; without a path, the folders that were named to the program. Hidden entries and what leads out
 * of those folders are left out.
 *
 * @throws AppError `no-picker`, `path-not-allowed`, `file-not-found`, `file-unreadable`
 */
export async function listFolder(platform: Platform, path: string | undefined): Promise<FolderListing> {
  if (platform.folders.length === 0) throw new AppError('no-picker', 'No folder was named when the program was started: drop a file here, or start it with --folder DIR.');
  if (path === undefined) {
    const entries = await Promise.all(platform.folders.map((folder) => entryOf(folder, folder)));
    return { path: '', parent: null, entries: entries.filter((entry) => entry !== null) };
  }
  const folder = await platform.permittedPath(path);
  const isTop = platform.folders.includes(folder);
  const entries = await readEntries(platform, folder);
  return { path: folder, parent: isTop ? '' : dirname(folder), entries };
}

async function readEntries(platform: Platform, folder: string): Promise<FolderEntry[]> {
  const names: { name: string; rank: number }[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      if (!entry.name.startsWith('.')) names.push({ name: entry.name, rank: rankOf(entry) });
    }
  } catch (error) {
    throw unreadable(folder, error);
  }
  names.sort((a, b) => a.rank - b.rank || compareNames(a.name, b.name));
  const entries: FolderEntry[] = [];
  for (const { name } of names.slice(0, MAX_ENTRIES)) {
    const path = join(folder, name);
    // A symlink out of the folders, or one that leads nowhere, is as if it were not there.
    const real = await platform.permittedPath(path).catch(() => null);
    const entry = real === null ? null : await entryOf(real, path);
    if (entry !== null) entries.push(entry);
  }
  return entries.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || compareNames(a.name, b.name));
}

const KINDS: readonly FolderEntry['kind'][] = ['folder', 'capture', 'other'];

function rankOf(entry: Dirent): number {
  if (entry.isDirectory() || entry.isSymbolicLink()) return 0;
  return CAPTURE.test(entry.name) ? 1 : 2;
}

async function entryOf(real: string, path: string): Promise<FolderEntry | null> {
  const file = await stat(real).catch(() => null);
  if (file === null || !(file.isDirectory() || file.isFile())) return null;
  const name = basename(path) || path;
  const kind = file.isDirectory() ? 'folder' : CAPTURE.test(name) ? 'capture' : 'other';
  return { name, path, kind, bytes: file.isDirectory() ? 0 : file.size, modifiedAt: file.mtime.toISOString() };
}

function unreadable(folder: string, error: unknown): AppError {
  const { code } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = { EACCES: 'permission denied', EPERM: 'permission denied', ENOTDIR: 'it is not a folder' };
  return new AppError('file-unreadable', `cannot read ${folder}: ${reasons[code ?? ''] ?? 'it could not be read'}`);
}
