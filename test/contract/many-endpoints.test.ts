import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
