import type { AeadName, CbcName, HashName } from './tls-crypto.ts';

type MacName = Exclude<HashName, 'md5'>;

/** What a cipher suite says of records: how they are sealed, and the hash of its key derivation. */
export interface CipherSuite {
  readonly name: string;
  readonly sealed: 'aead' | 'cbc';
  readonly cipher: AeadName | CbcName;
  readonly keyLength: number;
  /** Of the pseudo-random function (TLS 1.2) or HKDF (TLS 1.3). */
  readonly hash: 'sha256' | 'sha384';
  /** Of a CBC suite's HMAC. */
  readonly mac: MacName;
  readonly macLength: number;
}

function aead(name: string, cipher: AeadName, hash: 'sha256' | 'sha384' = 'sha256'): CipherSuite {
  return { name, sealed: 'aead', cipher, keyLength: cipher === 'aes-128-gcm' ? 16 : 32, hash, mac: 'sha256', macLength: 0 };
}

function cbc(name: string, cipher: CbcName, mac: MacName): CipherSuite {
  return {
    name,
    sealed: 'cbc',
    cipher,
    keyLength: cipher === 'aes-128-cbc' ? 16 : 32,
    hash: mac === 'sha384' ? 'sha384' : 'sha256',
    mac,
    macLength: { sha1: 20, sha256: 32, sha384: 48 }[mac],
  };
}

/** Those that are read, by number (IANA TLS Cipher Suites; RFC 8446 B.4, 5288, 5289, 7905, 5246). */
const SUITES: ReadonlyMap<number, CipherSuite> = new Map([
  [0x1301, aead('TLS_AES_128_GCM_SHA256', 'aes-128-gcm')],
  [0x1302, aead('TLS_AES_256_GCM_SHA384', 'aes-256-gcm', 'sha384')],
  [0x1303, aead('TLS_CHACHA20_POLY1305_SHA256', 'chacha20-poly1305')],
  [0x009c, aead('TLS_RSA_WITH_AES_128_GCM_SHA256', 'aes-128-gcm')],
  [0x009d, aead('TLS_RSA_WITH_AES_256_GCM_SHA384', 'aes-256-gcm', 'sha384')],
  [0x009e, aead('TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'aes-128-gcm')],
  [0x009f, aead('TLS_DHE_RSA_WITH_AES_256_GCM_SHA384', 'aes-256-gcm', 'sha384')],
  [0xc02b, aead('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'aes-128-gcm')],
  [0xc02c, aead('TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'aes-256-gcm', 'sha384')],
  [0xc02f, aead('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'aes-128-gcm')],
  [0xc030, aead('TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'aes-256-gcm', 'sha384')],
  [0xcca8, aead('TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'chacha20-poly1305')],
  [0xcca9, aead('TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'chacha20-poly1305')],
  [0xccaa, aead('TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'chacha20-poly1305')],
  [0x002f, cbc('TLS_RSA_WITH_AES_128_CBC_SHA', 'aes-128-cbc', 'sha1')],
  [0x0035, cbc('TLS_RSA_WITH_AES_256_CBC_SHA', 'aes-256-cbc', 'sha1')],
  [0x003c, cbc('TLS_RSA_WITH_AES_128_CBC_SHA256', 'aes-128-cbc', 'sha256')],
  [0x003d, cbc('TLS_RSA_WITH_AES_256_CBC_SHA256', 'aes-256-cbc', 'sha256')],
  [0x0033, cbc('TLS_DHE_RSA_WITH_AES_128_CBC_SHA', 'aes-128-cbc', 'sha1')],
  [0x0039, cbc('TLS_DHE_RSA_WITH_AES_256_CBC_SHA', 'aes-256-cbc', 'sha1')],
  [0x0067, cbc('TLS_DHE_RSA_WITH_AES_128_CBC_SHA256', 'aes-128-cbc', 'sha256')],
  [0x006b, cbc('TLS_DHE_RSA_WITH_AES_256_CBC_SHA256', 'aes-256-cbc', 'sha256')],
  [0xc009, cbc('TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'aes-128-cbc', 'sha1')],
  [0xc00a, cbc('TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'aes-256-cbc', 'sha1')],
  [0xc013, cbc('TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'aes-128-cbc', 'sha1')],
  [0xc014, cbc('TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'aes-256-cbc', 'sha1')],
  [0xc023, cbc('TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 'aes-128-cbc', 'sha256')],
  [0xc024, cbc('TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384', 'aes-256-cbc', 'sha384')],
  [0xc027, cbc('TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'aes-128-cbc', 'sha256')],
  [0xc028, cbc('TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', 'aes-256-cbc', 'sha384')],
]);

export function cipherSuite(id: number): CipherSuite | null {
  return SUITES.get(id) ?? null;
}
