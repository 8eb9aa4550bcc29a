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

const known = new Map<CloseCause, Verdict[]>();

/** The one object for this combination. */
export function verdict(cause: CloseCause, confidence: Confidence, alternatives: readonly CloseCause[] = [], also: readonly CloseCause[] = []): Verdict {
  let list = known.get(cause);
  if (list === undefined) {
    list = [];
    known.set(cause, list);
  }
  for (const one of list) if (one.confidence === confidence && same(one.alternatives, alternatives) && same(one.also, also)) return one;
  const made: Verdict = { cause, confidence, also, alternatives };
  list.push(made);
  return made;
}

function same(a: readonly CloseCause[], b: readonly CloseCause[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The same verdict with something more that is true of it. */
export function withAlso(base: Verdict, also: CloseCause): Verdict {
  if (base.cause === also || base.also.includes(also)) return base;
  return verdict(base.cause, base.confidence, base.alternatives.filter((cause) => cause !== also), [...base.also, also]);
}
