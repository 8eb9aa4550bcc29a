// Where Electron's runtime is, and fetching it. The `electron` package is never loaded for this: loading it downloads.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';

/** A host that does not answer within this time is not reachable; a download may take longer. */
const REACH_MILLISECONDS = 5000;
const DOWNLOAD_MILLISECONDS = 180_000;

/** The runtime's program; null where it is not there. */
export function electronProgram() {
  const folder = electronPackage();
  if (folder === null) return null;
  try {
    const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
    const dist = override || join(folder, 'dist');
    // Written when the runtime was unpacked as a whole.
    const path = join(dist, override && !existsSync(join(folder, 'path.txt')) ? 'electron' : readFileSync(join(folder, 'path.txt'), 'utf8'));
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/** Fetches the runtime by the package's own installer, which also finds it in its cache. Null, or why it could not. */
export async function fetchElectron() {
  const folder = electronPackage();
  if (folder === null) return 'its package is not installed';
  const installer = spawn(process.execPath, [join(folder, 'install.js')], { stdio: 'ignore' });
  const installed = new Promise((resolve) => {
    installer.once('error', () => resolve('its installer did not start'));
    installer.once('exit', (code) => resolve(code === 0 && electronProgram() !== null ? null : 'it could not be downloaded'));
  });
  const reason = await Promise.race([installed, unreachable(), after(DOWNLOAD_MILLISECONDS, 'the download took too long')]);
  installer.kill();
  return reason;
}

/** Resolves, with why, if the host of the downloads does not answer; else never. */
function unreachable() {
  const host = process.env.ELECTRON_MIRROR || process.env.npm_config_electron_mirror || 'https://github.com/';
  return new Promise((resolve) => {
    fetch(host, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(REACH_MILLISECONDS) }).catch(() => resolve(`${new URL(host).hostname} cannot be reached`));
  });
}

function after(milliseconds, reason) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, reason).unref());
}

function electronPackage() {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  } catch {
    return null;
  }
}
