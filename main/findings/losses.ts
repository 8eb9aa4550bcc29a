import type { CloseCause } from '../../shared/model/report.ts';
import type { ConnectionCase } from './case.ts';
import { type Verdict, verdict } from './verdict.ts';

/** A time in which packets were lost before they could be captured; nanoseconds since the origin. */
export interface Loss {
  readonly from: number;
  readonly to: number;
}

/**
 * What was seen of a connection that lived while packets were lost, or whose FIN is not in the capture, proves nothing by
 * itself: what was missed may say otherwise. What its messages announced (`announced`) needs no FIN.
 */
export function ofLosses(losses: readonly Loss[], c: ConnectionCase, base: Verdict, announced: boolean): Verdict {
  if (base.confidence !== 'certain' || base.cause === 'capture-incomplete') return base;
  const finMissed = (c.finUnseen || c.isBareReset) && !announced;
  const missed: CloseCause[] = finMissed || isTouched(losses, c) ? ['capture-incomplete'] : [];
  // A box between the two ends what it has forgotten in the name of either.
  if (c.isOnlyReset) missed.push('middlebox');
  return missed.length === 0 ? base : verdict(base.cause, 'likely', [...new Set([...base.alternatives, ...missed])], base.also);
}

function isTouched(losses: readonly Loss[], c: ConnectionCase): boolean {
  if (losses.length === 0) return false;
  const { startedAt, endedAt } = c;
  return losses.some(({ from, to }) => from <= endedAt && to >= startedAt);
}
