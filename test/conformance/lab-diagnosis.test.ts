import { afterAll, describe, expect, it } from 'vitest';
import { AnalysisReport } from '../../main/analysis/analysis-report.ts';
import { analyze } from '../../main/analysis/analyzer.ts';
import { catalogEntry } from '../../main/findings/catalog.ts';
import { captureNames, LAB, readJson, reportOf, WHY_SKIPPED } from './captures.ts';
import { Comparison, readExceptions } from './differences.ts';
import { judge } from './lab-diagnosis.ts';

const comparison = new Comparison(readExceptions('diagnosis'));
const totals = { wanted: 0, missing: 0, forbidden: 0, false: 0 };

describe.skipIf(WHY_SKIPPED !== '')(`the diagnosis of each lab capture says what its truth wants and nothing it forbids${WHY_SKIPPED}`, () => {
  it.each(captureNames(LAB))('%s', async (name) => {
    const report = (await reportOf(LAB + name))!;
    const judged = judge(name, report);
    for (const key of ['wanted', 'missing', 'false'] as const) totals[key] += judged[key].length;
    totals.forbidden += judged.forbidden;
    const codes = judged.wanted.map((code) => (judged.missing.includes(code) ? `!${code}` : code)).join(' ');
    const columns = [report.connectionCount, `${judged.wanted.length - judged.missing.length}/${judged.wanted.length}`, `${judged.forbidden - judged.false.length}/${judged.forbidden}`, codes];
    expect(comparison.unexplained(name, judged.differences, columns)).toEqual([]);
    expect(judged.contradictions).toEqual([]);
    // What is told stands in the catalogue: `explain` says when each confidence is given.
    expect(report.findings().filter(({ rule, confidence }) => catalogEntry(rule).confidence[confidence] === undefined).map(({ rule, confidence }) => `${rule} ${confidence}`)).toEqual([]);
  });

  it('needs every exception', () => {
    expect(comparison.unusedExceptions()).toEqual([]);
  });

  afterAll(() => {
    console.log(comparison.table(['capture', 'connections', 'found', 'not said', 'codes (! missing)']));
    console.log(`${totals.wanted - totals.missing} of ${totals.wanted} wanted codes found; ${totals.false} of ${totals.forbidden} forbidden ones said`);
  });
});

const sealed = captureNames(LAB).filter((name) => name.startsWith('s12_'));

describe.skipIf(WHY_SKIPPED !== '')(`without its keys TLS is opaque, and nothing false is said of it${WHY_SKIPPED}`, () => {
  it.each(sealed)('%s', async (name) => {
    const report = new AnalysisReport(await analyze([LAB + name]), { redact: false });
    const connections = [...report.connections()];
    expect(connections.every(({ protocol, tls, exchanges }) => protocol === 'tls' && tls?.decrypted === false && exchanges.length === 0)).toBe(true);
    const estimated = connections.reduce((sum, connection) => sum + (connection.estimatedExchanges?.length ?? 0), 0);
    const truth = readJson(LAB + name.replace('.pcap', '.truth.json')) as { connections: { requests: unknown[] }[] };
    expect(estimated).toBe(truth.connections.reduce((sum, { requests }) => sum + requests.length, 0));
    expect(report.summary).toMatchObject({ requests: 0, httpConnections: 0, estimatedRequests: estimated });
    // What depends on the messages is never certain.
    const certain = connections.filter(({ close }) => close.confidence === 'certain').map(({ close }) => close.cause);
    expect(certain.filter((cause) => cause !== 'client-idle' && cause !== 'server-idle')).toEqual([]);
    const { false: wrong, contradictions } = judge(name, report);
    expect(wrong).toEqual([]);
    expect(contradictions).toEqual([]);
  });
});
