/** One client address talking to one server address and port over one network path: what shares a connection pool and a port range. */
export class EndpointTable {
  /** Address ints (AddressTable), port, network path id; stride 4. */
  private rows = new Int32Array(4 * 8);
  private places = new Int32Array(32);
  count = 0;

  intern(client: number, server: number, port: number, path: number): number {
    const hash = hashOf(client, server, port, path);
    const mask = this.places.length - 1;
    let place = hash & mask;
    for (; this.places[place] !== 0; place = (place + 1) & mask) {
      const at = 4 * (this.places[place]! - 1);
      const rows = this.rows;
      if (rows[at] === client && rows[at + 1] === server && rows[at + 2] === port && rows[at + 3] === path) return this.places[place]! - 1;
    }
    const id = this.count++;
    if (4 * this.count > this.rows.length) {
      const rows = new Int32Array(this.rows.length * 2);
      rows.set(this.rows);
      this.rows = rows;
    }
    this.rows.set([client, server, port, path], 4 * id);
    this.places[place] = id + 1;
    if (2 * this.count > this.places.length) this.grow();
    return id;
  }

  client(id: number): number {
    return this.rows[4 * id]!;
  }

  server(id: number): number {
    return this.rows[4 * id + 1]!;
  }

  port(id: number): number {
    return this.rows[4 * id + 2]!;
  }

  path(id: number): number {
    return this.rows[4 * id + 3]!;
  }

  private grow(): void {
    this.places = new Int32Array(this.places.length * 2);
    const mask = this.places.length - 1;
    for (let id = 0; id < this.count; id++) {
      const at = 4 * id;
      let place = hashOf(this.rows[at]!, this.rows[at + 1]!, this.rows[at + 2]!, this.rows[at + 3]!) & mask;
      while (this.places[place] !== 0) place = (place + 1) & mask;
      this.places[place] = id + 1;
    }
  }
}

function hashOf(client: number, server: number, port: number, path: number): number {
  const hash = Math.imul(client ^ Math.imul(server, 0x85ebca6b), 0x9e3779b1) ^ Math.imul(port | (path << 16), 0xc2b2ae35);
  return hash ^ (hash >>> 15);
}
