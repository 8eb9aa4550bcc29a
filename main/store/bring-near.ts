import { ConnectionInts as I } from './connection-columns.ts';
import { ExchangeInts as X } from './exchange-columns.ts';
import { PAGE_BITS, PAGE_MASK } from './records.ts';
import type { ResultStore } from './result-store.ts';

/** Connections to be brought near at once: their rows fit the processor's cache. */
export const AT_ONCE = 1024;

const lasts = new Int32Array(AT_ONCE);

/**
 * Reads a little of the rows [first, next) of some connections and of their last exchanges, so that they are in the
 * processor's cache when the rules look at them. The connections of an endpoint lie far apart in memory: each costs a wait
 * for it, of which a loop that does nothing else has many at once (measured: a quarter of the time of a diagnosis). Two
 * loops, because a load that needs the one before it cannot be begun early.
 *
 * @returns a number that says nothing, so that the loops are not empty
 */
export function bringNear({ connections, exchanges }: ResultStore, rows: Uint32Array, first: number, next: number): number {
  const { ints } = connections.records;
  const exchangeInts = exchanges.records.ints;
  let read = 0;
  for (let i = first; i < next; i++) {
    const page = ints[rows[i]! >>> PAGE_BITS]!;
    const at = (rows[i]! & PAGE_MASK) * I.STRIDE;
    read ^= page[at]! ^ page[at + I.STRIDE - 1]!;
    lasts[i - first] = page[at + I.LAST_EXCHANGE]! - 1;
  }
  for (let i = 0; i < next - first; i++) {
    const last = lasts[i]!;
    if (last < 0) continue;
    const page = exchangeInts[last >>> PAGE_BITS]!;
    const at = (last & PAGE_MASK) * X.STRIDE;
    read ^= page[at]! ^ page[at + X.STRIDE - 1]!;
  }
  return read;
}
