import { readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { mediaTypeOf } from './page-policy.ts';

export interface PageFile {
  readonly path: string;
  readonly mediaType: string;
}

/**
 * The built page's files by their path in an address. What is served is looked up here and never made from an address, so
 * that none leads elsewhere.
 */
export async function pageFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, path).split(sep).join('/')}`, { path, mediaType: mediaTypeOf(extname(path)) });
  }
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return files;
}
