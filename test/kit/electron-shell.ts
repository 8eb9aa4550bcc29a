import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type * as Fake from './fake-electron.ts';

export type FakeElectron = typeof Fake;

/** The desktop shell's main process within the test, over the fake Electron. */
export class ElectronShell {
  readonly electron: FakeElectron;
  /** Settings, window state; and whatever a test puts there. */
  readonly folder: string;

  private constructor(electron: FakeElectron, folder: string) {
    this.electron = electron;
    this.folder = folder;
  }

  /**
   * Starts a new main process, with a new fake.
   *
   * @param prepare sets what the fake answers, and may say something before the start is done
   */
  static async start(files: readonly string[] = [], prepare: (electron: FakeElectron, folder: string) => void = () => undefined): Promise<ElectronShell> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'drainspotter-electron-')));
    try {
      return new ElectronShell(await this.begin(folder, files, prepare), folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  private static async begin(folder: string, files: readonly string[], prepare: (electron: FakeElectron, folder: string) => void): Promise<FakeElectron> {
    vi.resetModules();
    vi.stubEnv('XDG_CONFIG_HOME', folder);
    // Given by its alias, so that the shell and the test share one.
    const electron = (await import('electron')) as unknown as FakeElectron;
    prepare(electron, folder);
    const argv = process.argv;
    process.argv = ['electron', '.', ...files];
    try {
      await import('../../main/shells/electron/main.ts');
      if (electron.fake.firstInstance) {
        await vi.waitFor(() => {
          if (electron.fake.windows[0]?.webContents.url === undefined || electron.fake.of('window.loadURL').length + electron.fake.of('app.exit').length === 0) throw new Error('not started yet');
        });
      }
    } finally {
      process.argv = argv;
    }
    return electron;
  }

  get window(): Fake.BrowserWindow {
    return this.electron.fake.windows.at(-1)!;
  }

  /** A message of the page's own frame. */
  send(channel: string, ...args: unknown[]): { returnValue: unknown } {
    const { webContents } = this.window;
    const event = { sender: webContents, senderFrame: webContents.mainFrame, returnValue: undefined };
    this.electron.ipcMain.tell(channel, event, ...args);
    return event;
  }

  async stop(): Promise<void> {
    const { app, fake } = this.electron;
    app.tell('will-quit', { preventDefault: () => undefined });
    if (fake.firstInstance) await vi.waitFor(() => fake.of('app.quit').length > 0 || Promise.reject(new Error('not ended yet')));
    vi.unstubAllEnvs();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
