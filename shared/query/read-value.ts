import type { NumberRange } from './condition.ts';
import { QueryError } from './condition.ts';
import type { Field } from './fields.ts';
import type { WrittenCondition } from './scan-query.ts';

const SECONDS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, 'µs': 1e-6, ms: 1e-3, s: 1, sec: 1, min: 60, h: 3600, d: 86_400 };
const BYTES: Readonly<Record<string, number>> = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };
const UNITS: Readonly<Partial<Record<Field['kind'], Readonly<Record<string, number>>>>> = { seconds: SECONDS, time: SECONDS, bytes: BYTES };

/**
 * The numbers that a condition on a field of numbers asks for. Equal to a duration or a size means equal as far as its
 * digits say: `duration:45.0s` is from 44.95 s up to 45.05 s.
 *
 * @throws QueryError
 */
export function readRange(field: Field, written: WrittenCondition): NumberRange {
  const { brackets, comparison, value, valueStart } = written;
  if (brackets !== null) {
    const match = /^(\s*)(\S+)(\s+to\s+)(\S+)\s*$/i.exec(value);
    if (match === null) throw new QueryError(valueStart, `expected two values with TO between them, as in ${field.id}:[1 TO 10].`);
    const [, space, first, to, second] = match as unknown as [string, string, string, string, string];
    const min = first === '*' ? Number.NEGATIVE_INFINITY : readNumber(field, first, valueStart + space.length).value;
    const max = second === '*' ? Number.POSITIVE_INFINITY : readNumber(field, second, valueStart + space.length + first.length + to.length).value;
    return { min, max, ...brackets };
  }
  const { value: number, precision } = readNumber(field, value, valueStart);
  switch (comparison) {
    case '<':
    case '<=':
      return { min: Number.NEGATIVE_INFINITY, minInclusive: true, max: number, maxInclusive: comparison === '<=' };
    case '>':
    case '>=':
      return { min: number, minInclusive: comparison === '>=', max: Number.POSITIVE_INFINITY, maxInclusive: true };
    case '=':
      return field.kind === 'number' || number === 0
        ? { min: number, minInclusive: true, max: number, maxInclusive: true }
        : { min: number - precision / 2, minInclusive: true, max: number + precision / 2, maxInclusive: false };
  }
}

/** A number with its unit, and what its last digit counts. */
function readNumber(field: Field, text: string, offset: number): { value: number; precision: number } {
  const units = UNITS[field.kind];
  const match = /^(-?\d+(?:\.(\d+))?(?:e[+-]?\d+)?)([a-zµ]*)$/i.exec(text.replaceAll(',', ''));
  if (match === null) throw new QueryError(offset, `expected a number for '${field.id}'${units === undefined ? '' : `, as in ${example(field)}`}.`);
  const unit = match[3]!.toLowerCase();
  const factor = unit === '' ? 1 : units?.[unit];
  if (factor === undefined) {
    const known = units === undefined ? 'it has no unit' : `its units are ${Object.keys(units).join(', ')}`;
    throw new QueryError(offset + match[1]!.length, `'${match[3]}' is no unit of '${field.id}': ${known}.`);
  }
  // A quotient is nearer to the decimal than a product with a fraction.
  const number = Number(match[1]);
  const value = factor < 1 ? number / Math.round(1 / factor) : number * factor;
  return { value, precision: factor * 10 ** -(match[2]?.length ?? 0) };
}

function example(field: Field): string {
  return field.kind === 'bytes' ? `${field.id}:>5kB` : `${field.id}:>5s`;
}
