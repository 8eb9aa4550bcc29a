import type { ExchangeSink } from '../http/exchange-sink.ts';
import { tellAnomaly } from './anomalies.ts';
import type { PlainText } from './plain-text.ts';
import { ContentType, type OpenedRecord, UNCERTAIN } from './record-opener.ts';
import type { TlsConnection } from './tls-connection.ts';
import type { TlsHalf } from './tls-half.ts';
import type { TlsLimits } from './limits.ts';
import type { WaitingMemory } from './waiting-memory.ts';

/**
 * Early data (RFC 8446 section 2.3): records that a client sends under keys of an earlier session, before the server's
 * hello names the cipher. They are held until the server has said whether it takes them: what it refuses is sent again.
 */
export class EarlyData {
  private readonly clock: Float64Array;
  private readonly limits: TlsLimits;
  private readonly memory: WaitingMemory;
  private readonly sink: ExchangeSink;
  private readonly plain: PlainText;

  constructor(clock: Float64Array, limits: TlsLimits, memory: WaitingMemory, sink: ExchangeSink, plain: PlainText) {
    this.clock = clock;
    this.limits = limits;
    this.memory = memory;
    this.sink = sink;
    this.plain = plain;
  }

  /** Whether a client's record that came now is to be held. */
  awaits({ handshake, clientHalf, halves }: TlsConnection): boolean {
    if (handshake.serverHello === null) return true;
    return handshake.offersEarlyData && handshake.earlyData === null && handshake.hasEarlySecret && handshake.obstacle === null && halves[(clientHalf & 1) ^ 1]!.epoch === 'handshake';
  }

  /** A client's record from before the server's answer. */
  hold(connection: TlsConnection, side: TlsHalf, header: Uint8Array, body: Uint8Array): void {
    const { early, handshake } = connection;
    const held = early.reduce((sum, record) => sum + record.body.length, 0);
    if (!handshake.hasEarlySecret) side.unsure = true;
    else if (connection.earlyLost || held + body.length > this.limits.earlyBytes || !this.memory.reserve(body.length)) connection.earlyLost = true;
    else {
      early.push({ header: header.slice(), body: body.slice(), frame: side.frame, time: this.clock[0]! });
      return;
    }
    if (handshake.offersEarlyData) tellAnomaly(this.sink, connection.row, 'tls-early-data', side.frame);
  }

  /** The server has answered, in part perhaps: opens what was held where it takes it. */
  answered(connection: TlsConnection): void {
    const { earlyData } = connection.handshake;
    if (earlyData === null) return;
    this.sink.tls(connection.row, { earlyData });
    if (earlyData === 'accepted') this.flush(connection);
    else if (connection.early.length > 0) {
      tellAnomaly(this.sink, connection.row, 'tls-early-data', connection.early[0]!.frame);
      this.drop(connection);
    }
  }

  /** The client goes on, and what the server made of the early data is not in the capture. */
  giveUp(connection: TlsConnection): void {
    if (connection.early.length === 0) return;
    tellAnomaly(this.sink, connection.row, 'tls-early-data', connection.early[0]!.frame);
    this.drop(connection);
    this.plain.lose(connection, connection.clientHalf, UNCERTAIN, connection.halves[connection.clientHalf & 1]!.frame);
  }

  private flush(connection: TlsConnection): void {
    const { early } = connection;
    if (early.length === 0) return;
    this.drop(connection);
    const opener = connection.handshake.earlyOpener;
    const half = connection.clientHalf;
    const side = connection.halves[half & 1]!;
    const now = this.clock[0]!;
    for (const { header, body, frame, time } of early) {
      const opened = opener?.open(header, body) ?? null;
      if (opened === null) {
        tellAnomaly(this.sink, connection.row, 'tls-early-data', frame);
        break;
      }
      this.clock[0] = time;
      side.beginTime = time;
      side.beginFrame = side.frame = frame;
      side.acked = 0;
      if (opened.type === ContentType.applicationData && opened.content.length > 0) this.plain.give(connection, half, opened.content);
    }
    this.clock[0] = now;
    if (connection.earlyLost && connection.plainOpened) this.plain.lose(connection, half, UNCERTAIN, side.frame);
  }

  /** A record after the server's answer, which the client may not have got when it sent it. */
  open(connection: TlsConnection, header: Uint8Array, body: Uint8Array): OpenedRecord | null {
    return connection.earlyLost ? null : (connection.handshake.earlyOpener?.open(header, body) ?? null);
  }

  drop(connection: TlsConnection): void {
    for (const { body } of connection.early) this.memory.release(body.length);
    connection.early = [];
  }
}
