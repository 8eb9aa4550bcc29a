import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openCapture } from '../../main/capture/capture-set.ts';
import { setTimeout as delay } from 'node:timers/promises';

/** Where the build lies that is tested; `npm test` makes it. */
const DIST = process.env['DRAINSPOTTER_DIST'] ?? 'dist';
const CLI = join(DIST, 'cli', 'drainspotter.js');

/** Why live capture cannot be tested here; null where it can: Linux, root, tcpdump. */
export const NOT_LIVE: string | null =
  process.platform !== 'linux' ? 'not Linux' : process.getuid?.() !== 0 ? 'not root' : !has('tcpdump') ? 'tcpdump is not installed' : !mayCapture() ? 'this container may not capture' : null;

export function has(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').concat('/usr/sbin', '/sbin').some((folder) => existsSync(join(folder, program)));
}

function mayCapture(): boolean {
  try {
    execFileSync('tcpdump', ['-i', 'lo', '-d'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A command of the built product that is running. */
export class Running {
  readonly child: ChildProcess;
  out = '';
  err = '';
  private readonly ended: Promise<number | null>;

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr!.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** When standard error says this. */
  async says(pattern: RegExp, seconds = 15): Promise<void> {
    for (let i = 0; i < seconds * 50 && !pattern.test(this.err); i++) {
      if (this.child.exitCode !== null) break;
      await delay(20);
    }
    if (!pattern.test(this.err)) throw new Error(`did not say ${pattern}: ${this.err}${this.out.slice(0, 500)}`);
  }

  /** Ctrl-C; the exit code. */
  stop(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.ended;
  }

  end(): Promise<number | null> {
    return this.ended;
  }

  /** Its child processes, by the kernel. */
  children(pid = this.child.pid!): number[] {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  }
}

export function drainspotter(...args: string[]): Running {
  return new Running(process.execPath, [CLI, ...args]);
}

/** `drainspotter capture`, once it listens. */
export async function capture(...args: string[]): Promise<Running> {
  const running = drainspotter('capture', ...args);
  await running.says(/^listening on/m);
  return running;
}

/** tcpdump by itself, once it listens; its buffer of 2 MB by default loses some of the large packets of lo. */
export async function tcpdump(device: string, path: string, filter: string): Promise<Running> {
  const running = new Running('tcpdump', ['-i', device, '-n', '-U', '-B', '8192', '-w', path, '-Z', 'root', filter]);
  await running.says(/listening on/);
  return running;
}

export async function analyzed(path: string): Promise<Report> {
  const running = drainspotter('analyze', path, '--format', 'json');
  const code = await running.end();
  if (code !== 0) throw new Error(`analyze: ${code} ${running.err}`);
  return JSON.parse(running.out) as Report;
}

export async function packetsIn(path: string): Promise<number> {
  const set = await openCapture([path]);
  let count = 0;
  while (await set.next()) count += set.to - set.from;
  set.close();
  return count;
}

export interface Report {
  captures: { path: string; packets: number; complete: boolean; anomalies: { code: string }[] }[];
  summary: { connections: number; requests: number; keepAliveProbes: number };
  connections: { client: object; server: object; exchanges: unknown[]; close: { cause: string; confidence: string; kind: string } }[];
  findings: { rule: string; confidence: string; severity: string; connections: number[]; evidence: unknown[] }[];
}

export const BIG = 300_000;

/** A server that answers everything, `/big` with 300 kB; it never closes by itself. */
export async function serve(): Promise<{ port: number; close(): void }> {
  const body = Buffer.alloc(BIG, 'x');
  const server = http.createServer((request, response) => response.end(request.url === '/big' ? body : 'ok'));
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** One GET; read to its end, or given up at its head. */
export function get(host: string, port: number, path: string, agent: http.Agent | false, drained = true): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host, port, path, agent }, (response) => {
      if (drained) response.resume().on('end', resolve);
      else {
        response.destroy();
        resolve();
      }
    });
    request.on('error', reject);
  });
}

/** Drained requests on one connection, undrained ones on one each, and one connection that idles on probes between two requests; about 3 s. */
export async function traffic(host: string, port: number): Promise<void> {
  const drained = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 3; i++) await get(host, port, '/', drained);
  for (let i = 0; i < 2; i++) {
    await get(host, port, '/big', new http.Agent({ keepAlive: true }), false);
    await delay(50);
  }
  const idling = new http.Agent({ keepAlive: true, keepAliveMsecs: 1000, maxSockets: 1 });
  await get(host, port, '/', idling);
  await delay(2600);
  await get(host, port, '/', idling);
  drained.destroy();
  idling.destroy();
  await delay(200);
}
