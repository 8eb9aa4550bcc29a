import type { CipherSuite } from './cipher-suites.ts';
import { concat, type RecordKeys } from './key-schedule.ts';
import type { AeadName, CbcName, TlsCrypto } from './tls-crypto.ts';

export const ContentType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** A record as its sender wrote it. */
export interface OpenedRecord {
  readonly type: number;
  readonly content: Uint8Array;
}

/** Opens the sealed records of one direction, in order. Record numbers stay below 2^53: no connection sends more. */
export class RecordOpener {
  /** Number of the next record. */
  number = 0;
  private readonly crypto: TlsCrypto;
  private readonly suite: CipherSuite;
  private readonly keys: RecordKeys;
  private readonly version: '1.2' | '1.3';
  private readonly encryptThenMac: boolean;

  constructor(crypto: TlsCrypto, suite: CipherSuite, keys: RecordKeys, version: '1.2' | '1.3', encryptThenMac: boolean) {
    this.crypto = crypto;
    this.suite = suite;
    this.keys = keys;
    this.version = version;
    this.encryptThenMac = encryptThenMac;
  }

  /** How many bytes sealing adds at least: what a lost record of n bytes held is about n less this. */
  get overhead(): number {
    if (this.version === '1.3') return 17;
    if (this.suite.sealed === 'cbc') return this.suite.macLength + 17;
    return this.suite.cipher === 'chacha20-poly1305' ? 16 : 24;
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

  /** RFC 8446 section 5.2: the real type is the last byte that is not zero. */
  private open13(header: Uint8Array, body: Uint8Array): OpenedRecord | null {
    if (body.length < 17) return null;
    const content = this.crypto.openAead(this.suite.cipher as AeadName, this.keys.key, this.maskedNonce(), header, body);
    if (content === null) return null;
    let end = content.length;
    while (end > 0 && content[end - 1] === 0) end--;
    return end === 0 ? null : { type: content[end - 1]!, content: content.subarray(0, end - 1) };
  }

  /** RFC 5288 section 3 (GCM: 8 bytes of nonce are sent) and RFC 7905 section 2 (ChaCha20: none are). */
  private openAead12(header: Uint8Array, body: Uint8Array): OpenedRecord | null {
    const explicit = this.suite.cipher === 'chacha20-poly1305' ? 0 : 8;
    const length = body.length - explicit - 16;
    if (length < 0) return null;
    const nonce = explicit === 0 ? this.maskedNonce() : concat(this.keys.iv, body.subarray(0, 8));
    const content = this.crypto.openAead(this.suite.cipher as AeadName, this.keys.key, nonce, this.additional(header, length), body.subarray(explicit));
    return content === null ? null : { type: header[0]!, content };
  }

  /** RFC 5246 section 6.2.3.2 with the IV in the record; RFC 7366 where the MAC comes after the encryption. */
  private openCbc(header: Uint8Array, body: Uint8Array): OpenedRecord | null {
    const { macLength } = this.suite;
    const sealedEnd = this.encryptThenMac ? body.length - macLength : body.length;
    if (sealedEnd < 32) return null;
    if (this.encryptThenMac && !this.isMac(body.subarray(sealedEnd), this.additional(header, sealedEnd), body.subarray(0, sealedEnd))) return null;
    const plain = this.crypto.decryptCbc(this.suite.cipher as CbcName, this.keys.key, body.subarray(0, 16), body.subarray(16, sealedEnd));
    if (plain === null) return null;
    const padding = plain[plain.length - 1]!;
    const end = plain.length - 1 - padding;
    for (let i = Math.max(0, end); i < plain.length; i++) if (plain[i] !== padding) return null;
    if (this.encryptThenMac) return end < 0 ? null : { type: header[0]!, content: plain.subarray(0, end) };
    const contentEnd = end - macLength;
    if (contentEnd < 0) return null;
    const content = plain.subarray(0, contentEnd);
    return this.isMac(plain.subarray(contentEnd, end), this.additional(header, contentEnd), content) ? { type: header[0]!, content } : null;
  }

  private isMac(mac: Uint8Array, additional: Uint8Array, data: Uint8Array): boolean {
    const right = this.crypto.hmac(this.suite.mac, this.keys.macKey, concat(additional, data));
    return right.length === mac.length && right.every((byte, i) => byte === mac[i]);
  }

  /** Record number, type, version and length of the content (RFC 5246 section 6.2.3.3). */
  private additional(header: Uint8Array, length: number): Uint8Array {
    const bytes = new Uint8Array(13);
    this.writeNumber(bytes, 8);
    bytes.set(header.subarray(0, 3), 8);
    bytes[11] = length >> 8;
    bytes[12] = length & 0xff;
    return bytes;
  }

  /** RFC 8446 section 5.3. */
  private maskedNonce(): Uint8Array {
    const nonce = new Uint8Array(12);
    this.writeNumber(nonce, 12);
    for (let i = 0; i < 12; i++) nonce[i]! ^= this.keys.iv[i]!;
    return nonce;
  }

  /** Big-endian, ending before `end`. */
  private writeNumber(bytes: Uint8Array, end: number): void {
    let rest = this.number;
    for (let i = end - 1; rest > 0; i--) {
      bytes[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
}
