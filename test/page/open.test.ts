import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Complaints, describePage, expectAccessible, launch, openPage, sample, shoot, TestShell, THEMES } from './kit.ts';

/** All ways into a capture that a page in a browser has. */
describePage('opening a capture (needs Chromium)', () => {
  let browser: Browser;
  let shell: TestShell;
  let page: Page;
  let complaints: Complaints;

  beforeAll(async () => {
    [browser, shell] = await Promise.all([launch(), TestShell.start('--folder', 'resources')]);
  });
  afterAll(async () => {
    await browser.close();
    await shell.stop();
  });
  beforeEach(async () => {
    ({ page, complaints } = await openPage(browser, shell));
    await page.getByRole('heading', { name: 'Drop a capture here' }).waitFor();
  });
  afterEach(async () => {
    await page.close();
    expect(complaints.list).toEqual([]);
  });

  const answer = () => page.getByRole('heading', { level: 1 });

  it('from a folder the program was started with, by the keyboard alone', async () => {
    await page.keyboard.press('Control+o');
    const dialog = page.getByRole('dialog', { name: 'Open a capture' });
    await dialog.getByRole('button', { name: 'resources' }).press('Enter');
    await page.waitForFunction(() => document.activeElement?.closest('[aria-label="Files"]') != null);
    await dialog.getByRole('button', { name: 'samples/' }).press('Enter');
    await dialog.getByRole('button', { name: 'nginx-idle.pcap' }).waitFor();
    await shoot(page, 'picker');
    for (const theme of THEMES) await expectAccessible(page, theme);
    await dialog.getByRole('button', { name: 'Up' }).press('Enter');
    await dialog.getByRole('button', { name: 'samples/' }).press('Enter');
    await dialog.getByRole('button', { name: 'nginx-idle.pcap' }).press('Enter');
    await answer().getByText('6 requests').waitFor();
  });

  it('a key that is pressed before the program has said what folders there are is not lost: the dialog stayed empty', async () => {
    await page.close();
    let tell = (): void => {};
    ({ page, complaints } = await openPage(browser, shell, (page) =>
      page.routeWebSocket(/\/rpc$/, (socket) => {
        const server = socket.connectToServer();
        socket.onMessage((text) => {
          if (String(text).includes('"app.info"')) tell = () => server.send(text);
          else server.send(text);
        });
      }),
    ));
    await page.getByRole('button', { name: 'A Go client that never drains' }).waitFor();
    await page.keyboard.press('Control+o');
    tell();
    await page.getByRole('dialog', { name: 'Open a capture' }).getByRole('button', { name: 'resources' }).waitFor();
  });

  it('from this computer, handed over by the browser', async () => {
    await page.getByRole('button', { name: /^Choose a file/ }).click();
    await page.getByLabel('Capture files').setInputFiles(sample('undrained-go.pcap'));
    await answer().getByText('4 requests').waitFor();
    expect(await page.title()).toContain('undrained-go.pcap');
  });

  it('several files at once are one capture', async () => {
    await page.keyboard.press('Control+o');
    await page.getByLabel('Capture files').setInputFiles([sample('undrained-go.pcap'), sample('nginx-idle.pcap')]);
    await answer().getByText('10 requests').waitFor();
  });

  it('a file that is dropped on the window, on any screen', async () => {
    await page.getByRole('button', { name: 'A Go client that never drains' }).click();
    await answer().getByText('4 requests').waitFor();
    await page.evaluate(async () => {
      // A packet capture with a header and nothing in it.
      const header = new Uint8Array([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([header], 'empty.pcap'));
      document.body.dispatchEvent(new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true }));
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (!document.body.innerText.includes('Drop to open this capture')) throw new Error('It is not said what a drop does.');
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    });
    await page.getByRole('heading', { name: 'There are no packets to read' }).waitFor();
    await page.getByRole('button', { name: 'Open another capture' }).waitFor();
  });

  it('a folder that is dropped is none that a browser can hand over, which is said', async () => {
    await page.evaluate(() => {
      const event = new DragEvent('drop', { bubbles: true, cancelable: true });
      // What a browser gives of a folder; a script cannot make one.
      const entry = { isDirectory: true, name: 'captures' };
      Object.defineProperty(event, 'dataTransfer', { value: { types: ['Files'], files: [new File([], 'captures')], items: [{ webkitGetAsEntry: () => entry }] } });
      document.body.dispatchEvent(event);
    });
    await page.getByRole('alert').getByText('captures is a folder: drop the files in it').waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
  });

  it('a file that is no capture says so, and what to do', async () => {
    await page.keyboard.press('Control+o');
    await page.getByLabel('Capture files').setInputFiles(resolve('package.json'));
    await page.getByRole('alert').getByText('package.json is not a packet capture').waitFor();
    await shoot(page, 'not-a-capture');
  });

  it('a file that is no capture does not take the place of the one that is open', async () => {
    await page.getByRole('button', { name: 'A Go client that never drains' }).click();
    await answer().getByText('4 requests').waitFor();
    await page.keyboard.press('Control+o');
    await page.getByLabel('Capture files').setInputFiles(resolve('package.json'));
    await page.getByRole('alert').getByText('package.json is not a packet capture').waitFor();
    expect(await answer().innerText()).toContain('4 requests');
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Connections' }).click();
    await page.getByText('4 of 4').waitFor();
  });

  it('a program that ends is missed, and nothing else is said', async () => {
    const other = await TestShell.start(sample('undrained-go.pcap'));
    const { page, complaints: itsComplaints } = await openPage(browser, other);
    await page.getByRole('heading', { level: 1 }).getByText('4 requests').waitFor();
    await other.stop();
    await page.getByRole('alert').getByText('Not connected.').waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);
    await shoot(page, 'not-connected');
    await other.context?.close();
    // The browser tells of each try that failed.
    expect(itsComplaints.list.filter((complaint) => !complaint.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
  });

  it('a sample, each with its lesson', async () => {
    await page.getByRole('button', { name: 'A chunked PATCH that stalls' }).press('Enter');
    await answer().getByText('1 request').waitFor();
  });
});
