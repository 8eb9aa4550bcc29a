import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ensureCapture } from '../bench/shapes.mjs';
import { type Complaints, describePage, expectAccessible, launch, openPage, shoot, TestShell, THEMES } from './kit.ts';

/** 200,000 connections: sorted, filtered, paged to the end, a row opened, the view exported. */
describePage('connections and requests (needs Chromium)', () => {
  let folder: string;
  let browser: Browser;
  let shell: TestShell;
  let page: Page;
  let complaints: Complaints;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drainspotter-connections-'));
    const { path } = ensureCapture('b', { folder, size: 200_000 / 530_000 });
    [browser, shell] = await Promise.all([launch(), TestShell.start(path)]);
    ({ page, complaints } = await openPage(browser, shell));
    page.setDefaultTimeout(20_000);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await shell.stop();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(() => expect(complaints.list.splice(0)).toEqual([]));

  /** The machine may be busy. */
  const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 });
  const grid = () => page.getByRole('grid', { name: 'Connections' });
  const shown = () => page.locator('.shown').innerText();
  const current = () => grid().locator('[aria-selected="true"]');
  const firstCell = async () => (await current().getByRole('gridcell').first().innerText()).trim();
  const filter = () => page.getByRole('combobox', { name: 'Filter' });

  it('rows can be looked at while the capture is read, and stay where they are', async () => {
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Connections' }).click();
    await grid().locator('[aria-rowindex="2"]').waitFor();
    await page.keyboard.press('PageDown');
    // A row that was only just read may be on its way.
    await eventually(firstCell).toSatisfy((cell: string) => Number(cell) > 1);
    const before = await firstCell();
    await expect.poll(shown, { timeout: 60_000 }).toBe('200,000 of 200,000');
    await eventually(firstCell).toBe(before);
    expect(await grid().getAttribute('aria-rowcount')).toBe('200001');
  });

  it('the end of the table is one key away, and its last row is the last connection', async () => {
    await page.keyboard.press('End');
    await eventually(firstCell).toBe('200000');
    expect(await current().getAttribute('aria-rowindex')).toBe('200001');
    await page.keyboard.press('Home');
    await eventually(firstCell).toBe('1');
  });

  it('a random place shows its rows', async () => {
    await grid().evaluate((element) => (element.scrollTop = 0.5 * (element.scrollHeight - element.clientHeight)));
    await eventually(() => grid().locator('[role="row"][data-index]').evaluateAll((rows) => rows.map((row) => `${Number((row as HTMLElement).dataset['index']) + 1} ${row.firstElementChild?.textContent?.trim()}`))).toSatisfy((rows: string[]) => rows.length > 10 && rows.every((row) => row.split(' ')[0] === row.split(' ')[1]));
  });

  it('a click on a head sorts, with Shift by two columns, and begins at the top', async () => {
    const head = (name: string) => page.getByRole('columnheader', { name });
    await head('Duration').getByRole('button').click();
    await eventually(() => head('Duration').getAttribute('aria-sort')).toBe('descending');
    await eventually(() => current().getAttribute('aria-rowindex')).toBe('2');
    await head('Host').getByRole('button').click({ modifiers: ['Shift'] });
    await eventually(() => head('Host').getAttribute('aria-sort')).toBe('ascending');
    expect(await head('Duration').getAttribute('aria-sort')).toBe('descending');
    await head('#').getByRole('button').click();
    await eventually(firstCell).toBe('1');
    await shoot(page, 'connections');
  });

  it.each(THEMES)('is accessible (%s)', (theme) => expectAccessible(page, theme));

  it('completion leads to a condition, a chip says it, and Backspace takes it back', async () => {
    await grid().focus();
    await page.keyboard.press('/');
    await page.keyboard.type('closed_by:');
    await page.getByRole('option', { name: /closed_by:client/ }).waitFor();
    await shoot(page, 'completion');
    await page.keyboard.type('cl');
    await page.keyboard.press('Tab');
    await eventually(() => page.url()).toContain('closed_by%3Aclient');
    await eventually(shown).not.toBe('200,000 of 200,000');
    await eventually(shown).toMatch(/^\d[\d,]* of 200,000$/);
    expect(await page.locator('.query .chip').innerText()).toMatch(/Closed by is\s*client/);
    await page.keyboard.press('Backspace');
    await eventually(shown).toBe('200,000 of 200,000');
    await filter().fill('');
  });

  it('an error is told in words, with its place, and is not applied', async () => {
    await filter().fill('requests:many');
    await page.keyboard.press('Enter');
    await eventually(() => page.locator('.problem').innerText()).toContain("Not valid at character 10: expected a number for 'requests'.");
    expect(await page.locator('.problem u').innerText()).toBe('many');
    expect(await shown()).toBe('200,000 of 200,000');
    await filter().fill('');
  });

  it('a facet is ticked and counts what it leaves', async () => {
    await page.getByRole('button', { name: 'Facets' }).click();
    const facet = page.getByRole('complementary', { name: 'Facets' }).locator('section', { hasText: 'Closed by' }).first();
    // The counts of the whole capture, not those of when half of it was read.
    const counts = () => facet.locator('.count').allInnerTexts();
    await eventually(async () => (await counts()).reduce((sum, text) => sum + Number(text.replaceAll(',', '')), 0)).toBe(200_000);
    const count = await facet.locator('.value', { hasText: 'server' }).locator('.count').innerText();
    await facet.getByRole('checkbox', { name: /server/ }).check();
    await eventually(shown).toBe(`${count} of 200,000`);
    expect(page.url()).toContain('closed_by%3Aserver');
    await facet.getByRole('checkbox', { name: /server/ }).uncheck();
    await eventually(shown).toBe('200,000 of 200,000');
  });

  it('X keeps rows with the cell, Shift X those without it; nothing left offers a way out', async () => {
    await grid().focus();
    await page.keyboard.press('Home');
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
    const host = (await current().locator('.here').innerText()).trim();
    await page.keyboard.press('x');
    await eventually(() => decodeURIComponent(page.url())).toContain(`host:${host}`);
    await page.keyboard.press('Shift+X');
    await page.getByText('No connection matches.').waitFor();
    expect(await page.locator('.empty').innerText()).toContain('200,000 connections are hidden by 2 conditions.');
    await page.getByRole('button', { name: 'Remove the last condition' }).click();
    await grid().waitFor();
    await page.getByRole('button', { name: /Remove the condition/ }).first().click();
    await eventually(shown).toBe('200,000 of 200,000');
  });

  it('columns are chosen, moved and kept', async () => {
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('checkbox', { name: /^Packets/ }).check();
    await page.getByRole('button', { name: 'Server to the left' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    // Without the arrow of the order.
    const names = async () => (await grid().getByRole('columnheader').allInnerTexts()).map((text) => text.replace(/[▾▴]/g, '').trim());
    const heads = await names();
    expect(heads).toContain('Packets');
    expect(heads.indexOf('Server')).toBeLessThan(heads.indexOf('Client'));
    // Kept half a second after the last change.
    await page.waitForTimeout(800);
    await page.reload();
    await grid().locator('[aria-rowindex="2"]').waitFor();
    expect(await names()).toEqual(heads);
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('button', { name: 'Reset' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
  });

  it('the keyboard alone: down, preview off and on, open, back to the same row', async () => {
    await grid().focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await eventually(firstCell).toBe('3');
    await page.getByRole('heading', { name: 'Connection 3' }).waitFor();
    await page.keyboard.press('Space');
    await eventually(() => page.getByRole('region', { name: 'Preview' }).count()).toBe(0);
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/connection\/3$/);
    await page.keyboard.press('Escape');
    await eventually(firstCell).toBe('3');
  });

  it('at 200 % rows have more room than the preview, which says the verdict alone: two rows were left', async () => {
    const before = page.viewportSize()!;
    await page.setViewportSize({ width: 720, height: 450 });
    const height = (of: 'grid' | 'preview') => (of === 'grid' ? grid() : page.locator('.preview')).evaluate((box) => box.getBoundingClientRect().height);
    await page.locator('.preview .verdict').waitFor();
    await eventually(() => height('preview')).toBeLessThan(100);
    expect(await height('grid')).toBeGreaterThan(160);
    await page.setViewportSize(before);
    await eventually(() => height('preview')).toBeGreaterThan(190);
  });

  it('a row is copied, and so is its Wireshark filter', async () => {
    await page.getByRole('heading', { name: 'Connection 3' }).waitFor();
    await grid().focus();
    await page.keyboard.press('y');
    await eventually(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^ip\.addr == .* && tcp\.port == .* && frame\.number >= \d+ && frame\.number <= \d+$/);
    await page.keyboard.press('Control+Shift+c');
    await eventually(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^#\tClient\t/);
  });

  it('the view is exported: the report begins with its filter', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('id:<4');
    await page.keyboard.press('Enter');
    await eventually(shown).toBe('3 of 200,000');
    await page.getByRole('button', { name: 'Export view' }).click();
    await page.waitForURL(/#\/report\?q=id/);
    await page.getByRole('radio', { name: /^CSV/ }).first().check();
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
    const text = await readFile(await download.path(), 'utf8');
    expect(text.trim().split('\n')).toHaveLength(4);
  });

  it('a request leads to its connection, at its frame', async () => {
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Requests' }).click();
    const requests = page.getByRole('grid', { name: 'Requests' });
    await requests.locator('[aria-rowindex="2"]').waitFor();
    await shoot(page, 'requests');
    await requests.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/connection\/\d+.*frame=\d+/);
    await page.getByRole('grid', { name: /^Packets/ }).locator('[aria-selected="true"]').waitFor();
  });
});
