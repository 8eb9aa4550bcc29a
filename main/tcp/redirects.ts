import type { ConnectionFacts, ConnectionSink } from './connection-sink.ts';
import { ACK, RST, SYN } from './header-word.ts';
import { C, ConnectionState, H, HALF, HALVES, HalfState, type Slots, STRIDE } from './slots.ts';

/** SYNs remembered until they are answered; a power of 2. */
const REMEMBERED = 1024;
const STRIDE_OF_ONE = 3;
/** Connections that are redirected at once, or were lately; over it the oldest is forgotten. */
const MAX_REDIRECTS = 65_536;

/** What a client dialled, and the proxy of its own machine that it got. Addresses as the connection table has them. */
export interface Redirect {
  readonly client: number;
  readonly clientPort: number;
  readonly dialled: number;
  readonly dialledPort: number;
  readonly proxy: number;
  readonly proxyPort: number;
  readonly path: number;
}

/**
 * Connections that the client's machine redirects to a proxy on it, as service meshes do (iptables REDIRECT). Where they
 * are captured, on the loopback interface, what the client sends has the proxy's address already, and what the proxy
 * answers has the dialled one again: two four-tuples with one direction each. A SYN-ACK for a four-tuple without a SYN
 * that acknowledges one which the same client port sent elsewhere shows them to be one connection.
 */
export class Redirects {
  private readonly slots: Slots;
  private readonly connections: ConnectionSink;
  /** By initial number: that, slot and row of the connection. */
  private readonly syns = new Int32Array(REMEMBERED * STRIDE_OF_ONE);
  /** By the hash of the answers' four-tuple, and of the connection's own. */
  private readonly ofAnswers = new Map<number, Redirect>();
  private readonly ofConnections = new Map<number, Redirect>();

  constructor(slots: Slots, connections: ConnectionSink) {
    this.slots = slots;
    this.connections = connections;
  }

  /** The SYN of a new connection. */
  syn(slot: number, sequence: number): void {
    const at = (sequence & (REMEMBERED - 1)) * STRIDE_OF_ONE;
    this.syns[at] = sequence;
    this.syns[at + 1] = slot;
    this.syns[at + 2] = this.slots.ints[slot * STRIDE + C.ROW]!;
  }

  /** Whether a packet on an unknown four-tuple, with these flags, may be an answer: nearly none is. */
  mayAnswer(word: number): boolean {
    return (word & (SYN | ACK | RST)) === (SYN | ACK) || this.ofAnswers.size > 0;
  }

  /** What a packet on an unknown four-tuple, from `dialled` to `client`, belongs to; null where that is nothing known. `hash`: of its four-tuple. */
  find(hash: number, dialled: number, dialledPort: number, client: number, clientPort: number, path: number, word: number, acknowledgement: number, frame: number): Redirect | null {
    const known = this.ofAnswers.get(hash);
    if (known !== undefined && known.dialled === dialled && known.dialledPort === dialledPort && known.client === client && known.clientPort === clientPort && known.path === path) return known;
    if ((word & (SYN | ACK | RST)) !== (SYN | ACK)) return null;
    const first = (acknowledgement - 1) | 0;
    const at = (first & (REMEMBERED - 1)) * STRIDE_OF_ONE;
    if (this.syns[at] !== first) return null;
    const { ints } = this.slots;
    const base = this.syns[at + 1]! * STRIDE;
    const state = ints[base + C.STATE]!;
    if (ints[base + C.ROW] !== this.syns[at + 2] || ints[base + C.PATH] !== path || (state & (ConnectionState.LIVE | ConnectionState.SYN)) !== (ConnectionState.LIVE | ConnectionState.SYN)) return null;
    const side = (state & ConnectionState.SYN_SIDE1) === 0 ? 0 : 1;
    const isSilent = (ints[base + HALVES + (side ^ 1) * HALF + H.STATE]! & HalfState.SEEN) === 0;
    if (!isSilent || ints[base + side] !== client || portOf(ints[base + C.PORTS]!, side) !== clientPort) return null;
    const redirect = { client, clientPort, dialled, dialledPort, proxy: ints[base + (side ^ 1)]!, proxyPort: portOf(ints[base + C.PORTS]!, side ^ 1), path };
    this.ofAnswers.set(hash, redirect);
    this.ofConnections.set(ints[base + C.HASH]!, redirect);
    if (this.ofAnswers.size > MAX_REDIRECTS) this.ofAnswers.delete(this.ofAnswers.keys().next().value!);
    if (this.ofConnections.size > MAX_REDIRECTS) this.ofConnections.delete(this.ofConnections.keys().next().value!);
    this.connections.anomaly('redirected', frame);
    return redirect;
  }

  /** Puts what was dialled in the proxy's place among the facts of a connection. */
  tell(slot: number, facts: ConnectionFacts): void {
    if (this.ofConnections.size === 0) return;
    const redirect = this.ofConnections.get(this.slots.ints[slot * STRIDE + C.HASH]!);
    if (redirect === undefined || redirect.path !== facts.path || facts.initiator < 0) return;
    const isSide0 = facts.initiator === 0;
    const [client, clientPort, server, port] = isSide0 ? [facts.address0, facts.port0, facts.address1, facts.port1] : [facts.address1, facts.port1, facts.address0, facts.port0];
    if (client !== redirect.client || clientPort !== redirect.clientPort || server !== redirect.proxy || port !== redirect.proxyPort) return;
    if (isSide0) {
      facts.address1 = redirect.dialled;
      facts.port1 = redirect.dialledPort;
    } else {
      facts.address0 = redirect.dialled;
      facts.port0 = redirect.dialledPort;
    }
  }
}

function portOf(ports: number, side: number): number {
  return side === 0 ? ports >>> 16 : ports & 0xffff;
}
