import { ConnectionBits } from '../store/connection-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { Scratch } from './scratch.ts';
import { countUpTo } from './sorted-values.ts';

/** When the connections of one endpoint were opened and closed, nanoseconds. One object, begun anew for each endpoint. */
export class Timeline {
  /** Sorted. */
  opened: Float64Array = new Float64Array(0);
  /** First closing packets, sorted; Infinity for connections not seen to close. */
  closed: Float64Array = new Float64Array(0);

  begin(store: ResultStore, rows: Uint32Array, scratch: Scratch): void {
    const { connections } = store;
    this.opened = scratch.take('opened', rows.length);
    this.closed = scratch.take('closed', rows.length);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      this.opened[i] = connections.startedAt.get(row);
      this.closed[i] = (connections.state.get(row) & ConnectionBits.CLOSED) === 0 ? Number.POSITIVE_INFINITY : connections.closedAt.get(row);
    }
    this.opened.sort();
    this.closed.sort();
  }

  /** Connections open after everything that happened at this moment. */
  openAt(moment: number): number {
    return countUpTo(this.opened, moment) - countUpTo(this.closed, moment);
  }
}
