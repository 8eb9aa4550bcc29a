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

  it.each(THEMES)('is accessible (%s)', async (theme) => {
    await expectAccessible(page, theme);
  });
});
