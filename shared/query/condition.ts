import type { TextPattern } from './text-pattern.ts';

/** Where a piece of a query stands: characters [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Numbers from `min` to `max`, in the field's base unit: seconds, bytes, or the number itself. */
export interface NumberRange {
  readonly min: number;
  readonly minInclusive: boolean;
  readonly max: number;
  readonly maxInclusive: boolean;
}

/** A query as a tree. */
export type Condition = Span &
  (
    | { readonly kind: 'all' }
    | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
    | { readonly kind: 'not'; readonly part: Condition }
    /** A field of kind text, choice or choices: any of its values matches. */
    | { readonly kind: 'text'; readonly field: string; readonly pattern: TextPattern }
    /** A field of numbers: any of its values lies in the range. */
    | { readonly kind: 'range'; readonly field: string; readonly range: NumberRange }
    /** The field has no value. */
    | { readonly kind: 'absent'; readonly field: string }
    /** Part of what identifies the row: addresses, ports, host, target. */
    | { readonly kind: 'word'; readonly pattern: TextPattern }
  );

/** A query that is not valid. */
export class QueryError extends Error {
  /** Character at which it is not, from 0. */
  readonly offset: number;

  constructor(offset: number, reason: string) {
    super(`Not valid at character ${offset + 1}: ${reason}`);
    this.name = 'QueryError';
    this.offset = offset;
  }
}
