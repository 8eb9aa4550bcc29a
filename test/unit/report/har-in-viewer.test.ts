import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeHar } from '../../../main/report/har.ts';
import type { ReportModel } from '../../../main/report/report-model.ts';
import { CHROMIUM, launchChromium } from '../../kit/chromium.ts';
import { connectionReport, exchangeReport, reportModel, requestReport, responseReport } from '../../kit/report-fixtures.ts';
import { reportOfFile } from '../../kit/report-of.ts';

/** PerfCascade, which draws an archive as a waterfall. */
const VIEWER = createRequire(import.meta.url).resolve('perf-cascade/dist/perf-cascade.js');

interface Drawn {
  /** A text for each row, such as "21 ms 1 10.9.0.2:8080/a". */
  readonly rows: string[];
  readonly title: string;
}

/* skipIf shows in the list of what was skipped. */
describe.skipIf(CHROMIUM === null)('an archive in a HAR viewer', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function draw(model: ReportModel): Promise<Drawn> {
    let text = '';
    await writeHar(model, (piece) => void (text += piece), { version: '0.1.0' });
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.setContent('<!doctype html><title>viewer</title>');
    await page.addScriptTag({ path: VIEWER });
    const drawn = await page.evaluate<Drawn>(`(() => {
      const chart = perfCascade.fromHar(JSON.parse(${JSON.stringify(text)}));
      document.body.append(chart);
      for (const row of chart.querySelectorAll('.row-item')) row.dispatchEvent(new MouseEvent('click', { bubbles: true }));
      const words = (row) => [...new Set([...row.querySelectorAll('text')].map((text) => text.textContent))].join(' ');
      return { rows: [...chart.querySelectorAll('.row-item')].map(words), title: document.title };
    })()`);
    expect(complaints).toEqual([]);
    await page.close();
    return drawn;
  }

  test('has a row for each request of a sample, with its time and URL', async () => {
    const { rows } = await draw(await reportOfFile(readFileSync('resources/samples/nginx-idle.pcap'), { redact: true }));
    expect(rows).toHaveLength(6);
    expect(rows[0]).toMatch(/^21 ms 1 10\.9\.0\.2:8080\/big\.bin/);
  });

  test('is drawn where responses are missing, and where a capture is hostile', async () => {
    const nasty = `"'></title></text></svg><script>document.title='ran'</script>\x00\x1b\x85\xff\u2028`;
    const hostile = exchangeReport({
      request: requestReport({ method: nasty, target: nasty, host: nasty, headers: [[nasty, nasty]] }),
      response: responseReport({ headers: [['Content-Type', nasty], ['Location', nasty], [nasty, nasty]] }),
    });
    const { rows, title } = await draw(reportModel({ connections: [connectionReport({ exchanges: [exchangeReport({ response: null, waitSeconds: null, downloadSeconds: null }), hostile] })] }));
    expect(rows).toHaveLength(2);
    expect(title).toBe('viewer');
  });
});
