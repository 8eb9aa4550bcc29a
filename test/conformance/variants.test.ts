import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AnalysisReport } from '../../main/analysis/analysis-report.ts';
import { analyze } from '../../main/analysis/analyzer.ts';
import { KeyLog } from '../../main/tls/key-log.ts';
import { seeded } from '../kit/random.ts';
import { asIpv6, type Capture, cutAt, doubled, drifting, joined, lagging, linked, readPcap, renamed, renumbered, sentAgain, split, tagged, type Variant, writePcap } from '../kit/variants.ts';
import { captureNames, LAB, WHY_SKIPPED } from './captures.ts';

/* What happened in a lab capture does not depend on how it was addressed, segmented or captured: what is said does not either. */

const VARIANTS: Readonly<Record<string, Variant>> = {
  'other addresses and ports': renamed,
  'other sequence numbers': renumbered,
  IPv6: asIpv6,
  'a VLAN tag': tagged,
  'no link layer': linked(101),
  'the link layer of "any"': linked(113),
  'its second version': linked(276),
  'segments cut': split,
  'segments joined': joined,
  'packets twice': doubled,
  'segments sent again': sentAgain,
  'a clock that drifts': drifting,
  'the server\'s packets late': lagging(false),
  'the client\'s packets late': lagging(true),
};
const names = captureNames(LAB).filter((name) => name.endsWith('.pcap'));
const folder = mkdtempSync(join(tmpdir(), 'drainspotter-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function reportOf(capture: Capture, name: string): Promise<AnalysisReport> {
  const keys = LAB + name.replace('.pcap', '.keylog.txt');
  const keyLog = new KeyLog();
  if (name !== '' && existsSync(keys)) keyLog.add(readFileSync(keys, 'utf8'));
  const path = join(folder, 'capture.pcap');
  writeFileSync(path, writePcap(capture));
  return new AnalysisReport(await analyze([path], { keyLog }), { redact: false });
}

/** What is said, without frames, times and addresses. */
function said(report: AnalysisReport): string[] {
  const connections = [...report.connections()].map(({ id, exchanges, close: { by, kind, cause, confidence, also, alternatives } }) => `${id}: ${exchanges.length} exchanges, ${by} ${kind}, ${cause} ${confidence} also ${also} or ${alternatives}`);
  const findings = report.findings().map(({ rule, confidence, severity, connections: ids }) => `${rule} ${confidence} ${severity}: ${ids}`);
  return [...connections, ...findings.sort()];
}

describe.skipIf(WHY_SKIPPED !== '')(`a lab capture told otherwise has the same causes and findings${WHY_SKIPPED}`, () => {
  // Each variant has its share of the captures, so that this takes seconds.
  const variants = Object.entries(VARIANTS);
  it.each(variants.map(([title], at) => [title, at] as const))('%s', async (title, at) => {
    for (let i = at % 3; i < names.length; i += 3) {
      const name = names[i]!;
      const capture = readPcap(LAB + name)!;
      const plain = said(await reportOf(capture, name));
      expect(said(await reportOf(VARIANTS[title]!(capture, seeded(1)), name)), name).toEqual(plain);
    }
  });

  it('several in one capture', async () => {
    for (let from = 0; from < names.length; from += 20) {
      const some = names.slice(from, from + 5).map((name, i) => ({ name, capture: renamed(readPcap(LAB + name)!, numbered(i)) })).filter(({ capture }) => capture.linkType === 1);
      const frames = some.flatMap(({ capture }, i) => capture.frames.map((frame) => ({ ...frame, time: frame.time + i * 137_000 }))).sort((a, b) => a.time - b.time);
      const whole = byPorts(await reportOf({ linkType: 1, frames }, ''));
      for (const { capture } of some) for (const [connection, close] of byPorts(await reportOf(capture, ''))) expect(whole.get(connection), connection).toBe(close);
    }
  });
});

describe.skipIf(WHY_SKIPPED !== '')(`a snap length that cuts bodies makes nothing certain that is not${WHY_SKIPPED}`, () => {
  const unsure = new Set(['open-at-end', 'capture-incomplete']);

  it.each([600, 128, 50])('%i bytes of each packet', async (snaplen) => {
    for (const name of names.filter((_, i) => i % 2 === 0)) {
      const capture = readPcap(LAB + name)!;
      const causes = [...(await reportOf(capture, name)).connections()].map(({ close: { cause, also } }) => [cause, ...also]);
      const cut = [...(await reportOf(cutAt(snaplen)(capture, seeded(1)), name)).connections()];
      const false_ = cut.filter(({ close: { cause, confidence } }, at) => confidence === 'certain' && !unsure.has(cause) && causes[at]?.includes(cause) === false);
      expect(false_.map(({ id, close }) => `${name} ${id} ${close.cause}`)).toEqual([]);
    }
  });
});

/** Draws for `renamed` by which captures do not share addresses. */
function numbered(i: number): (n: number) => number {
  return (n) => (i * 17) % n;
}

/** What is said of each connection, by addresses and ports. */
function byPorts(report: AnalysisReport): Map<string, string> {
  return new Map([...report.connections()].map(({ client, server, close: { by, cause, confidence, also, alternatives } }) => [`${client.address}:${client.port} ${server.address}:${server.port}`, `${by} ${cause} ${confidence} also ${also} or ${alternatives}`]));
}
