import { afterAll, describe, expect, it } from 'vitest';
import { captureNames, LAB, reportOf, WHY_SKIPPED } from './captures.ts';
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
  });

  it('needs every exception', () => {
    expect(comparison.unusedExceptions()).toEqual([]);
  });

  afterAll(() => {
    console.log(comparison.table(['capture', 'connections', 'found', 'not said', 'codes (! missing)']));
    console.log(`${totals.wanted - totals.missing} of ${totals.wanted} wanted codes found; ${totals.false} of ${totals.forbidden} forbidden ones said`);
  });
});
