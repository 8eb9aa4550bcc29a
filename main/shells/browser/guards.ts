import type { IncomingMessage } from 'node:http';

export interface Refusal {
  readonly status: 403 | 421;
  readonly message: string;
}

/**
 * Whether a request can come from our own page; null where it can.
 *
 * - `Host` must be this machine by a name nobody else can hold: a DNS name that is pointed at 127.0.0.1 later
 *   (DNS rebinding) is none.
 * - `Origin`, where there is one, must be the page's. Browsers send it with every POST and WebSocket; these need it.
 * - `Sec-Fetch-Site`: nothing is given to other sites' pages but the page itself, as a link.
 */
export function refusalOf(request: IncomingMessage, port: number): Refusal | null {
  const host = request.headers.host?.toLowerCase() ?? '';
  if (!hostsOf(port).includes(host)) return { status: 421, message: 'This address is not served here. Open the address that the program printed.' };
  const { origin } = request.headers;
  const changes = request.method !== 'GET' && request.method !== 'HEAD';
  const needsOrigin = changes || request.headers.upgrade !== undefined;
  if (origin === undefined ? needsOrigin : origin !== `http://${host}`) return { status: 403, message: 'Pages of other sites may not use this program.' };
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isLinkToPage(request)) {
    return { status: 403, message: 'Pages of other sites may not use this program.' };
  }
  return null;
}

function hostsOf(port: number): string[] {
  const names = ['127.0.0.1', 'localhost', '[::1]'];
  const hosts = names.map((name) => `${name}:${port}`);
  return port === 80 ? [...hosts, ...names] : hosts;
}

/** A terminal in a web page links to the printed address. */
function isLinkToPage(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.url === '/' && request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document';
}
