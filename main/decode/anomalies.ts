/** Something odd in a capture, told once with how often and where first. */
export interface Anomaly {
  /** Stable, kebab-case. */
  readonly code: string;
  readonly count: number;
  /** Frame id (int32, see capture/frame-id.ts) of the first one. */
  readonly firstFrame: number;
  /** For people; empty where the code says all. */
  readonly message: string;
}

/** Entries kept; anomalies of further kinds are counted under the code `other-anomalies`. */
const MAX_ENTRIES = 256;

/** Counts anomalies by their message, or by their code where they have none. */
export class AnomalyCounter {
  private readonly byKey = new Map<string, { code: string; count: number; firstFrame: number; message: string }>();

  count(code: string, frame: number, message = ''): void {
    const key = message === '' ? code : message;
    const entry = this.byKey.get(key);
    if (entry !== undefined) entry.count++;
    else if (this.byKey.size < MAX_ENTRIES || code === OTHER) this.byKey.set(key, { code, count: 1, firstFrame: frame, message });
    else this.count(OTHER, frame);
  }

  /** In the order in which they first happened. */
  entries(): readonly Anomaly[] {
    return [...this.byKey.values()];
  }
}

const OTHER = 'other-anomalies';
