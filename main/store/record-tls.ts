import type { TlsFacts } from '../http/exchange-sink.ts';
import { TlsBits } from './connection-columns.ts';
import type { ResultStore } from './result-store.ts';

const MAX_UINT32 = 2 ** 32 - 1;

/** Writes what TLS tells of one connection. */
export function recordTls({ connections, strings }: ResultStore, connection: number, facts: TlsFacts): void {
  const { version, sni, alpn, cipher, handshake } = facts;
  if (version) connections.tlsVersion.set(connection, strings.internText(version));
  if (sni) connections.tlsSni.set(connection, strings.internText(sni));
  if (alpn !== undefined && alpn.length > 0) connections.tlsAlpn.set(connection, strings.internText(alpn.join(',')));
  if (cipher) connections.tlsCipher.set(connection, strings.internText(cipher));
  if (handshake !== undefined) {
    connections.tlsHandshakeTime.set(connection, Math.min(MAX_UINT32, 1 + Math.round(Math.max(0, handshake.nanoseconds) / 1000)));
    connections.tlsHandshakeBytes.set(connection, Math.min(MAX_UINT32, handshake.bytes));
  }
  const known = tlsBits(facts);
  if (known !== 0) connections.tlsState.set(connection, connections.tlsState.get(connection) | known);
}

function tlsBits({ decrypted, resumed, earlyData, retried, keysUpdated, renegotiated, unfinished, silent }: TlsFacts): number {
  return (
    (decrypted ? TlsBits.DECRYPTED : 0) |
    (resumed === true ? TlsBits.RESUMED : resumed === false ? TlsBits.NOT_RESUMED : 0) |
    (earlyData === 'accepted' ? TlsBits.EARLY_ACCEPTED : earlyData === 'rejected' ? TlsBits.EARLY_REJECTED : 0) |
    (retried ? TlsBits.RETRIED : 0) |
    (keysUpdated ? TlsBits.KEYS_UPDATED : 0) |
    (renegotiated ? TlsBits.RENEGOTIATED : 0) |
    (unfinished ? TlsBits.UNFINISHED : 0) |
    (silent ? TlsBits.SILENT : 0)
  );
}
