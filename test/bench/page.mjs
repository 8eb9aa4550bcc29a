/* global document, requestAnimationFrame */
// node test/bench/page.mjs [--connections N] [--dist FOLDER] [--dir FOLDER]: how the grid of connections scrolls in Chromium.
// Prints frame times while scrolling, the time until a random place shows its rows, sort and filter, and the page's heap.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { defaultFolder, ensureCapture } from './shapes.mjs';

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '1000000' },
    dist: { type: 'string', default: 'dist' },
    dir: { type: 'string', default: defaultFolder() },
  },
});
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (!existsSync(CHROMIUM)) throw new Error('no Chromium is installed; set CHROMIUM to its path');

/** What the issue asks for. */
const LIMITS = { 'frame, median (ms)': 17, 'frame, 95th percentile (ms)': 34, 'jump, worst (ms)': 100, 'sort (ms)': 300, 'filter (ms)': 300, 'heap of the page (MB)': 100 };

const capture = ensureCapture('b', { folder: values.dir, size: Number(values.connections) / 530_000 });
const home = await mkdtemp(join(tmpdir(), 'drainspotter-bench-'));
const shell = spawn(process.execPath, [join(values.dist, 'cli', 'drainspotter.js'), 'open', '--no-open', '--port', '0', '--page', join(values.dist, 'page'), capture.path], {
  env: { ...process.env, XDG_CONFIG_HOME: home, HOME: home },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--enable-precise-memory-info', '--js-flags=--expose-gc'] });
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(await addressOf(shell));
  await page.getByRole('link', { name: /^Connections/ }).waitFor({ timeout: 60_000 });
  await page.getByRole('link', { name: /^Connections/ }).click();
  await page.waitForFunction(() => /^[\d,]+ of [\d,]+$/.test(document.querySelector('.shown')?.textContent?.trim() ?? ''), null, { timeout: 600_000 });
  // The last revision's rows and facets.
  await page.waitForTimeout(4000);
  console.log(`${await page.locator('.shown').innerText()} connections`);
  const measured = { ...(await page.evaluate(scroll)), ...(await answers(page)) };
  measured['heap of the page (MB)'] = await page.evaluate(() => {
    globalThis.gc?.();
    return performance.memory.usedJSHeapSize / 1e6;
  });
  console.table(Object.fromEntries(Object.entries(measured).map(([name, value]) => [name, { measured: Number(value.toFixed(1)), limit: LIMITS[name], good: value <= LIMITS[name] }])));
} finally {
  await browser.close();
  shell.kill('SIGTERM');
  await once(shell, 'exit');
  await rm(home, { recursive: true, force: true });
}

async function addressOf(child) {
  let printed = '';
  child.stdout.setEncoding('utf8');
  for await (const text of child.stdout) {
    printed += text;
    const address = /^http:\S+$/m.exec(printed)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error(`The shell ended without an address: ${printed}`);
}

/** In the page: 400 frames of scrolling by a few rows, then jumps to random places. */
async function scroll() {
  const grid = document.querySelector('[role="grid"]');
  const shown = () => {
    const { top, bottom } = grid.getBoundingClientRect();
    const rows = [...grid.querySelectorAll('[data-index]')].filter((row) => {
      const box = row.getBoundingClientRect();
      return box.bottom > top + 40 && box.top < bottom - 8;
    });
    return rows.length > 5 && rows.every((row) => row.getAttribute('aria-busy') === null);
  };
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const frames = [];
  let before = await frame();
  for (let i = 0; i < 400; i++) {
    grid.scrollTop += 90;
    const now = await frame();
    frames.push(now - before);
    before = now;
  }
  frames.sort((a, b) => a - b);
  const jumps = [];
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    grid.scrollTop = Math.random() * (grid.scrollHeight - grid.clientHeight);
    do await frame();
    while (!shown() && performance.now() - start < 5000);
    jumps.push(performance.now() - start);
  }
  return { 'frame, median (ms)': frames[200], 'frame, 95th percentile (ms)': frames[380], 'jump, worst (ms)': Math.max(...jumps) };
}

/** Times of a sort and of a filter, until their rows are there. */
async function answers(page) {
  const timed = async (act) => {
    const before = await page.locator('.shown').innerText();
    const start = Date.now();
    await act();
    await page.waitForFunction(() => document.querySelector('[role="grid"] [aria-rowindex="2"]:not([aria-busy])') !== null && !document.querySelector('.shown').textContent.includes('…'), null, { polling: 'raf', timeout: 30_000 });
    return { milliseconds: Date.now() - start, before };
  };
  const sort = await timed(() => page.getByRole('columnheader', { name: 'Duration' }).getByRole('button').click());
  await page.keyboard.press('/');
  await page.keyboard.type('closed_by:client requests:1');
  const filter = await timed(() => page.keyboard.press('Enter'));
  return { 'sort (ms)': sort.milliseconds, 'filter (ms)': filter.milliseconds };
}
