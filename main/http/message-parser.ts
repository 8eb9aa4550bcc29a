import { HeadAnomaly } from './anomalies.ts';
import { Framing, MessageFlag, type MessageHead } from './exchange-sink.ts';
import {
  CONFLICTING_LENGTH, ConnectionOption, Coding, INVALID_LENGTH, Upgrade,
  connectionOptions, contentLength, isExpectContinue, keepAliveMax, keepAliveTimeout, transferCodings, upgradeProtocol,
} from './field-values.ts';
import { CR, COLON, HT, isBlank, LF, nameWords, SP, TCHAR } from './octets.ts';
import { INCOMPLETE, Method, StartLineParser } from './start-line-parser.ts';

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

/**
 * One pass over a message head (RFC 9112 sections 2 to 5) into fields that are reused for the next one. Nothing is
 * copied: all ranges point into the bytes that were parsed.
 */
export class ParsedHead extends StartLineParser implements MessageHead {
  framing: Framing = Framing.none;
  contentLength = -1;
  keepAliveTimeout = -1;
  keepAliveMax = -1;
  start = 0;
  end = 0;
  fieldsStart = 0;
  namesHash = 0;
  hostStart = 0;
  hostEnd = 0;
  agentStart = 0;
  agentEnd = 0;
  contentRangeStart = 0;
  contentRangeEnd = 0;
  isRequest = false;
  /** Coding bits. */
  codings = 0;
  /** The Content-Length fields: -1 none, INVALID_LENGTH, CONFLICTING_LENGTH, else the length. */
  declaredLength = -1;
  upgrade: Upgrade = Upgrade.none;
  private hosts = 0;

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

  private fields(bytes: Uint8Array, from: number, end: number): number {
    const { view } = this;
    const lastWord = end - 4;
    let p = from;
    // Blanks before the first field: such lines are dropped (RFC 9112 section 2.2).
    while (p < end && (bytes[p] === SP || bytes[p] === HT)) {
      this.anomalies |= HeadAnomaly.leadingWhitespace;
      p = this.lineFeed(bytes, p, end) + 1;
      if (p === 0) return INCOMPLETE;
    }
    for (;;) {
      const name = p;
      while (p <= lastWord && isNamePart(view.getInt32(p))) p += 4;
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

/** Whether the four octets of a word are letters and hyphens, as nearly all of field names are. No sum carries into the octet above: the highest bits are left out. */
function isNamePart(word: number): boolean {
  const octets = word & 0x7f7f7f7f;
  const lowerCase = octets | 0x20202020;
  const letters = (lowerCase + 0x1f1f1f1f) & ~(lowerCase + 0x05050505);
  const hyphens = ~((octets ^ 0x2d2d2d2d) + 0x7f7f7f7f);
  return ((letters | hyphens) & ~word & 0x80808080) === (0x80808080 | 0);
}
