import { Protocol } from '../http/exchange-sink.ts';
import type { ConnectionCase } from './case.ts';
import type { HealthChecks } from './health-checks.ts';
import { TIME_WAIT } from './ports.ts';
import { reusableFrom } from './reusable.ts';
import type { Shape } from './close-shape.ts';
import { hasCutHead } from './unfinished-response.ts';
import type { ResultStore } from '../store/result-store.ts';

/** Bits of `Digest.bits`. */
export const DigestBit = {
  /** A request was sent on it (or its bytes cannot be read): not a probe, a refusal or a spare, nor a health check. */
  NEEDED: 1,
  /** It carried one exchange. */
  SINGLE: 2,
  /** It is a tunnel to one host behind a proxy: what is said inside leaves it free for nobody else. */
  TUNNEL: 4,
  /** Its only exchange shows nothing by itself. */
  QUIET: 8,
  /** Its beginning is in the capture, and so its age known. */
  BEGAN: 16,
} as const;

/**
 * What is asked again and again of an endpoint's connections, by place: place p is of the endpoint's p-th row. The
 * columns are read once for it; the pool, the ports and the closes are then worked out here, where all lies side by side.
 * One object, filled anew for each endpoint. Moments are nanoseconds since the origin.
 */
export class Digest {
  count = 0;
  opened = new Float64Array(0);
  /** First closing packets; Infinity for connections not seen to close. */
  closed = new Float64Array(0);
  /** When the client's port is free again; Infinity for never. */
  freed = new Float64Array(0);
  /** When the last exchange left the connection reusable; Infinity where it did not. */
  reusable = new Float64Array(0);
  /** When the last response ended, or began where its end was not seen; NaN without one. */
  answered = new Float64Array(0);
  /** From the SYN to the end of the handshake, and what of it is the way to the client and back; 0 where not seen. */
  handshakes = new Float64Array(0);
  clientRoundTrips = new Float64Array(0);
  /** String ids of the clients' names, 0 without. */
  agents = new Uint32Array(0);
  /** Clients' ports. */
  ports = new Uint16Array(0);
  shapes = new Uint8Array(0);
  bits = new Uint8Array(0);
  /** Ids of the verdicts, 0 while not decided. */
  verdicts = new Uint16Array(0);
  /** Number of the kind of the last exchange, from 1 on, where closes are counted by kind. */
  kinds = new Int32Array(0);
  /** When the client, the server began to hold a socket in TIME_WAIT; the first `clientWaitCount`, `serverWaitCount` of them. */
  clientWaits = new Float64Array(0);
  serverWaits = new Float64Array(0);
  clientWaitCount = 0;
  serverWaitCount = 0;
  /** Exchanges of all connections. */
  exchanges = 0;

  begin(count: number): void {
    if (count > this.opened.length) this.allocate(Math.max(64, count + (count >> 2)));
    this.count = count;
    this.exchanges = this.clientWaitCount = this.serverWaitCount = 0;
  }

  put(place: number, c: ConnectionCase, shape: Shape, store: ResultStore, healthChecks: HealthChecks): void {
    const closed = c.closed ? c.closedAt : Number.POSITIVE_INFINITY;
    this.opened[place] = c.startedAt;
    this.closed[place] = closed;
    this.handshakes[place] = c.roundTrip;
    this.clientRoundTrips[place] = c.clientRoundTrip;
    this.agents[place] = store.connections.signs.clientAgent(c.signsId);
    this.ports[place] = c.clientPort;
    this.shapes[place] = shape;
    const isTunnel = c.protocol === Protocol.tunnel;
    this.bits[place] = (c.synAckSeen && c.last >= 0 && !hasCutHead(c) && !healthChecks.isCheck(c) ? DigestBit.NEEDED : 0) | (c.exchanges === 1 ? DigestBit.SINGLE : 0) | (isTunnel ? DigestBit.TUNNEL : 0) | (c.isQuiet ? DigestBit.QUIET : 0) | (c.handshakeSeen ? DigestBit.BEGAN : 0);
    this.verdicts[place] = 0;
    this.kinds[place] = 0;
    // Where one direction is not in the capture, nobody knows how long it stood open.
    this.reusable[place] = c.last < 0 || c.oneSided || isTunnel ? Number.POSITIVE_INFINITY : reusableFrom(store, c.last);
    this.answered[place] = Number.isNaN(c.responseEnded) ? c.responseBegan : c.responseEnded;
    this.exchanges += c.exchanges;
    let freed = closed;
    if (c.closed && !c.byReset) {
      const from = closed + c.secondFinAfter;
      // Only the side that closed first waits, and only where both said FIN (RFC 9293 section 3.6).
      if (c.hasSecondFin && c.byClient) {
        this.clientWaits[this.clientWaitCount++] = from;
        freed = from + TIME_WAIT;
      } else if (c.hasSecondFin) {
        this.serverWaits[this.serverWaitCount++] = from;
        freed = from;
      } else if (!c.byClient && c.handshakeSeen && !c.oneSided) {
        // In CLOSE_WAIT it keeps its port, for as long as its program does not look.
        freed = c.resetsClient + c.bareResetsClient + c.resetsServer + c.bareResetsServer > 0 ? c.endedAt : Number.POSITIVE_INFINITY;
      }
    }
    this.freed[place] = freed;
  }

  private allocate(places: number): void {
    this.opened = new Float64Array(places);
    this.closed = new Float64Array(places);
    this.freed = new Float64Array(places);
    this.reusable = new Float64Array(places);
    this.answered = new Float64Array(places);
    this.handshakes = new Float64Array(places);
    this.clientRoundTrips = new Float64Array(places);
    this.clientWaits = new Float64Array(places);
    this.serverWaits = new Float64Array(places);
    this.agents = new Uint32Array(places);
    this.ports = new Uint16Array(places);
    this.shapes = new Uint8Array(places);
    this.bits = new Uint8Array(places);
    this.verdicts = new Uint16Array(places);
    this.kinds = new Int32Array(places);
  }
}
