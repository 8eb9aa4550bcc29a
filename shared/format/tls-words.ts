import type { TlsReport } from '../model/report.ts';

/** What happened on a TLS connection besides its handshake, in words. */
export function tlsEvents({ earlyData, retried, keysUpdated, renegotiated }: TlsReport): string[] {
  return [
    ...(earlyData === undefined ? [] : [`early data ${earlyData}`]),
    ...(retried ? ['hello asked for again'] : []),
    ...(keysUpdated ? ['keys updated'] : []),
    ...(renegotiated ? ['renegotiated'] : []),
  ];
}
