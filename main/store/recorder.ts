import { captureOf } from '../capture/frame-id.ts';
import type { AnomalyCounter } from '../decode/anomalies.ts';
import type { ExchangeSink, Framing, MessageBegin, MessageHead, Protocol, TlsFacts } from '../http/exchange-sink.ts';
import { Framing as FramingValue } from '../http/exchange-sink.ts';
import type { ConnectionFacts, ConnectionSink } from '../tcp/connection-sink.ts';
import { FRAMING_AMBIGUITIES } from '../http/anomalies.ts';
import { EventKind } from '../tcp/connection-sink.ts';
import { ConnectionBits, ConnectionInts as I, MAX_EXCHANGES } from './connection-columns.ts';
import { ExchangeBits, ExchangeInts as X } from './exchange-columns.ts';
import { headerOrder } from './header-order.ts';
import { recordConnection } from './record-connection.ts';
import { recordTls } from './record-tls.ts';
import { PAGE_BITS, PAGE_MASK } from './records.ts';
import type { ResultStore } from './result-store.ts';

/** Writes what TCP and HTTP tell into the columns of a ResultStore. */
export class Recorder implements ConnectionSink, ExchangeSink {
  private readonly store: ResultStore;
  private readonly clock: Float64Array;
  private readonly keepHeads: boolean;
  /** By the hash of the names. */
  private readonly headerOrders = new Map<number, number>();
  /** By capture index. */
  private readonly anomalies: readonly AnomalyCounter[];

  constructor(store: ResultStore, clock: Float64Array, anomalies: readonly AnomalyCounter[], keepHeads: boolean) {
    this.store = store;
    this.clock = clock;
    this.anomalies = anomalies;
    this.keepHeads = keepHeads;
  }

  connection(): number {
    return this.store.connections.records.append(this.clock[0]!);
  }

  event(row: number, kind: EventKind, side: number, frame: number, value: number): number {
    const events = this.store.events;
    const { connections } = this.store;
    const event = events.records.append(this.clock[0]!);
    events.connection.set(event, row);
    events.previous.set(event, connections.lastEvent.get(row));
    connections.lastEvent.set(row, event + 1);
    events.kind.set(event, (kind << 1) | side);
    events.frame.set(event, frame);
    events.time.set(event, this.clock[0]!);
    events.value.set(event, value);
    return event;
  }

  eventEnd(event: number, frame: number): void {
    const events = this.store.events;
    events.endFrame.set(event, frame);
    events.endAfter.set(event, this.clock[0]! - events.time.get(event));
  }

  facts(row: number, facts: ConnectionFacts): void {
    recordConnection(this.store, row, facts);
  }

  anomaly(codeOrConnection: string | number, frameOrCode: number | string, frame?: number): void {
    const code = typeof codeOrConnection === 'string' ? codeOrConnection : (frameOrCode as string);
    const at = typeof frameOrCode === 'number' ? frameOrCode : frame!;
    this.anomalies[captureOf(at, this.anomalies.length)]!.count(code, at);
    if (typeof codeOrConnection === 'string') return;
    if (code === 'unsolicited-data') this.event(codeOrConnection, EventKind.unsolicited, 0, at, 0);
    if (MALFORMED.has(code)) this.event(codeOrConnection, EventKind.malformed, 0, at, 0);
    const ambiguity = FRAMING_AMBIGUITIES.indexOf(code);
    if (ambiguity >= 0) this.event(codeOrConnection, EventKind.ambiguous, 0, at, ambiguity);
  }

  request(connection: number, _half: number, head: MessageHead, begin: MessageBegin): number {
    const exchange = this.append(connection, begin);
    this.setRequest(exchange, connection, head, begin);
    return exchange;
  }

  requestOf(exchange: number, connection: number, _half: number, head: MessageHead, begin: MessageBegin): void {
    const { exchanges } = this.store;
    if (begin.time < exchanges.time.get(exchange)) this.beginEarlier(exchange, begin.time);
    // The response is kept as how far behind the request it is.
    const responseFrame = exchanges.responseFrame.get(exchange);
    this.setRequest(exchange, connection, head, begin);
    if (responseFrame !== 0) exchanges.responseFrame.set(exchange, responseFrame);
  }

  bodiless(exchange: number, framing: Framing): void {
    const { exchanges } = this.store;
    const state = (exchanges.state.get(exchange) & ~(7 << ExchangeBits.RESPONSE_FRAMING_SHIFT)) | (framing << ExchangeBits.RESPONSE_FRAMING_SHIFT);
    const isWhole = (state & ExchangeBits.RESPONSE_ENDED) !== 0 && exchanges.responseBody.get(exchange) === 0;
    exchanges.state.set(exchange, state | (isWhole ? ExchangeBits.RESPONSE_COMPLETE : 0));
    exchanges.responseBody.set(exchange, 0);
    if (exchanges.responseExpected.get(exchange) !== 0) exchanges.responseExpected.set(exchange, 0);
  }

  private setRequest(exchange: number, connection: number, head: MessageHead, begin: MessageBegin): void {
    const { connections, exchanges, strings } = this.store;
    const ints = exchanges.records.ints[exchange >>> PAGE_BITS]!;
    const at = (exchange & PAGE_MASK) * X.STRIDE;
    ints[at + X.STATE]! |=
      ExchangeBits.HAS_REQUEST |
      (begin.pipelined ? ExchangeBits.PIPELINED : 0) |
      (head.framing << ExchangeBits.REQUEST_FRAMING_SHIFT) |
      ((head.flags & ExchangeBits.FLAGS_MASK) << ExchangeBits.REQUEST_FLAGS_SHIFT);
    ints[at + X.REQUEST_FRAME] = begin.frame;
    exchanges.namesId.set(exchange, exchanges.names.intern(strings.intern(head.bytes, head.methodStart, head.methodEnd), strings.intern(head.bytes, head.hostStart, head.hostEnd)));
    ints[at + X.TARGET] = strings.keep(head.bytes, head.targetStart, head.targetEnd);
    if (head.framing === FramingValue.contentLength) exchanges.requestBody.set(exchange, head.contentLength);
    if (head.contentRangeEnd > head.contentRangeStart) exchanges.requestContentRange.set(exchange, strings.intern(head.bytes, head.contentRangeStart, head.contentRangeEnd));
    if (this.keepHeads) exchanges.requestHead.set(exchange, strings.intern(head.bytes, head.start, head.end));
    const signs = connections.signsId.get(connection);
    if (connections.signs.clientHeaderOrder(signs) === 0) {
      const agent = strings.intern(head.bytes, head.agentStart, head.agentEnd);
      connections.signsId.set(connection, connections.signs.withClient(signs, agent, this.headerOrder(head)));
    }
  }

  response(connection: number, _half: number, exchange: number, head: MessageHead, begin: MessageBegin): number {
    const row = exchange < 0 ? this.append(connection, begin) : exchange;
    const { connections, exchanges, strings } = this.store;
    const { records } = exchanges;
    const page = row >>> PAGE_BITS;
    const ints = records.ints[page]!;
    const at = (row & PAGE_MASK) * X.STRIDE;
    ints[at + X.STATE]! |=
      ExchangeBits.HAS_RESPONSE | (head.framing << ExchangeBits.RESPONSE_FRAMING_SHIFT) | ((head.flags & ExchangeBits.FLAGS_MASK) << ExchangeBits.RESPONSE_FLAGS_SHIFT);
    exchanges.status.set(row, head.status);
    exchanges.responseFrame.set(row, begin.frame);
    records.putWide(ints, at + X.RESPONSE_AFTER, begin.time - records.getTime(page, at + X.TIME));
    if (head.framing === FramingValue.contentLength) records.putWide(ints, at + X.RESPONSE_BODY, head.contentLength);
    if (head.contentRangeEnd > head.contentRangeStart) exchanges.responseContentRange.set(row, strings.intern(head.bytes, head.contentRangeStart, head.contentRangeEnd));
    if (this.keepHeads) exchanges.responseHead.set(row, strings.intern(head.bytes, head.start, head.end));
    const before = connections.signsId.get(connection);
    const knownAgent = connections.signs.serverAgent(before);
    const knownOrder = connections.signs.serverHeaderOrder(before);
    const agent = knownAgent || strings.intern(head.bytes, head.agentStart, head.agentEnd);
    const order = knownOrder || this.headerOrder(head);
    let signs = before;
    if (agent !== knownAgent || order !== knownOrder) signs = connections.signs.withServer(signs, agent, order);
    if (head.keepAliveTimeout >= 0 || head.keepAliveMax >= 0) signs = connections.signs.withKeepAlive(signs, head.keepAliveTimeout, head.keepAliveMax >= 0);
    if (signs !== before) connections.signsId.set(connection, signs);
    return row;
  }

  interim(connection: number, half: number, exchange: number, status: number, frame: number): void {
    const event = this.event(connection, EventKind.interim, half & 1, frame, status);
    this.store.events.endFrame.set(event, exchange + 1);
  }

  progress(connection: number, exchange: number, frame: number, bodyBytes: number): void {
    const event = this.event(connection, EventKind.progress, 0, frame, bodyBytes);
    this.store.events.endFrame.set(event, exchange + 1);
  }

  bodySoFar(exchange: number, isResponse: boolean, bodyBytes: number): void {
    const { exchanges } = this.store;
    (isResponse ? exchanges.responseSoFar : exchanges.requestSoFar).set(exchange, bodyBytes);
  }

  messageEnd(exchange: number, isResponse: boolean, frame: number, bodyBytes: number, complete: boolean): void {
    const { exchanges } = this.store;
    const { records } = exchanges;
    const page = exchange >>> PAGE_BITS;
    const ints = records.ints[page]!;
    const at = (exchange & PAGE_MASK) * X.STRIDE;
    const after = this.clock[0]! - records.getTime(page, at + X.TIME);
    const state = ints[at + X.STATE]!;
    const framing = ((state >>> (isResponse ? ExchangeBits.RESPONSE_FRAMING_SHIFT : ExchangeBits.REQUEST_FRAMING_SHIFT)) & 7) as Framing;
    if (framing === FramingValue.contentLength) {
      const promised = (isResponse ? exchanges.responseBody : exchanges.requestBody).get(exchange);
      if (promised !== bodyBytes) (isResponse ? exchanges.responseExpected : exchanges.requestExpected).set(exchange, promised + 1);
    }
    (isResponse ? exchanges.responseSoFar : exchanges.requestSoFar).set(exchange, 0);
    if (isResponse) {
      ints[at + X.STATE] = state | ExchangeBits.RESPONSE_ENDED | (complete ? ExchangeBits.RESPONSE_COMPLETE : 0);
      exchanges.responseEndFrame.set(exchange, frame);
      records.putWide(ints, at + X.RESPONSE_END_AFTER, after);
      records.putWide(ints, at + X.RESPONSE_BODY, bodyBytes);
    } else {
      ints[at + X.STATE] = state | ExchangeBits.REQUEST_ENDED | (complete ? ExchangeBits.REQUEST_COMPLETE : 0);
      exchanges.requestEndFrame.set(exchange, frame);
      exchanges.requestEndAfter.set(exchange, after);
      exchanges.requestBody.set(exchange, bodyBytes);
    }
  }

  protocol(connection: number, protocol: Protocol): void {
    this.setBits(connection, ConnectionBits.PROTOCOL_SHIFT, 7, protocol);
  }

  inner(connection: number, protocol: Protocol): void {
    this.setBits(connection, ConnectionBits.INNER_SHIFT, 7, protocol);
  }

  roles(connection: number, clientHalf: number): void {
    this.setBits(connection, ConnectionBits.HTTP_ROLE_SHIFT, 3, (clientHalf & 1) + 1);
  }

  tls(connection: number, facts: TlsFacts): void {
    recordTls(this.store, connection, facts);
  }

  estimated(exchange: number): void {
    const { exchanges } = this.store;
    exchanges.state.set(exchange, exchanges.state.get(exchange) | ExchangeBits.ESTIMATED);
  }

  /** By the hash of the names, so that few heads are read a second time. */
  private headerOrder(head: MessageHead): number {
    let order = this.headerOrders.get(head.namesHash);
    if (order === undefined) this.headerOrders.set(head.namesHash, (order = headerOrder(this.store.strings, head)));
    return order;
  }

  private append(connection: number, begin: MessageBegin): number {
    const { connections, exchanges } = this.store;
    const exchange = exchanges.records.append(begin.time);
    const page = exchange >>> PAGE_BITS;
    const ints = exchanges.records.ints[page]!;
    const at = (exchange & PAGE_MASK) * X.STRIDE;
    const row = connections.records.ints[connection >>> PAGE_BITS]!;
    const place = (connection & PAGE_MASK) * I.STRIDE;
    ints[at + X.CONNECTION] = connection;
    ints[at + X.PREVIOUS] = row[place + I.LAST_EXCHANGE]!;
    row[place + I.LAST_EXCHANGE] = exchange + 1;
    const counts = row[place + I.COUNTS]!;
    if (counts >= 0 && (counts & MAX_EXCHANGES) < MAX_EXCHANGES) row[place + I.COUNTS] = counts + 1;
    else connections.exchanges.set(connection, connections.exchanges.get(connection) + 1);
    exchanges.records.putTime(page, at + X.TIME, begin.time);
    return exchange;
  }

  /** A request told late: the response's times were measured from its own beginning. */
  private beginEarlier(exchange: number, time: number): void {
    const { exchanges } = this.store;
    const first = exchanges.time.get(exchange);
    exchanges.time.set(exchange, time);
    exchanges.responseAfter.set(exchange, exchanges.responseAfter.get(exchange) + first - time);
    exchanges.responseEndAfter.set(exchange, exchanges.responseEndAfter.get(exchange) + first - time);
  }

  private setBits(connection: number, shift: number, mask: number, value: number): void {
    const ints = this.store.connections.records.ints[connection >>> PAGE_BITS]!;
    const at = (connection & PAGE_MASK) * I.STRIDE + I.STATE;
    ints[at] = (ints[at]! & ~(mask << shift)) | (value << shift);
  }
}

/** What a response that cannot be read shows by: it explains why a client gives its connection up. */
const MALFORMED: ReadonlySet<string> = new Set(['status-line-invalid', 'chunk-size-invalid', 'chunk-size-overflow']);
