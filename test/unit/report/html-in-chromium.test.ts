import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeHtml } from '../../../main/report/html.ts';
import type { ReportModel } from '../../../main/report/report-model.ts';
import { CHROMIUM, launchChromium } from '../../kit/chromium.ts';
import { captureReport, connectionReport, endpointReport, exchangeReport, findingReport, reportModel, requestReport } from '../../kit/report-fixtures.ts';
import { reportOfFile } from '../../kit/report-of.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const NASTY = `"'></title></style></svg><script>document.title='ran'</script><img src=x onerror="document.title='ran'"><a href="javascript:document.title='ran'">\u202e`;

/* skipIf shows in the list of what was skipped. */
describe.skipIf(CHROMIUM === null)('the report in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drainspotter-html-'));
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** The page, and whatever it complained of. */
  async function open(model: ReportModel, options: { colorScheme?: 'light' | 'dark'; width?: number } = {}): Promise<{ page: Page; complaints: string[] }> {
    const path = join(folder, 'report.html');
    let html = '';
    await writeHtml(model, (piece) => void (html += piece), { version: '1.2.3' });
    writeFileSync(path, html);
    const page = await browser.newPage({ viewport: { width: options.width ?? 1280, height: 900 }, colorScheme: options.colorScheme ?? 'light' });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => request.url().startsWith('file:') || complaints.push(`asked for ${request.url()}`));
    await page.goto(pathToFileURL(path).href);
    return { page, complaints };
  }

  const sample = (): Promise<ReportModel> => reportOfFile(readFileSync('resources/samples/undrained-go.pcap'), { redact: true });

  test('hostile text runs nothing, asks for nothing and breaks nothing', async () => {
    const model = reportModel({
      captures: [captureReport({ path: NASTY, anomalies: [{ code: 'te-and-cl', count: 1, firstFrame: 3, message: NASTY }] })],
      connections: [connectionReport({ exchanges: [exchangeReport({ request: requestReport({ method: NASTY, target: NASTY, host: NASTY }) })], close: { ...connectionReport().close, evidence: [{ frame: 4, note: NASTY }] } })],
      endpoints: [endpointReport({ hosts: [NASTY] })],
      findings: [findingReport({ title: NASTY, explanation: NASTY, fix: { summary: NASTY, snippet: NASTY, source: NASTY } })],
    });
    const { page, complaints } = await open(model);
    expect(complaints).toEqual([]);
    expect(await page.title()).toBe('Connection reuse report');
    expect(await page.locator('script, img, iframe, object, [onerror], [onload], a[href^="javascript"]').count()).toBe(0);
    expect(await page.locator('footer').innerText()).toContain('Certain: the packets allow no other reading.');
    expect(await page.locator('article pre, .changes pre').first().innerText()).toContain("<script>document.title='ran'</script>");
    await page.close();
  });

  test('its policy stops a script and a picture that somebody adds', async () => {
    const { page } = await open(await sample());
    const stopped = await page.evaluate<string[]>(`(async () => {
      const directives = [];
      document.addEventListener('securitypolicyviolation', (event) => directives.push(event.effectiveDirective));
      const script = document.createElement('script');
      script.textContent = "document.title='ran'";
      document.body.append(script);
      const image = document.createElement('img');
      image.src = 'https://example.invalid/x.png';
      document.body.append(image);
      for (let i = 0; i < 100 && directives.length < 2; i++) await new Promise((resolve) => setTimeout(resolve, 20));
      return directives;
    })()`);
    expect(stopped.sort()).toEqual(['img-src', 'script-src-elem']);
    expect(await page.title()).toBe('Connection reuse report');
    await page.close();
  });

  test.each(['light', 'dark'] as const)('its style holds in %s, and axe finds nothing', async (colorScheme) => {
    const { page, complaints } = await open(await sample(), { colorScheme });
    expect(complaints).toEqual([]);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(18, 23, 27)');
    expect(await page.evaluate("getComputedStyle(document.querySelector('.m-wait')).stroke")).toBe(colorScheme === 'light' ? 'rgb(59, 138, 152)' : 'rgb(79, 163, 177)');
    await page.evaluate(AXE);
    const violations = await page.evaluate<string[]>('axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))');
    expect(violations).toEqual([]);
    await page.close();
  });

  test('on paper stand the most notable connections, and what is left out is said: 5,000 of them took 180 pages', async () => {
    const connections = Array.from({ length: 300 }, (_, i) => connectionReport({ id: i + 1 }));
    const { page } = await open(reportModel({ connections, notableConnections: (limit) => connections.slice(-limit) }));
    const seen = (): Promise<string[]> => page.evaluate("[...document.querySelectorAll('#table tbody tr td:first-child')].filter((cell) => cell.checkVisibility()).map((cell) => cell.textContent)");
    const ids = connections.map(({ id }) => String(id));
    expect(await seen()).toEqual(ids);
    await page.emulateMedia({ media: 'print' });
    expect(await seen()).toEqual(ids.slice(200));
    expect(await page.locator('#table').innerText()).toContain('On paper the 100 most notable; the file itself, on a screen, has 300.');
    await page.close();
  });

  test('nothing is cut off on a small screen, nor on A4 and Letter', async () => {
    const long = connectionReport({
      client: { address: '2001:db8:1111:2222:3333:4444:5555:6666', port: 50_000 },
      server: { address: '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff', port: 8080 },
      exchanges: [exchangeReport({ request: requestReport({ target: `/${'x'.repeat(300)}`, host: 'h'.repeat(200) }) })],
      close: { ...connectionReport().close, cause: 'keepalive-dead-peer', evidence: [{ frame: 123_456_789, note: 'n'.repeat(120) }] },
    });
    const endpoint = endpointReport({ client: long.client.address, server: long.server.address, hosts: ['h'.repeat(200)] });
    const { page } = await open(reportModel({ connections: [long, connectionReport({ id: 2 })], endpoints: [endpoint], findings: [findingReport({ title: 't'.repeat(90), explanation: 'e'.repeat(200) })] }), { width: 420, colorScheme: 'dark' });
    const overflow = (): Promise<number> => page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    expect(await overflow()).toBe(0);
    await page.emulateMedia({ media: 'print' });
    for (const width of [688, 710]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await overflow()).toBe(0);
      expect(await page.evaluate("[...document.querySelectorAll('table')].every((table) => table.getBoundingClientRect().right <= innerWidth + 1)")).toBe(true);
    }
    // Paper is light, whatever the reader's theme.
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await page.close();
  });
});
