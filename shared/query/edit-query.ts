import type { TableName } from '../model/view.ts';
import type { Condition } from './condition.ts';
import { QueryError } from './condition.ts';
import { FIELDS } from './fields.ts';
import { parseQuery } from './parse-query.ts';

/** What a cell or a facet holds; null: no value. */
export type ConditionValue = string | number | null;

/** A condition as the query language has it: `cause:unknown`, `host:"a b"`, `duration:1.5s`, `status:none`. */
export function conditionText(field: string, value: ConditionValue, table: TableName = 'connections'): string {
  const kind = FIELDS[table].find(({ id }) => id === field)?.kind;
  if (value === null) return `${field}:none`;
  if (typeof value === 'number') return `${field}:${plainNumber(value)}${kind === 'seconds' || kind === 'time' ? 's' : kind === 'bytes' ? 'B' : ''}`;
  // Behind the colon an equals sign is a comparison.
  const plain = /^(?!=)[\w./@%+,:;=&~!#$-]+$/.test(value) && value.toLowerCase() !== 'none';
  return `${field}:${plain || kind === 'choice' || kind === 'choices' ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`;
}

/**
 * The query with one more condition. A value of a field that the query asks for already widens that condition to either
 * value (as facets do); with `exclude` the rows that have the value go. A query that is not valid is left as it is, with
 * the condition behind it.
 */
export function addCondition(query: string, field: string, value: ConditionValue, exclude = false, table: TableName = 'connections'): string {
  const text = conditionText(field, value, table);
  const parts = topParts(query, table);
  if (parts === null) return `${query.trimEnd()} ${text}`;
  if (exclude) return joined([...parts.map((part) => part.text), `NOT ${text}`]);
  const place = parts.findIndex(({ condition }) => asksOnlyFor(condition, field));
  const found = parts[place];
  if (found === undefined) return joined([...parts.map((part) => part.text), text]);
  const values = alternatives(query, found.condition);
  if (values.includes(text)) return query;
  return joined(parts.map((part, index) => (index === place ? `(${[...values, text].join(' OR ')})` : part.text)));
}

/** The query without that value of the field, as `addCondition` put it there; unchanged where it is not. */
export function removeCondition(query: string, field: string, value: ConditionValue, exclude = false, table: TableName = 'connections'): string {
  const text = conditionText(field, value, table);
  const parts = topParts(query, table);
  if (parts === null) return query;
  return joined(
    parts.flatMap((part) => {
      if (exclude) return part.condition.kind === 'not' && textOf(query, part.condition.part) === text ? [] : [part.text];
      if (!asksOnlyFor(part.condition, field)) return [part.text];
      const values = alternatives(query, part.condition);
      const left = values.filter((one) => one !== text);
      if (left.length === values.length) return [part.text];
      return left.length === 0 ? [] : [left.length === 1 ? left[0]! : `(${left.join(' OR ')})`];
    }),
  );
}

/** Whether the query asks for that value of the field, alone or among others: what a facet shows as ticked. */
export function hasCondition(query: string, field: string, value: ConditionValue, table: TableName = 'connections'): boolean {
  const text = conditionText(field, value, table);
  return (topParts(query, table) ?? []).some(({ condition }) => asksOnlyFor(condition, field) && alternatives(query, condition).includes(text));
}

/** The conditions that must all hold, as they are written: what chips show. One piece, the whole query, where it is not valid. */
export function queryParts(query: string, table: TableName = 'connections'): string[] {
  return topParts(query, table)?.map(({ text }) => text) ?? (query.trim() === '' ? [] : [query.trim()]);
}

/** The query without its last condition: what an empty table offers. */
export function withoutLastPart(query: string, table: TableName = 'connections'): string {
  return joined(queryParts(query, table).slice(0, -1));
}

/** The same as a tree: what is left of a query for the counts of a facet. */
export function withoutField(condition: Condition, field: string): Condition {
  if (asksOnlyFor(condition, field) || (condition.kind === 'not' && asksOnlyFor(condition.part, field))) return { kind: 'all', start: 0, end: 0 };
  return condition.kind === 'and' ? { ...condition, parts: condition.parts.map((part) => withoutField(part, field)) } : condition;
}

/** What is to be completed where somebody types: the field, or the value of a field. */
export interface Completion {
  readonly field: string | null;
  /** What is typed of it. */
  readonly typed: string;
  /** Characters that a completion replaces. */
  readonly start: number;
  readonly end: number;
}

/** What stands at the caret. */
export function completionAt(query: string, caret: number, table: TableName = 'connections'): Completion {
  const before = query.slice(0, caret);
  const word = /[^\s()]*$/.exec(before)![0].replace(/^-/, '');
  const colon = /^([a-z_]+):/i.exec(word);
  const field = colon !== null && FIELDS[table].some(({ id }) => id === colon[1]!.toLowerCase()) ? colon[1]!.toLowerCase() : null;
  const typed = field === null ? word : word.slice(colon![0].length);
  return { field, typed, start: caret - typed.length, end: caret };
}

interface Part {
  readonly condition: Condition;
  readonly text: string;
}

/** The conditions joined by AND at the top, each as it is written; null where the query is not valid. */
function topParts(query: string, table: TableName): Part[] | null {
  try {
    const condition = parseQuery(query, table);
    if (condition.kind === 'all') return [];
    const parts = condition.kind === 'and' ? condition.parts : [condition];
    // Alternatives are put into parentheses, so that other conditions can stand beside them.
    return parts.map((part) => ({ condition: part, text: part.kind === 'or' && query[part.start] !== '(' ? `(${textOf(query, part)})` : textOf(query, part) }));
  } catch (error) {
    if (error instanceof QueryError) return null;
    throw error;
  }
}

function asksOnlyFor(condition: Condition, field: string): boolean {
  if (condition.kind === 'or') return condition.parts.every((part) => asksOnlyFor(part, field));
  return (condition.kind === 'text' || condition.kind === 'range' || condition.kind === 'absent') && condition.field === field;
}

function alternatives(query: string, condition: Condition): string[] {
  return condition.kind === 'or' ? condition.parts.flatMap((part) => alternatives(query, part)) : [textOf(query, condition).replace(/^\(+|\)+$/g, '')];
}

function textOf(query: string, { start, end }: Condition): string {
  return query.slice(start, end);
}

function joined(parts: readonly string[]): string {
  return parts.join(' ');
}

/** Without an exponent, which the language reads but nobody does. */
function plainNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(9).replace(/\.?0+$/, '') : text;
}
