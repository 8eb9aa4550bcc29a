import type { Method } from './start-line-parser.ts';
import { Pending, PendingRequests } from './pending-requests.ts';

/** Bits of a connection. */
const State = {
  /** An interim response without a request began at `interimAt`. */
  INTERIM: 1,
  /** There may be orphans: most connections are spared the look-up. */
  ORPHANS: 2,
  /** The next request is ORDERED. GAP and HIDDEN as above are for the next request, too. */
  ORDERED: 4,
  /** Two requests were on their way at once. */
  PIPELINING: 32,
  /** `lastEnd` is known. */
  LAST_END: 64,
  /** `lastAcked` is known. */
  LAST_ACKED: 128,
} as const;

/** A response whose request was not seen yet. */
export interface Orphan {
  readonly row: number;
  readonly status: number;
  /** Where its head ended: frame, and time in nanoseconds since the origin. */
  readonly frame: number;
  readonly time: number;
  readonly at: number;
  readonly acked: number;
  ordered: boolean;
  /** Responses behind it may be lost: that it is claimed says nothing of those to come. */
  lossBehind: boolean;
}

/** Acknowledgement numbers further from what they are compared with say nothing. */
const PLAUSIBLE = 1 << 28;

/**
 * Which response answers which request. Positions are bytes of a half-stream since it began, delivered or missing,
 * modulo 2^32. For a request: `begin` in its own half-stream, `acked` in the other. For a response likewise `at`, `acked`.
 *
 * Facts: a response answers no request that its sender had not received a byte of (acked > begin); it does not begin
 * below what the client had acknowledged when it sent the request (at >= acked); responses come in the order of the
 * requests (RFC 9112 section 9.2).
 *
 * While no message boundary was lost (*ordered*), the oldest pending request is answered, unless these facts forbid it.
 * A boundary that may be hidden (by a gap, by bytes that cannot be read) ends that for all pending requests (gap in the
 * responses) or for the following ones (gap in the requests). Then a pair needs proof: `at` = `acked`. A client that does
 * not pipeline has acknowledged all of the response before when it sends the next request, so the response to that
 * begins exactly there. The proof does not count once two requests were seen on their way at once; nor where the hidden
 * bytes hold a whole request and the response begins right behind the last pair, for it is the hidden one's then. A
 * proven pair puts those behind it in order again, and leaves those before it without a response. In doubt: no pair.
 */
export class Pairing {
  private readonly pendingLimit: number;
  private readonly orphanLimit: number;
  private readonly orphans = new Map<number, Orphan[]>();
  private readonly pending = new PendingRequests();
  private lastEnd = new Int32Array(8);
  private lastAcked = new Int32Array(8);
  /** What the last answer acknowledged. */
  private answerAcked = new Int32Array(8);
  private interimAt = new Int32Array(8);
  private state = new Uint8Array(8);

  constructor(pendingLimit: number, orphanLimit: number) {
    this.pendingLimit = pendingLimit;
    this.orphanLimit = orphanLimit;
  }

  open(slot: number, midstream: boolean): void {
    if (slot >= this.state.length) this.grow(slot);
    this.pending.open(slot);
    this.lastEnd[slot] = this.lastAcked[slot] = this.answerAcked[slot] = 0;
    this.state[slot] = midstream ? Pending.GAP : State.ORDERED | State.LAST_END;
  }

  close(slot: number): void {
    this.pending.clear(slot);
    if ((this.state[slot]! & State.ORPHANS) !== 0) this.orphans.delete(slot);
  }

  /** Whether a request surely waits for its response. */
  outstanding(slot: number): boolean {
    const first = this.pending.head[slot]!;
    return first >= 0 && (this.pending.bits[first]! & Pending.ORDERED) !== 0;
  }

  /** Whether surely none does. */
  isSettled(slot: number): boolean {
    return this.pending.head[slot]! < 0 && (this.state[slot]! & State.ORDERED) !== 0;
  }

  /**
   * Whether a request was sent with the same acknowledgement as the one before, and while that waited: in the capture, or
   * by what the server had received when it answered.
   */
  isBehind(slot: number, begin: number, acked: number): boolean {
    return (this.pending.head[slot]! >= 0 || isAfter(this.answerAcked[slot]!, begin)) && this.isSameTurn(slot, acked);
  }

  /** Whether there may be a response without a request. */
  mayClaim(slot: number): boolean {
    return (this.state[slot]! & State.ORPHANS) !== 0;
  }

  /** Whether there is a response whose request may still come. */
  awaitsRequest(slot: number): boolean {
    return (this.orphans.get(slot)?.length ?? 0) > 0;
  }

  /** Whether another request was sent with the same acknowledgement, so without a response in between. */
  isSameTurn(slot: number, acked: number): boolean {
    return (this.state[slot]! & State.LAST_ACKED) !== 0 && this.lastAcked[slot] === acked;
  }

  /** A request waits from now on. False: too many did; they are given up, and with them the order. */
  add(slot: number, row: number, method: Method, begin: number, acked: number, pipelined: boolean): boolean {
    let state = this.state[slot]!;
    if (pipelined || this.isSameTurn(slot, acked)) state |= State.PIPELINING;
    const full = this.pending.count[slot]! >= this.pendingLimit;
    if (full) {
      this.pending.clear(slot);
      state = (state & ~State.ORDERED) | Pending.GAP;
    }
    this.pending.add(slot, row, method, begin, acked, state & (Pending.ORDERED | Pending.GAP | Pending.HIDDEN));
    this.lastAcked[slot] = acked;
    this.state[slot] = (state & ~(Pending.GAP | Pending.HIDDEN)) | State.LAST_ACKED;
    return !full;
  }

  /** The pending request that a response at `at` answers, or -1. Requests before it are given up; it stays until `remove`. */
  answer(slot: number, at: number, acked: number, status: number): number {
    const first = this.pending.head[slot]!;
    if (first < 0) return -1;
    let id = first;
    if ((this.pending.bits[first]! & Pending.ORDERED) !== 0) {
      if (this.isExcluded(first, at, acked, status)) return -1;
    } else {
      const from = this.firstByte(slot, at);
      while (id >= 0 && !this.proves(slot, from, acked, this.pending.begin[id]!, this.pending.acked[id]!, this.pending.bits[id]!)) id = this.pending.next[id]!;
      if (id < 0) return -1;
      while (this.pending.head[slot] !== id) this.removeFirst(slot);
      this.order(slot, id);
    }
    this.state[slot]! &= ~State.INTERIM;
    this.answerAcked[slot] = acked;
    return id;
  }

  rowOf(id: number): number {
    return this.pending.row[id]!;
  }

  methodOf(id: number): Method {
    return (this.pending.bits[id]! & Pending.METHOD) as Method;
  }

  /** The first pending request has its response. */
  removeFirst(slot: number): void {
    this.pending.removeFirst(slot);
  }

  /** Bytes of a request that cannot be read, sent with this acknowledgement: one behind them with the same did not wait for an answer. */
  unread(slot: number, acked: number): void {
    this.lastAcked[slot] = acked;
    this.state[slot]! |= State.LAST_ACKED;
  }

  /** The response of a pair ended: its last byte is below position `end`. */
  answered(slot: number, end: number): void {
    this.lastEnd[slot] = end;
    this.state[slot]! |= State.LAST_END;
  }

  /** An interim response without a request: what it precedes begins here. */
  orphanInterim(slot: number, at: number): void {
    if ((this.state[slot]! & State.INTERIM) !== 0) return;
    this.state[slot]! |= State.INTERIM;
    this.interimAt[slot] = at;
  }

  /** A response without a request; one that was captured late may claim it. */
  orphan(slot: number, row: number, headAt: number, acked: number, status: number, frame: number, time: number): void {
    const at = this.firstByte(slot, headAt);
    this.state[slot]! &= ~State.INTERIM;
    let list = this.orphans.get(slot);
    if (list === undefined) this.orphans.set(slot, (list = []));
    this.state[slot]! |= State.ORPHANS;
    list.push({ row, status, frame, time, at, acked, ordered: (this.state[slot]! & State.ORDERED) !== 0 && this.pending.head[slot]! < 0, lossBehind: false });
    if (list.length > this.orphanLimit) {
      list.shift();
      this.lostRequests(slot, false);
    }
  }

  /** The response that came before its request, by the same rules; null where there is none. */
  claim(slot: number, begin: number, acked: number): Orphan | null {
    if (!this.mayClaim(slot)) return null;
    const list = this.orphans.get(slot);
    if (list === undefined) return null;
    if (this.isSameTurn(slot, acked)) this.state[slot]! |= State.PIPELINING;
    const state = this.state[slot]!;
    let index = -1;
    if ((state & State.ORDERED) !== 0) {
      if (this.pending.head[slot]! >= 0) return null;
      // What was sent before this request arrived answers no later one either.
      while (list.length > 0 && !isAfter(list[0]!.acked, begin)) list.shift();
      if (list.length > 0 && list[0]!.ordered && !isAfter(acked, list[0]!.at)) index = 0;
    }
    if (index < 0) index = list.findIndex((orphan) => !orphan.ordered && this.proves(slot, orphan.at, orphan.acked, begin, acked, state));
    if (index < 0) {
      // One of these may be its response: then it waits in vain, and the next response is not its own.
      if (list.length > 0) this.state[slot]! &= ~State.ORDERED;
      return null;
    }
    const claimed = list[index]!;
    list.splice(0, index + 1);
    // What still waits was asked before: its response is lost.
    this.pending.clear(slot);
    this.state[slot] = (state & ~(Pending.GAP | Pending.HIDDEN | State.ORDERED)) | (claimed.lossBehind ? 0 : State.ORDERED) | State.LAST_ACKED;
    this.lastAcked[slot] = acked;
    this.answerAcked[slot] = claimed.acked;
    return claimed;
  }

  /** The following requests are not surely the next ones; `hidden`: what is lost holds the beginning of one. */
  lostRequests(slot: number, hidden: boolean): void {
    this.state[slot] = (this.state[slot]! & ~State.ORDERED) | Pending.GAP | (hidden ? Pending.HIDDEN : 0);
    this.doubtOrphans(slot);
  }

  /** Responses may be lost: which of the pending requests they answered is not known. */
  lostResponses(slot: number): void {
    this.state[slot]! &= ~(State.ORDERED | State.INTERIM);
    for (let id = this.pending.head[slot]!; id >= 0; id = this.pending.next[id]!) this.pending.bits[id]! &= ~Pending.ORDERED;
    for (const orphan of this.orphans.get(slot) ?? []) orphan.lossBehind = true;
    this.doubtOrphans(slot);
  }

  /** Where what is said to a request begins: at its first interim response, or at the final one. */
  private firstByte(slot: number, at: number): number {
    return (this.state[slot]! & State.INTERIM) !== 0 ? this.interimAt[slot]! : at;
  }

  private doubtOrphans(slot: number): void {
    for (const orphan of this.orphans.get(slot) ?? []) orphan.ordered = false;
  }

  private isExcluded(id: number, at: number, acked: number, status: number): boolean {
    if (isAfter(this.pending.acked[id]!, at)) return true;
    const unreceived = (this.pending.begin[id]! - acked) | 0;
    // A server that never acknowledges anything is an artefact, except where it gives up waiting (408) or refuses.
    return unreceived >= 0 && unreceived < PLAUSIBLE && (acked !== 0 || status >= 400);
  }

  private proves(slot: number, at: number, acked: number, begin: number, requestAcked: number, bits: number): boolean {
    const state = this.state[slot]!;
    if (at !== requestAcked || (state & State.PIPELINING) !== 0 || !isAfter(acked, begin)) return false;
    return (bits & Pending.HIDDEN) === 0 || (state & State.LAST_END) === 0 || at !== this.lastEnd[slot];
  }

  /** `id` is proven: it and those behind it, up to the next gap in the requests, are in order. */
  private order(slot: number, id: number): void {
    this.pending.bits[id]! |= Pending.ORDERED;
    let at = this.pending.next[id]!;
    for (; at >= 0 && (this.pending.bits[at]! & Pending.GAP) === 0; at = this.pending.next[at]!) this.pending.bits[at]! |= Pending.ORDERED;
    if (at < 0 && (this.state[slot]! & Pending.GAP) === 0) this.state[slot]! |= State.ORDERED;
  }

  private grow(slot: number): void {
    const capacity = Math.max(slot + 1, this.state.length * 2);
    const { lastEnd, lastAcked, answerAcked, interimAt, state } = this;
    (this.lastEnd = new Int32Array(capacity)).set(lastEnd);
    (this.lastAcked = new Int32Array(capacity)).set(lastAcked);
    (this.interimAt = new Int32Array(capacity)).set(interimAt);
    (this.state = new Uint8Array(capacity)).set(state);
    (this.answerAcked = new Int32Array(capacity)).set(answerAcked);
  }
}

/** Whether position `a` lies beyond `b`, by a plausible distance. */
function isAfter(a: number, b: number): boolean {
  const distance = (a - b) | 0;
  return distance > 0 && distance < PLAUSIBLE;
}
