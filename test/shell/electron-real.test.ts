import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElectronApplication, Page } from 'playwright-core';
import { _electron } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { electronProgram } from '../../scripts/electron-runtime.mjs';

const ROOT = join(import.meta.dirname, '../..');
/** Looked for, never fetched. */
const program = electronProgram();
const display = process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);

describe.skipIf(program === null || !display)("the real Electron (needs its runtime and a display: npm start fetches the runtime)", () => {
  let home: string;
  let app: ElectronApplication;
  let page: Page;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'drainspotter-real-'));
    const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
    app = await _electron.launch({ executablePath: program!, args: [ROOT, join(ROOT, 'resources/samples/undrained-go.pcap')], env: { ...env, XDG_CONFIG_HOME: home } });
    page = await app.firstWindow();
  }, 60_000);
  afterAll(async () => {
    await app?.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('opens the capture of its command line', async () => {
    expect(page.url()).toMatch(/^app:\/\/drainspotter\//);
    await page.getByRole('heading', { level: 1 }).getByText('4 requests').waitFor();
  });

  it('gives the page its two functions and nothing of Node', async () => {
    expect(await page.evaluate('[typeof require, typeof process, Object.keys(drainspotter).join()]')).toEqual(['undefined', 'undefined', 'connect,filePath']);
  });

  it('has its window in a sandbox', async () => {
    const preferences = await app.evaluate(({ BrowserWindow }) => (BrowserWindow.getAllWindows()[0]!.webContents as unknown as { getLastWebPreferences(): object }).getLastWebPreferences());
    expect(preferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false });
  });

  it('asks the network for nothing, and stays where it is', async () => {
    expect(await page.evaluate("fetch('https://example.com/').then(() => 'reached', () => 'refused')")).toBe('refused');
    await page.evaluate("void (location.href = 'https://example.com/')");
    expect(page.url()).toMatch(/^app:\/\/drainspotter\//);
  });
});
