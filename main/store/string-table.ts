/**
 * Byte strings of captures, each kept once: hosts, methods, targets, agents. 0 is the absent string. What comes from a
 * capture is kept as bytes and read as Latin-1, one character per byte, so that nothing is lost or misread.
 */
export class StringTable {
  private arena = new Uint8Array(1 << 16);
  private used = 0;
  private offsets = new Uint32Array(1 << 10);
  private places = new Int32Array(1 << 11);
  private hashes = new Int32Array(1 << 10);
  private count = 1;

  /** The id of the bytes [start, end). Longer than 16 KiB is cut: no field that a report names is longer. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const length = Math.min(end - start, 16_384);
    if (length <= 0) return 0;
    let hash = length;
    for (let i = start; i < start + length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    hash ^= hash >>> 15;
    let mask = this.places.length - 1;
    let place = hash & mask;
    for (;;) {
      const id = this.places[place]!;
      if (id === 0) break;
      if (this.hashes[id] === hash && this.equals(id, bytes, start, length)) return id;
      place = (place + 1) & mask;
    }
    const id = this.count++;
    if (id + 1 >= this.offsets.length) this.growIds();
    mask = this.places.length - 1;
    if (this.used + length > this.arena.length) this.growArena(length);
    this.arena.set(bytes.subarray(start, start + length), this.used);
    this.offsets[id] = this.used;
    this.used += length;
    this.offsets[id + 1] = this.used;
    this.hashes[id] = hash;
    place = hash & mask;
    while (this.places[place] !== 0) place = (place + 1) & mask;
    this.places[place] = id;
    return id;
  }

  internText(text: string): number {
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return this.intern(bytes, 0, bytes.length);
  }

  /** The string, one character per byte; '' for 0. */
  text(id: number): string {
    if (id === 0) return '';
    let text = '';
    for (let i = this.offsets[id]!; i < this.offsets[id + 1]!; i++) text += String.fromCharCode(this.arena[i]!);
    return text;
  }

  private equals(id: number, bytes: Uint8Array, start: number, length: number): boolean {
    const offset = this.offsets[id]!;
    if (this.offsets[id + 1]! - offset !== length) return false;
    for (let i = 0; i < length; i++) if (this.arena[offset + i] !== bytes[start + i]) return false;
    return true;
  }

  private growArena(length: number): void {
    const arena = new Uint8Array(Math.max(this.arena.length * 2, this.used + length));
    arena.set(this.arena.subarray(0, this.used));
    this.arena = arena;
  }

  private growIds(): void {
    const offsets = new Uint32Array(this.offsets.length * 2);
    offsets.set(this.offsets);
    this.offsets = offsets;
    const hashes = new Int32Array(this.hashes.length * 2);
    hashes.set(this.hashes);
    this.hashes = hashes;
    this.places = new Int32Array(this.places.length * 2);
    const mask = this.places.length - 1;
    for (let id = 1; id < this.count - 1; id++) {
      let place = hashes[id]! & mask;
      while (this.places[place] !== 0) place = (place + 1) & mask;
      this.places[place] = id;
    }
  }
}
