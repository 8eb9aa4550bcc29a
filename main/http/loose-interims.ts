import type { ExchangeSink } from './exchange-sink.ts';

interface LooseInterim {
  readonly half: number;
  readonly status: number;
  readonly frame: number;
  readonly time: number;
}

/** Held of one connection; more are told as they are. */
const LIMIT = 16;

/**
 * Interim responses whose request is not known when they come: it may stand behind a hole that is still waited for. They
 * belong to the exchange of the final response that follows them (RFC 9110 section 15.2), so they are held until that is
 * told, or until the order of the responses is lost.
 */
export class LooseInterims {
  private readonly sink: ExchangeSink;
  private readonly clock: Float64Array;
  /** By slot. */
  private readonly held = new Map<number, LooseInterim[]>();

  constructor(sink: ExchangeSink, clock: Float64Array) {
    this.sink = sink;
    this.clock = clock;
  }

  hold(slot: number, connection: number, half: number, status: number, frame: number, time: number): void {
    let list = this.held.get(slot);
    if (list === undefined) this.held.set(slot, (list = []));
    list.push({ half, status, frame, time });
    if (list.length >= LIMIT) this.tell(slot, connection, -1);
  }

  /** Tells what is held of a connection as part of an exchange, -1 where there is none; each at its own time. */
  tell(slot: number, connection: number, exchange: number): void {
    if (this.held.size === 0) return;
    const list = this.held.get(slot);
    if (list === undefined) return;
    this.held.delete(slot);
    const now = this.clock[0]!;
    for (const { half, status, frame, time } of list) {
      this.clock[0] = time;
      this.sink.interim(connection, half, exchange, status, frame);
    }
    this.clock[0] = now;
  }
}
