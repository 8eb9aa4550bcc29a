import type { ComparedReport } from '../compare/compared-report.ts';
import type { AnalysisState } from '../../shared/model/view.ts';
import type { CheckedParams, RequestName, RequestResult } from '../../shared/rpc/contract.ts';

/** What an analysis is asked by the contract; `analysisId` stays with the services. */
export type ResultRequest = Extract<RequestName, `results.${string}`>;
type Asked<N extends RequestName> = Omit<CheckedParams<N>, 'analysisId'>;

/** What an analysis is asked besides: what becomes a file. */
export interface FileRequests {
  'reports.preview': { params: Asked<'reports.preview'>; result: RequestResult<'reports.preview'> };
  /** Writes the report to a path that does not exist. */
  'reports.write': { params: Asked<'reports.save'> & { path: string }; result: null };
  'compare.read': { params: Record<string, never>; result: ComparedReport };
  'packets.write': { params: Asked<'packets.save'> & { path: string }; result: null };
  /** The capture file a frame is in, and its number there. */
  'frames.find': { params: { frame: number | string }; result: { path: string; frame: number } };
}

/** Everything that the thread of an analysis answers. */
export type SessionRequests = { [N in ResultRequest]: { params: Asked<N>; result: RequestResult<N> } } & FileRequests;
export type SessionRequest = keyof SessionRequests;

export interface SessionStart {
  readonly analysisId: string;
  /** For people. */
  readonly name: string;
  readonly paths: readonly string[];
  /** What to call them, in their order, where a path says nothing to people: those of an upload. */
  readonly names?: readonly string[];
  /** What TLS is read with; its secrets stay in the thread. */
  readonly keyLog?: { readonly path: string; readonly name: string };
  /** The capture is still being written, until `written` comes: it is judged again and again meanwhile. */
  readonly live?: true;
  /** It is written as a ring of files with this path as their pattern (capture/live-file.ts); `paths` is the first of them. */
  readonly ring?: string;
  /** Ephemeral ports a client has for one server. */
  readonly portBudget: number;
}

/** What goes to the thread. */
export type ToSession =
  | { readonly kind: 'start'; readonly start: SessionStart }
  | { readonly kind: 'ask'; readonly id: number; readonly name: SessionRequest; readonly params: unknown }
  /** The answer is not wanted any more. */
  | { readonly kind: 'drop'; readonly id: number }
  /** Stop reading. */
  | { readonly kind: 'cancel' }
  /** The live capture is complete. */
  | { readonly kind: 'written' }
  | { readonly kind: 'ports'; readonly portBudget: number };

/** What comes from it. */
export type FromSession =
  | { readonly kind: 'state'; readonly state: AnalysisState }
  | { readonly kind: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly code: string; readonly message: string }
  /** The files of the ring up to this number were read. */
  | { readonly kind: 'passed'; readonly number: number }
  /** A fault of the program. */
  | { readonly kind: 'fault'; readonly id: number | null; readonly text: string };
