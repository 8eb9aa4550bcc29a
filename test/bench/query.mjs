// node test/bench/query.mjs [--size FACTOR] [--dir FOLDER] [--runs N] [--capture FILE]
//
// Times of the application's table: filters, sorts and facets of 1,000,000 connections, none remembered. The goal is
// 300 ms for each filter and each sort.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { defaultFolder, ensureCapture } from './shapes.mjs';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1.9' },
    dir: { type: 'string', default: defaultFolder() },
    runs: { type: 'string', default: '5' },
    capture: { type: 'string' },
  },
});
const GOAL = 300;
const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'drainspotter-bench-query-'));
try {
  const path = values.capture ?? ensureCapture('b', { folder: values.dir, size: Number(values.size) }).path;
  await build({
    root,
    logLevel: 'error',
    build: { outDir: scratch, emptyOutDir: true, rolldownOptions: { input: { 'query-times': join(root, 'test/bench/query-times.ts') } } },
  });
  const { queryTimes } = await import(pathToFileURL(join(scratch, 'query-times.js')).href);
  const times = await queryTimes(path, Number(values.runs));
  for (const [what, wall, processor, rows] of times) {
    const over = what.endsWith('facets') || wall <= GOAL ? '' : `  over ${GOAL} ms`;
    console.log(`${what.padEnd(50)} ${wall.toFixed(0).padStart(6)} ms ${processor.toFixed(0).padStart(6)} ms of processor ${String(rows).padStart(9)} rows${over}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
