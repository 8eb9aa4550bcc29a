import { mkdtempSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import type { BrowserShell } from '../../main/shells/browser/browser-shell.ts';
import { startBrowserShell } from '../../main/shells/browser/browser-shell.ts';
import { webSocketChannel } from '../../main/rpc/web-socket-transport.ts';
import { RpcClient } from '../../renderer/rpc/rpc-client.ts';

const samplesFolder = fileURLToPath(new URL('../../resources/samples', import.meta.url));

/** A browser shell within the test, over a small page and folders of its own. */
export class Served {
  readonly folder: string;
  readonly shell: BrowserShell;
  readonly log: string[];

  private constructor(folder: string, shell: BrowserShell, log: string[]) {
    this.folder = folder;
    this.shell = shell;
    this.log = log;
  }

  /** @param prepare makes files in the folder; what it returns is given to the shell */
  static async start(prepare: (folder: string) => { files?: string[]; folders?: string[] } = () => ({})): Promise<Served> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'drainspotter-served-')));
    const pageFolder = join(folder, 'page');
    mkdirSync(join(pageFolder, 'assets'), { recursive: true });
    writeFileSync(join(pageFolder, 'index.html'), '<!doctype html><title>page</title><script type="module" src="./assets/page.js"></script>');
    writeFileSync(join(pageFolder, 'assets', 'page.js'), 'window.ran = true;');
    const log: string[] = [];
    const shell = await startBrowserShell({ files: [], folders: [], ...prepare(folder), port: 0, pageFolder, samplesFolder, dataFolder: join(folder, 'data'), log: (message) => log.push(message) });
    return new Served(folder, shell, log);
  }

  async stop(): Promise<void> {
    await this.shell.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get host(): string {
    return `127.0.0.1:${this.shell.port}`;
  }

  get origin(): string {
    return `http://${this.host}`;
  }

  newToken(): string {
    return this.shell.newAddress().split('#token=')[1]!;
  }

  /** A request exactly as given: paths are not tidied, and nothing is added but the Host. */
  ask(method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port: this.shell.port, method, path, headers: { Host: this.host, ...headers } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text: Buffer.concat(chunks).toString() }));
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Exchanges a token as the page does; gives the cookie. */
  async cookie(): Promise<string> {
    const { headers } = await this.ask('POST', '/session', { Origin: this.origin }, this.newToken());
    return headers['set-cookie']![0]!.split(';')[0]!;
  }

  /** Opens a socket; resolves with it, or with the status that refused it. */
  socket(headers: Record<string, string>, path = '/rpc'): Promise<WebSocket | number> {
    const socket = new WebSocket(`ws://${this.host}${path}`, { headers: { Host: this.host, ...headers } });
    return new Promise((resolve) => {
      socket.on('open', () => resolve(socket));
      socket.on('unexpected-response', (_, response) => {
        resolve(response.statusCode!);
        socket.terminate();
      });
      socket.on('error', () => undefined);
    });
  }

  /** A page with a session. */
  async client(): Promise<RpcClient> {
    const socket = await this.socket({ Origin: this.origin, Cookie: await this.cookie() });
    if (typeof socket === 'number') throw new Error(`refused: ${socket}`);
    const client = new RpcClient();
    client.attach(webSocketChannel(socket), () => undefined);
    return client;
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}
