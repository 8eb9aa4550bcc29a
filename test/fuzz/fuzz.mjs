// npm run fuzz -- [--count 200000] [--seed 1] [--seconds 1800] [--workers N]
//
// Damages captures and analyses them, in worker threads that are watched: a mutation that does not come back is named
// and ends the run. A failure is one line with its number; `--seed NUMBER --count 1` does that one again.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'vite';

/** A worker is not heard of for so long: its mutation hangs. */
const HANG_MILLISECONDS = 20_000;
const MOST_MEMORY = 1e9;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '1800' },
    workers: { type: 'string', default: String(Math.min(4, availableParallelism())) },
  },
});
const root = fileURLToPath(new URL('../../', import.meta.url));
const count = Number(values.count), seed = Number(values.seed), workers = Math.min(Number(values.workers), Number(values.count));
const folder = mkdtempSync(join(tmpdir(), 'drainspotter-fuzz-build-'));
try {
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: { ssr: true, target: 'node20', outDir: folder, rolldownOptions: { input: join(root, 'test/fuzz/worker.ts'), output: { entryFileNames: 'worker.mjs' } } },
    ssr: { noExternal: true },
  });
  const shared = join(root, '../shared/captures/');
  const folders = ['corpora/', 'corpora/extra/', 'lab/'].map((name) => join(shared, name));
  if (!existsSync(shared)) console.log('The captures in ../shared are not there: only those made here are damaged.');
  const share = Math.ceil(count / workers);
  const start = performance.now();
  const results = await Promise.all(Array.from({ length: workers }, (_, at) => runWorker({
    folders,
    first: seed + at * share,
    count: Math.min(share, count - at * share),
    seconds: Number(values.seconds),
    // Threads share the process's memory.
    mostMemory: MOST_MEMORY,
  })));
  const failures = results.flatMap((result) => result.failures);
  for (const { number, story, what } of failures) console.log(`--seed ${number} --count 1: ${what}\n    (${story})`);
  const ran = results.reduce((sum, result) => sum + result.ran, 0);
  const slowest = results.map((result) => result.slowest).sort((a, b) => b.milliseconds - a.milliseconds)[0];
  console.log(`${ran} of ${count} mutations in ${Math.round((performance.now() - start) / 1000)} s, `
    + `${results.reduce((sum, result) => sum + result.refused, 0)} refused as no capture, ${failures.length} failures; `
    + `slowest ${Math.round(slowest.milliseconds)} ms (--seed ${slowest.number}), at most ${Math.round(Math.max(...results.map((result) => result.peakMemory)) / 1e6)} MB resident`);
  process.exitCode = failures.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
/** One shard; a mutation that hangs is a failure of its own. */
function runWorker(options) {
  return new Promise((resolve, reject) => {
    const current = new Int32Array(new SharedArrayBuffer(8));
    const worker = new Worker(join(folder, 'worker.mjs'), { workerData: { ...options, current } });
    let last = -1, since = performance.now();
    const watch = setInterval(() => {
      const now = Atomics.load(current, 0);
      // 0: it still reads the captures.
      if (now !== last || now === 0) {
        last = now;
        since = performance.now();
      } else if (performance.now() - since > HANG_MILLISECONDS) {
        clearInterval(watch);
        void worker.terminate();
        const failure = { number: now, story: 'never came back', what: `hangs for more than ${HANG_MILLISECONDS / 1000} s` };
        resolve({ ran: now - options.first, refused: 0, failures: [failure], slowest: { milliseconds: HANG_MILLISECONDS, number: now }, peakMemory: 0 });
      }
    }, 250);
    worker.once('message', (result) => {
      clearInterval(watch);
      resolve(result);
    });
    worker.once('error', (error) => {
      clearInterval(watch);
      reject(error);
    });
  });
}
