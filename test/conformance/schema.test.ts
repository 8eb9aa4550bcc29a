import { describe, expect, it } from 'vitest';
import { writeJson } from '../../main/report/json.ts';
import { problems, validateReportStrictly } from '../kit/report-fixtures.ts';
import { EVERY_CAPTURE, problemsIn, WHY_SKIPPED } from './captures.ts';

describe.skipIf(WHY_SKIPPED !== '')(`reports of all test captures keep to the schema${WHY_SKIPPED}`, () => {
  it.each(EVERY_CAPTURE)('%s', async (_title, folder, names) => {
    const broken = await problemsIn(folder, names, async (report) => {
      let text = '';
      await writeJson(report, (piece) => void (text += piece), { version: '0.1.0' });
      return validateReportStrictly(JSON.parse(text)) ? '' : problems(validateReportStrictly).split('\n')[0]!;
    });
    expect(broken).toEqual([]);
  });
});
