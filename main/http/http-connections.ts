import type { HttpAnomalyCode } from './anomalies.ts';
import { Protocol, type ExchangeSink } from './exchange-sink.ts';

const Told = { UNSOLICITED: 1, INNER: 2 } as const;

/** What is told once of each connection, by slot: its protocol, who is the client, what a tunnel carries. */
export class HttpConnections {
  private readonly sink: ExchangeSink;
  /** -1 while the slot is free. */
  private rows = new Int32Array(8).fill(-1);
  private protocols = new Uint8Array(8);
  private told = new Uint8Array(8);

  constructor(sink: ExchangeSink) {
    this.sink = sink;
  }

  open(slot: number, row: number): void {
    if (slot >= this.rows.length) this.grow(slot);
    this.rows[slot] = row;
    this.protocols[slot] = Protocol.none;
    this.told[slot] = 0;
  }

  isOpen(slot: number): boolean {
    return slot < this.rows.length && this.rows[slot]! >= 0;
  }

  close(slot: number): void {
    this.rows[slot] = -1;
  }

  row(slot: number): number {
    return this.rows[slot]!;
  }

  protocolOf(slot: number): Protocol {
    return this.protocols[slot] as Protocol;
  }

  setProtocol(slot: number, protocol: Protocol): void {
    if (this.protocols[slot] === protocol) return;
    this.protocols[slot] = protocol;
    this.sink.protocol(this.rows[slot]!, protocol);
  }

  /** As setProtocol, where nothing better is known. */
  setFirstProtocol(slot: number, protocol: Protocol): void {
    if (this.protocols[slot] === Protocol.none) this.setProtocol(slot, protocol);
  }

  tellInner(slot: number, protocol: Protocol): void {
    if ((this.told[slot]! & Told.INNER) !== 0) return;
    this.told[slot]! |= Told.INNER;
    this.sink.inner(this.rows[slot]!, protocol);
  }

  tellRoles(clientHalf: number): void {
    this.sink.roles(this.rows[clientHalf >> 1]!, clientHalf);
  }

  anomaly(half: number, code: HttpAnomalyCode, frame: number): void {
    this.sink.anomaly(this.rows[half >> 1]!, code, frame);
  }

  /** Bytes that no request asked for: told once. */
  unsolicited(half: number, frame: number): void {
    const slot = half >> 1;
    if ((this.told[slot]! & Told.UNSOLICITED) !== 0) return;
    this.told[slot]! |= Told.UNSOLICITED;
    this.anomaly(half, 'unsolicited-data', frame);
  }

  private grow(slot: number): void {
    const capacity = Math.max(slot + 1, this.rows.length * 2);
    const { rows, protocols, told } = this;
    (this.rows = new Int32Array(capacity).fill(-1)).set(rows);
    (this.protocols = new Uint8Array(capacity)).set(protocols);
    (this.told = new Uint8Array(capacity)).set(told);
  }
}
