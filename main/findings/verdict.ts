import type { CloseCause, Confidence } from '../../shared/model/report.ts';

/** Why a connection closed, as the rules decided it. Verdicts are constants, one for each combination. */
export interface Verdict {
  readonly cause: CloseCause;
  readonly confidence: Confidence;
  /** What is true of the close besides. */
  readonly also: readonly CloseCause[];
  /** What would look the same on the wire. */
  readonly alternatives: readonly CloseCause[];
}

const known = new Map<string, Verdict>();

/** The one object for this combination. */
export function verdict(cause: CloseCause, confidence: Confidence, alternatives: readonly CloseCause[] = [], also: readonly CloseCause[] = []): Verdict {
  const key = `${cause}|${confidence}|${alternatives.join()}|${also.join()}`;
  let found = known.get(key);
  if (found === undefined) {
    found = { cause, confidence, also, alternatives };
    known.set(key, found);
  }
  return found;
}

/** The same verdict with something more that is true of it. */
export function withAlso(base: Verdict, also: CloseCause): Verdict {
  if (base.cause === also || base.also.includes(also)) return base;
  return verdict(base.cause, base.confidence, base.alternatives.filter((cause) => cause !== also), [...base.also, also]);
}
