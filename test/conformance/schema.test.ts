import { describe, expect, it } from 'vitest';
import { writeJson } from '../../main/report/json.ts';
import { problems, validateReportStrictly } from '../kit/report-fixtures.ts';
import { captureNames, CORPORA, LAB, reportOf, WHY_SKIPPED } from './captures.ts';

describe.skipIf(WHY_SKIPPED !== '')(`reports of all test captures keep to the schema${WHY_SKIPPED}`, () => {
  it.each([
    ['captures of others', CORPORA, captureNames(CORPORA, ['extra', 'derived'])],
    ['captures of the lab', LAB, captureNames(LAB)],
  ] as const)('%s', async (_title, folder, names) => {
    const broken: string[] = [];
    for (const name of names) {
      const report = await reportOf(folder + name);
      if (report === null) continue;
      let text = '';
      await writeJson(report, (piece) => void (text += piece), { version: '0.1.0' });
      if (!validateReportStrictly(JSON.parse(text))) broken.push(`${name}: ${problems(validateReportStrictly).split('\n')[0]}`);
    }
    expect(broken).toEqual([]);
  });
});
