import type { MenuItemConstructorOptions } from 'electron';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { messagePortChannel } from '../../main/rpc/message-port-transport.ts';
import { RpcClient } from '../../renderer/rpc/rpc-client.ts';
import { ElectronShell } from '../kit/electron-shell.ts';
import type { FakePortMain } from '../kit/fake-electron.ts';

const SAMPLE = join(import.meta.dirname, '../../resources/samples/undrained-go.pcap');

let shell: ElectronShell | null = null;
async function start(...args: Parameters<typeof ElectronShell.start>): Promise<ElectronShell> {
  return (shell = await ElectronShell.start(...args));
}
afterEach(async () => {
  await shell?.stop();
  shell = null;
});

/** What the page gets by `connect`; null where it is not answered. */
function connect({ window }: ElectronShell, send: () => void): RpcClient | null {
  let client: RpcClient | null = null;
  window.webContents.receive = (channel, _, [port]) => {
    expect(channel).toBe('port');
    client = new RpcClient();
    client.attach(messagePortChannel(port as FakePortMain), () => undefined);
  };
  send();
  return client;
}

const page = (shell: ElectronShell) => connect(shell, () => void shell.send('connect'))!;

describe('the window', () => {
  it('shows the page in a sandbox, apart from its preload script, without node', async () => {
    const { electron, window } = await start();
    expect(electron.fake.of('app.enableSandbox')).toHaveLength(1);
    expect(window.webContents.url).toBe('app://drainspotter/');
    const { preload, ...preferences } = window.options.webPreferences!;
    expect(preload).toMatch(/dist[\\/]electron[\\/]preload\.cjs$/);
    expect(preferences).toEqual({ sandbox: true, contextIsolation: true, nodeIntegration: false, webviewTag: false, navigateOnDragDrop: false, spellcheck: false });
  });

  it('comes back where it was and as large, maximized or not', async () => {
    const { window, folder } = await start([], (_, folder) => state(folder, { bounds: { x: 100, y: 50, width: 1000, height: 700 }, maximized: true }));
    expect(window.options).toMatchObject({ x: 100, y: 50, width: 1000, height: 700 });
    expect(window.isMaximized()).toBe(true);
    window.maximized = false;
    window.tell('close');
    const stored = join(folder, 'drainspotter', 'window.json');
    await vi.waitFor(() => expect(JSON.parse(readFileSync(stored, 'utf8'))).toEqual({ bounds: { x: 100, y: 50, width: 1000, height: 700 }, maximized: false }));
  });

  it.each([
    ['on a screen that is gone', { bounds: { x: 5000, y: 50, width: 1000, height: 700 }, maximized: false }],
    ['with its title above the screen', { bounds: { x: 100, y: -500, width: 1000, height: 700 }, maximized: false }],
    ['with half a state', { bounds: { x: 100, width: 'wide' } }],
    ['with a state that is no object', 7],
  ])('begins anew %s', async (_, stored) => {
    const { window } = await start([], (_, folder) => state(folder, stored));
    expect(window.options).toMatchObject({ width: 1440, height: 900 });
    expect(window.options.x).toBeUndefined();
  });

  it('is shown when there is something to show, on the background of its theme', async () => {
    const { electron, window } = await start([], ({ fake }) => (fake.dark = true));
    expect(window.options).toMatchObject({ show: false, backgroundColor: '#0C1013' });
    expect(electron.fake.of('window.show')).toHaveLength(0);
    window.tell('ready-to-show');
    expect(electron.fake.of('window.show')).toHaveLength(1);
  });

  it('offers to load a page again that has crashed', async () => {
    const { electron, window } = await start();
    window.webContents.tell('render-process-gone', {}, { reason: 'clean-exit' });
    expect(electron.fake.of('dialog.showMessageBox')).toHaveLength(0);
    window.webContents.tell('render-process-gone', {}, { reason: 'oom' });
    await vi.waitFor(() => expect(electron.fake.of('contents.reload')).toHaveLength(1));
  });
});

describe('the page in the window', () => {
  it('reaches the program through its port', async () => {
    const client = page(await start());
    expect(await client.request('app.info', {})).toMatchObject({ shell: 'electron', nativeDialogs: true, folders: [] });
  });

  it.each<[string, (shell: ElectronShell) => Record<string, unknown>]>([
    ['another contents', ({ window }) => ({ sender: {}, senderFrame: window.webContents.mainFrame })],
    ['a frame in the page', ({ window }) => ({ sender: window.webContents, senderFrame: { url: 'app://drainspotter/' } })],
    ['a frame that is gone', ({ window }) => ({ sender: window.webContents, senderFrame: null })],
    ['a page at another address', ({ window }) => (Object.assign(window.webContents.mainFrame, { url: 'https://evil.example/' }), { sender: window.webContents, senderFrame: window.webContents.mainFrame })],
    ['a page at an address like ours', ({ window }) => (Object.assign(window.webContents.mainFrame, { url: 'app://drainspotter.evil.example/' }), { sender: window.webContents, senderFrame: window.webContents.mainFrame })],
  ])('is no other: %s gets no port and permits no file', async (_, eventOf) => {
    const shell = await start();
    const client = page(shell);
    const event = eventOf(shell);
    expect(connect(shell, () => shell.electron.ipcMain.tell('connect', event))).toBe(null);
    shell.electron.ipcMain.tell('permit', event, SAMPLE);
    await vi.waitFor(() => expect(event['returnValue']).toBe(null));
    await expect(client.request('analysis.open', { source: { kind: 'paths', paths: [SAMPLE] } })).rejects.toMatchObject({ code: 'path-not-allowed' });
  });

  it('reads a dropped file, and no file that was not dropped, chosen or named', async () => {
    const shell = await start();
    const client = page(shell);
    const open = () => client.request('analysis.open', { source: { kind: 'paths', paths: [SAMPLE] } });
    await expect(open()).rejects.toMatchObject({ code: 'path-not-allowed' });
    const event = shell.send('permit', SAMPLE);
    await vi.waitFor(() => expect(event.returnValue).toBe(null));
    const { analysisId } = await open();
    expect(shell.electron.fake.of('app.addRecentDocument')).toEqual([[SAMPLE]]);
    await client.request('analysis.close', { analysisId });
  });

  it.each([[undefined], [7], [{}], [['/etc/passwd']]])('permits nothing that is no path: %j', async (path) => {
    const shell = await start();
    const event = shell.send('permit', path);
    await vi.waitFor(() => expect(event.returnValue).toBe(null));
  });

  it('asks in the dialogs of the system, which belong to the window', async () => {
    const shell = await start([], ({ fake }) => (fake.openDialog = [SAMPLE]));
    const client = page(shell);
    expect(await client.request('files.choose', {})).toEqual([SAMPLE]);
    expect(shell.electron.fake.of('dialog.showOpenDialog')[0]).toMatchObject([shell.window, { properties: ['openFile', 'multiSelections'], filters: [{ extensions: ['pcap', 'pcapng', 'cap', 'gz', 'zst'] }, { extensions: ['*'] }] }]);
    shell.electron.fake.openDialog = [];
    expect(await client.request('files.choose', {})).toEqual([]);
  });

  it('gives the window its theme', async () => {
    const shell = await start();
    expect(shell.electron.nativeTheme.themeSource).toBe('system');
    await page(shell).request('settings.set', { theme: 'dark' });
    expect(shell.electron.nativeTheme.themeSource).toBe('dark');
  });
});

describe('files to open', () => {
  it('are those of the command line, without its switches', async () => {
    const client = page(await start(['--no-sandbox', SAMPLE, '--x=y', '']));
    expect(await client.request('app.info', {})).toMatchObject({ open: [SAMPLE] });
    const { analysisId } = await client.request('analysis.open', { source: { kind: 'paths', paths: [SAMPLE] } });
    await client.request('analysis.close', { analysisId });
  });

  it('are those that macOS names before the start is done', async () => {
    const prevented = vi.fn();
    const shell = await start([], ({ app }) => {
      app.requestSingleInstanceLock = () => {
        app.tell('open-file', { preventDefault: prevented }, SAMPLE);
        return true;
      };
    });
    expect(await page(shell).request('app.info', {})).toMatchObject({ open: [SAMPLE] });
    expect(prevented).toHaveBeenCalledOnce();
  });

  it.each<[string, (shell: ElectronShell, path: string) => void]>([
    ['an association', ({ electron }, path) => electron.app.tell('open-file', { preventDefault: () => undefined }, path)],
    ['a second start', ({ electron }, path) => electron.app.tell('second-instance', {}, ['electron', 'ignored.pcap'], '/', { files: [path] })],
    ['the menu', ({ electron }, path) => ((electron.fake.openDialog = [path]), click(electron.fake.menu, '&Open…'))],
  ])('come to the open page by %s', async (_, open) => {
    const shell = await start();
    const client = page(shell);
    shell.window.minimized = true;
    // Before the page listens: it is kept for it.
    open(shell, SAMPLE);
    await vi.waitFor(() => expect(shell.electron.fake.of('window.focus')).toHaveLength(1));
    expect(shell.window.minimized).toBe(false);
    const opened = client.subscribe('app.open', {});
    expect((await opened.next()).value).toEqual({ paths: [SAMPLE] });
    const next = opened.next();
    open(shell, SAMPLE);
    expect((await next).value).toEqual({ paths: [SAMPLE] });
    await opened.return();
  });

  it.each([[undefined], [null], [{ files: 'x' }], [{ files: [7, null, ''] }], [[]]])('are none where a second start sends %j', async (data) => {
    const shell = await start();
    shell.electron.app.tell('second-instance', {}, ['electron', '/etc/passwd'], '/', data);
    await vi.waitFor(() => expect(shell.electron.fake.of('window.focus')).toHaveLength(1));
    const opened = page(shell).subscribe('app.open', {});
    expect(await Promise.race([opened.next(), new Promise((resolve) => setTimeout(resolve, 100, 'nothing'))])).toBe('nothing');
  });

  it('of a second start go to the first, which the second leaves to it', async () => {
    const shell = await start([SAMPLE], ({ fake }) => (fake.firstInstance = false));
    expect(shell.electron.fake.of('app.requestSingleInstanceLock')).toEqual([[{ files: [SAMPLE] }]]);
    expect(shell.electron.fake.of('app.quit')).toHaveLength(1);
    expect(shell.electron.fake.windows).toEqual([]);
  });
});

describe('the menu', () => {
  it('gives the page its commands', async () => {
    const shell = await start();
    const commands = page(shell).subscribe('app.command', {});
    for (const [label, command] of [['&Go to…', 'go-to'], ['&Keys', 'keys'], ['&Close Capture', 'close'], ['Light or &Dark', 'theme']] as const) {
      click(shell.electron.fake.menu, label);
      expect((await commands.next()).value).toEqual({ command });
    }
    await commands.return();
  });

  it('says what this is, and where it is described', async () => {
    const { electron } = await start();
    click(electron.fake.menu, 'About Drainspotter');
    expect(electron.fake.of('dialog.showMessageBox')[0]).toMatchObject([{ message: expect.stringMatching(/^Drainspotter \d+\.\d+\.\d+/) as string }]);
    click(electron.fake.menu, '&Documentation');
    expect(electron.fake.of('shell.openPath')).toEqual([[join(import.meta.dirname, '../..', 'README.md')]]);
    expect(electron.fake.of('shell.openExternal')).toEqual([]);
  });

  it('binds no key that the page binds itself', async () => {
    const { electron } = await start();
    const items = electron.fake.menu.flatMap(({ submenu }) => submenu as MenuItemConstructorOptions[]);
    expect(items.filter(({ accelerator, registerAccelerator }) => accelerator !== undefined && registerAccelerator !== false)).toEqual([]);
  });
});

function click(menu: MenuItemConstructorOptions[], label: string): void {
  const item = menu.flatMap(({ submenu }) => (submenu ?? []) as MenuItemConstructorOptions[]).find((item) => item.label === label);
  (item!.click as () => void)();
}

function state(folder: string, stored: unknown): void {
  const path = join(folder, 'drainspotter', 'window.json');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(stored));
}
