import { createCipheriv, createHmac, type CipherGCMTypes } from 'node:crypto';
import type { Side } from './conversation.ts';
import { concat, latin1 } from './packets.ts';
import { type Random, seeded } from './random.ts';
import type { Piece } from './tls-captures.ts';
import { extension, message, record, uint16 } from './tls-writer.ts';

/** Suites of TLS 1.2 by number; the CBC one with encrypt-then-MAC (RFC 7366). */
const SUITES = {
  0xc02f: { cipher: 'aes-128-gcm', keyLength: 16, ivLength: 4, macLength: 0, hash: 'sha256' },
  0xc030: { cipher: 'aes-256-gcm', keyLength: 32, ivLength: 4, macLength: 0, hash: 'sha384' },
  0xcca8: { cipher: 'chacha20-poly1305', keyLength: 32, ivLength: 12, macLength: 0, hash: 'sha256' },
  0x002f: { cipher: 'aes-128-cbc', keyLength: 16, ivLength: 0, macLength: 20, hash: 'sha256' },
} as const;

export type Tls12Suite = keyof typeof SUITES;

interface Keys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly mac: Uint8Array;
}

/** What TlsWriter is for TLS 1.3, for TLS 1.2 (RFC 5246): the same seed gives the same bytes. */
export class Tls12Writer {
  readonly pieces: Piece[] = [];
  readonly keyLog: string;
  private readonly number: Record<Side, number> = { client: 0, server: 0 };
  private readonly suiteNumber: Tls12Suite;
  private readonly suite: (typeof SUITES)[Tls12Suite];
  private readonly random: Random;
  private readonly clientRandom: Uint8Array;
  private readonly serverRandom: Uint8Array;
  private readonly keys: Record<Side, Keys>;

  constructor(suite: Tls12Suite, seed = 1) {
    this.suiteNumber = suite;
    this.suite = SUITES[suite];
    this.random = seeded(seed);
    this.clientRandom = this.bytes(32);
    this.serverRandom = this.bytes(32);
    const master = this.bytes(48);
    this.keyLog = `CLIENT_RANDOM ${Buffer.from(this.clientRandom).toString('hex')} ${Buffer.from(master).toString('hex')}\n`;
    this.keys = this.keysOf(master);
  }

  /** The messages of a full handshake; certificate, key exchange and verify data are only as long as real ones. */
  handshake(): this {
    const encryptThenMac = this.suite.macLength > 0 ? extension(22, []) : [];
    const hello = (random: Uint8Array, suites: readonly number[]): number[] => [3, 3, ...random, 0, ...suites, ...uint16(encryptThenMac.length), ...encryptThenMac];
    this.raw('client', record(22, message(1, hello(this.clientRandom, [...uint16(2), ...uint16(this.suiteNumber), 1, 0]))));
    const flight = [message(2, hello(this.serverRandom, [...uint16(this.suiteNumber), 0])), message(11, this.bytes(900)), message(12, this.bytes(329)), message(14, [])];
    for (const each of flight) this.raw('server', record(22, each));
    this.raw('client', record(22, message(16, this.bytes(66))));
    for (const side of ['client', 'server'] as const) this.raw(side, record(20, Uint8Array.of(1))).sealed(side, 22, message(20, this.bytes(12)));
    return this;
  }

  /** Application data, in records of at most `most` bytes. */
  data(side: Side, data: string | Uint8Array, most = 1 << 14): this {
    const bytes = typeof data === 'string' ? latin1(data) : data;
    for (let at = 0; at < bytes.length; at += most) this.sealed(side, 23, bytes.subarray(at, at + most));
    return this;
  }

  closeNotify(side: Side): this {
    return this.sealed(side, 21, Uint8Array.of(1, 0));
  }

  private sealed(side: Side, type: number, content: Uint8Array): this {
    const number = [0, 0, 0, 0, ...uint16(this.number[side] >> 16), ...uint16(this.number[side]++)];
    const authenticated = (length: number): Uint8Array => Uint8Array.from([...number, type, 3, 3, ...uint16(length)]);
    const { key, iv, mac } = this.keys[side];
    if (this.suite.cipher === 'aes-128-cbc') {
      // Each byte of the padding says how many come before the last (section 6.2.3.2).
      const padding = 15 - (content.length % 16);
      const own = this.bytes(16);
      const cipher = createCipheriv(this.suite.cipher, key, own);
      cipher.setAutoPadding(false);
      const body = concat([own, cipher.update(content), cipher.update(new Uint8Array(padding + 1).fill(padding)), cipher.final()]);
      return this.raw(side, record(type, concat([body, createHmac('sha1', mac).update(authenticated(body.length)).update(body).digest()])));
    }
    // GCM sends eight bytes of the nonce (RFC 5288 section 3), ChaCha20 none (RFC 7905 section 2).
    const sent = this.suite.ivLength === 4 ? number : [];
    const nonce = sent.length > 0 ? [...iv, ...sent] : iv.map((byte, at) => byte ^ (number[at - 4] ?? 0));
    const cipher = createCipheriv(this.suite.cipher as CipherGCMTypes, key, Uint8Array.from(nonce), { authTagLength: 16 });
    cipher.setAAD(authenticated(content.length));
    return this.raw(side, record(type, concat([Uint8Array.from(sent), cipher.update(content), cipher.final(), cipher.getAuthTag()])));
  }

  private raw(side: Side, bytes: Uint8Array): this {
    this.pieces.push({ side, bytes });
    return this;
  }

  private bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.random(256));
  }

  /** RFC 5246 sections 5 and 6.3. */
  private keysOf(master: Uint8Array): Record<Side, Keys> {
    const { macLength, keyLength, ivLength, hash } = this.suite;
    const seed = concat([latin1('key expansion'), this.serverRandom, this.clientRandom]);
    const hmac = (bytes: Uint8Array): Uint8Array => createHmac(hash, master).update(bytes).digest();
    let block: Uint8Array = new Uint8Array(0);
    for (let a = hmac(seed); block.length < 2 * (macLength + keyLength + ivLength); a = hmac(a)) block = concat([block, hmac(concat([a, seed]))]);
    let at = 0;
    const two = (length: number): readonly Uint8Array[] => [0, 1].map(() => block.subarray(at, (at += length)));
    const [macs, keys, ivs] = [two(macLength), two(keyLength), two(ivLength)];
    const of = (side: number): Keys => ({ mac: macs[side]!, key: keys[side]!, iv: ivs[side]! });
    return { client: of(0), server: of(1) };
  }
}
