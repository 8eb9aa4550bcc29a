import { type Framing, MessageFlag } from '../http/exchange-sink.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import { ExchangeRow } from '../store/exchange-row.ts';
import type { ResultStore } from '../store/result-store.ts';
import { ConnectionEvents } from './connection-events.ts';
import { isQuiet } from './quiet-exchange.ts';
import { isHttp10Close } from './reusable.ts';

const SENT_AHEAD = ExchangeBits.PIPELINED | ExchangeBits.HAS_RESPONSE;

/** What the last exchange of a connection says that the rules ask for, and the one before it. Of several that were under way at the end, the first is the last. */
export class LastExchange extends ConnectionEvents {
  protected readonly exchange: ExchangeRow;

  constructor(store: ResultStore) {
    super(store);
    this.exchange = new ExchangeRow(store.exchanges);
  }

  /** Of requests that were sent ahead, the first without a whole answer at the close is the one under way (RFC 9112 section 9.3.2). To be called once `closedAt` is set. */
  protected goToUnderWay(): void {
    const x = this.exchange;
    while ((x.state & SENT_AHEAD) === ExchangeBits.PIPELINED && x.previous >= 0) {
      if ((this.store.exchanges.state.get(x.previous) & ExchangeBits.RESPONSE_COMPLETE) !== 0 && !(this.previousEnded > this.closedAt)) return;
      x.load(x.previous);
      this.last = x.row;
    }
  }

  /** The last exchange was not read but estimated from sealed records. */
  get estimated(): boolean {
    return this.exchange.estimated;
  }

  get hasRequest(): boolean {
    return this.exchange.hasRequest;
  }

  get hasResponse(): boolean {
    return this.exchange.hasResponse;
  }

  get requestComplete(): boolean {
    return this.exchange.requestComplete;
  }

  get responseComplete(): boolean {
    return this.exchange.responseComplete;
  }

  get requestFlags(): number {
    return this.exchange.requestFlags;
  }

  get responseFlags(): number {
    return this.exchange.responseFlags;
  }

  get requestFraming(): Framing {
    return this.exchange.requestFraming;
  }

  get responseFraming(): Framing {
    return this.exchange.responseFraming;
  }

  get status(): number {
    return this.exchange.status;
  }

  /** String ids of the last request. */
  get target(): number {
    return this.exchange.target;
  }

  get method(): number {
    return this.exchange.method;
  }

  get requestBody(): number {
    return this.exchange.requestBody;
  }

  get responseBody(): number {
    return this.exchange.responseBody;
  }

  get requestEnded(): number {
    return this.exchange.requestEnded;
  }

  get responseBegan(): number {
    return this.exchange.responseBegan;
  }

  get requestBegan(): number {
    return this.hasRequest ? this.exchange.began : Number.NaN;
  }

  /** Its only exchange shows nothing by itself. */
  get isQuiet(): boolean {
    return this.exchange.previous < 0 && isQuiet(this.exchange);
  }

  /** Of the last request or response not all fields are in the capture. */
  get headCut(): boolean {
    return ((this.requestFlags | this.responseFlags) & MessageFlag.headCut) !== 0;
  }

  get clientSaidClose(): boolean {
    return (this.requestFlags & MessageFlag.closeOption) !== 0;
  }

  get serverSaidClose(): boolean {
    return (this.responseFlags & MessageFlag.closeOption) !== 0;
  }

  /** HTTP/1.0 without keep-alive on either message (RFC 9112 section 9.3). */
  get http10Closes(): boolean {
    return (this.hasRequest && isHttp10Close(this.requestFlags)) || (this.hasResponse && isHttp10Close(this.responseFlags));
  }

  /** When the response before the last exchange's was complete; NaN where there is none. */
  get previousEnded(): number {
    const { exchanges } = this.store;
    const { previous } = this.exchange;
    if (previous < 0 || (exchanges.state.get(previous) & ExchangeBits.RESPONSE_ENDED) === 0) return Number.NaN;
    return exchanges.time.get(previous) + exchanges.responseEndAfter.get(previous);
  }

  /** Which side said close in the exchange before the last; null where neither did. */
  get previousSaidClose(): 'client-close-option' | 'server-close-option' | null {
    const { previous } = this.exchange;
    if (previous < 0) return null;
    const state = this.store.exchanges.state.get(previous);
    if (((state >>> ExchangeBits.REQUEST_FLAGS_SHIFT) & MessageFlag.closeOption) !== 0) return 'client-close-option';
    return ((state >>> ExchangeBits.RESPONSE_FLAGS_SHIFT) & MessageFlag.closeOption) !== 0 ? 'server-close-option' : null;
  }

  /** Of a connection that cannot be read: what looks like its last request had begun before the response to the one before did. Nobody asks so; an upload goes on so. */
  get sentOnThroughAnswer(): boolean {
    const { exchanges } = this.store;
    if (!this.estimated || this.hasResponse || !this.hasRequest) return false;
    const { previous } = this.exchange;
    if (previous < 0 || (exchanges.state.get(previous) & ExchangeBits.HAS_RESPONSE) === 0) return false;
    return this.requestBegan < exchanges.time.get(previous) + exchanges.responseAfter.get(previous);
  }
}
