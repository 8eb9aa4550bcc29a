import { Framing, MessageFlag, Protocol } from '../http/exchange-sink.ts';
import { ConnectionBits, RolesFrom } from '../store/connection-columns.ts';
import { ExchangeBits } from '../store/exchange-columns.ts';
import type { ResultStore } from '../store/result-store.ts';
import { EventKind, ResetFlag } from '../tcp/connection-sink.ts';

/** Allowance for "at once": scheduling, and how much later a capture far from the client sees it react (RULES: SLACK). */
const SLACK_NANOSECONDS = 25e6;
const SLACK_ROUND_TRIPS = 1.3;

/**
 * The facts of one connection that the rules ask for, read from the columns. One object is loaded again and again, so
 * that judging a million connections makes no garbage. Times are nanoseconds since the origin; NaN is not known.
 */
export class ConnectionCase {
  row = -1;
  endpoint = -1;
  protocol: Protocol = Protocol.none;
  startedAt = 0;
  endedAt = 0;
  handshakeSeen = false;
  /** The server answered the SYN (or was heard at all). */
  established = false;
  /** From the vantage point to the client and back; 0 where not known. */
  clientRoundTrip = 0;
  roundTrip = 0;
  slack = SLACK_NANOSECONDS;
  closed = false;
  byClient = false;
  byReset = false;
  replaced = false;
  closedAt = Number.NaN;
  closeFrame = 0;
  idle = Number.NaN;
  secondFinFrame = 0;
  payloadClient = 0;
  payloadServer = 0;
  windowDropClient = 0;
  windowDropServer = 0;
  synRetransmissions = 0;
  closeUnacknowledged = 0;
  bytesAfterClose = 0;
  unansweredClient = 0;
  unansweredServer = 0;

  exchanges = 0;
  /** Row of the last exchange, -1 without one; the following fields are of it. */
  last = -1;
  hasRequest = false;
  hasResponse = false;
  requestComplete = false;
  /** The response's end was seen, and seen before the first closing packet. */
  responseComplete = false;
  responseCompleteAtClose = false;
  requestBegan = Number.NaN;
  requestEnded = Number.NaN;
  responseBegan = Number.NaN;
  responseEnded = Number.NaN;
  status = 0;
  requestFlags = 0;
  responseFlags = 0;
  requestFraming: Framing = Framing.none;
  responseFraming: Framing = Framing.none;
  responseBody = 0;
  requestBody = 0;

  /** Unanswered keep-alive probes in a row of the side that closed, up to the close. */
  unansweredProbes = 0;
  /** RSTs by side: with ACK, and bare; whether one came from elsewhere than its sender's other packets. */
  resetsClient = 0;
  resetsServer = 0;
  bareResetsClient = 0;
  bareResetsServer = 0;
  resetOtherTtl = false;
  gaps = false;
  /** Frame of bytes nobody asked for, 0 without. */
  unsolicitedFrame = 0;
  /** Nanoseconds the client's, the server's window stood at zero. */
  zeroWindowClient = 0;
  zeroWindowServer = 0;
  zeroWindowOpenClient = false;
  zeroWindowOpenServer = false;

  private readonly store: ResultStore;

  constructor(store: ResultStore) {
    this.store = store;
  }

  load(row: number): void {
    const { connections } = this.store;
    const state = connections.state.get(row);
    this.row = row;
    this.endpoint = connections.endpoint.get(row);
    this.protocol = ((state >>> ConnectionBits.PROTOCOL_SHIFT) & 7) as Protocol;
    this.startedAt = connections.startedAt.get(row);
    this.endedAt = connections.endedAt.get(row);
    this.handshakeSeen = ((state >>> ConnectionBits.ROLES_SHIFT) & 3) === RolesFrom.handshake && connections.synFrameOther.get(row) !== -1;
    const toAck = connections.synAckToAck.get(row);
    const toSynAck = connections.synToSynAck.get(row);
    this.clientRoundTrip = toAck > 0 ? toAck : 0;
    this.roundTrip = (toAck > 0 ? toAck : 0) + (toSynAck > 0 ? toSynAck : 0);
    this.slack = SLACK_NANOSECONDS + SLACK_ROUND_TRIPS * this.clientRoundTrip;
    this.closed = (state & ConnectionBits.CLOSED) !== 0;
    this.byClient = (state & ConnectionBits.CLOSED_BY_CLIENT) !== 0;
    this.byReset = (state & ConnectionBits.CLOSED_BY_RESET) !== 0;
    this.replaced = (state & ConnectionBits.REPLACED) !== 0;
    this.closedAt = this.closed ? connections.closedAt.get(row) : Number.NaN;
    this.closeFrame = connections.closeFrame.get(row);
    this.idle = this.closed ? connections.closeIdle.get(row) : Number.NaN;
    this.secondFinFrame = connections.secondFinFrame.get(row);
    this.payloadClient = connections.payloadClient.get(row);
    this.payloadServer = connections.payloadServer.get(row);
    this.established = connections.synAckFrame.get(row) !== 0 || !this.handshakeSeen || this.payloadServer > 0;
    this.synRetransmissions = connections.synRetransmissions.get(row);
    this.windowDropClient = connections.windowDropClient.get(row);
    this.windowDropServer = connections.windowDropServer.get(row);
    this.closeUnacknowledged = connections.closeUnacknowledged.get(row);
    this.bytesAfterClose = connections.bytesAfterClose.get(row);
    this.unansweredClient = connections.unansweredClient.get(row);
    this.unansweredServer = connections.unansweredServer.get(row);
    this.exchanges = connections.exchanges.get(row);
    this.loadExchange(connections.lastExchange.get(row) - 1);
    this.loadEvents(connections.lastEvent.get(row) - 1, (state & ConnectionBits.CLIENT_SIDE1) !== 0 ? 1 : 0);
  }

  /** The first byte of the response was there at the close. */
  get hasResponseAtClose(): boolean {
    return this.hasResponse && this.responseBegan <= this.closedAt;
  }

  get clientSaidClose(): boolean {
    return (this.requestFlags & MessageFlag.closeOption) !== 0;
  }

  get serverSaidClose(): boolean {
    return (this.responseFlags & MessageFlag.closeOption) !== 0;
  }

  /** HTTP/1.0 without keep-alive on either message (RFC 9112 section 9.3). */
  get http10Closes(): boolean {
    const request = this.hasRequest && (this.requestFlags & (MessageFlag.http10 | MessageFlag.keepAliveOption)) === MessageFlag.http10;
    const response = this.hasResponse && (this.responseFlags & (MessageFlag.http10 | MessageFlag.keepAliveOption)) === MessageFlag.http10;
    return request || response;
  }

  /** Neither side has something under way at the close: everything asked was answered. */
  get idleAtClose(): boolean {
    return this.last < 0 ? this.payloadClient === 0 && this.payloadServer === 0 : this.responseCompleteAtClose && this.requestComplete;
  }

  /** When the response before the last exchange's was complete; NaN where there is none. */
  get previousEnded(): number {
    const { exchanges } = this.store;
    const previous = this.last < 0 ? -1 : exchanges.previous.get(this.last) - 1;
    if (previous < 0 || (exchanges.state.get(previous) & ExchangeBits.RESPONSE_ENDED) === 0) return Number.NaN;
    return exchanges.time.get(previous) + exchanges.responseEndAfter.get(previous);
  }

  private loadExchange(last: number): void {
    const { exchanges } = this.store;
    this.last = last;
    const state = last < 0 ? 0 : exchanges.state.get(last);
    this.hasRequest = (state & ExchangeBits.HAS_REQUEST) !== 0;
    this.hasResponse = (state & ExchangeBits.HAS_RESPONSE) !== 0;
    this.requestComplete = (state & ExchangeBits.REQUEST_COMPLETE) !== 0;
    this.responseComplete = (state & ExchangeBits.RESPONSE_COMPLETE) !== 0;
    this.requestFlags = (state >>> ExchangeBits.REQUEST_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
    this.responseFlags = (state >>> ExchangeBits.RESPONSE_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
    this.requestFraming = ((state >>> ExchangeBits.REQUEST_FRAMING_SHIFT) & 7) as Framing;
    this.responseFraming = ((state >>> ExchangeBits.RESPONSE_FRAMING_SHIFT) & 7) as Framing;
    const began = last < 0 ? Number.NaN : exchanges.time.get(last);
    this.requestBegan = this.hasRequest ? began : Number.NaN;
    this.requestEnded = this.hasRequest && (state & ExchangeBits.REQUEST_ENDED) !== 0 ? began + exchanges.requestEndAfter.get(last) : Number.NaN;
    this.responseBegan = this.hasResponse ? began + exchanges.responseAfter.get(last) : Number.NaN;
    this.responseEnded = this.hasResponse && (state & ExchangeBits.RESPONSE_ENDED) !== 0 ? began + exchanges.responseEndAfter.get(last) : Number.NaN;
    // What the server sent before its own FIN counts, even where the capture has it later.
    const beforeOwnFin = this.closed && !this.byClient && !this.byReset;
    this.responseCompleteAtClose = this.responseComplete && (!this.closed || beforeOwnFin || this.responseEnded <= this.closedAt);
    this.status = last < 0 ? 0 : exchanges.status.get(last);
    this.responseBody = last < 0 ? 0 : exchanges.responseBody.get(last);
    this.requestBody = last < 0 ? 0 : exchanges.requestBody.get(last);
  }

  private loadEvents(last: number, clientSide: number): void {
    this.unansweredProbes = 0;
    this.resetsClient = this.resetsServer = this.bareResetsClient = this.bareResetsServer = 0;
    this.resetOtherTtl = this.gaps = false;
    this.unsolicitedFrame = 0;
    this.zeroWindowClient = this.zeroWindowServer = 0;
    this.zeroWindowOpenClient = this.zeroWindowOpenServer = false;
    const { events } = this.store;
    let probesCount = true;
    for (let event = last; event >= 0; event = events.previous.get(event) - 1) {
      const kind = events.kind.get(event) >>> 1;
      const isClient = (events.kind.get(event) & 1) === clientSide;
      if (kind === EventKind.keepAliveProbe) {
        if (isClient !== this.byClient) continue;
        if (probesCount && events.endFrame.get(event) === 0) this.unansweredProbes++;
        else probesCount = false;
      } else if (kind === EventKind.reset) {
        const flags = events.value.get(event);
        const bare = (flags & ResetFlag.ACK) === 0;
        if (isClient && bare) this.bareResetsClient++;
        else if (isClient) this.resetsClient++;
        else if (bare) this.bareResetsServer++;
        else this.resetsServer++;
        if ((flags & ResetFlag.OTHER_TTL) !== 0) this.resetOtherTtl = true;
      } else if (kind === EventKind.gap) {
        this.gaps = true;
      } else if (kind === EventKind.unsolicited) {
        this.unsolicitedFrame = events.frame.get(event);
      } else if (kind === EventKind.zeroWindow) {
        const open = events.endFrame.get(event) === 0;
        const length = open ? this.endedAt - events.time.get(event) : events.endAfter.get(event);
        if (isClient) {
          this.zeroWindowClient += length;
          this.zeroWindowOpenClient ||= open;
        } else {
          this.zeroWindowServer += length;
          this.zeroWindowOpenServer ||= open;
        }
      }
    }
  }
}
