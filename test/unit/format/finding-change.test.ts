import { expect, test } from 'vitest';
import { findingChange } from '../../../shared/format/finding-change.ts';
import type { FindingChange } from '../../../shared/model/comparison.ts';

const change: FindingChange = { rule: 'process-exit', title: '', severity: 'info', before: 5, after: 1, verdict: 'same' };

test.each<[string, Partial<FindingChange>, string]>([
  ['five that became one were told "as before"', {}, ''],
  ['as many as before are', { after: 5 }, 'as before'],
  ['trouble that is judged to be the same is as before, whatever its count', { severity: 'warning' }, 'as before'],
  ['a verdict is its word', { verdict: 'gone', after: 0 }, 'gone'],
])('%s', (_, different, word) => expect(findingChange({ ...change, ...different })).toBe(word));
