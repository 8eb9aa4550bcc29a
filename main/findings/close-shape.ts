import { Framing, Protocol } from '../http/exchange-sink.ts';
import type { ConnectionCase } from './case.ts';

/** What a close looks like, before anything else of its endpoint is looked at. The order of `shapeOf` is the order of the rules. */
export const Shape = {
  /** The handshake did not succeed. */
  refused: 0,
  connectTimedOut: 1,
  /** Not seen to close. */
  open: 2,
  replaced: 3,
  silent: 4,
  switched: 5,
  deadPeer: 6,
  /** No HTTP exchange was read: other protocols, TLS without keys, unused connections. */
  opaqueServer: 7,
  opaqueClient: 8,
  earlyResponse: 9,
  unfinishedByServer: 10,
  unfinishedByClient: 11,
  announced: 12,
  /** The server's bytes are not, or no longer, those of a response. */
  unsolicited: 13,
  serverFin: 14,
  serverReset: 15,
  clientReset: 16,
  clientFinAtOnce: 17,
  clientFinLater: 18,
  /** Only what one of the sides sent is in the capture. */
  oneSided: 19,
} as const;
export type Shape = (typeof Shape)[keyof typeof Shape];

/** Retransmissions in a row without any answer that make a silence (RULES section 2, 10). */
const SILENT_RETRANSMISSIONS = 2;
/** A server that closes so long after a request that it answered early, and took to its end, does so for another reason (Go's lingers for 500 ms). */
const SERVED_ON = 1e9;
/** A body that has paused for longer is not one that is being sent. */
const STILL_COMING = 200e6;

export function shapeOf(c: ConnectionCase): Shape {
  const failed = failedOpening(c);
  if (failed !== null) return failed;
  const lost = c.hasRequest && !c.hasResponse && c.unansweredClient >= SILENT_RETRANSMISSIONS;
  if ((lost && (!c.closed || c.byClient)) || c.responseSwallowed) return Shape.silent;
  if (!c.closed) return c.replaced ? Shape.replaced : Shape.open;
  if (c.protocol === Protocol.websocket || c.protocol === Protocol.tunnel || switchedInside(c)) return Shape.switched;
  if (c.oneSided) return Shape.oneSided;
  if (c.byReset && c.unansweredProbes >= 2) return Shape.deadPeer;
  if (c.last < 0) return c.byClient ? Shape.opaqueClient : Shape.opaqueServer;
  if (isEarlyResponse(c)) return c.status === 408 && c.responseCompleteAtClose ? Shape.announced : Shape.earlyResponse;
  // The FIN that ends such a body is the one that was missed.
  if (c.finUnseen && !c.byClient && c.responseFraming === Framing.untilClose && c.hasResponseAtClose) return Shape.announced;
  // A client that refuses bytes of a body that only the server's close ends did not wait for that, whenever its own FIN came.
  const refused = c.responseFraming === Framing.untilClose && c.byClient && c.bareResetsClient > 0;
  if (c.responseMalformed || c.beganTlsInVain) return Shape.unsolicited;
  if (!c.responseCompleteAtClose || refused || c.closedOnTheWay) {
    if (c.clientSaidClose && c.begunByClient) return Shape.announced;
    return c.begunByClient ? Shape.unfinishedByClient : Shape.unfinishedByServer;
  }
  if (brokeOffRequest(c)) return c.clientSaidClose || c.serverSaidClose ? Shape.announced : Shape.unfinishedByClient;
  if (c.clientSaidClose || c.serverSaidClose || c.http10Closes || c.responseFraming === Framing.untilClose) return Shape.announced;
  if (c.byClient && c.unsolicitedFrame !== 0) return Shape.unsolicited;
  if (!c.begunByClient) return c.byReset ? Shape.serverReset : Shape.serverFin;
  if (c.byReset) return Shape.clientReset;
  // FIN and RST with ACK together, with nothing that came in between, is how the JVM (from 13 on) closes over unread bytes.
  if (c.resetsClient > 0 && !c.resetOtherTtl && c.bytesAfterClose === 0 && c.closedAt - c.responseEnded <= c.slack) return Shape.clientReset;
  return c.closedAt - c.responseEnded <= c.slack ? Shape.clientFinAtOnce : Shape.clientFinLater;
}

/** Inside of TLS a WebSocket or a tunnel is not the connection's own protocol: its last answer tells. */
function switchedInside(c: ConnectionCase): boolean {
  return c.protocol === Protocol.tls && (c.responseFraming === Framing.upgrade || c.responseFraming === Framing.tunnel);
}

/** How a handshake failed; null where it did not, or was not seen. */
export function failedOpening(c: ConnectionCase): typeof Shape.refused | typeof Shape.connectTimedOut | null {
  if (!c.handshakeSeen || c.established) return null;
  if (c.closed && !c.byClient && c.byReset) return Shape.refused;
  return c.payloadClient === 0 ? Shape.connectTimedOut : null;
}

/**
 * A final response before the request's end was sent (RFC 9112 section 9.5), and a close that goes back to it; an announced
 * body that Expect kept back does not count.
 */
function isEarlyResponse(c: ConnectionCase): boolean {
  if (c.sentOnThroughAnswer) return !c.begunByClient;
  if (!answeredEarly(c)) return false;
  if (c.requestComplete) {
    // All of the body came, and the server neither refused bytes nor said that it would close: what closed it later is something else.
    const refused = c.serverSaidClose || c.resetsServer + c.bareResetsServer > 0;
    return c.status >= 400 && (refused || (!c.begunByClient && !(c.closedAt - Math.max(c.requestEnded, c.responseEnded) >= SERVED_ON)));
  }
  if (c.status >= 400) return true;
  // Whatever the server says, it closes over a body that is still coming, or that it does not let come.
  const stillComing = c.zeroWindowServer > 0 || c.responseBegan - c.requestEnded <= STILL_COMING;
  return stillComing && !c.begunByClient && (c.responseCompleteAtClose || c.responseFraming === Framing.untilClose);
}

/** The client closed in the middle of its request's body, although the answer was there already. */
export function brokeOffRequest(c: ConnectionCase): boolean {
  if (!c.begunByClient || c.estimated || c.requestComplete || !answeredEarly(c)) return false;
  if (!c.responseCompleteAtClose || c.closedOnTheWay || c.responseFraming === Framing.untilClose) return false;
  return c.zeroWindowServer > 0 || c.closedAt - c.requestEnded <= STILL_COMING;
}

/** The last response began before its request's body was sent to its end. */
export function answeredEarly(c: ConnectionCase): boolean {
  if (!c.hasRequest || !c.hasResponse) return false;
  if (c.requestFraming !== Framing.contentLength && c.requestFraming !== Framing.chunked) return false;
  if (!c.requestComplete && c.requestBody === 0) return false;
  return !c.requestComplete || c.requestEnded > c.responseBegan;
}
