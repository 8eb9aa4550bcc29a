import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PermittedPaths } from '../../main/platform/permitted-paths.ts';
import { contentDisposition, Downloads } from '../../main/shells/browser/downloads.ts';
import { safeFileName, Uploads } from '../../main/shells/browser/uploads.ts';
import type { RpcClient } from '../../renderer/rpc/rpc-client.ts';
import { Served } from '../kit/served.ts';

/* What a page, or who speaks in its name, can reach of this computer's files. */

let served: Served;
let client: RpcClient;
beforeAll(async () => {
  served = await Served.start((folder) => {
    for (const name of ['open/inner', 'open-too', 'closed']) mkdirSync(join(folder, name), { recursive: true });
    for (const name of ['open/a10.pcap', 'open/a9.pcapng.zst', 'open/notes.txt', 'open/.hidden.pcap', 'closed/secret.pcap', 'named.pcap']) writeFileSync(join(folder, name), name);
    symlinkSync(join(folder, 'closed'), join(folder, 'open', 'way-out'));
    symlinkSync(join(folder, 'closed', 'secret.pcap'), join(folder, 'open', 'secret.pcap'));
    symlinkSync(join(folder, 'open', 'a10.pcap'), join(folder, 'open', 'within.pcap'));
    symlinkSync(join(folder, 'nothing'), join(folder, 'open', 'dangling.pcap'));
    return { files: [join(folder, 'named.pcap')], folders: [join(folder, 'open')] };
  });
  client = await served.client();
});
afterAll(() => served.stop());

describe('the picker', () => {
  it('shows the named folders, and what is in them: folders, captures, the rest', async () => {
    const top = await client.request('files.list', {});
    expect(top).toMatchObject({ parent: null, entries: [{ name: 'open', kind: 'folder', path: join(served.folder, 'open') }] });
    const { entries, parent } = await client.request('files.list', { path: join(served.folder, 'open') });
    expect(parent).toBe('');
    expect(entries.map(({ name, kind }) => [name, kind])).toEqual([
      ['inner', 'folder'],
      ['a9.pcapng.zst', 'capture'],
      ['a10.pcap', 'capture'],
      ['within.pcap', 'capture'],
      ['notes.txt', 'other'],
    ]);
    expect(await client.request('files.list', { path: join(served.folder, 'open', 'inner') })).toMatchObject({ parent: join(served.folder, 'open'), entries: [] });
  });

  it.each(['..', '../closed', 'inner/../../closed', 'way-out', 'way-out/.', '../open-too', '../../../../../../etc', '\0', '../named.pcap/..'])('does not leave them by %s', async (path) => {
    await expect(client.request('files.list', { path: `${join(served.folder, 'open')}/${path}` })).rejects.toMatchObject({ code: 'path-not-allowed' });
  });

  it.each(['/', '/etc', '.', '', '~'])('does not start elsewhere: "%s"', async (path) => {
    await expect(client.request('files.list', { path })).rejects.toMatchObject({ code: 'path-not-allowed' });
  });
});

describe('a capture', () => {
  const open = (...paths: string[]) => client.request('analysis.open', { source: { kind: 'paths', paths } });

  it.each(['closed/secret.pcap', 'open/../closed/secret.pcap', 'open/secret.pcap', 'open/way-out/secret.pcap', 'closed/none.pcap', 'named.pcap/../closed/secret.pcap', 'data/settings.json'])('that was not named is not opened: %s', async (path) => {
    await expect(open(join(served.folder, 'named.pcap'), `${served.folder}/${path}`)).rejects.toMatchObject({ code: 'path-not-allowed' });
  });

  it('of another upload or of none is not opened', async () => {
    for (const upload of ['upload-999', '__proto__', '../..']) {
      await expect(client.request('analysis.open', { source: { kind: 'upload', upload } })).rejects.toMatchObject({ code: 'upload-not-found' });
    }
  });
});

describe('permitted paths', () => {
  it('say what is missing only of what is permitted', async () => {
    const paths = new PermittedPaths();
    await paths.permit(join(served.folder, 'gone.pcap'), 'file');
    await expect(paths.real(join(served.folder, 'gone.pcap'))).rejects.toMatchObject({ code: 'file-not-found' });
    await expect(paths.real(join(served.folder, 'gone.pcapng'))).rejects.toMatchObject({ code: 'path-not-allowed' });
  });

  it('follow a symlink at the time of opening, not of naming', async () => {
    const paths = new PermittedPaths();
    const link = join(served.folder, 'link.pcap');
    symlinkSync(join(served.folder, 'named.pcap'), link);
    await paths.permit(link, 'file');
    expect(await paths.real(link)).toBe(join(served.folder, 'named.pcap'));
    rmSync(link);
    symlinkSync(join(served.folder, 'closed', 'secret.pcap'), link);
    await expect(paths.real(link)).rejects.toMatchObject({ code: 'path-not-allowed' });
  });
});

describe('an upload', () => {
  const send = async (path: string, body: string, headers: Record<string, string> = {}) =>
    served.ask('POST', `/upload?${path}`, { Origin: served.origin, Cookie: await served.cookie(), ...headers }, body);

  it('is kept under its name in a folder of this process, with others that are added to it', async () => {
    const first = await send('name=web.pcap', 'one');
    expect(first.status).toBe(200);
    const { upload } = JSON.parse(first.text) as { upload: string };
    expect(JSON.parse((await send(`name=web.pcap&upload=${upload}`, 'two')).text)).toEqual({ upload });
    const files = uploadedFiles();
    expect(files.map((path) => readFileSync(path, 'utf8')).sort()).toEqual(['one', 'two']);
    expect(files.every((path) => path.endsWith('/web.pcap'))).toBe(true);
  });

  it.each(['../../../../evil.pcap', '/etc/cron.d/evil', '..', '.', '', 'a\0b', 'C:\\evil', 'x'.repeat(5000), 'CON\r\nX: y'])('does not leave that folder by its name: %.20j', async (name) => {
    const before = new Set(everyPath());
    const { status } = await send(`name=${encodeURIComponent(name)}`, 'evil');
    expect(status).toBe(200);
    expect(everyPath().filter((path) => !before.has(path))).toEqual([]);
    expect(uploadedFiles().some((path) => readFileSync(path, 'utf8') === 'evil')).toBe(true);
    expect(existsSync('/etc/cron.d/evil')).toBe(false);
  });

  it.each(['upload-999', '__proto__', '../..'])('is not added to another that there is not: %s', async (upload) => {
    expect(await send(`name=a&upload=${encodeURIComponent(upload)}`, 'x')).toMatchObject({ status: 400, text: expect.stringContaining('upload-not-found') as string });
  });

  it('without a length is refused', async () => {
    const answer = await raw(`POST /upload?name=a HTTP/1.1\r\nHost: ${served.host}\r\nOrigin: ${served.origin}\r\nCookie: ${await served.cookie()}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`);
    expect(answer).toContain('upload-incomplete');
  });

  it('that is larger than the disk is refused before it is sent, with what to do', async () => {
    const answer = await raw(`POST /upload?name=big.pcap HTTP/1.1\r\nHost: ${served.host}\r\nOrigin: ${served.origin}\r\nCookie: ${await served.cookie()}\r\nContent-Length: 900000000000000\r\n\r\n`, 'wait');
    expect(answer).toContain('upload-too-large');
    expect(answer).toContain('Start Drainspotter with its path instead');
  });

  it('that ends early leaves nothing behind', async () => {
    const before = uploadedFiles();
    const head = `POST /upload?name=part.pcap HTTP/1.1\r\nHost: ${served.host}\r\nOrigin: ${served.origin}\r\nCookie: ${await served.cookie()}\r\nContent-Length: 1000\r\n\r\n`;
    await raw(`${head}only this`);
    await expect.poll(uploadedFiles).toEqual(before);
  });

  it('that is forgotten while more of it comes is said to be gone, whenever that is', async () => {
    const folder = join(served.folder, 'forgotten');
    mkdirSync(folder);
    const uploads = new Uploads(folder);
    for (let ticks = 0; ticks < 12; ticks++) {
      const id = await uploads.take(Readable.from(['one']), 'a', 3, null);
      const body = new PassThrough();
      const taken = expect(uploads.take(body, 'b', 3, id)).rejects.toMatchObject({ code: 'upload-not-found' });
      for (let i = 0; i < ticks; i++) await new Promise(setImmediate);
      await uploads.forget(id);
      body.end('two');
      await taken;
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('fills no more than what is free beside a reserve', async () => {
    const folder = join(served.folder, 'data');
    mkdirSync(folder, { recursive: true });
    const uploads = new Uploads(folder, { freeBytes: () => Promise.resolve(300 * 1024 * 1024) });
    await expect(uploads.take(Readable.from([]), 'a', 50 * 1024 * 1024, null)).rejects.toMatchObject({ code: 'upload-too-large' });
    await expect(uploads.take(Readable.from([Buffer.alloc(10)]), 'a', 5, null)).rejects.toMatchObject({ code: 'upload-incomplete' });
    await expect(uploads.take(Readable.from([Buffer.alloc(10)]), 'a', Number.NaN, null)).rejects.toMatchObject({ code: 'upload-incomplete' });
    const id = await uploads.take(Readable.from([Buffer.alloc(10)]), 'a', 10, null);
    const { path } = uploads.files(id)[0]!;
    expect(await text(createReadStream(path))).toHaveLength(10);
    await uploads.forget(id);
    expect(existsSync(path)).toBe(false);
    expect(() => uploads.files(id)).toThrow(/not there any more/);
  });

  it('is gone when the program ends', async () => {
    const other = await Served.start();
    const cookie = await other.cookie();
    await other.ask('POST', '/upload?name=mine.pcap', { Origin: other.origin, Cookie: cookie }, 'mine');
    const mine = () => temporaryFiles().filter((path) => path.endsWith('/mine.pcap'));
    expect(mine()).toHaveLength(1);
    await other.stop();
    expect(mine()).toEqual([]);
  });
});

describe('a download', () => {
  it('is given once, and then deleted', async () => {
    const downloads = new Downloads(served.folder);
    const target = await downloads.target('report.html');
    writeFileSync(target.path, 'x');
    const { download } = await target.finish();
    const taken = downloads.take(download!);
    expect(taken).toMatchObject({ name: 'report.html' });
    expect(downloads.take(download!)).toBe(null);
    await downloads.delete(taken!);
    expect(existsSync(target.path)).toBe(false);
  });

  it.each(['x', '__proto__', '..%2f..%2fnamed.pcap', ''])('that was not made is not given: %s', async (id) => {
    expect((await served.ask('GET', `/download/${id}`, { Cookie: await served.cookie() })).status).toBe(404);
  });

  it.each(['a"; filename="b.exe', 'a\r\nSet-Cookie: x=1', 'ü\u202e€.pcap', '\ud800', "it's (1)*.csv"])('cannot change its header by its name: %j', (name) => {
    const header = contentDisposition(name);
    expect(header).toMatch(/^attachment; filename="[\x20-\x21\x23-\x5b\x5d-\x7e]*"; filename\*=UTF-8''[\w.!~%-]*$/);
  });
});

describe('a file name', () => {
  it.each([['web.pcap', 'web.pcap'], ['../x', '__x'], ['.ssh', '_ssh'], ['a/b\\c:d', 'a_b_c_d'], ['   ', 'capture']])('%j is kept as %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
  });
});

function everyPath(): string[] {
  return readdirSync(served.folder, { recursive: true, encoding: 'utf8' });
}

/** Files of uploads of this server; it is the only one with the marker of this test's process. */
function uploadedFiles(): string[] {
  return temporaryFiles().filter((path) => /\/upload-\d+\//.test(path));
}

function temporaryFiles(): string[] {
  return readdirSync(tmpdir(), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(`drainspotter-${process.pid}-`))
    .flatMap((entry) => readdirSync(join(tmpdir(), entry.name), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** What the server answers to bytes, until it closes. */
function raw(bytes: string, then: 'end' | 'wait' = 'end'): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(served.shell.port, '127.0.0.1', () => (then === 'end' ? socket.end(bytes, 'latin1') : socket.write(bytes, 'latin1')));
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}
