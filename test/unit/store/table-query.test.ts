import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNTOUCHED } from '../../../main/analysis/results.ts';
import { redactHost, redactTarget } from '../../../main/report/redaction.ts';
import { octetPatternTest } from '../../../main/store/octet-pattern.ts';
import type { RowField } from '../../../main/store/row-field.ts';
import { cellOf } from '../../../main/store/row-field.ts';
import { StringTable } from '../../../main/store/string-table.ts';
import { sortedPlaces } from '../../../main/store/stable-sort.ts';
import type { Table } from '../../../main/store/table-query.ts';
import { facetOf, filterRows, sortRows } from '../../../main/store/table-query.ts';
import { safeBytes } from '../../../shared/format/safe-text.ts';
import { matchesPattern } from '../../../shared/query/text-pattern.ts';
import { parseQuery } from '../../../shared/query/parse-query.ts';

const doubles = fc.array(fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 1, Number.NaN, Infinity, -Infinity)), { maxLength: 60 });

describe('sorting by keys', () => {
  it('is stable, in both directions, with what is not known at the end', () => {
    fc.assert(
      fc.property(doubles, fc.boolean(), (keys, descending) => {
        const places = [...sortedPlaces(keys.length, [{ keys: Float64Array.from(keys), descending }])];
        const expected = keys.map((_, place) => place).sort((a, b) => {
          const [first, second] = [keys[a]!, keys[b]!];
          if (Number.isNaN(first) || Number.isNaN(second)) return Number(Number.isNaN(first)) - Number(Number.isNaN(second)) || a - b;
          return first === second ? a - b : (first < second ? -1 : 1) * (descending ? -1 : 1);
        });
        expect(places).toEqual(expected);
      }),
      { seed: 1 },
    );
  });

  it('goes on to the next keys where the first are equal', () => {
    const first = Float64Array.from([2, 1, 2, 1, 2]);
    const second = Float64Array.from([5, 6, 7, 6, 4]);
    expect([...sortedPlaces(5, [{ keys: first, descending: false }, { keys: second, descending: true }])]).toEqual([1, 3, 2, 0, 4]);
  });
});

const ADDRESSES = ['10.0.0.9', '10.0.0.10', 'fd00::1'];
const HOSTS = ['api.example', 'www.example'];
/** address, port, hosts, requests, duration */
const ROWS: readonly (readonly [number, number, readonly number[], number, number])[] = [
  [0, 80, [0], 3, 0.5],
  [1, 443, [0, 1], 1, Number.NaN],
  [2, 80, [], 2, 45.04],
  [0, 8080, [1], 1, 44.96],
];
const fields = new Map<string, RowField>([
  ['server', { kind: 'socket', code: (row) => ROWS[row]![0], port: (row) => ROWS[row]![1], text: (code) => ADDRESSES[code]!, order: (code) => String(code) }],
  ['host', { kind: 'codes', text: (code) => HOSTS[code]!, first: (row) => ROWS[row]![2][0] ?? -1, some: (row, visit) => ROWS[row]![2].some(visit) }],
  ['requests', { kind: 'number', value: (row) => ROWS[row]![3] }],
  ['duration', { kind: 'number', value: (row) => ROWS[row]![4] }],
  ['closed_by', { kind: 'code', code: (row) => (row === 2 ? -1 : row & 1), text: (code) => ['client', 'server'][code]! }],
]);
const table: Table = { count: ROWS.length, fields, words: ['server', 'host'], within: (row, from, to) => row >= from && row <= to };

const matching = (query: string) => [...(filterRows(table, parseQuery(query, 'connections'), null) ?? [0, 1, 2, 3])];

describe('filtering rows', () => {
  it.each([
    ['', [0, 1, 2, 3]],
    ['server:10.0.0.9', [0, 3]],
    ['server:10.0.0.9:80', [0]],
    ['server:10.0.0.*:80*', [0, 3]],
    ['server:*:80', [0, 2]],
    ['server:fd00::1', [2]],
    ['server:[fd00::1]:80', [2]],
    ['server:10.0.0.1', []],
    ['host:API.example', [0, 1]],
    ['host:www*', [1, 3]],
    ['NOT host:api.example', [2, 3]],
    ['host:none', [2]],
    ['requests:1', [1, 3]],
    ['requests:>1 server:*:80', [0, 2]],
    ['requests:[2 TO 3}', [2]],
    ['duration:45.0s', [2, 3]],
    ['duration:<1', [0]],
    ['duration:none', [1]],
    ['NOT closed_by:client NOT closed_by:server', [2]],
    ['www OR 443', [1, 3]],
    ['0.10', [1]],
    ['8080', [3]],
    ['fd00', [2]],
  ])('%s', (query, rows) => expect(matching(query)).toEqual(rows));

  it('leaves out what does not live in the time range', () => {
    expect([...filterRows(table, parseQuery('requests:1', 'connections'), { from: 2, to: 3 })!]).toEqual([3]);
    expect(filterRows(table, parseQuery('', 'connections'), null)).toBeNull();
  });
});

describe('sorting rows', () => {
  const sorted = (...sort: [field: string, descending: boolean][]) => [...(sortRows(table, null, sort.map(([field, descending]) => ({ field, descending }))) ?? [])];
  it('sorts addresses by number, then by port', () => expect(sorted(['server', false])).toEqual([0, 3, 1, 2]));
  it('sorts texts, and what has none last', () => {
    expect(sorted(['host', false])).toEqual([0, 1, 3, 2]);
    expect(sorted(['host', true])).toEqual([3, 0, 1, 2]);
  });
  it('sorts by several fields', () => expect(sorted(['requests', false], ['duration', true])).toEqual([3, 1, 2, 0]));
  it('sorts what a filter left', () => expect([...sortRows(table, Uint32Array.of(3, 0), [{ field: 'duration', descending: false }])!]).toEqual([0, 3]));
  it('leaves rows as they are for a field that it does not know', () => expect(sortRows(table, null, [{ field: 'toString', descending: false }])).toBeNull());
});

describe('facets', () => {
  it('count each value once a row, the commonest first', () => {
    expect(facetOf(table, 'host', null, 10)).toEqual({ field: 'host', values: [{ value: 'api.example', count: 2 }, { value: 'www.example', count: 2 }], more: 0 });
    expect(facetOf(table, 'host', Uint32Array.of(2, 3), 10).values).toEqual([{ value: 'www.example', count: 1 }]);
  });
  it('say how many values they leave out', () => expect(facetOf(table, 'requests', null, 1)).toEqual({ field: 'requests', values: [{ value: '1', count: 2 }], more: 2 }));
});

it('a cell shows a socket with its port, an IPv6 address in brackets', () => {
  expect([cellOf(fields.get('server')!, 0), cellOf(fields.get('server')!, 2)]).toEqual(['10.0.0.9:80', '[fd00::1]:80']);
  expect([cellOf(fields.get('host')!, 1), cellOf(fields.get('host')!, 2), cellOf(fields.get('duration')!, 1)]).toEqual(['api.example', null, null]);
});

describe('patterns against octets', () => {
  const pieces = fc.constantFrom('/items', '/', '?token=abc', '&x=1', '[redacted]', '%41', '@', 'é', '\x1b', 'eyJhbGciOi.x', 'A', 'red', '"', ' ');
  const texts = fc.array(pieces, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
  const patterns = fc.array(fc.constantFrom('*', '?', '/items', 'red', 'x', '[', '1b', 'abc', 'token=', '=1', 'a'), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
  const shown = (text: string) => safeBytes(redactTarget(text));

  it('say what the shown text says', () => {
    fc.assert(
      fc.property(texts, patterns, fc.boolean(), (text, pattern, wildcards) => {
        const strings = new StringTable();
        const id = strings.internText(text);
        const wanted = { text: pattern, wildcards };
        expect(octetPatternTest(strings, wanted, shown, UNTOUCHED)(id)).toBe(matchesPattern(wanted, shown(text)));
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it('are held against octets only that are shown as they are', () => {
    const plain = [...UNTOUCHED.keys()].filter((octet) => UNTOUCHED[octet] === 1).map((octet) => String.fromCharCode(octet));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...plain), { maxLength: 30 }), (characters) => {
        const text = characters.join('');
        expect([shown(text), safeBytes(redactHost(text))]).toEqual([text, text]);
      }),
      { seed: 3, numRuns: 1000 },
    );
  });
});
