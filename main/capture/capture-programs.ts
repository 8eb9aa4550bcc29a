import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { CaptureOptions } from '../../shared/model/capture.ts';
import { AppError } from '../app-error.ts';
import type { CaptureErrorCode } from './capture-protocol.ts';

/** A program that captures and writes classic pcap to its standard output. */
export type ProgramName = 'tcpdump' | 'dumpcap';

/** Where they are beside the search path: sbin is not on the path of people, Wireshark's installers have folders of their own. */
const USUAL_FOLDERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['/usr/sbin', '/sbin', '/usr/local/sbin'],
  darwin: ['/usr/sbin', '/Applications/Wireshark.app/Contents/MacOS', '/usr/local/bin', '/opt/homebrew/bin'],
  win32: ['C:\\Program Files\\Wireshark'],
};

/** Path of a program; null where it is not installed. */
export async function findProgram(name: ProgramName, env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): Promise<string | null> {
  const folders = [...(env['PATH'] ?? '').split(delimiter).filter(Boolean), ...(USUAL_FOLDERS[platform] ?? [])];
  for (const folder of folders) {
    const path = join(folder, platform === 'win32' ? `${name}.exe` : name);
    if (await access(path, constants.X_OK).then(() => true, () => false)) return path;
  }
  return null;
}

/** The arguments that capture one interface as pcap on standard output, each packet handed over when it is there. */
export function captureArguments(name: ProgramName, device: string, options: CaptureOptions): string[] {
  const { filter, snapLength, promiscuous, bufferMegabytes, immediate } = options;
  const common = ['-i', device, ...(snapLength > 0 ? ['-s', String(snapLength)] : []), ...(promiscuous ? [] : ['-p'])];
  if (name === 'tcpdump') {
    const args = [...common, '-n', '-U', '-w', '-', '-B', String(bufferMegabytes * 1024), '--time-stamp-precision=nano'];
    // A filter that begins with a hyphen is a filter.
    return [...args, ...(immediate ? ['--immediate-mode'] : []), ...(filter === '' ? [] : ['--', filter])];
  }
  return [...common, '-q', '-P', '-w', '-', '-B', String(bufferMegabytes), ...(filter === '' ? [] : ['-f', filter])];
}

export interface Compiled {
  /** Of the filter. */
  readonly instructions: number;
}

/** Opens the interface and compiles the filter for it, as a capture would, without capturing. */
export async function compileOn(name: ProgramName, program: string, device: string, filter: string): Promise<Compiled | AppError> {
  const args = name === 'tcpdump' ? ['-i', device, '-n', '-d', '--', filter] : ['-i', device, '-d', ...(filter === '' ? [] : ['-f', filter])];
  return compile(name, program, args, device);
}

/** Compiles a filter for Ethernet, which needs no rights; tcpdump alone can. */
export function compileForEthernet(program: string, filter: string): Promise<Compiled | AppError> {
  return compile('tcpdump', program, ['-y', 'EN10MB', '-n', '-d', '--', filter], 'Ethernet');
}

async function compile(name: ProgramName, program: string, args: readonly string[], device: string): Promise<Compiled | AppError> {
  const { code, out, err } = await run(program, args);
  const instructions = out.split('\n').filter((line) => /^\(\d+\)/.test(line.trim())).length;
  // dumpcap ends with 0 where it may not open the interface.
  if (code !== 0 || (instructions === 0 && /permission|no device|not up/i.test(err))) return describeFailure(name, device, err);
  return { instructions };
}

/** No answer of these programs is longer, and none takes longer. */
const MAX_ANSWER = 1 << 20;
const MAX_SECONDS = 10;

export function run(program: string, args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: MAX_SECONDS * 1000 });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out.length < MAX_ANSWER ? (out += chunk.toString()) : undefined));
    child.stderr.on('data', (chunk: Buffer) => (err.length < MAX_ANSWER ? (err += chunk.toString()) : undefined));
    child.once('error', (error) => resolve({ code: null, out, err: error.message }));
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

/** What a program's last words mean, for people. */
export function describeFailure(name: string, device: string, err: string): AppError {
  const said = compilerWords(name, err);
  if (/permission|not permitted|access denied/i.test(err)) return captureError('capture-not-permitted', `${name} may not capture on ${device}`);
  if (/no longer attached|disappeared|network is down|went down/i.test(err)) return captureError('interface-vanished', `the interface ${device} went away: the capture was ended, what was captured until then is in the file`);
  if (/is not up/i.test(err)) return captureError('interface-down', `the interface ${device} is not up: bring it up, or choose another (drainspotter interfaces)`);
  if (/no such device|no device named|doesn't exist|no interface/i.test(err)) return captureError('interface-not-found', `there is no interface ${device}: choose another (drainspotter interfaces)`);
  if (/filter|syntax error|expression|unknown (?:host|port)/i.test(err)) return captureError('filter-invalid', `the capture filter is not valid: ${said}`);
  return captureError('backend-failed', `${name} failed on ${device}: ${said === '' ? 'it said nothing' : said}`);
}

/** What the person can mend by other arguments; anything else is a capture that failed. */
const ARGUMENT_ERRORS: ReadonlySet<CaptureErrorCode> = new Set(['filter-invalid', 'interface-not-found', 'output-exists', 'output-unwritable']);

export function captureError(code: CaptureErrorCode, message: string): AppError {
  return new AppError(code, message, ARGUMENT_ERRORS.has(code) ? 2 : 4);
}

/** The compiler's own words, without the program's name and what it says at every start. */
function compilerWords(name: string, err: string): string {
  const inner = /isn't a valid capture filter \(([\s\S]*?)\)\.?\s*$/m.exec(err)?.[1];
  if (inner !== undefined) return inner.replace(/^can't parse filter expression: /, '');
  const lines = err
    .split('\n')
    .map((line) => line.replace(new RegExp(`^${name}: `), '').trim())
    .filter((line) => line !== '' && !/^(?:Capturing on|File:|listening on|cap_set_proc|Warning:|Packets )/i.test(line) && !/^\d+ packets /.test(line));
  return (lines[0] ?? '').replace(/^can't parse filter expression: /, '');
}
