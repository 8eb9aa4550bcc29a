import type { HttpAnomalyCode } from './anomalies.ts';
import { isReady } from './carried-start.ts';
import type { Carries, Carry } from './carry.ts';
import type { Exchanges } from './exchanges.ts';
import { HalfBit, type HalfTable, Kind, Mode } from './half-table.ts';
import type { HttpConnections } from './http-connections.ts';
import type { HttpLimits } from './limits.ts';
import type { MessageBodies } from './message-bodies.ts';
import { Match, matchMethod } from './start-line.ts';

/** Where the bytes at hand come from, and what is kept of them where a head or another beginning straddles segments. */
export abstract class SegmentReader {
  protected readonly limits: HttpLimits;
  protected readonly halves: HalfTable;
  protected readonly connections: HttpConnections;
  protected readonly bodies: MessageBodies;
  protected readonly exchanges: Exchanges;
  /** Of the segment in progress; `callStart` is the offset of the byte at `position`. */
  protected acked = 0;
  protected callStart = 0;
  /** While carried bytes are read: where they come from. */
  private carried: Carry | null = null;
  private readonly carries: Carries;
  private readonly clock: Float64Array;

  constructor(clock: Float64Array, limits: HttpLimits, halves: HalfTable, carries: Carries, connections: HttpConnections, bodies: MessageBodies, exchanges: Exchanges) {
    this.clock = clock;
    this.limits = limits;
    this.halves = halves;
    this.carries = carries;
    this.connections = connections;
    this.bodies = bodies;
    this.exchanges = exchanges;
  }

  /** Reads [start, end), which begins at `position`. */
  protected abstract run(half: number, bytes: Uint8Array, start: number, end: number): void;

  /** Tells the message whose head was parsed from [p, headEnd). */
  protected abstract message(half: number, p: number, headEnd: number): void;

  /** The bytes before offset `p` were passed over. */
  protected noteUnread(half: number, p: number): void {
    const { carried } = this;
    this.halves.bits[half]! |= HalfBit.UNREAD;
    this.halves.unreadAcked[half] = carried !== null && p <= carried.before ? carried.acked : this.acked;
  }

  /** Keeps [p, end), the beginning of something, until more comes. */
  protected carry(half: number, bytes: Uint8Array, p: number, end: number, resume: Mode): number {
    const { mode, resume: resumes } = this.halves;
    if (end - p > this.limits.headBytes) return this.giveUp(half, 'head-too-large', end);
    this.setBegin(half, p);
    const carry = this.carries.open(half, this.exchanges.beginAt, this.exchanges.begin.frame, this.exchanges.begin.time, this.exchanges.beginAcked);
    if (carry === undefined || !this.carries.append(carry, bytes, p, end)) return this.giveUp(half, 'head-memory', end);
    mode[half] = Mode.carry;
    resumes[half] = resume;
    return end;
  }

  protected resumeCarry(half: number, bytes: Uint8Array, start: number, end: number): void {
    const { resume, kind } = this.halves;
    const carry = this.carries.get(half)!;
    if (!this.carries.append(carry, bytes, start, end)) {
      this.giveUp(half, 'head-memory', end);
      return;
    }
    if (!isReady(carry, resume[half] as Mode, kind[half]!)) {
      if (carry.length > this.limits.headBytes) this.giveUp(half, 'head-too-large', end);
      return;
    }
    this.replay(half, carry);
  }

  /** Reads what was carried in the mode it was kept for. */
  private replay(half: number, carry: Carry): void {
    const { mode, position, resume } = this.halves;
    const { callStart, carried } = this;
    this.carries.take(half);
    mode[half] = resume[half]!;
    position[half] = carry.position;
    this.callStart = 0;
    this.carried = carry;
    this.run(half, carry.bytes, 0, carry.length);
    this.callStart = callStart;
    this.carried = carried;
    this.carries.release(carry);
    position[half] = carry.position + carry.length;
  }

  private giveUp(half: number, code: HttpAnomalyCode, end: number): number {
    this.connections.anomaly(half, code, this.bodies.frame);
    this.exchanges.lost(half, true);
    return end;
  }

  /** A body that may be absent is not; what is carried of it is read. */
  settleDoubt(half: number): void {
    if (!this.bodies.inDoubt(half)) return;
    const carry = this.carries.get(half);
    if (carry !== undefined) this.halves.mode[half] = this.halves.resume[half]!;
    this.bodies.trustBody(half);
    if (carry !== undefined) this.replay(half, carry);
  }

  protected setBegin(half: number, p: number): void {
    const { carried } = this;
    const { begin } = this.exchanges;
    const old = carried !== null && p < carried.before;
    begin.frame = old ? carried.frame : this.bodies.frame;
    begin.time = old ? carried.time : this.clock[0]!;
    this.exchanges.beginAcked = old ? carried.acked : this.acked;
    this.exchanges.beginAt = this.at(half, p);
  }

  /** The position of offset `p`. */
  protected at(half: number, p: number): number {
    return this.halves.position[half]! + p - this.callStart;
  }

  /** The capture has no more of the carried head than this; the segment goes on to position `next`. */
  tellCutHead(half: number, next: number): boolean {
    const { kind, mode, resume, position, bits, bodyStart, cutAt } = this.halves;
    const carry = this.carries.get(half)!;
    if (resume[half] === Mode.tunnel) {
      this.carries.drop(half);
      this.exchanges.skip(half);
      return true;
    }
    const isRequest = kind[half] === Kind.unknown ? matchMethod(carry.bytes, 0, carry.length) === Match.whole : kind[half] === Kind.request;
    const end = this.exchanges.head.parseCut(carry.bytes, 0, carry.length, isRequest);
    if (end < 0) return false;
    this.carries.take(half);
    if (kind[half] === Kind.unknown) this.exchanges.become(half, isRequest ? Kind.request : Kind.response);
    this.acked = carry.acked;
    this.callStart = 0;
    this.carried = carry;
    const cutPosition = position[half]!;
    position[half] = carry.position;
    this.message(half, 0, end);
    this.carried = null;
    this.carries.release(carry);
    if (mode[half] === Mode.unknown) {
      bits[half]! |= HalfBit.CUT;
      cutAt[half] = cutPosition;
      bodyStart[half] = next;
    }
    this.exchanges.loseOrder(half, false);
    return true;
  }
}
