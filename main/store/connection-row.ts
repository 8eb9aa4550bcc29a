import { ConnectionBits, type ConnectionColumns, ConnectionInts as I, ConnectionPacked as P, MAX_EXCHANGES } from './connection-columns.ts';
import { PAGE_BITS, PAGE_MASK } from './records.ts';


/**
 * One connection's row, for who asks much of it: set upon one row after the other, and read where it is or from a copy.
 * Times in nanoseconds since the origin.
 */
export class ConnectionRow {
  row = -1;
  /** Row of the last exchange, -1 without one. */
  last = -1;
  startedAt = 0;
  /** ConnectionBits, and the client's port above them. */
  protected state = 0;
  /** Below 0 where the connection has an extra row. */
  private counts = 0;
  private ints: Int32Array;
  private at = 0;
  protected readonly columns: ConnectionColumns;

  constructor(columns: ConnectionColumns) {
    this.columns = columns;
    this.ints = columns.records.ints[0]!;
  }

  load(row: number): void {
    this.set(row, this.columns.records.ints[row >>> PAGE_BITS]!, (row & PAGE_MASK) * I.STRIDE);
  }

  /** Sets it upon a row that stands at a place of `ints`. */
  protected set(row: number, ints: Int32Array, at: number): void {
    this.row = row;
    this.ints = ints;
    this.at = at;
    this.state = ints[at + I.STATE]!;
    this.counts = ints[at + I.COUNTS]!;
    this.last = ints[at + I.LAST_EXCHANGE]! - 1;
    this.startedAt = this.columns.records.base(row >>> PAGE_BITS) + this.wide(I.STARTED_AT);
  }

  get clientPort(): number {
    return this.state >>> 16;
  }

  get endedAt(): number {
    return this.startedAt + this.wide(I.ENDED_AFTER);
  }

  /** From the SYN to the SYN-ACK, and from there to the ACK; -1 where not seen. */
  get synToSynAck(): number {
    return this.wide(I.SYN_TO_SYN_ACK);
  }

  get synAckToAck(): number {
    return this.wide(I.SYN_ACK_TO_ACK);
  }

  /** Id of its signs. */
  get signsId(): number {
    const held = this.ints[this.at + I.ENDPOINT]! >>> P.SIGNS.shift;
    return held < SIGNS_ELSEWHERE ? held : this.columns.signsId.get(this.row);
  }

  get synAckSeen(): boolean {
    return (this.ints[this.at + I.SYN_ACK]! & SYN_ACK_MASK) !== 0;
  }

  get closeFrame(): number {
    return this.columns.closeFrame.get(this.row);
  }

  /** A FIN of the side that did not close first is in the capture. */
  get hasSecondFin(): boolean {
    return (this.ints[this.at + I.SECOND_FIN]! & SECOND_FIN_MASK) !== 0;
  }

  get secondFinFrame(): number {
    return this.hasSecondFin ? this.columns.secondFinFrame.get(this.row) : 0;
  }

  /** From the first closing packet to the FIN of the other side, where there is one. */
  get secondFinAfter(): number {
    return this.wide(I.SECOND_FIN_AFTER);
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

  /** From the first packet to the first closing one, where there is one. */
  get closedAfter(): number {
    return this.wide(I.CLOSED_AFTER);
  }

  /** How long nothing new had come at the first closing packet; NaN while there is none. */
  get idle(): number {
    return this.closed ? this.wide(I.CLOSE_IDLE) : Number.NaN;
  }

  /** The capture has the packets of one side only: who closed first, and what was answered, cannot be seen. */
  get oneSided(): boolean {
    const { counts } = this;
    if (counts >= 0) return (counts & PACKETS_CLIENT) === 0 || (counts & PACKETS_SERVER) === 0;
    return this.columns.packetsClient.get(this.row) === 0 || this.columns.packetsServer.get(this.row) === 0;
  }

  get payloadClient(): number {
    const held = this.ints[this.at + I.SECOND_FIN]! >>> P.PAYLOAD_CLIENT.shift;
    return held < PAYLOAD_ELSEWHERE ? held : this.columns.payloadClient.get(this.row);
  }

  get payloadServer(): number {
    return this.wide(I.PAYLOAD_SERVER);
  }

  get exchanges(): number {
    return this.counts < 0 ? this.columns.exchanges.get(this.row) : this.counts & MAX_EXCHANGES;
  }

  /** It has an extra row: what few connections have may be more than 0. */
  get isRare(): boolean {
    return this.counts < 0;
  }

  private wide(place: number): number {
    return this.columns.records.getWide(this.ints, this.at + place);
  }
}

/** Not 0 where there are any. */
const PACKETS_CLIENT = ((1 << P.PACKETS_CLIENT.bits) - 1) << P.PACKETS_CLIENT.shift;
const PACKETS_SERVER = ((1 << P.PACKETS_SERVER.bits) - 1) << P.PACKETS_SERVER.shift;
const PAYLOAD_ELSEWHERE = (1 << P.PAYLOAD_CLIENT.bits) - 1;
const SIGNS_ELSEWHERE = (1 << P.SIGNS.bits) - 1;
const SYN_ACK_MASK = (1 << P.SYN_ACK.bits) - 1;
const SECOND_FIN_MASK = (1 << P.SECOND_FIN.bits) - 1;
