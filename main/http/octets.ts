/** Octets of HTTP/1.1 by name, and the small comparisons that parsing needs: on bytes, never on strings. */
export const HT = 9;
export const LF = 10;
export const CR = 13;
export const SP = 32;
export const COMMA = 44;
export const DOT = 46;
export const COLON = 58;

/** 1 for every `tchar` (RFC 9110 section 5.6.2). */
export const TCHAR: Uint8Array = tcharTable();

/** The bytes of an ASCII string. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** A lower-case name of at least four octets as words of four; the last one overlaps the one before. */
export function nameWords(name: string): Int32Array {
  const view = new DataView(ascii(name).buffer);
  const words = new Int32Array(Math.ceil(name.length / 4));
  for (let i = 0; i < words.length; i++) words[i] = view.getInt32(Math.min(4 * i, name.length - 4));
  return words;
}

/** Whether `length` bytes at `start` are `lower` (lower-case ASCII letters, digits, `-`), whatever their case. */
export function equalsIgnoreCase(bytes: Uint8Array, start: number, length: number, lower: Uint8Array): boolean {
  if (length !== lower.length) return false;
  for (let i = 0; i < length; i++) {
    const c = bytes[start + i]!;
    if (c !== lower[i]! && (c < 65 || c > 90 || c + 32 !== lower[i]!)) return false;
  }
  return true;
}

/** Whether the bytes at `start` are `expected`: 2 all of them, 1 as far as the bytes go, 0 no. */
export function matchPrefix(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): 0 | 1 | 2 {
  const length = Math.min(expected.length, end - start);
  for (let i = 0; i < length; i++) {
    if (bytes[start + i]! !== expected[i]!) return 0;
  }
  return length === expected.length ? 2 : 1;
}

export function isDigit(octet: number): boolean {
  return octet >= 48 && octet <= 57;
}

/** Blanks inside a field value; CR and LF are there where a folded line was (RFC 9112 section 5.2). */
export function isBlank(octet: number): boolean {
  return octet === SP || octet === HT || octet === CR || octet === LF;
}

function tcharTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (const c of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") table[c.charCodeAt(0)] = 1;
  return table;
}
