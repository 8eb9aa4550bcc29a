import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { AppError } from '../app-error.ts';

/** Where Wireshark's installers put it, beside the search path. */
const USUAL_FOLDERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  win32: ['C:\\Program Files\\Wireshark'],
  darwin: ['/Applications/Wireshark.app/Contents/MacOS'],
};

/** Path of Wireshark's program; null where it is not installed. */
export async function findWireshark(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): Promise<string | null> {
  const names = platform === 'win32' ? ['Wireshark.exe'] : ['wireshark', 'Wireshark'];
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter(Boolean), ...(USUAL_FOLDERS[platform] ?? [])];
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name);
      if (await isProgram(path)) return path;
    }
  }
  return null;
}

/** Starts Wireshark on a capture, at a frame as it numbers them itself; it outlives this program. @throws AppError `wireshark-not-found` */
export async function startWireshark(program: string | null, path: string, frame: number): Promise<void> {
  if (program === null) throw new AppError('wireshark-not-found', 'Wireshark is not installed here, or not on the search path.');
  // No shell: the path is one argument whatever it holds; it is absolute, so that it is never taken for an option.
  const child = spawn(program, ['-g', String(frame), '-r', path], { detached: true, stdio: 'ignore' });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', () => reject(new AppError('wireshark-not-found', 'Wireshark could not be started.')));
  });
  child.unref();
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
