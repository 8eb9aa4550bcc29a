/** Why there is no connection, in words, for who wants to know. */
export class Trouble {
  private readonly listeners = new Set<(trouble: string | null) => void>();
  private now: string | null = null;

  set(trouble: string | null): void {
    if (trouble === this.now) return;
    this.now = trouble;
    for (const listener of this.listeners) listener(trouble);
  }

  /** Told at once where there is some. Returns what ends it. */
  hear(listener: (trouble: string | null) => void): () => void {
    this.listeners.add(listener);
    if (this.now !== null) listener(this.now);
    return () => this.listeners.delete(listener);
  }
}
