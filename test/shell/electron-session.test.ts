import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, launchChromium } from '../kit/chromium.ts';
import { openElectronPage } from '../kit/electron-page.ts';
import { ElectronShell } from '../kit/electron-shell.ts';

const ROOT = join(import.meta.dirname, '../..');
const DIST = join(ROOT, 'dist');

/* The main process over the fake Electron, the page and the preload script as they are built, in Chromium. */
describe.skipIf(CHROMIUM === null)('a session in the desktop window (needs Chromium)', () => {
  let browser: Browser;
  let shell: ElectronShell;
  let page: Page;
  let complaints: string[];
  let capture: string;

  beforeAll(async () => {
    browser = await launchChromium();
    shell = await ElectronShell.start([], ({ fake }, folder) => {
      capture = join(folder, 'orders.pcap');
      copyFileSync(join(ROOT, 'resources', 'samples', 'undrained-go.pcap'), capture);
      fake.openDialog = [capture];
      fake.saveDialog = join(folder, 'reuse.html');
    });
    ({ page, complaints } = await openElectronPage(browser, shell, DIST, { 'dropped.pcap': capture }));
  });
  afterAll(async () => {
    await browser?.close();
    await shell?.stop();
  });
  afterEach(() => expect(complaints).toEqual([]));

  const headline = () => page.getByRole('heading', { level: 1 });

  it('begins without anything of Electron or Node in the page', async () => {
    await page.getByRole('heading', { name: 'Drop a capture here' }).waitFor();
    expect(await page.evaluate('[typeof require, typeof process, typeof module, typeof electron, Object.keys(drainspotter).join()]')).toEqual(['undefined', 'undefined', 'undefined', 'undefined', 'connect,filePath']);
    expect(await page.evaluate('[drainspotter.filePath(null), drainspotter.filePath("/etc/passwd"), drainspotter.filePath({})]')).toEqual(['', '', '']);
  });

  it('opens what is chosen in the dialog, and analyses it', async () => {
    await page.getByRole('button', { name: /^Choose a file/ }).click();
    await headline().getByText('4 requests').waitFor();
    expect(shell.electron.fake.of('app.addRecentDocument')).toEqual([[capture]]);
  });

  it('shows its connections, a page at a time', async () => {
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Connections' }).click();
    const grid = page.getByRole('grid', { name: 'Connections' });
    await grid.getByRole('row', { name: /undrained|Body|body/ }).first().waitFor();
    expect(await grid.getAttribute('aria-rowcount')).toMatch(/^[45]$/);
  });

  it('saves a report where the dialog says, complete or not at all', async () => {
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Report' }).click();
    await page.getByRole('button', { name: /^Save report/ }).click();
    await expect.poll(() => readdirSync(shell.folder)).toContain('reuse.html');
    expect(readFileSync(shell.electron.fake.saveDialog, 'utf8')).toMatch(/4 requests used 4 connections/);
    expect(readdirSync(shell.folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(shell.electron.fake.of('dialog.showSaveDialog')[0]).toMatchObject([shell.window, { defaultPath: expect.stringMatching(/^[\\/]fake[\\/]downloads[\\/].+\.html$/) as string }]);
  });

  it('opens what another start hands over', async () => {
    const other = join(shell.folder, 'other.pcap');
    copyFileSync(join(ROOT, 'resources', 'samples', 'keep-alive-probes.pcap'), other);
    shell.electron.app.tell('second-instance', {}, [], '/', { files: [other] });
    await headline().getByText('1 connection').waitFor();
  });
});
