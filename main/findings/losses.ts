import type { ConnectionCase } from './case.ts';
import { type Verdict, verdict } from './verdict.ts';

/** A time in which packets were lost before they could be captured; nanoseconds since the origin. */
export interface Loss {
  readonly from: number;
  readonly to: number;
}

/** What was seen of a connection that lived while packets were lost proves nothing by itself: what was missed may say otherwise. */
export function ofLosses(losses: readonly Loss[], c: ConnectionCase, base: Verdict): Verdict {
  if (losses.length === 0 || base.confidence !== 'certain' || base.cause === 'capture-incomplete') return base;
  const { startedAt, endedAt } = c;
  if (!losses.some(({ from, to }) => from <= endedAt && to >= startedAt)) return base;
  return verdict(base.cause, 'likely', [...base.alternatives, 'capture-incomplete'], base.also);
}
