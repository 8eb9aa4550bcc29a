import { join } from 'node:path';
import { safeText } from '../../../shared/format/safe-text.ts';
import { AppError } from '../../app-error.ts';
import { hasDisplay, openInBrowser } from '../../platform/open-external.ts';
import { productFolder } from '../../platform/product-files.ts';
import type { BrowserShell } from '../browser/browser-shell.ts';
import { ExitCode } from './exit-codes.ts';

type Terminal = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'env' | 'on' | 'exit'>;

export interface OpenFlags {
  readonly folder?: readonly string[];
  readonly keylog?: string;
  readonly port: number;
  readonly open: boolean;
  /** A page built elsewhere. */
  readonly page?: string;
}

/** Serves the page until it is told to stop; resolves with the exit code. */
export async function runOpen(files: readonly string[], flags: OpenFlags, cli: Terminal): Promise<number> {
  const complain = (message: string) => cli.stderr.write(`drainspotter: ${safeText(message)}\n`);
  const log = (message: string, error: unknown) => {
    complain(message);
    if (error instanceof Error) cli.stderr.write(`${safeText(error.stack ?? error.message)}\n`);
  };
  // Before the start: a Ctrl-C that comes meanwhile must find someone.
  const stopped = stopOf(cli);
  const { startBrowserShell } = await import('../browser/browser-shell.ts');
  let shell: BrowserShell;
  try {
    const product = productFolder();
    shell = await startBrowserShell({
      files,
      folders: flags.folder ?? [],
      ...(flags.keylog !== undefined && { keyLog: flags.keylog }),
      port: flags.port,
      pageFolder: flags.page ?? join(product, 'dist', 'page'),
      samplesFolder: join(product, 'resources', 'samples'),
      log,
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    complain(error.message);
    return error.exitCode;
  }
  try {
    const address = shell.newAddress();
    cli.stderr.write('Drainspotter is at this address, for one browser. Ctrl-C ends it; Enter prints another address.\n');
    cli.stdout.write(`${address}\n`);
    if (flags.open && hasDisplay(cli.env)) await openInBrowser(address);
    if (cli.stdin.isTTY) cli.stdin.on('data', () => cli.stdout.write(`${shell.newAddress()}\n`));
    await stopped;
    return ExitCode.done;
  } finally {
    // A terminal that is read keeps the process.
    cli.stdin.pause();
    await shell.close();
  }
}

/** Resolves when the process is asked to end; the second Ctrl-C does not wait. */
function stopOf(cli: Terminal): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      cli.on(signal, () => {
        if (asked) cli.exit(ExitCode.interrupted);
        asked = true;
        resolve();
      });
    }
  });
}
