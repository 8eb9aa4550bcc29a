/*
 * What goes over the wire between page and program, the same on every transport: one JSON-able object a frame.
 * A request (`req`) gets one `ok` or `err`. A subscription (`sub`) gets `item`s, never more than its credit, and then
 * `end` or `err`; `more` adds credit; `stop` ends a request or subscription early, which is answered by `err` with the
 * code `aborted`, or not at all.
 */
export interface RpcError {
  /** Stable, kebab-case. */
  code: string;
  /** For people: what happened and what to do. */
  message: string;
  details?: unknown;
}

export type ClientFrame =
  | { t: 'req'; id: number; method: string; params: unknown }
  | { t: 'sub'; id: number; method: string; params: unknown; credit: number }
  | { t: 'more'; id: number; credit: number }
  | { t: 'stop'; id: number };

export type ServerFrame =
  | { t: 'ok'; id: number; result: unknown }
  | { t: 'item'; id: number; item: unknown }
  | { t: 'end'; id: number }
  | { t: 'err'; id: number; error: RpcError };

/** Larger frames are refused. */
export const MAX_FRAME_BYTES = 1_000_000;
