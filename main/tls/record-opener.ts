import type { CipherSuite } from './cipher-suites.ts';
import { concat, nextSecret, type RecordKeys, tls13Keys } from './key-schedule.ts';
import { MOST_CONTENT_BYTES } from './limits.ts';
import type { AeadName, CbcName, TlsCrypto } from './tls-crypto.ts';

export const ContentType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** A record as its sender wrote it. */
export interface OpenedRecord {
  readonly type: number;
  readonly content: Uint8Array;
}

/**
 * Added to the length of a loss that is not known exactly: it is longer than any body then, so that reading goes on at
 * the next message start, and positions, which are compared modulo 2^32, stay what they are.
 */
export const UNCERTAIN = 2 ** 40;

const HEADER_BYTES = 5;
const TAG_BYTES = 16;
const BLOCK_BYTES = 16;

/** Opens the sealed records of one direction, in order. Record numbers stay below 2^53: no connection sends more. */
export class RecordOpener {
  /** Number of the next record. */
  number = 0;
  /** "1.2" stands for those before, too. */
  readonly version: '1.2' | '1.3';
  /** CBC of TLS 1.0: the last block of the record before is the IV (RFC 2246 section 6.2.3.2); null: every record brings its own. */
  private chain: Uint8Array | null = null;
  private readonly crypto: TlsCrypto;
  private readonly suite: CipherSuite;
  private readonly keys: RecordKeys;
  private readonly encryptThenMac: boolean;
  /** TLS 1.3: what the keys come from. */
  private readonly secret: Uint8Array;
  private readonly nonce = new Uint8Array(12);
  private readonly additional = new Uint8Array(13);

  private constructor(crypto: TlsCrypto, suite: CipherSuite, keys: RecordKeys, version: '1.2' | '1.3', encryptThenMac: boolean, secret: Uint8Array) {
    this.crypto = crypto;
    this.suite = suite;
    this.keys = keys;
    this.version = version;
    this.encryptThenMac = encryptThenMac;
    this.secret = secret;
  }

  /** @param chained TLS 1.0 */
  static tls12(crypto: TlsCrypto, suite: CipherSuite, keys: RecordKeys, encryptThenMac: boolean, chained: boolean): RecordOpener {
    const opener = new RecordOpener(crypto, suite, keys, '1.2', encryptThenMac, new Uint8Array(0));
    if (chained) opener.chain = keys.iv;
    return opener;
  }

  static tls13(crypto: TlsCrypto, suite: CipherSuite, secret: Uint8Array): RecordOpener {
    return new RecordOpener(crypto, suite, tls13Keys(crypto, suite, secret), '1.3', false, secret);
  }

  /** What opens this direction's records after a KeyUpdate (RFC 8446 section 4.6.3). */
  updated(): RecordOpener {
    return RecordOpener.tls13(this.crypto, this.suite, nextSecret(this.crypto, this.suite, this.secret));
  }

  /** How many records at least, and at most, so many bytes of the wire are. */
  fewest(bytes: number): number {
    return Math.max(1, Math.ceil(bytes / (HEADER_BYTES + MOST_CONTENT_BYTES + this.overhead + (this.suite.sealed === 'cbc' ? 255 : 0))));
  }

  most(bytes: number): number {
    return Math.max(1, Math.floor(bytes / (HEADER_BYTES + this.overhead)));
  }

  /** The content of `records` lost records that took so many bytes of the wire; where padding hides it, at most that, and UNCERTAIN more. */
  contentOf(bytes: number, records: number): number {
    const most = Math.max(0, bytes - records * (HEADER_BYTES + this.overhead));
    if (this.suite.sealed === 'aead') return most;
    const sealed = this.encryptThenMac ? MOST_CONTENT_BYTES + 1 : MOST_CONTENT_BYTES + this.suite.macLength + 1;
    const full = HEADER_BYTES + (this.chain === null ? BLOCK_BYTES : 0) + Math.ceil(sealed / BLOCK_BYTES) * BLOCK_BYTES + (this.encryptThenMac ? this.suite.macLength : 0);
    return bytes === records * full ? records * MOST_CONTENT_BYTES : most + UNCERTAIN;
  }

  /**
   * The record as record `this.number`, whose number then is used up; null where it cannot be that one, and the number
   * stays.
   *
   * @param header the five bytes before the body, which are authenticated too
   */
  open(header: Uint8Array, body: Uint8Array): OpenedRecord | null {
    const opened = this.version === '1.3' ? this.open13(header, body) : this.suite.sealed === 'aead' ? this.openAead12(header, body) : this.openCbc(header, body);
    if (opened !== null) this.number++;
    return opened;
  }

  /** How many bytes sealing adds to the content at least, the header not counted. */
  private get overhead(): number {
    if (this.version === '1.3') return TAG_BYTES + 1;
    if (this.suite.sealed === 'cbc') return (this.chain === null ? BLOCK_BYTES : 0) + this.suite.macLength + 1;
    return TAG_BYTES + this.explicitNonce;
  }

  /** Bytes of the nonce that TLS 1.2 sends with a record. */
  private get explicitNonce(): number {
    return this.suite.cipher === 'chacha20-poly1305' ? 0 : 8;
  }

  /** RFC 8446 section 5.2: the real type is the last byte that is not zero. */
  private open13(header: Uint8Array, body: Uint8Array): OpenedRecord | null {
    if (body.length <= TAG_BYTES) return null;
    const content = this.crypto.openAead(this.suite.cipher as AeadName, this.keys.key, this.maskedNonce(), header, body);
    if (content === null) return null;
    let end = content.length;
    while (end > 0 && content[end - 1] === 0) end--;
    return end === 0 ? null : { type: content[end - 1]!, content: content.subarray(0, end - 1) };
  }

  /** RFC 5288 section 3 (GCM: 8 bytes of nonce are sent) and RFC 7905 section 2 (ChaCha20: none are). */
  private openAead12(header: Uint8Array, body: Uint8Array): OpenedRecord | null {
    const explicit = this.explicitNonce;
    const length = body.length - explicit - TAG_BYTES;
    if (length < 0) return null;
    if (explicit > 0) {
      this.nonce.set(this.keys.iv);
      for (let i = 0; i < explicit; i++) this.nonce[this.keys.iv.length + i] = body[i]!;
    } else this.maskedNonce();
    const content = this.crypto.openAead(this.suite.cipher as AeadName, this.keys.key, this.nonce, this.authenticated(header, length), body.subarray(explicit));
    return content === null ? null : { type: header[0]!, content };
  }

  /** RFC 5246 section 6.2.3.2; RFC 7366 where the MAC comes after the encryption. */
  private openCbc(header: Uint8Array, body: Uint8Array): OpenedRecord | null {
    const { macLength } = this.suite;
    const sealedEnd = this.encryptThenMac ? body.length - macLength : body.length;
    const start = this.chain === null ? BLOCK_BYTES : 0;
    if (sealedEnd < start + BLOCK_BYTES) return null;
    if (this.encryptThenMac && !this.isMac(body.subarray(sealedEnd), this.authenticated(header, sealedEnd), body.subarray(0, sealedEnd))) return null;
    const iv = this.chain ?? body.subarray(0, BLOCK_BYTES);
    const content = this.contentOfCbc(header, this.crypto.decryptCbc(this.suite.cipher as CbcName, this.keys.key, iv, body.subarray(start, sealedEnd)));
    if (content !== null && this.chain !== null) this.chain = body.slice(sealedEnd - BLOCK_BYTES, sealedEnd);
    return content === null ? null : { type: header[0]!, content };
  }

  /** Without padding and, where it is inside, the MAC. */
  private contentOfCbc(header: Uint8Array, plain: Uint8Array | null): Uint8Array | null {
    if (plain === null) return null;
    const padding = plain[plain.length - 1]!;
    const end = plain.length - 1 - padding;
    if (end < 0) return null;
    for (let i = end; i < plain.length; i++) if (plain[i] !== padding) return null;
    if (this.encryptThenMac) return plain.subarray(0, end);
    const contentEnd = end - this.suite.macLength;
    if (contentEnd < 0) return null;
    const content = plain.subarray(0, contentEnd);
    return this.isMac(plain.subarray(contentEnd, end), this.authenticated(header, contentEnd), content) ? content : null;
  }

  private isMac(mac: Uint8Array, additional: Uint8Array, data: Uint8Array): boolean {
    const right = this.crypto.hmac(this.suite.mac, this.keys.macKey, concat(additional, data));
    return right.length === mac.length && right.every((byte, i) => byte === mac[i]);
  }

  /** Record number, type, version and length of the content (RFC 5246 section 6.2.3.3); reused. */
  private authenticated(header: Uint8Array, length: number): Uint8Array {
    const bytes = this.additional;
    writeNumber(this.number, bytes, 8);
    for (let i = 0; i < 3; i++) bytes[8 + i] = header[i]!;
    bytes[11] = length >> 8;
    bytes[12] = length & 0xff;
    return bytes;
  }

  /** RFC 8446 section 5.3; reused. */
  private maskedNonce(): Uint8Array {
    const { nonce } = this;
    nonce.fill(0, 0, 4);
    writeNumber(this.number, nonce, 12);
    for (let i = 0; i < 12; i++) nonce[i]! ^= this.keys.iv[i]!;
    return nonce;
  }
}

/** Eight bytes, big-endian, ending before `end`. */
function writeNumber(number: number, bytes: Uint8Array, end: number): void {
  let rest = number;
  for (let i = end - 1; i >= end - 8; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}
