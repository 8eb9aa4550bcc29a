import type { CipherSuite } from './cipher-suites.ts';
import type { HashName, TlsCrypto } from './tls-crypto.ts';

/** What opens the records of one direction. */
export interface RecordKeys {
  readonly key: Uint8Array;
  /** TLS 1.3 and ChaCha20: 12 bytes, exclusive-ored with the record number; GCM of TLS 1.2: 4 bytes before the explicit nonce; CBC of TLS 1.0: of the first record. */
  readonly iv: Uint8Array;
  /** Of CBC suites. */
  readonly macKey: Uint8Array;
}

/**
 * Keys of both directions from the master secret (RFC 5246 sections 5, 6.3 and 8.1; the nonces of RFC 5288 and 7905).
 *
 * @param isLegacy TLS 1.0 and 1.1
 */
export function tls12Keys(crypto: TlsCrypto, suite: CipherSuite, isLegacy: boolean, master: Uint8Array, clientRandom: Uint8Array, serverRandom: Uint8Array): { client: RecordKeys; server: RecordKeys } {
  const ivLength = suite.sealed === 'cbc' ? 16 : suite.cipher === 'chacha20-poly1305' ? 12 : 4;
  const length = 2 * (suite.macLength + suite.keyLength + ivLength);
  const seed = concat(ascii('key expansion'), serverRandom, clientRandom);
  const block = isLegacy ? expandLegacy(crypto, master, seed, length) : expand(crypto, suite.hash, master, seed, length);
  let p = 0;
  const take = (size: number): Uint8Array => block.subarray(p, (p += size));
  const macs = [take(suite.macLength), take(suite.macLength)];
  const keys = [take(suite.keyLength), take(suite.keyLength)];
  const ivs = [take(ivLength), take(ivLength)];
  return {
    client: { macKey: macs[0]!, key: keys[0]!, iv: ivs[0]! },
    server: { macKey: macs[1]!, key: keys[1]!, iv: ivs[1]! },
  };
}

/** Keys of one direction from its traffic secret (RFC 8446 section 7.3). */
export function tls13Keys(crypto: TlsCrypto, suite: CipherSuite, secret: Uint8Array): RecordKeys {
  return {
    key: expandLabel(crypto, suite.hash, secret, 'key', suite.keyLength),
    iv: expandLabel(crypto, suite.hash, secret, 'iv', 12),
    macKey: new Uint8Array(0),
  };
}

/** The traffic secret after a KeyUpdate (RFC 8446 section 7.2). */
export function nextSecret(crypto: TlsCrypto, suite: CipherSuite, secret: Uint8Array): Uint8Array {
  return expandLabel(crypto, suite.hash, secret, 'traffic upd', secret.length);
}

/** HKDF-Expand-Label with an empty context (RFC 8446 section 7.1); `length` fits one or two blocks. */
function expandLabel(crypto: TlsCrypto, hash: HashName, secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = ascii(`tls13 ${label}`);
  const info = concat(Uint8Array.of(length >> 8, length & 0xff, name.length), name, Uint8Array.of(0));
  let block = new Uint8Array(0);
  let out = new Uint8Array(0);
  for (let i = 1; out.length < length; i++) {
    block = crypto.hmac(hash, secret, concat(block, info, Uint8Array.of(i))) as Uint8Array<ArrayBuffer>;
    out = concat(out, block);
  }
  return out.subarray(0, length);
}

/** The pseudo-random function of TLS 1.0 and 1.1 (RFC 2246 section 5): half of the secret through MD5, half through SHA-1. */
function expandLegacy(crypto: TlsCrypto, secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const half = Math.ceil(secret.length / 2);
  const out = expand(crypto, 'md5', secret.subarray(0, half), seed, length).slice();
  const other = expand(crypto, 'sha1', secret.subarray(secret.length - half), seed, length);
  for (let i = 0; i < length; i++) out[i]! ^= other[i]!;
  return out;
}

/** P_hash (RFC 5246 section 5). */
function expand(crypto: TlsCrypto, hash: HashName, secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  let a = seed;
  let out = new Uint8Array(0);
  while (out.length < length) {
    a = crypto.hmac(hash, secret, a);
    out = concat(out, crypto.hmac(hash, secret, concat(a, seed)));
  }
  return out.subarray(0, length);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let p = 0;
  for (const part of parts) {
    all.set(part, p);
    p += part.length;
  }
  return all;
}
