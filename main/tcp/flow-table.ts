const INITIAL_BITS = 4;

/**
 * From the four-tuple and network path of a connection to its holder: slot + 1, or, of one put aside, the complement of
 * its place (Lingering). Open addressing with linear probing; an entry is two ints, the whole hash and the holder, so that
 * a miss seldom touches the slot itself. Keys stay with the caller: the table stores hashes and asks nothing.
 */
export class FlowTable {
  /** Hash and holder (0: free) of each place; both are replaced when the table grows. */
  entries = new Int32Array(2 << INITIAL_BITS);
  mask = (1 << INITIAL_BITS) - 1;
  private size = 0;

  /** Symmetric callers pass the addresses and ports in canonical order. */
  static hash(address0: number, address1: number, ports: number, path: number): number {
    let hash = Math.imul(address0 ^ Math.imul(path, 0x27d4eb2f), 0x9e3779b1) ^ Math.imul(address1, 0x85ebca6b);
    hash = Math.imul(hash ^ ports ^ (hash >>> 15), 0xc2b2ae35);
    return hash ^ (hash >>> 13);
  }

  /** The first place to look for `hash`. */
  first(hash: number): number {
    return hash & this.mask;
  }

  /** The place of the first entry with this hash at or after `place`, or -1. */
  find(hash: number, place: number): number {
    const entries = this.entries;
    const mask = this.mask;
    for (;;) {
      if (entries[2 * place + 1] === 0) return -1;
      if (entries[2 * place] === hash) return place;
      place = (place + 1) & mask;
    }
  }

  holderAt(place: number): number {
    return this.entries[2 * place + 1]!;
  }

  after(place: number): number {
    return (place + 1) & this.mask;
  }

  insert(hash: number, holder: number): void {
    if (2 * (this.size + 1) > this.mask) this.grow();
    this.put(hash, holder);
    this.size++;
  }

  /** The connection of `holder` is held elsewhere now. */
  replace(hash: number, holder: number, by: number): void {
    const entries = this.entries;
    const mask = this.mask;
    let place = hash & mask;
    while (entries[2 * place + 1] !== holder) {
      if (entries[2 * place + 1] === 0) return;
      place = (place + 1) & mask;
    }
    entries[2 * place + 1] = by;
  }

  /** Takes the entry of `holder` out, moving later ones of its run back (no tombstones). */
  remove(hash: number, holder: number): void {
    const entries = this.entries;
    const mask = this.mask;
    let hole = hash & mask;
    while (entries[2 * hole + 1] !== holder) {
      if (entries[2 * hole + 1] === 0) return;
      hole = (hole + 1) & mask;
    }
    for (let place = (hole + 1) & mask; entries[2 * place + 1] !== 0; place = (place + 1) & mask) {
      const home = entries[2 * place]! & mask;
      // An entry may move into the hole unless its home lies behind the hole (cyclically).
      if (((place - home) & mask) >= ((place - hole) & mask)) {
        entries[2 * hole] = entries[2 * place]!;
        entries[2 * hole + 1] = entries[2 * place + 1]!;
        hole = place;
      }
    }
    entries[2 * hole + 1] = 0;
    this.size--;
  }

  private put(hash: number, holder: number): void {
    let place = hash & this.mask;
    while (this.entries[2 * place + 1] !== 0) place = (place + 1) & this.mask;
    this.entries[2 * place] = hash;
    this.entries[2 * place + 1] = holder;
  }

  private grow(): void {
    const old = this.entries;
    this.entries = new Int32Array(old.length * 2);
    this.mask = this.mask * 2 + 1;
    for (let i = 0; i < old.length; i += 2) if (old[i + 1] !== 0) this.put(old[i]!, old[i + 1]!);
  }
}
