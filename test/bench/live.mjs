// node test/bench/live.mjs [--seconds 20] [--senders 2] [--backends tcpdump,dumpcap,cap] [--rate 0]
//
// Live capture under load: UDP datagrams of 100 bytes on lo, as many as the senders can (or --rate a second together),
// while `drainspotter capture` captures them with each backend. Prints what was sent, captured and lost, and the peak
// memory of each process. Needs Linux, root, and a build (npm run build).
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    senders: { type: 'string', default: '2' },
    backends: { type: 'string', default: 'tcpdump,dumpcap,cap' },
    rate: { type: 'string', default: '0' },
  },
});
const seconds = Math.min(120, Number(values.seconds)), senders = Math.min(8, Number(values.senders));
const cli = join(process.env['DRAINSPOTTER_DIST'] ?? 'dist', 'cli', 'drainspotter.js');

/** Sends until its time is over, then prints how many; to a socket of its own, which nobody reads. */
const SENDER = `
const socket = require('dgram').createSocket('udp4');
const body = Buffer.alloc(100, 120);
const until = Date.now() + ${seconds * 1000}, began = Date.now(), rate = ${Number(values.rate) / senders};
let sent = 0, waiting = 0;
socket.bind(0, '127.0.0.1', () => { const { port } = socket.address(); socket.connect(port, '127.0.0.1', step); socket.on('message', () => undefined); });
function step() {
  const due = rate === 0 ? Infinity : rate * (Date.now() - began) / 1000;
  for (let i = 0; i < 256 && waiting < 1024 && sent < due; i++) { waiting++; sent++; socket.send(body, () => waiting--); }
  if (Date.now() < until) setImmediate(step);
  else setTimeout(() => { console.log(sent); process.exit(); }, 200);
}`;

console.log('backend    sent/s      sent  captured   dropped   peak MB: command  helper  program');
for (const backend of values.backends.split(',')) {
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-load-'));
  try {
    await measure(backend, join(folder, 'load.pcapng'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(backend, path) {
  const command = spawn(process.execPath, [cli, 'capture', '-i', 'lo', '-f', 'udp', '--backend', backend, '--format', 'ndjson', '--out', path], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  command.stderr.on('data', (chunk) => (said += chunk));
  const ended = new Promise((resolve) => command.once('close', resolve));
  for (let i = 0; i < 300 && !said.includes('listening on') && command.exitCode === null; i++) await delay(50);
  if (!said.includes('listening on')) return console.log(`${backend.padEnd(8)} ${said.trim()}`);
  const [helper] = childrenOf(command.pid);
  const [program] = childrenOf(helper);
  const counts = await Promise.all(Array.from({ length: senders }, () => send()));
  const sent = counts.reduce((sum, count) => sum + count, 0);
  await delay(1500);
  const peaks = [command.pid, helper, program].map((pid) => (pid === undefined ? '-' : String(peakOf(pid))));
  command.kill('SIGINT');
  await ended;
  const [, captured, dropped] = /captured ([\d,]+) packets?, .*?, (?:([\d,]+) dropped|drops unknown)/.exec(said) ?? [];
  const cells = [backend.padEnd(8), Math.round(sent / seconds).toLocaleString('en').padStart(8), String(sent).padStart(9), String(captured?.replaceAll(',', '')).padStart(9), (dropped ?? '?').padStart(9), peaks[0].padStart(17), peaks[1].padStart(7), peaks[2].padStart(8)];
  console.log(cells.join(' '));
}

function send() {
  const child = spawn(process.execPath, ['-e', SENDER], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  return new Promise((resolve) => child.once('close', () => resolve(Number(out))));
}

function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

/** Megabytes. */
function peakOf(pid) {
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}
