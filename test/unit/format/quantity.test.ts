import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatPercent, midSentence, plural } from '../../../shared/format/quantity.ts';

test('a sentence goes on behind a colon in small letters, but for abbreviations', () => {
  expect(['The client closed it.', 'A request', 'TCP keep-alive probes', 'HTTP/1.0 without keep-alive', '3 responses', ''].map(midSentence)).toEqual(['the client closed it.', 'a request', 'TCP keep-alive probes', 'HTTP/1.0 without keep-alive', '3 responses', '']);
});

describe('quantities for people', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1234567, '1,234,567'],
    [12345678, '12,345,678'],
  ])('count %d', (count, text) => expect(formatCount(count)).toBe(text));

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1234, '1.2 kB'],
    [9949, '9.9 kB'],
    [9950, '10 kB'],
    [45_100, '45 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [1_200_000, '1.2 MB'],
    [1_070_000_000, '1.1 GB'],
    [Number.MAX_SAFE_INTEGER, '9.0 PB'],
  ])('bytes %d', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  test.each([
    [0, '0 s'],
    [1e-9, '1 ns'],
    [0.00034, '340 µs'],
    [0.0012, '1.2 ms'],
    [0.9994, '999 ms'],
    [0.9995, '1.0 s'],
    [45, '45.0 s'],
    [59.94, '59.9 s'],
    [59.95, '1 min'],
    [125, '2 min 5 s'],
    [3599.6, '1 h'],
    [3780, '1 h 3 min'],
    [86399, '1 d'],
    [367200, '4 d 6 h'],
    [-0.002, '-2.0 ms'],
  ])('duration %d', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  test.each([
    [0, '0 %'],
    [0.001, '<1 %'],
    [0.5, '50 %'],
    [0.9999, '>99 %'],
    [1, '100 %'],
  ])('share %d', (share, text) => expect(formatPercent(share)).toBe(text));

  test('plural', () => {
    expect(plural(0, 'request')).toBe('0 requests');
    expect(plural(1, 'request')).toBe('1 request');
    expect(plural(1200, 'anomaly', 'anomalies')).toBe('1,200 anomalies');
  });

  test('a unit is never shown with a number that belongs to the next one', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (value) => {
        expect(formatDuration(value)).not.toMatch(/\b(1000|1,000) (ns|µs|ms)|\b60(\.0)? (s|min)\b|\b24 h/);
        expect(formatBytes(Math.round(value * 1e3))).not.toMatch(/^1,\d{3} (B|kB|MB|GB)/);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
