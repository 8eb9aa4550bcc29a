import type { Facet } from '../../shared/model/view.ts';
import type { Condition } from '../../shared/query/condition.ts';
import { compileCondition } from './row-condition.ts';
import type { RowField } from './row-field.ts';
import { sortedPlaces } from './stable-sort.ts';

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
  const all = rows ?? allRows(table.count);
  const levels = sort.flatMap(({ field: name, descending }) => {
    const field = table.fields.get(name);
    return field === undefined ? [] : sortKeys(field, all).map((keys) => ({ keys, descending }));
  });
  if (levels.length === 0) return rows;
  const sorted = sortedPlaces(all.length, levels);
  for (let i = 0; i < sorted.length; i++) sorted[i] = all[sorted[i]!]!;
  return sorted;
}

/** Values of a field among rows (null: all), the commonest first, at most `limit`. */
export function facetOf(table: Table, name: string, rows: Uint32Array | null, limit: number): Facet {
  const field = table.fields.get(name);
  const counts = field === undefined || field.kind === 'socket' ? new Map<string, number>() : field.kind === 'number' || field.kind === 'numbers' ? numberCounts(field, table, rows) : textCounts(field, table, rows);
  // A longer text is no value to choose from.
  const values = [...counts].filter(([value]) => value.length <= MAX_VALUE).map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return { field: name, values: values.slice(0, limit), more: Math.max(0, values.length - limit) };
}

/** The keys of rows by a field, those that weigh most first. */
function sortKeys(field: RowField, rows: Uint32Array): Float64Array[] {
  switch (field.kind) {
    case 'number':
      return [keysOf(rows, (row) => field.value(row))];
    case 'numbers':
      return [];
    case 'code':
      return [rankedKeys(field, keysOf(rows, (row) => field.code(row)))];
    case 'codes':
      return [rankedKeys(field, keysOf(rows, field.first === undefined ? (row) => firstCode(field, row) : (row) => field.first!(row)))];
    case 'socket':
      return [rankedKeys(field, keysOf(rows, (row) => field.code(row))), keysOf(rows, (row) => field.port(row))];
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

/* Loops, where `from` with a function takes five times as long. */

function allRows(count: number): Uint32Array {
  const rows = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  return rows;
}

function keysOf(rows: Uint32Array, key: (row: number) => number): Float64Array {
  const keys = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) keys[i] = key(rows[i]!);
  return keys;
}

/** Codes as the places of their texts among each other; NaN for no value. In place. */
function rankedKeys(field: RowField & { kind: 'code' | 'codes' | 'socket' }, keys: Float64Array): Float64Array {
  const ranks = new NumbersByCode();
  const codes: number[] = [];
  for (let i = 0; i < keys.length; i++) {
    const code = keys[i]!;
    if (code < 0 || ranks.get(code) !== 0) continue;
    ranks.set(code, 1);
    codes.push(code);
  }
  const texts = codes.map((code) => ({ code, text: field.order?.(code) ?? field.text(code).toLowerCase() }));
  texts.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  let rank = 0;
  texts.forEach(({ code, text }, index) => {
    if (index === 0 || texts[index - 1]!.text !== text) rank++;
    ranks.set(code, rank);
  });
  for (let i = 0; i < keys.length; i++) keys[i] = keys[i]! < 0 ? Number.NaN : ranks.get(keys[i]!);
  return keys;
}

/** A number for each code, 0 at first: in a table where codes are small, in a map where they are far apart. */
class NumbersByCode {
  private small = new Uint32Array(1024);
  private readonly large = new Map<number, number>();

  get(code: number): number {
    return code < this.small.length ? this.small[code]! : code < MAX_SMALL ? 0 : (this.large.get(code) ?? 0);
  }

  set(code: number, value: number): void {
    if (code >= MAX_SMALL) {
      this.large.set(code, value);
      return;
    }
    if (code >= this.small.length) {
      const more = new Uint32Array(Math.max(code + 1, 2 * this.small.length));
      more.set(this.small);
      this.small = more;
    }
    this.small[code] = value;
  }
}

const MAX_SMALL = 1 << 22;

const MAX_VALUE = 500;

/** Other texts are not counted: a facet shows the commonest, not all of a million. */
const MAX_COUNTED = 200_000;

function textCounts(field: RowField & { kind: 'code' | 'codes' }, table: Table, rows: Uint32Array | null): Map<string, number> {
  const byCode = new NumbersByCode();
  const codes: number[] = [];
  const count = (code: number): void => {
    const before = byCode.get(code);
    if (before === 0) {
      if (codes.length === MAX_COUNTED) return;
      codes.push(code);
    }
    byCode.set(code, before + 1);
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
  for (const code of codes) {
    const text = field.text(code);
    counts.set(text, (counts.get(text) ?? 0) + byCode.get(code));
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
