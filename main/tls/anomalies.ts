import type { ExchangeSink } from '../http/exchange-sink.ts';

/** What TLS reading finds wrong or cannot read. Codes are stable. */
export const tlsAnomalies = {
  'tls-key-missing': 'the key log given lacks a secret of this TLS connection: it stays unread',
  'tls-key-wrong': 'the key log has the secrets of this TLS connection, but its records do not open with them: it stays unread',
  'tls-hello-missing': 'a key log was given, but the ClientHello or the ServerHello of this TLS connection is not in the capture: it stays unread',
  'tls-cipher-unknown': 'the key log has the secrets of this TLS connection, but its version or cipher is not one that can be read',
  'tls-record-damaged': 'a TLS record that does not open: its bytes are not those that its sender sealed',
  'tls-record-unfinished': 'a TLS record that the end of its connection cut off',
  'tls-records-lost': 'TLS records after a gap or damage that could not be found again: the rest of this direction is unread',
  'tls-framing-lost': 'bytes that are no TLS record where one should begin',
  'tls-memory': 'too many split TLS records at once: a direction of a connection was given up',
  'tls-renegotiation': 'a TLS handshake inside a TLS connection (renegotiation)',
  'tls-early-data': 'early data (0-RTT) of a TLS 1.3 client that could not be read, or that its server refused',
  'tls-fatal-alert': 'a fatal TLS alert',
} as const;

export type TlsAnomalyCode = keyof typeof tlsAnomalies;

/** @param row of the connection */
export function tellAnomaly(sink: ExchangeSink, row: number, code: TlsAnomalyCode, frame: number): void {
  sink.anomaly(row, code, frame);
}
