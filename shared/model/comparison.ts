/*
 * Two reports held against each other. Rates are what is judged, because two runs seldom carry the same load; counts are
 * told as they are. `null`: not known on that side.
 */
import type { CloseCause, RuleName, Severity } from './report.ts';

export const COMPARISON_SCHEMA = 'drainspotter/comparison/1';

/** What became of a figure. `new` and `gone`: it was, or is, nothing; for a problem that is worse and better. */
export type Verdict = 'better' | 'worse' | 'same' | 'new' | 'gone';

export interface Comparison {
  schema: typeof COMPARISON_SCHEMA;
  before: ComparedSide;
  after: ComparedSide;
  /** `mixed`: something got better and something worse. */
  verdict: 'better' | 'worse' | 'mixed' | 'same';
  /** One sentence, and what to know before believing it. */
  headline: string;
  cautions: string[];
  figures: FigureChange[];
  findings: FindingChange[];
  causes: CauseChange[];
  /** Those that changed most first; with those that only one side has. */
  servers: ServerChange[];
}

/** While the sides are read. */
export interface ComparisonProgress {
  kind: 'progress';
  side: 'before' | 'after';
  bytesRead: number;
  /** null where it cannot be known. */
  bytesTotal: number | null;
}

/** `compare.save` takes the id. The comparison is as long as a page reads: servers beyond its list are in the saved file. */
export interface ComparisonResult {
  kind: 'result';
  comparisonId: string;
  comparison: Comparison;
  serverCount: number;
}

export interface ComparedSide {
  /** Of its captures, or of the saved report. */
  name: string;
  connections: number;
  requests: number;
}

export type FigureId =
  | 'requests'
  | 'connections'
  | 'requests-per-connection'
  | 'reuse-ratio'
  | 'avoidable-connections'
  | 'handshake-seconds'
  | 'avoidable-handshake-seconds'
  | 'keep-alive-probes'
  | 'time-wait-peak'
  | 'seconds-to-exhaustion';

export interface FigureChange {
  id: FigureId;
  label: string;
  before: number | null;
  after: number | null;
  /** Formatted, with units; "unknown" or "never" where there is no number. */
  beforeText: string;
  afterText: string;
  verdict: Verdict;
}

export interface FindingChange {
  rule: RuleName;
  title: string;
  severity: Severity;
  /** Connections concerned; of missed reuse those that could have been spared. */
  before: number;
  after: number;
  verdict: Verdict;
}

/** Connections that closed for a cause. Not judged: what of it is bad is a finding. */
export interface CauseChange {
  cause: CloseCause;
  before: number;
  after: number;
}

/** A server and port, all its clients together. */
export interface ServerChange {
  server: string;
  port: number;
  hosts: string[];
  before: ServerFigures | null;
  after: ServerFigures | null;
  verdict: Verdict;
}

export interface ServerFigures {
  clients: number;
  connections: number;
  requests: number;
  reuseRatio: number;
  missedReuse: number | null;
  /** Of the client that had most. */
  timeWaitPeak: number | null;
}
