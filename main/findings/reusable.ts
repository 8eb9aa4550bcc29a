import { Framing, MessageFlag } from '../http/exchange-sink.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ResultStore } from '../store/result-store.ts';

/** When an exchange left its connection reusable (RFC 9112 section 9.3), nanoseconds; Infinity where it did not. */
export function reusableFrom({ exchanges }: ResultStore, exchange: number): number {
  const state = exchanges.state.get(exchange);
  if ((state & ExchangeBits.RESPONSE_COMPLETE) === 0) return Number.POSITIVE_INFINITY;
  if ((state & (ExchangeBits.HAS_REQUEST | ExchangeBits.REQUEST_COMPLETE)) === ExchangeBits.HAS_REQUEST) return Number.POSITIVE_INFINITY;
  const request = (state >>> ExchangeBits.REQUEST_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
  const response = (state >>> ExchangeBits.RESPONSE_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
  if (((request | response) & MessageFlag.closeOption) !== 0) return Number.POSITIVE_INFINITY;
  if (isHttp10Close(request) || isHttp10Close(response)) return Number.POSITIVE_INFINITY;
  const framing = (state >>> ExchangeBits.RESPONSE_FRAMING_SHIFT) & 7;
  if (framing === Framing.untilClose || framing === Framing.upgrade || framing === Framing.tunnel) return Number.POSITIVE_INFINITY;
  return exchanges.responseEnd.get(exchange);
}

/** Whether a message of HTTP/1.0 ends its connection, for want of "keep-alive"; where its head was cut, that may be in what is missing. */
export function isHttp10Close(flags: number): boolean {
  return (flags & (MessageFlag.http10 | MessageFlag.keepAliveOption | MessageFlag.headCut)) === MessageFlag.http10;
}
