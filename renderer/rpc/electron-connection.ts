import { RpcFailure } from '../../shared/rpc/api.ts';
import type { Channel } from '../../shared/rpc/channel.ts';
import type { DesktopBridge } from '../../shared/rpc/desktop-bridge.ts';
import { PORT_MESSAGE } from '../../shared/rpc/desktop-bridge.ts';
import type { PageShell } from '../page-shell.ts';
import { RpcClient } from './rpc-client.ts';
import { Trouble } from './trouble.ts';

declare global {
  interface Window {
    /** In the desktop window only. */
    readonly drainspotter?: DesktopBridge;
  }
}

/** The program is the window's own: there is no connection without it, and none to lose but by its end. */
export function connectToShell(bridge: DesktopBridge): PageShell {
  const client = new RpcClient();
  const trouble = new Trouble();
  const receivePort = (event: MessageEvent) => {
    const port = event.ports[0];
    // The preload script posts it within this window.
    if (event.source !== window || event.data !== PORT_MESSAGE || port === undefined) return;
    window.removeEventListener('message', receivePort);
    client.attach(portChannel(port), () => trouble.set('The program has stopped. Close this window and start it again.'));
  };
  window.addEventListener('message', receivePort);
  bridge.connect();
  return {
    api: client,
    filePath: (file) => bridge.filePath(file) || null,
    upload: () => Promise.reject(new RpcFailure('no-upload', 'This window reads files where they lie.')),
    download: () => undefined,
    onTrouble: (hear) => trouble.hear(hear),
  };
}

function portChannel(port: MessagePort): Channel {
  return {
    send: (text) => port.postMessage(text),
    close: () => port.close(),
    listen(onText, onClose) {
      port.addEventListener('message', ({ data }) => {
        if (typeof data === 'string') onText(data);
      });
      port.addEventListener('close', () => onClose('closed'));
      port.start();
    },
  };
}
