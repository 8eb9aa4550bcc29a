import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { DesktopBridge } from '../../../shared/rpc/desktop-bridge.ts';
import { PORT_MESSAGE } from '../../../shared/rpc/desktop-bridge.ts';

/** Of the page, all that is used here. */
declare const window: { readonly origin: string; postMessage(message: unknown, targetOrigin: string, ports: readonly unknown[]): void };

/* Runs in the page's window before it, apart from it; the page gets these two functions and nothing of Electron. */
const bridge: DesktopBridge = {
  connect() {
    ipcRenderer.send('connect');
  },
  filePath(file) {
    try {
      const path = webUtils.getPathForFile(file as File);
      // Answered before the page has the path: what it asks then is permitted.
      if (path !== '') ipcRenderer.sendSync('permit', path);
      return path;
    } catch {
      // Not a File.
      return '';
    }
  },
};

// A port cannot cross the bridge; it goes as a message within the window.
ipcRenderer.on('port', (event) => window.postMessage(PORT_MESSAGE, window.origin, event.ports));

contextBridge.exposeInMainWorld('drainspotter', bridge);
