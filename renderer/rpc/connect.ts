import type { PageShell } from '../page-shell.ts';
import { connectToServer } from './browser-connection.ts';
import { connectToShell } from './electron-connection.ts';

/** Connects the page to its program: by the preload script of the desktop window, or to the server it came from. */
export function connect(): PageShell {
  return window.drainspotter === undefined ? connectToServer() : connectToShell(window.drainspotter);
}
