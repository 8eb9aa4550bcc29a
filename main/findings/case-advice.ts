import type { CloseCause } from '../../shared/model/report.ts';
import type { ConnectionCase } from './case.ts';
import { brokeOffRequest } from './close-shape.ts';
import { tlsAdvice } from './tls-handshake.ts';

/** Idle for longer before its last request, a connection may have been forgotten by what lies between. */
const IDLE_FROM = 1e9;

/** What to change about connections like this one, where what the catalogue says is for other cases of the cause; null where it fits. */
export function caseAdvice(cause: CloseCause, x: ConnectionCase): string | null {
  if (cause === 'client-abort' && brokeOffRequest(x)) return 'Let the server read a request to its end before it answers, or have the client ask first, with "Expect: 100-continue".';
  if (cause === 'client-timeout' && x.hasRequest && !x.requestComplete) return 'Look at what held the request body up: the program that makes it, the network, or the server\'s receive window. Set the client\'s timeout above what the upload takes.';
  if (cause === 'middlebox' && !x.closed && !layIdle(x)) return 'Find what on the way drops these packets. Where small ones come through and large ones do not, the path takes less than both ends believe: let "packet too big" (ICMP) through, or lower the MTU or the MSS.';
  return tlsAdvice(cause, x);
}

/** Nothing had been under way for a while when the last request was sent. */
function layIdle(x: ConnectionCase): boolean {
  const since = x.exchanges > 1 ? x.previousEnded : x.startedAt;
  return !(x.requestBegan - since < IDLE_FROM);
}
