import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Complaints, describePage, expectAccessible, launch, openPage, sample, shoot, TestShell, THEMES } from './kit.ts';

/** One connection of a bundled sample: its verdict, axis, ladder, exchanges and fix; then its endpoint. */
describePage('connection and endpoint (needs Chromium)', () => {
  let browser: Browser;
  let shell: TestShell;
  let page: Page;
  let complaints: Complaints;

  beforeAll(async () => {
    [browser, shell] = await Promise.all([launch(), TestShell.start(sample('transport-per-request.pcap.gz'))]);
    ({ page, complaints } = await openPage(browser, shell));
    await page.getByRole('heading', { level: 1 }).getByText('requests').waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await shell.stop();
  });
  afterEach(() => expect(complaints.list.splice(0)).toEqual([]));

  /** The machine may be busy. */
  const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 });
  const ladder = () => page.getByRole('grid', { name: /^Packets/ });
  const go = async (hash: string) => page.evaluate((to) => (location.hash = to), hash);

  it('says who closed it, with the frames that prove it', async () => {
    await go('#/connection/1');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await ladder().locator('[aria-rowindex="2"]').waitFor();
    expect(await ladder().locator('[role="row"] .frame').first().innerText()).toMatch(/^\d+$/);
    expect(await ladder().innerText()).toContain('SYN, ACK');
    expect(await page.locator('.verdict .pill').count()).toBeGreaterThan(0);
    await shoot(page, 'connection');
  });

  it.each(THEMES)('the connection is accessible (%s)', (theme) => expectAccessible(page, theme));

  it('E goes from evidence to evidence, Shift E back', async () => {
    const chosen = async () => ladder().locator('[aria-selected="true"] .frame').innerText();
    await page.locator('body').press('e');
    await eventually(chosen).toMatch(/^\d+$/);
    const first = await chosen();
    await page.keyboard.press('e');
    await eventually(chosen).not.toBe(first);
    await page.keyboard.press('Shift+E');
    await eventually(chosen).toBe(first);
    expect(await ladder().locator('[aria-selected="true"] .pill').count()).toBe(1);
    // From a proof that was clicked it goes on, and not from where the key was last.
    await page.getByRole('button', { name: /^E1, frame/ }).first().click();
    await eventually(() => ladder().locator('[aria-selected="true"] .pill').innerText()).toBe('E1');
    await page.keyboard.press('e');
    await eventually(() => ladder().locator('[aria-selected="true"] .pill').innerText()).toBe('E2');
  });

  it('G goes to a frame, and says what is none', async () => {
    const frames = await ladder().locator('[role="row"] .frame').allInnerTexts();
    await page.keyboard.press('g');
    await page.getByRole('textbox', { name: 'Frame' }).fill('x');
    await page.keyboard.press('Enter');
    await page.getByText('That is not the number of a frame.').waitFor();
    await page.getByRole('textbox', { name: 'Frame' }).fill(frames[1]!);
    await page.keyboard.press('Enter');
    await eventually(() => ladder().locator('[aria-selected="true"] .frame').innerText()).toBe(frames[1]);
    await page.keyboard.press('g');
    await page.getByRole('textbox', { name: 'Frame' }).fill('999999999');
    await page.keyboard.press('Enter');
    await page.getByText('Frame 999999999 is not a packet of connection 1.').waitFor();
  });

  it('the axis is read by keyboard, and its marks lead to their frames', async () => {
    const axis = page.getByRole('listbox', { name: 'Course of connection 1' });
    await axis.focus();
    await page.keyboard.press('ArrowRight');
    expect(await axis.locator('[aria-selected="true"]').getAttribute('aria-label')).toMatch(/^Opens .*frame \d+/);
    const frame = /frame (\d+)/.exec((await axis.locator('[aria-selected="true"]').getAttribute('aria-label'))!)![1]!;
    await page.keyboard.press('Enter');
    await eventually(() => ladder().locator('[aria-selected="true"] .frame').innerText()).toBe(frame);
  });

  it('the linear axis is zoomed and shown as a whole again', async () => {
    const read = () => page.getByRole('listbox', { name: 'Course of connection 1' }).locator('.tick').allInnerTexts();
    await page.getByRole('button', { name: 'linear' }).click();
    const whole = await read();
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    await eventually(read).not.toEqual(whole);
    await page.keyboard.press('0');
    await eventually(read).toEqual(whole);
    await page.getByRole('button', { name: 'broken' }).click();
  });

  it('heads come when they are asked for', async () => {
    await page.getByRole('button', { name: /^GET / }).first().click();
    await eventually(() => page.locator('.heads').innerText()).toMatch(/Host:/i);
    expect(await page.getByRole('button', { name: 'Show secrets' }).count()).toBe(1);
  });

  it('J and K go through the view, and its packets are saved', async () => {
    await page.locator('body').press('j');
    await page.waitForURL(/#\/connection\/2/);
    await ladder().locator('[aria-rowindex="2"]').waitFor();
    await page.keyboard.press('k');
    await page.waitForURL(/#\/connection\/1/);
    await ladder().locator('[aria-rowindex="2"]').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
    expect(download.suggestedFilename()).toMatch(/\.pcap(ng)?$/);
  });

  it('a connection that is not there is told', async () => {
    await go('#/connection/99999');
    await page.getByText('Connection 99999 could not be shown.').waitFor();
    await page.getByRole('button', { name: 'Show all connections' }).click();
    await page.waitForURL(/#\/connections/);
  });

  it('endpoints are sorted by any column and filtered', async () => {
    await go('#/endpoints');
    const grid = page.getByRole('grid', { name: 'Endpoints' });
    await grid.locator('[aria-rowindex="2"]').waitFor();
    await page.getByRole('columnheader', { name: 'Requests' }).getByRole('button').click();
    expect(await page.getByRole('columnheader', { name: 'Requests' }).getAttribute('aria-sort')).toBe('descending');
    await shoot(page, 'endpoints');
    await page.getByRole('searchbox', { name: 'Filter endpoints' }).fill('no such host');
    await page.getByText('No endpoint matches.').waitFor();
    await page.getByRole('button', { name: 'Remove the filter' }).click();
    await grid.locator('[aria-rowindex="2"]').waitFor();
  });

  it.each(THEMES)('the endpoints are accessible (%s)', (theme) => expectAccessible(page, theme));

  it('an endpoint shows its pool: lanes are walked, zoomed, and lead to their connections', async () => {
    await page.getByRole('grid', { name: 'Endpoints' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/endpoint\/\d+/);
    const lanes = page.getByRole('grid', { name: 'Lanes' });
    await eventually(() => lanes.getByRole('gridcell').first().innerText()).toMatch(/^Connection \d+, port \d+, \d+ requests?/);
    await shoot(page, 'endpoint');
    const range = () => page.locator('.pool .range').innerText();
    const whole = await range();
    await lanes.focus();
    await page.keyboard.press('+');
    await eventually(range).not.toBe(whole);
    await page.keyboard.press('l');
    await page.keyboard.press('0');
    await eventually(range).toBe(whole);
    await page.keyboard.press('j');
    await eventually(() => lanes.locator('[aria-selected="true"]').getAttribute('aria-rowindex')).toBe('2');
  });

  it.each(THEMES)('the endpoint is accessible (%s)', (theme) => expectAccessible(page, theme));

  it('the lane of the keyboard is opened', async () => {
    await page.getByRole('grid', { name: 'Lanes' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/connection\/\d+/);
  });
});
