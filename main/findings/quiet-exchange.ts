import { MessageFlag } from '../http/exchange-sink.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ExchangeRow } from '../store/exchange-row.ts';

/** A response that begins later than this after the request's end is slow. */
export const SLOW_RESPONSE = 1e9;
/** A pause in the middle of a response that the client's window does not explain. */
export const STALLED = 1e9;

/** Both messages complete, the request without a body and without Expect. */
const QUIET = ExchangeBits.HAS_REQUEST | ExchangeBits.HAS_RESPONSE | ExchangeBits.REQUEST_ENDED | ExchangeBits.RESPONSE_ENDED | ExchangeBits.REQUEST_COMPLETE | ExchangeBits.RESPONSE_COMPLETE;
const QUIET_MASK = QUIET | (7 << ExchangeBits.REQUEST_FRAMING_SHIFT) | (MessageFlag.expectContinue << ExchangeBits.REQUEST_FLAGS_SHIFT);

/** Whether nothing is to be said of an exchange by itself: a request without a body, answered at once and in one go. Nearly all are so. */
export function isQuiet(x: ExchangeRow): boolean {
  if ((x.state & QUIET_MASK) !== QUIET || x.status >= 400) return false;
  return x.wait < SLOW_RESPONSE && x.transfer < STALLED;
}
