import type { FlowTable } from './flow-table.ts';
import { C, ConnectionState, FLOATS, type Slots, STRIDE } from './slots.ts';

/**
 * Closed connections that still take late packets, in the order they closed. Once nothing more is awaited of one it is
 * put aside: its state moves out of its slot, and back into a slot if a packet comes after all. So the slots in use are
 * the connections in progress, few enough for the processor's cache.
 */
export class Lingering {
  /** Connections put aside. */
  aside = 0;
  private readonly slots: Slots;
  private readonly flows: FlowTable;
  private readonly capacity: number;
  private first = 0;
  private count = 0;
  /** A ring of slots, -1 of a connection put aside; the row tells whether the slot still holds the same one. */
  private readonly slotAt: Int32Array;
  private readonly rowAt: Int32Array;
  /** What stood in the slot of each connection put aside, by its place in the ring. */
  private readonly floats: Float64Array;
  private readonly ints: Int32Array;

  constructor(slots: Slots, flows: FlowTable, capacity: number) {
    this.slots = slots;
    this.flows = flows;
    this.capacity = capacity;
    this.slotAt = new Int32Array(capacity);
    this.rowAt = new Int32Array(capacity);
    this.floats = new Float64Array(capacity * FLOATS);
    this.ints = new Int32Array(this.floats.buffer);
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  get isFull(): boolean {
    return this.count === this.capacity;
  }

  add(slot: number): void {
    let place = this.first + this.count++;
    if (place >= this.capacity) place -= this.capacity;
    this.slotAt[place] = slot;
    this.rowAt[place] = this.slots.ints[slot * STRIDE + C.ROW]!;
    this.slots.ints[slot * STRIDE + C.LINGERING_PLACE] = place;
  }

  /** Takes the oldest out. Returns its slot, which is to be released then, or -1 where it holds none. */
  removeOldest(): number {
    const place = this.first;
    if (++this.first === this.capacity) this.first = 0;
    this.count--;
    const slot = this.slotAt[place]!;
    if (slot < 0) {
      this.flows.remove(this.ints[place * STRIDE + C.HASH]!, ~place);
      this.aside--;
      return -1;
    }
    const { ints } = this.slots;
    const isSame = (ints[slot * STRIDE + C.STATE]! & ConnectionState.LINGERING) !== 0 && ints[slot * STRIDE + C.ROW] === this.rowAt[place];
    return isSame ? slot : -1;
  }

  /** Frees the slot of a connection that was told. */
  putAside(slot: number): void {
    const { ints, floats } = this.slots;
    const base = slot * STRIDE;
    const place = ints[base + C.LINGERING_PLACE]!;
    for (let from = slot * FLOATS, to = place * FLOATS, end = from + FLOATS; from < end; from++, to++) this.floats[to] = floats[from]!;
    this.flows.replace(ints[base + C.HASH]!, slot + 1, ~place);
    this.slotAt[place] = -1;
    this.aside++;
    this.slots.release(slot);
  }

  /** Whether a connection put aside is the one of this four-tuple and path. */
  isAt(place: number, address0: number, address1: number, ports: number, path: number): boolean {
    const { ints } = this;
    const base = place * STRIDE;
    return ints[base] === address0 && ints[base + C.ADDRESS1] === address1 && ints[base + C.PORTS] === ports && (ints[base + C.PATH] === path || ints[base + C.OTHER_PATH] === path + 1);
  }

  /** A packet came for a connection put aside. Returns the slot it has now. */
  takeBack(place: number): number {
    const slot = this.slots.take();
    const { floats } = this.slots;
    for (let from = place * FLOATS, to = slot * FLOATS, end = from + FLOATS; from < end; from++, to++) floats[to] = this.floats[from]!;
    this.flows.replace(this.ints[place * STRIDE + C.HASH]!, ~place, slot + 1);
    this.slotAt[place] = slot;
    this.aside--;
    return slot;
  }
}
