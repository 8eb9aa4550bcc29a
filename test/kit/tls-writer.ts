import { createCipheriv, createHmac, type CipherGCMTypes } from 'node:crypto';
import type { Side } from './conversation.ts';
import { concat, latin1 } from './packets.ts';
import { seeded, type Random } from './random.ts';
import type { Piece } from './tls-captures.ts';

/** Suites of TLS 1.3 by number. */
const SUITES = {
  0x1301: { cipher: 'aes-128-gcm', keyLength: 16, hash: 'sha256', hashLength: 32 },
  0x1302: { cipher: 'aes-256-gcm', keyLength: 32, hash: 'sha384', hashLength: 48 },
  0x1303: { cipher: 'chacha20-poly1305', keyLength: 32, hash: 'sha256', hashLength: 32 },
} as const;

export interface WriterOptions {
  /** The same seed gives the same secrets and bytes. */
  readonly seed?: number;
  readonly suite?: keyof typeof SUITES;
  /** The client offers early data; the server takes it, does not, or no longer knows the session. */
  readonly earlyData?: 'accepted' | 'rejected' | 'unknown';
  readonly alpn?: readonly string[];
  /** The client hides the lengths of its handshake records and alerts as Java's does. */
  readonly javaPadding?: boolean;
}

/**
 * Writes a TLS 1.3 connection with secrets of its own choosing: what Node's TLS cannot be made to send (RFC 8446). Its
 * handshake has the right messages in the right epochs; certificates, proofs and verify data are only as long as real ones.
 */
export class TlsWriter {
  readonly pieces: Piece[] = [];
  readonly keyLog: string;
  private readonly suite: (typeof SUITES)[keyof typeof SUITES];
  private readonly random: Random;
  private readonly clientRandom: Uint8Array;
  private readonly secrets: Record<'early' | 'clientHandshake' | 'serverHandshake' | 'client' | 'server', Uint8Array>;
  private readonly options: WriterOptions;
  private readonly number: Record<Side, number> = { client: 0, server: 0 };
  private readonly secret: Record<Side, Uint8Array>;

  constructor(options: WriterOptions = {}) {
    this.options = options;
    this.random = seeded(options.seed ?? 1);
    this.clientRandom = this.bytes(32);
    this.suite = SUITES[options.suite ?? 0x1301];
    const make = (): Uint8Array => this.bytes(this.suite.hashLength);
    this.secrets = { early: make(), clientHandshake: make(), serverHandshake: make(), client: make(), server: make() };
    this.secret = { client: this.secrets.early, server: this.secrets.serverHandshake };
    const line = (label: string, secret: Uint8Array): string => `${label} ${Buffer.from(this.clientRandom).toString('hex')} ${Buffer.from(secret).toString('hex')}\n`;
    this.keyLog =
      (options.earlyData ? line('CLIENT_EARLY_TRAFFIC_SECRET', this.secrets.early) : '') +
      line('CLIENT_HANDSHAKE_TRAFFIC_SECRET', this.secrets.clientHandshake) +
      line('SERVER_HANDSHAKE_TRAFFIC_SECRET', this.secrets.serverHandshake) +
      line('CLIENT_TRAFFIC_SECRET_0', this.secrets.client) +
      line('SERVER_TRAFFIC_SECRET_0', this.secrets.server);
  }

  /** The whole handshake. */
  handshake(): this {
    return this.clientHello().serverFlight().clientFinished();
  }

  clientHello(): this {
    const { alpn = [], earlyData } = this.options;
    const names = alpn.flatMap((name) => [name.length, ...latin1(name)]);
    const extensions = [...extension(43, [2, 3, 4]), ...(alpn.length > 0 ? extension(16, [...uint16(names.length), ...names]) : []), ...(earlyData ? extension(42, []) : [])];
    return this.clear('client', message(1, [3, 3, ...this.clientRandom, 0, ...uint16(2), ...uint16(this.suiteNumber), 1, 0, ...uint16(extensions.length), ...extensions]));
  }

  /** ServerHello to Finished. */
  serverFlight(): this {
    const { earlyData } = this.options;
    const extensions = [...extension(43, [3, 4]), ...(earlyData === undefined || earlyData === 'unknown' ? [] : extension(41, [0, 0]))];
    const encrypted = earlyData === 'accepted' ? extension(42, []) : [];
    this.clear('server', message(2, [3, 3, ...this.bytes(32), 0, ...uint16(this.suiteNumber), 0, ...uint16(extensions.length), ...extensions]));
    this.sealed('server', 22, concat([message(8, [...uint16(encrypted.length), ...encrypted]), message(11, this.bytes(900)), message(15, this.bytes(264)), message(20, this.bytes(this.suite.hashLength))]));
    return this.keys('server', this.secrets.server);
  }

  clientFinished(): this {
    if (this.options.earlyData === 'accepted') this.sealed('client', 22, message(5, []));
    this.keys('client', this.secrets.clientHandshake);
    return this.sealed('client', 22, message(20, this.bytes(this.suite.hashLength)), this.clientPadding).keys('client', this.secrets.client);
  }

  /** The client does not accept what the server sent: a fatal alert in place of its Finished. */
  clientRefuses(description: number): this {
    return this.keys('client', this.secrets.clientHandshake).sealed('client', 21, Uint8Array.of(2, description), this.clientPadding);
  }

  /** Application data, in records of at most `record` bytes. */
  data(side: Side, data: string | Uint8Array, record = 1 << 14): this {
    const bytes = typeof data === 'string' ? latin1(data) : data;
    for (let at = 0; at < bytes.length; at += record) this.sealed(side, 23, bytes.subarray(at, at + record));
    return this;
  }

  keyUpdate(side: Side): this {
    this.sealed(side, 22, message(24, [0]));
    return this.keys(side, this.expand(this.secret[side], 'traffic upd', this.suite.hashLength));
  }

  closeNotify(side: Side): this {
    return this.sealed(side, 21, Uint8Array.of(1, 0), side === 'client' ? this.clientPadding : 0);
  }

  private get clientPadding(): number {
    return this.options.javaPadding ? 16 : 0;
  }

  /** One sealed record; `padding` zeros hide its length (RFC 8446 section 5.4). */
  sealed(side: Side, type: number, content: Uint8Array, padding = 0): this {
    const inner = concat([content, Uint8Array.of(type), new Uint8Array(padding)]);
    const header = Uint8Array.from([23, 3, 3, ...uint16(inner.length + 16)]);
    const nonce = Buffer.from(this.expand(this.secret[side], 'iv', 12));
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.number[side]++) >>> 0, 8);
    const cipher = createCipheriv(this.suite.cipher as CipherGCMTypes, this.expand(this.secret[side], 'key', this.suite.keyLength), nonce, { authTagLength: 16 });
    cipher.setAAD(header);
    const body = concat([cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
    return this.raw(side, concat([header, body]));
  }

  raw(side: Side, bytes: Uint8Array): this {
    this.pieces.push({ side, bytes });
    return this;
  }

  private bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.random(256));
  }

  private clear(side: Side, content: Uint8Array): this {
    return this.raw(side, record(22, content));
  }

  private keys(side: Side, secret: Uint8Array): this {
    this.secret[side] = secret;
    this.number[side] = 0;
    return this;
  }

  private get suiteNumber(): number {
    return this.options.suite ?? 0x1301;
  }

  /** HKDF-Expand-Label of one block (RFC 8446 section 7.1). */
  private expand(secret: Uint8Array, label: string, length: number): Uint8Array {
    const info = concat([Uint8Array.from(uint16(length)), Uint8Array.of(label.length + 6), latin1(`tls13 ${label}`), Uint8Array.of(0, 1)]);
    return createHmac(this.suite.hash, secret).update(info).digest().subarray(0, length);
  }
}

/** A record as it stands on the wire. */
export function record(type: number, body: Uint8Array): Uint8Array {
  return concat([Uint8Array.from([type, 3, 3, ...uint16(body.length)]), body]);
}

/** A handshake message of less than 64 KB. */
export function message(type: number, body: ArrayLike<number>): Uint8Array {
  return Uint8Array.from([type, 0, ...uint16(body.length), ...Array.from(body)]);
}

export function extension(type: number, data: readonly number[]): number[] {
  return [...uint16(type), ...uint16(data.length), ...data];
}

export function uint16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}
