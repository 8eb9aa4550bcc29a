import type { ConnectionSink } from './connection-sink.ts';
import { C, type Slots, STRIDE } from './slots.ts';

/** Two captured packets of one SYN-ACK lie no further apart than this, in nanoseconds: one machine sends it on, or a tap beside it. */
const LONGEST_APART = 10e6;
/** SYN-ACKs remembered; a power of 2. */
const REMEMBERED = 256;
const STRIDE_OF_ONE = 6;

/**
 * Connections that one capture holds several times, as other addresses or on other paths: before and after address
 * translation (a service address of Kubernetes, a gateway), inside a tunnel and outside of it. Translation changes
 * addresses and ports, but no sequence numbers: the SYN-ACK is told by its two, which are 64 bits that nobody guesses.
 * Where a test wrote the same numbers into every connection, addresses that translation leaves as they are tell them apart.
 */
export class SeenAgain {
  private readonly slots: Slots;
  private readonly connections: ConnectionSink;
  private readonly clock: Float64Array;
  /** By the server's number: both numbers, both addresses, ports, path. */
  private readonly seen = new Int32Array(REMEMBERED * STRIDE_OF_ONE);
  private readonly at = new Float64Array(REMEMBERED).fill(Number.NEGATIVE_INFINITY);

  constructor(slots: Slots, connections: ConnectionSink, clock: Float64Array) {
    this.slots = slots;
    this.connections = connections;
    this.clock = clock;
  }

  /** The first SYN-ACK of a connection, from `side`. */
  synAck(slot: number, side: number, sequence: number, acknowledgement: number, frame: number): void {
    const { ints } = this.slots;
    const base = slot * STRIDE;
    const place = sequence & (REMEMBERED - 1);
    const { seen, at } = this;
    const one = place * STRIDE_OF_ONE;
    const now = this.clock[0]!;
    const server = ints[base + side]!;
    const client = ints[base + (side ^ 1)]!;
    const ports = side === 0 ? ints[base + C.PORTS]! : (ints[base + C.PORTS]! << 16) | (ints[base + C.PORTS]! >>> 16);
    const path = ints[base + C.PATH]!;
    if (seen[one] === sequence && seen[one + 1] === acknowledgement && Math.abs(now - at[place]!) <= LONGEST_APART) {
      const sameServer = seen[one + 2] === server && seen[one + 4]! >>> 16 === ports >>> 16;
      const sameClient = seen[one + 3] === client && (seen[one + 4]! & 0xffff) === (ports & 0xffff);
      const sameClientPort = (seen[one + 4]! & 0xffff) === (ports & 0xffff);
      const isOther = sameServer && sameClient ? seen[one + 5] !== path : sameServer ? seen[one + 3] !== client : sameClientPort;
      if (isOther) this.connections.anomaly('seen-again', frame);
      return;
    }
    seen[one] = sequence;
    seen[one + 1] = acknowledgement;
    seen[one + 2] = server;
    seen[one + 3] = client;
    seen[one + 4] = ports;
    seen[one + 5] = path;
    at[place] = now;
  }
}
