import { ruleName } from '../../../shared/format/rule-names.ts';
import { safeBytes } from '../../../shared/format/safe-text.ts';
import type { Facet, TableName } from '../../../shared/model/view.ts';
import { completionAt, conditionText } from '../../../shared/query/edit-query.ts';
import { FIELDS, type Field } from '../../../shared/query/fields.ts';

export interface Completion {
  /** What replaces characters `start` to `end` of the query. */
  readonly insert: string;
  readonly start: number;
  readonly end: number;
  /** What is shown: the condition as it becomes. */
  readonly text: string;
  readonly about: string;
  /** Rows that have it; null where that is not known. */
  readonly count: number | null;
  /** The condition is whole: it can be applied. */
  readonly whole: boolean;
}

type Item = Pick<Completion, 'text' | 'about' | 'count' | 'whole'>;

/** What may stand at the caret. `facets`: values with counts, of the fields of which they are known. */
export function completions(query: string, caret: number, table: TableName, facets: readonly Facet[]): Completion[] {
  const { field: name, typed, start, end } = completionAt(query, caret, table);
  const field = FIELDS[table].find(({ id }) => id === name);
  if (field === undefined) return fieldItems(typed.toLowerCase(), table, facets).map((item) => ({ ...item, insert: item.text, start, end }));
  const value = typed.replace(/^"|"$/g, '').toLowerCase();
  const items = [...(NUMERIC.has(field.kind) && value === '' ? operatorItems(field) : []), ...valueItems(field, value, table, facets)].slice(0, MOST);
  const head = `${field.id}:`;
  return items.map((item) => ({ ...item, insert: item.text.slice(head.length), start, end }));
}

/** A choice of up to so many values is offered with them at once. */
const FEW = 4;
const MOST = 9;
const NUMERIC = new Set<Field['kind']>(['number', 'seconds', 'bytes', 'time']);

function fieldItems(typed: string, table: TableName, facets: readonly Facet[]): Item[] {
  const named = FIELDS[table].filter(({ id, label, only }) => only !== 'column' && (id.includes(typed) || label.toLowerCase().includes(typed)));
  named.sort((a, b) => Number(b.id.startsWith(typed)) - Number(a.id.startsWith(typed)));
  const items = named.flatMap((field) => {
    const few = typed !== '' && field.values !== undefined && field.values.length <= FEW ? valueItems(field, '', table, facets) : [];
    return few.length > 0 ? few : [{ text: `${field.id}:`, about: field.about, count: null, whole: false }];
  });
  return items.slice(0, MOST);
}

function valueItems(field: Field, typed: string, table: TableName, facets: readonly Facet[]): Item[] {
  const facet = facets.find((one) => one.field === field.id);
  const counted = facet?.values.map(({ value, label, count }) => ({ value, words: label ?? wordsOf(field, value), count: count as number | null })) ?? [];
  const rest = (field.values ?? []).filter((value) => !counted.some((one) => one.value === value));
  // A facet that lists all its values says of the others that there are none.
  const others = rest.map((value) => ({ value, words: wordsOf(field, value), count: facet === undefined || facet.more > 0 ? null : 0 }));
  return [...counted, ...others]
    .filter(({ value, words }) => value.toLowerCase().includes(typed) || words.toLowerCase().includes(typed))
    .map(({ value, words, count }) => ({ text: conditionText(field.id, value, table), about: safeBytes(words), count, whole: true }));
}

function wordsOf(field: Field, value: string): string {
  const name = ruleName(value);
  return name === value ? field.about : name;
}

function operatorItems({ id, kind }: Field): Item[] {
  const example = kind === 'seconds' || kind === 'time' ? '5s' : kind === 'bytes' ? '5kB' : '2';
  return [
    { text: `${id}:<`, about: `less, as in ${id}:<${example}`, count: null, whole: false },
    { text: `${id}:>=`, about: `at least, as in ${id}:>=${example}`, count: null, whole: false },
    { text: `${id}:[`, about: `a range, as in ${id}:[${example} TO *]`, count: null, whole: false },
  ];
}
