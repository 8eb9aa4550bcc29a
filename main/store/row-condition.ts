import type { Condition, NumberRange } from '../../shared/query/condition.ts';
import type { TextPattern } from '../../shared/query/text-pattern.ts';
import { patternTest } from '../../shared/query/text-pattern.ts';
import type { CodeRowField, CodesRowField, RowField, SocketRowField } from './row-field.ts';

export type RowTest = (row: number) => boolean;

/**
 * A query as a test of rows. Each text is tried once: the verdict is remembered by its code.
 *
 * @param words the fields a word without a field may be in
 */
export function compileCondition(condition: Condition, fields: ReadonlyMap<string, RowField>, words: readonly string[]): RowTest {
  switch (condition.kind) {
    case 'all':
      return () => true;
    case 'and':
      return everyTest(condition.parts.map((part) => compileCondition(part, fields, words)));
    case 'or':
      return someTest(condition.parts.map((part) => compileCondition(part, fields, words)));
    case 'not': {
      const test = compileCondition(condition.part, fields, words);
      return (row) => !test(row);
    }
    case 'text':
      return textTest(fields.get(condition.field), condition.pattern);
    case 'range':
      return rangeTest(fields.get(condition.field), condition.range);
    case 'absent':
      return absentTest(fields.get(condition.field));
    case 'word':
      return someTest(words.map((name) => wordTest(fields.get(name), condition.pattern)));
  }
}

const NEVER: RowTest = () => false;

function everyTest(tests: readonly RowTest[]): RowTest {
  return (row) => {
    for (const test of tests) if (!test(row)) return false;
    return true;
  };
}

function someTest(tests: readonly RowTest[]): RowTest {
  return (row) => {
    for (const test of tests) if (test(row)) return true;
    return false;
  };
}

function textTest(field: RowField | undefined, pattern: TextPattern): RowTest {
  switch (field?.kind) {
    case 'code': {
      const verdict = rememberedVerdict(codeTest(field, pattern));
      return (row) => {
        const code = field.code(row);
        return code >= 0 && verdict(code);
      };
    }
    case 'codes': {
      const verdict = rememberedVerdict(codeTest(field, pattern));
      return (row) => field.some(row, verdict);
    }
    case 'socket':
      return socketTest(field, pattern);
    default:
      return NEVER;
  }
}

function codeTest(field: CodeRowField | CodesRowField, pattern: TextPattern): (code: number) => boolean {
  if (field.tester !== undefined) return field.tester(pattern);
  const matches = patternTest(pattern);
  return (code) => matches(field.text(code));
}

/** A word may also be part of a port. */
function wordTest(field: RowField | undefined, pattern: TextPattern): RowTest {
  const test = textTest(field, pattern);
  if (field?.kind !== 'socket') return test;
  const matches = patternTest(pattern);
  const inPort = rememberedVerdict((port) => matches(String(port)));
  return (row) => test(row) || inPort(field.port(row));
}

/** `10.0.0.1`, `10.0.0.*`, `10.0.0.1:80`, `[fd00::1]:80`: the address, and the port behind the last colon. */
function socketTest(field: SocketRowField, pattern: TextPattern): RowTest {
  const matches = patternTest(pattern);
  const alone = rememberedVerdict((code) => {
    const address = field.text(code);
    return matches(address) || (address.includes(':') && matches(`[${address}]`));
  });
  const colon = pattern.text.lastIndexOf(':');
  if (colon < 0) return (row) => alone(field.code(row));
  const before = patternTest({ ...pattern, text: pattern.text.slice(0, colon) });
  const behind = patternTest({ ...pattern, text: pattern.text.slice(colon + 1) });
  const withPort = rememberedVerdict((code) => {
    const address = field.text(code);
    return before(address.includes(':') ? `[${address}]` : address);
  });
  const ofPort = rememberedVerdict((port) => behind(String(port)));
  return (row) => {
    const code = field.code(row);
    return alone(code) || (withPort(code) && ofPort(field.port(row)));
  };
}

function rangeTest(field: RowField | undefined, range: NumberRange): RowTest {
  const { min, max } = range;
  const inside = (value: number): boolean => (value > min || (value === min && range.minInclusive)) && (value < max || (value === max && range.maxInclusive));
  if (field?.kind === 'number') return (row) => inside(field.value(row));
  if (field?.kind === 'numbers') return (row) => field.some(row, inside);
  return NEVER;
}

function absentTest(field: RowField | undefined): RowTest {
  switch (field?.kind) {
    case 'number':
      return (row) => Number.isNaN(field.value(row));
    case 'code':
      return (row) => field.code(row) < 0;
    case 'numbers':
      return (row) => !field.some(row, () => true);
    case 'codes':
      return (row) => !field.some(row, () => true);
    default:
      return NEVER;
  }
}

/** Codes from here on are too far apart for a table; those texts are tried each time. */
const MAX_REMEMBERED = 1 << 22;

function rememberedVerdict(decide: (code: number) => boolean): (code: number) => boolean {
  /** 0 not tried, 1 no, 2 yes. */
  let verdicts = new Uint8Array(1024);
  return (code) => {
    if (code >= MAX_REMEMBERED) return decide(code);
    if (code >= verdicts.length) {
      const more = new Uint8Array(Math.max(code + 1, 2 * verdicts.length));
      more.set(verdicts);
      verdicts = more;
    }
    const known = verdicts[code]!;
    if (known !== 0) return known === 2;
    const verdict = decide(code);
    verdicts[code] = verdict ? 2 : 1;
    return verdict;
  };
}
