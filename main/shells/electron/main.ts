import { app, dialog, ipcMain, Menu, MessageChannelMain, nativeTheme, protocol, session, shell } from 'electron';
import type { BrowserWindow } from 'electron';
import { join } from 'node:path';
import { version } from '../../../package.json' with { type: 'json' };
import { workerThreads } from '../../analysis/analysis-host.ts';
import { captureHelperEntry } from '../../platform/capture-helper-entry.ts';
import { pageFiles } from '../../platform/page-files.ts';
import { PermittedPaths } from '../../platform/permitted-paths.ts';
import { productFolder } from '../../platform/product-files.ts';
import { messagePortChannel } from '../../rpc/message-port-transport.ts';
import { serveRpc } from '../../rpc/rpc-server.ts';
import { createServices } from '../../services/services.ts';
import { APP_SCHEME, serveApp } from './app-protocol.ts';
import type { DesktopPlatform } from './desktop-platform.ts';
import { desktopPlatform } from './desktop-platform.ts';
import { guardContents, guardSession, isFromPage } from './guards.ts';
import { menuTemplate } from './menu.ts';
import type { SecondStart } from './open-files.ts';
import { filesOf, filesOfSecondStart } from './open-files.ts';
import { utilityHelper } from './utility-helper.ts';
import { openWindow } from './window.ts';

/** What comes along to be read; in a package it lies beside the archive. */
const documentation = (): string => join(app.isPackaged ? process.resourcesPath : productFolder(), 'README.md');

const log = (message: string, error: unknown) => console.error(`drainspotter: ${message}`, error ?? '');
const named = filesOf(process.argv.slice(app.isPackaged ? 1 : 2), process.cwd());
/** Files that macOS names before there is anything to open them in. */
const early: string[] = [];
let openLater: (files: string[]) => void = (files) => early.push(...files);

app.enableSandbox();
protocol.registerSchemesAsPrivileged([APP_SCHEME]);
app.on('open-file', (event, path) => {
  event.preventDefault();
  openLater([path]);
});

const secondStart: SecondStart = { files: named };
if (app.requestSingleInstanceLock(secondStart)) {
  app.on('second-instance', (_event, _args, _folder, data) => openLater(filesOfSecondStart(data)));
  guardContents(app);
  void app.whenReady().then(start).catch(fail);
} else {
  app.quit();
}

async function start(): Promise<void> {
  const product = productFolder();
  const permitted = new PermittedPaths();
  const openAtStart = await Promise.all([...named, ...early.splice(0)].map((path) => permitted.permit(path, 'file')));
  const platform = desktopPlatform(join(product, 'resources', 'samples'), permitted, openAtStart);
  const services = await createServices(platform, log, workerThreads(), utilityHelper(captureHelperEntry()));
  for (const path of services.recentPaths) await permitted.permit(path, 'file');
  await permitted.permit(services.capturesFolder, 'folder');

  guardSession(session.defaultSession);
  serveApp(protocol, await pageFiles(join(product, 'dist', 'page')));
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuOf(platform)));
  nativeTheme.themeSource = services.settings.current.theme;
  services.settings.onChange(({ theme }) => (nativeTheme.themeSource = theme));

  ipcMain.on('connect', (event) => {
    if (!isFromPage(event, platform.window?.webContents ?? null)) return;
    const { port1, port2 } = new MessageChannelMain();
    serveRpc(messagePortChannel(port1), services.handlers, { log });
    event.sender.postMessage('port', null, [port2]);
  });
  ipcMain.on('permit', (event, path: unknown) => {
    const answer = typeof path === 'string' && isFromPage(event, platform.window?.webContents ?? null) ? permitted.permit(path, 'file') : Promise.resolve('');
    void answer.finally(() => (event.returnValue = null));
  });

  openLater = (files) => void openInWindow(platform, files);
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('activate', () => {
    if (platform.window === null) void show(platform, product);
  });
  // Analyses and what is to be remembered end before the program does.
  let closed = false;
  app.on('will-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    closed = true;
    void services.close().finally(() => app.quit());
  });
  await show(platform, product);
}

async function show(platform: DesktopPlatform, product: string): Promise<void> {
  const window = await openWindow({
    preload: join(product, 'dist', 'electron', 'preload.cjs'),
    icon: join(product, 'resources', 'icons', 'icon.png'),
    dataFolder: platform.dataFolder,
    opened: (opened) => (platform.window = opened),
  });
  window.once('closed', () => (platform.window = null));
  window.webContents.on('render-process-gone', (_, { reason }) => {
    if (reason !== 'clean-exit') void offerReload(window, reason);
  });
}

async function openInWindow(platform: DesktopPlatform, files: readonly string[]): Promise<void> {
  const paths = await Promise.all(files.map((path) => platform.permitted.permit(path, 'file')));
  if (platform.window?.isMinimized()) platform.window.restore();
  platform.window?.focus();
  if (paths.length > 0) platform.opened.announce(paths);
}

function menuOf(platform: DesktopPlatform) {
  return menuTemplate(
    {
      open: () => void platform.chooseCaptures().then((paths) => openInWindow(platform, paths)),
      command: (name) => platform.commands.announce(name),
      documentation: () => void shell.openPath(documentation()).then((problem) => (problem === '' ? undefined : shell.showItemInFolder(documentation()))),
      about: () => void dialog.showMessageBox({
        type: 'info',
        title: 'About Drainspotter',
        message: `Drainspotter ${version}`,
        detail: 'Says why HTTP/1.1 connections were or were not reused.\nMIT licence. Electron and Chromium under their own licences.',
        buttons: ['OK'],
      }),
    },
    process.platform,
  );
}

async function offerReload(window: BrowserWindow, reason: string): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    message: 'The page has stopped.',
    detail: `Reason: ${reason}. What was analysed is still there.`,
    buttons: ['Load it again', 'Quit'],
    defaultId: 0,
    cancelId: 1,
  });
  if (response === 0) window.webContents.reload();
  else app.quit();
}

function fail(error: unknown): void {
  log('the start failed', error);
  dialog.showErrorBox('Drainspotter cannot start', error instanceof Error ? error.message : String(error));
  app.exit(1);
}
