/** What TLS reading finds wrong or cannot read. Codes are stable. */
export const tlsAnomalies = {
  'tls-key-wrong': 'the key log has a secret for this TLS connection, but its records do not open with it: it stays unread',
  'tls-cipher-unknown': 'the key log has a secret for this TLS connection, but its version or cipher is not one that can be read',
  'tls-record-damaged': 'a TLS record that does not open: its bytes are not those that its sender sealed',
  'tls-records-lost': 'TLS records after a gap that could not be found again: the rest of this direction is unread',
  'tls-undecryptable': 'several TLS records in a row that do not open: the rest of this direction is unread',
  'tls-framing-lost': 'bytes that are no TLS record: the rest of this direction is unread',
  'tls-memory': 'too many split TLS records at once: one connection was given up',
  'tls-renegotiation': 'a TLS handshake inside a TLS connection (renegotiation)',
  'tls-early-data': 'early data (0-RTT) of a TLS 1.3 client that could not be read',
  'tls-fatal-alert': 'a fatal TLS alert',
} as const;

export type TlsAnomalyCode = keyof typeof tlsAnomalies;
