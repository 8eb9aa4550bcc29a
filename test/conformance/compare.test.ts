import { describe, expect, it } from 'vitest';
import { compare } from '../../main/compare/compare.ts';
import { comparedReport } from '../../main/compare/compared-report.ts';
import { summaryOf } from '../../main/report/report-model.ts';
import type { RuleName } from '../../shared/model/report.ts';
import { LAB, reportOf, WHY_SKIPPED } from './captures.ts';

async function side(name: string) {
  const model = (await reportOf(`${LAB}${name}.pcap`))!;
  return comparedReport(name, model, summaryOf(model));
}

/** What was done in the lab, before and after, and the finding that must come or go with it. */
const PAIRS: readonly (readonly [what: string, worse: string, better: string, rule: RuleName])[] = [
  ['bodies undrained, then drained', 's02_undrained_small', 's01_reuse_drained', 'undrained-response'],
  ['bodies of another size undrained, then drained', 's02_undrained_8k', 's01_reuse_drained', 'undrained-response'],
  ['keep-alives disabled, then on', 's05_disable_keepalives', 's01_reuse_drained', 'client-close-option'],
  ['a transport for each request, then a shared one', 's05_perreq_ka', 's01_reuse_drained', 'client-per-request'],
  ['no session, then one', 's11_requests_nosession', 's11_requests_session', 'missed-reuse'],
  ['sockets closed, then reused', 's11_php_new', 's11_php_reuse', 'missed-reuse'],
];

describe.skipIf(WHY_SKIPPED !== '')(`pairs of captures of the lab${WHY_SKIPPED}`, () => {
  it.each(PAIRS)('%s', async (_, worse, better, rule) => {
    const [bad, good] = [await side(worse), await side(better)];
    const improved = compare(bad, good);
    expect(improved).toMatchObject({ verdict: 'better' });
    expect(improved.headline).toMatch(/^Better: 0 % of the requests found their connection open before, [1-9]\d % after/);
    expect(improved.findings.filter(({ verdict }) => verdict === 'gone').map((finding) => finding.rule)).toContain(rule);
    const spoiled = compare(good, bad);
    expect(spoiled).toMatchObject({ verdict: 'worse' });
    expect(spoiled.findings.filter(({ verdict }) => verdict === 'new').map((finding) => finding.rule)).toContain(rule);
  });
});
