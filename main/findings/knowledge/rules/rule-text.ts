import type { RuleName, Severity } from '../../../../shared/model/report.ts';

/** The words of one close cause or rule, for people. Plain text, one paragraph a field; lists are arrays. */
export interface RuleText {
  readonly severity: Severity;
  /** Where one connection alone is no reason to worry. */
  readonly severityOnce?: Severity;
  /** What makes it an error in a single case. */
  readonly errorWhen?: string;
  /** Short; stands at the head of a finding. */
  readonly title: string;
  /** What happened and what it costs. */
  readonly happened: string;
  readonly looksLike: string;
  /** What could be mistaken for it, and what tells the two apart. */
  readonly lookAlikes: readonly LookAlike[];
  /** When each confidence is given. */
  readonly confidence: { readonly certain?: string; readonly likely?: string; readonly possible?: string };
  readonly fix: string;
  /** What a reader may need to know first. */
  readonly background?: string;
}

export interface LookAlike {
  readonly id: RuleName;
  readonly tell: string;
}

export type RuleTexts = Readonly<Partial<Record<RuleName, RuleText>>>;
