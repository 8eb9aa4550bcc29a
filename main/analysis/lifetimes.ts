import { sortSpread } from '../findings/sorted-values.ts';
import { ConnectionBits } from '../store/connection-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import { timeWaitFrom } from './lane-spans.ts';

/** When connections came and went, in sorted nanoseconds: what charts over time are made of, at any scale. */
export interface Lifetimes {
  /** First packets. */
  readonly opened: Float64Array;
  /** First closing packets, of those that were closed. */
  readonly closed: Float64Array;
  /** When sockets began to wait in TIME_WAIT, by what shares a range of ports, a client with one server, and by the side that waits. Those with most. */
  readonly waits: readonly Float64Array[];
  /** Connections with 1, 2, 3 … requests; the last entry holds all from its number on. */
  readonly requests: readonly number[];
}

/** Requests per connection are counted one by one up to here. */
const MOST_REQUESTS = 10;
/** Of many clients those with few sockets are never the most. */
const MOST_WAITING = 200;

/** Reads the rows once (null: all). */
export function lifetimesOf(store: ResultStore, rows: Uint32Array | null): Lifetimes {
  const { connections } = store;
  const count = rows?.length ?? connections.count;
  const opened = new Float64Array(count);
  const closed = new Float64Array(count);
  let closings = 0;
  const waits = new Map<number, number[]>();
  const requests = new Array<number>(MOST_REQUESTS).fill(0);
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!;
    opened[i] = connections.startedAt.get(row);
    const exchanges = connections.exchanges.get(row);
    if (exchanges > 0) requests[Math.min(exchanges, MOST_REQUESTS) - 1]!++;
    if ((connections.state.get(row) & ConnectionBits.CLOSED) === 0) continue;
    closed[closings++] = connections.closedAt.get(row);
    const from = timeWaitFrom(store, row);
    if (from === null) continue;
    const side = 2 * connections.endpoint.get(row) + ((connections.state.get(row) & ConnectionBits.CLOSED_BY_CLIENT) !== 0 ? 1 : 0);
    const known = waits.get(side);
    if (known === undefined) waits.set(side, [from]);
    else known.push(from);
  }
  while (requests.length > 1 && requests.at(-1) === 0) requests.pop();
  const largest = [...waits.values()].sort((a, b) => b.length - a.length).slice(0, MOST_WAITING);
  return { opened: sortSpread(opened), closed: sortSpread(closed.subarray(0, closings)), waits: largest.map((moments) => Float64Array.from(moments).sort()), requests };
}
