import { Framing, Protocol } from '../http/exchange-sink.ts';
import { ConnectionBits, ConnectionInts, RolesFrom, TlsBits } from '../store/connection-columns.ts';
import { ExchangeInts } from '../store/exchange-columns.ts';
import type { NearRows } from '../store/near-rows.ts';
import { FIN_UNSEEN } from '../tcp/unseen-fin.ts';
import { LastExchange } from './last-exchange.ts';

/** Allowance for "at once": scheduling, and how much later a capture far from the client sees it react (RULES: SLACK). */
const SLACK_NANOSECONDS = 25e6;
const SLACK_ROUND_TRIPS = 1.3;

/**
 * The facts of one connection that the rules ask for. One object is set upon one row after the other, so that judging a
 * million connections makes no garbage, and reads from the row what it is asked; only what all ask, and
 * events, which few connections have, are read at once.
 * Times are nanoseconds since the origin; NaN is not known. "The last" is the connection's last exchange, or of
 * several that were under way at the end the first.
 */
export class ConnectionCase extends LastExchange {
  /** Its place among its endpoint's rows, while these are judged. */
  place = -1;
  /** Of the last exchange. */
  responseEnded = Number.NaN;

  override load(row: number): void {
    super.load(row);
    this.exchange.load(this.last);
    this.complete();
  }

  /** The same by its place among the rows of `near`, and from their copy. */
  loadNear(near: NearRows, place: number, row: number): void {
    const copy = near.copyOf(place);
    this.set(row, near.connections, copy * ConnectionInts.STRIDE);
    if (this.last < 0) this.exchange.load(-1);
    else this.exchange.set(this.last, near.exchanges, copy * ExchangeInts.STRIDE);
    this.place = place;
    this.complete();
  }

  private complete(): void {
    // Not by a condition in one expression: V8 would make an object of each number (measured: 62 bytes a connection).
    if (this.closed) this.closedAt = this.startedAt + this.closedAfter;
    else this.closedAt = Number.NaN;
    this.goToUnderWay();
    if (this.exchange.isResponseEndSeen) this.responseEnded = this.exchange.began + this.exchange.responseEndAfter;
    else this.responseEnded = Number.NaN;
    this.loadEvents();
  }

  get handshakeSeen(): boolean {
    return ((this.state >>> ConnectionBits.ROLES_SHIFT) & 3) === RolesFrom.handshake && !(this.isRare && this.columns.synFrameOther.get(this.row) === -1);
  }

  /** All three packets of it were seen. */
  get handshakeWhole(): boolean {
    return this.synToSynAck >= 0 && this.synAckToAck >= 0;
  }

  /** The server answered the SYN (or was heard at all). */
  get established(): boolean {
    return this.synAckSeen || !this.handshakeSeen || this.payloadServer > 0;
  }

  /** From the vantage point to the client and back; 0 where not known. */
  get clientRoundTrip(): number {
    return Math.max(0, this.synAckToAck);
  }

  get roundTrip(): number {
    return this.clientRoundTrip + Math.max(0, this.synToSynAck);
  }

  get slack(): number {
    return SLACK_NANOSECONDS + SLACK_ROUND_TRIPS * this.clientRoundTrip;
  }

  get synRetransmissions(): number {
    return this.isRare ? this.columns.synRetransmissions.get(this.row) : 0;
  }

  get windowDropClient(): number {
    return this.isRare ? this.columns.windowDropClient.get(this.row) : 0;
  }

  get windowDropServer(): number {
    return this.isRare ? this.columns.windowDropServer.get(this.row) : 0;
  }

  get closeUnacknowledged(): number {
    return this.isRare ? this.columns.closeUnacknowledged.get(this.row) : 0;
  }

  /** Only the acknowledgement of its FIN tells that this side closed first: it did so when `closedAt` came, or before. */
  get finUnseen(): boolean {
    return this.closeUnacknowledged === FIN_UNSEEN;
  }

  /** The server closed by a FIN of which nothing tells that it came to the client, or that what it sent before did. */
  get serverFinLost(): boolean {
    return this.closed && !this.byClient && this.unansweredServer !== 0;
  }

  /** Neither its beginning nor a byte of it is in the capture: how long it was idle is not known, and a FIN that comes first there may answer one that came before. */
  get isOnlyEnd(): boolean {
    return !this.handshakeSeen && this.payloadClient + this.payloadServer === 0;
  }

  /** It was open before the capture began, and the side that ended it by a RST sent nothing else since: nothing shows that the RST was its own. */
  get isOnlyReset(): boolean {
    return this.byReset && !this.handshakeSeen && (this.byClient ? this.columns.packetsClient : this.columns.packetsServer).get(this.row) === 1;
  }

  /** The client no longer wanted the connection when the server's SYN-ACK came: its kernel answers that by a RST without ACK (RFC 9293 section 3.10.7.1). */
  get dialGivenUp(): boolean {
    return this.isBareReset && this.byClient && this.handshakeSeen && this.synAckToAck < 0 && this.payloadClient === 0;
  }

  /** The first closing packet is a RST without ACK: the answer to a segment for a socket that was closed before, unseen. */
  get isBareReset(): boolean {
    return this.byReset && (this.byClient ? this.resetsClient : this.resetsServer) === 0;
  }

  /** The first closing packet of the server acknowledges less than the head of the last request: it was sent before that was there. */
  get headUnacknowledged(): boolean {
    if (this.closeUnacknowledged <= 0) return false;
    // How much of chunks, and of what cannot be read, is not body is not known.
    if (this.requestFraming === Framing.chunked || this.estimated) return this.requestComplete;
    return this.closeUnacknowledged + this.bytesAfterClose > this.requestBody;
  }

  get bytesAfterClose(): number {
    return this.isRare ? this.columns.bytesAfterClose.get(this.row) : 0;
  }

  get unansweredClient(): number {
    return this.isRare ? this.columns.unansweredClient.get(this.row) : 0;
  }

  get unansweredServer(): number {
    return this.isRare ? this.columns.unansweredServer.get(this.row) : 0;
  }

  /** The server sent its response again and again, and nothing of the client came any more. */
  get responseSwallowed(): boolean {
    if (!this.hasResponse || this.unansweredServer < 2 || this.oneSided || this.zeroWindowOpenClient || (this.closed && this.byClient)) return false;
    // Who closes behind the server, too, is there, and only had no use for the response.
    return !this.hasSecondFin && this.resetsClient + this.bareResetsClient === 0;
  }

  /** The response's end was seen, and seen before the first closing packet. */
  get responseCompleteAtClose(): boolean {
    if (!this.responseComplete) return false;
    // What the server sent before its own FIN counts, even where the capture has it later.
    const beforeOwnFin = this.closed && !this.byClient && !this.byReset;
    if (beforeOwnFin || !this.closed) return true;
    if (this.responseEnded !== this.closedAt) return this.responseEnded < this.closedAt;
    // On a clock of milliseconds the order of the packets tells.
    return this.store.exchanges.responseEndFrame.get(this.last) <= this.closeFrame;
  }

  /** The client closed while the response was still on its way to it: its first closing packet leaves bytes unacknowledged, and a RST met them when they came. */
  get closedOnTheWay(): boolean {
    return this.byClient && this.closeUnacknowledged > 0 && (this.byReset || this.bareResetsClient > 0);
  }

  /** The first byte of the response was there at the close: had come to the client, where that can be told. */
  get hasResponseAtClose(): boolean {
    if (!this.hasResponse || this.responseBegan > this.closedAt) return false;
    // On a clock of milliseconds the order of the packets tells.
    if (this.responseBegan === this.closedAt && this.store.exchanges.responseFrame.get(this.last) > this.closeFrame) return false;
    // Of a response that was sent whole, not even the head was acknowledged.
    return !(this.closedOnTheWay && this.responseEnded <= this.closedAt && this.closeUnacknowledged > this.responseBody && this.responseFraming === Framing.contentLength);
  }

  /** The other side had its turn, too: it sent its FIN, or one of them a RST. */
  get isOver(): boolean {
    return this.byReset || this.hasSecondFin || this.resetsClient + this.resetsServer + this.bareResetsClient + this.bareResetsServer > 0;
  }

  /** Who began the close, where it was a FIN or a close_notify that it answers. */
  get begunByClient(): boolean {
    return this.byClient !== (this.notifiedFrame !== 0);
  }

  /** The last request was answered by bytes that are not HTTP, or by chunks that are not framed as such (RFC 9112 section 7.1). */
  get responseMalformed(): boolean {
    if (Number.isNaN(this.malformedTime) || !this.requestComplete || this.responseComplete || this.gaps) return false;
    return this.hasResponse ? this.malformedTime >= this.responseBegan && this.responseFraming === Framing.chunked : this.malformedTime >= this.requestBegan;
  }

  /** The connection ended before its TLS handshake did. */
  get tlsUnfinished(): boolean {
    return this.protocol === Protocol.tls && (this.columns.tlsState.get(this.row) & TlsBits.UNFINISHED) !== 0;
  }

  /** Nothing was sent but what makes the connection. */
  get saidNothing(): boolean {
    if (this.payloadClient + this.payloadServer === 0) return true;
    return this.protocol === Protocol.tls && this.last < 0 && (this.columns.tlsState.get(this.row) & TlsBits.SILENT) !== 0;
  }

  /** The client said a ClientHello, and the server answered in plain HTTP. */
  get beganTlsInVain(): boolean {
    if (this.protocol !== Protocol.http1 || !this.hasResponse || this.hasRequest || this.gaps) return false;
    return this.columns.tlsSni.get(this.row) !== 0 || this.columns.tlsAlpn.get(this.row) !== 0;
  }
}
