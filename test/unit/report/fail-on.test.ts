import { describe, expect, test } from 'vitest';
import { failCondition } from '../../../main/report/fail-on.ts';
import { endpointReport, findingReport, reportModel } from '../../kit/report-fixtures.ts';

const undrained = findingReport({ id: 1, rule: 'undrained-response', severity: 'warning', connections: [1, 2, 3] });
const missed = findingReport({ id: 2, rule: 'missed-reuse', severity: 'warning', connections: [1, 2, 3, 4], cost: { connections: 3, seconds: 0.1 } });
const model = reportModel({ endpoints: [endpointReport()], findings: [undrained, missed], summary: { requests: 10, reuseRatio: 0.6, closeCauses: {} } as never });

describe('--fail-on', () => {
  test.each([
    ['undrained-response', 'undrained-response on 3 connections'],
    ['pool-overflow', null],
    ['warning', '2 findings of severity warning or worse, the first: undrained-response'],
    ['info', '2 findings of severity info or worse, the first: undrained-response'],
    ['error', null],
    ['reuse-ratio<0.9', 'reuse-ratio is 0.6'],
    ['reuse-ratio < 60%', null],
    ['reuse-ratio<=60%', 'reuse-ratio is 0.6'],
    // As reports write it.
    ['reuse-ratio<=60 %', 'reuse-ratio is 0.6'],
    ['missed-reuse>2', 'missed-reuse on 3 connections'],
    ['missed-reuse>3', null],
    ['pool-overflow<1', 'pool-overflow on 0 connections'],
  ])('%s', (text, held) => expect(failCondition(text).holds(model)).toBe(held));

  test('a capture without requests has no ratio that could be too low', () => {
    expect(failCondition('reuse-ratio<0.9').holds(reportModel({ connections: [] }))).toBeNull();
  });

  test.each(['', 'no-such-rule', 'reuse-ratio', 'no-such>1', 'missed-reuse>many', 'missed-reuse=>1'])('"%s" is refused in words', (text) => {
    expect(() => failCondition(text)).toThrow(RangeError);
  });
});
