import type { EndpointReport } from '../../../shared/model/report.ts';

/** Requests for each connection, those that TLS hides among them: "1.02", "~1.00". */
export function perConnection({ requests, estimatedRequests = 0, connections }: Pick<EndpointReport, 'requests' | 'estimatedRequests' | 'connections'>): string {
  if (connections === 0) return '0';
  return `${estimatedRequests === 0 ? '' : '~'}${((requests + estimatedRequests) / connections).toFixed(2)}`;
}
