import type { StreamSink } from '../tcp/stream-sink.ts';
import { tellAnomaly, type TlsAnomalyCode } from './anomalies.ts';
import { EarlyData } from './early-data.ts';
import { addToHandshake, isSilent, isUnfinished } from './handshake-cost.ts';
import { HandshakeReader } from './handshake-reader.ts';
import { LateKeys } from './late-keys.ts';
import { LateReading } from './late-reading.ts';
import type { TlsLimits } from './limits.ts';
import { OpaqueConnections } from './opaque-connections.ts';
import { contentLost, PlainText } from './plain-text.ts';
import { ContentType, type OpenedRecord, UNCERTAIN } from './record-opener.ts';
import { RecordTrials } from './record-trials.ts';
import { directionOf, type TlsConnection } from './tls-connection.ts';
import type { TlsEvents } from './tls-events.ts';
import { HEADER_BYTES, type TlsHalf } from './tls-half.ts';
import type { SealedRecord } from './turns.ts';
import type { WaitingMemory } from './waiting-memory.ts';

/** Content of an alert: what comes last is one, nearly always (RFC 8446 section 6.1). */
const ALERT_BYTES = 2;

/** What becomes of records: those in the clear are read, sealed ones opened and given on, or counted where they cannot be. */
export class SealedRecords {
  private readonly sink: TlsEvents;
  private readonly clock: Float64Array;
  private readonly limits: TlsLimits;
  private readonly plain: PlainText;
  private readonly early: EarlyData;
  private readonly late: LateKeys;
  private readonly lateReading: LateReading;
  private readonly trials: RecordTrials;
  private readonly handshakes: HandshakeReader;
  private readonly opaque: OpaqueConnections;

  constructor(sink: TlsEvents, clock: Float64Array, streams: StreamSink, limits: TlsLimits, memory: WaitingMemory) {
    this.sink = sink;
    this.clock = clock;
    this.limits = limits;
    this.plain = new PlainText(sink, clock, streams, limits, memory);
    this.early = new EarlyData(clock, limits, memory, sink, this.plain);
    this.late = new LateKeys(clock, limits, memory);
    this.trials = new RecordTrials(sink, limits, this.early);
    this.handshakes = new HandshakeReader(sink, clock, this.early);
    this.opaque = new OpaqueConnections(sink, clock);
    this.lateReading = new LateReading(sink, clock, this.late, this.opaque, this.plain, this);
  }

  /** The key log has grown, or time has gone by; see LateReading. */
  keysCame(): void {
    this.lateReading.keysCame();
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
    if (connection.handshake.serverHello === null && half === connection.clientHalf) this.noticeLateServer(connection, side, half);
    if (isSealed(connection, side)) {
      if (!connection.opaque && body !== null && !this.takeSealed(connection, side, half, header, body)) return false;
      if (connection.opaque) this.opaque.record(connection, this.outside(side, half));
      return true;
    }
    addToHandshake(connection, HEADER_BYTES + side.bodyLength);
    if (body === null) return true;
    if (side.type === ContentType.handshake) {
      this.handshakes.read(connection, side, half, body);
      if (connection.late !== null && !connection.handshake.awaits) this.lateReading.read(connection);
    } else if (side.type === ContentType.alert) this.handshakes.alert(connection, side, half, body);
    else if (side.type === ContentType.changeCipherSpec) this.changeCipherSpec(connection, side, body);
    return true;
  }

  /** The record at hand has its header, but not all of its body, in the capture. */
  lostInPart(connection: TlsConnection, side: TlsHalf, half: number): void {
    this.lateReading.end(connection);
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
    this.plain.loseSealed(connection, half, contentLost(side, HEADER_BYTES + side.bodyLength, 1), side.frame);
    opener.number++;
  }

  /**
   * Whether what stands behind a loss is a record of this connection; if so, what is lost is told, and the record taken.
   *
   * @param lost bytes from the first that is lost to the record
   * @param follows another record begins where this one ends
   */
  resume(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array, lost: number, follows: boolean): boolean {
    this.lateReading.end(connection);
    connection.shaking = null;
    const { opener } = side;
    if (connection.opaque || opener === null) {
      if (!follows) return false;
      side.messages.lose();
      side.unsure = true;
      return this.take(connection, side, half, header, body);
    }
    const found = this.trials.behindLoss(connection, side, opener, half, header, body, lost);
    if (found === null) return false;
    side.messages.lose();
    this.plain.loseSealed(connection, half, found.content, side.beginFrame);
    side.marks.mark(side.position);
    side.searching = false;
    this.opened(connection, side, half, found.opened);
    return true;
  }

  /** Whether what stands inside of a record that is not whole is a later record. */
  opensLater(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array, lost: number): boolean {
    if (connection.opaque || connection.late !== null || !isSealed(connection, side) || connection.handshake.serverHello === null) return false;
    if (side.opener === null && !this.begin(connection, side, half)) return false;
    return this.trials.isLater(connection, side, side.opener!, half, header, body, lost);
  }

  /** No record was found behind a loss, and no more bytes come. */
  lostAtEnd(connection: TlsConnection, side: TlsHalf, half: number, frame: number): void {
    const { opener } = side;
    if (!connection.opened || connection.opaque || opener === null) return;
    const lost = side.position - side.lostFrom;
    const content = lost === side.lostLength ? contentLost(side, lost, 1) : UNCERTAIN + lost;
    if (content !== ALERT_BYTES) this.plain.loseSealed(connection, half, content, frame);
  }

  /** The rest of a direction is not read. */
  giveUp(connection: TlsConnection, half: number, frame: number): void {
    this.lateReading.end(connection);
    if (connection.opaque || !connection.opened) return;
    const side = connection.halves[half & 1]!;
    const read = side.searching ? side.lostFrom : side.marks.markedTo;
    this.plain.lose(connection, half, UNCERTAIN + Math.max(0, side.position - read), frame);
  }

  /** A direction was read on. */
  advanced(connection: TlsConnection, half: number): void {
    if (connection.held[(half & 1) ^ 1]!.length > 0) this.plain.catchUp(connection, half ^ 1);
  }

  /** See StreamSink.ended. */
  ended(connection: TlsConnection, half: number, frame: number, reset: boolean): void {
    if (connection.late !== null) this.late.holdEnd(connection, half, frame, reset);
    else this.plain.ended(connection, half, frame, reset);
  }

  closed(connection: TlsConnection): void {
    this.lateReading.end(connection);
    if (connection.unopened.length > 0) this.wrongKeys(connection, connection.unopened[0]!.frame);
    const { obstacle } = connection.handshake;
    const unanswered = connection.halves.find(({ unsure }) => unsure);
    if (obstacle === 'tls-hello-missing' && !connection.opaque && unanswered !== undefined) this.anomaly(connection, obstacle, unanswered.frame);
    if (isUnfinished(connection)) this.sink.tls(connection.row, { unfinished: true });
    else if (isSilent(connection)) this.sink.tls(connection.row, { silent: true });
    this.early.drop(connection);
    this.opaque.closed(connection);
    this.plain.closed(connection);
  }

  /** The client goes on with what it had of the server, and the capture has that later. */
  private noticeLateServer({ handshake, halves }: TlsConnection, side: TlsHalf, half: number): void {
    if (handshake.clientHello !== null && ((side.acked - halves[(half & 1) ^ 1]!.position) | 0) > 0) handshake.serverIsLate = true;
  }

  private takeSealed(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array): boolean {
    if (side.opener === null) {
      const { handshake } = connection;
      if (half === connection.clientHalf && !handshake.awaitsServer && this.early.awaits(connection)) {
        this.early.hold(connection, side, header, body);
        return true;
      }
      if (connection.late !== null || handshake.awaits) {
        if (handshake.awaits && this.late.hold(connection, side, half, header, body)) return true;
        this.lateReading.endBefore(connection, side);
        if (connection.opaque) return true;
      }
      if (side.opener === null && !this.begin(connection, side, half)) return true;
    }
    const ahead = side.unsure ? this.limits.lostRecords : 0;
    const opened = this.trials.ahead(side, side.opener!, header, body, ahead) ?? (side.epoch === 'handshake' ? this.trials.withOther(connection, side, half, header, body, ahead) : null);
    if (opened === null) return this.failed(connection, side, half);
    // Before it, but for the Finished of TLS 1.2, there was the application's.
    const { version, number } = side.opener!;
    if (side.unsure && number > (version === '1.2' ? 2 : 1)) this.plain.loseSealed(connection, half, UNCERTAIN, side.beginFrame);
    this.opened(connection, side, half, opened);
    return true;
  }

  /** RFC 5246 section 7.1; in TLS 1.3 it is for show, the client's perhaps before the ServerHello (RFC 8446 appendix D.4). */
  private changeCipherSpec({ handshake, row }: TlsConnection, side: TlsHalf, body: Uint8Array): void {
    if (body.length !== 1 || body[0] !== 1) tellAnomaly(this.sink, row, 'tls-record-damaged', side.frame);
    side.changedEarly = handshake.serverHello === null;
    if (side.changedEarly || handshake.version === '1.3') return;
    side.sealed = true;
    side.messages.lose();
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

  private opened(connection: TlsConnection, side: TlsHalf, half: number, record: OpenedRecord): void {
    side.unsure = false;
    if (!connection.opened) this.nameUnopened(connection);
    addToHandshake(connection, HEADER_BYTES + side.bodyLength);
    if (record.type === ContentType.applicationData) {
      if (record.content.length > 0) this.plain.give(connection, half, record.content);
    } else if (record.type === ContentType.handshake) this.handshakes.read(connection, side, half, record.content);
    else if (record.type === ContentType.alert) this.handshakes.alert(connection, side, half, record.content);
    else if (record.type === ContentType.changeCipherSpec && side.opener!.version === '1.2') this.renegotiated(connection, side, half);
  }

  /** The keys are right, after all: what did not open before was damaged. */
  private nameUnopened(connection: TlsConnection): void {
    connection.opened = true;
    for (const { frame } of connection.unopened) this.anomaly(connection, 'tls-record-damaged', frame);
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
    for (let each = 0; each < 2; each++) this.plain.lose(connection, (half & ~1) | each, UNCERTAIN, side.frame);
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
    return this.unopened(connection, side, half);
  }

  /**
   * The record at hand does not open, and none of its connection did: damaged, or the keys are wrong. True: they are, and
   * the connection is read no more.
   */
  unopened(connection: TlsConnection, side: TlsHalf, half: number): boolean {
    if (connection.opened) return false;
    if (connection.unopened.length + 1 < this.limits.wrongKeyRecords) {
      connection.unopened.push(this.outside(side, half));
      return false;
    }
    this.wrongKeys(connection, side.frame);
    return true;
  }

  private wrongKeys(connection: TlsConnection, frame: number): void {
    this.anomaly(connection, 'tls-key-wrong', frame);
    this.opaque.begin(connection);
  }

  private anomaly(connection: TlsConnection, code: TlsAnomalyCode, frame: number): void {
    tellAnomaly(this.sink, connection.row, code, frame);
  }

  /** What can be seen of the record at hand without opening it. */
  private outside({ type, bodyLength, beginFrame, beginTime, frame }: TlsHalf, half: number): SealedRecord {
    return { half, type, length: bodyLength, beginFrame, beginTime, frame, time: this.clock[0]! };
  }
}

function isSealed({ opaque, clientHalf, handshake }: TlsConnection, { sealed, changedEarly, type, bodyLength }: TlsHalf): boolean {
  if (handshake.version === '1.3') {
    // Behind both hellos only what is for show, and the alert of a handshake that fails, is in the clear.
    return type === ContentType.applicationData || (type === ContentType.handshake && !handshake.awaitsHello) || (type === ContentType.alert && bodyLength !== ALERT_BYTES);
  }
  if (handshake.awaitsServer && changedEarly) return type !== ContentType.changeCipherSpec;
  return sealed || type === ContentType.applicationData || (opaque && clientHalf < 0);
}
