import type { Verdicts } from '../findings/diagnosis.ts';
import { notability, TopRows } from '../report/notable.ts';
import { ConnectionRow } from '../store/connection-row.ts';
import type { ResultStore } from '../store/result-store.ts';
import { EventKind } from '../tcp/connection-sink.ts';

/** The rows that say most, of all or of `rows`: at most `limit`, the most notable first. */
export function notableRows(store: ResultStore, verdicts: Verdicts, rows: Uint32Array | null, limit: number): number[] {
  const { connections, events } = store;
  const top = new TopRows(limit);
  const connection = new ConnectionRow(connections);
  const count = rows?.length ?? connections.count;
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!;
    connection.load(row);
    const requests = connection.exchanges;
    const reset = connection.byReset;
    const unanswered = verdicts.isUnanswered(row) ? 1 : 0;
    let probes = 0;
    let gaps = false;
    if (connection.isRare) {
      for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) {
        const kind = events.kind.get(event) >>> 1;
        if (kind === EventKind.keepAliveProbe || kind === EventKind.windowProbe || kind === EventKind.zeroWindow) probes++;
        else if (kind === EventKind.gap) gaps = true;
      }
    }
    top.offer(row, notability({ requests, unanswered, reset, probes, gaps }));
  }
  return top.rows();
}
