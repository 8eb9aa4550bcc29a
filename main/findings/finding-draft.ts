import type { Confidence, RuleName, Side } from '../../shared/model/report.ts';
import type { ResultStore } from '../store/result-store.ts';
import type { ConnectionCase } from './case.ts';
import type { Verdicts } from './diagnosis.ts';
import type { EndpointGroup } from './endpoint-group.ts';
import type { PoolFacts } from './pool.ts';
import type { PortFacts } from './ports.ts';
import type { Scratch } from './scratch.ts';

export interface Evidence {
  /** Frame id. */
  readonly frame: number;
  readonly note: string;
}

/** A finding as a rule makes it; the catalogue adds title, severity and fix. */
export interface FindingDraft {
  readonly rule: RuleName;
  readonly confidence: Confidence;
  readonly endpoint: number;
  /** Connection rows, in any order; one that comes twice counts once. Void when the next endpoint is looked at. */
  readonly rows: ArrayLike<number>;
  /** What happened here, with its numbers, for an engineer on call. */
  readonly explanation: string;
  readonly evidence: readonly Evidence[];
  readonly alternatives?: readonly RuleName[];
  /** Connections more than needed, and nanoseconds waited. */
  readonly cost?: { readonly connections: number; readonly nanoseconds: number };
  /** What the catalogue's `errorWhen` speaks of has happened. */
  readonly worst?: boolean;
  /** The end that is to be changed, where the rule alone does not say. */
  readonly side?: Side;
  /** The rule whose advice mends it, where it is not this one's. */
  readonly fixedAs?: RuleName;
  /** What to change, where what the catalogue and the stacks say is for other cases of the rule. */
  readonly advice?: string;
  /** In place of what the catalogue says, where this case is graver or milder. */
  readonly severity?: 'error' | 'warning' | 'info';
}

/** One endpoint with all that was found out about it: what the rules look at. */
export interface EndpointContext {
  readonly store: ResultStore;
  readonly endpoint: number;
  /** By first packet. */
  readonly rows: Uint32Array;
  readonly group: EndpointGroup;
  readonly verdicts: Verdicts;
  readonly pool: PoolFacts;
  readonly ports: PortFacts;
  readonly scratch: Scratch;
  /** Free for whoever looks at one connection after the other. */
  readonly case: ConnectionCase;
  /** The capture's last moment, nanoseconds. */
  readonly end: number;
  /** Whether a finding of this endpoint is told by itself; else it is only counted, and needs no evidence and no words. */
  readonly isTold: (rule: RuleName, confidence: Confidence) => boolean;
}

/** A rule looks at one endpoint and says what it finds. */
export type EndpointRule = (context: EndpointContext) => FindingDraft[];

/** Pieces of evidence a finding shows; more of the same prove nothing more. */
export const MAX_EVIDENCE = 12;

/** Connections a finding shows evidence of. */
export const MAX_EXAMPLES = 3;
