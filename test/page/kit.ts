import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { CHROMIUM, launchChromium } from '../kit/chromium.ts';

/** Where the build lies that is tested; `npm test` makes it. */
const DIST = process.env['DRAINSPOTTER_DIST'] ?? 'dist';
/** Screenshots, for people to look at. */
const SHOTS = join('out', 'screenshots');

/** Tests of the page in a real browser; skipped, and said so, where there is none. */
export const describePage: typeof describe = (CHROMIUM === null ? describe.skip : describe) as typeof describe;

export const SIZES = [
  { width: 1280, height: 720 },
  { width: 1920, height: 1080 },
] as const;
export const THEMES = ['light', 'dark'] as const;

/** The browser shell in a process of its own, as people start it, with settings that nobody has touched. */
export class TestShell {
  private readonly process: ChildProcess;
  private readonly home: string;
  readonly address: string;
  /** Of the browser that has its session. */
  context: BrowserContext | null = null;

  private constructor(process: ChildProcess, home: string, address: string) {
    this.process = process;
    this.home = home;
    this.address = address;
  }

  /** @param args files to open, and options of `drainspotter open` */
  static async start(...args: string[]): Promise<TestShell> {
    const home = await mkdtemp(join(tmpdir(), 'drainspotter-page-'));
    const child = spawn(process.execPath, [join(DIST, 'cli', 'drainspotter.js'), 'open', '--no-open', '--port', '0', '--page', join(DIST, 'page'), ...args], {
      env: { ...process.env, XDG_CONFIG_HOME: home, HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout!.setEncoding('utf8');
    for await (const text of child.stdout! as AsyncIterable<string>) {
      printed += text;
      const address = /^http:\S+$/m.exec(printed)?.[0];
      if (address !== undefined) return new TestShell(child, home, address);
    }
    await rm(home, { recursive: true, force: true });
    throw new Error(`The shell ended without an address: ${printed}`);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const exited = once(this.process, 'exit');
      this.process.kill('SIGTERM');
      await exited;
    }
    await rm(this.home, { recursive: true, force: true });
  }
}

/** What a page must not do while it is used. */
export interface Complaints {
  /** Console errors, uncaught errors, and violations of the content security policy. */
  readonly list: string[];
}

/**
 * Opens the page of a shell, in a tab of its own; what it complains about is collected from its first moment. `before`:
 * what must stand before it is loaded.
 */
export async function openPage(browser: Browser, shell: TestShell, before: (page: Page) => Promise<unknown> = () => Promise.resolve()): Promise<{ page: Page; complaints: Complaints }> {
  // The address lets one browser in; its further tabs have its session.
  const address = shell.context === null ? shell.address : new URL('/', shell.address).href;
  shell.context ??= await browser.newContext({ viewport: SIZES[0], colorScheme: 'light', reducedMotion: 'reduce', acceptDownloads: true, permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await shell.context.newPage();
  // A step that hangs is named by its own line, not by the end of the test.
  page.setDefaultTimeout(60_000);
  const list: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') list.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => list.push(`uncaught: ${error.message}`));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`CSP ${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile ?? ''}:${event.lineNumber}`));
  });
  await before(page);
  await page.goto(address);
  return { page, complaints: { list } };
}

/** Launches the browser that `describePage` has made sure of. */
export function launch(): Promise<Browser> {
  return launchChromium();
}

/** Every screen is held against axe's rules in both themes. */
export async function expectAccessible(page: Page, theme: (typeof THEMES)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  // Given to the page's own world past the policy, which the page itself cannot.
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[] }> } };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${String(target)} ${failureSummary ?? ''}`));
  });
  await page.emulateMedia({ colorScheme: 'light' });
  expect(violations, `axe, ${theme}`).toEqual([]);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Pictures of the page as it is, in both sizes and themes: out/screenshots/NAME-THEME-WIDTH.png. */
export async function shoot(page: Page, name: string): Promise<void> {
  await mkdir(SHOTS, { recursive: true });
  const before = page.viewportSize();
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const theme of THEMES) {
      await page.emulateMedia({ colorScheme: theme });
      // Two frames: canvases are drawn anew for the theme.
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      await page.screenshot({ path: join(SHOTS, `${name}-${theme}-${size.width}.png`) });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  if (before !== null) await page.setViewportSize(before);
}

/** A capture that comes along. */
export function sample(name: string): string {
  return join('resources', 'samples', name);
}

/** A capture of the lab, where it is at hand; null where it is not. */
export function labCapture(name: string): string | null {
  const path = join('..', 'shared', 'captures', 'lab', name);
  return existsSync(path) ? path : null;
}
