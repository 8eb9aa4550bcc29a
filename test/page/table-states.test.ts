import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { fakeProgram, overviewOf, seriesOf, stateOf, type FakeProgram } from './fake-program.ts';
import { type Complaints, describePage, launch, openPage, sample, shoot, TestShell } from './kit.ts';

const HOSTILE = '<img src=x onerror="document.title=\'owned\'">\u202egnp.exe';

/** Tables that no capture at hand brings about: far too many rows, hostile text, failures. */
describePage('tables (needs Chromium)', () => {
  let browser: Browser;
  let shell: TestShell;
  let page: Page;
  let complaints: Complaints;

  beforeAll(async () => {
    [browser, shell] = await Promise.all([launch(), TestShell.start(sample('undrained-go.pcap'))]);
  });
  afterAll(async () => {
    await browser.close();
    await shell.stop();
  });
  afterEach(async () => {
    await page.close();
    expect(complaints.list).toEqual([]);
  });

  async function openTable(requests: FakeProgram['requests']): Promise<void> {
    const standard = { 'analysis.open': { analysisId: 'fake' }, 'analysis.close': null, 'results.overview': overviewOf(), 'results.series': seriesOf(), 'results.facets': [], 'results.connection': failure('gone', 'The capture is gone.') };
    ({ page, complaints } = await openPage(browser, shell, (page) => fakeProgram(page, { states: [stateOf()], requests: { ...standard, ...requests } })));
    await page.waitForURL(/#\/overview/);
    // A key may come before the screen listens to it.
    await page.getByRole('link', { name: /^Connections/ }).click();
  }

  function failure(name: string, message: string): Error {
    return Object.assign(new Error(message), { name });
  }

  /** Rows that say their own place. */
  function numbered(total: number) {
    return {
      'results.rows': ({ offset, limit, columns }: { offset: number; limit: number; columns: string[] }) => {
        const ids = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, at) => offset + at + 1);
        return { revision: 1, all: total, total, offset, ids, columns: Object.fromEntries(columns.map((name) => [name, ids.map((id) => (name === 'id' ? id : null))])) };
      },
      'results.locate': ({ id }: { id: number }) => ({ index: id - 1 }),
    } as FakeProgram['requests'];
  }

  const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 });
  const grid = () => page.getByRole('grid', { name: 'Connections' });
  const current = async () => (await grid().locator('[aria-selected="true"]').getByRole('gridcell').first().innerText()).trim();

  it('forty million rows, higher than a browser lays out: the bar reaches all of them, each key the next one', async () => {
    await openTable(numbered(40_000_000));
    await eventually(current).toBe('1');
    const middle = () =>
      grid().evaluate((element) => {
        const box = element.getBoundingClientRect();
        const row = document.elementFromPoint(box.left + 40, box.top + 60)?.closest('[role="row"]');
        return { place: Number(row?.getAttribute('aria-rowindex')) - 1, id: Number(row?.firstElementChild?.textContent) };
      });
    for (const share of [0.5, 0.25, 1, 0]) {
      await grid().evaluate((element, share) => (element.scrollTop = share * (element.scrollHeight - element.clientHeight)), share);
      await eventually(middle).toSatisfy(({ place, id }: { place: number; id: number }) => place === id && Math.abs(id / 40_000_000 - share) < 1e-4);
    }
    await page.keyboard.press('End');
    await eventually(current).toBe('40000000');
    await page.keyboard.press('k');
    await eventually(current).toBe('39999999');
    await page.keyboard.press('Home');
    await eventually(current).toBe('1');
    await page.keyboard.press('j');
    await eventually(current).toBe('2');
  });

  it('hostile text stays text', async () => {
    const rows = { revision: 1, all: 1, total: 1, offset: 0, ids: [1], columns: { id: [1], client: [HOSTILE], server: [HOSTILE], host: [HOSTILE], cause: [HOSTILE], confidence: [HOSTILE], finding: [[HOSTILE]], lane: [[9, 'x', null]], closed_by: [HOSTILE], start: ['x'] } };
    await openTable({ 'results.rows': rows, 'results.locate': { index: 0 }, 'results.facets': [{ field: 'host', values: [{ value: HOSTILE, count: 1 }], more: 0 }] });
    await eventually(() => grid().innerText()).toContain('<img src=x');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).not.toBe('owned');
    expect(await grid().innerText()).not.toContain('\u202e');
  });

  it('rows that cannot be read say why', async () => {
    await openTable({ 'results.rows': failure('read-failed', 'The capture was changed while it was read.'), 'results.locate': { index: null } });
    await page.getByRole('alert').getByText('The capture was changed while it was read.').waitFor();
    await shoot(page, 'rows-failed');
  });
});
