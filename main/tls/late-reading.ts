import { tellAnomaly } from './anomalies.ts';
import type { LateKeys, LateRecord } from './late-keys.ts';
import type { OpaqueConnections } from './opaque-connections.ts';
import { contentLost, type PlainText } from './plain-text.ts';
import type { TlsConnection } from './tls-connection.ts';
import type { TlsEvents } from './tls-events.ts';
import { HEADER_BYTES, type TlsHalf } from './tls-half.ts';

/** What takes a record that was held; see SealedRecords. */
interface RecordTaker {
  take(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array): boolean;
}

/** Connections that wait for what their keys depend on (LateKeys) are read when it comes, as if they came now, or counted when it does not. */
export class LateReading {
  private readonly sink: TlsEvents;
  private readonly clock: Float64Array;
  private readonly late: LateKeys;
  private readonly opaque: OpaqueConnections;
  private readonly plain: PlainText;
  private readonly records: RecordTaker;

  constructor(sink: TlsEvents, clock: Float64Array, late: LateKeys, opaque: OpaqueConnections, plain: PlainText, records: RecordTaker) {
    this.sink = sink;
    this.clock = clock;
    this.late = late;
    this.opaque = opaque;
    this.plain = plain;
    this.records = records;
  }

  /** The key log has grown, or time has gone by: connections that waited for secrets are read, or wait no more. */
  keysCame(): void {
    for (const connection of this.late.connections()) {
      if (!connection.handshake.awaits) this.read(connection);
      else if (this.late.isOver(connection)) this.end(connection);
    }
  }

  /** Bytes are lost, or the connection is over: what its keys depend on is not waited for any more. */
  end(connection: TlsConnection): void {
    const { late, handshake, row } = connection;
    if (late === null) return;
    const lacksHello = handshake.awaitsHello || handshake.awaitsServer;
    if (!lacksHello && !handshake.lacksKeys()) {
      this.read(connection);
      return;
    }
    const records = this.late.release(connection);
    const code = lacksHello ? handshake.obstacle : 'tls-key-missing';
    if (code) tellAnomaly(this.sink, row, code, records[0]!.frame);
    this.opaque.begin(connection);
    for (const { half, type, body, beginFrame, beginTime, frame, time } of records) if (body !== null) this.opaque.record(connection, { half, type, length: body.length, beginFrame, beginTime, frame, time });
  }

  /** Ends the waiting before the record at hand is taken, which stays at hand. */
  endBefore(connection: TlsConnection, side: TlsHalf): void {
    const { type, bodyLength, beginFrame, beginTime, frame, acked } = side;
    this.end(connection);
    Object.assign(side, { type, bodyLength, beginFrame, beginTime, frame, acked });
  }

  /** What was waited for is there. */
  read(connection: TlsConnection): void {
    const now = this.clock[0]!;
    for (const record of this.late.release(connection)) {
      this.clock[0] = record.time;
      this.take(connection, connection.halves[record.half & 1]!, record);
    }
    this.clock[0] = now;
  }

  private take(connection: TlsConnection, side: TlsHalf, { half, header, body, type, end, beginFrame, beginTime, frame, acked, reset }: LateRecord): void {
    if (body === null) {
      this.plain.ended(connection, half, frame, reset);
      return;
    }
    Object.assign(side, { type, bodyLength: body.length, beginFrame, beginTime, frame, acked });
    if (!this.records.take(connection, side, half, header, body)) {
      if (connection.opened) this.plain.loseSealed(connection, half, contentLost(side, HEADER_BYTES + body.length, 1), frame);
      side.opener!.number++;
    }
    side.marks.mark(end);
  }
}
