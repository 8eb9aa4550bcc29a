import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { CaptureState } from '../../shared/model/capture.ts';
import type { FindingGroup, ShownFinding } from '../../shared/model/view.ts';
import { captureReport, endpointReport } from '../kit/report-fixtures.ts';
import { fakeProgram, overviewOf, seriesOf, stateOf, type FakeProgram, type Tell } from './fake-program.ts';
import { type Complaints, describePage, expectAccessible, launch, openPage, shoot, TestShell, THEMES } from './kit.ts';

const HOSTILE = '<img src=x onerror="document.title=\'owned\'">\u202egnp.exe';

const UNREAD: FindingGroup = {
  rule: 'undrained-response',
  title: 'The client closed the connection with the response body unread',
  severity: 'warning',
  note: '',
  findings: 1,
  connections: 1,
  confidence: { certain: 1, likely: 0, possible: 0 },
  cost: { connections: 1, seconds: 1 },
  query: 'finding:undrained-response',
};

/** The states that have to be designed: nothing there, not there yet, not possible. */
describePage('states of the page (needs Chromium)', () => {
  let browser: Browser;
  let shell: TestShell;
  let page: Page;
  let complaints: Complaints;

  beforeAll(async () => {
    [browser, shell] = await Promise.all([launch(), TestShell.start()]);
  });
  afterAll(async () => {
    await browser.close();
    await shell.stop();
  });
  afterEach(async () => {
    await page.close();
    expect(complaints.list).toEqual([]);
  });

  /** The page with a sample opened, which the fake then stands for. */
  async function openFake({ requests = {}, states = [stateOf()] }: Partial<FakeProgram>): Promise<void> {
    ({ page, complaints } = await openPage(browser, shell, (page) =>
      fakeProgram(page, { states, requests: { 'analysis.open': { analysisId: 'fake' }, 'analysis.close': null, 'results.overview': overviewOf(), 'results.series': seriesOf(), ...requests } }),
    ));
    await page.getByRole('button', { name: 'A Go client that never drains' }).click();
  }

  it('a capture without HTTP/1.1 says so, and leads to its connections', async () => {
    const summary = { ...overviewOf().summary, connections: 31 };
    await openFake({ requests: { 'results.overview': overviewOf({ summary }) } });
    await page.getByText('No HTTP/1.1 in this capture').waitFor();
    await page.getByText('4,912 packets, 31 TCP connections: encrypted, of other protocols, or without data.').waitFor();
    await shoot(page, 'overview-no-http');
    await page.getByRole('button', { name: 'Show TCP connections' }).click();
    await page.waitForURL(/#\/connections$/);
  });

  it('a damaged capture, or one that lacks packets, says so beside its answer: it stood below everything that was found', async () => {
    const summary = { ...overviewOf().summary, connections: 96, httpConnections: 96, requests: 96 };
    const lost = { code: 'packets-dropped', count: 12, firstFrame: null, message: 'lost while it was captured: 12 packets by the system' };
    const captures = [captureReport({ complete: false, anomalies: [lost] })];
    await openFake({ requests: { 'results.overview': overviewOf({ summary, captures, anomalies: [lost], answer: ['96 requests used 96 connections: none was reused.', ''] }) } });
    await page.getByText('The capture is damaged or cut short. Lost while it was captured: 12 packets by the system.').waitFor();
    await page.getByRole('button', { name: 'What limits the answer' }).click();
    await page.getByRole('cell', { name: 'lost while it was captured: 12 packets by the system' }).waitFor();
    for (const theme of THEMES) await expectAccessible(page, theme);
  });

  it('a capture with nothing to change says so', async () => {
    const summary = { ...overviewOf().summary, connections: 96, httpConnections: 96, requests: 18_402, requestsPerConnection: 191.7 };
    await openFake({ requests: { 'results.overview': overviewOf({ summary, answer: ['18,402 requests used 96 connections.', 'Nothing here needs changing.'] }) } });
    await page.getByText('Nothing needs changing', { exact: true }).waitFor();
    await page.getByText('191.7 requests per connection.', { exact: true }).waitFor();
    await page.keyboard.press('5');
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: /^Findings/ }).and(page.locator('[aria-current=page]')).waitFor();
    await page.getByText('Nothing needs changing', { exact: true }).waitFor();
    await shoot(page, 'findings-none');
  });

  it('an answer from before the causes were worked out is not taken for "nothing needs changing" once they are', async () => {
    const summary = { ...overviewOf().summary, connections: 96, httpConnections: 96, requests: 96, requestsPerConnection: 1 };
    // The state says done; the answer that is there is still the one of before.
    await openFake({ requests: { 'results.overview': overviewOf({ summary, soFar: true, answer: ['96 requests used 96 connections: none was reused.', ''] }) } });
    await page.getByText('Nothing found so far', { exact: true }).waitFor();
    await page.keyboard.press('5');
    await page.getByText('Nothing found so far', { exact: true }).waitFor();
    expect(await page.getByText('Nothing needs changing').count()).toBe(0);
  });

  it('a capture without packets says so, has no time to choose from, and offers another', async () => {
    await openFake({ states: [stateOf({ packets: 0, connections: 0, requests: 0, endpoints: 0, findings: 0 })], requests: { 'results.overview': overviewOf({ answer: ['There are no packets to read.'], to: 0 }), 'results.series': seriesOf({ step: 1e-9 }) } });
    await page.getByText('There are no packets to read', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Open another capture' }).waitFor();
    expect(await page.getByText('0 µs').count()).toBe(0);
    expect(await page.getByRole('slider').count()).toBe(0);
    await shoot(page, 'overview-empty');
    await expectAccessible(page, 'light');
    await page.keyboard.press('5');
    await page.getByText('So there is nothing to judge.').waitFor();
    expect(await page.getByText('Nothing needs changing').count()).toBe(0);
  });

  it('a capture that cannot be read says why, and offers another', async () => {
    const error = { code: 'not-a-capture', message: 'notes.txt is not a capture: its first bytes are text. Drainspotter reads pcap and pcapng.' };
    await openFake({ states: [stateOf({ phase: 'failed', error, packets: 0, connections: 0, requests: 0 })] });
    await page.getByRole('alert').getByText('notes.txt is not a capture').waitFor();
    await shoot(page, 'failed');
    await page.getByRole('button', { name: 'Choose another' }).click();
    await page.getByRole('heading', { name: 'Drop a capture here' }).waitFor();
  });

  it('reading shows how far it is; what is counted may still grow; stopping keeps it', async () => {
    let stopped = 0;
    const tiles = [{ id: 'requests' as const, label: 'Requests', value: '100', note: 'all answered', query: null }];
    const summary = { ...overviewOf().summary, connections: 90, httpConnections: 90, requests: 100 };
    await openFake({
      states: [stateOf({ phase: 'reading', bytesRead: 2_100_000, bytesTotal: 44_800_000, packets: 2041, connections: 90, requests: 100 })],
      requests: { 'results.overview': overviewOf({ summary, tiles, soFar: true, answer: ['100 requests used 90 connections so far.'] }), 'analysis.cancel': () => {
          stopped++;
          return null;
        } },
    });
    const bar = page.getByRole('progressbar', { name: 'Reading packets' });
    await bar.waitFor();
    expect(await bar.getAttribute('aria-valuenow')).toBe('4');
    await page.getByText('2.1 MB of 45 MB', { exact: true }).waitFor();
    await page.getByText('2,041 packets, 90 connections, 100 requests so far').waitFor();
    expect(await page.locator('.tile').first().innerText()).toMatch(/100\s+so far/);
    await shoot(page, 'reading');
    await expectAccessible(page, 'light');
    await page.getByRole('button', { name: 'Stop and keep this' }).click();
    await expect.poll(() => stopped).toBe(1);
  });

  it('a view that stood still when the live capture ended by itself could not be made to go on', async () => {
    const capture: CaptureState = {
      captureId: 'fake-capture',
      analysisId: 'fake',
      phase: 'capturing',
      interfaces: ['lo'],
      filter: '',
      backend: 'tcpdump',
      backendReason: '',
      seconds: 7,
      endedBy: null,
      error: null,
      packets: 643,
      bytes: 146_000,
      droppedBySystem: 0,
      droppedByInterface: 0,
    };
    let requests = '75';
    let tell!: Tell;
    ({ page, complaints } = await openPage(browser, shell, async (page) => {
      // As after the page was loaded again while it captured.
      await page.addInitScript(() => {
        sessionStorage.setItem('drainspotter-capture', 'fake-capture');
        sessionStorage.setItem('drainspotter-analysis', 'fake');
        location.hash = '#/overview';
      });
      const summary = { ...overviewOf().summary, connections: 61, httpConnections: 61, requests: 75 };
      const overview = () => overviewOf({ summary, tiles: [{ id: 'requests', label: 'Requests', value: requests, note: '', query: null }] });
      tell = await fakeProgram(page, { states: [stateOf({ phase: 'reading' })], captures: [capture], requests: { 'results.overview': overview, 'results.series': seriesOf() } });
    }));
    const tile = page.locator('.tile').first();
    await tile.getByText('75').waitFor();
    await page.getByRole('button', { name: 'Pause the view' }).click();
    requests = '135';
    tell('capture.state', { ...capture, phase: 'stopped', endedBy: 'seconds' });
    tell('analysis.state', stateOf({ phase: 'done', revision: 2 }));
    await page.getByText('Stopped: its time was over on lo').waitFor();
    expect(await tile.innerText()).toContain('75');
    await page.getByRole('button', { name: 'Go on showing' }).click();
    await tile.getByText('135').waitFor();
    expect(await page.getByRole('button', { name: 'Pause the view' }).count()).toBe(0);
  });

  it('an answer that fails is told where it would have stood', async () => {
    const failure = Object.assign(new Error('The analysis ended unexpectedly. Open the capture again.'), { name: 'analysis-ended' });
    await openFake({ requests: { 'results.overview': failure, 'results.series': failure } });
    await page.getByRole('main').getByText('The overview could not be made').waitFor();
    await page.getByRole('main').getByText('The analysis ended unexpectedly.').waitFor();
    await shoot(page, 'overview-failed');
  });

  it('a capture of refused connections is told as that, not as one without HTTP/1.1: what was found was not shown', async () => {
    const group: FindingGroup = { ...UNREAD, rule: 'connect-failed', title: 'No connection could be made', severity: 'error' };
    const summary = { ...overviewOf().summary, connections: 3 };
    await openFake({ requests: { 'results.overview': overviewOf({ summary, groups: [group], answer: ['3 attempts to connect were refused (RST).'] }) } });
    await page.getByRole('heading', { name: '3 attempts to connect were refused (RST).' }).waitFor();
    await page.getByText('No connection could be made').waitFor();
    expect(await page.getByText('No HTTP/1.1 in this capture').count()).toBe(0);
  });

  it('endpoints with long names and addresses keep to their panel: why they ended was cut, and the idle limit out of sight', async () => {
    const summary = { ...overviewOf().summary, connections: 22, httpConnections: 22, requests: 31 };
    const report = endpointReport({ server: '173.194.116.179', port: 65_080, hosts: ['www.google-analytics.example.com', 'b.example'], connections: 11, requests: 11, serverStack: { id: 'apache-httpd', name: 'Apache HTTP Server', confidence: 'certain' } });
    const row = { report, needed: null, avoidable: 9, causes: [{ cause: 'server-close-option' as const, connections: 11 }], serverIdleSeconds: null, clientIdleSeconds: null, query: '' };
    await openFake({ requests: { 'results.overview': overviewOf({ summary, endpointCount: 2, endpoints: [{ ...row, id: 0 }, { ...row, id: 1 }] }) } });
    const table = page.getByRole('table').filter({ hasText: 'Why they ended' });
    await table.waitFor();
    for (const width of [1440, 1280, 1024, 800]) {
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(() => table.evaluate((table) => table.scrollWidth - table.parentElement!.clientWidth), { message: `${width} pixels` }).toBeLessThanOrEqual(0);
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    expect(await table.getByText('Server: close').first().evaluate((words) => words.scrollWidth - words.clientWidth)).toBe(0);
    await table.getByRole('columnheader', { name: 'Idle limit' }).waitFor();
  });

  it('the connections of a finding stay in their column, however large their numbers: they ran over what to change', async () => {
    const summary = { ...overviewOf().summary, connections: 500_000, httpConnections: 500_000, requests: 500_000 };
    const finding: ShownFinding = {
      id: 1,
      rule: 'undrained-response',
      severity: 'warning',
      confidence: 'certain',
      title: UNREAD.title,
      explanation: 'The client closed 97 connections.',
      connections: Array.from({ length: 50 }, (_, n) => 480_000 + n),
      connectionCount: 97,
      endpoint: { client: '10.0.0.1', server: '10.0.0.2', port: 80 },
      evidence: [{ frame: 5_000_000, note: 'request (GET)' }],
      alternatives: [],
      fix: { summary: 'Read the body.', snippet: null, source: null, stackName: null },
      cost: { connections: 96, seconds: 1 },
    };
    await openFake({ requests: { 'results.overview': overviewOf({ summary, groups: [UNREAD] }), 'results.findings': { revision: 1, total: 1, offset: 0, findings: [finding] } } });
    await page.getByRole('heading', { name: 'Findings' }).waitFor();
    await page.keyboard.press('5');
    const right = (name: string): Promise<number> => page.getByRole('link', { name, exact: true }).evaluate((link) => link.getBoundingClientRect().right);
    const change = await page.getByRole('heading', { name: 'What to change' }).evaluate((heading) => heading.getBoundingClientRect().left);
    for (const name of ['480000', '480015', 'all 97']) expect(await right(name)).toBeLessThan(change);
  });

  it('hostile text of a capture stays text on every screen', async () => {
    const group: FindingGroup = { ...UNREAD, note: HOSTILE, query: HOSTILE };
    const summary = { ...overviewOf().summary, connections: 1, httpConnections: 1, requests: 1 };
    await openFake({
      states: [stateOf({ name: HOSTILE })],
      requests: {
        'results.overview': overviewOf({ summary, groups: [group], answer: [HOSTILE, HOSTILE, HOSTILE] }),
        'results.findings': {
          revision: 1,
          total: 1,
          offset: 0,
          findings: [
            {
              id: 1,
              rule: 'undrained-response',
              severity: 'warning',
              confidence: 'certain',
              title: HOSTILE,
              explanation: HOSTILE,
              connections: [1],
              endpoint: { client: '10.0.0.1', server: '2001:db8::1', port: 1 },
              evidence: [{ frame: 1, note: HOSTILE }],
              alternatives: [],
              fix: { summary: HOSTILE, snippet: 'close()', source: HOSTILE },
              cost: { connections: 1, seconds: 1 },
            },
          ],
        },
        'results.goto': [{ kind: 'connection', label: HOSTILE, connection: 1 }],
        'reports.formats': [{ id: 'html', label: 'HTML', extension: '.html', note: HOSTILE, preview: 'html' }],
        'reports.preview': { text: `<html><head><style>p{color:red}</style></head><body><script>document.title='owned'</script><p>hello</p><a href="#/nowhere">a link</a></body>`, cut: false },
      },
    });
    await page.getByRole('heading', { name: 'Findings' }).waitFor();
    // What reverses the reading direction is shown as an escape.
    expect(await page.locator('main').innerText()).toContain('<img src=x onerror=');
    expect(await page.locator('body').innerText()).not.toContain('\u202e');
    await page.keyboard.press('5');
    await page.getByRole('heading', { name: 'Proof' }).waitFor();
    expect(await page.locator('body').innerText()).not.toContain('\u202e');
    await page.keyboard.press('6');
    await page.getByText('hello').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to' }).fill('x');
    await page.getByRole('option').first().waitFor();
    // The preview of a report holds its markup, and nothing of it runs.
    expect(await page.evaluate(() => document.querySelectorAll('img, script:not([src])').length)).toBe(0);
    expect(await page.title()).not.toBe('owned');
  });

  it.each(THEMES)('the overview, the findings and the report are accessible (%s)', async (theme) => {
    const summary = { ...overviewOf().summary, connections: 31, httpConnections: 31, requests: 40 };
    await openFake({ requests: { 'results.overview': overviewOf({ summary }) } });
    await page.getByRole('heading', { name: 'Findings' }).waitFor();
    await expectAccessible(page, theme);
  });
});
