import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../shared/query/condition.ts';
import { addCondition, completionAt, hasCondition, queryParts, removeCondition, withoutField, withoutLastPart } from '../../../shared/query/edit-query.ts';
import { checkQuery, parseQuery } from '../../../shared/query/parse-query.ts';
import { matchesPattern } from '../../../shared/query/text-pattern.ts';

/** "server=10.0.0.2 & (cause~undrained* | requests[-∞,2))" */
function shown(condition: Condition): string {
  switch (condition.kind) {
    case 'all':
      return 'all';
    case 'and':
    case 'or':
      return `(${condition.parts.map(shown).join(condition.kind === 'and' ? ' & ' : ' | ')})`;
    case 'not':
      return `!${shown(condition.part)}`;
    case 'text':
      return `${condition.field}${condition.pattern.wildcards ? '~' : '='}${condition.pattern.text}`;
    case 'word':
      return condition.pattern.text;
    case 'absent':
      return `${condition.field}=none`;
    case 'range': {
      const { min, max, minInclusive, maxInclusive } = condition.range;
      return `${condition.field}${minInclusive ? '[' : '('}${min},${max}${maxInclusive ? ']' : ')'}`;
    }
  }
}

const read = (query: string, table: 'connections' | 'exchanges' = 'connections') => shown(parseQuery(query, table));

describe('the query language', () => {
  it.each([
    ['', 'all'],
    ['  ', 'all'],
    ['server:10.0.0.2', 'server=10.0.0.2'],
    ['server:fd00::1', 'server=fd00::1'],
    ['server:[fd00::1]:80', 'server=[fd00::1]:80'],
    ['requests:<2', 'requests[-Infinity,2)'],
    ['requests<2', 'requests[-Infinity,2)'],
    ['requests:>=2', 'requests[2,Infinity]'],
    ['requests:=2', 'requests[2,2]'],
    ['duration:>5s', 'duration(5,Infinity]'],
    ['duration:>5000ms', 'duration(5,Infinity]'],
    ['duration: < 5ms', 'duration[-Infinity,0.005)'],
    ['duration:2min', 'duration[90,150)'],
    ['duration:1.5s', 'duration[1.45,1.55)'],
    ['idle:[1s TO 10s]', 'idle[1,10]'],
    ['idle:{1s TO *}', 'idle(1,Infinity)'],
    ['bytes_server:>1.5kB', 'bytes_server(1500,Infinity]'],
    ['packets:1,200', 'packets[1200,1200]'],
    ['host:"a b"', 'host=a b'],
    ['host:"a\\"b\\\\"', 'host=a"b\\'],
    ['host:"a*"', 'host=a*'],
    ['host:A*', 'host~a*'],
    ['target:/v1/items?x=1', 'target~/v1/items?x=1'],
    ['protocol:http/1', 'protocol=http/1'],
    ['cause:undrained*', 'cause~undrained*'],
    ['cause:"Body not read"', 'cause=undrained-response'],
    ['finding:probes', 'finding=keep-alive-probes'],
    ['cause:HTTP/1.0', 'cause=http10-default'],
    ['host:probes', 'host=probes'],
    ['idle:none', 'idle=none'],
    ['protocol:none', 'protocol=none'],
    ['api.example', '*api.example*'],
    ['a b', '(*a* & *b*)'],
    ['a OR b AND c', '(*a* | (*b* & *c*))'],
    ['a or b c', '(*a* | (*b* & *c*))'],
    ['(a OR b) c', '((*a* | *b*) & *c*)'],
    ['a (b OR (c d)) OR e', '((*a* & (*b* | (*c* & *d*))) | *e*)'],
    ['NOT closed_with:rst', '!closed_with=rst'],
    ['-closed_with:rst a', '(!closed_with=rst & *a*)'],
    ['NOT (a OR b) c', '(!(*a* | *b*) & *c*)'],
    ['"or"', '*or*'],
    ['endpoint:"10.0.0.1 -> 10.0.0.2:80"', 'endpoint=10.0.0.1 -> 10.0.0.2:80'],
  ])('%s', (query, expected) => expect(read(query)).toBe(expected));

  it.each([
    ['requests:<', 10, "Not valid at character 11: expected a value after 'requests:<'."],
    ['host:', 5, "Not valid at character 6: expected a value after 'host:'."],
    ['a AND', 5, "Not valid at character 6: expected a condition after 'AND'."],
    ['AND a', 0, "Not valid at character 1: expected a condition before 'AND'."],
    ['a OR OR b', 5, "Not valid at character 6: expected a condition before 'OR'."],
    ['(a OR b', 7, "Not valid at character 8: expected ')'."],
    ['a) b', 1, "Not valid at character 2: there is no '(' for this ')'."],
    ['()', 1, "Not valid at character 2: expected a condition before ')'."],
    ['a NOT', 5, "Not valid at character 6: expected a condition after 'NOT'."],
    ['host:"a b', 9, 'Not valid at character 10: expected a closing quote.'],
    ['idle:[1s TO 10s', 15, 'Not valid at character 16: expected ] at the end of the range.'],
    ['idle:[1s 10s]', 6, 'Not valid at character 7: expected two values with TO between them, as in idle:[1 TO 10].'],
    ['idle:[1s TO x]', 12, "Not valid at character 13: expected a number for 'idle', as in idle:>5s."],
    ['requests:many', 9, "Not valid at character 10: expected a number for 'requests'."],
    ['duration:5parsec', 10, "Not valid at character 11: 'parsec' is no unit of 'duration': its units are ns, us, µs, ms, s, sec, min, h, d."],
    ['requests:5s', 10, "Not valid at character 11: 's' is no unit of 'requests': it has no unit."],
    ['servr:a', 0, "Not valid at character 1: there is no field 'servr'; there is server."],
    ['localhost:80', 0, "Not valid at character 1: there is no field 'localhost'; put text with a colon into quotes."],
    ['lane:a', 0, "Not valid at character 1: there is no field 'lane'; put text with a colon into quotes."],
    ['cause:nope', 6, "Not valid at character 7: 'cause' has no value 'nope': undrained-response, undrained-request, client-close-option, server-close-option, http10-default, close-delimited or one of 22 others."],
    ['cause:undrain', 6, "Not valid at character 7: 'cause' has no value 'undrain': undrained-response or undrained-request."],
    ['host:<b', 6, "Not valid at character 7: 'host' is text: it cannot be compared."],
    ['toString:a', 0, "Not valid at character 1: there is no field 'tostring'; put text with a colon into quotes."],
  ])('%s is not valid', (query, offset, message) => expect(checkQuery(query, 'connections')).toEqual({ offset, message }));

  it('knows the fields of each table', () => {
    expect(read('wait:>1s', 'exchanges')).toBe('wait(1,Infinity]');
    expect(checkQuery('wait:>1s', 'connections')?.offset).toBe(0);
  });

  it('reads a query of many conditions in no time, and refuses more', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `a${index}`).join(' ');
    expect(checkQuery(many(400), 'connections')).toBeNull();
    expect(checkQuery(many(401), 'connections')?.message).toContain('at most 400');
  });

  it('says something of any text, and never throws anything else', () => {
    const pieces = fc.constantFrom('a', 'host:', 'requests:<', '"', '(', ')', ' AND ', ' OR ', ' NOT ', '-', '[1 TO 2]', '{', '\\', ' ', '*', ':', '<', '5s', 'é', '\0');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        const query = parts.join('');
        const problem = checkQuery(query, 'connections');
        if (problem !== null) expect(problem.offset).toBeLessThanOrEqual(query.length);
      }),
      { seed: 1 },
    );
  });
});

describe('wildcards', () => {
  it('agree with a regular expression', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'A', '.'), { maxLength: 8 }).map((all) => all.join(''));
    const patterns = fc.array(fc.constantFrom('a', 'b', '*', '?', '.'), { maxLength: 6 }).map((all) => all.join(''));
    fc.assert(
      fc.property(patterns, letters, (text, sample) => {
        const expression = new RegExp(`^${text.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i');
        expect(matchesPattern({ text, wildcards: true }, sample)).toBe(expression.test(sample));
      }),
      { seed: 2 },
    );
  });

  it('take no time that explodes', () => {
    expect(matchesPattern({ text: `${'*a'.repeat(40)}b`, wildcards: true }, 'a'.repeat(10_000))).toBe(false);
  });
});

describe('editing a query', () => {
  it('adds conditions, and widens one of the same field', () => {
    expect(addCondition('', 'cause', 'unknown')).toBe('cause:unknown');
    expect(addCondition('cause:unknown', 'cause', 'max-age')).toBe('(cause:unknown OR cause:max-age)');
    expect(addCondition('(cause:unknown OR cause:max-age) a', 'cause', 'max-requests')).toBe('(cause:unknown OR cause:max-age OR cause:max-requests) a');
    expect(addCondition('cause:unknown', 'cause', 'unknown')).toBe('cause:unknown');
    expect(addCondition('a OR b', 'cause', 'unknown')).toBe('(a OR b) cause:unknown');
    expect(addCondition('a', 'cause', 'unknown', true)).toBe('a NOT cause:unknown');
    expect(addCondition('host:', 'cause', 'unknown')).toBe('host: cause:unknown');
    expect(addCondition('', 'host', 'a "b" \\')).toBe('host:"a \\"b\\" \\\\"');
    expect(addCondition('', 'host', 'none')).toBe('host:"none"');
    expect(addCondition('', 'duration', 0.000_001_5)).toBe('duration:0.0000015s');
    expect(addCondition('', 'idle', null)).toBe('idle:none');
  });

  it('takes back what it added', () => {
    const both = addCondition(addCondition('requests:1', 'host', 'a'), 'host', 'b c');
    expect(hasCondition(both, 'host', 'b c')).toBe(true);
    expect(removeCondition(both, 'host', 'a')).toBe('requests:1 host:"b c"');
    expect(removeCondition(removeCondition(both, 'host', 'a'), 'host', 'b c')).toBe('requests:1');
    expect(removeCondition('requests:1 NOT host:a', 'host', 'a', true)).toBe('requests:1');
    expect(removeCondition(both, 'host', 'z')).toBe(both);
  });

  it('adds any value so that it is read back as it was, and is taken back', () => {
    const values = fc.string({ unit: 'grapheme', maxLength: 12 });
    fc.assert(
      fc.property(values, (value) => {
        const query = addCondition('requests:1', 'host', value);
        expect(shown(parseQuery(query, 'connections'))).toBe(`(requests[1,1] & host=${value.toLowerCase()})`);
        expect(removeCondition(query, 'host', value)).toBe('requests:1');
      }),
      { seed: 11, numRuns: 1000 },
    );
  });

  it('read a value that begins with an equals sign as a comparison with what follows', () => {
    expect(addCondition('', 'host', '=a')).toBe('host:"=a"');
    expect(shown(parseQuery(addCondition('', 'host', '='), 'connections'))).toBe('host==');
  });

  it('parts a query for chips', () => {
    expect(queryParts('a (b OR c) NOT host:"x y" AND d')).toEqual(['a', '(b OR c)', 'NOT host:"x y"', 'd']);
    expect(queryParts('a (')).toEqual(['a (']);
    expect(withoutLastPart('a (b OR c)')).toBe('a');
  });

  it('leaves a facet the other conditions', () => {
    const condition = parseQuery('(host:a OR host:b) requests:1 NOT host:c', 'connections');
    expect(shown(withoutField(condition, 'host'))).toBe('(all & requests[1,1] & all)');
  });

  it('says what stands at the caret', () => {
    expect(completionAt('a clo', 5)).toEqual({ field: null, typed: 'clo', start: 2, end: 5 });
    expect(completionAt('(cause:un x', 9)).toEqual({ field: 'cause', typed: 'un', start: 7, end: 9 });
  });
});
