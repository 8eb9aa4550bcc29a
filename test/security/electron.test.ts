import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { pageFiles } from '../../main/platform/page-files.ts';
import { serveApp } from '../../main/shells/electron/app-protocol.ts';
import { guardContents, guardSession, safeOpenExternal } from '../../main/shells/electron/guards.ts';
import { app, BrowserWindow, fake, FakeSession, protocol } from '../kit/fake-electron.ts';

/* What a page in the desktop window could try if someone else's code ran in it. */

beforeEach(() => {
  fake.calls.length = 0;
});

describe('app://', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-app-'));
  beforeAll(async () => {
    mkdirSync(join(folder, 'page', 'assets'), { recursive: true });
    writeFileSync(join(folder, 'page', 'index.html'), '<title>page</title>');
    writeFileSync(join(folder, 'page', 'assets', 'page.js'), 'page');
    writeFileSync(join(folder, 'secret'), 'secret');
    serveApp(protocol as never, await pageFiles(join(folder, 'page')));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A request whose address is not tidied by URL. */
  const ask = async (url: string, method = 'GET') => await fake.appScheme!({ url, method } as Request);

  it('gives the page and its files, under its policy', async () => {
    const response = await ask('app://drainspotter/');
    expect(await response.text()).toBe('<title>page</title>');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const policy = response.headers.get('content-security-policy')!;
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) expect(policy).toContain(part);
    expect((await ask('app://drainspotter/assets/page.js')).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  it.each([
    'app://drainspotter/../secret',
    'app://drainspotter/assets/../../secret',
    'app://drainspotter/%2e%2e/secret',
    'app://drainspotter/..%2fsecret',
    'app://drainspotter/..\\secret',
    'app://drainspotter//secret',
    `app://drainspotter/${folder}/secret`,
    'app://drainspotter/file:///etc/passwd',
    'app://drainspotter/%00',
    'app://drainspotter/__proto__',
    'app://drainspotter/assets',
    'app://evil/index.html',
    'app://drainspotter:80/index.html',
    'app:///index.html',
  ])('gives nothing else: %s', async (url) => {
    const response = await ask(url);
    expect([url, response.status, await response.text()]).toEqual([url, 404, 'There is nothing at this address.']);
  });

  it.each(['POST', 'PUT', 'DELETE'])('takes no %s', async (method) => {
    expect((await ask('app://drainspotter/index.html', method)).status).toBe(404);
  });
});

describe('any contents', () => {
  guardContents(app as never);
  const contents = () => new BrowserWindow().webContents;

  it.each(['will-navigate', 'will-redirect', 'will-frame-navigate', 'will-attach-webview'])('are kept where they are: %s', (event) => {
    const preventDefault = vi.fn();
    contents().tell(event, { preventDefault, url: 'https://evil.example/' });
    expect(preventDefault).toHaveBeenCalledOnce();
  });

  it('open no window', () => {
    for (const url of ['https://evil.example/', 'app://drainspotter/', 'about:blank', 'javascript:alert(1)', '']) {
      expect(contents().windowOpen!({ url } as never)).toEqual({ action: 'deny' });
    }
  });
});

describe('a link', () => {
  it('to documentation opens in the browser of the person', async () => {
    expect(await safeOpenExternal('https://pkg.go.dev/net/http#Client')).toBe(true);
    expect(fake.of('shell.openExternal')).toEqual([['https://pkg.go.dev/net/http#Client']]);
  });

  it.each(['http://example.com/', 'file:///etc/passwd', 'javascript:alert(1)', 'smb://evil/share', 'ms-msdt:/id', 'vbscript:x', 'https://pkg.go.dev@evil.example/', 'https://u:p@evil.example/', 'x', '', '--flag', '\\\\evil\\share'])('of any other kind opens nothing: %s', async (url) => {
    expect(await safeOpenExternal(url)).toBe(false);
    expect(fake.of('shell.openExternal')).toEqual([]);
  });
});

describe('the session', () => {
  const session = new FakeSession();
  guardSession(session as never);
  const PERMISSIONS = ['media', 'geolocation', 'notifications', 'midi', 'pointerLock', 'fullscreen', 'openExternal', 'clipboard-read', 'display-capture', 'fileSystem', 'hid', 'serial', 'usb', 'unknown'];
  afterEach(() => vi.restoreAllMocks());

  const requested = (permission: string, url: string) => {
    const answer = vi.fn();
    session.permissionRequest!({ getURL: () => url } as never, permission as never, answer, {} as never);
    return answer.mock.calls;
  };

  it('grants our page the clipboard to write to, and nothing else', () => {
    expect(requested('clipboard-sanitized-write', 'app://drainspotter/#/start')).toEqual([[true]]);
    expect(session.permissionCheck!(null, 'clipboard-sanitized-write' as never, 'app://drainspotter/', {} as never)).toBe(true);
    for (const permission of PERMISSIONS) {
      expect(requested(permission, 'app://drainspotter/')).toEqual([[false]]);
      expect(session.permissionCheck!(null, permission as never, 'app://drainspotter/', {} as never)).toBe(false);
    }
    expect(session.devicePermission!({} as never)).toBe(false);
  });

  it.each(['https://evil.example/', 'app://drainspotter.evil/', 'app://evil/', 'https://app//drainspotter', 'about:blank', ''])('grants %s nothing', (url) => {
    expect(requested('clipboard-sanitized-write', url)).toEqual([[false]]);
    expect(session.permissionCheck!(null, 'clipboard-sanitized-write' as never, url, {} as never)).toBe(false);
  });

  it('asks the network for nothing', () => {
    const cancelled = (url: string) => {
      const answer = vi.fn();
      session.beforeRequest!({ url } as never, answer);
      return (answer.mock.calls[0] as [{ cancel: boolean }])[0].cancel;
    };
    for (const url of ['https://evil.example/', 'http://127.0.0.1/', 'ws://127.0.0.1/', 'file:///etc/passwd', 'ftp://x', 'https://app:1@evil.example/']) expect([url, cancelled(url)]).toEqual([url, true]);
    for (const url of ['app://drainspotter/assets/page.js', 'data:image/png;base64,']) expect([url, cancelled(url)]).toEqual([url, false]);
  });

  it('keeps no download', () => {
    const preventDefault = vi.fn();
    session.tell('will-download', { preventDefault });
    expect(preventDefault).toHaveBeenCalledOnce();
  });
});
