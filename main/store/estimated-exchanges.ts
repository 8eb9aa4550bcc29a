import type { EstimatedExchangeReport } from '../../shared/model/connection.ts';
import type { FrameRef } from '../../shared/model/report.ts';
import { secondsFromNanoseconds } from '../../shared/format/time.ts';
import { ExchangeBits } from './exchange-columns.ts';
import type { ResultStore } from './result-store.ts';

/** The exchange was not read but estimated from sealed records. */
export function isEstimated(store: ResultStore, exchange: number): boolean {
  return (store.exchanges.state.get(exchange) & ExchangeBits.ESTIMATED) !== 0;
}

/** The estimated exchanges of a connection that began at `startedAt`, by their rows in order. */
export function estimatedExchanges(store: ResultStore, rows: readonly number[], startedAt: number, frame: (id: number) => FrameRef): EstimatedExchangeReport[] {
  const { exchanges } = store;
  let lastEnd = startedAt;
  return rows.map((row, index) => {
    const begin = exchanges.time.get(row);
    const requestEnd = begin + exchanges.requestEndAfter.get(row);
    const hasResponse = (exchanges.state.get(row) & ExchangeBits.HAS_RESPONSE) !== 0;
    const responded = begin + exchanges.responseAfter.get(row);
    const responseEnd = begin + exchanges.responseEndAfter.get(row);
    const idle = begin - lastEnd;
    lastEnd = hasResponse ? responseEnd : requestEnd;
    const message = (frames: [number, number], from: number, to: number, bytes: number) => ({
      frame: frame(frames[0]),
      time: secondsFromNanoseconds(from),
      endFrame: frame(frames[1]),
      endTime: secondsFromNanoseconds(to),
      bytes,
    });
    return {
      index,
      request: message([exchanges.requestFrame.get(row), exchanges.requestEndFrame.get(row)], begin, requestEnd, exchanges.requestBody.get(row)),
      response: hasResponse ? message([exchanges.responseFrame.get(row), exchanges.responseEndFrame.get(row)], responded, responseEnd, exchanges.responseBody.get(row)) : null,
      idleBeforeSeconds: secondsFromNanoseconds(Math.max(0, idle)),
      waitSeconds: hasResponse ? secondsFromNanoseconds(Math.max(0, responded - requestEnd)) : null,
      downloadSeconds: hasResponse ? secondsFromNanoseconds(Math.max(0, responseEnd - responded)) : null,
    };
  });
}
