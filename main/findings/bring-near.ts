import { ConnectionInts as I } from '../store/connection-columns.ts';
import { ExchangeInts as X } from '../store/exchange-columns.ts';
import { PAGE_BITS, PAGE_MASK } from '../store/records.ts';
import type { ResultStore } from '../store/result-store.ts';

/**
 * Reads a little of the rows [first, next) of some connections and of their last exchanges, so that they are in the processor's cache
 * when the rules look at them. The connections of an endpoint lie far apart in memory: one after the other each costs the
 * wait for it, in a loop that does nothing else the processor waits for many at once (measured: a quarter of the time).
 *
 * @returns a number that says nothing, so that the loop is not empty
 */
export function bringNear({ connections, exchanges }: ResultStore, rows: Uint32Array, first: number, next: number): number {
  const { ints } = connections.records;
  const exchangeInts = exchanges.records.ints;
  let read = 0;
  for (let i = first; i < next; i++) {
    const row = rows[i]!;
    const page = ints[row >>> PAGE_BITS]!;
    const at = (row & PAGE_MASK) * I.STRIDE;
    read ^= page[at]! ^ page[at + I.STRIDE - 1]!;
    const last = page[at + I.LAST_EXCHANGE]! - 1;
    if (last < 0) continue;
    const exchangePage = exchangeInts[last >>> PAGE_BITS]!;
    const exchangeAt = (last & PAGE_MASK) * X.STRIDE;
    read ^= exchangePage[exchangeAt]! ^ exchangePage[exchangeAt + X.STRIDE - 1]!;
  }
  return read;
}
