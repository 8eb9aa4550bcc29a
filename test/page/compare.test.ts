import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Comparison } from '../../shared/model/comparison.ts';
import { type Complaints, describePage, expectAccessible, labCapture, launch, openPage, sample, shoot, TestShell, THEMES } from './kit.ts';

/** Two captures held against each other. */
describePage('compare (needs Chromium)', () => {
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

  const verdict = (text: RegExp) => page.getByRole('heading', { level: 2, name: text });
  const side = (name: 'Before' | 'After') => page.getByRole('combobox', { name });

  it('the open capture is what came after; what was before is asked for', async () => {
    await page.locator('body').press('7');
    await page.waitForURL(/#\/compare$/);
    await page.getByText('Choose what came before as well.').waitFor();
    expect(await side('After').locator('option:checked').innerText()).toBe('undrained-go.pcap');
    // It is open, and was offered as one of the recent files as well.
    expect(await side('Before').locator('optgroup').evaluateAll((groups) => groups.map((group) => group.getAttribute('label')))).toEqual(['Open now', 'Samples']);
    // Nothing to save yet: no key is offered for it.
    expect(await page.locator('footer').getByText('Save the comparison').count()).toBe(0);
    await shoot(page, 'compare-empty');
    await expectAccessible(page, 'light');
  });

  it('a sample before it: what got worse is said in words, figures and marks', async () => {
    await side('Before').selectOption({ label: 'nginx closes after 2 s idle' });
    await verdict(/^Worse: 67 % of the requests/).waitFor();
    await page.locator('footer').getByText('Save the comparison as Markdown').waitFor();
    const row = page.getByRole('row', { name: /The client closed the connection with the response body unread/ });
    expect(await row.innerText()).toMatch(/0\s+4\s+new/);
    expect(await page.getByRole('row', { name: /^Reuse/ }).innerText()).toMatch(/67 %\s+0 %\s+worse/);
    await shoot(page, 'compare');
  });

  it.each(THEMES)('is accessible (%s)', (theme) => expectAccessible(page, theme));

  it('the other way round it got better', async () => {
    await page.getByRole('button', { name: 'Swap' }).click();
    await verdict(/^Better: 0 % of the requests/).waitFor();
  });

  it('a report saved before stands in for its capture, and the comparison is saved without names', async () => {
    await page.locator('body').press('6');
    await page.getByRole('radio', { name: /^JSON/ }).check();
    const report = page.waitForEvent('download');
    await page.keyboard.press('Control+s');
    const path = await (await report).path();
    await page.locator('body').press('7');
    await verdict(/^Better/).waitFor();
    await page.getByRole('group', { name: 'After' }).getByRole('button', { name: 'Choose a file' }).click();
    await page.getByRole('dialog', { name: 'After: a capture or a saved report' }).waitFor();
    await page.locator('input[type=file]').setInputFiles({ name: 'earlier.json', mimeType: 'application/json', buffer: await readFile(path) });
    await verdict(/^No change that matters/).waitFor();
    expect(await side('After').locator('option:checked').innerText()).toBe('earlier.json');
    await page.getByRole('checkbox', { name: 'Leave out addresses and names' }).check();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save JSON' }).click();
    const text = await readFile(await (await saved).path(), 'utf8');
    expect(JSON.parse(text) as Comparison).toMatchObject({ schema: 'drainspotter/comparison/1', verdict: 'same', before: { name: 'before' } });
    expect(text).not.toContain('10.9.0.');
  });

  it('what is neither a capture nor a report is refused, and can be chosen anew', async () => {
    await page.getByRole('group', { name: 'After' }).getByRole('button', { name: 'Choose a file' }).click();
    await page.locator('input[type=file]').setInputFiles({ name: 'notes.json', mimeType: 'application/json', buffer: Buffer.from('{"a":1}') });
    await page.getByRole('alert').getByText('neither a capture nor a report').waitFor();
    await shoot(page, 'compare-error');
    await expectAccessible(page, 'dark');
    await side('After').selectOption({ label: 'undrained-go.pcap' });
    await verdict(/./).first().waitFor();
  });

  it('works with no capture open', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('close this');
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Compare' }).click();
    await side('After').selectOption({ label: 'undrained-go.pcap' });
    await side('Before').selectOption({ label: 'A Go client that never drains' });
    await verdict(/^No change that matters/).waitFor();
  });
});

const TLS = labCapture('s12_tls13_undrained_large.pcap');
const KEYS = labCapture('s12_tls13_undrained_large.keylog.txt');

/** TLS with a key log that is chosen in the page. */
describePage(`TLS keys (needs Chromium${TLS === null ? '; skipped: the lab is not at hand' : ''})`, () => {
  it.skipIf(TLS === null)('estimates say that they are, and a key log makes requests of them', async () => {
    const [browser, shell] = await Promise.all([launch(), TestShell.start(TLS!)]);
    try {
      const { page, complaints } = await openPage(browser, shell);
      await page.getByText(/TLS hides about \d+ requests?, estimated/).waitFor();
      await shoot(page, 'tls-estimated');
      for (const theme of THEMES) await expectAccessible(page, theme);
      await page.goto(new URL('#/connection/1', page.url()).href);
      await page.getByRole('heading', { name: 'Estimated exchanges' }).waitFor();
      await page.getByText(/^TLS 1\.3/).waitFor();
      await shoot(page, 'tls-connection-estimated');
      for (const theme of THEMES) await expectAccessible(page, theme);

      await page.locator('body').press('1');
      await page.getByRole('button', { name: 'Read with a key log…' }).click();
      await page.locator('input[type=file]').setInputFiles({ name: 'none.log', mimeType: 'text/plain', buffer: Buffer.from('no secrets\n') });
      await page.getByText('holds no TLS secrets').first().waitFor();
      await page.getByText(/TLS hides about \d+ requests?, estimated/).waitFor();
      await page.getByRole('button', { name: 'Read with a key log…' }).click();
      await page.locator('input[type=file]').setInputFiles(KEYS!);
      await page.getByText('TLS was read with').waitFor();
      expect(await page.getByText(/TLS hides about/).count()).toBe(0);
      await shoot(page, 'tls-decrypted');
      await page.goto(new URL('#/connection/1', page.url()).href);
      await page.getByText(/^TLS 1\.3.*, decrypted$/).waitFor();
      const secret = (await readFile(KEYS!, 'utf8')).split(/\s/).at(-2)!;
      expect(secret.length).toBeGreaterThan(20);
      expect(await page.content()).not.toContain(secret);
      expect(complaints.list).toEqual([]);
    } finally {
      await browser.close();
      await shell.stop();
    }
  });
});
