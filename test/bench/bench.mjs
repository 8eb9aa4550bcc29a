// npm run bench -- [--size FACTOR] [--dir FOLDER] [--runs N] [--limit SECONDS] [--shapes a,b,c,tls] [--no-peers]
//
// Generates the captures of shapes.mjs, checks that the report counts what was generated, and prints wall times of whole
// processes, page cache warm, against `capinfos -c` (runs in pairs) and against the other tools that are installed.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { defaultFolder, ensureCapture, shapeNames, shapeTitle } from './shapes.mjs';
import { benchTls } from './tls.mjs';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1' },
    dir: { type: 'string', default: defaultFolder() },
    runs: { type: 'string', default: '5' },
    limit: { type: 'string', default: '60' },
    shapes: { type: 'string', default: [...shapeNames, 'tls'].join(',') },
    'no-peers': { type: 'boolean', default: false },
  },
});
const size = Number(values.size), runs = Number(values.runs), limit = Number(values.limit);
const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'drainspotter-bench-run-'));
const cli = join(scratch, 'dist/cli/drainspotter.js');

/** What is asked of us, at full size: most times as long as `capinfos -c`, and the like. */
const GOALS = { a: { capinfos: 2.2, tshark: 40 }, b: { capinfos: 1.7, tshark: 40, megabytes: 160 }, c: { capinfos: 1.3, megabytes: 160 } };

const failures = [];
try {
  // What is measured is what the sources are now.
  await build({ root, logLevel: 'error', build: { outDir: join(scratch, 'dist'), emptyOutDir: true } });
  for (const shape of values.shapes.split(',')) await (shape === 'tls' ? benchDecrypting() : benchShape(shape));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const failure of failures) console.error(`WRONG COUNT: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);

async function benchShape(shape) {
  const capture = ensureCapture(shape, { folder: values.dir, size });
  const small = ensureCapture(shape, { folder: values.dir, size: size / 10 });
  console.log(`\n(${shape}) ${shapeTitle(shape)}: ${megabytes(capture.bytes)} MB, ${capture.packets} packets, ${capture.connections} connections, ${capture.requests} exchanges`);
  await checkCounts(capture, shape);

  const ours = [], capinfos = [], ratios = [];
  const hasCapinfos = isInstalled('capinfos');
  await run(analyzeCommand(small.path));
  for (let pair = 0; pair < runs; pair++) {
    ours.push(await run(analyzeCommand(capture.path)));
    if (!hasCapinfos) continue;
    capinfos.push(await run(['capinfos', '-c', capture.path]));
    ratios.push(ours.at(-1).seconds / capinfos.at(-1).seconds);
  }
  const smalls = [];
  for (let count = 0; count < runs; count++) smalls.push(await run(analyzeCommand(small.path)));
  const seconds = median(ours.map((one) => one.seconds));
  const goals = size === 1 ? GOALS[shape] : {};
  const rows = [['', 'seconds', 'ours is', 'peak MB', 'goal']];
  const peak = Math.max(...ours.map((one) => one.megabytes));
  rows.push(['drainspotter', seconds.toFixed(3), '', peak.toFixed(0), goals.megabytes ? `at most ${goals.megabytes} MB` : '']);
  if (hasCapinfos) {
    const times = median(capinfos.map((one) => one.seconds));
    rows.push(['capinfos -c', times.toFixed(3), `${median(ratios).toFixed(2)} times as long`, capinfos[0].megabytes.toFixed(0), goals.capinfos ? `at most ${goals.capinfos}` : '']);
  }
  if (!values['no-peers']) {
    for (const [name, command] of peers(capture.path)) {
      if (command === null) {
        rows.push([name, 'not installed', '', '', '']);
        continue;
      }
      const peer = await run(command, limit).catch(() => null);
      if (peer === null) {
        rows.push([name, 'failed', '', '', '']);
        continue;
      }
      const factor = peer.seconds / seconds;
      const wanted = name.startsWith('tshark') && goals.tshark ? `at least ${goals.tshark}` : '';
      rows.push([name, peer.late ? `> ${limit}` : peer.seconds.toFixed(2), `${peer.late ? '> ' : ''}${factor.toFixed(1)} times as fast`, peer.late ? '' : peer.megabytes.toFixed(0), wanted]);
    }
  }
  printTable(rows);
  const perByte = (capturesSeconds, bytes) => (capturesSeconds * 1e9) / bytes;
  const [one, ten] = [perByte(median(smalls.map((run) => run.seconds)), small.bytes), perByte(seconds, capture.bytes)];
  console.log(`time per byte: ${one.toFixed(3)} ns at ${megabytes(small.bytes)} MB, ${ten.toFixed(3)} ns at ${megabytes(capture.bytes)} MB; peak ${Math.max(...smalls.map((run) => run.megabytes)).toFixed(0)} and ${peak.toFixed(0)} MB`);
}

async function benchDecrypting() {
  const analyze = async (args) => {
    const { cpuSeconds, seconds } = await run(analyzeCommand(...args));
    return { processor: cpuSeconds, clock: seconds };
  };
  const count = async (args) => (await summaryOf(args)).responses;
  // In the smaller one the start of the program is the most of it.
  for (const megabytes of [100, 400]) await benchTls({ folder: scratch, megabytes: Math.max(1, Math.round(megabytes * size)), runs, analyze, count, median, printTable });
}

function analyzeCommand(path, ...rest) {
  return [process.execPath, cli, 'analyze', path, ...rest, '--quiet', '--format', 'text'];
}

/** The other tools, as a user would run them; null where one is not installed. */
function peers(path) {
  const counting = "const { parse } = require(process.argv[1]); let n = 0; parse(process.argv[2]).on('packet', () => n++).on('end', () => console.log(n));";
  const parser = existsSync(join(root, 'node_modules/pcap-parser')) ? [process.execPath, '-e', counting, join(root, 'node_modules/pcap-parser'), path] : null;
  return [
    ['tshark -z http,tree', installed('tshark', '-r', path, '-q', '-z', 'http,tree')],
    ['tcptrace -n', installed('tcptrace', '-n', path)],
    ['tcpflow', installed('tcpflow', '-r', path, '-o', mkdtempSync(join(scratch, 'flows-')))],
    ['pcap-parser, counting', parser],
  ];
}

function installed(...command) {
  return isInstalled(command[0]) ? command : null;
}

function isInstalled(tool) {
  return spawnSync('which', [tool]).status === 0;
}

/** One process from start to end. GNU time tells its memory and processor time; without it, the one stays unknown, and the other is the time that went by. */
async function run(command, seconds = 600) {
  const time = existsSync('/usr/bin/time') ? ['/usr/bin/time', '-f', 'peak %M cpu %U %S'] : [];
  const [program, ...rest] = [...time, ...command];
  const start = performance.now();
  // A group of its own, so that the tool dies with the `time` that started it.
  const child = spawn(program, rest, { cwd: scratch, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid, 'SIGKILL');
  }, seconds * 1000);
  let errors = '';
  child.stderr.setEncoding('latin1').on('data', (piece) => (errors = (errors + piece).slice(-4096)));
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const elapsed = (performance.now() - start) / 1000;
  clearTimeout(timer);
  if (!late && status !== 0) throw new Error(`${command.join(' ')} exits with ${status}: ${errors}`);
  const peak = /peak (\d+) cpu/.exec(errors)?.[1];
  const cpu = /cpu ([\d.]+) ([\d.]+)/.exec(errors);
  return { seconds: elapsed, cpuSeconds: cpu === null ? elapsed : Number(cpu[1]) + Number(cpu[2]), late, megabytes: peak === undefined ? Number.NaN : (Number(peak) * 1024) / 1e6 };
}

/** The last line of the NDJSON report is its summary; the rest is let go as it comes. */
async function summaryOf(args) {
  const child = spawn(process.execPath, [cli, 'analyze', ...args, '--quiet', '--format', 'ndjson'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let tail = '';
  for await (const piece of child.stdout.setEncoding('latin1')) tail = (tail + piece).slice(-65536);
  return JSON.parse(tail.trimEnd().split('\n').at(-1)).summary;
}

async function checkCounts(capture, shape) {
  const summary = await summaryOf([capture.path]);
  for (const what of ['connections', 'requests', 'responses']) {
    if (summary[what] !== capture[what]) failures.push(`(${shape}) ${summary[what]} ${what}, generated were ${capture[what]}`);
  }
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(0);
}

function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('   ').trimEnd());
}
