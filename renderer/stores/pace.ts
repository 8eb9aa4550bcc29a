/** At the least between two questions about results that still change, milliseconds. */
const LEAST = 1000;
/** Times as long as the answers took until they are asked for again. */
const REST = 5;

/**
 * When to ask again what changes while a capture is read. The thread that answers is the one that reads: the larger the
 * capture, the longer its answers take, and asked for each second they would leave it no time to read. Times in milliseconds.
 */
export class Pace {
  private next = 0;

  isDue(now: number): boolean {
    return now >= this.next;
  }

  asked(now: number): void {
    this.next = now + LEAST;
  }

  answered(asked: number, now: number): void {
    this.next = Math.max(this.next, now + REST * (now - asked));
  }

  reset(): void {
    this.next = 0;
  }
}
