import type { Closing } from './closing.ts';
import type { ConnectionSink } from './connection-sink.ts';
import type { FlowTable } from './flow-table.ts';
import type { Limits } from './limits.ts';
import type { Lingering } from './lingering.ts';
import { C, ConnectionState, F, FLOATS, type Slots, STRIDE } from './slots.ts';
import type { StreamSink } from './stream-sink.ts';

/** How connections get their slots. */
export class Opening {
  private readonly slots: Slots;
  private readonly flows: FlowTable;
  private readonly lingering: Lingering;
  private readonly closing: Closing;
  private readonly streams: StreamSink;
  private readonly connections: ConnectionSink;
  private readonly clock: Float64Array;
  private readonly limits: Limits;

  constructor(slots: Slots, flows: FlowTable, lingering: Lingering, closing: Closing, streams: StreamSink, connections: ConnectionSink, clock: Float64Array, limits: Limits) {
    this.slots = slots;
    this.flows = flows;
    this.lingering = lingering;
    this.closing = closing;
    this.streams = streams;
    this.connections = connections;
    this.clock = clock;
    this.limits = limits;
  }

  /** A slot for a connection of this key; to be opened. */
  create(hash: number, address0: number, address1: number, ports: number, path: number): number {
    if (this.slots.live + this.lingering.aside >= this.limits.liveConnections) this.closing.giveUpIdle();
    const slot = this.slots.take();
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    ints[base] = address0;
    ints[base + C.ADDRESS1] = address1;
    ints[base + C.PORTS] = ports;
    ints[base + C.PATH] = path;
    ints[base + C.HASH] = hash;
    this.flows.insert(hash, slot + 1);
    return slot;
  }

  /** A connection begins in a slot whose key is set. */
  open(slot: number, frame: number, midstream: boolean): void {
    const ints = this.slots.ints;
    const base = slot * STRIDE;
    this.slots.clear(slot);
    const row = this.connections.connection();
    ints[base + C.ROW] = row;
    ints[base + C.STATE] = ConnectionState.LIVE;
    ints[base + C.FIRST_FRAME] = frame;
    this.slots.floats[slot * FLOATS + F.START] = this.clock[0]!;
    this.streams.opened(slot, row, midstream);
  }
}
