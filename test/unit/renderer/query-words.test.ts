import { describe, expect, it } from 'vitest';
import { cellText } from '../../../renderer/features/grid/cell-text.ts';
import { completions } from '../../../renderer/features/query/completion.ts';
import { describePart } from '../../../renderer/features/query/describe.ts';
import { RULES, catalogEntry } from '../../../main/findings/catalog.ts';
import { ruleName, ruleOf } from '../../../shared/format/rule-names.ts';
import { FIELDS } from '../../../shared/query/fields.ts';
import { checkQuery } from '../../../shared/query/parse-query.ts';

const field = (id: string) => FIELDS.connections.find((one) => one.id === id)!;

describe('chips', () => {
  it.each([
    ['cause:undrained-response', 'Cause is', 'Body not read'],
    ['(host:a OR host:b)', 'Host is', 'a or b'],
    ['NOT closed_with:rst', 'With is not', 'rst'],
    ['-closed_with:rst', 'With is not', 'rst'],
    ['idle:none', 'Idle max is', 'none'],
    ['requests:<2', '', 'requests:<2'],
    ['(host:a OR cause:unknown)', '', '(host:a OR cause:unknown)'],
    ['not valid (', '', 'not valid ('],
    ['host:"a\u202eb"', 'Host is', 'a\\u{202e}b'],
  ])('%s', (text, label, value) => expect(describePart(text, 'connections')).toEqual({ label, value }));
});

describe('completion', () => {
  const facets = [{ field: 'cause', values: [{ value: 'server-idle', count: 15 }, { value: 'undrained-response', count: 177 }], more: 0 }];
  const texts = (query: string) => completions(query, query.length, 'connections', facets).map(({ text }) => text);

  it('knows fields by their beginning first', () => expect(texts('clo')).toEqual(['closed_by:client', 'closed_by:server', 'closed_by:nobody', 'closed_with:fin', 'closed_with:rst', 'closed_with:open', 'closed_with:replaced', 'close_delay:']));
  it('gives values with their counts, and says which there are none of', () => {
    const items = completions('requests:<2 cause:', 18, 'connections', facets);
    expect(items[0]).toMatchObject({ text: 'cause:server-idle', about: 'Server idle limit', count: 15, start: 18, end: 18, insert: 'server-idle', whole: true });
    expect(items[2]).toMatchObject({ count: 0 });
  });
  it('finds values by their words', () => expect(texts('cause:body')).toContain('cause:undrained-response'));
  it('shows how numbers are compared', () => expect(texts('requests:')).toEqual(['requests:<', 'requests:>=', 'requests:[']));
  it('replaces only what is typed', () => {
    const query = 'requests:<2 cause:und AND host:x';
    const [item] = completions(query, 21, 'connections', facets);
    expect(query.slice(0, item!.start) + item!.insert + query.slice(item!.end)).toBe('requests:<2 cause:undrained-response AND host:x');
  });
  it('gives only what the program understands', () => {
    for (const table of ['connections', 'exchanges'] as const) {
      for (const { id } of FIELDS[table]) {
        for (const item of completions(`${id}:`, id.length + 1, table, [])) if (item.whole) expect(checkQuery(item.text, table), item.text).toBeNull();
      }
    }
  });
  it('a value with quotes and spaces stays one', () => {
    const [item] = completions('host:', 5, 'connections', [{ field: 'host', values: [{ value: 'a "b" c', count: 1 }], more: 0 }]);
    expect(checkQuery(item!.text, 'connections')).toBeNull();
  });
});

describe('cells', () => {
  it.each([
    ['start', 20.288, Date.UTC(2026, 1, 14, 2, 14, 0), '02:14:20.288'],
    ['start', 20.288, null, '20.29 s'],
    ['idle', null, null, 'none'],
    ['duration', 0.0125, null, '13 ms'],
    ['id', 1_234_567, null, '1234567'],
    ['packets', 1_234_567, null, '1,234,567'],
    ['cause', 'undrained-response', null, 'Body not read'],
    ['closed_with', 'rst', null, 'RST'],
    ['host', 'a\x1b[31mb', null, 'a\\x1b[31mb'],
    ['finding', ['missed-reuse', 'keep-alive-probes'], null, 'Missed reuse, Probes'],
  ] as const)('%s %s', (id, cell, startedAt, expected) => expect(cellText(field(id), cell, startedAt)).toBe(expected));
});

describe('names of rules', () => {
  it('are short, different from each other, and there for each rule', () => {
    const names = RULES.map(ruleName);
    expect(new Set(names).size).toBe(RULES.length);
    for (const rule of RULES) {
      expect(ruleName(rule).length, rule).toBeLessThanOrEqual(22);
      expect(ruleName(rule), rule).not.toBe(rule);
      expect(ruleName(rule).length).toBeLessThan(catalogEntry(rule).title.length);
      expect(ruleOf(ruleName(rule).toUpperCase())).toBe(rule);
      expect(ruleOf(rule)).toBe(rule);
    }
  });
  it('a name from elsewhere is shown as it is', () => expect([ruleName('toString'), ruleName('x')]).toEqual(['toString', 'x']));
});
