import type { ExchangeSink, Framing, MessageBegin, MessageHead, Protocol, TlsFacts } from '../http/exchange-sink.ts';

/** Passes on what is read inside of TLS: what is spoken there is the connection's inner protocol. */
export class InnerSink implements ExchangeSink {
  private readonly sink: ExchangeSink;

  constructor(sink: ExchangeSink) {
    this.sink = sink;
  }

  protocol(connection: number, protocol: Protocol): void {
    this.sink.inner(connection, protocol);
  }

  request(connection: number, half: number, head: MessageHead, begin: MessageBegin): number {
    return this.sink.request(connection, half, head, begin);
  }

  requestOf(exchange: number, connection: number, half: number, head: MessageHead, begin: MessageBegin): void {
    this.sink.requestOf(exchange, connection, half, head, begin);
  }

  bodiless(exchange: number, framing: Framing): void {
    this.sink.bodiless(exchange, framing);
  }

  response(connection: number, half: number, exchange: number, head: MessageHead, begin: MessageBegin): number {
    return this.sink.response(connection, half, exchange, head, begin);
  }

  interim(connection: number, half: number, exchange: number, status: number, frame: number): void {
    this.sink.interim(connection, half, exchange, status, frame);
  }

  messageEnd(exchange: number, isResponse: boolean, frame: number, bodyBytes: number, complete: boolean): void {
    this.sink.messageEnd(exchange, isResponse, frame, bodyBytes, complete);
  }

  progress(connection: number, exchange: number, frame: number, bodyBytes: number): void {
    this.sink.progress(connection, exchange, frame, bodyBytes);
  }

  bodySoFar(exchange: number, isResponse: boolean, bodyBytes: number): void {
    this.sink.bodySoFar(exchange, isResponse, bodyBytes);
  }

  inner(connection: number, protocol: Protocol): void {
    this.sink.inner(connection, protocol);
  }

  tls(connection: number, facts: TlsFacts): void {
    this.sink.tls(connection, facts);
  }

  estimated(exchange: number): void {
    this.sink.estimated(exchange);
  }

  roles(connection: number, clientHalf: number): void {
    this.sink.roles(connection, clientHalf);
  }

  anomaly(connection: number, code: string, frame: number): void {
    this.sink.anomaly(connection, code, frame);
  }
}
