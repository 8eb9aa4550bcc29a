import { type Framing, MessageFlag, type Protocol } from '../http/exchange-sink.ts';
import { ConnectionBits, ConnectionInts as I, RolesFrom } from '../store/connection-columns.ts';
import { ExchangeBits, ExchangeInts as X } from '../store/exchange-columns.ts';
import { PAGE_BITS, PAGE_MASK } from '../store/records.ts';
import type { ResultStore } from '../store/result-store.ts';
import { EventKind, ResetFlag } from '../tcp/connection-sink.ts';
import { FIN_UNSEEN } from '../tcp/unseen-fin.ts';

/** Allowance for "at once": scheduling, and how much later a capture far from the client sees it react (RULES: SLACK). */
const SLACK_NANOSECONDS = 25e6;
const SLACK_ROUND_TRIPS = 1.3;

const RESPONSE_END_SEEN = ExchangeBits.HAS_RESPONSE | ExchangeBits.RESPONSE_ENDED;

/** Read in place of an exchange's row where there is none. */
const NO_EXCHANGE = new Int32Array(X.STRIDE);
const NO_TIME = new Float64Array([Number.NaN]);

/**
 * The facts of one connection that the rules ask for. One object is set upon one row after the other, so that judging a
 * million connections makes no garbage, and reads from the row what it is asked; only what all ask, and
 * events, which few connections have, are read at once.
 * Times are nanoseconds since the origin; NaN is not known. "The last" is the connection's last exchange.
 */
export class ConnectionCase {
  row = -1;
  /** Its place among its endpoint's rows, while these are judged. */
  place = -1;
  /** Row of the last exchange, -1 without one. */
  last = -1;
  closedAt = Number.NaN;
  /** Of the last exchange. */
  responseEnded = Number.NaN;
  hasEvents = false;
  /** Of either side. */
  keepAliveProbes = 0;
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
  private ints: Int32Array = NO_EXCHANGE;
  private doubles: Float64Array = NO_TIME;
  private at = 0;
  private state = 0;
  private isRare = false;
  private lastInts: Int32Array = NO_EXCHANGE;
  private lastDoubles: Float64Array = NO_TIME;
  private lastAt = 0;
  private lastState = 0;
  private readonly store: ResultStore;

  constructor(store: ResultStore) {
    this.store = store;
  }

  load(row: number): void {
    const { connections, exchanges } = this.store;
    const page = row >>> PAGE_BITS;
    const ints = connections.records.ints[page]!;
    const at = (row & PAGE_MASK) * I.STRIDE;
    this.row = row;
    this.ints = ints;
    this.doubles = connections.records.doubles[page]!;
    this.at = at;
    this.state = ints[at + I.STATE]!;
    this.isRare = ints[at + I.RARE] !== 0;
    const last = ints[at + I.LAST_EXCHANGE]! - 1;
    this.last = last;
    if (last < 0) {
      this.lastInts = NO_EXCHANGE;
      this.lastDoubles = NO_TIME;
      this.lastAt = 0;
    } else {
      this.lastInts = exchanges.records.ints[last >>> PAGE_BITS]!;
      this.lastDoubles = exchanges.records.doubles[last >>> PAGE_BITS]!;
      this.lastAt = (last & PAGE_MASK) * X.STRIDE;
    }
    this.lastState = this.lastInts[this.lastAt + X.STATE]!;
    this.closedAt = this.closed ? this.startedAt + this.wide(I.CLOSED_AFTER) : Number.NaN;
    this.responseEnded = (this.lastState & RESPONSE_END_SEEN) === RESPONSE_END_SEEN ? this.began + this.lastWide(X.RESPONSE_END_AFTER) : Number.NaN;
    const lastEvent = this.isRare ? connections.lastEvent.get(row) - 1 : -1;
    if (lastEvent >= 0 || this.hasEvents) this.loadEvents(lastEvent, (this.state & ConnectionBits.CLIENT_SIDE1) !== 0 ? 1 : 0);
  }

  get protocol(): Protocol {
    return ((this.state >>> ConnectionBits.PROTOCOL_SHIFT) & 7) as Protocol;
  }

  get startedAt(): number {
    return this.doubles[(this.at + I.STARTED_AT) >> 1]!;
  }

  get endedAt(): number {
    return this.startedAt + this.wide(I.ENDED_AFTER);
  }

  /** The last exchange was not read but estimated from sealed records. */
  get estimated(): boolean {
    return (this.lastState & ExchangeBits.ESTIMATED) !== 0;
  }

  get clientPort(): number {
    return this.state >>> 16;
  }

  get handshakeSeen(): boolean {
    return ((this.state >>> ConnectionBits.ROLES_SHIFT) & 3) === RolesFrom.handshake && !(this.isRare && this.store.connections.synFrameOther.get(this.row) === -1);
  }

  /** All three packets of it were seen. */
  get handshakeWhole(): boolean {
    return this.wide(I.SYN_TO_SYN_ACK) >= 0 && this.wide(I.SYN_ACK_TO_ACK) >= 0;
  }

  /** A SYN,ACK of it is in the capture. */
  get synAckSeen(): boolean {
    return this.ints[this.at + I.SYN_ACK_FRAME] !== 0;
  }

  /** The server answered the SYN (or was heard at all). */
  get established(): boolean {
    return this.synAckSeen || !this.handshakeSeen || this.payloadServer > 0;
  }

  /** From the vantage point to the client and back; 0 where not known. */
  get clientRoundTrip(): number {
    return Math.max(0, this.wide(I.SYN_ACK_TO_ACK));
  }

  get roundTrip(): number {
    return this.clientRoundTrip + Math.max(0, this.wide(I.SYN_TO_SYN_ACK));
  }

  get slack(): number {
    return SLACK_NANOSECONDS + SLACK_ROUND_TRIPS * this.clientRoundTrip;
  }

  get closed(): boolean {
    return (this.state & ConnectionBits.CLOSED) !== 0;
  }

  get byClient(): boolean {
    return (this.state & ConnectionBits.CLOSED_BY_CLIENT) !== 0;
  }

  get byReset(): boolean {
    return (this.state & ConnectionBits.CLOSED_BY_RESET) !== 0;
  }

  get replaced(): boolean {
    return (this.state & ConnectionBits.REPLACED) !== 0;
  }

  get closeFrame(): number {
    return this.ints[this.at + I.CLOSE_FRAME]! >>> 0;
  }

  get idle(): number {
    return this.closed ? this.wide(I.CLOSE_IDLE) : Number.NaN;
  }

  get secondFinFrame(): number {
    return this.ints[this.at + I.SECOND_FIN_FRAME]! >>> 0;
  }

  /** From the first closing packet to the FIN of the other side, where there is one. */
  get secondFinAfter(): number {
    return this.wide(I.SECOND_FIN_AFTER);
  }

  /** The capture has the packets of one side only: who closed first, and what was answered, cannot be seen. */
  get oneSided(): boolean {
    return this.ints[this.at + I.PACKETS_CLIENT] === 0 || this.ints[this.at + I.PACKETS_SERVER] === 0;
  }

  get payloadClient(): number {
    return this.wide(I.PAYLOAD_CLIENT);
  }

  get payloadServer(): number {
    return this.wide(I.PAYLOAD_SERVER);
  }

  get synRetransmissions(): number {
    return this.isRare ? this.store.connections.synRetransmissions.get(this.row) : 0;
  }

  get windowDropClient(): number {
    return this.isRare ? this.store.connections.windowDropClient.get(this.row) : 0;
  }

  get windowDropServer(): number {
    return this.isRare ? this.store.connections.windowDropServer.get(this.row) : 0;
  }

  get closeUnacknowledged(): number {
    return this.isRare ? this.store.connections.closeUnacknowledged.get(this.row) : 0;
  }

  /** Only the acknowledgement of its FIN tells that this side closed first: it did so when `closedAt` came, or before. */
  get finUnseen(): boolean {
    return this.closeUnacknowledged === FIN_UNSEEN;
  }

  get bytesAfterClose(): number {
    return this.isRare ? this.store.connections.bytesAfterClose.get(this.row) : 0;
  }

  get unansweredClient(): number {
    return this.isRare ? this.store.connections.unansweredClient.get(this.row) : 0;
  }

  get exchanges(): number {
    return this.ints[this.at + I.EXCHANGES]!;
  }

  get hasRequest(): boolean {
    return (this.lastState & ExchangeBits.HAS_REQUEST) !== 0;
  }

  get hasResponse(): boolean {
    return (this.lastState & ExchangeBits.HAS_RESPONSE) !== 0;
  }

  get requestComplete(): boolean {
    return (this.lastState & ExchangeBits.REQUEST_COMPLETE) !== 0;
  }

  get responseComplete(): boolean {
    return (this.lastState & ExchangeBits.RESPONSE_COMPLETE) !== 0;
  }

  get requestFlags(): number {
    return (this.lastState >>> ExchangeBits.REQUEST_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
  }

  get responseFlags(): number {
    return (this.lastState >>> ExchangeBits.RESPONSE_FLAGS_SHIFT) & ExchangeBits.FLAGS_MASK;
  }

  get requestFraming(): Framing {
    return ((this.lastState >>> ExchangeBits.REQUEST_FRAMING_SHIFT) & 7) as Framing;
  }

  get responseFraming(): Framing {
    return ((this.lastState >>> ExchangeBits.RESPONSE_FRAMING_SHIFT) & 7) as Framing;
  }

  get requestBegan(): number {
    return this.hasRequest ? this.began : Number.NaN;
  }

  get requestEnded(): number {
    const both = ExchangeBits.HAS_REQUEST | ExchangeBits.REQUEST_ENDED;
    return (this.lastState & both) === both ? this.began + this.lastWide(X.REQUEST_END_AFTER) : Number.NaN;
  }

  get responseBegan(): number {
    return this.hasResponse ? this.began + this.lastWide(X.RESPONSE_AFTER) : Number.NaN;
  }

  /** The response's end was seen, and seen before the first closing packet. */
  get responseCompleteAtClose(): boolean {
    if (!this.responseComplete) return false;
    // What the server sent before its own FIN counts, even where the capture has it later.
    const beforeOwnFin = this.closed && !this.byClient && !this.byReset;
    return !this.closed || beforeOwnFin || this.responseEnded <= this.closedAt;
  }

  get status(): number {
    return this.lastInts[this.lastAt + X.STATUS]!;
  }

  get responseBody(): number {
    return this.lastWide(X.RESPONSE_BODY);
  }

  get requestBody(): number {
    return this.lastWide(X.REQUEST_BODY);
  }

  /** The first byte of the response was there at the close. */
  get hasResponseAtClose(): boolean {
    return this.hasResponse && this.responseBegan <= this.closedAt;
  }

  /** Of the last request or response not all fields are in the capture. */
  get headCut(): boolean {
    return ((this.requestFlags | this.responseFlags) & MessageFlag.headCut) !== 0;
  }

  /** The other side had its turn, too: it sent its FIN, or one of them a RST. */
  get isOver(): boolean {
    return this.byReset || this.secondFinFrame !== 0 || this.resetsClient + this.resetsServer + this.bareResetsClient + this.bareResetsServer > 0;
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

  private get began(): number {
    return this.lastDoubles[(this.lastAt + X.TIME) >> 1]!;
  }

  private wide(place: number): number {
    return this.store.connections.records.getWide(this.ints, this.at + place);
  }

  private lastWide(place: number): number {
    return this.store.exchanges.records.getWide(this.lastInts, this.lastAt + place);
  }

  private loadEvents(last: number, clientSide: number): void {
    this.unansweredProbes = this.keepAliveProbes = 0;
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
        this.keepAliveProbes++;
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
