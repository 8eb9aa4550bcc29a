import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Services } from '../../main/services/services.ts';
import type { Comparison, ComparisonProgress, ComparisonResult } from '../../shared/model/comparison.ts';
import type { RequestParams, StreamParams } from '../../shared/rpc/contract.ts';
import { TestServices } from '../kit/services.ts';

const LAB = join('..', 'shared', 'captures', 'lab');
const services = new TestServices();
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-compare-'));
  await services.start();
});
afterAll(async () => {
  await services.stop();
  rmSync(folder, { recursive: true, force: true });
  expect(services.faults).toEqual([]);
});

async function run(params: StreamParams<'compare.run'>): Promise<{ result: ComparisonResult; progress: ComparisonProgress[] }> {
  const progress: ComparisonProgress[] = [];
  const { handlers } = (services as unknown as { services: Services }).services;
  for await (const item of handlers.streams['compare.run'](params, { signal: new AbortController().signal })) {
    if (item.kind === 'result') return { result: item, progress };
    progress.push(item);
  }
  throw new Error('no result');
}

const sample = (name: string): { kind: 'sample'; sample: string } => ({ kind: 'sample', sample: name });

describe('comparing', () => {
  it('two captures, with a verdict, their figures and their servers', async () => {
    const { result, progress } = await run({ before: sample('undrained-go'), after: sample('nginx-idle') });
    expect(result.comparison).toMatchObject({ verdict: 'better', before: { connections: 4, requests: 4 } });
    expect(result.comparison.findings.find(({ rule }) => rule === 'undrained-response')).toMatchObject({ verdict: 'gone', after: 0 });
    expect(result.serverCount).toBe(result.comparison.servers.length);
    expect(new Set(progress.map(({ side }) => side))).toEqual(new Set(['before', 'after']));
  });

  it('the open analysis stays open, and is not changed by it', async () => {
    const analysisId = await services.analysed('resources/samples/undrained-go.pcap');
    const { result } = await run({ before: { kind: 'analysis', analysisId }, after: { kind: 'analysis', analysisId } });
    expect(result.comparison).toMatchObject({ verdict: 'same', before: { name: 'undrained-go.pcap' } });
    expect((await services.request('results.overview', { analysisId })).summary.connections).toBe(4);
  });

  it('a saved report stands in for its capture', async () => {
    const analysisId = await services.analysed('resources/samples/undrained-go.pcap');
    const { path } = await services.request('reports.save', { analysisId, format: 'json' });
    const { result } = await run({ before: { kind: 'paths', paths: [path!] }, after: { kind: 'analysis', analysisId } });
    expect(result.comparison.verdict).toBe('same');
    expect(result.comparison.figures.every(({ before, after }) => before === after)).toBe(true);
    // What is no capture is none that was opened.
    expect((await services.request('files.recent', {})).map((file) => file.path)).not.toContain(path);
  });

  it('a damaged report is refused in words', async () => {
    const path = join(folder, 'damaged.json');
    writeFileSync(path, '{"schema":"drainspotter/report/1","summary":{},"endpoints":[],"findings":[]}');
    await expect(run({ before: { kind: 'paths', paths: [path] }, after: sample('undrained-go') })).rejects.toMatchObject({ code: 'not-a-report' });
    await expect(run({ before: sample('undrained-go'), after: sample('none') })).rejects.toMatchObject({ code: 'sample-not-found' });
  });

  it('is saved as Markdown and JSON, with pseudonyms without any address or name', async () => {
    const { result } = await run({ before: sample('undrained-go'), after: sample('nginx-idle') });
    const save = async (params: Omit<RequestParams<'compare.save'>, 'comparisonId'>) => services.read((await services.request('compare.save', { comparisonId: result.comparisonId, ...params })).path!).toString();
    expect(await save({ format: 'markdown' })).toContain('**Better: 0 % of the requests');
    const whole = JSON.parse(await save({ format: 'json' })) as Comparison;
    expect(whole).toEqual(result.comparison);
    const hidden = await save({ format: 'json', pseudonyms: true });
    for (const { server, hosts } of whole.servers) for (const name of [server, ...hosts]) expect(hidden).not.toContain(name);
    await expect(services.request('compare.save', { comparisonId: 'comparison-0', format: 'json' })).rejects.toMatchObject({ code: 'no-such-comparison' });
  });
});

const TLS = join(LAB, 's12_tls13_undrained_large.pcap');
const KEYS = join(LAB, 's12_tls13_undrained_large.keylog.txt');
const NEEDED = existsSync(TLS) ? '' : ' (skipped: the lab is not at hand)';

describe.skipIf(NEEDED !== '')(`reading TLS with a key log${NEEDED}`, () => {
  const open = async (params: RequestParams<'analysis.open'>) => services.settled((await services.request('analysis.open', params)).analysisId);

  it('is asked for, remembered with the capture, and can be left', async () => {
    const without = await open({ source: { kind: 'paths', paths: [TLS] } });
    expect(without.requests > 0 && without.keyLog === undefined).toBe(true);
    expect((await services.request('results.overview', { analysisId: without.analysisId })).summary).toMatchObject({ requests: 0, estimatedRequests: expect.any(Number) as number });

    const source = { kind: 'analysis', analysisId: without.analysisId } as const;
    const state = await open({ source, keyLog: { kind: 'paths', paths: [KEYS] } });
    expect(state.keyLog).toBe('s12_tls13_undrained_large.keylog.txt');
    await services.request('analysis.close', { analysisId: without.analysisId });
    const { summary } = await services.request('results.overview', { analysisId: state.analysisId });
    expect(summary.requests).toBeGreaterThan(0);
    expect(summary.estimatedRequests).toBeUndefined();
    expect((await services.request('results.connection', { analysisId: state.analysisId, id: 1 })).report.tls).toMatchObject({ decrypted: true, version: '1.3' });

    expect((await open({ source: { kind: 'paths', paths: [TLS] } })).keyLog).toBe(state.keyLog);
    expect((await open({ source: { kind: 'paths', paths: [TLS] }, keyLog: null })).keyLog).toBeUndefined();
    expect((await open({ source: { kind: 'paths', paths: [TLS] } })).keyLog).toBeUndefined();
  });

  it('a file without secrets is refused before anything is opened', async () => {
    const path = join(folder, 'no.keylog');
    writeFileSync(path, 'nothing\n');
    await expect(services.request('analysis.open', { source: { kind: 'paths', paths: [TLS] }, keyLog: { kind: 'paths', paths: [path] } })).rejects.toMatchObject({ code: 'key-log-empty' });
  });

  it('nothing of its content is answered or remembered', async () => {
    const { analysisId } = await open({ source: { kind: 'paths', paths: [TLS] }, keyLog: { kind: 'paths', paths: [KEYS] } });
    const answers = JSON.stringify([await services.request('files.recent', {}), await services.request('results.overview', { analysisId }), await services.request('results.connection', { analysisId, id: 1 })]);
    const kept = services.read(join(services.folder, 'data', 'recent.json')).toString();
    const secrets = services.read(KEYS).toString().split('\n').flatMap((line) => line.split(' ')[2] ?? []);
    expect(secrets.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(answers.includes(secret) || kept.includes(secret)).toBe(false);
    expect(answers).not.toContain(KEYS);
  });
});
