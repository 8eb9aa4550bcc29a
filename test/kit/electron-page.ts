import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { ElectronShell } from './electron-shell.ts';
import type { FakePortMain } from './fake-electron.ts';

/** Stands for app:// in Chromium, which knows no such scheme; nothing of it leaves the test. */
const STAND_IN = 'https://drainspotter.invalid';

/** `electron` as a sandboxed preload script has it, over functions that lead into the test. */
const RENDERER_ELECTRON = `(() => {
  const listeners = new Map();
  const dropped = new Map(Object.entries(PATHS));
  window.fromMainPort = (channel) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => window.toMainPort(data);
    window.intoPort = (text) => port1.postMessage(text);
    listeners.get(channel)({ ports: [port2] });
  };
  return {
    contextBridge: { exposeInMainWorld: (name, value) => Object.defineProperty(window, name, { value }) },
    ipcRenderer: {
      send: (channel, ...args) => void window.toMain(channel, args),
      sendSync: (channel, ...args) => void window.toMain(channel, args),
      on: (channel, listener) => listeners.set(channel, listener),
    },
    webUtils: { getPathForFile: (file) => dropped.get(file.name) ?? '' },
  };
})()`;

/**
 * The real page with its real preload script in Chromium, joined to the main process's fake IPC. `dropped` gives the paths
 * that files of these names lie at.
 */
export async function openElectronPage(browser: Browser, shell: ElectronShell, distFolder: string, dropped: Record<string, string> = {}): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await context.route('**/*', async (route) => {
    const url = route.request().url();
    if (!url.startsWith(`${STAND_IN}/`)) {
      complaints.push(`asked for ${url}`);
      return route.abort();
    }
    const response = await shell.electron.fake.appScheme!(new Request(url.replace(STAND_IN, 'app://drainspotter')));
    return route.fulfill({ status: response.status, headers: Object.fromEntries(response.headers), body: Buffer.from(await response.arrayBuffer()) });
  });
  let port: FakePortMain | null = null;
  await page.exposeFunction('toMain', (channel: string, args: unknown[]) => void shell.send(channel, ...args));
  await page.exposeFunction('toMainPort', (text: string) => port?.postMessage(text));
  shell.window.webContents.receive = (channel, _, [given]) => {
    port = given!;
    // Evaluations run in the order they are asked for.
    void page.evaluate(`fromMainPort(${JSON.stringify(channel)})`);
    port.on('message', ({ data }: { data: string }) => void page.evaluate(`intoPort(${JSON.stringify(data)})`).catch(() => undefined));
    port.start();
  };
  const preload = readFileSync(join(distFolder, 'electron', 'preload.cjs'), 'utf8');
  const electron = RENDERER_ELECTRON.replace('PATHS', JSON.stringify(dropped));
  await page.addInitScript(`(() => { const electron = ${electron}; ((require) => { ${preload}\n })(() => electron); })();`);
  await page.goto(`${STAND_IN}/`);
  return { page, complaints };
}
