import { readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Nobody writes a report for so long, in milliseconds. */
const LEFT_BEHIND = 24 * 60 * 60 * 1000;

/**
 * The hidden file or folder beside `target` that holds it until it is complete, then takes its name. A program that was
 * killed cannot remove its own: those of the same target that nobody wrote to for a day are removed here.
 */
export function partPath(target: string): string {
  const folder = dirname(target);
  const start = `.${basename(target)}.`;
  try {
    for (const name of readdirSync(folder)) {
      if (name.startsWith(start) && /^\d+\.part$/.test(name.slice(start.length))) removeOld(join(folder, name));
    }
  } catch {
    // A folder that may be written but not listed, or a part that belongs to someone else: it stays.
  }
  return join(folder, `${start}${process.pid}.part`);
}

function removeOld(path: string): void {
  if (Date.now() - statSync(path).mtimeMs > LEFT_BEHIND) rmSync(path, { recursive: true, force: true });
}
