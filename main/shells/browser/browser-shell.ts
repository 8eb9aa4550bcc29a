import { rm } from 'node:fs/promises';
import { readKeyLogFile } from '../../analysis/key-log-file.ts';
import { AppError } from '../../app-error.ts';
import { dataFolder } from '../../platform/data-folder.ts';
import { permitAll } from '../../platform/permit-all.ts';
import { PermittedPaths } from '../../platform/permitted-paths.ts';
import type { Platform } from '../../platform/platform.ts';
import { findWireshark, startWireshark } from '../../platform/wireshark.ts';
import { createServices } from '../../services/services.ts';
import { Downloads } from './downloads.ts';
import { pageFiles } from '../../platform/page-files.ts';
import { startServer } from './server.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { Uploads } from './uploads.ts';

export interface BrowserShellOptions {
  /** Captures to open at once. */
  readonly files: readonly string[];
  /** What their TLS, and that of live captures, is read with. */
  readonly keyLog?: string;
  /** What the page's file picker may show. */
  readonly folders: readonly string[];
  /** 0 for any that is free. */
  readonly port: number;
  /** The built page, and the bundled captures. */
  readonly pageFolder: string;
  readonly samplesFolder: string;
  readonly log: (message: string, error: unknown) => void;
  /** Where settings are kept; this system's usual place where absent. */
  readonly dataFolder?: string;
}

export interface BrowserShell {
  readonly port: number;
  newAddress(): string;
  /** Ends what runs and deletes what was temporary. */
  close(): Promise<void>;
}

/** The program with its page on 127.0.0.1. @throws AppError where a file or folder is missing, or the port is taken */
export async function startBrowserShell(options: BrowserShellOptions): Promise<BrowserShell> {
  const page = await pageFiles(options.pageFolder).catch(() => new Map());
  if (!page.has('/')) throw new AppError('page-not-built', `the page is not there: ${options.pageFolder}; npm start builds it`);
  const permitted = new PermittedPaths();
  const openAtStart = await permitAll(permitted, options.files, 'file');
  const folders = await permitAll(permitted, options.folders, 'folder');
  const [keyLogAtStart] = options.keyLog === undefined ? [] : await permitAll(permitted, [options.keyLog], 'file');
  // A wrong one is told now, not by a page that shows nothing; for live captures alone it may have nothing yet.
  if (keyLogAtStart !== undefined && openAtStart.length > 0) await readKeyLogFile(keyLogAtStart);
  const temporary = await temporaryFolder();
  const uploads = new Uploads(temporary);
  const downloads = new Downloads(temporary);
  const wireshark = findWireshark();
  const platform: Platform = {
    shell: 'browser',
    nativeDialogs: false,
    dataFolder: options.dataFolder ?? dataFolder(),
    samplesFolder: options.samplesFolder,
    folders,
    openAtStart,
    ...(keyLogAtStart !== undefined && { keyLogAtStart }),
    permittedPath: (path) => permitted.real(path),
    uploadedFiles: (upload) => Promise.resolve().then(() => uploads.files(upload)),
    forgetUpload: (upload) => uploads.forget(upload),
    chooseCaptures: () => Promise.reject(new AppError('no-dialogs', 'A page in a browser has no file dialog of the program: drop the file on it, or choose it there.')),
    saveTarget: (name) => downloads.target(name),
    wireshark: () => wireshark,
    openInWireshark: async (path, frame) => startWireshark(await wireshark, path, frame),
    reveal: () => Promise.resolve(),
    noteRecent: () => undefined,
    onOpen: () => () => undefined,
    onCommand: () => () => undefined,
  };
  try {
    const services = await createServices(platform, options.log);
    // What was opened before was named by the person then.
    for (const path of services.recentPaths) await permitted.permit(path, 'file');
    await permitted.permit(services.capturesFolder, 'folder');
    const server = await startServer(options.port, { handlers: services.handlers, page, uploads, downloads, log: options.log });
    const { port, newAddress, close } = server;
    return {
      port,
      newAddress,
      async close() {
        await close();
        await services.close();
        await rm(temporary, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}
