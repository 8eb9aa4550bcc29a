/** At the least between two questions about results that still change, milliseconds. */
const LEAST = 1000;
/** Times as long as the answers took until they are asked for again. */
const REST = 5;
/** At the most: one slow answer, of a machine that was busy for a moment, is not to leave a live view standing. */
const MOST = 5000;

/**
 * When to ask again what changes while a capture is read. The thread that answers is the one that reads: the larger the
 * capture, the longer its answers take, and asked for each second they would leave it no time to read. Times in milliseconds.
 */
export class Pace {
  private next = 0;

  /** How long to wait until it is time to ask; 0 where it is. */
  dueIn(now: number): number {
    return Math.max(0, this.next - now);
  }

  asked(now: number): void {
    this.next = now + LEAST;
  }

  answered(asked: number, now: number): void {
    this.next = Math.max(this.next, now + Math.min(MOST, REST * (now - asked)));
  }

  reset(): void {
    this.next = 0;
  }
}
