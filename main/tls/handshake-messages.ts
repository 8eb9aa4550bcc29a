/** Puts handshake messages together from the records that carry them (RFC 8446 section 5.1), one direction. */
export class HandshakeMessages {
  private readonly most: number;
  private waiting = new Uint8Array(0);
  /** Bytes still to come of a message that is too long to be kept. */
  private passing = 0;

  constructor(mostBytes: number) {
    this.most = mostBytes;
  }

  /** Calls `take` with each whole message: its type, and its bytes with the header of four. */
  add(content: Uint8Array, take: (type: number, message: Uint8Array) => void): void {
    let rest = content;
    if (this.passing > 0) {
      const passed = Math.min(this.passing, rest.length);
      this.passing -= passed;
      rest = rest.subarray(passed);
    }
    if (this.waiting.length > 0) {
      const joined = new Uint8Array(this.waiting.length + rest.length);
      joined.set(this.waiting);
      joined.set(rest, this.waiting.length);
      rest = joined;
      this.waiting = new Uint8Array(0);
    }
    while (rest.length >= 4) {
      const length = 4 + ((rest[1]! << 16) | (rest[2]! << 8) | rest[3]!);
      if (rest.length >= length) {
        take(rest[0]!, rest.subarray(0, length));
        rest = rest.subarray(length);
      } else if (length > this.most) {
        this.passing = length - rest.length;
        return;
      } else break;
    }
    this.waiting = rest.slice();
  }

  /** Bytes are missing: what was begun is lost. */
  lose(): void {
    this.waiting = new Uint8Array(0);
    this.passing = 0;
  }
}
