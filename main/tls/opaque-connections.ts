import { addToHandshake } from './handshake-cost.ts';
import { tellCloseNotify, tellFatalAlert, tellFinished, tellRenegotiation } from './handshake-reader.ts';
import { SEALED_ALERT } from '../../shared/format/tls-alerts.ts';
import { ContentType } from './record-opener.ts';
import type { TlsConnection } from './tls-connection.ts';
import type { TlsEvents } from './tls-events.ts';
import { HEADER_BYTES, isRead } from './tls-half.ts';
import { type SealedRecord, Turns } from './turns.ts';

/** What sealing a Finished of TLS 1.3 adds to its hash: its header, the type, the tag. */
const FINISHED_OVERHEAD = 4 + 1 + 16;
/** Java hides the lengths of its handshake records and alerts behind so many zeros, and no others (RFC 8446 section 5.4). */
const JAVA_PADDING = 16;
/** The client's certificate and its proof come before; each of them is longer than this. */
const LEAST_CERTIFICATE_BYTES = 1000;
/** Sealed size of an alert in TLS 1.3: level, description, type, tag. */
const ALERT_BYTES_13 = 19;

/** Connections that cannot be read: what their records look like from outside becomes estimated exchanges (Turns). */
export class OpaqueConnections {
  private readonly sink: TlsEvents;
  private readonly clock: Float64Array;

  constructor(sink: TlsEvents, clock: Float64Array) {
    this.sink = sink;
    this.clock = clock;
  }

  /** From here on nothing is opened; those records that did not open are counted. */
  begin(connection: TlsConnection): void {
    connection.opaque = true;
    const { handshake, clientHalf, unopened } = connection;
    handshake.giveUp();
    connection.unopened = [];
    // Without the server's choice (TLS 1.3) HTTP/2 cannot be excluded where the client offered it, and its turns mean nothing.
    const protocols = handshake.alpn ?? handshake.clientHello?.alpn ?? [];
    const isHttp2 = protocols.some((name) => name === 'h2' || name.startsWith('h2-') || name === 'h3');
    // Without the version it is not known which records are the handshake's.
    if (clientHalf < 0 || handshake.version === null || connection.opened || isHttp2) return;
    connection.turns = new Turns(this.sink, this.clock, connection.row, clientHalf);
    for (const record of unopened) this.record(connection, record);
  }

  /** Application data counts as a turn, handshake and alerts do not. */
  record(connection: TlsConnection, record: SealedRecord): void {
    if (connection.shaking !== null) this.handshake(connection, record);
    if (connection.turns === null) return;
    if (record.type === ContentType.handshake && record.half === connection.clientHalf && connection.handshake.version !== '1.3' && connection.turns.hasBegun && !connection.renegotiated) {
      // Sealed, but its type is in the clear: a handshake behind the client's data is another one.
      connection.renegotiated = true;
      tellRenegotiation(this.sink, connection.row, record.frame);
    }
    // What is sealed of alerts behind data is this one, nearly always.
    if (connection.turns.hasBegun && isAlert(connection, record)) tellCloseNotify(this.sink, connection, record.half, record.frame);
    if (record.type !== ContentType.applicationData) return;
    if (connection.handshake.version === '1.3') {
      if (record.half === connection.clientHalf && !connection.clientFinished) {
        connection.clientFinished = isFinished(connection, record);
        return;
      }
      if (!connection.clientFinished || isAlert(connection, record)) return;
    }
    connection.turns.record(record);
  }

  /** What of the first handshake is sealed: by its type, or in TLS 1.3 by its size. */
  private handshake(connection: TlsConnection, record: SealedRecord): void {
    addToHandshake(connection, HEADER_BYTES + record.length);
    const { handshake, halves, clientHalf } = connection;
    const isClients = record.half === clientHalf && record.type === ContentType.applicationData;
    const isAlert = record.length === ALERT_BYTES_13 || record.length === ALERT_BYTES_13 + JAVA_PADDING;
    if (handshake.version !== '1.3') {
      if (record.type === ContentType.handshake) tellFinished(this.sink, connection, record.half, record.time);
    } else if (isClients && isAlert && !connection.clientSealed) {
      // A client that has not come to its Finished has no close to notify of: it does not accept what the server sent.
      if (!handshake.offersEarlyData) tellFatalAlert(this.sink, connection, record.half, record.frame, SEALED_ALERT);
    } else if (record.half === clientHalf && isFinished(connection, record)) {
      // The client has read the server's Finished by then.
      const server = halves[(clientHalf & 1) ^ 1]!;
      server.finished = isRead(server, halves[clientHalf & 1]!.acked);
      tellFinished(this.sink, connection, clientHalf, record.time);
      connection.shaking = null;
    }
    connection.clientSealed ||= isClients && !isAlert;
  }

  closed(connection: TlsConnection): void {
    const server = connection.halves[(connection.clientHalf & 1) ^ 1]!;
    connection.turns?.end(server.passing === 0);
  }
}

/** The last of a client's sealed handshake in TLS 1.3, by its size. */
function isFinished(connection: TlsConnection, { type, length }: SealedRecord): boolean {
  if (type !== ContentType.applicationData) return false;
  if (length > LEAST_CERTIFICATE_BYTES) return true;
  const { suite } = connection.handshake;
  for (const hash of suite === null ? [32, 48] : [suite.hash === 'sha256' ? 32 : 48]) {
    const padding = length - hash - FINISHED_OVERHEAD;
    if (padding === JAVA_PADDING) connection.clientPads = true;
    if (padding === 0 || padding === JAVA_PADDING) return true;
  }
  return false;
}

/** An alert by its type, or in TLS 1.3 by its size. */
function isAlert({ handshake, clientHalf, clientPads }: TlsConnection, { half, type, length }: SealedRecord): boolean {
  if (handshake.version !== '1.3') return type === ContentType.alert;
  return type === ContentType.applicationData && (length === ALERT_BYTES_13 || (clientPads && half === clientHalf && length === ALERT_BYTES_13 + JAVA_PADDING));
}
