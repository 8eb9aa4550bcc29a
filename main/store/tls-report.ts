import type { TlsAlertReport, TlsReport } from '../../shared/model/connection.ts';
import type { FrameRef } from '../../shared/model/report.ts';
import { alertName } from '../../shared/format/tls-alerts.ts';
import { secondsFromNanoseconds } from '../../shared/format/time.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { ConnectionBits, TlsBits } from './connection-columns.ts';
import type { ResultStore } from './result-store.ts';

/** What is known of a connection's TLS. */
export function tlsReport(store: ResultStore, row: number, redactHost: (host: string) => string, frame: (id: number) => FrameRef): TlsReport {
  const { connections, strings } = store;
  const text = (id: number): string | null => (id === 0 ? null : strings.text(id));
  const state = connections.tlsState.get(row);
  const has = (bit: number): boolean => (state & bit) !== 0;
  const cipher = text(connections.tlsCipher.get(row));
  const sni = text(connections.tlsSni.get(row));
  const took = connections.tlsHandshakeTime.get(row);
  const alert = fatalAlert(store, row, frame);
  return {
    version: text(connections.tlsVersion.get(row)),
    ...(cipher === null ? {} : { cipher }),
    sni: sni === null ? null : redactHost(sni),
    alpn: text(connections.tlsAlpn.get(row)),
    resumed: has(TlsBits.RESUMED) ? true : has(TlsBits.NOT_RESUMED) ? false : null,
    ...(took === 0 ? {} : { handshake: { seconds: (took - 1) / 1e6, bytes: connections.tlsHandshakeBytes.get(row) } }),
    decrypted: has(TlsBits.DECRYPTED),
    ...(has(TlsBits.EARLY_ACCEPTED) ? { earlyData: 'accepted' as const } : has(TlsBits.EARLY_REJECTED) ? { earlyData: 'rejected' as const } : {}),
    ...(has(TlsBits.RETRIED) ? { retried: true as const } : {}),
    ...(has(TlsBits.KEYS_UPDATED) ? { keysUpdated: true as const } : {}),
    ...(has(TlsBits.RENEGOTIATED) ? { renegotiated: true as const } : {}),
    ...(alert === null ? {} : { alert }),
  };
}

function fatalAlert({ connections, events }: ResultStore, row: number, frame: (id: number) => FrameRef): TlsAlertReport | null {
  const clientSide = (connections.state.get(row) & ConnectionBits.CLIENT_SIDE1) !== 0 ? 1 : 0;
  for (let event = connections.lastEvent.get(row) - 1; event >= 0; event = events.previous.get(event) - 1) {
    const kind = events.kind.get(event);
    if (kind >>> 1 !== EventKind.fatalAlert) continue;
    return {
      from: (kind & 1) === clientSide ? 'client' : 'server',
      name: alertName(events.value.get(event)),
      frame: frame(events.frame.get(event)),
      time: secondsFromNanoseconds(events.time.get(event)),
    };
  }
  return null;
}
