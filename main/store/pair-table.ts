/** Pairs of ints by ids from 1 on; (0, 0) is 0. Open addressing, half full at most. */
export class PairTable {
  private values = new Int32Array(2 << 4);
  private places = new Int32Array(2 << 4);
  private count = 1;

  first(id: number): number {
    return this.values[2 * id]!;
  }

  second(id: number): number {
    return this.values[2 * id + 1]!;
  }

  intern(first: number, second: number): number {
    if ((first | second) === 0) return 0;
    const mask = this.places.length - 1;
    let place = hashOf(first, second) & mask;
    for (; this.places[place] !== 0; place = (place + 1) & mask) {
      const id = this.places[place]!;
      if (this.values[2 * id] === first && this.values[2 * id + 1] === second) return id;
    }
    if (this.count === this.values.length >> 1) {
      this.grow();
      return this.intern(first, second);
    }
    const id = this.count++;
    this.values[2 * id] = first;
    this.values[2 * id + 1] = second;
    this.places[place] = id;
    return id;
  }

  private grow(): void {
    const values = new Int32Array(2 * this.values.length);
    values.set(this.values);
    this.values = values;
    this.places = new Int32Array(values.length);
    const mask = this.places.length - 1;
    for (let id = 1; id < this.count; id++) {
      let place = hashOf(this.first(id), this.second(id)) & mask;
      while (this.places[place] !== 0) place = (place + 1) & mask;
      this.places[place] = id;
    }
  }
}

function hashOf(first: number, second: number): number {
  const hash = Math.imul(first, 0x9e37_79b1) ^ Math.imul(second, 0x85eb_ca6b);
  return hash ^ (hash >>> 15);
}
