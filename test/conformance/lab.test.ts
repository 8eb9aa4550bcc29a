import { afterAll, describe, expect, it } from 'vitest';
import { captureNames, connectionsOf, LAB, WHY_SKIPPED } from './captures.ts';
import { Comparison, readExceptions } from './differences.ts';
import { compareWithTruth } from './lab.ts';

const comparison = new Comparison(readExceptions('lab'));

describe.skipIf(WHY_SKIPPED !== '')(`captures of the lab agree with what their programs did${WHY_SKIPPED}`, () => {
  it.each(captureNames(LAB))('%s', async (name) => {
    const connections = await connectionsOf(LAB + name);
    const exchanges = connections.flatMap((connection) => connection.exchanges);
    const probes = connections.reduce((sum, { keepAliveProbes }) => sum + keepAliveProbes.length, 0);
    const columns = [connections.length, exchanges.filter(({ request }) => request).length, exchanges.filter(({ response }) => response).length, probes];
    expect(comparison.unexplained(name, compareWithTruth(name, connections), columns)).toEqual([]);
  });

  it('needs every exception', () => {
    expect(comparison.unusedExceptions()).toEqual([]);
  });

  afterAll(() => {
    console.log(comparison.table(['capture', 'connections', 'requests', 'responses', 'probes']));
  });
});
