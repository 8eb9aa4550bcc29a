import type { FindingChange } from '../model/comparison.ts';

/** What became of a finding, in a word; '' where counts of what is no trouble differ: that is neither better nor "as before". */
export function findingChange({ verdict, severity, before, after }: FindingChange): string {
  if (verdict !== 'same') return verdict;
  return severity === 'info' && before !== after ? '' : 'as before';
}
