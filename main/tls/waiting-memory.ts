/** Bytes that wait, of all connections together. */
export class WaitingMemory {
  private readonly most: number;
  private used = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** False: there is no room for so many more. */
  reserve(bytes: number): boolean {
    if (this.used + bytes > this.most) return false;
    this.used += bytes;
    return true;
  }

  /** For what is let go at once. */
  reserveAnyway(bytes: number): void {
    this.used += bytes;
  }

  release(bytes: number): void {
    this.used -= bytes;
  }
}
