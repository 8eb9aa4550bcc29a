import type { ConnectionCase } from './case.ts';
import type { EndpointGroup } from './endpoint-group.ts';

/** Whether nothing was asked on a connection. Where TLS carries no request at all, a client that does not accept the server's certificate may be why. */
export function isUnused(c: ConnectionCase, group: EndpointGroup): boolean {
  return c.saidNothing && (c.payloadClient === 0 || group.mostExchanges > 0);
}
