/**
 * The state of live connections: one fixed-size record per slot in one buffer that is seen as ints and as doubles. What
 * costs time here are cache lines, so the fields that every packet needs stand together: of the connection, of its two
 * half-streams (side 0 and 1, by canonical order of the four-tuple), then times and byte counts; the others behind them.
 */

/** Ints per slot; where the half-streams' begin, and how far apart they are. */
export const STRIDE = 96;
export const HALF = 12;
export const HALVES = 8;

/** Ints of a connection. */
export const C = {
  ADDRESS0: 0,
  ADDRESS1: 1,
  /** port of side 0 << 16 | port of side 1 */
  PORTS: 2,
  PATH: 3,
  HASH: 4,
  ROW: 5,
  /** ConnectionState bits. */
  STATE: 6,
  LAST_FRAME: 7,
  FIRST_FRAME: 72,
  SYN_FRAME: 73,
  SYN_ACK_FRAME: 74,
  /** Retransmitted SYNs of the initiator. */
  SYN_RETRANSMISSIONS: 75,
  CLOSE_FRAME: 76,
  /** FIN of the side that did not close first. */
  SECOND_FIN_FRAME: 77,
  /** How far each side's window lay below its largest when the first closing packet came. */
  WINDOW_DROP0: 78,
  WINDOW_DROP1: 79,
  /** Packets since half-stream 0 (lower half) and 1 (upper half) began to wait. */
  GAP_PACKETS: 80,
  /** Bytes of the other side that the first closing packet did not acknowledge, and new bytes it sent behind it. */
  CLOSE_UNACKNOWLEDGED: 81,
  AFTER_CLOSE: 82,
  /** Path + 1 of the side that travels otherwise than the connection's first packet; 0 for none. */
  OTHER_PATH: 83,
  /** Place in the ring of closed connections, while LINGERING. Stands where the half-streams leave room. */
  LINGERING_PLACE: 58,
  /** What the first closing packet acknowledged; 0 where nothing. */
  CLOSE_ACKNOWLEDGEMENT: 59,
} as const;

/** Ints of a half-stream, relative to its own base: 0 to 11, and 40 to 49, which lie behind the doubles. */
export const H = {
  /** Next expected sequence number: all below was delivered. */
  NEXT: 0,
  /** End of the highest sequence number seen. */
  HIGH: 1,
  /** Sequence number of the first payload byte: position 0. */
  BASE: 2,
  /** Highest acknowledgement this side sent. */
  ACKED: 3,
  /** Last window this side advertised, in bytes. */
  WINDOW: 4,
  WINDOW_SHIFT: 5,
  /** HalfState bits. */
  STATE: 6,
  WINDOW_MAX: 7,
  PACKETS: 8,
  /** IP identification of this side's last packet; TTL of its first. */
  LAST_ID: 9,
  TTL: 10,
  /** Retransmissions since the other side last acknowledged something new. */
  UNANSWERED: 11,
  RETRANSMISSIONS: 40,
  /** Sequence number of the FIN. */
  FIN_SEQUENCE: 41,
  FIN_FRAME: 42,
  /** Event of this side's last unanswered probe + 1. */
  PROBE: 43,
  /** Event of this side's zero window that is open + 1. */
  ZERO_WINDOW: 44,
  /** Hashes of the headers of the last two packets without an IP identification. */
  RECENT0: 45,
  RECENT1: 46,
  /** NEXT of the other side when this side sent its RST. */
  OTHER_NEXT_AT_RESET: 47,
  /** Microseconds this side waited for a full window of the other to open, since that was last told. */
  WINDOW_WAITED: 48,
  /** Microseconds this side was silent between its own bytes, since that was last told. */
  PAUSED: 49,
} as const;

/** Doubles per slot, counted from its first int: times in nanoseconds, bytes. */
export const FLOATS = STRIDE / 2;
export const F = {
  /** Two each, by side. When this side last sent bytes not seen before; its payload; its last packet. */
  LAST_NEW: 16,
  PAYLOAD: 18,
  LAST_PACKET: 20,
  START: 22,
  SYN: 42,
  SYN_ACK: 43,
  HANDSHAKE_ACK: 44,
  CLOSE: 45,
  SECOND_FIN: 46,
  CLOSE_IDLE: 47,
  /** When half-stream 0 and 1 began to wait. */
  GAP_SINCE: [23, 35],
} as const;

/** Bits of C.STATE. */
export const ConnectionState = {
  LIVE: 1,
  /** A FIN or RST was seen, by CLOSE_SIDE1 which side, by CLOSE_RESET which kind. */
  CLOSED: 2,
  CLOSE_SIDE1: 4,
  CLOSE_RESET: 8,
  /** In the queue of closed connections that wait for late packets. */
  LINGERING: 16,
  /** SYN without ACK was seen from a side. */
  SYN: 32,
  SYN_SIDE1: 64,
  SYN_ACK: 128,
  HANDSHAKE_DONE: 256,
  HANDSHAKING: 512,
  /** Segments wait for a hole in half-stream 0, 1. */
  WAITING0: 1024,
  WAITING1: 2048,
  /** The other side acknowledged bytes of half-stream 0, 1 that were not seen. */
  GAP0: 4096,
  GAP1: 8192,
  PROBING: 16384,
  ZERO_WINDOW: 32768,
  /** SYNs of both sides without ACK. */
  SIMULTANEOUS_OPEN: 65536,
  /** It was told as it stands, while its state was at hand: nothing has come since. */
  TOLD: 1 << 20,
  /** The stream sink was told that it is over: it may have another slot by now. */
  STREAMS_CLOSED: 1 << 21,
} as const;
/** Something is not in order yet: segments wait, or bytes that were acknowledged. */
export const UNSETTLED = ConnectionState.WAITING0 | ConnectionState.WAITING1 | ConnectionState.GAP0 | ConnectionState.GAP1;
/** Any of these keeps segments out of the fast path. */
export const ATTENTION = ConnectionState.CLOSED | ConnectionState.HANDSHAKING | UNSETTLED | ConnectionState.PROBING | ConnectionState.ZERO_WINDOW;

/** Bits of H.STATE. */
export const HalfState = {
  /** A packet of this side was seen. */
  SEEN: 1,
  /** NEXT and BASE hold. */
  SYNCHRONIZED: 2,
  SYN: 4,
  FIN: 8,
  /** The sink was told of the end. */
  ENDED: 16,
  RESET: 32,
  ACKED: 64,
  /** The SYN offered window scaling (H.WINDOW_SHIFT). */
  SCALES: 128,
  /** What it sent last filled the other side's window, which had fallen below half its largest. Keeps its segments out of the fast path. */
  WINDOW_FULL: 256,
  /** While the other side has acknowledged what was not seen: this side itself has sent behind it. */
  PASSED: 512,
  /** Not SYNCHRONIZED yet, but BASE holds: the SYN-ACK of the other side, its first ACK, or one that moves on, tells where this one begins. */
  BASED: 1024,
  /** Its last packet, without a byte, stands one above all that was seen of it: behind a FIN that was not. Keeps its segments out of the fast path. */
  BEHIND_FIN: 2048,
} as const;

/**
 * Slots with a free list; the arrays are replaced when they grow, so take them anew after `take`. As all tables of the
 * packet path they begin small: what is replaced only later makes V8 drop the code that took it for constant.
 */
export class Slots {
  floats = new Float64Array(FLOATS * 8);
  ints = new Int32Array(this.floats.buffer);
  /** One past the highest slot ever used. */
  used = 0;
  live = 0;
  private readonly free: number[] = [];

  take(): number {
    this.live++;
    const reused = this.free.pop();
    if (reused !== undefined) return reused;
    const slot = this.used++;
    if (this.used * STRIDE > this.ints.length) {
      const ints = new Int32Array(this.ints.length * 2);
      ints.set(this.ints);
      this.ints = ints;
      this.floats = new Float64Array(ints.buffer);
    }
    return slot;
  }

  /** Sets all of a slot but its key, hash and row to 0. */
  clear(slot: number): void {
    const { floats } = this;
    const end = (slot + 1) * FLOATS;
    for (let i = slot * FLOATS + C.STATE / 2; i < end; i++) floats[i] = 0;
  }

  release(slot: number): void {
    this.ints[slot * STRIDE + C.STATE] = 0;
    // No path has this id: the key of a free slot matches nothing.
    this.ints[slot * STRIDE + C.PATH] = -1;
    this.free.push(slot);
    this.live--;
  }
}
