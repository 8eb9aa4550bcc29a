import type { Series } from '../../shared/model/view.ts';
import { TIME_WAIT } from '../findings/ports.ts';
import { sortSpread } from '../findings/sorted-values.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import { timeWaitFrom } from './lane-spans.ts';
import type { Results, Scope } from './results.ts';

/** Requests per connection are counted one by one up to here. */
const MOST_REQUESTS = 10;

/** Connections over time: of those in the scope, in `buckets` equal parts of the range (or of the whole capture). */
export function seriesOf(results: Results, scope: Omit<Scope, 'table'>, buckets: number, portBudget: number): Series {
  const { connections } = results.store;
  const rows = results.rows({ ...scope, table: 'connections' });
  const { from, to } = scope.range ?? results.moments();
  const begin = from * 1e9;
  const step = Math.max(1, ((to - from) * 1e9) / buckets);
  const opened = new Array<number>(buckets).fill(0);
  const closed = new Array<number>(buckets).fill(0);
  const requestsPerConnection = new Array<number>(MOST_REQUESTS).fill(0);
  // A moment at the very end belongs to the last bucket.
  const bucket = (time: number): number => Math.min(buckets - 1, Math.floor((time - begin) / step));
  const end = begin + step * buckets;
  const waits = new ServerWaits(results, begin, step, buckets);
  const count = rows?.length ?? connections.count;
  const opens = new Float64Array(count);
  const closes = new Float64Array(count);
  let closings = 0;
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!;
    const openedAt = connections.startedAt.get(row);
    opens[i] = openedAt;
    if (openedAt >= begin && openedAt <= end) opened[bucket(openedAt)]!++;
    if ((connections.state.get(row) & ConnectionBits.CLOSED) !== 0) {
      const closedAt = connections.closedAt.get(row);
      closes[closings++] = closedAt;
      if (closedAt >= begin && closedAt <= end) closed[bucket(closedAt)]!++;
      waits.add(row);
    }
    const requests = connections.exchanges.get(row);
    if (requests > 0) requestsPerConnection[Math.min(requests, MOST_REQUESTS) - 1]!++;
  }
  const open = mostOpen(sortSpread(opens), sortSpread(closes.subarray(0, closings)), begin, step, buckets);
  while (requestsPerConnection.length > 1 && requestsPerConnection.at(-1) === 0) requestsPerConnection.pop();
  return { revision: results.revision, from, step: step / 1e9, opened, closed, open, timeWait: waits.peaks(), portBudget, requestsPerConnection };
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

/** Sockets in TIME_WAIT over time, by what shares a range of ports: a client with one server. */
class ServerWaits {
  private readonly results: Results;
  private readonly begin: number;
  private readonly step: number;
  private readonly buckets: number;
  /** When waiting began, by endpoint. */
  private readonly byEndpoint = new Map<number, number[]>();

  constructor(results: Results, begin: number, step: number, buckets: number) {
    this.results = results;
    this.begin = begin;
    this.step = step;
    this.buckets = buckets;
  }

  add(row: number): void {
    const from = timeWaitFrom(this.results.store, row);
    if (from === null) return;
    const endpoint = this.results.store.connections.endpoint.get(row);
    const known = this.byEndpoint.get(endpoint);
    if (known === undefined) this.byEndpoint.set(endpoint, [from]);
    else known.push(from);
  }

  /** Of each bucket, the most at its end that one endpoint holds. */
  peaks(): number[] {
    const most = new Array<number>(this.buckets).fill(0);
    // Of many clients those with few sockets are never the most.
    const largest = [...this.byEndpoint.values()].sort((a, b) => b.length - a.length).slice(0, 200);
    for (const moments of largest) {
      const sorted = Float64Array.from(moments).sort();
      let entered = 0;
      let left = 0;
      for (let i = 0; i < this.buckets; i++) {
        const at = this.begin + (i + 1) * this.step;
        while (entered < sorted.length && sorted[entered]! <= at) entered++;
        while (left < sorted.length && sorted[left]! + TIME_WAIT <= at) left++;
        most[i] = Math.max(most[i]!, entered - left);
      }
    }
    return most;
  }
}
