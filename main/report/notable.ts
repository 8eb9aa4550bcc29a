/** What makes a connection worth a line where not all get one; counts and bits that are cheap to have for every row. */
export interface Notability {
  readonly requests: number;
  /** Requests without a complete response. */
  readonly unanswered: number;
  readonly reset: boolean;
  /** Keep-alive and window probes, zero windows. */
  readonly probes: number;
  /** Bytes missing from the capture. */
  readonly gaps: boolean;
}

/** Trouble first, then probes, then much reuse; a connection with nothing to say has 0. */
export function notability(facts: Notability): number {
  return (
    (facts.unanswered > 0 ? 64 : 0) +
    (facts.reset ? 32 : 0) +
    (facts.probes > 0 ? 16 : 0) +
    (facts.gaps ? 4 : 0) +
    // 1 for one request, up to 8 for many.
    Math.min(8, Math.log2(facts.requests + 1))
  );
}

/** The rows with the highest scores; of equal ones the first offered. */
export class TopRows {
  private readonly limit: number;
  private readonly entries: { row: number; score: number }[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  offer(row: number, score: number): void {
    const { entries, limit } = this;
    if (entries.length === limit && (limit === 0 || score <= entries[limit - 1]!.score)) return;
    let place = entries.length;
    while (place > 0 && entries[place - 1]!.score < score) place--;
    entries.splice(place, 0, { row, score });
    if (entries.length > limit) entries.pop();
  }

  /** Highest score first. */
  rows(): number[] {
    return this.entries.map((entry) => entry.row);
  }
}
