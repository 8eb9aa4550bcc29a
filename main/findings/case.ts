import { Framing, MessageFlag, Protocol } from '../http/exchange-sink.ts';
import { ConnectionBits, ConnectionInts as I, RolesFrom } from '../store/connection-columns.ts';
import { ExchangeBits, ExchangeInts as X } from '../store/exchange-columns.ts';
import { PAGE_BITS, PAGE_MASK } from '../store/records.ts';
import type { ResultStore } from '../store/result-store.ts';
import { EventKind, ResetFlag } from '../tcp/connection-sink.ts';

/** Allowance for "at once": scheduling, and how much later a capture far from the client sees it react (RULES: SLACK). */
const SLACK_NANOSECONDS = 25e6;
const SLACK_ROUND_TRIPS = 1.3;

/** Read in place of an exchange's row where there is none. */
const NO_EXCHANGE = new Int32Array(X.STRIDE);

/**
 * The facts of one connection that the rules ask for, read from the columns. One object is loaded again and again, so
 * that judging a million connections makes no garbage. Times are nanoseconds since the origin; NaN is not known.
 */
export class ConnectionCase {
  row = -1;
  /** Its place among its endpoint's rows, while these are judged. */
  place = -1;
  endpoint = -1;
  protocol: Protocol = Protocol.none;
  startedAt = 0;
  clientPort = 0;
  endedAt = 0;
  handshakeSeen = false;
  /** The server answered the SYN (or was heard at all). */
  established = false;
  /** A SYN,ACK of it is in the capture. */
  synAckSeen = false;
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
  /** From the first closing packet to the FIN of the other side, where there is one. */
  secondFinAfter = 0;
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

  hasEvents = false;
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

  private readonly store: ResultStore;

  constructor(store: ResultStore) {
    this.store = store;
  }

  load(row: number): void {
    // Straight from the page: this runs for every connection, and a field object looks the page up each time.
    const { connections } = this.store;
    const { records } = connections;
    const page = row >>> PAGE_BITS;
    const ints = records.ints[page]!;
    const at = (row & PAGE_MASK) * I.STRIDE;
    const state = ints[at + I.STATE]!;
    const isRare = ints[at + I.RARE] !== 0;
    const startedAt = records.doubles[page]![(at + I.STARTED_AT) >> 1]!;
    this.row = row;
    this.endpoint = ints[at + I.ENDPOINT]!;
    this.protocol = ((state >>> ConnectionBits.PROTOCOL_SHIFT) & 7) as Protocol;
    this.startedAt = startedAt;
    this.clientPort = state >>> 16;
    this.endedAt = startedAt + records.getWide(ints, at + I.ENDED_AFTER);
    this.handshakeSeen = ((state >>> ConnectionBits.ROLES_SHIFT) & 3) === RolesFrom.handshake && !(isRare && connections.synFrameOther.get(row) === -1);
    const toAck = Math.max(0, records.getWide(ints, at + I.SYN_ACK_TO_ACK));
    this.clientRoundTrip = toAck;
    this.roundTrip = toAck + Math.max(0, records.getWide(ints, at + I.SYN_TO_SYN_ACK));
    this.slack = SLACK_NANOSECONDS + SLACK_ROUND_TRIPS * toAck;
    this.closed = (state & ConnectionBits.CLOSED) !== 0;
    this.byClient = (state & ConnectionBits.CLOSED_BY_CLIENT) !== 0;
    this.byReset = (state & ConnectionBits.CLOSED_BY_RESET) !== 0;
    this.replaced = (state & ConnectionBits.REPLACED) !== 0;
    this.closedAt = this.closed ? startedAt + records.getWide(ints, at + I.CLOSED_AFTER) : Number.NaN;
    this.closeFrame = ints[at + I.CLOSE_FRAME]! >>> 0;
    this.idle = this.closed ? records.getWide(ints, at + I.CLOSE_IDLE) : Number.NaN;
    this.secondFinFrame = ints[at + I.SECOND_FIN_FRAME]! >>> 0;
    this.payloadClient = records.getWide(ints, at + I.PAYLOAD_CLIENT);
    this.payloadServer = records.getWide(ints, at + I.PAYLOAD_SERVER);
    this.secondFinAfter = records.getWide(ints, at + I.SECOND_FIN_AFTER);
    this.synAckSeen = ints[at + I.SYN_ACK_FRAME] !== 0;
    this.established = this.synAckSeen || !this.handshakeSeen || this.payloadServer > 0;
    this.synRetransmissions = isRare ? connections.synRetransmissions.get(row) : 0;
    this.windowDropClient = isRare ? connections.windowDropClient.get(row) : 0;
    this.windowDropServer = isRare ? connections.windowDropServer.get(row) : 0;
    this.closeUnacknowledged = isRare ? connections.closeUnacknowledged.get(row) : 0;
    this.bytesAfterClose = isRare ? connections.bytesAfterClose.get(row) : 0;
    this.unansweredClient = isRare ? connections.unansweredClient.get(row) : 0;
    this.unansweredServer = isRare ? connections.unansweredServer.get(row) : 0;
    this.exchanges = ints[at + I.EXCHANGES]!;
    this.loadExchange(ints[at + I.LAST_EXCHANGE]! - 1);
    this.loadEvents(isRare ? connections.lastEvent.get(row) - 1 : -1, (state & ConnectionBits.CLIENT_SIDE1) !== 0 ? 1 : 0);
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

  /** When the response before the last exchange's was complete; NaN where there is none. */
  get previousEnded(): number {
    const { exchanges } = this.store;
    const previous = this.last < 0 ? -1 : exchanges.previous.get(this.last) - 1;
    if (previous < 0 || (exchanges.state.get(previous) & ExchangeBits.RESPONSE_ENDED) === 0) return Number.NaN;
    return exchanges.time.get(previous) + exchanges.responseEndAfter.get(previous);
  }

  private loadExchange(last: number): void {
    const { records } = this.store.exchanges;
    const ints = last < 0 ? NO_EXCHANGE : records.ints[last >>> PAGE_BITS]!;
    const at = last < 0 ? 0 : (last & PAGE_MASK) * X.STRIDE;
    const began = last < 0 ? Number.NaN : records.doubles[last >>> PAGE_BITS]![(at + X.TIME) >> 1]!;
    const state = ints[at + X.STATE]!;
    this.last = last;
    this.hasRequest = (state & ExchangeBits.HAS_REQUEST) !== 0;
    this.hasResponse = (state & ExchangeBits.HAS_RESPONSE) !== 0;
    this.requestComplete = (state & ExchangeBits.REQUEST_COMPLETE) !== 0;
    this.responseComplete = (state & ExchangeBits.RESPONSE_COMPLETE) !== 0;
    this.requestFlags = (state >>> ExchangeBits.REQUEST_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
    this.responseFlags = (state >>> ExchangeBits.RESPONSE_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
    this.requestFraming = ((state >>> ExchangeBits.REQUEST_FRAMING_SHIFT) & 7) as Framing;
    this.responseFraming = ((state >>> ExchangeBits.RESPONSE_FRAMING_SHIFT) & 7) as Framing;
    this.requestBegan = this.hasRequest ? began : Number.NaN;
    this.requestEnded = this.hasRequest && (state & ExchangeBits.REQUEST_ENDED) !== 0 ? began + records.getWide(ints, at + X.REQUEST_END_AFTER) : Number.NaN;
    this.responseBegan = this.hasResponse ? began + records.getWide(ints, at + X.RESPONSE_AFTER) : Number.NaN;
    this.responseEnded = this.hasResponse && (state & ExchangeBits.RESPONSE_ENDED) !== 0 ? began + records.getWide(ints, at + X.RESPONSE_END_AFTER) : Number.NaN;
    // What the server sent before its own FIN counts, even where the capture has it later.
    const beforeOwnFin = this.closed && !this.byClient && !this.byReset;
    this.responseCompleteAtClose = this.responseComplete && (!this.closed || beforeOwnFin || this.responseEnded <= this.closedAt);
    this.status = ints[at + X.STATUS]!;
    this.responseBody = records.getWide(ints, at + X.RESPONSE_BODY);
    this.requestBody = records.getWide(ints, at + X.REQUEST_BODY);
  }

  private loadEvents(last: number, clientSide: number): void {
    this.unansweredProbes = 0;
    this.resetsClient = this.resetsServer = this.bareResetsClient = this.bareResetsServer = 0;
    this.resetOtherTtl = this.gaps = false;
    this.unsolicitedFrame = 0;
    this.zeroWindowClient = this.zeroWindowServer = 0;
    this.zeroWindowOpenClient = false;
    this.hasEvents = last >= 0;
    if (!this.hasEvents) return;
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
        }
      }
    }
  }
}
