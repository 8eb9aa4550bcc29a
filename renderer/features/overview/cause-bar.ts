import { ruleName } from '../../../shared/format/rule-names.ts';
import type { CloseCause } from '../../../shared/model/report.ts';

/** How a cause is filled: a body not read solid, a limit on idle time hatched, everything else pale. */
export type CauseFill = 'solid' | 'hatch' | 'pale';

export interface CausePart {
  fill: CauseFill;
  /** Of all, 0 to 1. */
  share: number;
}

const FILLS: Partial<Record<CloseCause, CauseFill>> = {
  'undrained-response': 'solid',
  'undrained-request': 'solid',
  'server-idle': 'hatch',
  'client-idle': 'hatch',
};

export const CAUSE_LEGEND: readonly { fill: CauseFill; text: string }[] = [
  { fill: 'solid', text: 'body not read' },
  { fill: 'hatch', text: 'idle limit' },
  { fill: 'pale', text: 'other' },
];

/** One part of the bar per fill, in the order of the legend. */
export function causeParts(causes: readonly { cause: CloseCause; connections: number }[]): CausePart[] {
  const total = causes.reduce((sum, one) => sum + one.connections, 0);
  if (total === 0) return [];
  return CAUSE_LEGEND.map(({ fill }) => ({
    fill,
    share: causes.reduce((sum, { cause, connections }) => sum + ((FILLS[cause] ?? 'pale') === fill ? connections : 0), 0) / total,
  })).filter(({ share }) => share > 0);
}

/** "145 body not read, 4 server idle limit" */
export function causeWords(causes: readonly { cause: CloseCause; connections: number }[]): string {
  return causes.map(({ cause, connections }) => `${connections} ${ruleName(cause).toLowerCase()}`).join(', ');
}
