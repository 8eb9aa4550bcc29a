import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocketServer } from 'ws';
import { AppError } from '../../app-error.ts';
import { contentSecurityPolicy } from '../../platform/page-policy.ts';
import { serveRpc } from '../../rpc/rpc-server.ts';
import { webSocketChannel } from '../../rpc/web-socket-transport.ts';
import type { Handlers } from '../../services/handlers.ts';
import { MAX_FRAME_BYTES } from '../../../shared/rpc/frames.ts';
import type { Downloads } from './downloads.ts';
import { contentDisposition } from './downloads.ts';
import { refusalOf } from './guards.ts';
import type { PageFile } from '../../platform/page-files.ts';
import { Sessions } from './sessions.ts';
import type { Uploads } from './uploads.ts';

export interface ServerParts {
  readonly handlers: Handlers;
  readonly page: ReadonlyMap<string, PageFile>;
  readonly uploads: Uploads;
  readonly downloads: Downloads;
  readonly log: (message: string, error: unknown) => void;
}

export interface PageServer {
  readonly port: number;
  /** An address that opens the page, for one browser. */
  newAddress(): string;
  close(): Promise<void>;
}

/** A token has 43 characters. */
const MAX_TOKEN_BYTES = 256;

/**
 * Serves the page and its way to the program on 127.0.0.1. All but the page's own files needs a session.
 *
 * @param port 0 for any that is free
 * @throws AppError `port-unavailable`
 */
export async function startServer(port: number, parts: ServerParts): Promise<PageServer> {
  const sessions = new Sessions();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // Who asked went away (a tab that is closed): nothing failed, and nobody is left to be told.
      if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
      if (!response.headersSent) return refuse(response, error);
      response.destroy();
    });
  });
  // Uploads may take longer than five minutes; heads may not.
  server.requestTimeout = 0;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false });
  server.on('upgrade', upgrade);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(unavailable(port, error)));
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  // Cookies are of a host, whatever the port: two running programs must not take each other's.
  const cookie = `drainspotter-${bound}`;

  return {
    port: bound,
    newAddress: () => `http://127.0.0.1:${bound}/#token=${sessions.issueToken()}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setHeaders(response, request);
    const refusal = refusalOf(request, bound);
    if (refusal !== null) return send(response, refusal.status, refusal.message);
    const { url = '/' } = request;
    // A path of two slashes is no path to `new URL` but a host (RFC 3986, section 4.2).
    const address = url.startsWith('/') ? `http://page.invalid${url}` : url;
    if (!URL.canParse(address, 'http://page.invalid')) return send(response, 400, 'This is no address.');
    const { pathname, searchParams } = new URL(address, 'http://page.invalid');
    const route = `${request.method} ${pathname}`;
    if (route === 'POST /session') return openSession(request, response);
    const file = parts.page.get(pathname);
    if (file !== undefined && (request.method === 'GET' || request.method === 'HEAD')) return sendFile(response, file.path, file.mediaType, request.method === 'HEAD');
    if (!sessions.admits(request.headers.cookie, cookie)) return send(response, 401, 'This page has no session. Open the address that the program printed.');
    if (route === 'GET /session') return send(response, 204, '');
    if (route === 'POST /upload') return takeUpload(request, response, searchParams);
    if (request.method === 'GET' && pathname.startsWith('/download/')) return sendDownload(response, pathname.slice('/download/'.length));
    send(response, 404, 'There is nothing at this address.');
  }

  async function openSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = sessions.redeem(await smallBody(request));
    if (session === null) return send(response, 401, 'This address was used before, or belongs to a program that has ended. Open the address that the program printed last; Enter in its terminal prints another.');
    response.setHeader('Set-Cookie', `${cookie}=${session}; Path=/; HttpOnly; SameSite=Strict`);
    send(response, 204, '');
  }

  async function takeUpload(request: IncomingMessage, response: ServerResponse, search: URLSearchParams): Promise<void> {
    const length = request.headers['content-length'];
    if (length === undefined) throw new AppError('upload-incomplete', 'the length of the file is missing');
    const upload = await parts.uploads.take(request, (search.get('name') ?? '').slice(0, 255), Number(length), search.get('upload'));
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ upload }));
  }

  async function sendDownload(response: ServerResponse, id: string): Promise<void> {
    const download = parts.downloads.take(id);
    if (download === null) return send(response, 404, 'This file was fetched already, or is not there any more. Save it again.');
    try {
      response.setHeader('Content-Disposition', contentDisposition(download.name));
      await sendFile(response, download.path, 'application/octet-stream', false);
    } finally {
      await parts.downloads.delete(download);
    }
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const refusal = request.url === '/rpc' ? refusalOf(request, bound) : { status: 404 };
    const status = refusal?.status ?? (sessions.admits(request.headers.cookie, cookie) ? null : 401);
    if (status !== null) return void socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    sockets.handleUpgrade(request, socket, head, (webSocket) => serveRpc(webSocketChannel(webSocket), parts.handlers, { log: parts.log }));
  }

  function refuse(response: ServerResponse, error: unknown): void {
    if (!(error instanceof AppError)) parts.log('a request failed', error);
    const { code, message } = error instanceof AppError ? error : { code: 'internal', message: 'The program failed at this.' };
    response.statusCode = error instanceof AppError ? 400 : 500;
    response.setHeader('Content-Type', 'application/json');
    // What is left of a body that nobody wants is not read: the connection ends with the answer.
    response.setHeader('Connection', 'close');
    response.end(JSON.stringify({ code, message }));
  }
}

function setHeaders(response: ServerResponse, request: IncomingMessage): void {
  // Only a Host from the allow-list gets an answer with content; any other may stand here as a fixed word.
  const host = /^[\w.:[\]]+$/.test(request.headers.host ?? '') ? request.headers.host! : 'invalid';
  const headers: Record<string, string> = {
    'Content-Security-Policy': contentSecurityPolicy(`ws://${host}`),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=()',
    'Cache-Control': 'no-store',
  };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

function send(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  if (status >= 400) response.setHeader('Connection', 'close');
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(text);
}

async function sendFile(response: ServerResponse, path: string, mediaType: string, headOnly: boolean): Promise<void> {
  const { size } = await stat(path);
  response.setHeader('Content-Type', mediaType);
  response.setHeader('Content-Length', size);
  if (headOnly) return void response.end();
  await pipeline(createReadStream(path), response);
}

/** A body as text; what is longer than a token may be is none. */
async function smallBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) {
    text += (chunk as Buffer).toString('latin1');
    if (text.length > MAX_TOKEN_BYTES) return '';
  }
  return text;
}

function unavailable(port: number, error: NodeJS.ErrnoException): AppError {
  const reasons: Record<string, string> = { EADDRINUSE: 'it is in use', EACCES: 'permission denied' };
  return new AppError('port-unavailable', `cannot listen on port ${port}: ${reasons[error.code ?? ''] ?? error.message}; leave --port out to take any that is free`, 2);
}
