import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compare, isWorse, withPseudonyms } from '../../../main/compare/compare.ts';
import { comparedReport } from '../../../main/compare/compared-report.ts';
import { comparisonMarkdown, comparisonText } from '../../../main/compare/comparison-text.ts';
import { isSavedReport, readSavedReport } from '../../../main/compare/saved-report.ts';
import { writeJson } from '../../../main/report/json.ts';
import { writeNdjson } from '../../../main/report/ndjson.ts';
import type { ReportModel } from '../../../main/report/report-model.ts';
import { summaryOf } from '../../../main/report/report-model.ts';
import type { FindingReport, Summary } from '../../../shared/model/report.ts';
import { connectionReport, endpointReport, exchangeReport, findingReport, reportModel } from '../../kit/report-fixtures.ts';

interface Traffic {
  readonly connections?: number;
  /** On each connection. */
  readonly requests?: number;
  readonly findings?: FindingReport[];
  readonly server?: string;
  readonly hosts?: string[];
  readonly timeWaitPeak?: number;
  readonly summary?: Partial<Summary>;
}

function modelOf({ connections = 10, requests = 1, findings = [], server = '10.9.0.2', hosts = ['api.example'], timeWaitPeak = 0, summary }: Traffic): ReportModel {
  const exchanges = Array.from({ length: requests }, (_, index) => exchangeReport({ index }));
  const model = reportModel({
    connections: Array.from({ length: connections }, (_, i) => connectionReport({ id: i + 1, exchanges })),
    endpoints: [endpointReport({ server, hosts, connections, requests: connections * requests, reuseRatio: requests === 0 ? 0 : 1 - 1 / requests, timeWaitPeak })],
    findings,
  });
  return summary === undefined ? model : { ...model, summary: { ...model.summary, ...summary } };
}

function side(traffic: Traffic) {
  const model = modelOf(traffic);
  return comparedReport('x.pcap', model, summaryOf(model));
}

const undrained = (connections: number) => findingReport({ connections: Array.from({ length: connections }, (_, i) => i + 1) });

describe('a comparison', () => {
  it('says that reuse got better, and which finding is gone', () => {
    const comparison = compare(side({ connections: 10, findings: [undrained(10)] }), side({ connections: 1, requests: 10 }));
    expect(comparison.verdict).toBe('better');
    expect(comparison.headline).toBe('Better: 0 % of the requests found their connection open before, 90 % after (10 requests on 10 connections, then 10 requests on 1 connection); gone: body not read.');
    expect(comparison.findings).toMatchObject([{ rule: 'undrained-response', before: 10, after: 0, verdict: 'gone' }]);
    expect(comparison.servers).toMatchObject([{ server: '10.9.0.2', before: { reuseRatio: 0 }, after: { reuseRatio: 0.9 }, verdict: 'better' }]);
    expect(isWorse(comparison)).toBe(false);
  });

  it('the other way round says worse and new', () => {
    const comparison = compare(side({ connections: 1, requests: 10 }), side({ connections: 10, findings: [undrained(10)] }));
    expect([comparison.verdict, isWorse(comparison)]).toEqual(['worse', true]);
    expect(comparison.headline).toMatch(/^Worse: .*; new: body not read\.$/);
  });

  it('of the same report finds no change', () => {
    const comparison = compare(side({ findings: [undrained(3)] }), side({ findings: [undrained(3)] }));
    expect(comparison).toMatchObject({ verdict: 'same', findings: [{ verdict: 'same' }], cautions: [] });
    expect(comparison.headline).toMatch(/^No change that matters: 0 % of the requests found their connection open, as before/);
  });

  it('judges rates, not counts: ten times the load with ten times the findings is as before, and it says so', () => {
    const comparison = compare(side({ connections: 10, requests: 2, findings: [undrained(5)], timeWaitPeak: 20 }), side({ connections: 100, requests: 2, findings: [undrained(50)], timeWaitPeak: 200 }));
    expect(comparison).toMatchObject({ verdict: 'same', findings: [{ before: 5, after: 50, verdict: 'same' }] });
    expect(comparison.cautions).toEqual(['The loads differ (20 and 200 requests): what is judged is judged for each request, counts are told as they are.']);
  });

  it('is mixed where one thing got better and another worse', () => {
    const stalled = findingReport({ rule: 'reader-stalled', connections: [1] });
    const comparison = compare(side({ findings: [undrained(10)] }), side({ connections: 1, requests: 10, findings: [stalled] }));
    expect([comparison.verdict, isWorse(comparison)]).toEqual(['mixed', true]);
  });

  it('takes no info for a change to the worse', () => {
    const info = findingReport({ rule: 'process-exit', severity: 'info' });
    const comparison = compare(side({}), side({ findings: [info] }));
    expect(comparison).toMatchObject({ verdict: 'same', findings: [{ rule: 'process-exit', verdict: 'new' }] });
  });

  it('calls more or fewer of an info neither better nor worse', () => {
    const info = (connections: number) => findingReport({ rule: 'process-exit', severity: 'info', connections: Array.from({ length: connections }, (_, i) => i + 1) });
    const comparison = compare(side({ findings: [info(10)] }), side({ findings: [info(1)] }));
    expect(comparison.findings).toMatchObject([{ before: 10, after: 1, verdict: 'same' }]);
    expect(comparisonText(comparison, { width: 80, color: false })).toMatch(/process-exit +10 +1\n/);
  });

  it('says that there is nothing to compare where a side has no connection', () => {
    const nothing = { connections: 0, requests: 0, summary: { connections: 0, httpConnections: 0, requests: 0 } };
    expect(compare(side(nothing), side({})).cautions[0]).toBe('There is no connection before: nothing can be compared. Is it the right capture, and the right filter?');
    expect(compare(side({}), side(nothing)).cautions[0]).toMatch(/^There is no connection after/);
    expect(compare(side(nothing), side(nothing)).cautions).toEqual([expect.stringMatching(/^There is no connection on either side/)]);
    // A gate in CI would open for ever on a filter with a typing error.
    expect([isWorse(compare(side({}), side(nothing))), isWorse(compare(side({}), side({})))]).toEqual([true, false]);
  });

  it('weighs ports in TIME_WAIT, and when they would run out', () => {
    const ports = (a: number, b: number) => compare(side({ timeWaitPeak: a }), side({ timeWaitPeak: b })).figures.find(({ id }) => id === 'time-wait-peak')!.verdict;
    expect([ports(100, 20), ports(20, 100), ports(100, 110), ports(1, 8)]).toEqual(['better', 'worse', 'same', 'same']);
    const never = { ...side({}), secondsToExhaustion: null };
    const soon = { ...side({}), secondsToExhaustion: 50 };
    expect(compare(never, soon).figures.find(({ id }) => id === 'seconds-to-exhaustion')).toMatchObject({ verdict: 'worse', beforeText: 'never', afterText: '50.0 s' });
  });

  it('claims nothing of reuse where one side shows no requests', () => {
    const comparison = compare(side({ connections: 4, requests: 0 }), side({ connections: 1, requests: 10 }));
    expect(comparison.figures.find(({ id }) => id === 'reuse-ratio')).toMatchObject({ beforeText: 'unknown', verdict: 'same' });
    expect(comparison.cautions[0]).toContain('Only one of the two shows requests');
  });

  it('knows a server again that moved, by its host name, and tells servers that came and went', () => {
    const moved = compare(side({}), side({ server: '10.9.0.77' }));
    expect(moved.servers).toHaveLength(1);
    expect(moved.servers[0]).toMatchObject({ server: '10.9.0.77', verdict: 'same' });
    const other = compare(side({}), side({ server: '10.9.0.77', hosts: ['10.9.0.77:8080'] }));
    expect(other.servers.map(({ server, verdict }) => [server, verdict])).toEqual([
      ['10.9.0.2', 'gone'],
      ['10.9.0.77', 'new'],
    ]);
  });

  it('keeps hostile names plain in text and Markdown', () => {
    const name = '\x1b[31m<script>`|\n@x';
    const comparison = compare({ ...side({}), name }, side({ hosts: ['<img src=x onerror=1>\x1b[2J|', '\xe2\x80\xae'] }));
    const text = comparisonText(comparison, { width: 80, color: false });
    // eslint-disable-next-line no-control-regex -- it is what must not be there
    expect(text + comparisonMarkdown(comparison)).not.toMatch(/\x1b|\u202e/);
    expect(comparisonMarkdown(comparison)).not.toMatch(/(?<!\\)<(?:script|img)/);
    expect(JSON.stringify(withPseudonyms(comparison))).not.toMatch(/script|img|10\.9\.0\.2/);
  });
});

describe('saved reports', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'drainspotter-compare-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const model = modelOf({ connections: 3, requests: 2, findings: [undrained(3), findingReport({ id: 2, rule: 'missed-reuse', connections: [1, 2], cost: { connections: 2, seconds: 1 } })], timeWaitPeak: 7 });
  const expected = { ...comparedReport('', model, summaryOf(model)), name: expect.any(String) as string };

  async function saved(name: string, write: (out: (text: string) => void) => Promise<void>): Promise<string> {
    let text = '';
    await write((piece) => void (text += piece));
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  }

  it('stand in for captures as JSON, as NDJSON, and as JSON that another program laid out', async () => {
    const json = await saved('a.json', (out) => writeJson(model, out, { version: '0.1.0' }));
    const ndjson = await saved('a.ndjson', (out) => writeNdjson(model, out, { version: '0.1.0' }));
    const pretty = await saved('b.json', async (out) => {
      let text = '';
      await writeJson(model, (piece) => void (text += piece), { version: '0.1.0' });
      out(JSON.stringify(JSON.parse(text), null, 2));
    });
    const compact = await saved('c.json', async (out) => {
      let text = '';
      await writeJson(model, (piece) => void (text += piece), { version: '0.1.0' });
      out(JSON.stringify(JSON.parse(text)));
    });
    for (const path of [json, ndjson, pretty, compact]) {
      expect(await isSavedReport(path)).toBe(true);
      expect(await readSavedReport(path)).toEqual(expected);
    }
  });

  it.each(['{', '{"schema":"other/1","summary":{}}', '{"schema":"drainspotter/report/1"}', '{"schema":"drainspotter/report/1",\n"summary":{"x":', '{"endpoint":null}\n', '{"summary":null,"schema":"drainspotter/report/1"}\n'])('refuses %j', async (text) => {
    const path = await saved('bad.json', async (out) => out(text));
    await expect(readSavedReport(path)).rejects.toMatchObject({ code: 'not-a-report' });
  });

  it.each(['json', 'ndjson'] as const)('are read past a connection whose text fits no string, which ended the program: %s', async (format) => {
    const exchanges = Array.from({ length: 3000 }, (_, index) => exchangeReport({ index }));
    const long = { ...model, connections: () => [connectionReport({ exchanges }), connectionReport({ id: 2, exchanges }), connectionReport({ id: 3 })] };
    const path = await saved(`long.${format}`, (out) => (format === 'json' ? writeJson(long, out, { version: '0.1.0' }) : writeNdjson(long, out, { version: '0.1.0' })));
    const toText = vi.spyOn(Buffer.prototype, 'toString');
    const read = await readSavedReport(path);
    const longest = Math.max(...toText.mock.results.map(({ value }) => (value as string).length));
    toText.mockRestore();
    expect(read).toEqual(expected);
    // A chunk of the file at most, of lines of 1.5 MB.
    expect(longest).toBeLessThan(70_000);
  });

  it('are read with the line ends of Windows, and without one at the end', async () => {
    const path = await saved('crlf.ndjson', (out) => writeNdjson(model, (piece) => out(piece.trimEnd().replaceAll('\n', '\r\n')), { version: '0.1.0' }));
    expect(await readSavedReport(path)).toEqual(expected);
  });

  it('are told from captures by their first byte', async () => {
    const path = await saved('x.pcap', async (out) => out('\xd4\xc3\xb2\xa1'));
    expect(await isSavedReport(path)).toBe(false);
    expect(await isSavedReport(join(folder, 'nothing'))).toBe(false);
    expect(await isSavedReport(folder)).toBe(false);
  });
});
