import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Samples } from '../../../main/services/samples.ts';
import { reportOfFile } from '../../kit/report-of.ts';

const folder = fileURLToPath(new URL('../../../resources/samples', import.meta.url));

/** The rule that each sample is there to show. */
const LESSONS: Record<string, string> = {
  'undrained-go': 'undrained-response',
  'keep-alive-probes': 'keep-alive-probes',
  'nginx-idle': 'server-idle',
  'transport-per-request': 'port-exhaustion',
  'stalled-patch': 'upload-stalled',
};

describe('the bundled samples', () => {
  it('are all listed, and all there', async () => {
    const list = await new Samples(folder).list();
    expect(list.map(({ id }) => id)).toEqual(Object.keys(LESSONS));
    const paths = await Promise.all(list.map(async ({ id }) => (await new Samples(folder).find(id)).path));
    expect(readdirSync(folder).filter((name) => name.includes('.pcap')).map((name) => join(folder, name)).sort()).toEqual([...paths].sort());
    expect(list.map(({ bytes }) => bytes)).toEqual(paths.map((path) => statSync(path).size));
  });

  it.each(Object.entries(LESSONS))('%s shows its lesson, with the numbers of the list', async (id, rule) => {
    const samples = new Samples(folder);
    const sample = (await samples.list()).find((entry) => entry.id === id)!;
    const report = await reportOfFile(readFileSync((await samples.find(id)).path));
    expect(report.summary).toMatchObject({ requests: sample.requests, connections: sample.connections });
    expect(report.findings().map((finding) => finding.rule)).toContain(rule);
    const first = report.connection(1)!;
    const closedAt = first.close.time ?? report.captures[0]!.durationSeconds!;
    expect(sample.end).toMatchObject({ kind: first.close.kind, by: first.close.by });
    expect(sample.end.time).toBeCloseTo(closedAt - first.startedAt, 5);
    expect(sample.probes).toEqual(first.keepAliveProbes!.map(({ time }) => expect.closeTo(time - first.startedAt, 5)));
    const busy = sample.spans.filter((_, index) => index % 3 === 0).filter((kind) => kind === 1).length;
    expect(busy).toBe(first.exchanges.length);
  });

  it('that are not in the list are not found, whatever their name', async () => {
    for (const id of ['../../package', '__proto__', '']) await expect(new Samples(folder).find(id)).rejects.toMatchObject({ code: 'sample-not-found' });
  });

  it('do without a folder', async () => {
    expect(await new Samples(join(folder, 'none')).list()).toEqual([]);
  });
});
