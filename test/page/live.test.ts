import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent as HttpsAgent, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import http from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { get, NOT_LIVE, serve } from '../kit/live.ts';
import { pair } from '../kit/tls-captures.ts';
import { type Complaints, describePage, expectAccessible, launch, openPage, shoot, TestShell, THEMES } from './kit.ts';

const describeLive: typeof describe = (NOT_LIVE === null ? describePage : describe.skip) as typeof describe;

describeLive(`live capture in the page (needs Chromium, Linux, root and tcpdump${NOT_LIVE === null ? '' : `; skipped: ${NOT_LIVE}`})`, () => {
  let browser: Browser;
  let shell: TestShell;
  let page: Page;
  let complaints: Complaints;
  let server: Awaited<ReturnType<typeof serve>>;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drainspotter-live-keys-'));
    await writeFile(join(folder, 'keys.log'), '');
    [browser, shell, server] = await Promise.all([launch(), TestShell.start('--folder', folder), serve()]);
    ({ page, complaints } = await openPage(browser, shell));
  });
  afterAll(async () => {
    server.close();
    await browser.close();
    await shell.stop();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => void complaints.list.splice(0));
  afterEach(() => expect(complaints.list).toEqual([]));

  it('shows interfaces and checks the filter in its compiler\'s words as it is typed', async () => {
    await page.getByRole('checkbox', { name: /^lo / }).waitFor();
    for (const chosen of await page.getByRole('checkbox', { checked: true }).all()) await chosen.uncheck();
    const start = page.getByRole('button', { name: 'Start', exact: false }).last();
    expect(await start.isDisabled()).toBe(true);
    await page.getByRole('checkbox', { name: /^lo / }).check();
    const filter = page.getByLabel('Capture filter');
    await filter.fill('tcp prt 80');
    await page.getByText('the capture filter is not valid: syntax error').waitFor();
    expect(await page.getByRole('button', { name: /^Start on lo/ }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'No SSH' }).click();
    expect(await filter.inputValue()).toBe('tcp and not port 22');
    await page.getByText(/Valid\. \d+ instructions/).waitFor();
    await shoot(page, 'live-start');
  });

  it.each(THEMES)('is accessible before it starts (%s)', async (theme) => {
    await expectAccessible(page, theme);
  });

  it('shows connections and findings while they happen, stands still when paused, and stops', async () => {
    await page.getByLabel('Capture filter').fill(`tcp port ${server.port}`);
    await page.getByText(/Valid\./).waitFor();
    await page.keyboard.press('Control+e');
    await page.getByText(/^Listening on lo/).waitFor();
    const undrained = () => get('127.0.0.1', server.port, '/big', new http.Agent({ keepAlive: true }), false);
    await undrained();
    await page.getByText('Capturing on lo').waitFor();
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: /^Connections/ }).click();
    await page.getByRole('row').filter({ hasText: '/big' }).or(page.getByText('undrained', { exact: false })).first().waitFor();
    await shoot(page, 'live-connections');
    for (const theme of THEMES) await expectAccessible(page, theme);

    const shown = page.getByText(/^\d+ of \d+/).first();
    await page.getByRole('button', { name: 'Pause the view' }).click();
    await delay(1200);
    const before = await shown.textContent();
    for (let i = 0; i < 3; i++) await undrained();
    await delay(2500);
    expect(await shown.textContent()).toBe(before);
    await page.getByRole('button', { name: 'Go on showing' }).click();
    await page.getByText(/^4 of 4/).first().waitFor();

    await page.keyboard.press('Control+e');
    await page.getByText('Stopped on lo').waitFor();
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: /^Findings/ }).click();
    await page.getByText('undrained-response').or(page.getByText('response body unread')).first().waitFor();
  });

  it('saves the capture', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the capture' }).click()]);
    expect(download.suggestedFilename()).toMatch(/^lo-\d{4}-\d\d-\d\d-\d{6}-\d{3}\.pcapng$/);
    expect((await download.createReadStream()).read === undefined).toBe(false);
  });

  it('reads TLS with a key log that a program writes meanwhile, late', async () => {
    const keyLog = join(folder, 'keys.log');
    await page.getByRole('link', { name: 'Drainspotter' }).click();
    await page.getByText('TLS stays encrypted.').waitFor();
    await page.getByRole('button', { name: 'Read with a key log…' }).click();
    // A copy that the browser hands over would never grow.
    await page.locator('input[type=file]').setInputFiles(keyLog);
    await page.getByText('A copy of a key log does not grow').waitFor();
    await page.getByRole('button', { name: 'Read with a key log…' }).click();
    await page.getByRole('button', { name: `${basename(folder)}/` }).click();
    await page.getByRole('button', { name: 'keys.log' }).click();
    await page.getByText('TLS is read with keys.log.').waitFor();
    await shoot(page, 'live-key-log');
    for (const theme of THEMES) await expectAccessible(page, theme);

    const tls = createServer(pair('rsa'), (_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(tls, 'listening');
    const { port } = tls.address() as AddressInfo;
    for (const chosen of await page.getByRole('checkbox', { checked: true }).all()) await chosen.uncheck();
    await page.getByRole('checkbox', { name: /^lo / }).check();
    await page.getByLabel('Capture filter').fill(`tcp port ${port}`);
    await page.getByText(/Valid\./).waitFor();
    await page.keyboard.press('Control+e');
    await page.getByText(/^(Listening|Capturing) on lo/).first().waitFor();
    const agent = new HttpsAgent({ keepAlive: true, rejectUnauthorized: false });
    let secrets = '';
    agent.on('keylog', (line: Buffer) => (secrets += line.toString('latin1')));
    const ask = (path: string) => new Promise<void>((resolve, reject) => void request({ host: '127.0.0.1', port, path, agent }, (response) => response.resume().on('end', () => resolve())).on('error', reject).end());
    await ask('/before-the-keys');
    await page.getByText('Capturing on lo').waitFor();
    await delay(1500);
    await writeFile(keyLog, secrets);
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: /^Requests/ }).click();
    await page.getByText('/before-the-keys').first().waitFor();
    await ask('/behind-them');
    await page.getByText('/behind-them').first().waitFor();
    await page.keyboard.press('Control+e');
    await page.getByText('Stopped on lo').waitFor();
    agent.destroy();
    tls.close();

    // What was captured is opened again with it, and the next capture is read with it as well.
    await page.getByRole('link', { name: 'Drainspotter' }).click();
    await page.getByText('TLS is read with keys.log.').waitFor();
    await page.getByRole('button', { name: /^lo-\d.*pcapng/ }).first().click();
    await page.getByText('TLS was read with keys.log').waitFor();
    await page.getByRole('link', { name: 'Drainspotter' }).click();
    await page.getByRole('button', { name: 'Read without it' }).click();
    await page.getByText('TLS stays encrypted.').waitFor();
  });

  it('a filter that leaves out the other address of this computer says so, and takes it in', async () => {
    await page.getByRole('link', { name: 'Drainspotter' }).click();
    const filter = page.getByLabel('Capture filter');
    await filter.fill('tcp and host 127.0.0.1');
    await page.getByText('This filter leaves out IPv6.').waitFor();
    await shoot(page, 'live-hint');
    await page.getByRole('button', { name: 'Add that address' }).click();
    expect(await filter.inputValue()).toBe('(tcp and host 127.0.0.1) or (tcp and host ::1)');
    await page.getByText(/Valid\./).waitFor();
    expect(await page.getByText('This filter leaves out').count()).toBe(0);
  });

  it('writes a ring of files, reads all of it, and saves what is kept as one', async () => {
    for (const chosen of await page.getByRole('checkbox', { checked: true }).all()) await chosen.uncheck();
    await page.getByRole('checkbox', { name: /^lo / }).check();
    await page.getByLabel('Capture filter').fill(`tcp port ${server.port}`);
    await page.getByText('More options').click();
    await page.getByLabel('Stop after packets').fill('1.5');
    await page.getByText('Give a whole number of packets, or none').waitFor();
    await page.getByLabel('Stop after packets').fill('');
    await page.getByRole('checkbox', { name: /^Write a ring/ }).check();
    await page.getByLabel('Megabytes of a file of the ring').fill('0.1');
    await page.getByLabel('Files of the ring', { exact: true }).fill('2');
    await page.getByRole('checkbox', { name: /^Immediate/ }).check();
    for (const theme of THEMES) await expectAccessible(page, theme);
    await shoot(page, 'live-options');
    await page.getByRole('button', { name: /^Start on lo/ }).click();
    await page.getByText(/^(Listening|Capturing) on lo/).first().waitFor();
    for (let i = 0; i < 8; i++) await get('127.0.0.1', server.port, '/big', new http.Agent({ keepAlive: true }), true);
    await page.getByText('Capturing on lo').waitFor();
    await page.keyboard.press('Control+e');
    await page.getByText('Stopped on lo').waitFor();
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: /^Connections/ }).click();
    await page.getByText(/^8 of 8$/).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the capture' }).click()]);
    const bytes = await readFile(await download.path());
    // Each begins with a section header block.
    const sections = bytes.toString('latin1').split('\n\r\r\n').length - 1;
    expect(sections).toBe(2);
    expect(bytes.length).toBeLessThanOrEqual(200_000);
    await page.getByRole('grid', { name: 'Connections' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('The packets lie in a ring of files').waitFor();
  });
});
