import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds this program's `resources`, from wherever the running code was built to within it. */
export function productFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'resources')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
