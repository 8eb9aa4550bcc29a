// Set-up on a machine where nothing was done yet. Uses node alone: it runs before any package is there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => join(root, ...parts);
export const builtCli = at('dist', 'cli', 'drainspotter.js');
const builtPage = at('dist', 'page', 'index.html');
const builtPreload = at('dist', 'electron', 'preload.cjs');
const buildInputs = ['main', 'renderer', 'shared', 'package.json', 'package-lock.json', 'vite.config.ts', 'vite.page.config.ts', 'vite.preload.config.ts', 'tsconfig.json'];
/** In this order: the first empties dist. */
export const builds = [
  ['vite', 'build', '--logLevel', 'warn'],
  ['vite', 'build', '--config', 'vite.page.config.ts', '--logLevel', 'warn'],
  ['vite', 'build', '--config', 'vite.preload.config.ts', '--logLevel', 'warn'],
];

/** Installs the packages if they are not those of the lock file, then builds what is missing or outdated. */
export function setUp() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) fail(`Drainspotter needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  if (!packagesMatchLock()) {
    console.error('Installing the packages of package-lock.json (npm ci) …');
    npm('ci', '--no-audit', '--no-fund');
  }
  if (!isBuilt()) build();
}

/** Runs the build, printing it only if it fails. */
export function build() {
  console.error('Building the program and its page (vite build) …');
  for (const [name, ...args] of builds) {
    const result = spawnSync(process.execPath, [packageBin(name, name), ...args], { cwd: root, stdio: ['ignore', 2, 2] });
    if (result.status !== 0) fail('The build failed; its messages are above.');
  }
}

/** Path of a package's command, to be run by this same node. */
export function packageBin(name, command) {
  const manifest = createRequire(at('package.json')).resolve(`${name}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[command]);
}

/**
 * Compares contents, not dates: switching branches touches the lock file without changing it. Optional packages may be
 * missing (another platform, no compiler).
 */
function packagesMatchLock() {
  try {
    const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages;
    const installed = JSON.parse(readFileSync(at('node_modules', '.package-lock.json'), 'utf8')).packages;
    return Object.entries(wanted).every(
      ([path, { version, optional }]) => path === '' || installed[path]?.version === version || (optional && !installed[path]),
    );
  } catch {
    return false;
  }
}

function isBuilt() {
  // One of each build: one that stopped between two left the others missing, or older.
  const outputs = [builtCli, builtPage, builtPreload];
  if (!outputs.every((path) => existsSync(path))) return false;
  const built = Math.min(...outputs.map((path) => statSync(path).mtimeMs));
  return buildInputs.every((input) => newest(at(input)) <= built);
}

/** Folders count too: a deleted file changes only its folder's date. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), stat.mtimeMs);
}

function npm(...args) {
  const viaNode = process.env.npm_execpath?.endsWith('.js');
  const result = viaNode
    ? spawnSync(process.execPath, [process.env.npm_execpath, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (result.status !== 0) fail(`npm ${args[0]} failed; its messages are above.`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
