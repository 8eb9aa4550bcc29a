import type { TlsReport } from '../model/connection.ts';
import type { EndpointReport } from '../model/report.ts';
import { formatCount } from './quantity.ts';

/** What happened on a TLS connection besides its handshake, in words. */
export function tlsEvents({ earlyData, retried, keysUpdated, renegotiated, alert }: TlsReport): string[] {
  return [
    ...(earlyData === undefined ? [] : [`early data ${earlyData}`]),
    ...(retried ? ['hello asked for again'] : []),
    ...(keysUpdated ? ['keys updated'] : []),
    ...(renegotiated ? ['renegotiated'] : []),
    ...(alert === undefined ? [] : [`fatal alert of the ${alert.from}: ${alert.name}`]),
  ];
}

/** Requests that were read, and behind ~ those that TLS hides: "12", "~30", "12 + ~30". */
export function requestCount({ requests, estimatedRequests = 0 }: Pick<EndpointReport, 'requests' | 'estimatedRequests'>): string {
  if (estimatedRequests === 0) return formatCount(requests);
  return `${requests === 0 ? '' : `${formatCount(requests)} + `}~${formatCount(estimatedRequests)}`;
}
