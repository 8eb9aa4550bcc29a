import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServices } from '../kit/services.ts';

const CAPTURE = join('..', 'shared', 'captures', 'lab', 's12_tls13_perreq.pcap');

/** TLS without keys: what was estimated is never shown as if it had been read. */
describe.skipIf(!existsSync(CAPTURE))(`a capture of TLS without its keys (needs ${CAPTURE})`, () => {
  const services = new TestServices();
  let analysisId: string;
  beforeAll(async () => {
    await services.start();
    analysisId = await services.analysed(CAPTURE);
  });
  afterAll(async () => {
    await services.stop();
    expect(services.faults).toEqual([]);
  });

  it('has requests that say they are estimated, and no status 0', async () => {
    const { total, columns } = await services.request('results.rows', { analysisId, table: 'exchanges', offset: 0, limit: 50, columns: ['read', 'status', 'framing', 'target'] });
    expect(total).toBe(4);
    expect(columns).toEqual({ read: Array(4).fill('estimated'), status: Array(4).fill(null), framing: Array(4).fill(null), target: Array(4).fill(null) });
    expect((await services.request('results.rows', { analysisId, table: 'exchanges', offset: 0, limit: 50, columns: ['id'], query: 'read:read' })).total).toBe(0);
    expect((await services.request('results.facets', { analysisId, table: 'exchanges', fields: ['status'] }))[0]!.values).toEqual([]);
  });

  it('has packets without start lines', async () => {
    const { packets } = await services.request('results.packets', { analysisId, id: 1, offset: 0, limit: 100 });
    expect(packets.filter(({ starts }) => starts !== null)).toEqual([]);
  });

  it('says how long a connection was idle, whatever alert TLS sent just before the close', async () => {
    const { verdict, report } = await services.request('results.connection', { analysisId, id: 1 });
    expect(report.close.idleSeconds).toBeLessThan(0.01);
    expect(verdict.headline).toBe('The client closed this connection after 2.0 s idle.');
  });

  it('has the idle limit of its closes, not the time since the close_notify', async () => {
    const { row, inferences, idleLimits } = await services.request('results.endpoint', { analysisId, endpoint: 0 });
    expect(row.clientIdleSeconds).toBeCloseTo(2, 1);
    expect(idleLimits).toMatchObject({ clientSeconds: row.clientIdleSeconds, serverSeconds: null });
    expect(inferences.find(({ label }) => label === 'Client idle limit')).toEqual({ label: 'Client idle limit', value: '2.0 s', note: '4 closes after 2.0 s', confidence: 'certain' });
  });
});
