import { RpcFailure } from '../../shared/rpc/api.ts';
import type { Channel } from '../../shared/rpc/channel.ts';
import type { PageShell } from '../page-shell.ts';
import { RpcClient } from './rpc-client.ts';
import { Trouble } from './trouble.ts';
import { uploadFiles } from './upload.ts';

const FIRST_RETRY_SECONDS = 1;
const LAST_RETRY_SECONDS = 15;

/** The program is a server on this computer, which may be stopped and may come back. */
export function connectToServer(): PageShell {
  const client = new RpcClient();
  const trouble = new Trouble();
  void keepConnected(client, trouble, takeToken());
  return {
    api: client,
    filePath: () => null,
    upload: uploadFiles,
    download(id) {
      const anchor = document.createElement('a');
      anchor.href = `/download/${encodeURIComponent(id)}`;
      anchor.download = '';
      anchor.click();
    },
    onTrouble: (hear) => trouble.hear(hear),
  };
}

/** The one-time token of the printed address, which is taken out of the address: it is no page to go back to. */
function takeToken(): string | null {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1] ?? null;
  if (token !== null) history.replaceState(null, '', location.pathname);
  return token;
}

async function keepConnected(client: RpcClient, trouble: Trouble, token: string | null): Promise<void> {
  let unusedToken = token;
  let retry = FIRST_RETRY_SECONDS;
  for (;;) {
    try {
      await openSession(unusedToken);
      unusedToken = null;
      const socket = await openSocket();
      const lost = new Promise<void>((resolve) => client.attach(socketChannel(socket), resolve));
      trouble.set(null);
      retry = FIRST_RETRY_SECONDS;
      await lost;
    } catch (error) {
      if (error instanceof RpcFailure) {
        client.fail(error);
        return trouble.set(error.message);
      }
    }
    const message = 'The program does not answer. If it was stopped, start it again and open the address it prints.';
    client.fail(new RpcFailure('disconnected', message));
    trouble.set(`${message} Trying again in ${retry} s.`);
    await new Promise((resolve) => setTimeout(resolve, retry * 1000));
    retry = Math.min(retry * 2, LAST_RETRY_SECONDS);
  }
}

/** @throws RpcFailure `session-ended` where the program refuses this page; others where it does not answer */
async function openSession(token: string | null): Promise<void> {
  const response = token === null ? await fetch('/session') : await fetch('/session', { method: 'POST', body: token });
  if (response.ok) return;
  // A token that was used before: the browser may hold the session that it gave.
  if (token !== null && (await fetch('/session')).ok) return;
  throw new RpcFailure('session-ended', await response.text());
}

function openSocket(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${location.host}/rpc`);
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve(socket);
    socket.onerror = () => reject(new Error('no connection'));
  });
}

function socketChannel(socket: WebSocket): Channel {
  return {
    send: (text) => socket.send(text),
    close: (reason) => socket.close(NORMAL_CLOSURE, reason),
    listen(onText, onClose) {
      socket.onmessage = ({ data }) => {
        if (typeof data === 'string') onText(data);
      };
      socket.onclose = () => onClose('closed');
      // `close` follows.
      socket.onerror = null;
    },
  };
}

/** RFC 6455, section 7.4.1; a page may not name most others. */
const NORMAL_CLOSURE = 1000;
