import { parse as parseLogic } from 'liqe';
import type { LiqeQuery } from 'liqe';
import { ruleOf } from '../format/rule-names.ts';
import type { TableName } from '../model/view.ts';
import type { Condition, Span } from './condition.ts';
import { QueryError } from './condition.ts';
import type { Field } from './fields.ts';
import { FIELDS } from './fields.ts';
import { readRange } from './read-value.ts';
import type { QueryToken, WrittenCondition } from './scan-query.ts';
import { scanQuery } from './scan-query.ts';
import type { TextPattern } from './text-pattern.ts';
import { matchesPattern } from './text-pattern.ts';

/** More would be a program's query, not a person's. */
const MAX_TOKENS = 400;

/**
 * Reads a query: `server:10.0.0.2 requests:<2 (cause:undrained* OR finding:missed-reuse) NOT closed_with:rst`. Conditions
 * side by side must all hold; NOT binds tightest, then AND, then OR. Text matches as a whole, whatever its case, `*` and
 * `?` stand for any characters and one; a word without a field may be part of an address, host or target.
 *
 * @throws QueryError
 */
export function parseQuery(query: string, table: TableName): Condition {
  const fields = FIELDS[table];
  const tokens = scanQuery(query, (name) => fields.some((field) => field.id === name));
  if (tokens.length === 0) return { kind: 'all', start: 0, end: query.length };
  if (tokens.length > MAX_TOKENS) throw new QueryError(tokens[MAX_TOKENS]!.start, `a query has at most ${MAX_TOKENS} conditions and operators.`);
  const leaves = tokens.map((token) => (token.kind === 'condition' ? readCondition(token.written, fields) : null));
  return tree(logicOf(query, tokens), leaves, tokens);
}

/** What is wrong with a query, and where; null where nothing is. */
export function checkQuery(query: string, table: TableName): { offset: number; message: string } | null {
  try {
    parseQuery(query, table);
    return null;
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return { offset: error.offset, message: error.message };
  }
}

/*
 * liqe reads how conditions are joined; what they say is read here. It would take neither `10.0.0.2` nor `5s TO 10s` nor
 * a path without quotes, and makes functions from field names, which a page's content security policy forbids: it gets
 * the number of each token in place of the condition.
 */
function logicOf(query: string, tokens: readonly QueryToken[]): LiqeQuery {
  refuseMisplaced(query, tokens);
  return parseLogic(tokens.map(({ kind }, index) => (kind === 'condition' ? `c${index}` : WRITTEN[kind])).join(' '));
}

const WRITTEN = { and: 'AND', or: 'OR', not: 'NOT', open: '(', close: ')' } as const;

/** Says what was expected where operators and parentheses do not fit: liqe would tell the place at most. */
function refuseMisplaced(query: string, tokens: readonly QueryToken[]): void {
  let depth = 0;
  let before: QueryToken | null = null;
  for (const token of tokens) {
    const joins = token.kind === 'and' || token.kind === 'or' || token.kind === 'close';
    if (joins && wantsCondition(before)) throw new QueryError(token.start, `expected a condition before '${textOf(query, token)}'.`);
    if (token.kind === 'not' && before?.kind === 'not') throw new QueryError(token.start, 'expected a condition after NOT.');
    if (token.kind === 'close' && depth === 0) throw new QueryError(token.start, "there is no '(' for this ')'.");
    depth += token.kind === 'open' ? 1 : token.kind === 'close' ? -1 : 0;
    before = token;
  }
  if (wantsCondition(before)) throw new QueryError(query.length, `expected a condition after '${textOf(query, before!)}'.`);
  if (depth > 0) throw new QueryError(query.length, "expected ')'.");
}

function wantsCondition(token: QueryToken | null): boolean {
  return token === null || (token.kind !== 'condition' && token.kind !== 'close');
}

function textOf(query: string, { start, end }: Span): string {
  return query.slice(start, end);
}

function tree(node: LiqeQuery, leaves: readonly (Condition | null)[], tokens: readonly QueryToken[]): Condition {
  switch (node.type) {
    case 'Tag': {
      const index = Number(String((node.expression as { value?: unknown }).value).slice(1));
      return leaves[index]!;
    }
    case 'UnaryOperator': {
      const part = tree(node.operand as LiqeQuery, leaves, tokens);
      return { kind: 'not', part, start: startOf(part, tokens), end: part.end };
    }
    case 'ParenthesizedExpression': {
      const inner = tree(node.expression as LiqeQuery, leaves, tokens);
      const open = tokens.findLast((token) => token.kind === 'open' && token.end <= inner.start)!;
      const close = tokens.find((token) => token.kind === 'close' && token.start >= inner.end)!;
      return { ...inner, start: open.start, end: close.end };
    }
    case 'LogicalExpression':
      return joined(node, leaves, tokens);
    default:
      return { kind: 'all', start: 0, end: 0 };
  }
}

/** liqe joins from the left whatever the operator: its chain is parted at each OR. */
function joined(node: LiqeQuery, leaves: readonly (Condition | null)[], tokens: readonly QueryToken[]): Condition {
  const groups: Condition[][] = [[]];
  const add = (one: LiqeQuery): void => {
    if (one.type !== 'LogicalExpression') {
      groups.at(-1)!.push(tree(one, leaves, tokens));
      return;
    }
    add(one.left as LiqeQuery);
    if (one.operator.operator === 'OR') groups.push([]);
    add(one.right as LiqeQuery);
  };
  add(node);
  return group('or', groups.map((parts) => group('and', parts)));
}

function group(kind: 'and' | 'or', parts: readonly Condition[]): Condition {
  return parts.length === 1 ? parts[0]! : { kind, parts, start: parts[0]!.start, end: parts.at(-1)!.end };
}

/** Where the NOT before a condition begins. */
function startOf(part: Condition, tokens: readonly QueryToken[]): number {
  return tokens.findLast((token) => token.kind === 'not' && token.end <= part.start)!.start;
}

function readCondition(written: WrittenCondition, fields: readonly Field[]): Condition {
  const { field: name, start, end, comparison, value, valueStart, quoted, brackets } = written;
  if (name === null) return { kind: 'word', pattern: { text: `*${pattern(value, quoted).text}*`, wildcards: true }, start, end };
  const field = fields.find(({ id, only }) => id === name && only !== 'column');
  if (field === undefined) throw new QueryError(start, `there is no field '${name}'${quoteHint(name, fields)}.`);
  const isNumber = field.kind === 'number' || field.kind === 'seconds' || field.kind === 'bytes' || field.kind === 'time';
  if (!quoted && brackets === null && value.toLowerCase() === 'none' && field.values === undefined) return { kind: 'absent', field: name, start, end };
  if (isNumber) return { kind: 'range', field: name, range: readRange(field, written), start, end };
  if (brackets !== null || comparison !== '=') throw new QueryError(valueStart, `'${name}' is text: it cannot be compared.`);
  // Tables and reports call a cause by its name.
  const wanted = pattern(field.id === 'cause' || field.id === 'finding' ? (ruleOf(value) ?? value) : value, quoted);
  if (field.values !== undefined && !field.values.some((one) => matchesPattern(wanted, one))) {
    throw new QueryError(valueStart, `'${name}' has no value '${value}': ${list(nearest(value, field.values))}.`);
  }
  return { kind: 'text', field: name, pattern: wanted, start, end };
}

function pattern(value: string, quoted: boolean): TextPattern {
  return { text: value.toLowerCase(), wildcards: !quoted && /[*?]/.test(value) };
}

function quoteHint(name: string, fields: readonly Field[]): string {
  const near = fields.filter(({ id, only }) => only !== 'column' && id.startsWith(name.slice(0, 3)));
  if (near.length > 0) return `; there is ${list(near.map(({ id }) => id))}`;
  return '; put text with a colon into quotes';
}

/** Values that begin alike, else the first ones. */
function nearest(value: string, values: readonly string[]): readonly string[] {
  const near = values.filter((one) => one.includes(value.toLowerCase().slice(0, 4)));
  const offered = near.length > 0 ? near : values;
  return offered.length <= MAX_OFFERED ? offered : [...offered.slice(0, MAX_OFFERED), `one of ${offered.length - MAX_OFFERED} others`];
}

/** Values that an error message names. */
const MAX_OFFERED = 6;

function list(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
