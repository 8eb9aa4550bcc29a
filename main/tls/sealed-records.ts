import { TlsExtension } from './hello.ts';
import type { ExchangeSink } from '../http/exchange-sink.ts';
import type { StreamSink } from '../tcp/stream-sink.ts';
import type { TlsAnomalyCode } from './anomalies.ts';
import { type Direction, type Handshake, HandshakeType } from './handshake.ts';
import type { TlsLimits } from './limits.ts';
import { ContentType, type OpenedRecord, type RecordOpener } from './record-opener.ts';
import type { TlsHalf } from './tls-half.ts';
import { HEADER_BYTES } from './tls-half.ts';
import { Turns } from './turns.ts';

/** One TLS connection while it lives. */
export interface TlsConnection {
  readonly row: number;
  readonly slot: number;
  readonly handshake: Handshake;
  readonly halves: readonly [TlsHalf, TlsHalf];
  /** The half-stream with the ClientHello; -1: not seen. */
  clientHalf: number;
  /** Its records cannot be opened. */
  opaque: boolean;
  /** It begins behind a CONNECT. */
  readonly inTunnel: boolean;
  /** Plain text was given on. */
  plainOpened: boolean;
  /** TLS 1.3: the client's sealed handshake went by. */
  clientFinished: boolean;
  /** Sealed records of a client that wrote before the server's answer (RFC 8446 section 2.3). */
  early: { header: Uint8Array; body: Uint8Array; frame: number; time: number }[] | null;
  turns: Turns | null;
}

/** Sealed sizes of the client's Finished in TLS 1.3: 4 + hash + type + tag. */
const FINISHED_BYTES: ReadonlySet<number> = new Set([53, 69]);
/** Sealed size of an alert in TLS 1.3: level, description, type, tag. */
const ALERT_BYTES_13 = 19;
const FATAL = 2;

/** What becomes of the records of TLS connections: hellos told, sealed ones opened and given on, or counted as turns. */
export class SealedRecords {
  private readonly sink: ExchangeSink;
  private readonly clock: Float64Array;
  private readonly plain: StreamSink;
  private readonly limits: TlsLimits;

  constructor(sink: ExchangeSink, clock: Float64Array, plain: StreamSink, limits: TlsLimits) {
    this.sink = sink;
    this.clock = clock;
    this.plain = plain;
    this.limits = limits;
  }

  /** Whether the body of the record whose header was just read is needed. */
  wants(connection: TlsConnection, side: TlsHalf, half: number): boolean {
    if (!this.isSealed(connection, side)) return true;
    return !connection.opaque && (side.opener !== null || connection.clientHalf === half || connection.handshake.serverHello !== null);
  }

  /** @param body null where it was not wanted */
  take(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array | null, frame: number, acked: number): void {
    const type = header[0]!;
    if (this.isSealed(connection, side)) {
      if (!connection.opaque && body !== null) this.takeSealed(connection, side, half, header, body, frame, acked);
      if (connection.opaque) this.turn(connection, side, half, type, frame);
    } else if (type === ContentType.handshake && body !== null) this.handshake(connection, side, half, body, frame);
    else if (type === ContentType.alert && body !== null) this.alert(connection, body, frame);
    else if (type === ContentType.changeCipherSpec && connection.handshake.version !== '1.3') {
      // Until the ServerHello is read a client's may be the one that TLS 1.3 sends for show (RFC 8446 appendix D.4).
      side.sealed = connection.handshake.serverHello !== null;
      side.opener = side.sealed ? this.firstOpener(connection, half, frame) : null;
      side.epoch = 'application';
    }
  }

  /** A record of which bytes are missing. */
  damaged(connection: TlsConnection, side: TlsHalf, half: number, frame: number): void {
    if (!this.isSealed(connection, side)) {
      side.messages.lose();
      return;
    }
    if (connection.opaque || side.opener === null) return;
    side.opener.number++;
    this.lose(connection, side, half, Math.max(0, side.bodyLength - side.opener.overhead), frame);
  }

  /**
   * Whether the record of `header` and `body`, found behind a gap at position `at`, is one of this connection's; if so
   * the bytes in between are told as missing and the record's number is the next.
   *
   * @param follows another record begins where it ends
   */
  resume(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array, at: number, follows: boolean, frame: number): boolean {
    const { opener } = side;
    if (connection.opaque || opener === null) return follows;
    const before = opener.number;
    const opened = this.open(connection, side, half, header, body, this.limits.lostRecords);
    if (opened === null) return false;
    const now = side.opener!;
    now.number--;
    const records = now === opener ? now.number - before : 0;
    this.lose(connection, side, half, Math.max(1, at - side.lostFrom - records * (HEADER_BYTES + now.overhead)), frame);
    return true;
  }

  ended(connection: TlsConnection, half: number, frame: number, reset: boolean): void {
    if (connection.plainOpened) this.plain.ended(half, frame, reset);
  }

  closed(connection: TlsConnection, slot: number): void {
    if (connection.plainOpened) this.plain.closed(slot);
    const server = connection.halves[(connection.clientHalf & 1) ^ 1]!;
    connection.turns?.end(server.remaining === 0);
  }

  private isSealed(connection: TlsConnection, side: TlsHalf): boolean {
    return side.sealed || side.header[0] === ContentType.applicationData || (connection.opaque && connection.clientHalf < 0);
  }

  private takeSealed(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array, frame: number, acked: number): void {
    const { handshake } = connection;
    if (handshake.version === '1.3' && header[0] === ContentType.changeCipherSpec) return;
    if (half === connection.clientHalf && handshake.serverHello === null) {
      this.hold(connection, header, body, frame);
      return;
    }
    side.opener ??= this.firstOpener(connection, half, frame);
    if (side.opener === null) {
      this.becomeOpaque(connection);
      return;
    }
    const opened = this.open(connection, side, half, header, body, 0);
    if (opened === null) this.failed(connection, side, half, frame);
    else {
      side.failures = 0;
      side.opened = true;
      this.opened(connection, side, half, opened, frame, acked);
    }
  }

  private opened(connection: TlsConnection, side: TlsHalf, half: number, record: OpenedRecord, frame: number, acked: number): void {
    if (record.type === ContentType.handshake) this.handshake(connection, side, half, record.content, frame);
    else if (record.type === ContentType.alert) this.alert(connection, record.content, frame);
    else if (record.type === ContentType.applicationData && record.content.length > 0) this.giveOn(connection, side, half, record.content, frame, acked);
  }

  /** Opens a record under the next number, or one of the `ahead` after it, or as one of the first of the next epoch. */
  private open(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array, ahead: number): OpenedRecord | null {
    const now = openAhead(side.opener!, header, body, ahead);
    if (now !== null) return now;
    const { handshake } = connection;
    const direction = this.directionOf(connection, half);
    if (side.epoch !== 'application') {
      const later = handshake.opener(direction, 'application');
      const opened = later === null ? null : openAhead(later, header, body, ahead);
      if (opened === null && direction === 'client' && side.epoch === 'handshake') return this.openEarly(connection, header, body);
      if (opened === null) return null;
      side.opener = later;
      side.epoch = 'application';
      return opened;
    }
    if (handshake.version !== '1.3' || ahead === 0) return null;
    const updated = handshake.updated(direction);
    const opened = updated === null ? null : openAhead(updated.opener, header, body, ahead);
    if (opened === null) return null;
    updated!.commit();
    side.opener = updated!.opener;
    return opened;
  }

  /** A client that offered early data may still be sending it after the server's answer. */
  private openEarly(connection: TlsConnection, header: Uint8Array, body: Uint8Array): OpenedRecord | null {
    if (connection.handshake.clientHello?.extensions.has(TlsExtension.earlyData) !== true) return null;
    return connection.handshake.earlyOpener?.open(header, body) ?? null;
  }

  private failed(connection: TlsConnection, side: TlsHalf, half: number, frame: number): void {
    const { handshake } = connection;
    if (side.epoch === 'handshake' && half === connection.clientHalf && handshake.clientHello?.extensions.has(TlsExtension.earlyData) === true) {
      // Refused early data: the server passes over what it cannot open, and so do we (RFC 8446 section 4.2.10).
      this.anomaly(connection, 'tls-early-data', frame);
      return;
    }
    if (!connection.halves[0].opened && !connection.halves[1].opened) {
      this.anomaly(connection, 'tls-key-wrong', frame);
      this.becomeOpaque(connection);
      return;
    }
    side.failures++;
    side.opener!.number++;
    this.anomaly(connection, 'tls-record-damaged', frame);
    this.lose(connection, side, half, Math.max(0, side.bodyLength - side.opener!.overhead), frame);
    if (side.failures < this.limits.failures) return;
    this.anomaly(connection, 'tls-undecryptable', frame);
    side.dead = true;
  }

  /** Plain text of a direction that is lost, if it was that of the application. */
  private lose(connection: TlsConnection, side: TlsHalf, half: number, bytes: number, frame: number): void {
    side.messages.lose();
    if (side.epoch !== 'application' || bytes === 0) return;
    this.openPlain(connection);
    this.plain.missing(half, bytes, frame, false);
    side.plain += bytes;
  }

  private giveOn(connection: TlsConnection, side: TlsHalf, half: number, content: Uint8Array, frame: number, acked: number): void {
    this.openPlain(connection);
    const other = connection.halves[(half & 1) ^ 1]!.plainUpTo(acked);
    if (side.beginFrame === frame) this.plain.data(half, content, 0, content.length, frame, other);
    else {
      // A message that begins in this record began where the record did.
      const now = this.clock[0]!;
      this.clock[0] = side.beginTime;
      this.plain.data(half, content, 0, 1, side.beginFrame, other);
      this.clock[0] = now;
      if (content.length > 1) this.plain.data(half, content, 1, content.length, frame, other);
    }
    side.plain += content.length;
  }

  private openPlain(connection: TlsConnection): void {
    if (connection.plainOpened) return;
    connection.plainOpened = true;
    this.plain.opened(connection.slot, connection.row, false);
    this.sink.tls(connection.row, { decrypted: true });
  }

  private handshake(connection: TlsConnection, side: TlsHalf, half: number, content: Uint8Array, frame: number): void {
    side.messages.add(content, (type, message) => this.message(connection, side, half, type, message, frame));
  }

  private message(connection: TlsConnection, side: TlsHalf, half: number, type: number, message: Uint8Array, frame: number): void {
    const { handshake } = connection;
    switch (type) {
      case HandshakeType.clientHello:
        if (handshake.serverHello !== null && !handshake.retried) this.anomaly(connection, 'tls-renegotiation', frame);
        connection.clientHalf = half;
        this.sink.roles(connection.row, half);
        this.sink.tls(connection.row, { version: null, sni: handshake.hello(message).sni, alpn: handshake.clientHello!.alpn });
        return;
      case HandshakeType.serverHello:
        handshake.hello(message);
        if (handshake.serverHello === null) return;
        this.sink.tls(connection.row, { version: handshake.version, alpn: handshake.alpn ?? [], resumed: handshake.version === '1.3' ? handshake.resumed : null });
        this.flushEarly(connection, half ^ 1);
        return;
      case HandshakeType.encryptedExtensions:
        handshake.encryptedExtensions(message.subarray(4));
        this.sink.tls(connection.row, { alpn: handshake.alpn ?? [] });
        return;
      case HandshakeType.certificate:
        if (half !== connection.clientHalf) handshake.sawCertificate = true;
        return;
      case HandshakeType.finished:
        if (handshake.version !== '1.3') this.sink.tls(connection.row, { resumed: handshake.resumed });
        else if (side.epoch !== 'application') {
          side.epoch = 'application';
          side.opener = handshake.opener(this.directionOf(connection, half), 'application');
          if (side.opener === null) this.becomeOpaque(connection);
        }
        return;
      case HandshakeType.keyUpdate: {
        const updated = handshake.updated(this.directionOf(connection, half));
        updated?.commit();
        side.opener = updated?.opener ?? null;
      }
    }
  }

  private alert(connection: TlsConnection, content: Uint8Array, frame: number): void {
    if (content.length === 2 && content[0] === FATAL) this.anomaly(connection, 'tls-fatal-alert', frame);
  }

  private firstOpener(connection: TlsConnection, half: number, frame: number): RecordOpener | null {
    const { handshake } = connection;
    const opener = handshake.opener(this.directionOf(connection, half), handshake.version === '1.3' ? 'handshake' : 'application');
    if (opener === null && handshake.hasSecret) this.anomaly(connection, 'tls-cipher-unknown', frame);
    return opener;
  }

  /** Keeps a client's early record until the server's answer names the cipher. */
  private hold(connection: TlsConnection, header: Uint8Array, body: Uint8Array, frame: number): void {
    connection.early ??= [];
    const held = connection.early.reduce((sum, record) => sum + record.body.length, 0);
    if (held + body.length > this.limits.earlyBytes) this.anomaly(connection, 'tls-early-data', frame);
    else connection.early.push({ header: header.slice(), body: body.slice(), frame, time: this.clock[0]! });
  }

  private flushEarly(connection: TlsConnection, clientHalf: number): void {
    const { early, handshake } = connection;
    connection.early = null;
    if (early === null) return;
    const opener = handshake.earlyOpener;
    const side = connection.halves[clientHalf & 1]!;
    const now = this.clock[0]!;
    for (const { header, body, frame, time } of early) {
      const opened = opener?.open(header, body) ?? null;
      if (opened === null) {
        this.anomaly(connection, 'tls-early-data', frame);
        break;
      }
      this.clock[0] = time;
      side.beginFrame = frame;
      this.opened(connection, side, clientHalf, opened, frame, 0);
    }
    this.clock[0] = now;
  }

  private becomeOpaque(connection: TlsConnection): void {
    connection.opaque = true;
    const { handshake, clientHalf } = connection;
    // Without the server's choice (TLS 1.3) HTTP/2 cannot be excluded where the client offered it, and its turns mean nothing.
    const protocols = handshake.alpn ?? handshake.clientHello?.alpn ?? [];
    if (clientHalf < 0 || connection.inTunnel || connection.plainOpened || protocols.some((name) => name === 'h2' || name.startsWith('h2-') || name === 'h3')) return;
    connection.turns = new Turns(this.sink, this.clock, connection.row, clientHalf);
  }

  /** A sealed record of a connection that cannot be read: application data counts as a turn, handshake and alerts do not. */
  private turn(connection: TlsConnection, side: TlsHalf, half: number, type: number, frame: number): void {
    if (connection.turns === null || type !== ContentType.applicationData) return;
    const { bodyLength } = side;
    if (connection.handshake.version === '1.3') {
      if (half === connection.clientHalf && !connection.clientFinished) {
        // A certificate and its proof may come before; each of them is longer.
        connection.clientFinished = FINISHED_BYTES.has(bodyLength) || bodyLength > 1000;
        return;
      }
      if (!connection.clientFinished || bodyLength === ALERT_BYTES_13) return;
    }
    const { beginFrame, beginTime } = side;
    connection.turns.record(half, { beginFrame, beginTime, frame, time: this.clock[0]!, bytes: Math.max(0, bodyLength - 17) });
  }

  private directionOf(connection: TlsConnection, half: number): Direction {
    return half === connection.clientHalf ? 'client' : 'server';
  }

  private anomaly(connection: TlsConnection, code: TlsAnomalyCode, frame: number): void {
    this.sink.anomaly(connection.row, code, frame);
  }
}

function openAhead(opener: RecordOpener, header: Uint8Array, body: Uint8Array, ahead: number): OpenedRecord | null {
  const first = opener.number;
  for (; opener.number <= first + ahead; opener.number++) {
    const opened = opener.open(header, body);
    if (opened !== null) return opened;
  }
  opener.number = first;
  return null;
}
