import { app, dialog, shell } from 'electron';
import type { BrowserWindow, OpenDialogOptions, SaveDialogOptions } from 'electron';
import { rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { AppError } from '../../app-error.ts';
import { dataFolder } from '../../platform/data-folder.ts';
import type { PermittedPaths } from '../../platform/permitted-paths.ts';
import type { Platform, SaveTarget } from '../../platform/platform.ts';
import { findWireshark, startWireshark } from '../../platform/wireshark.ts';
import { partPath } from '../../report/part-path.ts';
import { whyUnwritable } from '../../report/unwritable.ts';
import { Announcer } from './open-files.ts';

const CAPTURES = { name: 'Captures', extensions: ['pcap', 'pcapng', 'cap', 'gz', 'zst'] };

export interface DesktopPlatform extends Platform {
  readonly permitted: PermittedPaths;
  readonly opened: Announcer<string[]>;
  readonly commands: Announcer<string>;
  /** The window that dialogs belong to. */
  window: BrowserWindow | null;
}

/** The platform port over Electron's dialogs. @param openAtStart real paths, permitted already */
export function desktopPlatform(samplesFolder: string, permitted: PermittedPaths, openAtStart: readonly string[]): DesktopPlatform {
  const opened = new Announcer<string[]>();
  const commands = new Announcer<string>();
  const wireshark = findWireshark();
  const noUploads = () => Promise.reject(new AppError('upload-not-found', 'This window opens files where they lie.'));
  const platform: DesktopPlatform = {
    permitted,
    opened,
    commands,
    window: null,
    shell: 'electron',
    nativeDialogs: true,
    dataFolder: dataFolder(),
    samplesFolder,
    folders: [],
    openAtStart,
    permittedPath: (path) => permitted.real(path),
    uploadedFiles: noUploads,
    forgetUpload: () => Promise.resolve(),
    async chooseCaptures() {
      const options: OpenDialogOptions = { title: 'Open captures', properties: ['openFile', 'multiSelections'], filters: [CAPTURES, { name: 'All files', extensions: ['*'] }] };
      const { canceled, filePaths } = await (platform.window === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(platform.window, options));
      return canceled ? [] : Promise.all(filePaths.map((path) => permitted.permit(path, 'file')));
    },
    async saveTarget(suggestedName) {
      const options: SaveDialogOptions = {
        title: 'Save',
        defaultPath: join(app.getPath('downloads'), suggestedName),
        properties: ['createDirectory', 'showOverwriteConfirmation'],
        ...filtersOf(suggestedName),
      };
      const { canceled, filePath } = await (platform.window === null ? dialog.showSaveDialog(options) : dialog.showSaveDialog(platform.window, options));
      return canceled || filePath === '' ? null : replacing(filePath);
    },
    wireshark: () => wireshark,
    openInWireshark: async (path, frame) => startWireshark(await wireshark, path, frame),
    reveal(path) {
      shell.showItemInFolder(path);
      return Promise.resolve();
    },
    noteRecent: (path) => app.addRecentDocument(path),
    onOpen: (listener) => opened.listen(listener),
    onCommand: (listener) => commands.listen(listener),
  };
  return platform;
}

/** A file beside its target, which takes its place when it is complete. */
function replacing(target: string): SaveTarget {
  const path = partPath(target);
  return {
    path,
    async finish() {
      try {
        await rename(path, target);
      } catch (error) {
        await rm(path, { force: true });
        throw new AppError('output-unwritable', `cannot write ${target}: ${whyUnwritable(error)}; choose another place`);
      }
      return { path: target, download: null };
    },
    discard: () => rm(path, { force: true }),
  };
}

function filtersOf(name: string): Pick<SaveDialogOptions, 'filters'> {
  const extension = extname(name).slice(1);
  return extension === '' ? {} : { filters: [{ name: extension.toUpperCase(), extensions: [extension] }] };
}
