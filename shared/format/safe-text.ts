/*
 * Text from captures and file names is hostile: it must not move a cursor, colour a line, reorder what is read, break
 * a table, or hide. What is not plainly visible is written as an escape: `\x1b` for a byte or a character up to U+00FF,
 * `\u{202e}` for others. A backslash stays as it is: JSON is there for those who need the exact bytes.
 */

/**
 * Letters, digits, punctuation, symbols and the plain space are visible; controls, format characters (bidi overrides,
 * zero width), other spaces, line separators, private use, unassigned and lone surrogates are not. Marks are taken out
 * as well: a heap of them on one letter covers the lines around it. Invisible letters and symbols are listed.
 * A function, like `wide`, because such a pattern takes a millisecond to be read, and most text needs none.
 */
const hidden = (): RegExp => /[^\p{L}\p{N}\p{P}\p{S} ]|[\u115f\u1160\u2800\u3164\uffa0]/gu;
/** A well-formed sequence of RFC 3629 section 4, else one byte that is none. */
const UTF8_OR_BYTE =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;
const PLAIN = /^[\x20-\x7e]*$/;
/** Of one column each: what our own words have, "µ" and "…" among it. Told without `wide`, which takes 2 ms to be compiled. */
const NARROW = /^[\x20-\x7e\xa1-\xff\u2010-\u2026]*$/;
const wide = (): RegExp => /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Yi}\p{Script=Bopomofo}\p{Script=Tangut}\p{Script=Nushu}\p{Emoji_Presentation}\u3000-\u303e\u30a0-\u30ff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]/u;

/** `text`, with what could drive or deceive a terminal escaped. */
export function safeText(text: string): string {
  if (PLAIN.test(text)) return text;
  // Composed first, so that an accent that has a composed form is not escaped as a mark.
  return text.normalize('NFC').replace(hidden(), escapeOf);
}

/** The same for text that holds one character per byte (see shared/model/report.ts): UTF-8 is read where it is valid. */
export function safeBytes(bytes: string): string {
  if (PLAIN.test(bytes)) return bytes;
  return safeText(bytes.replace(UTF8_OR_BYTE, (bytes) => (bytes.length === 1 ? escapeOf(bytes) : decodeUtf8(bytes))));
}

/** Columns of a terminal that safe text takes. */
export function textWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  const pattern = wide();
  let width = 0;
  for (const character of text) width += pattern.test(character) ? 2 : 1;
  return width;
}

/** Safe text cut to `width` columns, in the middle, where both the beginning and the end tell it from others. */
export function shortenMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width <= 1) return width === 1 ? '…' : '';
  const characters = [...text];
  const head = take(characters, Math.ceil((width - 1) / 2));
  const tail = take(characters.reverse(), Math.floor((width - 1) / 2));
  return `${head.join('')}…${tail.reverse().join('')}`;
}

/** The first characters that fit `width` columns. */
function take(characters: readonly string[], width: number): string[] {
  let count = 0;
  for (let left = width; count < characters.length; count++) {
    left -= textWidth(characters[count]!);
    if (left < 0) break;
  }
  return characters.slice(0, count);
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0)!;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** The character of one well-formed sequence. */
function decodeUtf8(bytes: string): string {
  let code = bytes.charCodeAt(0) & (0xff >>> (bytes.length + 1));
  for (let i = 1; i < bytes.length; i++) code = (code << 6) | (bytes.charCodeAt(i) & 0x3f);
  return String.fromCodePoint(code);
}
