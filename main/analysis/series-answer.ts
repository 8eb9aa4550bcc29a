import type { Series } from '../../shared/model/view.ts';
import { TIME_WAIT } from '../findings/ports.ts';
import type { Results, Scope } from './results.ts';

/** Connections over time: of those in the scope, in `buckets` equal parts of the range (or of the whole capture). */
export function seriesOf(results: Results, scope: Omit<Scope, 'table'>, buckets: number, portBudget: number): Series {
  const { opened, closed, waits, requests } = results.lifetimes(scope);
  const { from, to } = scope.range ?? results.span();
  const begin = from * 1e9;
  const step = Math.max(1, ((to - from) * 1e9) / buckets);
  return {
    revision: results.revision,
    from,
    step: step / 1e9,
    opened: countIn(opened, begin, step, buckets),
    closed: countIn(closed, begin, step, buckets),
    open: mostOpen(opened, closed, begin, step, buckets),
    timeWait: mostWaiting(waits, begin, step, buckets),
    portBudget,
    requestsPerConnection: [...requests],
  };
}

/** How many of the sorted moments lie in each bucket. */
function countIn(moments: Float64Array, begin: number, step: number, buckets: number): number[] {
  const counts = new Array<number>(buckets).fill(0);
  const end = begin + step * buckets;
  for (let i = 0; i < moments.length && moments[i]! <= end; i++) {
    // A moment at the very end belongs to the last bucket.
    if (moments[i]! >= begin) counts[Math.min(buckets - 1, Math.floor((moments[i]! - begin) / step))]!++;
  }
  return counts;
}

/** The most that were open at one moment of each bucket, from sorted moments: short lives within a bucket count too. */
function mostOpen(opens: Float64Array, closes: Float64Array, begin: number, step: number, buckets: number): number[] {
  const most = new Array<number>(buckets);
  let opened = 0;
  let closed = 0;
  for (let i = 0; i < buckets; i++) {
    const from = begin + i * step;
    const to = i === buckets - 1 ? Number.POSITIVE_INFINITY : from + step;
    while (opened < opens.length && opens[opened]! < from) opened++;
    while (closed < closes.length && closes[closed]! <= from) closed++;
    most[i] = opened - closed;
    for (; opened < opens.length && opens[opened]! < to; opened++) {
      while (closed < closes.length && closes[closed]! <= opens[opened]!) closed++;
      most[i] = Math.max(most[i]!, opened + 1 - closed);
    }
  }
  return most;
}

/** Of each bucket, the most sockets that one endpoint has in TIME_WAIT at its end. */
function mostWaiting(waits: readonly Float64Array[], begin: number, step: number, buckets: number): number[] {
  const most = new Array<number>(buckets).fill(0);
  for (const moments of waits) {
    let entered = 0;
    let left = 0;
    for (let i = 0; i < buckets; i++) {
      const at = begin + (i + 1) * step;
      while (entered < moments.length && moments[entered]! <= at) entered++;
      while (left < moments.length && moments[left]! + TIME_WAIT <= at) left++;
      most[i] = Math.max(most[i]!, entered - left);
    }
  }
  return most;
}
