import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { safeBytes, safeText, shortenMiddle, textWidth } from '../../../shared/format/safe-text.ts';

/** What no text may hold: controls, format characters, separators other than the space, marks, surrogates, private use. */
const DANGEROUS = /[\p{C}\p{Zl}\p{Zp}\p{M}]|(?! )\p{Zs}/u;

describe('safe text', () => {
  test.each([
    ['plain GET /a?b=c ~', 'plain GET /a?b=c ~'],
    ['\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
    ['a\r\nb\tc\0', 'a\\x0d\\x0ab\\x09c\\x00'],
    ['\x9b2J \x7f', '\\x9b2J \\x7f'],
    ['user\u202egnp.exe', 'user\\u{202e}gnp.exe'],
    ['zero\u200bwidth\ufeff', 'zero\\u{200b}width\\u{feff}'],
    ['\ud800', '\\u{d800}'],
    ['filler\u3164', 'filler\\u{3164}'],
    ['no\u00a0break', 'no\\xa0break'],
    ['e\u0301', 'é'],
    ['z\u0335\u0321', 'z\\u{335}\\u{321}'],
    ['日本語 ελ', '日本語 ελ'],
    ['\u{e0041}tag', '\\u{e0041}tag'],
  ])('%j', (text, safe) => expect(safeText(text)).toBe(safe));

  test.each([
    ['/caf\xc3\xa9', '/café'],
    ['/caf\xe9', '/caf\\xe9'],
    ['\xe2\x80\xae', '\\u{202e}'],
    ['\xc2\x9b31m', '\\x9b31m'],
    // Overlong, surrogate and beyond Unicode: not UTF-8 (RFC 3629 section 3).
    ['\xc0\xaf', '\\xc0\\xaf'],
    ['\xed\xa0\x80', '\\xed\\xa0\\x80'],
    ['\xf4\x90\x80\x80', '\\xf4\\x90\\x80\\x80'],
    ['\xf0\x9f\x98\x80', '😀'],
    ['\xf0\x9f\x98', '\\xf0\\x9f\\x98'],
  ])('bytes %j', (bytes, safe) => expect(safeBytes(bytes)).toBe(safe));

  test('whatever comes in, nothing dangerous comes out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (text, bytes) => {
        expect(safeText(text)).not.toMatch(DANGEROUS);
        expect(safeBytes(String.fromCharCode(...bytes))).not.toMatch(DANGEROUS);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('valid UTF-8 is read as it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), (text) => {
        expect(safeBytes(String.fromCharCode(...new TextEncoder().encode(text)))).toBe(safeText(text));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('width', () => {
  test('wide characters take two columns', () => {
    expect(textWidth('abc')).toBe(3);
    expect(textWidth('日本')).toBe(4);
    expect(textWidth('한😀é')).toBe(5);
  });

  test.each([
    ['short', 10, 'short'],
    ['a-very-long-host.example.com', 12, 'a-very…e.com'],
    ['日本語日本語', 7, '日…語'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('%s in %d columns', (text, width, short) => expect(shortenMiddle(text, width)).toBe(short));

  test('shortened text fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }).map(safeText), fc.integer({ min: 0, max: 60 }), (text, width) => {
        expect(textWidth(shortenMiddle(text, width))).toBeLessThanOrEqual(width);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
