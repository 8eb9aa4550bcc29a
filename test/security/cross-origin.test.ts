import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, launchChromium } from '../kit/chromium.ts';
import { Served } from '../kit/served.ts';

const ATTACKER = readFileSync(fileURLToPath(new URL('attacker.html', import.meta.url)));

/** Run in our own page: what injected code could do there. */
const INJECTED = `new Promise((resolve) => setTimeout(async () => {
  const gave = async (attempt) => { try { return (await attempt()) ? 'allowed' : 'refused'; } catch { return 'refused'; } };
  resolve({
    elsewhere: await gave(() => fetch('http://127.0.0.1:PORT/', { mode: 'no-cors' })),
    inline: await gave(() => {
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.body.append(script);
      return 'injected' in window;
    }),
    html: await gave(() => { document.body.innerHTML = '<b>x</b>'; return true; }),
    code: await gave(() => (0, eval)('true')),
    framed: await gave(() => new Promise((resolve) => {
      addEventListener('securitypolicyviolation', () => resolve(false));
      const frame = document.createElement('iframe');
      frame.src = 'http://127.0.0.1:PORT/';
      frame.onload = () => resolve(true);
      document.body.append(frame);
    })),
  });
}, 0))`;

/*
 * A page of another origin, in the browser that holds the program's session cookie. Also one on another port of
 * 127.0.0.1, which browsers count as the same site and give the cookie to.
 */
describe.skipIf(CHROMIUM === null)("another origin's page in Chromium", () => {
  let served: Served;
  let browser: Browser;
  let attacker: Server;
  let attackerPort: number;
  let page: Page;

  beforeAll(async () => {
    served = await Served.start();
    attacker = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(ATTACKER));
    await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve));
    attackerPort = (attacker.address() as AddressInfo).port;
    browser = await launchChromium();
    page = await (await browser.newContext()).newPage();
    // The session as our page gets it: asked for from its own origin.
    await page.goto(`${served.origin}/`);
    const token = served.newToken();
    expect(await page.evaluate(async (body) => (await fetch('/session', { method: 'POST', body })).status, token)).toBe(204);
    expect(await page.evaluate(async () => (await fetch('/session')).status)).toBe(204);
    expect(await page.evaluate('document.cookie')).toBe('');
  });
  afterAll(async () => {
    await browser?.close();
    attacker?.close();
    await served?.stop();
  });

  it.each(['127.0.0.1', 'localhost', 'evil.localhost'])('gets nothing from %s', async (host) => {
    await page.goto(`http://${host}:${attackerPort}/`);
    const token = served.newToken();
    const got: unknown = await page.evaluate(`attack('${served.host}', '${token}')`);
    expect(got).toEqual({ read: 'refused', page: 'refused', token: 'refused', upload: 'refused', socket: 'refused', script: 'refused', picture: 'refused', ran: false, frame: 'refused', opened: 'refused' });
    // What it sent blindly had no effect either: the token still serves its owner.
    expect((await served.ask('POST', '/session', { Origin: served.origin }, token)).status).toBe(204);
  });

  it('changes nothing by a form that is sent to the program', async () => {
    await page.goto(`http://127.0.0.1:${attackerPort}/`);
    const token = served.newToken();
    await page.evaluate(`sendForm('${served.host}', '${token}')`);
    await page.waitForURL(`${served.origin}/session`);
    expect(await page.locator('body').innerText()).toContain('Pages of other sites may not use this program.');
    expect((await served.ask('POST', '/session', { Origin: served.origin }, token)).status).toBe(204);
  });

  it('is shown nothing of the session by a name that is pointed here', async () => {
    const response = await page.goto(`http://evil.localhost:${served.shell.port}/`);
    expect(response?.status()).toBe(421);
  });

  it('is out of reach for code injected into ours, which also runs no new code', async () => {
    await page.goto(`${served.origin}/`);
    const got: unknown = await page.evaluate(INJECTED.replaceAll('PORT', String(attackerPort)));
    expect(got).toEqual({ elsewhere: 'refused', inline: 'refused', html: 'refused', code: 'refused', framed: 'refused' });
  });
});
