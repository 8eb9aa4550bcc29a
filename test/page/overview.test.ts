import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Complaints, describePage, expectAccessible, launch, openPage, sample, shoot, TestShell, THEMES } from './kit.ts';

/** A capture opened with the program, followed from the answer to the rows behind it. */
describePage('overview, findings, report (needs Chromium)', () => {
  let browser: Browser;
  let shell: TestShell;
  let page: Page;
  let complaints: Complaints;

  beforeAll(async () => {
    [browser, shell] = await Promise.all([launch(), TestShell.start(sample('undrained-go.pcap'))]);
    ({ page, complaints } = await openPage(browser, shell));
    await page.getByRole('heading', { level: 1 }).getByText('4 requests').waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await shell.stop();
  });
  afterEach(() => expect(complaints.list.splice(0)).toEqual([]));

  const tab = (name: string) => page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name });

  it('a file named at the start is open, with its answer, tiles and charts', async () => {
    expect(await page.title()).toContain('undrained-go.pcap');
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('4 requests used 4 connections');
    await page.getByRole('heading', { name: 'Requests per connection' }).waitFor();
    await page.getByRole('img', { name: /^Open connections over time/ }).waitFor();
    await shoot(page, 'overview');
  });

  it.each(THEMES)('the overview is accessible (%s)', (theme) => expectAccessible(page, theme));

  it('a number leads to the rows behind it, and back', async () => {
    await page.getByRole('link', { name: '4 connections with 1 request' }).click();
    await page.waitForURL(/#\/connections\?q=requests%3A1$/);
    await page.keyboard.press('Escape');
    await page.waitForURL(/#\/overview$/);
  });

  it('the summary that is copied did not say of which capture it is', async () => {
    await page.getByRole('button', { name: 'Copy summary' }).click();
    await page.getByText('The summary was copied.').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^undrained-go\.pcap, captured 2026-11-21 06:18:01 UTC\n\n4 requests used 4 connections/);
  });

  it('the keyboard alone goes to a finding, its connections, and another theme', async () => {
    await page.locator('body').press('5');
    await page.waitForURL(/#\/findings/);
    await page.getByRole('heading', { name: 'Proof' }).first().waitFor();
    await page.keyboard.press('j');
    await page.waitForURL(/rule=/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/connections\?q=finding/);
    await page.keyboard.press('Alt+ArrowLeft');
    await page.waitForURL(/#\/findings/);
    await page.keyboard.press('Control+Shift+L');
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark');
    await page.keyboard.press('Control+Shift+L');
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('light');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('theme of');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBeNull();
  });

  it('findings are explained, with frames that lead to their connection, and a fix to copy', async () => {
    await tab('Findings').click();
    await page.getByRole('heading', { name: 'Proof' }).first().waitFor();
    await shoot(page, 'findings');
    await page.getByRole('button', { name: 'Copy' }).first().click();
    await page.getByText('The code was copied.').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('resp.Body');
    await page.getByRole('button', { name: /^frame \d+$/ }).first().click();
    await page.waitForURL(/#\/connection\/\d+\?frame=\d+/);
    await page.goBack();
  });

  it.each(THEMES)('the findings are accessible (%s)', async (theme) => {
    await page.getByRole('heading', { name: 'Proof' }).first().waitFor();
    await expectAccessible(page, theme);
  });

  it('a report is previewed and saved', async () => {
    await tab('Report').click();
    for (const name of ['HTML', 'Markdown', 'Plain text', 'JSON']) {
      await page.getByRole('radio', { name: new RegExp(`^${name}`) }).check();
      await page.getByText('4 requests').or(page.getByText('drainspotter/report/1')).first().waitFor();
    }
    await page.getByRole('radio', { name: /^HTML/ }).check();
    await page.getByText('What was found').waitFor();
    await shoot(page, 'report');
    const download = page.waitForEvent('download');
    await page.keyboard.press('Control+s');
    expect((await download).suggestedFilename()).toMatch(/\.html$/);
  });

  it.each(THEMES)('the report is accessible (%s)', (theme) => expectAccessible(page, theme));

  it('a row names its gravest finding with the mark of its severity, and what has no room for its name keeps its mark', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await tab('Connections').click();
    const cell = page.getByRole('grid', { name: 'Connections' }).locator('[aria-rowindex="2"] .f-finding');
    const said = () => cell.locator('.chip, .mark').allTextContents();
    await expect.poll(said).toEqual(['warning: Body not read', 'warning: Missed reuse']);
    await expect.poll(() => cell.locator('.chip').count()).toBe(2);
    await page.setViewportSize({ width: 1000, height: 700 });
    await expect.poll(() => cell.locator('.chip').count()).toBe(1);
    expect(await said()).toEqual(['warning: Body not read', 'warning: Missed reuse']);
    expect(await cell.locator('svg').evaluateAll((marks) => marks.map((mark) => mark.getBoundingClientRect().right <= mark.closest('.cell')!.getBoundingClientRect().right))).toEqual([true, true]);
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  it('a narrow window has the cause and the findings in sight, and no facets over its rows; a wide one gets all back', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await tab('Connections').click();
    const heads = async () => (await page.getByRole('grid', { name: 'Connections' }).getByRole('columnheader').allInnerTexts()).map((text) => text.trim());
    const facets = page.getByRole('complementary', { name: 'Facets' });
    await page.getByRole('button', { name: 'Facets', exact: true }).click();
    await facets.waitFor();
    const wide = await heads();
    expect(wide).toContain('Start');
    await page.setViewportSize({ width: 1000, height: 700 });
    await expect.poll(() => facets.count()).toBe(0);
    await expect.poll(heads).toEqual(wide.filter((head) => !['Start', 'Idle max', 'Probes'].includes(head)));
    expect((await page.getByRole('columnheader', { name: 'Findings' }).boundingBox())!.x).toBeLessThan(900);
    // Opened over the rows, it can be shut with the mouse.
    await page.getByRole('button', { name: 'Facets', exact: true }).click();
    await expectAccessible(page, 'dark');
    await page.getByRole('button', { name: 'Hide the facets' }).click();
    await expect.poll(() => facets.count()).toBe(0);
    await page.setViewportSize({ width: 1440, height: 900 });
    await expect.poll(heads).toEqual(wide);
    await facets.waitFor();
    await page.getByRole('button', { name: 'Hide the facets' }).click();
    await tab('Endpoints').click();
    await page.setViewportSize({ width: 1000, height: 700 });
    await expect.poll(async () => { const box = await page.getByRole('columnheader', { name: 'Why they ended' }).boundingBox(); return box!.x + box!.width; }).toBeLessThanOrEqual(1000);
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  it('at twice the size of a small window the search is there, and every screen keeps to the window', async () => {
    await page.setViewportSize({ width: 720, height: 450 });
    for (const screen of ['overview', 'connections', 'connection/1', 'endpoints', 'endpoint/0', 'findings', 'report']) {
      await page.evaluate((hash) => (location.hash = hash), `#/${screen}`);
      await page.locator('main > *').first().waitFor();
      await expect.poll(() => page.evaluate(() => [...document.querySelectorAll('header.bar *, footer.status *, main > *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.className)), { message: screen }).toEqual([]);
    }
    await page.getByRole('button', { name: 'Frame, host, error…' }).click();
    await page.getByRole('dialog', { name: 'Go to' }).waitFor();
    await page.keyboard.press('Escape');
    await shoot(page, 'report-narrow');
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  it('in forced colours the lengths of bars are seen, and what is chosen', async () => {
    await tab('Overview').click();
    await page.locator('.finding.current').first().waitFor();
    await page.emulateMedia({ forcedColors: 'active' });
    const seen = await page.evaluate(() => {
      const style = (selector: string) => getComputedStyle(document.querySelector(selector)!);
      return { bar: style('.track > .bar').backgroundColor, page: style('.panel').backgroundColor, chosen: style('.finding.current').outlineStyle, other: style('.tab:not(.current)').borderBottomColor, tab: style('.tab.current').borderBottomColor };
    });
    await page.emulateMedia({ forcedColors: 'none' });
    expect(seen.bar).not.toBe(seen.page);
    expect(seen.chosen).toBe('solid');
    expect(seen.tab).not.toBe(seen.other);
  });

  it('every screen follows the window when that gets narrower', async () => {
    for (const screen of ['overview', 'connections', 'connection/1', 'endpoints', 'endpoint/0', 'exchanges', 'findings', 'report', 'compare']) {
      await page.setViewportSize({ width: 1920, height: 1080 });
      await page.evaluate((hash) => (location.hash = hash), `#/${screen}`);
      await page.locator('main > *').first().waitFor();
      // Drawn at its full width first.
      await page.waitForTimeout(300);
      await page.setViewportSize({ width: 1000, height: 700 });
      await expect.poll(() => page.evaluate(() => [...document.querySelectorAll('header.bar *, main > *, main > * > *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.className)), { message: screen }).toEqual([]);
    }
    await page.setViewportSize({ width: 1280, height: 720 });
    await tab('Report').click();
  });

  it('the list of keys and the palette are accessible, and close with Escape', async () => {
    await page.locator('body').press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await shoot(page, 'keys');
    await expectAccessible(page, 'light');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to' }).fill('2');
    await page.getByRole('option', { name: /connection/ }).first().waitFor();
    await shoot(page, 'palette');
    await expectAccessible(page, 'dark');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/connection\/2/);
  });

  it('a part of the time limits every screen, by the keyboard as well', async () => {
    await tab('Overview').click();
    const end = page.getByRole('slider', { name: 'End of the range' });
    await end.focus();
    for (let i = 0; i < 5; i++) await page.keyboard.press('Shift+ArrowLeft');
    await page.getByText('Only connections that live between').waitFor();
    expect(new URL(page.url()).hash).toMatch(/to=/);
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).not.toContain('4 requests used 4');
    await shoot(page, 'overview-range');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toContain('4 requests used 4');
  });

  it('what was open is open after the page is loaded again', async () => {
    await page.reload();
    await page.getByRole('heading', { level: 1 }).getByText('4 requests').waitFor();
  });

  it('closing leads back to the start, where the file is among the recent ones', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('close');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'undrained-go.pcap', exact: true }).waitFor();
    await shoot(page, 'start-recent');
    await page.getByRole('button', { name: 'undrained-go.pcap', exact: true }).press('Enter');
    await page.getByRole('heading', { level: 1 }).getByText('4 requests').waitFor();
  });
});
