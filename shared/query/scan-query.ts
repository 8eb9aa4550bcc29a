import type { Span } from './condition.ts';
import { QueryError } from './condition.ts';

export type Comparison = '=' | '<' | '<=' | '>' | '>=';

/** One condition as it is written: `field:value`, `field:<value`, `field:[a TO b]`, or a word. */
export interface WrittenCondition extends Span {
  /** In lower case; null for a word. */
  readonly field: string | null;
  readonly comparison: Comparison;
  readonly value: string;
  /** Where the value begins. */
  readonly valueStart: number;
  /** In quotes: taken as it is. */
  readonly quoted: boolean;
  /** `[a TO b]`, with `{` and `}` for limits that do not belong to it; `value` is what stands between. */
  readonly brackets: { readonly minInclusive: boolean; readonly maxInclusive: boolean } | null;
}

export type QueryToken = ({ readonly kind: 'and' | 'or' | 'not' | 'open' | 'close' } & Span) | ({ readonly kind: 'condition'; readonly written: WrittenCondition } & Span);

const FIELD = /([a-z_]+)(?:(:\s*[<>]=?|:=)\s*|:)/iy;
const SHORT = /([a-z_]+)\s*(<=|>=|<|>|=)\s*/iy;
const RANGE = /^[[{][^\]}]*\s/;
const SPACES = /\s*/y;
const PLAIN = /[^\s()"]+/y;
const OPERATORS: Readonly<Record<string, 'and' | 'or' | 'not'>> = { AND: 'and', OR: 'or', NOT: 'not' };

/**
 * Cuts a query into its tokens.
 *
 * @param isField what may stand before `<`, `>` and `=` without a colon
 * @throws QueryError
 */
export function scanQuery(query: string, isField: (name: string) => boolean): QueryToken[] {
  const tokens: QueryToken[] = [];
  for (let at = skip(query, 0); at < query.length; at = skip(query, at)) {
    const token = nextToken(query, at, isField);
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function nextToken(query: string, start: number, isField: (name: string) => boolean): QueryToken {
  const character = query[start];
  if (character === '(' || character === ')') return { kind: character === '(' ? 'open' : 'close', start, end: start + 1 };
  if (character === '-' && /[a-z"(]/i.test(query[start + 1] ?? '')) return { kind: 'not', start, end: start + 1 };
  const written = condition(query, start, isField);
  const operator = written.field === null && !written.quoted ? OPERATORS[written.value.toUpperCase()] : undefined;
  return operator === undefined ? { kind: 'condition', written, start, end: written.end } : { kind: operator, start, end: written.end };
}

function condition(query: string, start: number, isField: (name: string) => boolean): WrittenCondition {
  const short = matchAt(SHORT, query, start);
  const head = matchAt(FIELD, query, start) ?? (short !== null && isField(short[1]!.toLowerCase()) ? short : null);
  const field = head === null ? null : head[1]!.toLowerCase();
  const comparison = head === null ? '=' : ((head[2]?.replace(/[:\s]/g, '') || '=') as Comparison);
  const valueStart = head === null ? start : start + head[0].length;
  const first = query[valueStart];
  if (first === '"') {
    const { value, end } = quotedValue(query, valueStart);
    return { field, comparison, value, valueStart, quoted: true, brackets: null, start, end };
  }
  // Of a range; `[fd00::1]:80` is an address.
  if (field !== null && RANGE.test(query.slice(valueStart))) {
    const end = query.slice(valueStart).search(/[\]}]/);
    if (end < 0) throw new QueryError(query.length, `expected ${first === '[' ? ']' : '}'} at the end of the range.`);
    const close = valueStart + end;
    const brackets = { minInclusive: first === '[', maxInclusive: query[close] === ']' };
    return { field, comparison, value: query.slice(valueStart + 1, close), valueStart: valueStart + 1, quoted: false, brackets, start, end: close + 1 };
  }
  const value = matchAt(PLAIN, query, valueStart)?.[0];
  if (value === undefined) throw new QueryError(valueStart, `expected a value after '${query.slice(start, valueStart).trimEnd()}'.`);
  return { field, comparison, value, valueStart, quoted: false, brackets: null, start, end: valueStart + value.length };
}

/** A value in quotes; a backslash takes away the meaning of the character behind it. */
function quotedValue(query: string, start: number): { value: string; end: number } {
  let value = '';
  for (let at = start + 1; at < query.length; at++) {
    const character = query[at]!;
    if (character === '"') return { value, end: at + 1 };
    if (character === '\\' && at + 1 < query.length) value += query[++at]!;
    else value += character;
  }
  throw new QueryError(query.length, 'expected a closing quote.');
}

function skip(query: string, from: number): number {
  SPACES.lastIndex = from;
  SPACES.exec(query);
  return SPACES.lastIndex;
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | null {
  expression.lastIndex = at;
  return expression.exec(text);
}
