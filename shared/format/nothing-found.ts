import type { CaptureReport, Summary } from '../model/report.ts';
import { plural } from './quantity.ts';

/** What to say where there is no finding: only of requests that could be read does that mean that nothing needs changing. */
export function nothingFound({ soFar = false, summary, captures }: { soFar?: boolean; summary: Summary; captures: readonly CaptureReport[] }): { title: string; text: string } {
  if (soFar) return { title: 'Nothing found so far', text: 'Most is said when everything is read.' };
  if (summary.connections === 0) {
    const packets = captures.reduce((sum, capture) => sum + capture.packets, 0);
    return { title: packets === 0 ? 'There are no packets to read' : `No TCP connection in ${plural(packets, 'packet')}`, text: 'So there is nothing to judge.' };
  }
  const estimated = summary.estimatedRequests ?? 0;
  if (summary.requests + estimated === 0) return { title: 'Nothing found', text: `No HTTP/1.1 request could be read in ${plural(summary.connections, 'TCP connection')}.` };
  if (summary.requests === 0) return { title: 'Nothing found', text: `No request could be read: about ${plural(estimated, 'request')} inside TLS ${estimated === 1 ? 'is' : 'are'} estimated.` };
  return { title: 'Nothing needs changing', text: `${summary.requestsPerConnection.toFixed(1)} requests per connection.` };
}
