import { ConnectionBits, type ConnectionColumns, ConnectionInts as I, ConnectionPacked as P } from './connection-columns.ts';
import { PAGE_BITS, PAGE_MASK } from './records.ts';

const MAX_EXCHANGES = (1 << P.EXCHANGES.bits) - 1;

/** One connection's row, for who asks much of it: set upon one row after the other, and read where it is. Times in nanoseconds since the origin. */
export class ConnectionRow {
  row = -1;
  /** Row of the last exchange, -1 without one. */
  last = -1;
  /** ConnectionBits, and the client's port above them. */
  protected state = 0;
  /** Below 0 where the connection has an extra row. */
  private counts = 0;
  private ints: Int32Array;
  private page = 0;
  private at = 0;
  protected readonly columns: ConnectionColumns;

  constructor(columns: ConnectionColumns) {
    this.columns = columns;
    this.ints = columns.records.ints[0]!;
  }

  load(row: number): void {
    const page = row >>> PAGE_BITS;
    const ints = this.columns.records.ints[page]!;
    const at = (row & PAGE_MASK) * I.STRIDE;
    this.row = row;
    this.ints = ints;
    this.page = page;
    this.at = at;
    this.state = ints[at + I.STATE]!;
    this.counts = ints[at + I.COUNTS]!;
    this.last = ints[at + I.LAST_EXCHANGE]! - 1;
  }

  get clientPort(): number {
    return this.state >>> 16;
  }

  get startedAt(): number {
    return this.columns.records.getTime(this.page, this.at + I.STARTED_AT);
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

  /** A SYN,ACK of it is in the capture. */
  get synAckSeen(): boolean {
    return (this.ints[this.at + I.SYN_ACK]! & SYN_ACK_MASK) !== 0;
  }

  get closeFrame(): number {
    return this.columns.closeFrame.get(this.row);
  }

  get secondFinFrame(): number {
    return (this.ints[this.at + I.SECOND_FIN]! & SECOND_FIN_MASK) === 0 ? 0 : this.columns.secondFinFrame.get(this.row);
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

  /** The first closing packet, NaN while there is none; and how long nothing new had come then. */
  get closeTime(): number {
    return this.closed ? this.startedAt + this.wide(I.CLOSED_AFTER) : Number.NaN;
  }

  get idle(): number {
    return this.closed ? this.wide(I.CLOSE_IDLE) : Number.NaN;
  }

  /** The capture has the packets of one side only: who closed first, and what was answered, cannot be seen. */
  get oneSided(): boolean {
    return this.columns.packetsClient.get(this.row) === 0 || this.columns.packetsServer.get(this.row) === 0;
  }

  get payloadClient(): number {
    return this.columns.payloadClient.get(this.row);
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

const SYN_ACK_MASK = (1 << P.SYN_ACK.bits) - 1;
const SECOND_FIN_MASK = (1 << P.SECOND_FIN.bits) - 1;
