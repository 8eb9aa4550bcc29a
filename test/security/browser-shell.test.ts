import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { MAX_FRAME_BYTES } from '../../shared/rpc/frames.ts';
import { Served } from '../kit/served.ts';

/* Each test is an attack on the server of the browser shell, by someone who can send it any bytes. */

let served: Served;
beforeAll(async () => {
  served = await Served.start();
});
afterAll(() => served.stop());

describe('a DNS name that is pointed at 127.0.0.1', () => {
  it.each([
    ['a name', (port: number) => `evil.example:${port}`],
    ['a name without a port', () => 'evil.example'],
    ['a name that begins like ours', (port: number) => `127.0.0.1.evil.example:${port}`],
    ['a name below localhost', (port: number) => `evil.localhost:${port}`],
    ['another port', (port: number) => `127.0.0.1:${port + 1}`],
    ['ours as a user', (port: number) => `127.0.0.1:${port}@evil.example`],
    ['another way to write the address', (port: number) => `127.1:${port}`],
    ['all addresses', (port: number) => `0.0.0.0:${port}`],
  ])('gets nothing as Host: %s', async (_, hostOf) => {
    const Host = hostOf(served.shell.port);
    const cookie = await served.cookie();
    for (const path of ['/', '/assets/page.js', '/session']) {
      const answer = await served.ask('GET', path, { Host, Cookie: cookie });
      expect(answer.status).toBe(421);
      expect(answer.text).not.toContain('<');
    }
    const token = served.newToken();
    expect((await served.ask('POST', '/session', { Host, Origin: `http://${Host}` }, token)).status).toBe(421);
    expect(await served.socket({ Host, Origin: `http://${Host}`, Cookie: cookie })).toBe(421);
    // The token is not used up by who could not use it.
    expect((await served.ask('POST', '/session', { Origin: served.origin }, token)).status).toBe(204);
  });

  it('is told from the names of this machine', async () => {
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]']) {
      expect((await served.ask('GET', '/', { Host: `${name}:${served.shell.port}` })).status).toBe(200);
    }
  });

  it.each(['GET / HTTP/1.0\r\n\r\n', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n'])('gets nothing by naming no host', async (request) => {
    expect(await raw(request)).toMatch(/^HTTP\/1\.1 4(?:21|00) /);
  });
});

describe('a browser that goes away before it is answered', () => {
  it('was told in the terminal as a request that failed', async () => {
    const gone = await Served.start();
    for (let i = 0; i < 50; i++) {
      const socket = connect(gone.shell.port, '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.write(`GET / HTTP/1.1\r\nHost: ${gone.host}\r\n\r\n`, resolve));
      socket.resetAndDestroy();
    }
    expect((await gone.ask('GET', '/')).status).toBe(200);
    await gone.stop();
    expect(gone.log).toEqual([]);
  });
});

describe("another site's page", () => {
  it.each(['http://evil.example', 'null', 'http://127.0.0.1', 'http://localhost:1', 'file://', 'https://127.0.0.1'])('of origin %s gets neither session nor socket, with the cookie or the token', async (Origin) => {
    const Cookie = await served.cookie();
    expect((await served.ask('POST', '/session', { Origin }, served.newToken())).status).toBe(403);
    expect((await served.ask('POST', '/upload?name=a', { Origin, Cookie }, 'x')).status).toBe(403);
    expect((await served.ask('GET', '/session', { Origin, Cookie })).status).toBe(403);
    expect(await served.socket({ Origin, Cookie })).toBe(403);
  });

  it('that hides its origin can change nothing', async () => {
    const Cookie = await served.cookie();
    expect((await served.ask('POST', '/session', {}, served.newToken())).status).toBe(403);
    expect((await served.ask('POST', '/upload?name=a', { Cookie }, 'x')).status).toBe(403);
    expect(await served.socket({ Cookie })).toBe(403);
  });

  it('cannot take in scripts, pictures or downloads', async () => {
    const Cookie = await served.cookie();
    for (const site of ['cross-site', 'same-site']) {
      for (const path of ['/assets/page.js', '/', '/download/x']) {
        expect((await served.ask('GET', path, { Cookie, 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'script' })).status).toBe(403);
      }
    }
    expect((await served.ask('GET', '/', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' })).status).toBe(403);
    expect((await served.ask('GET', '/', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' })).status).toBe(200);
  });

  it('finds every answer closed to it', async () => {
    for (const path of ['/', '/assets/page.js', '/nothing']) {
      const { headers } = await served.ask('GET', path, { Cookie: await served.cookie() });
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      expect(headers['access-control-allow-origin']).toBeUndefined();
      const policy = headers['content-security-policy'] as string;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
    }
  });
});

describe('a token', () => {
  const redeem = (token: string, of = served) => of.ask('POST', '/session', { Origin: of.origin }, token);

  it('gives one session, in a cookie that no script and no other site gets', async () => {
    const token = served.newToken();
    const { status, headers } = await redeem(token);
    expect(status).toBe(204);
    expect(headers['set-cookie']).toEqual([expect.stringMatching(/^drainspotter-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)]);
  });

  it('that was used before, as from a stolen address, is refused with what to do', async () => {
    const token = served.newToken();
    await redeem(token);
    const again = await redeem(token);
    expect(again).toMatchObject({ status: 401, text: expect.stringContaining('used before') as string });
    expect(again.headers['set-cookie']).toBeUndefined();
  });

  it('of a program that has ended is refused, and so is its cookie', async () => {
    const other = await Served.start();
    const [token, cookie] = [other.newToken(), await other.cookie()];
    await other.stop();
    expect((await redeem(token)).status).toBe(401);
    expect((await served.ask('GET', '/session', { Cookie: cookie })).status).toBe(401);
    const renamed = cookie.replace(/^drainspotter-\d+/, `drainspotter-${served.shell.port}`);
    expect((await served.ask('GET', '/session', { Cookie: renamed })).status).toBe(401);
    expect(await served.socket({ Origin: served.origin, Cookie: renamed })).toBe(401);
  });

  it.each(['', '__proto__', 'undefined', 'x'.repeat(43), 'x'.repeat(1_000_000)])('cannot be made up: %.10s', async (token) => {
    expect((await redeem(token).catch(() => ({ status: 401 }))).status).toBe(401);
  });

  it.each([
    ['none', ''],
    ['an empty one', 'drainspotter-PORT='],
    ['a made-up one', 'drainspotter-PORT=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ['a name of objects', 'drainspotter-PORT=__proto__; __proto__=1'],
  ])('and no other cookie opens anything: %s', async (_, text) => {
    const Cookie = text.replaceAll('PORT', String(served.shell.port));
    expect((await served.ask('GET', '/session', { Cookie })).status).toBe(401);
    expect((await served.ask('GET', '/download/x', { Cookie })).status).toBe(401);
    expect((await served.ask('POST', '/upload?name=a', { Cookie, Origin: served.origin }, 'x')).status).toBe(401);
    expect(await served.socket({ Origin: served.origin, Cookie })).toBe(401);
  });
});

describe('a path', () => {
  it.each(['/../package.json', '/assets/../../package.json', '/%2e%2e/package.json', '/assets/..%2f..%2fdata', '/..\\data', '//etc/passwd', '/etc/passwd', '/index.html/..', '/__proto__', '/constructor'])('leads to no file but those of the page: %s', async (path) => {
    const answer = await served.ask('GET', path, { Cookie: await served.cookie() });
    expect([200, 404]).toContain(answer.status);
    if (answer.status === 200) expect(answer.text).toContain('<title>page</title>');
  });

  it.each([
    ['//', 404],
    ['//[', 404],
    ['http://[', 400],
    ['*', 404],
  ])('that is no address was told as a failure of the program: %s', async (path, status) => {
    expect((await served.ask('GET', path, { Cookie: await served.cookie() })).status).toBe(status);
  });

  it('in absolute form leads to no other server', async () => {
    const { status } = await served.ask('GET', 'http://evil.example/session', { Cookie: await served.cookie() });
    expect(status).toBe(204);
  });

  it.each(['DELETE', 'PUT', 'OPTIONS', 'PATCH', 'TRACE'])('takes no %s', async (method) => {
    const { status } = await served.ask(method, '/session', { Cookie: await served.cookie(), Origin: served.origin });
    expect(status).toBe(404);
  });

  it('to a socket is /rpc alone', async () => {
    expect(await served.socket({ Origin: served.origin, Cookie: await served.cookie() }, '/session')).toBe(404);
    expect(await served.socket({ Origin: served.origin, Cookie: await served.cookie() }, '/rpc?x')).toBe(404);
  });
});

describe('a frame', () => {
  it('larger than a frame may be ends the socket, and the program goes on', async () => {
    const socket = (await served.socket({ Origin: served.origin, Cookie: await served.cookie() })) as WebSocket;
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.send('x'.repeat(MAX_FRAME_BYTES + 1));
    // RFC 6455, section 7.4.1: message too big.
    expect(await closed).toBe(1009);
    expect(await (await served.client()).request('settings.get', {})).toMatchObject({ theme: 'system' });
  });

  it('of bytes ends the socket', async () => {
    const socket = (await served.socket({ Origin: served.origin, Cookie: await served.cookie() })) as WebSocket;
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.send(Buffer.from('{"t":"req","id":1,"method":"app.info","params":{}}'));
    expect(await closed).toBe(1008);
  });

  it('that asks for __proto__ gets the refusal of any other unknown method', async () => {
    const client = await served.client();
    await expect(client.request('__proto__' as 'app.info', {})).rejects.toMatchObject({ code: 'unknown-method' });
  });
});

describe('bytes that are no HTTP', () => {
  it.each([
    ['nothing HTTP', '\x16\x03\x01\x02\x00\x01\x00'],
    ['a request smuggled behind two lengths', 'POST /session HTTP/1.1\r\nHost: HOST\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /session HTTP/1.1\r\n\r\n'],
    ['an endless head', `GET / HTTP/1.1\r\nHost: HOST\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['an upgrade to something else', 'GET /rpc HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'],
  ])('end in a refusal: %s', async (_, bytes) => {
    expect(await raw(bytes.replaceAll('HOST', served.host))).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await served.ask('GET', '/')).status).toBe(200);
  });
});

/** What the server answers to bytes, until it closes. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(served.shell.port, '127.0.0.1', () => socket.end(bytes, 'latin1'));
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}
