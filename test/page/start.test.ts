import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Complaints, describePage, expectAccessible, launch, openPage, shoot, TestShell, THEMES } from './kit.ts';

describePage('start (needs Chromium)', () => {
  let browser: Browser;
  let shell: TestShell;
  let page: Page;
  let complaints: Complaints;

  beforeAll(async () => {
    [browser, shell] = await Promise.all([launch(), TestShell.start()]);
    ({ page, complaints } = await openPage(browser, shell));
  });
  afterAll(async () => {
    await browser.close();
    await shell.stop();
  });
  beforeEach(() => void complaints.list.splice(0));
  afterEach(() => expect(complaints.list).toEqual([]));

  it('offers to open, the samples, and live capture', async () => {
    await page.getByRole('heading', { name: 'Drop a capture here' }).waitFor();
    await page.getByText('A Go client that never drains').waitFor();
    await page.getByRole('heading', { name: 'Live capture' }).waitFor();
    await shoot(page, 'start');
  });

  it('nothing is cut off in a narrow window', async () => {
    await page.setViewportSize({ width: 1000, height: 640 });
    const cut = await page.evaluate(() => {
      const boxes = [...document.querySelectorAll<HTMLElement>('.rows > li, .live, .interface, .live .field')];
      return boxes.filter((box) => box.scrollWidth > box.clientWidth + 1 || (box.matches('.rows > li, .field') && box.scrollHeight > box.clientHeight + 1)).map((box) => `${box.className}: ${box.textContent}`);
    });
    expect(cut).toEqual([]);
    expect(await page.getByLabel('Capture filter').evaluate((field) => field.clientHeight).catch(() => 30)).toBeGreaterThanOrEqual(30);
    await page.setViewportSize({ width: 1280, height: 720 });
  });

  it('leads to the comparison of two captures', async () => {
    await page.getByRole('link', { name: 'Compare two captures' }).click();
    await page.getByText('Choose what was before a change, and what came after it.').waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Drop a capture here' }).waitFor();
  });

  it.each(THEMES)('is accessible (%s)', async (theme) => {
    await expectAccessible(page, theme);
  });
});
