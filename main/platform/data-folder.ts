import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where this system keeps a program's settings: the XDG base directories, `%APPDATA%`, or `Library/Application Support`. */
export function dataFolder(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return join(env['APPDATA'] || join(homedir(), 'AppData', 'Roaming'), 'Drainspotter');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Drainspotter');
  const config = env['XDG_CONFIG_HOME'];
  // "All paths must be absolute; if a relative path is encountered, consider it invalid and ignore it."
  return join(config?.startsWith('/') ? config : join(homedir(), '.config'), 'drainspotter');
}
