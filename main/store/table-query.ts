import type { Facet } from '../../shared/model/view.ts';
import type { Condition } from '../../shared/query/condition.ts';
import { compileCondition } from './row-condition.ts';
import type { RowField } from './row-field.ts';
import { sortedByKeys } from './stable-sort.ts';

export interface SortKey {
  readonly field: string;
  readonly descending: boolean;
}

/** A table that can be filtered, sorted and counted: its rows from 0 on, and how its fields are read. */
export interface Table {
  readonly count: number;
  readonly fields: ReadonlyMap<string, RowField>;
  /** Fields that a word without a field is looked for in. */
  readonly words: readonly string[];
  /** Whether a row lives within a time range, in seconds. */
  within(row: number, from: number, to: number): boolean;
}

export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** The rows that pass, in order; null means all. */
export function filterRows(table: Table, condition: Condition, range: TimeRange | null): Uint32Array | null {
  if (condition.kind === 'all' && range === null) return null;
  const test = condition.kind === 'all' ? null : compileCondition(condition, table.fields, table.words);
  const found = new Uint32Array(table.count);
  let count = 0;
  for (let row = 0; row < table.count; row++) {
    if (range !== null && !table.within(row, range.from, range.to)) continue;
    if (test === null || test(row)) found[count++] = row;
  }
  return found.slice(0, count);
}

/** The rows (null: all) in order of the first key, those that are equal in it by the next; in the end as they came. Keys of unknown fields count for nothing. */
export function sortRows(table: Table, rows: Uint32Array | null, sort: readonly SortKey[]): Uint32Array | null {
  let sorted = rows;
  for (const { field: name, descending } of [...sort].reverse()) {
    const field = table.fields.get(name);
    if (field === undefined) continue;
    sorted ??= Uint32Array.from({ length: table.count }, (_, row) => row);
    for (const keys of sortKeys(field, sorted)) sorted = sortedByKeys(sorted, keys(sorted), descending);
  }
  return sorted;
}

/** Values of a field among rows (null: all), the commonest first, at most `limit`. */
export function facetOf(table: Table, name: string, rows: Uint32Array | null, limit: number): Facet {
  const field = table.fields.get(name);
  const counts = field === undefined || field.kind === 'socket' ? new Map<string, number>() : field.kind === 'number' || field.kind === 'numbers' ? numberCounts(field, table, rows) : textCounts(field, table, rows);
  const values = [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return { field: name, values: values.slice(0, limit), more: Math.max(0, values.length - limit) };
}

type KeyMaker = (rows: Uint32Array) => Float64Array;

/** The keys of a field for rows, the least weighty first. */
function sortKeys(field: RowField, all: Uint32Array): KeyMaker[] {
  switch (field.kind) {
    case 'number':
      return [(rows) => Float64Array.from(rows, (row) => field.value(row))];
    case 'numbers':
      return [];
    case 'code':
    case 'codes': {
      const codeOf = field.kind === 'code' ? (row: number) => field.code(row) : (row: number) => firstCode(field, row);
      const ranks = rankCodes(field, all, codeOf);
      return [(rows) => Float64Array.from(rows, (row) => ranks(codeOf(row)))];
    }
    case 'socket': {
      const codeOf = (row: number) => field.code(row);
      const ranks = rankCodes(field, all, codeOf);
      return [(rows) => Float64Array.from(rows, (row) => field.port(row)), (rows) => Float64Array.from(rows, (row) => ranks(codeOf(row)))];
    }
  }
}

function firstCode(field: RowField & { kind: 'codes' }, row: number): number {
  let first = -1;
  field.some(row, (code) => {
    first = code;
    return true;
  });
  return first;
}

/** The place of each code's text among the texts of these rows; NaN for no value. */
function rankCodes(field: RowField & { kind: 'code' | 'codes' | 'socket' }, rows: Uint32Array, codeOf: (row: number) => number): (code: number) => number {
  const codes = new Set<number>();
  let before = -1;
  for (const row of rows) {
    const code = codeOf(row);
    if (code === before || code < 0) continue;
    codes.add(code);
    before = code;
  }
  const texts = [...codes].map((code) => ({ code, text: field.order?.(code) ?? field.text(code).toLowerCase() }));
  texts.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  const ranks = new Map<number, number>();
  let rank = -1;
  texts.forEach(({ code, text }, index) => {
    if (index === 0 || texts[index - 1]!.text !== text) rank++;
    ranks.set(code, rank);
  });
  return (code) => ranks.get(code) ?? Number.NaN;
}

/** Other texts are not counted: a facet shows the commonest, not all of a million. */
const MAX_COUNTED = 200_000;

function textCounts(field: RowField & { kind: 'code' | 'codes' }, table: Table, rows: Uint32Array | null): Map<string, number> {
  const byCode = new Map<number, number>();
  const count = (code: number): void => {
    const before = byCode.get(code);
    if (before !== undefined) byCode.set(code, before + 1);
    else if (byCode.size < MAX_COUNTED) byCode.set(code, 1);
  };
  if (field.kind === 'code') {
    each(table, rows, (row) => {
      const code = field.code(row);
      if (code >= 0) count(code);
    });
  } else {
    const seen: number[] = [];
    const visit = (code: number): boolean => {
      // Of one row each value counts once.
      if (seen.includes(code)) return false;
      count(code);
      return seen.push(code) > MAX_IN_ROW;
    };
    each(table, rows, (row) => {
      seen.length = 0;
      field.some(row, visit);
    });
  }
  const counts = new Map<string, number>();
  for (const [code, number] of byCode) {
    const text = field.text(code);
    counts.set(text, (counts.get(text) ?? 0) + number);
  }
  return counts;
}

const MAX_IN_ROW = 64;

function numberCounts(field: RowField & { kind: 'number' | 'numbers' }, table: Table, rows: Uint32Array | null): Map<string, number> {
  const counts = new Map<number, number>();
  const count = (value: number): boolean => {
    if (!Number.isNaN(value) && (counts.has(value) || counts.size < MAX_COUNTED)) counts.set(value, (counts.get(value) ?? 0) + 1);
    return false;
  };
  each(table, rows, (row) => (field.kind === 'number' ? count(field.value(row)) : field.some(row, count)));
  return new Map([...counts].map(([value, number]) => [String(value), number]));
}

function each(table: Table, rows: Uint32Array | null, visit: (row: number) => void): void {
  const count = rows?.length ?? table.count;
  for (let i = 0; i < count; i++) visit(rows === null ? i : rows[i]!);
}
