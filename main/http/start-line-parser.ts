import { HeadAnomaly } from './anomalies.ts';
import { MessageFlag } from './exchange-sink.ts';
import { ascii, CR, DOT, HT, isBlank, LF, matchPrefix, SP, TCHAR } from './octets.ts';
import { isOddRequestLine, Match, matchMethod, matchStatusLine, METHOD_LIMIT, statusVersionEnd, versionBefore } from './start-line.ts';

/** Results of `parse` that are not the head's end. */
export const INCOMPLETE = -1;
export const INVALID = -2;

/** Methods that change how the response is framed (RFC 9112 section 6.3). */
export const Method = { other: 0, head: 1, connect: 2, get: 3 } as const;
export type Method = (typeof Method)[keyof typeof Method];

/** `HTTP`, `/1.1`, `HEAD` and `GET` as words. */
const HTTP = 0x4854_5450;
const SLASH_1_1 = 0x2f31_2e31;
const HEAD = 0x4845_4144;
const GET = 0x47_4554;
const HTTP_1 = ascii('HTTP/1.');
const CONNECT = ascii('CONNECT');

/** The first line of a message head (RFC 9112 sections 3 and 4), and the way from line to line. Offsets point into `bytes`. */
export abstract class StartLineParser {
  flags = 0;
  status = 0;
  bytes: Uint8Array = new Uint8Array(0);
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  method: Method = Method.other;
  /** HeadAnomaly bits. */
  anomalies = 0;
  /** A control octet other than the usual ones was in a line. */
  protected hasControl = false;
  protected view: DataView = new DataView(new ArrayBuffer(0));
  /** The rest of the head is not in the capture. */
  protected cut = false;

  protected requestLine(bytes: Uint8Array, start: number, end: number): number {
    let p = start;
    while (p < end && TCHAR[bytes[p]!] === 1) p++;
    if (p >= end) return p - start > METHOD_LIMIT || this.cut ? INVALID : INCOMPLETE;
    if (p === start || p - start > METHOD_LIMIT || (bytes[p] !== SP && bytes[p] !== HT)) return INVALID;
    this.methodEnd = p;
    this.readMethod(bytes, start, p - start);
    const usualEnd = this.usualTarget(bytes, p, end);
    if (usualEnd > 0) return usualEnd;
    let targetStart = p + 1;
    while (targetStart < end && isBlank(bytes[targetStart]!)) targetStart++;
    p = this.lineFeed(bytes, p, end);
    if (this.hasControl) return INVALID;
    if (p < 0) return this.cutTarget(bytes, start, targetStart, end);
    let lineEnd = p;
    if (bytes[p - 1] === CR) lineEnd--;
    else this.anomalies |= HeadAnomaly.loneLf;
    let versionEnd = lineEnd;
    while (versionEnd > targetStart && isBlank(bytes[versionEnd - 1]!)) versionEnd--;
    const hasVersion = versionBefore(bytes, this.methodEnd, versionEnd);
    if (!hasVersion) {
      if (!isOddRequestLine(bytes, start, p, end)) return INVALID;
      this.anomalies |= HeadAnomaly.requestLineVersion;
    } else if (bytes[versionEnd - 1] === 48) this.flags |= MessageFlag.http10;
    const partsEnd = hasVersion ? versionEnd - 8 : versionEnd;
    const targetEnd = this.firstBlank(bytes, targetStart, partsEnd);
    this.targetStart = targetStart;
    this.targetEnd = targetEnd;
    if (!hasVersion) return p + 1;
    let more = targetEnd;
    while (more < partsEnd && isBlank(bytes[more]!)) more++;
    if (more < partsEnd) this.anomalies |= HeadAnomaly.requestLineParts;
    else if (targetStart - this.methodEnd !== 1 || bytes[this.methodEnd] !== SP || partsEnd - targetEnd !== 1 || bytes[targetEnd] !== SP || versionEnd !== lineEnd) {
      this.anomalies |= HeadAnomaly.startLineSpacing;
    }
    return p + 1;
  }

  /** Nearly always a target and HTTP/1.1 between single blanks: returns the offset behind such a line, 0 where it is otherwise. */
  private usualTarget(bytes: Uint8Array, methodEnd: number, end: number): number {
    const { view } = this;
    const start = methodEnd + 1;
    const p = this.visibleEnd(bytes, start, end);
    if (p === start || p + 11 > end || bytes[methodEnd] !== SP || bytes[p] !== SP || view.getInt32(p + 1) !== HTTP || view.getInt32(p + 5) !== SLASH_1_1) return 0;
    if (bytes[p + 9] !== CR || bytes[p + 10] !== LF) return 0;
    this.targetStart = start;
    this.targetEnd = p;
    return p + 11;
  }

  private cutTarget(bytes: Uint8Array, start: number, targetStart: number, end: number): number {
    if (!this.cut) return INCOMPLETE;
    if (matchMethod(bytes, start, end) !== Match.whole || !beginsTarget(bytes, targetStart, end)) return INVALID;
    this.targetStart = Math.min(targetStart, end);
    this.targetEnd = this.firstBlank(bytes, this.targetStart, end);
    return INCOMPLETE;
  }

  private readMethod(bytes: Uint8Array, start: number, length: number): void {
    // Methods are case-sensitive (RFC 9110 section 9.1).
    if (length === 3 && this.view.getInt32(start) >>> 8 === GET) this.method = Method.get;
    else if (length === 4 && this.view.getInt32(start) === HEAD) this.method = Method.head;
    else if (length === 7 && matchPrefix(bytes, start, start + length, CONNECT) === 2) this.method = Method.connect;
  }

  protected statusLine(bytes: Uint8Array, start: number, end: number): number {
    // Nearly always HTTP/1.1 and three digits between single blanks.
    if (end - start > 12 && this.view.getInt32(start) === HTTP && this.view.getInt32(start + 4) === SLASH_1_1 && bytes[start + 8] === SP && bytes[start + 12] === SP) {
      const hundreds = bytes[start + 9]! - 48;
      const tens = bytes[start + 10]! - 48;
      const units = bytes[start + 11]! - 48;
      if (hundreds >= 1 && hundreds <= 9 && tens >= 0 && tens <= 9 && units >= 0 && units <= 9) {
        this.status = hundreds * 100 + tens * 10 + units;
        return this.reason(bytes, start + 12, end);
      }
    }
    const match = matchStatusLine(bytes, start, end);
    if (match === Match.no) return INVALID;
    const versionEnd = statusVersionEnd(bytes, start, end);
    let p = versionEnd + 1;
    while (p < end && (bytes[p] === SP || bytes[p] === HT)) p++;
    if (p > versionEnd + 1 || bytes[versionEnd] === HT) this.anomalies |= HeadAnomaly.startLineSpacing;
    // A status line cut right behind its digits is still one.
    if (match === Match.partial && !(this.cut && p + 3 <= end)) return this.cut ? INVALID : INCOMPLETE;
    this.status = (bytes[p]! - 48) * 100 + (bytes[p + 1]! - 48) * 10 + bytes[p + 2]! - 48;
    if (versionEnd !== start + 8 || matchPrefix(bytes, start, end, HTTP_1) !== 2) this.anomalies |= HeadAnomaly.statusLineVersion;
    if (isHttp10(bytes, start + 5, versionEnd)) this.flags |= MessageFlag.http10;
    return this.reason(bytes, p + 3, end);
  }

  /** The rest of a status line; returns the offset behind it. */
  private reason(bytes: Uint8Array, from: number, end: number): number {
    const p = this.lineFeed(bytes, from, end);
    if (p < 0) return p;
    if (bytes[p - 1] !== CR) this.anomalies |= HeadAnomaly.loneLf;
    return p + 1;
  }

  /** Offset of the LF that ends the line; notes a bare CR and a NUL on the way. Four bytes at a time while none is a control. */
  protected lineFeed(bytes: Uint8Array, from: number, end: number): number {
    const { view } = this;
    const lastWord = end - 4;
    let p = from;
    for (;;) {
      while (p <= lastWord) {
        const word = view.getInt32(p, true);
        // The lowest bit that is set is of the first byte below 0x20.
        const controls = (word - 0x20202020) & ~word & 0x80808080;
        if (controls !== 0) {
          p += lowestByte(controls);
          break;
        }
        p += 4;
      }
      if (p >= end) return INCOMPLETE;
      const wordEnd = Math.min(p + 4, end);
      for (; p < wordEnd; p++) {
        const c = bytes[p]!;
        if (c >= SP || c === HT) continue;
        if (c === LF) return p;
        if (c === CR) {
          if (p + 1 < end && bytes[p + 1] !== LF) this.anomalies |= HeadAnomaly.bareCr;
        } else if (c === 0) this.anomalies |= HeadAnomaly.nul;
        else this.hasControl = true;
      }
    }
  }

  private firstBlank(bytes: Uint8Array, from: number, end: number): number {
    let p = this.visibleEnd(bytes, from, end);
    while (p < end && !isBlank(bytes[p]!)) p = this.visibleEnd(bytes, p + 1, end);
    return p;
  }

  /** Offset of the first blank or control. */
  private visibleEnd(bytes: Uint8Array, from: number, end: number): number {
    const { view } = this;
    const lastWord = end - 4;
    let p = from;
    for (; p <= lastWord; p += 4) {
      const word = view.getInt32(p, true);
      const others = (word - 0x21212121) & ~word & 0x80808080;
      if (others !== 0) return p + lowestByte(others);
    }
    while (p < end && bytes[p]! > SP) p++;
    return p;
  }
}

/** Which byte of a word, 0 the lowest, has the lowest bit that is set. */
function lowestByte(word: number): number {
  return (31 - Math.clz32(word & -word)) >> 3;
}

/** Whether a version in a status line is below 1.1; one of SHOUTcast, which has no number, is. */
function isHttp10(bytes: Uint8Array, start: number, end: number): boolean {
  let number = 0;
  let p = start;
  for (; p < end && bytes[p] !== DOT; p++) number = number * 10 + bytes[p]! - 48;
  if (number > 1) return false;
  for (p++; p < end; p++) if (number === 1 && bytes[p] !== 48) return false;
  return true;
}

/** Whether what is there of a target begins as one of the four forms may (RFC 9112 section 3.2); NATS, for one, has CONNECT with JSON. */
function beginsTarget(bytes: Uint8Array, start: number, end: number): boolean {
  return start >= end || bytes[start] === 47 || bytes[start] === 91 || TCHAR[bytes[start]!] === 1;
}
