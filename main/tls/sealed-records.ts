import type { ExchangeSink } from '../http/exchange-sink.ts';
import type { StreamSink } from '../tcp/stream-sink.ts';
import { tellAnomaly, type TlsAnomalyCode } from './anomalies.ts';
import { EarlyData } from './early-data.ts';
import { HandshakeReader } from './handshake-reader.ts';
import type { TlsLimits } from './limits.ts';
import { OpaqueConnections } from './opaque-connections.ts';
import { PlainText } from './plain-text.ts';
import { ContentType, type OpenedRecord, type RecordOpener } from './record-opener.ts';
import { directionOf, type TlsConnection } from './tls-connection.ts';
import { HEADER_BYTES, type TlsHalf } from './tls-half.ts';
import type { SealedRecord } from './turns.ts';
import type { WaitingMemory } from './waiting-memory.ts';

/** Content of an alert: what comes last is one, nearly always (RFC 8446 section 6.1). */
const ALERT_BYTES = 2;

/** What becomes of records: those in the clear are read, sealed ones opened and given on, or counted where they cannot be. */
export class SealedRecords {
  private readonly sink: ExchangeSink;
  private readonly clock: Float64Array;
  private readonly limits: TlsLimits;
  private readonly plain: PlainText;
  private readonly early: EarlyData;
  private readonly handshakes: HandshakeReader;
  private readonly opaque: OpaqueConnections;

  constructor(sink: ExchangeSink, clock: Float64Array, streams: StreamSink, limits: TlsLimits, memory: WaitingMemory) {
    this.sink = sink;
    this.clock = clock;
    this.limits = limits;
    this.plain = new PlainText(sink, clock, streams);
    this.early = new EarlyData(clock, limits, memory, sink, this.plain);
    this.handshakes = new HandshakeReader(sink, this.early);
    this.opaque = new OpaqueConnections(sink, clock);
  }

  /** Whether the body of the record whose header was just read is needed. */
  wants(connection: TlsConnection, side: TlsHalf): boolean {
    return !connection.opaque || !isSealed(connection, side);
  }

  /**
   * The record at hand, whole.
   *
   * @param body null where it was not wanted
   * @returns false if it should open and does not: its header is not to be believed either
   */
  take(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array | null): boolean {
    if (isSealed(connection, side)) {
      if (!connection.opaque && body !== null && !this.takeSealed(connection, side, half, header, body)) return false;
      if (connection.opaque) this.opaque.record(connection, this.outside(side, half));
      return true;
    }
    if (body === null) return true;
    if (side.type === ContentType.handshake) this.handshakes.read(connection, side, half, body);
    else if (side.type === ContentType.alert) this.handshakes.alert(connection, side, body);
    // TLS 1.3 sends one for show, the client's perhaps before the ServerHello (RFC 8446 appendix D.4).
    else if (side.type === ContentType.changeCipherSpec && connection.handshake.serverHello !== null && connection.handshake.version !== '1.3') {
      side.sealed = true;
      side.messages.lose();
    }
    return true;
  }

  /** The record at hand has its header, but not all of its body, in the capture. */
  lostInPart(connection: TlsConnection, side: TlsHalf, half: number): void {
    side.messages.lose();
    if (!isSealed(connection, side)) return;
    if (!connection.opaque && side.opener === null) this.begin(connection, side, half);
    if (connection.opaque) {
      this.opaque.record(connection, this.outside(side, half));
      return;
    }
    const { opener } = side;
    if (opener === null) {
      side.unsure = true;
      return;
    }
    opener.number++;
    this.lose(connection, side, half, this.contentLost(side, opener, opener.number - 1, HEADER_BYTES + side.bodyLength, 1), side.frame);
  }

  /**
   * Whether what stands behind a loss is a record of this connection; if so, what is lost is told, and the record taken.
   *
   * @param lost bytes from the first that is lost to the record
   * @param follows another record begins where this one ends
   */
  resume(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array, lost: number, follows: boolean): boolean {
    const { opener, epoch } = side;
    if (connection.opaque || opener === null) {
      if (!follows) return false;
      side.messages.lose();
      side.unsure = true;
      return this.take(connection, side, half, header, body);
    }
    const { number } = opener;
    const fewest = opener.fewest(lost);
    opener.number += fewest;
    let opened = this.openAhead(side, opener, header, body, Math.min(opener.most(lost) - fewest, this.limits.lostRecords));
    if (opened === null) opener.number = number;
    let content = epoch === 'application' && opened !== null ? this.contentLost(side, opener, number, lost, opener.number - 1 - number) : 0;
    if (opened === null) {
      opened = this.openWithOther(connection, side, half, header, body, this.limits.lostRecords);
      // Under new keys it may be the first, and nothing of the application's was lost but what the old keys sealed.
      content = epoch === 'application' || side.opener!.number > 1 ? null : 0;
    }
    if (opened === null) return false;
    side.messages.lose();
    this.lose(connection, side, half, content, side.beginFrame);
    this.opened(connection, side, half, opened);
    return true;
  }

  /** No record was found behind a loss, and no more bytes come. */
  lostAtEnd(connection: TlsConnection, side: TlsHalf, half: number, frame: number): void {
    const { opener } = side;
    if (connection.opaque || opener === null) return;
    const lost = side.position - side.lostFrom;
    const content = lost === side.lostLength ? this.contentLost(side, opener, opener.number, lost, 1) : null;
    if (content !== ALERT_BYTES) this.lose(connection, side, half, content, frame);
  }

  /** The rest of a direction is not read. */
  giveUp(connection: TlsConnection, half: number, frame: number): void {
    if (!connection.opaque && connection.opened) this.plain.lose(connection, half, null, frame);
  }

  /** See StreamSink.ended. */
  ended(connection: TlsConnection, half: number, frame: number, reset: boolean): void {
    this.plain.ended(connection, half, frame, reset);
  }

  closed(connection: TlsConnection): void {
    if (connection.unopened.length > 0) this.wrongKeys(connection, connection.unopened[0]!.frame);
    this.early.drop(connection);
    this.opaque.closed(connection);
    this.plain.closed(connection);
  }

  private takeSealed(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array): boolean {
    const { handshake } = connection;
    if (side.type === ContentType.changeCipherSpec && handshake.version === '1.3') {
      if (body.length !== 1 || body[0] !== 1) this.anomaly(connection, 'tls-record-damaged', side.frame);
      return true;
    }
    if (side.opener === null) {
      if (half === connection.clientHalf && handshake.serverHello === null) {
        this.early.hold(connection, side, header, body);
        return true;
      }
      if (!this.begin(connection, side, half)) return true;
    }
    const opened =
      this.openAhead(side, side.opener!, header, body, side.unsure ? this.limits.lostRecords : 0) ??
      (side.epoch === 'handshake' ? this.openWithOther(connection, side, half, header, body, side.unsure ? this.limits.lostRecords : 0) : null);
    if (opened === null) return this.failed(connection, side, half);
    this.opened(connection, side, half, opened);
    return true;
  }

  /** Readies a direction for its first sealed record; false: the connection cannot be read. */
  private begin(connection: TlsConnection, side: TlsHalf, half: number): boolean {
    const { handshake } = connection;
    const { obstacle } = handshake;
    if (obstacle === null) {
      const is13 = handshake.version === '1.3';
      side.sealed = true;
      side.epoch = is13 ? 'handshake' : 'application';
      side.opener = handshake.opener(directionOf(connection, half), side.epoch);
      side.messages.lose();
      return true;
    }
    if (obstacle !== undefined) this.anomaly(connection, obstacle, side.frame);
    this.opaque.begin(connection);
    return false;
  }

  /** Opens a record of TLS 1.3 as one of the first under the next keys, or as early data; the opener that could is this direction's then. */
  private openWithOther(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array, ahead: number): OpenedRecord | null {
    if (side.opener!.version !== '1.3') return null;
    const direction = directionOf(connection, half);
    const next = side.epoch === 'application' ? side.opener!.updated() : connection.handshake.opener(direction, 'application');
    const opened = next === null ? null : this.openAhead(side, next, header, body, ahead);
    if (opened === null) return direction === 'client' && side.epoch === 'handshake' ? this.early.open(connection, header, body) : null;
    side.opener = next;
    side.epoch = 'application';
    return opened;
  }

  /** Opens a record under the next number, or one of the `ahead` after it. */
  private openAhead(side: TlsHalf, opener: RecordOpener, header: Uint8Array, body: Uint8Array, ahead: number): OpenedRecord | null {
    const first = opener.number;
    for (; opener.number <= first + ahead && side.tried <= this.limits.triedBytes; opener.number++) {
      const opened = opener.open(header, body);
      if (opened !== null) return opened;
      side.tried += HEADER_BYTES + body.length;
    }
    opener.number = first;
    return null;
  }

  private opened(connection: TlsConnection, side: TlsHalf, half: number, record: OpenedRecord): void {
    side.unsure = false;
    if (!connection.opened) this.nameUnopened(connection);
    if (record.type === ContentType.applicationData) {
      if (record.content.length > 0) this.plain.give(connection, half, record.content);
    } else if (record.type === ContentType.handshake) this.handshakes.read(connection, side, half, record.content);
    else if (record.type === ContentType.alert) this.handshakes.alert(connection, side, record.content);
    else if (record.type === ContentType.changeCipherSpec && side.opener!.version === '1.2') this.renegotiated(connection, side, half);
  }

  /** The keys are right, after all: what did not open before was damaged. */
  private nameUnopened(connection: TlsConnection): void {
    connection.opened = true;
    for (const { half, type, frame, length } of connection.unopened) {
      const side = connection.halves[half & 1]!;
      this.anomaly(connection, 'tls-record-damaged', frame);
      if (type === ContentType.applicationData) this.lose(connection, side, half, side.opener!.contentOf(HEADER_BYTES + length, 1), frame);
    }
    connection.unopened = [];
  }

  /** The new keys of a renegotiation begin (RFC 5246 section 7.1). */
  private renegotiated(connection: TlsConnection, side: TlsHalf, half: number): void {
    const { obstacle } = connection.handshake;
    if (obstacle === null) {
      side.opener = connection.handshake.opener(directionOf(connection, half), 'application');
      return;
    }
    this.anomaly(connection, obstacle ?? 'tls-hello-missing', side.frame);
    for (let each = 0; each < 2; each++) this.plain.lose(connection, (half & ~1) | each, null, side.frame);
    this.opaque.begin(connection);
  }

  private failed(connection: TlsConnection, side: TlsHalf, half: number): boolean {
    if (half === connection.clientHalf && side.epoch === 'handshake' && connection.handshake.offersEarlyData) {
      // Refused early data: the server passes over what it cannot open, and so do we (RFC 8446 section 4.2.10).
      this.anomaly(connection, 'tls-early-data', side.frame);
      return true;
    }
    if (connection.opened) {
      this.anomaly(connection, 'tls-record-damaged', side.frame);
      return false;
    }
    if (connection.unopened.length + 1 >= this.limits.wrongKeyRecords) this.wrongKeys(connection, side.frame);
    else {
      connection.unopened.push(this.outside(side, half));
      side.opener!.number++;
    }
    return true;
  }

  private wrongKeys(connection: TlsConnection, frame: number): void {
    this.anomaly(connection, 'tls-key-wrong', frame);
    this.opaque.begin(connection);
  }

  /** How much of the application's plain text so many lost records held, from `number` on; null: not known. */
  private contentLost(side: TlsHalf, opener: RecordOpener, number: number, bytes: number, records: number): number | null {
    if (side.epoch !== 'application') return 0;
    // The first of TLS 1.2 is the Finished.
    if (opener.version === '1.2' && number === 0) return records === 1 ? 0 : null;
    return opener.contentOf(bytes, records);
  }

  private lose(connection: TlsConnection, side: TlsHalf, half: number, length: number | null, frame: number): void {
    if (side.epoch === 'application') this.plain.lose(connection, half, length, frame);
  }

  private anomaly(connection: TlsConnection, code: TlsAnomalyCode, frame: number): void {
    tellAnomaly(this.sink, connection.row, code, frame);
  }

  /** What can be seen of the record at hand without opening it. */
  private outside({ type, bodyLength, beginFrame, beginTime, frame }: TlsHalf, half: number): SealedRecord {
    return { half, type, length: bodyLength, beginFrame, beginTime, frame, time: this.clock[0]! };
  }
}

function isSealed({ opaque, clientHalf }: TlsConnection, { sealed, type, opener, bodyLength }: TlsHalf): boolean {
  // A TLS 1.3 handshake that fails does so in the clear.
  if (type === ContentType.alert && bodyLength === 2 && opener?.version === '1.3') return false;
  return sealed || type === ContentType.applicationData || (opaque && clientHalf < 0);
}
