import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ENDPOINT_COLUMN_IDS, ENDPOINT_KEYS, type EndpointSort } from '../../shared/query/endpoint-order.ts';
import { ensureCapture } from '../bench/shapes.mjs';
import { TestServices } from '../kit/services.ts';

/* Hundreds of clients with the same fault: findings are told together then, and must not be missing where they belong. */

const services = new TestServices();
let folder: string;
let analysisId: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drainspotter-endpoints-'));
  await services.start();
  analysisId = await services.analysed(ensureCapture('b', { folder, size: 0.01 }).path);
});
afterAll(async () => {
  await services.stop();
  rmSync(folder, { recursive: true, force: true });
  expect(services.faults).toEqual([]);
});

it('a finding that is told of many pairs together says how many connections it names', async () => {
  const { findings } = await services.request('results.findings', { analysisId, offset: 0, limit: 100 });
  const together = findings.filter(({ endpoint }) => endpoint === null);
  expect(together.length).toBeGreaterThan(0);
  expect(together.some(({ connectionCount }) => connectionCount > 100)).toBe(true);
  for (const { connections, connectionCount, explanation } of together) {
    expect(connections.length).toBe(Math.min(100, connectionCount));
    expect(explanation).toContain(`on ${connectionCount.toLocaleString('en-US')} connection`);
  }
});

it('"the same" is not said before what it is the same as', async () => {
  const { groups } = await services.request('results.overview', { analysisId });
  const mixed: string[] = [];
  for (const { rule, note, findings: count } of groups) {
    const findings = [];
    while (findings.length < count) findings.push(...(await services.request('results.findings', { analysisId, rule, offset: findings.length, limit: 100 })).findings);
    const together = findings.findIndex(({ endpoint }) => endpoint === null);
    if (together <= 0) continue;
    mixed.push(rule);
    expect(findings.slice(together).every(({ endpoint }) => endpoint === null), rule).toBe(true);
    expect(note, rule).not.toMatch(/the same between/i);
    // Its numbers are those of one finding, not of all.
    expect(note, rule).toMatch(/^\d+ findings on [\d,]+ connections\. One of them: /);
  }
  expect(mixed).toContain('missed-reuse');
});

it('an endpoint does not say that nothing needs changing where connections could have been spared', async () => {
  const { endpoints } = await services.request('results.endpoints', { analysisId, offset: 0, limit: 500 });
  const spared = endpoints.filter(({ avoidable }) => avoidable > 0);
  expect(spared.length).toBeGreaterThan(100);
  // The last ones are told together with others.
  for (const { id, avoidable } of [...spared.slice(0, 5), ...spared.slice(-5)]) {
    const { headline, findings } = await services.request('results.endpoint', { analysisId, endpoint: id });
    expect(headline).toContain(`${avoidable} connection`);
    expect(findings.some(({ rule }) => rule === 'missed-reuse')).toBe(true);
  }
});

it('endpoints are sorted and filtered all together, not only those that are shown', async () => {
  const page = (more: { sort?: EndpointSort; text?: string }, offset = 0, limit = 500) => services.request('results.endpoints', { analysisId, offset, limit, ...more });
  const { all, total } = await page({});
  const everything = async (more: { sort?: EndpointSort }) => {
    const rows = [];
    for (let offset = 0; offset < total; offset += 500) rows.push(...(await page(more, offset)).endpoints);
    return rows;
  };
  const rows = await everything({});
  expect(rows.length).toBe(total);
  for (const column of ENDPOINT_COLUMN_IDS) {
    for (const descending of [false, true]) {
      const sorted = await everything({ sort: { column, descending } });
      const keys = sorted.map((row) => ENDPOINT_KEYS[column](row));
      expect(new Set(sorted.map(({ id }) => id)).size).toBe(total);
      const known = keys.filter((key) => key !== null);
      // What is not known comes last, whatever the direction.
      expect(keys.slice(0, known.length)).toEqual(known);
      if (known.every((key) => typeof key === 'number')) expect(known).toEqual([...known].sort((a, b) => (descending ? b - a : a - b)));
      expect((await page({ sort: { column, descending } }, total - 3, 10)).endpoints.map(({ id }) => id)).toEqual(sorted.slice(-3).map(({ id }) => id));
    }
  }
  const { client } = rows.at(-1)!.report;
  const found = await page({ text: client.toUpperCase() });
  expect(found).toMatchObject({ all, total: rows.filter(({ report }) => report.client.includes(client)).length });
  expect(found.endpoints.every(({ report }) => report.client.includes(client))).toBe(true);
  expect(await page({ text: 'no such host' })).toMatchObject({ all, total: 0, endpoints: [] });
});
