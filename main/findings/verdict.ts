import type { CloseCause, Confidence } from '../../shared/model/report.ts';

/** Why a connection closed, as the rules decided it. Verdicts are constants, one for each combination. */
export interface Verdict {
  /** A number from 1 on, small: arrays can be indexed by it. */
  readonly id: number;
  readonly cause: CloseCause;
  readonly confidence: Confidence;
  /** What is true of the close besides. */
  readonly also: readonly CloseCause[];
  /** What would look the same on the wire. */
  readonly alternatives: readonly CloseCause[];
}

const known = new Map<CloseCause, Verdict[]>();
const byId: Verdict[] = [];
const NONE: readonly CloseCause[] = [];

/** The one object for this combination. */
export function verdict(cause: CloseCause, confidence: Confidence, alternatives: readonly CloseCause[] = NONE, also: readonly CloseCause[] = NONE): Verdict {
  let list = known.get(cause);
  if (list === undefined) {
    list = [];
    known.set(cause, list);
  }
  for (const one of list) if (one.confidence === confidence && same(one.alternatives, alternatives) && same(one.also, also)) return one;
  const made: Verdict = { id: byId.length + 1, cause, confidence, also, alternatives };
  byId.push(made);
  list.push(made);
  return made;
}

/** The verdict of that id; undefined for 0. */
export function verdictOf(id: number): Verdict | undefined {
  return byId[id - 1];
}

/** Verdicts that rest on what messages say, where they are sealed or the capture has only the beginning of their heads: the rest may be otherwise. */
export function ofUnread(base: Verdict): Verdict {
  const { cause, confidence, alternatives, also } = base;
  const others = UNREAD_ALTERNATIVES[cause];
  if (others === undefined || confidence !== 'certain') return base;
  return verdict(cause, 'likely', [...new Set([...alternatives, ...others])], also);
}

/** What an unread message could say to make another cause of it. */
const UNREAD_ALTERNATIVES: Partial<Record<CloseCause, readonly CloseCause[]>> = {
  'undrained-response': ['client-abort', 'client-close-option'],
  'client-abort': ['client-timeout', 'client-close-option'],
  'server-truncated': ['server-error'],
  'server-error': ['server-close-option'],
  'stale-reuse': ['server-error'],
  'pool-overflow': ['client-close-option'],
};

/** Whether the server's idle timeout is the cause, or true of the close besides. */
export function namesServerIdle({ cause, also }: Verdict): boolean {
  return cause === 'server-idle' || (also.length > 0 && also.includes('server-idle'));
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
