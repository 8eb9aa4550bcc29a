import { shell } from 'electron';
import type { App, IpcMainEvent, Session, WebContents } from 'electron';
import { PAGE_ORIGIN } from './app-protocol.ts';

/** The one thing that a page may do beyond its window: put text on the clipboard, by a click or a key of the person. */
const ALLOWED_PERMISSION = 'clipboard-sanitized-write';

/** Whatever contents there will ever be: they stay where they are, and open nothing. */
export function guardContents(app: App): void {
  app.on('web-contents-created', (_, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      void safeOpenExternal(url);
      return { action: 'deny' };
    });
  });
}

/** No permissions but one, no devices, no downloads, and no network: what is not the page's own scheme is not asked for. */
export function guardSession(session: Session): void {
  const isAllowed = (permission: string, origin: string) => permission === ALLOWED_PERMISSION && origin.replace(/\/$/, '') === PAGE_ORIGIN;
  session.setPermissionRequestHandler((contents, permission, answer) => answer(isAllowed(permission, originOf(contents.getURL()))));
  session.setPermissionCheckHandler((_, permission, origin) => isAllowed(permission, origin));
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
  session.webRequest.onBeforeRequest((request, answer) => answer({ cancel: !/^(?:app|devtools|blob|data):/.test(request.url) }));
}

/** Opens a page of documentation in the person's browser. Whether the address was one that may be. */
export async function safeOpenExternal(address: string): Promise<boolean> {
  const url = URL.canParse(address) ? new URL(address) : null;
  // Other schemes start programs; credentials in an address are for deceiving people.
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '') return false;
  await shell.openExternal(url.href);
  return true;
}

/** Whether a message is from our page itself: the main frame of the window, at its own address. */
export function isFromPage(event: IpcMainEvent, page: WebContents | null): boolean {
  const { senderFrame } = event;
  return page !== null && senderFrame !== null && event.sender === page && senderFrame === page.mainFrame && originOf(senderFrame.url) === PAGE_ORIGIN;
}

/** As `URL.origin`, which is `null` for schemes of one's own. */
function originOf(address: string): string {
  if (!URL.canParse(address)) return '';
  const { protocol, host } = new URL(address);
  return `${protocol}//${host}`;
}
