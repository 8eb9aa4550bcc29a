import { type ExchangeSink, Protocol } from '../http/exchange-sink.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { tellAnomaly } from './anomalies.ts';
import type { EarlyData } from './early-data.ts';
import { beginHandshake, endHandshake } from './handshake-cost.ts';
import { HandshakeType } from './handshake.ts';
import { directionOf, type TlsConnection } from './tls-connection.ts';
import type { TlsEvents } from './tls-events.ts';
import type { TlsHalf } from './tls-half.ts';

const FATAL = 2;
const CLOSE_NOTIFY = 0;
const USER_CANCELED = 90;

/** @param row of the connection */
export function tellRenegotiation(sink: ExchangeSink, row: number, frame: number): void {
  tellAnomaly(sink, row, 'tls-renegotiation', frame);
  sink.tls(row, { renegotiated: true });
}

/** The first of a connection is told: `clock[0]` is its time; and, behind it, that of the other side where it acknowledges bytes that the capture has only later, this one among them. */
export function tellCloseNotify(sink: TlsEvents, connection: TlsConnection, half: number, frame: number): void {
  if (connection.notified && half !== connection.notifiesLate) return;
  const { acked } = connection.halves[half & 1]!;
  const isAnswer = !connection.notified && ((acked - connection.halves[(half & 1) ^ 1]!.position) | 0) > 0;
  connection.notified = true;
  connection.notifiesLate = isAnswer ? half ^ 1 : -1;
  sink.event(connection.row, EventKind.closeNotify, half & 1, frame, 0);
}

/** The first of a connection is told as an event: it is what ends it. */
export function tellFatalAlert(sink: TlsEvents, connection: TlsConnection, half: number, frame: number, description: number): void {
  tellAnomaly(sink, connection.row, 'tls-fatal-alert', frame);
  if (connection.alerted) return;
  connection.alerted = true;
  sink.event(connection.row, EventKind.fatalAlert, half & 1, frame, description);
}

/** The handshake ends with the Finished of the side that sends it last. */
export function tellFinished(sink: TlsEvents, connection: TlsConnection, half: number, time: number): void {
  connection.halves[half & 1]!.finished = true;
  if (connection.halves.every(({ finished }) => finished)) endHandshake(sink, connection, time);
}

/** TLS 1.2, captured out of order: a side's records are sealed already, and how many went by is not known. */
function sealEarlier({ halves }: TlsConnection): void {
  for (const side of halves) {
    if (!side.changedEarly) continue;
    side.changedEarly = false;
    side.sealed = side.unsure = true;
    side.messages.lose();
  }
}

/** Reads the messages of handshakes, in the clear and opened ones, and alerts; sets the keys that follow from them. */
export class HandshakeReader {
  private readonly sink: TlsEvents;
  private readonly clock: Float64Array;
  private readonly early: EarlyData;

  constructor(sink: TlsEvents, clock: Float64Array, early: EarlyData) {
    this.sink = sink;
    this.clock = clock;
    this.early = early;
  }

  /** The content of a handshake record. */
  read(connection: TlsConnection, side: TlsHalf, half: number, content: Uint8Array): void {
    side.messages.add(content, (type, message) => this.message(connection, side, half, type, message));
  }

  /** RFC 8446 section 6. */
  alert(connection: TlsConnection, side: TlsHalf, half: number, content: Uint8Array): void {
    if (content.length !== 2) return;
    const description = content[1]!;
    if (description === CLOSE_NOTIFY) tellCloseNotify(this.sink, connection, half, side.frame);
    // TLS 1.3 goes by the description alone.
    else if (content[0] === FATAL || (connection.handshake.version === '1.3' && description !== USER_CANCELED)) tellFatalAlert(this.sink, connection, half, side.frame, description);
  }

  private message(connection: TlsConnection, side: TlsHalf, half: number, type: number, message: Uint8Array): void {
    const { handshake, row } = connection;
    const isClient = half === connection.clientHalf;
    const is13 = handshake.version === '1.3';
    switch (type) {
      case HandshakeType.clientHello:
        this.clientHello(connection, side, half, message);
        return;
      case HandshakeType.serverHello:
        if (isClient || (side.opener !== null && is13)) return;
        handshake.hello(message);
        if (handshake.retried) this.sink.tls(row, { retried: true, version: '1.3' });
        if (handshake.serverHello === null) return;
        this.sink.tls(row, { version: handshake.version, cipher: handshake.suiteName ?? '', resumed: handshake.version === '1.3' ? handshake.resumed : null });
        this.tellAlpn(connection);
        this.early.answered(connection);
        if (handshake.version !== '1.3') sealEarlier(connection);
        return;
      case HandshakeType.newSessionTicket:
        if (!isClient && handshake.version !== '1.3') handshake.newSessionTicket(message.subarray(4));
        return;
      case HandshakeType.encryptedExtensions:
        if (isClient || !is13 || side.opener === null) return;
        handshake.encryptedExtensions(message.subarray(4));
        this.tellAlpn(connection);
        this.early.answered(connection);
        return;
      case HandshakeType.certificate:
        if (!isClient) handshake.sawCertificate = true;
        return;
      case HandshakeType.finished:
        if (side.opener === null) return;
        tellFinished(this.sink, connection, half, this.clock[0]!);
        if (!is13) this.sink.tls(row, { resumed: handshake.resumed });
        else if (side.epoch === 'handshake') {
          if (isClient) this.early.giveUp(connection);
          side.epoch = 'application';
          side.opener = handshake.opener(directionOf(connection, half), 'application');
        }
        return;
      case HandshakeType.keyUpdate:
        // RFC 8446 section 4.6.3.
        if (!is13 || side.epoch !== 'application') return;
        side.opener = side.opener!.updated();
        this.sink.tls(row, { keysUpdated: true });
    }
  }

  /** The first, the one after a HelloRetryRequest, or that of a renegotiation in TLS 1.2. */
  private clientHello(connection: TlsConnection, side: TlsHalf, half: number, message: Uint8Array): void {
    const { handshake, row } = connection;
    if (connection.clientHalf >= 0 && connection.clientHalf !== half) return;
    if (side.opener?.version === '1.3') return;
    if (side.opener !== null) tellRenegotiation(this.sink, row, side.frame);
    const { sni, alpn } = handshake.hello(message);
    if (connection.clientHalf < 0) this.sink.roles(row, half);
    beginHandshake(connection, side.beginTime);
    connection.clientHalf = half;
    this.sink.tls(row, { sni, alpn });
    this.tellAlpn(connection);
  }

  private tellAlpn({ handshake, row }: TlsConnection): void {
    if (handshake.alpn === null) return;
    this.sink.tls(row, { alpn: handshake.alpn });
    if (handshake.alpn[0] === 'h2') this.sink.inner(row, Protocol.http2);
  }
}
