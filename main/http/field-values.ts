import { ascii, COMMA, equalsIgnoreCase, isBlank, isDigit } from './octets.ts';

/** What a Transfer-Encoding list says; the bits add up over several fields. */
export const Coding = {
  present: 1,
  /** The last coding named so far is `chunked`. */
  chunkedLast: 2,
  /** Repeated or early `chunked`, an unknown coding, an empty element: readers differ on it. */
  odd: 4,
} as const;

export const ConnectionOption = { close: 1, keepAlive: 2 } as const;

/** What an Upgrade field asks for. */
export const Upgrade = { none: 0, websocket: 1, h2c: 2, other: 3 } as const;
export type Upgrade = (typeof Upgrade)[keyof typeof Upgrade];

/** Content-Length values that are none: see contentLength. */
export const INVALID_LENGTH = -2;
export const CONFLICTING_LENGTH = -3;

const CLOSE = ascii('close');
const KEEP_ALIVE = ascii('keep-alive');
const CHUNKED = ascii('chunked');
const IDENTITY = ascii('identity');
const CODINGS = ['gzip', 'x-gzip', 'deflate', 'compress', 'x-compress', 'br', 'zstd'].map(ascii);
const WEBSOCKET = ascii('websocket');
const H2C = ascii('h2c');
const CONTINUE = ascii('100-continue');
const TIMEOUT = ascii('timeout');
const MAX = ascii('max');

/** Walks a comma-separated list without making anything: `next`, then `start` and `end` of the element. */
class ListCursor {
  start = 0;
  end = 0;
  private at = 0;
  private limit = 0;

  open(start: number, end: number): void {
    this.at = start;
    this.limit = end;
  }

  next(bytes: Uint8Array): boolean {
    if (this.at > this.limit) return false;
    let p = this.at;
    while (p < this.limit && bytes[p] !== COMMA) p++;
    let start = this.at;
    let end = p;
    while (start < end && isBlank(bytes[start]!)) start++;
    while (end > start && isBlank(bytes[end - 1]!)) end--;
    this.start = start;
    this.end = end;
    this.at = p + 1;
    return true;
  }
}

const list = new ListCursor();

/** The options of a Connection field (RFC 9112 section 9.3) as ConnectionOption bits. */
export function connectionOptions(bytes: Uint8Array, start: number, end: number): number {
  let options = 0;
  list.open(start, end);
  while (list.next(bytes)) {
    const length = list.end - list.start;
    if (equalsIgnoreCase(bytes, list.start, length, CLOSE)) options |= ConnectionOption.close;
    else if (equalsIgnoreCase(bytes, list.start, length, KEEP_ALIVE)) options |= ConnectionOption.keepAlive;
  }
  return options;
}

/** Adds a Transfer-Encoding field (RFC 9112 section 6.1) to the Coding bits of those before it. */
export function transferCodings(bytes: Uint8Array, start: number, end: number, before: number): number {
  // The coding that is none, which RFC 2616 section 3.6 had and RFC 9112 has not: alone it changes nothing for those who send it.
  if ((before & Coding.present) === 0 && equalsIgnoreCase(bytes, start, end - start, IDENTITY)) return before | Coding.odd;
  let codings = before | Coding.present;
  list.open(start, end);
  while (list.next(bytes)) {
    if (list.start === list.end) {
      // Empty elements do not count (RFC 9110 section 5.6.1.2).
      codings |= Coding.odd;
      continue;
    }
    if ((codings & Coding.chunkedLast) !== 0) codings = (codings & ~Coding.chunkedLast) | Coding.odd;
    let nameEnd = list.start;
    while (nameEnd < list.end && bytes[nameEnd] !== 59 && !isBlank(bytes[nameEnd]!)) nameEnd++;
    const length = nameEnd - list.start;
    if (equalsIgnoreCase(bytes, list.start, length, CHUNKED)) {
      codings |= Coding.chunkedLast;
      if (nameEnd !== list.end) codings |= Coding.odd;
    } else if (!CODINGS.some((coding) => equalsIgnoreCase(bytes, list.start, length, coding))) codings |= Coding.odd;
  }
  return codings;
}

/**
 * Adds a Content-Length field to the value of those before it (-1: none). A list of one number repeated is that number
 * (RFC 9112 section 6.3, rule 5); other lists conflict; anything but digits, or more than 2^53, is invalid.
 */
export function contentLength(bytes: Uint8Array, start: number, end: number, before: number): number {
  if (before === -1) {
    const only = decimal(bytes, start, end);
    if (only >= 0) return only;
  }
  let result = before;
  list.open(start, end);
  while (list.next(bytes)) {
    if (result < -1) return result;
    const value = decimal(bytes, list.start, list.end);
    if (value < 0) return INVALID_LENGTH;
    if (result >= 0 && result !== value) return CONFLICTING_LENGTH;
    result = value;
  }
  return result;
}

export function isExpectContinue(bytes: Uint8Array, start: number, end: number): boolean {
  return equalsIgnoreCase(bytes, start, end - start, CONTINUE);
}

/** The first protocol of an Upgrade field that is known here (RFC 9110 section 7.8). */
export function upgradeProtocol(bytes: Uint8Array, start: number, end: number): Upgrade {
  list.open(start, end);
  while (list.next(bytes)) {
    const length = list.end - list.start;
    if (equalsIgnoreCase(bytes, list.start, length, WEBSOCKET)) return Upgrade.websocket;
    if (equalsIgnoreCase(bytes, list.start, length, H2C)) return Upgrade.h2c;
  }
  return Upgrade.other;
}

/** The number of `timeout=` in a Keep-Alive field; -1 where absent. */
export function keepAliveTimeout(bytes: Uint8Array, start: number, end: number): number {
  return parameter(bytes, start, end, TIMEOUT);
}

/** The number of `max=` in a Keep-Alive field; -1 where absent. */
export function keepAliveMax(bytes: Uint8Array, start: number, end: number): number {
  return parameter(bytes, start, end, MAX);
}

function parameter(bytes: Uint8Array, start: number, end: number, name: Uint8Array): number {
  list.open(start, end);
  while (list.next(bytes)) {
    let p = list.start;
    while (p < list.end && bytes[p] !== 61 && !isBlank(bytes[p]!)) p++;
    if (!equalsIgnoreCase(bytes, list.start, p - list.start, name)) continue;
    while (p < list.end && (bytes[p] === 61 || isBlank(bytes[p]!))) p++;
    return decimal(bytes, p, list.end);
  }
  return -1;
}

/** Digits only, at most 2^53; else -1. */
function decimal(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return -1;
  let value = 0;
  for (let p = start; p < end; p++) {
    if (!isDigit(bytes[p]!)) return -1;
    value = value * 10 + (bytes[p]! - 48);
    if (value > Number.MAX_SAFE_INTEGER) return -1;
  }
  return value;
}
