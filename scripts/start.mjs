// `npm start`: sets up what is missing, then starts the application, in a window where Electron is there or can be
// fetched, else in the browser. `npm start -- COMMAND …` is the command line.
import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { electronProgram, fetchElectron } from './electron-runtime.mjs';
import { builtCli, root, setUp } from './setup.mjs';

const SHELLS = ['browser', 'electron'];
/** A window that ends sooner than this, and badly, never came up: no sandbox, a library missing. */
const FAILED_START_MILLISECONDS = 5000;

setUp();
// npm changes into the project's folder; the paths on the command line are relative to where npm was called.
if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
endWithNpm();
const { shell, rest } = takeShell(process.argv.slice(2));

if (isCommandLine(rest)) await commandLine(rest);
else if (await wantsWindow()) await startWindow();
else await commandLine(['open', ...rest]);

/** A word is a command, and so are options of the command line itself; all else is captures and options of `open`. */
function isCommandLine([first]) {
  return first !== undefined && (/^[a-z]+(?:-[a-z]+)*$/.test(first) || ['--help', '-h', '--version', '-V'].includes(first));
}

async function wantsWindow() {
  if (shell === 'browser') return false;
  // What only the browser shell knows.
  const browserOnly = rest.some((arg) => /^--(?:no-open|folder|port|page)(?:=|$)/.test(arg));
  if (browserOnly && shell !== 'electron') return false;
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    return say('There is no display for a window; the page is served instead.');
  }
  if (electronProgram() !== null) return true;
  // Where the host cannot be reached this is over at once, and one line says all.
  const patience = setTimeout(() => console.error('Fetching Electron, once …'), 2000);
  const reason = await fetchElectron();
  clearTimeout(patience);
  return reason === null || say(`Electron is not here (${reason}); the page opens in the browser instead.`);
}

async function startWindow() {
  const files = rest.filter((arg) => !arg.startsWith('--'));
  const startedAt = performance.now();
  const child = spawn(electronProgram(), [root, ...files], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('exit', (status) => resolve(status ?? 0));
  });
  if (code !== 0 && performance.now() - startedAt < FAILED_START_MILLISECONDS) {
    say(`The window did not start (exit code ${code}); the page opens in the browser instead.`);
    return commandLine(['open', ...files]);
  }
  process.exitCode = code;
}

async function commandLine(args) {
  process.argv.splice(1, Infinity, builtCli, ...args);
  await import(pathToFileURL(builtCli).href);
}

/** npm that is ended does not end what it started: a server would stay behind, unseen. */
function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}

function takeShell(args) {
  const rest = [];
  let shell = null;
  for (const arg of args) {
    const value = /^--shell=(.*)$/.exec(arg)?.[1];
    if (value === undefined) rest.push(arg);
    else if (SHELLS.includes(value)) shell = value;
    else {
      console.error(`There is no shell "${value}": --shell=browser or --shell=electron.`);
      process.exit(2);
    }
  }
  return { shell, rest };
}

function say(line) {
  console.error(line);
  return false;
}
