import { HeadAnomaly } from './anomalies.ts';
import { Framing, MessageFlag, type MessageHead } from './exchange-sink.ts';
import {
  CONFLICTING_LENGTH, ConnectionOption, Coding, INVALID_LENGTH, Upgrade,
  connectionOptions, contentLength, isExpectContinue, keepAliveMax, keepAliveTimeout, transferCodings, upgradeProtocol,
} from './field-values.ts';
import { ascii, CR, COLON, DOT, HT, isBlank, LF, matchPrefix, nameWords, SP, TCHAR } from './octets.ts';
import { isOddRequestLine, matchMethod, Match, matchStatusLine, METHOD_LIMIT, statusVersionEnd, versionBefore } from './start-line.ts';

/** Results of `parse` that are not the head's end. */
export const INCOMPLETE = -1;
export const INVALID = -2;

/** Methods that change how the response is framed (RFC 9112 section 6.3). */
export const Method = { other: 0, head: 1, connect: 2, get: 3 } as const;
export type Method = (typeof Method)[keyof typeof Method];

const HOST = nameWords('host');
const EXPECT = nameWords('expect');
const SERVER = nameWords('server');
const UPGRADE = nameWords('upgrade');
const CONNECTION = nameWords('connection');
const KEEP_ALIVE = nameWords('keep-alive');
const USER_AGENT = nameWords('user-agent');
const CONTENT_RANGE = nameWords('content-range');
const CONTENT_LENGTH = nameWords('content-length');
const TRANSFER_ENCODING = nameWords('transfer-encoding');
/** `HTTP` and `/1.1` as words. */
const HTTP = 0x4854_5450;
const SLASH_1_1 = 0x2f31_2e31;
const HTTP_1 = ascii('HTTP/1.');
const HEAD = ascii('HEAD');
const GET = ascii('GET');
const CONNECT = ascii('CONNECT');

/**
 * One pass over a message head (RFC 9112 sections 2 to 5) into fields that are reused for the next one. Nothing is
 * copied: all ranges point into the bytes that were parsed.
 */
export class ParsedHead implements MessageHead {
  flags = 0;
  framing: Framing = Framing.none;
  contentLength = -1;
  status = 0;
  keepAliveTimeout = -1;
  keepAliveMax = -1;
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  fieldsStart = 0;
  namesHash = 0;
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  hostStart = 0;
  hostEnd = 0;
  agentStart = 0;
  agentEnd = 0;
  contentRangeStart = 0;
  contentRangeEnd = 0;
  isRequest = false;
  method: Method = Method.other;
  /** HeadAnomaly bits. */
  anomalies = 0;
  /** Coding bits. */
  codings = 0;
  /** The Content-Length fields: -1 none, INVALID_LENGTH, CONFLICTING_LENGTH, else the length. */
  declaredLength = -1;
  upgrade: Upgrade = Upgrade.none;
  private hosts = 0;
  /** A control octet other than the usual ones was in a line. */
  private hasControl = false;
  private view: DataView = new DataView(new ArrayBuffer(0));
  private cut = false;

  /**
   * Parses the head that begins at `start`: a request's or a status line, then fields. Returns the offset behind the
   * empty line, INCOMPLETE where the bytes end before it, INVALID where they begin no such message.
   */
  parse(bytes: Uint8Array, start: number, end: number, isRequest: boolean): number {
    this.cut = false;
    return this.read(bytes, start, end, isRequest);
  }

  /** The same for a head whose rest is not in the capture: reads what is there, sets MessageFlag.headCut. `end` or INVALID. */
  parseCut(bytes: Uint8Array, start: number, end: number, isRequest: boolean): number {
    this.cut = true;
    return this.read(bytes, start, end, isRequest);
  }

  private read(bytes: Uint8Array, start: number, end: number, isRequest: boolean): number {
    this.reset(bytes, start, isRequest);
    let p = isRequest ? this.requestLine(bytes, start, end) : this.statusLine(bytes, start, end);
    if (p >= 0) {
      this.fieldsStart = p;
      p = this.fields(bytes, p, end);
    }
    if (p === INCOMPLETE && this.cut) {
      this.flags |= MessageFlag.headCut;
      p = end;
    }
    if (p < 0) return p;
    this.end = p;
    if (isRequest) this.finishRequest(bytes);
    return p;
  }

  private reset(bytes: Uint8Array, start: number, isRequest: boolean): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.start = this.end = this.fieldsStart = start;
    this.isRequest = isRequest;
    this.flags = this.status = this.anomalies = this.codings = this.hosts = this.namesHash = 0;
    this.hasControl = false;
    this.framing = Framing.none;
    this.method = Method.other;
    this.upgrade = Upgrade.none;
    this.contentLength = this.declaredLength = this.keepAliveTimeout = this.keepAliveMax = -1;
    this.methodStart = this.methodEnd = this.targetStart = this.targetEnd = start;
    this.hostStart = this.hostEnd = this.agentStart = this.agentEnd = start;
    this.contentRangeStart = this.contentRangeEnd = start;
  }

  private requestLine(bytes: Uint8Array, start: number, end: number): number {
    let p = start;
    while (p < end && TCHAR[bytes[p]!] === 1) p++;
    if (p >= end) return p - start > METHOD_LIMIT || this.cut ? INVALID : INCOMPLETE;
    if (p === start || p - start > METHOD_LIMIT || (bytes[p] !== SP && bytes[p] !== HT)) return INVALID;
    this.methodEnd = p;
    this.readMethod(bytes, start, p - start);
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

  private cutTarget(bytes: Uint8Array, start: number, targetStart: number, end: number): number {
    if (!this.cut) return INCOMPLETE;
    if (matchMethod(bytes, start, end) !== Match.whole || !beginsTarget(bytes, targetStart, end)) return INVALID;
    this.targetStart = Math.min(targetStart, end);
    this.targetEnd = this.firstBlank(bytes, this.targetStart, end);
    return INCOMPLETE;
  }

  private readMethod(bytes: Uint8Array, start: number, length: number): void {
    // Methods are case-sensitive (RFC 9110 section 9.1).
    const end = start + length;
    if (length === 3 && matchPrefix(bytes, start, end, GET) === 2) this.method = Method.get;
    else if (length === 4 && matchPrefix(bytes, start, end, HEAD) === 2) this.method = Method.head;
    else if (length === 7 && matchPrefix(bytes, start, end, CONNECT) === 2) this.method = Method.connect;
  }

  private statusLine(bytes: Uint8Array, start: number, end: number): number {
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
  private lineFeed(bytes: Uint8Array, from: number, end: number): number {
    const { view } = this;
    const lastWord = end - 4;
    let p = from;
    for (;;) {
      while (p <= lastWord) {
        const word = view.getInt32(p, true);
        // Not 0 where a byte is below 0x20.
        if (((word - 0x20202020) & ~word & 0x80808080) !== 0) break;
        p += 4;
      }
      const wordEnd = p <= lastWord ? p + 4 : end;
      for (; p < wordEnd; p++) {
        const c = bytes[p]!;
        if (c >= SP || c === HT) continue;
        if (c === LF) return p;
        if (c === CR) {
          if (p + 1 < end && bytes[p + 1] !== LF) this.anomalies |= HeadAnomaly.bareCr;
        } else if (c === 0) this.anomalies |= HeadAnomaly.nul;
        else this.hasControl = true;
      }
      if (p >= end) return INCOMPLETE;
    }
  }

  private firstBlank(bytes: Uint8Array, from: number, end: number): number {
    let p = from;
    while (p < end && (bytes[p]! > SP || !isBlank(bytes[p]!))) p++;
    return p;
  }

  private fields(bytes: Uint8Array, from: number, end: number): number {
    let p = from;
    // Blanks before the first field: such lines are dropped (RFC 9112 section 2.2).
    while (p < end && (bytes[p] === SP || bytes[p] === HT)) {
      this.anomalies |= HeadAnomaly.leadingWhitespace;
      p = this.lineFeed(bytes, p, end) + 1;
      if (p === 0) return INCOMPLETE;
    }
    for (;;) {
      const name = p;
      while (p < end && TCHAR[bytes[p]!] === 1) p++;
      if (p >= end) return INCOMPLETE;
      if (p === name) {
        if (bytes[p] === CR && p + 1 >= end) return INCOMPLETE;
        if (bytes[p] === CR && bytes[p + 1] === LF) return p + 2;
        if (bytes[p] === LF) {
          this.anomalies |= HeadAnomaly.loneLf;
          return p + 1;
        }
      }
      const nameEnd = p;
      while (p < end && (bytes[p] === SP || bytes[p] === HT)) p++;
      if (p >= end) return INCOMPLETE;
      this.hashName(bytes, name, nameEnd);
      const valid = bytes[p] === COLON && nameEnd > name;
      if (!valid) this.anomalies |= HeadAnomaly.nameInvalid;
      else if (p > nameEnd) this.anomalies |= HeadAnomaly.spaceBeforeColon;
      let value = valid ? p + 1 : p;
      // A line that begins with a blank continues the value (RFC 9112 section 5.2).
      for (;;) {
        p = this.lineFeed(bytes, p, end);
        if (p < 0) return INCOMPLETE;
        if (bytes[p - 1] !== CR) this.anomalies |= HeadAnomaly.loneLf;
        p++;
        if (p >= end && !this.cut) return INCOMPLETE;
        if (p >= end || (bytes[p] !== SP && bytes[p] !== HT)) break;
        this.anomalies |= HeadAnomaly.folding;
      }
      if (!valid) continue;
      let valueEnd = p;
      while (value < valueEnd && isBlank(bytes[value]!)) value++;
      while (valueEnd > value && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
      this.field(bytes, name, nameEnd - name, value, valueEnd);
    }
  }

  /** Adds a field name to `namesHash`. */
  private hashName(bytes: Uint8Array, start: number, end: number): void {
    const { view } = this;
    let hash = this.namesHash ^ (end - start);
    let p = start;
    for (; p + 4 <= end; p += 4) hash = Math.imul(hash ^ (hash >>> 15) ^ view.getInt32(p), 0x9e3779b1);
    for (; p < end; p++) hash = Math.imul(hash ^ (hash >>> 15) ^ bytes[p]!, 0x9e3779b1);
    this.namesHash = hash;
  }

  private field(bytes: Uint8Array, name: number, length: number, start: number, end: number): void {
    switch (length) {
      case 4:
        if (!this.isName(name, length, HOST)) return;
        this.hosts++;
        if (this.hosts > 1) return;
        this.hostStart = start;
        this.hostEnd = end;
        return;
      case 6:
        if (this.isRequest) {
          if (this.isName(name, length, EXPECT) && isExpectContinue(bytes, start, end)) this.flags |= MessageFlag.expectContinue;
        } else if (this.isName(name, length, SERVER)) this.setAgent(start, end);
        return;
      case 7:
        if (this.isName(name, length, UPGRADE)) this.upgrade = upgradeProtocol(bytes, start, end);
        return;
      case 10:
        if (this.isName(name, length, CONNECTION)) {
          const options = connectionOptions(bytes, start, end);
          if ((options & ConnectionOption.close) !== 0) this.flags |= MessageFlag.closeOption;
          if ((options & ConnectionOption.keepAlive) !== 0) this.flags |= MessageFlag.keepAliveOption;
        } else if (this.isName(name, length, KEEP_ALIVE)) {
          this.keepAliveTimeout = keepAliveTimeout(bytes, start, end);
          this.keepAliveMax = keepAliveMax(bytes, start, end);
        } else if (this.isRequest && this.isName(name, length, USER_AGENT)) this.setAgent(start, end);
        return;
      case 13:
        if (!this.isName(name, length, CONTENT_RANGE)) return;
        this.contentRangeStart = start;
        this.contentRangeEnd = end;
        return;
      case 14:
        if (!this.isName(name, length, CONTENT_LENGTH)) return;
        this.declaredLength = contentLength(bytes, start, end, this.declaredLength);
        if (this.declaredLength === INVALID_LENGTH) this.anomalies |= HeadAnomaly.contentLengthInvalid;
        if (this.declaredLength === CONFLICTING_LENGTH) this.anomalies |= HeadAnomaly.contentLengthConflict;
        return;
      case 17:
        if (!this.isName(name, length, TRANSFER_ENCODING)) return;
        this.codings = transferCodings(bytes, start, end, this.codings);
        if ((this.codings & Coding.odd) !== 0) this.anomalies |= HeadAnomaly.teOddSpelling;
        return;
      default:
    }
  }

  /** Whether the field name at `at`, all of it tchar, is the one of these words (see nameWords), whatever its case. */
  private isName(at: number, length: number, words: Int32Array): boolean {
    const { view } = this;
    const last = words.length - 1;
    for (let i = 0; i < last; i++) if ((view.getInt32(at + 4 * i) | 0x20202020) !== words[i]) return false;
    return (view.getInt32(at + length - 4) | 0x20202020) === words[last];
  }

  private setAgent(start: number, end: number): void {
    this.agentStart = start;
    this.agentEnd = end;
  }

  /** Host: the target's authority before the field (RFC 9112 section 3.2.2); missing or repeated ones are noted (3.2). */
  private finishRequest(bytes: Uint8Array): void {
    if (this.hosts > 1) this.anomalies |= HeadAnomaly.hostDuplicate;
    if (this.hosts === 0 && (this.flags & (MessageFlag.http10 | MessageFlag.headCut)) === 0) this.anomalies |= HeadAnomaly.hostMissing;
    if (this.method === Method.connect) {
      this.hostStart = this.targetStart;
      this.hostEnd = this.targetEnd;
      return;
    }
    const first = bytes[this.targetStart]!;
    if (this.targetStart === this.targetEnd || first === 47 || first === 42) return;
    let p = this.targetStart;
    while (p < this.targetEnd && (TCHAR[bytes[p]!] === 1)) p++;
    if (p + 3 > this.targetEnd || bytes[p] !== COLON || bytes[p + 1] !== 47 || bytes[p + 2] !== 47) return;
    this.flags |= MessageFlag.absoluteForm;
    let authority = p + 3;
    for (p = authority; p < this.targetEnd; p++) {
      const c = bytes[p]!;
      if (c === 47 || c === 63 || c === 35) break;
      if (c === 64) authority = p + 1; // user information is not part of the host
    }
    this.hostStart = authority;
    this.hostEnd = p;
  }
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
