import type { ByteBlock } from '../capture/record-batch.ts';

/**
 * Addresses as one int each: an IPv4 address is itself, an IPv6 address is its number in this table (16 bytes and a
 * hash entry each). The network path's bit 0 says which of the two an int is.
 */
export class AddressTable {
  private bytes = new Uint8Array(16 * 256);
  private view = new DataView(this.bytes.buffer);
  private places = new Int32Array(1024);
  private count = 0;
  private last = 0;

  /** The int for the 16 bytes at `offset`. */
  intern(block: ByteBlock, offset: number): number {
    const view = block.view;
    const a = view.getInt32(offset);
    const b = view.getInt32(offset + 4);
    const c = view.getInt32(offset + 8);
    const d = view.getInt32(offset + 12);
    if (this.last < this.count && this.equals(this.last, a, b, c, d)) return this.last;
    const hash = hashOf(a, b, c, d);
    const mask = this.places.length - 1;
    let place = hash & mask;
    for (;;) {
      const stored = this.places[place]!;
      if (stored === 0) break;
      if (this.equals(stored - 1, a, b, c, d)) return (this.last = stored - 1);
      place = (place + 1) & mask;
    }
    const id = this.count++;
    if (16 * this.count > this.bytes.length) this.growBytes();
    this.bytes.set(block.bytes.subarray(offset, offset + 16), 16 * id);
    this.places[place] = id + 1;
    if (2 * this.count > this.places.length) this.growPlaces();
    return (this.last = id);
  }

  /** The 16 bytes of an IPv6 address. */
  ipv6(id: number): Uint8Array {
    return this.bytes.subarray(16 * id, 16 * id + 16);
  }

  private equals(id: number, a: number, b: number, c: number, d: number): boolean {
    const view = this.view;
    const at = 16 * id;
    return view.getInt32(at) === a && view.getInt32(at + 4) === b && view.getInt32(at + 8) === c && view.getInt32(at + 12) === d;
  }

  private growBytes(): void {
    const bytes = new Uint8Array(this.bytes.length * 2);
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  private growPlaces(): void {
    const places = new Int32Array(this.places.length * 2);
    const mask = places.length - 1;
    for (let id = 0; id < this.count; id++) {
      const at = 16 * id;
      const view = this.view;
      const hash = hashOf(view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12));
      let place = hash & mask;
      while (places[place] !== 0) place = (place + 1) & mask;
      places[place] = id + 1;
    }
    this.places = places;
  }
}

function hashOf(a: number, b: number, c: number, d: number): number {
  const hash = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0x9e3779b1) ^ Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f);
  return hash ^ (hash >>> 15);
}
