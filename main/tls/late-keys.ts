import type { TlsLimits } from './limits.ts';
import type { TlsConnection } from './tls-connection.ts';
import { HEADER_BYTES, type TlsHalf } from './tls-half.ts';
import type { WaitingMemory } from './waiting-memory.ts';

/** What holding a record costs besides its body. */
const HELD_BYTES = 256;

/** A sealed record that waits for its secret, or the end of a half-stream among them (`body` null). */
export interface LateRecord {
  readonly half: number;
  readonly header: Uint8Array;
  readonly body: Uint8Array | null;
  readonly type: number;
  /** Position behind it in its half-stream. */
  readonly end: number;
  readonly beginFrame: number;
  readonly beginTime: number;
  readonly frame: number;
  readonly time: number;
  readonly acked: number;
  /** Of an end: it was a reset. */
  readonly reset: boolean;
}

const NOTHING = new Uint8Array(0);

/**
 * Connections whose secrets are not in the key log yet, while it may still grow: a program writes them at its handshake,
 * but who captures may see the packets first. And those whose ClientHello, which the secrets are found by, was captured
 * behind the server's answer. Bounded in bytes and in time of the capture.
 */
export class LateKeys {
  private readonly clock: Float64Array;
  private readonly limits: TlsLimits;
  private readonly memory: WaitingMemory;
  private readonly waiting = new Set<TlsConnection>();

  constructor(clock: Float64Array, limits: TlsLimits, memory: WaitingMemory) {
    this.clock = clock;
    this.limits = limits;
    this.memory = memory;
  }

  /** Connections that wait. */
  connections(): TlsConnection[] {
    return [...this.waiting];
  }

  /** Whether a connection has waited as long as it may. */
  isOver({ late }: TlsConnection): boolean {
    return late !== null && late.length > 0 && this.clock[0]! - late[0]!.time > this.limits.lateNanoseconds;
  }

  /** Keeps the record at hand; false: there is no room, or no time, for it. */
  hold(connection: TlsConnection, side: TlsHalf, half: number, header: Uint8Array, body: Uint8Array): boolean {
    // Who answers a hello has got it: where not even the client's SYN was captured before, what was acknowledged is not known.
    if (connection.handshake.awaitsHello && side.acked === 0) return false;
    const bytes = body.length + HELD_BYTES;
    const most = connection.handshake.awaitsHello ? this.limits.earlyBytes : this.limits.lateBytes;
    if (this.isOver(connection) || connection.lateBytes + bytes > most || !this.memory.reserve(bytes)) return false;
    connection.lateBytes += bytes;
    const { type, beginFrame, beginTime, frame, acked, position } = side;
    this.push(connection, {
      half,
      header: header.slice(),
      body: body.slice(),
      type,
      end: position + HEADER_BYTES + body.length,
      beginFrame,
      beginTime,
      frame,
      time: this.clock[0]!,
      acked,
      reset: false,
    });
    return true;
  }

  /** No more bytes come of a half-stream whose records wait. */
  holdEnd(connection: TlsConnection, half: number, frame: number, reset: boolean): void {
    this.push(connection, { half, header: NOTHING, body: null, type: 0, end: 0, beginFrame: frame, beginTime: 0, frame, time: this.clock[0]!, acked: 0, reset });
  }

  /** All that was held, in the order in which it came; the connection waits no more. */
  release(connection: TlsConnection): readonly LateRecord[] {
    const records = connection.late ?? [];
    this.memory.release(connection.lateBytes);
    connection.late = null;
    connection.lateBytes = 0;
    this.waiting.delete(connection);
    return records;
  }

  private push(connection: TlsConnection, record: LateRecord): void {
    (connection.late ??= []).push(record);
    this.waiting.add(connection);
  }
}
