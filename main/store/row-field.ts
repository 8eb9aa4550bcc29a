import type { TextPattern } from '../../shared/query/text-pattern.ts';
import { socketText } from '../../shared/format/socket-text.ts';
import type { Cell } from '../../shared/model/view.ts';

/**
 * How a field of a table is read of a row. Texts stand behind small codes (interned strings, endpoints, places in a
 * list), so that a condition is tried once per text and not once per row; -1 is no value.
 */
export type RowField = NumberRowField | NumbersRowField | CodeRowField | CodesRowField | SocketRowField;

export interface NumberRowField {
  readonly kind: 'number';
  /** In the field's unit: seconds, bytes, the number; NaN where there is none. */
  value(row: number): number;
}

/** Several numbers in a row: to filter by. */
export interface NumbersRowField {
  readonly kind: 'numbers';
  /** Calls `visit` with each until it says true; says whether it did. */
  some(row: number, visit: (value: number) => boolean): boolean;
}

interface Coded {
  /** What people see. */
  text(code: number): string;
  /** What to sort by in place of the text. */
  order?(code: number): string;
  /** A quicker way to hold a pattern against the text. */
  tester?(pattern: TextPattern): (code: number) => boolean;
}

export interface CodeRowField extends Coded {
  readonly kind: 'code';
  code(row: number): number;
}

/** Several texts in a row. */
export interface CodesRowField extends Coded {
  readonly kind: 'codes';
  some(row: number, visit: (code: number) => boolean): boolean;
  /** The one that stands for the others: what a cell shows in place of a list, and what rows are sorted by; -1 for none. */
  first?(row: number): number;
}

/** An address with a port: conditions may name the address alone. */
export interface SocketRowField extends Coded {
  readonly kind: 'socket';
  /** Code of the address; its text is without the port. */
  code(row: number): number;
  port(row: number): number;
}

/** What a page of rows shows. */
export function cellOf(field: RowField, row: number): Cell {
  switch (field.kind) {
    case 'number': {
      const value = field.value(row);
      return Number.isNaN(value) ? null : value;
    }
    case 'numbers': {
      const values: number[] = [];
      field.some(row, (value) => values.push(value) >= MAX_LISTED);
      return values;
    }
    case 'code': {
      const code = field.code(row);
      return code < 0 ? null : field.text(code);
    }
    case 'codes': {
      if (field.first !== undefined) {
        const first = field.first(row);
        return first < 0 ? null : field.text(first);
      }
      const codes: number[] = [];
      field.some(row, (code) => (codes.includes(code) ? false : codes.push(code) >= MAX_LISTED));
      return codes.map((code) => field.text(code));
    }
    case 'socket':
      return socketText({ address: field.text(field.code(row)), port: field.port(row) });
  }
}

/** Values of one row that a cell lists. */
const MAX_LISTED = 32;
